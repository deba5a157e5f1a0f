"""Evidence added to a package at hand-over: the demand's receipt, its proof, and the chain of custody."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from nullabona.docket.core.receipt import Receipt
from nullabona.docket.production.manifest import Manifest
from nullabona.errors import Malformed, PeerError
from nullabona.wire.canonical import canonical, parse_canonical, read_canonical
from nullabona.wire.slots import EventRecord

RECEIPT: Final = "data/receipt.json"
PROOF: Final = "data/docket.tlog-proof"
POLICY: Final = "data/docket.policy"
CUSTODY: Final = "data/custody.jsonl"
MAX_CUSTODY: Final = 1_000


class ReceiptWrong(PeerError):
    """A package's receipt belongs to another demand than the package answers."""

    code = "docket-receipt-wrong"
    default_hint = "do not accept the package; ask the operator for the receipt of your own demand"


class Custody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the chain of custody: time, act, officer, key, and subject."""

    at_s: Annotated[int, Meta(ge=0)]
    act: Annotated[str, Meta(min_length=1, max_length=60)]
    by: Annotated[str, Meta(min_length=1, max_length=120)]
    key: Annotated[str, Meta(max_length=200)] = ""
    digest: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?\Z")] = ""
    """SHA-256 of the canonical action that the officer signed."""
    stands_for: Annotated[str, Meta(min_length=1, max_length=120)] | UnsetType = UNSET
    """The absent officer for whom a deputy did it."""


class Evidence(msgspec.Struct, frozen=True):
    """All added evidence."""

    receipt: Receipt
    custody: tuple[Custody, ...]

    def files(self) -> dict[str, bytes]:
        """The files in the package; proof and policy also separately, for standard tools."""
        lines = b"".join(canonical(line) + b"\n" for line in self.custody)
        return {RECEIPT: canonical(self.receipt), CUSTODY: lines, **standard_files(self.receipt)}


def standard_files(receipt: Receipt) -> dict[str, bytes]:
    """The tlog-proof and the tlog-policy of a receipt."""
    return {PROOF: receipt.slot.proof.encode(), POLICY: receipt.policy.encode()}


def require_receipt(receipt: Receipt, manifest: Manifest) -> None:
    """Raises `ReceiptWrong` unless the receipt names the demand of ``manifest``. Its validity is not checked."""
    record = receipt.slot.record
    if not isinstance(record, EventRecord) or record.instrument != manifest.instrument:
        raise ReceiptWrong("the receipt's slot is about another kind of demand")
    named = {name: list(value) if isinstance(value, tuple) else value for name, value in receipt.private.items()}
    if (receipt.number, named) != (manifest.docket_no, private_of(manifest)):
        raise ReceiptWrong("the receipt names another demand than the package")


def private_of(manifest: Manifest) -> dict[str, str | list[str]]:
    """The private fields that the receipt of this package's demand must have."""
    return {
        "authority": manifest.authority,
        "authority_ref": manifest.authority_ref,
        "legal_basis": manifest.legal_basis,
        "document_sha256": manifest.document_sha256,
        "identifiers": [target.identifier.text for target in manifest.targets],
    }


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
