"""Sealed slots of a docket: what a leaf commits to, and how it is opened (spec/docket.md §7).

A leaf is 160 bytes whether it says something or nothing. Its commitment hides (32 random bytes) and binds (SHA-256);
its pointer is for the auditor alone (`nullabona.docket.core.pointers`) and looks random to everybody else. That a leaf
is in a log is for the reader to check.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256
from struct import Struct
from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from nullabona.errors import Bug, Malformed, PeerError
from nullabona.wire.canonical import canonical
from nullabona.wire.demands import Branch

SLOT_LEAF: Final = 0x01
HEADER_LEAF: Final = 0x02
STATEMENT_LEAF: Final = 0x03
LEAF_SIZE: Final = 160
RECORD_SIZE: Final = 4_096
"""A record is padded to this before it is committed to."""
BLIND_SIZE: Final = 32
POINTER_SIZE: Final = 121
MAX_PROOF_TEXT: Final = 128 * 1024
"""Characters of a proof that comes with an opened slot."""
_COMMIT: Final = b"docket/slot/v1\0"
_HEAD: Final = Struct(">BIH")

Hex16 = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
Hex32 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Period = Annotated[int, Meta(ge=0, le=2**32 - 1)]
EventKind = Literal[
    "received", "amended", "answered", "handed-over", "notified", "notice-deferred", "notice-barred", "nobody-to-tell",
    "gag-renewed", "gag-lifted", "stayed", "resumed", "closed",
]  # fmt: skip
Outcome = Literal["produced_full", "produced_partial", "answered_no_data", "refused"]


class CommitmentWrong(PeerError):
    """An opening does not fit the slot that it claims to open."""

    code = "docket-commitment-wrong"
    default_hint = "keep the opening: it shows that somebody altered the record"


class NotAnEvent(PeerError):
    """An opened slot holds no event of a demand."""

    code = "docket-not-an-event"
    default_hint = "keep it: the person who gave it to you claims more than the log holds"


class SlotRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True, order=True):
    """A slot of the docket log."""

    period: Annotated[int, Meta(ge=0, le=2**32 - 1)]
    slot: Annotated[int, Meta(ge=0, le=2**16 - 1)]


class NullRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="null", tag_field="kind"):
    """Nothing happened."""

    v: Literal[1] = 1


class EventRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="event", tag_field="kind"):
    """Something happened to a demand. What may be public is here, the rest under ``private``'s hash."""

    case: Hex16
    n: Count
    """How many events of the case were before."""
    event: EventKind
    at: Period
    instrument: Annotated[str, Meta(max_length=100)]
    previous: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?\Z")]
    """The commitment of the case's event before; empty for the first."""
    private: Hex32
    """SHA-256 over a salt and the fields that only the authority and the desk know."""
    identifiers: Count = 0
    accounts: Count = 0
    outcome: Outcome | None = None
    reason: Annotated[str, Meta(max_length=40)] | None = None
    answers: dict[str, str] = {}
    in_time: bool | None = None
    open_by: Period | None = None
    """The period by which it is to be opened or renewed; None: with the case's close."""
    branch: Branch | UnsetType = UNSET
    """What sort of authority demands, in the events `received` and `amended`; not encoded where no law allows it."""
    v: Literal[1] = 1


class RenewalRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="renewal", tag_field="kind"):
    """The slot takes over from an older one that stays sealed. ``by``: salted hashes of the two who decided it."""

    of: SlotRef
    by: tuple[Hex32, Hex32]
    v: Literal[1] = 1


Record = NullRecord | EventRecord | RenewalRecord


@dataclass(frozen=True, slots=True)
class SlotLeaf:
    """One slot of the log."""

    at: SlotRef
    commitment: bytes
    pointer: bytes

    def encode(self) -> bytes:
        """160 bytes."""
        return _HEAD.pack(SLOT_LEAF, self.at.period, self.at.slot) + self.commitment + self.pointer


def parse_slot_leaf(entry: bytes) -> SlotLeaf:
    """Raises `Malformed`."""
    if len(entry) != LEAF_SIZE or entry[0] != SLOT_LEAF:
        raise Malformed("not a slot")
    _, period, slot = _HEAD.unpack_from(entry)
    head = _HEAD.size
    return SlotLeaf(SlotRef(period, slot), entry[head : head + 32], entry[head + 32 :])


def encode_record(record: Record) -> bytes:
    """The record's canonical JSON. Raises `Bug` if it is too long for a slot."""
    encoded = canonical(record)
    if len(encoded) >= RECORD_SIZE:
        raise Bug("a slot's record is too long")
    return encoded


def commit(blind: bytes, record: Record) -> bytes:
    """``SHA-256("docket/slot/v1" ‖ 0 ‖ r ‖ pad(record))``; the padding is 0x80 and zeros."""
    if len(blind) != BLIND_SIZE:
        raise Bug("a slot's blinding has 32 bytes")
    encoded = encode_record(record) + b"\x80"
    return sha256(_COMMIT + blind + encoded.ljust(RECORD_SIZE, b"\0")).digest()


def check_opening(commitment: bytes, blind: bytes, record: Record) -> None:
    """Raises `CommitmentWrong`; also for a record that no slot could hold, which its form alone does not exclude."""
    if len(blind) != BLIND_SIZE or len(canonical(record)) >= RECORD_SIZE:
        raise CommitmentWrong("an opening says what no slot can hold")
    if not hmac.compare_digest(commit(blind, record), commitment):
        raise CommitmentWrong("an opening does not fit the slot's commitment")


def case_tag(case: bytes) -> str:
    """What a case is called in public: the desk's own number says how many came before."""
    return sha256(b"nullabona docket case v1\0" + case).hexdigest()[:32]


def private_hash(salt: bytes, fields: object) -> str:
    """What binds a record to the fields that it does not show."""
    return sha256(b"nullabona docket private v1\0" + salt + canonical(fields)).hexdigest()


class SlotProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One slot of the log, opened for one reader: its leaf, what it commits to, and the way to a witnessed root."""

    leaf: Annotated[bytes, Meta(min_length=LEAF_SIZE, max_length=LEAF_SIZE)]
    blind: Hash
    record: Record
    proof: Annotated[str, Meta(max_length=MAX_PROOF_TEXT)]
    """A tlog-proof of ``leaf``; the reader checks it against their own policy."""

    def event(self) -> EventRecord:
        """What the leaf commits to. Says nothing of the log yet.

        Raises `NotAnEvent`, `CommitmentWrong` or `Malformed`.
        """
        if not isinstance(self.record, EventRecord):
            raise NotAnEvent("the slot holds no event of a demand")
        check_opening(parse_slot_leaf(self.leaf).commitment, self.blind, self.record)
        return self.record
