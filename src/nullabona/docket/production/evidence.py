"""What is laid into a package when it is handed over: the receipt of the demand's slot, its proof, and who did what."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from nullabona.docket.core.canonical import canonical, parse_canonical, read_canonical
from nullabona.docket.core.slots import EventRecord, check_opening, parse_slot_leaf, private_hash
from nullabona.docket.production.manifest import Manifest
from nullabona.errors import Malformed, PeerError

RECEIPT: Final = "data/receipt.json"
PROOF: Final = "data/docket.tlog-proof"
POLICY: Final = "data/docket.policy"
CUSTODY: Final = "data/custody.jsonl"
MAX_CUSTODY: Final = 1_000


class ReceiptWrong(PeerError):
    """A package's receipt is not of the demand that the package answers."""

    code = "docket-receipt-wrong"
    default_hint = "do not accept the package; ask the operator for the receipt of your own demand"


class Private(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the public record binds and does not show."""

    authority: str
    authority_ref: str
    document_sha256: str
    identifiers: tuple[str, ...]


class Receipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The opening of the demand's slot, for the authority alone until the slot is opened to all."""

    leaf: str
    blind: str
    salt: str
    record: EventRecord
    private: Private

    @property
    def entry(self) -> bytes:
        """The log's entry, which the proof is about."""
        return bytes.fromhex(self.leaf)

    def check(self, manifest: Manifest) -> None:
        """Raises `ReceiptWrong` unless the slot commits to the demand of ``manifest``."""
        try:
            leaf = parse_slot_leaf(self.entry)
            check_opening(leaf.commitment, bytes.fromhex(self.blind), self.record)
            bound = private_hash(bytes.fromhex(self.salt), msgspec.to_builtins(self.private))
        except (PeerError, ValueError):
            raise ReceiptWrong("the receipt does not open its slot") from None
        if bound != self.record.private or self.record.instrument != manifest.instrument:
            raise ReceiptWrong("the receipt's slot is about another demand")
        if self.private != private_of(manifest):
            raise ReceiptWrong("the receipt names another demand than the package")


class Custody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the chain of custody: when, which act, by whom, with which key, on what."""

    at_s: Annotated[int, Meta(ge=0)]
    act: Annotated[str, Meta(min_length=1, max_length=60)]
    by: Annotated[str, Meta(min_length=1, max_length=120)]
    key: Annotated[str, Meta(max_length=200)] = ""
    digest: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?\Z")] = ""
    """SHA-256 of what the act was about: the canonical action that the officer signed."""


class Evidence(msgspec.Struct, frozen=True):
    """Everything that is laid in."""

    receipt: Receipt
    proof: bytes
    policy: bytes
    custody: tuple[Custody, ...]

    def files(self) -> dict[str, bytes]:
        """As they lie in the package."""
        lines = b"".join(canonical(line) + b"\n" for line in self.custody)
        return {RECEIPT: canonical(self.receipt), PROOF: self.proof, POLICY: self.policy, CUSTODY: lines}


def private_of(manifest: Manifest) -> Private:
    """What the receipt of this package's demand has to name."""
    identifiers = tuple(target.identifier.text for target in manifest.targets)
    return Private(manifest.authority, manifest.authority_ref, manifest.document_sha256, identifiers)


def read_receipt(data: bytes) -> Receipt:
    """Raises `Malformed`."""
    return read_canonical(data, Receipt, "a package's receipt")


def read_custody(data: bytes) -> tuple[Custody, ...]:
    """Raises `Malformed` unless it is lines of canonical JSON in the order of time."""
    lines = data.split(b"\n")
    if lines[-1] or len(lines) > MAX_CUSTODY:
        raise Malformed("a chain of custody is lines of canonical JSON")
    custody = tuple(_line(line) for line in lines[:-1])
    if any(later.at_s < earlier.at_s for earlier, later in pairwise(custody)):
        raise Malformed("a chain of custody goes back in time")
    return custody


def _line(line: bytes) -> Custody:
    try:
        return msgspec.convert(parse_canonical(line, "a line of custody"), Custody, strict=True)
    except msgspec.ValidationError:
        raise Malformed("a line of custody says more or less than it may") from None
