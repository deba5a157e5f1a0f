"""The records of a demand: who demands what about whom, what was found, decided and answered (spec/docket.md §2).

The desk's disk never holds a case's content in the clear: it is sealed to the officers of the case.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from nullabona.docket.core.instrument import Day, Seconds
from nullabona.wire.demands import Answer, Branch, DataClass, RefusalReason
from nullabona.wire.slots import Hash

CASE_ID_SIZE: Final = 16
MAX_IDENTIFIERS: Final = 64
MAX_DOCUMENT: Final = 32 << 20

CaseId = Annotated[bytes, Meta(min_length=CASE_ID_SIZE, max_length=CASE_ID_SIZE)]
OfficerId = Annotated[str, Meta(min_length=2, max_length=32, pattern=r"^[a-z][a-z0-9-]*\Z")]
Short = Annotated[str, Meta(min_length=1, max_length=200)]
Note = Annotated[str, Meta(max_length=2_000)]
Recipient = Annotated[str, Meta(pattern=r"^(age1[02-9ac-hj-np-z]{58})?\Z")]
"""An age recipient (X25519), or nothing."""


class Authority(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An authority of the registry, and how the desk calls it back, never by contact details from a document."""

    id: OfficerId
    name: Short
    jurisdiction: Literal["KR", "US", "EU"]
    call_back: Short
    """A telephone number or domain that the desk established independently."""
    verified_day: Day
    verified_by: OfficerId
    recipient: Recipient = ""
    """The age recipient that packages for it are encrypted to; empty if it gave none."""
    branch: Branch = "other"
    """By which its demands are counted in public, where the law allows that."""


class Identifier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The person the demand is about, exactly as the demand writes it."""

    kind: Literal["handle", "other"]
    text: Short


class Gate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One intake gate of the instrument: met or not, and how the officer knows."""

    name: Short
    met: bool
    note: Note = ""


class Gag(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An order or law to be silent. ``until_s`` None: without an end."""

    basis: Short
    until_s: Seconds | None = None


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The original. It is kept sealed and the desk never opens it."""

    sha256: Hash
    sha512: Annotated[bytes, Meta(min_length=64, max_length=64)]
    size: Annotated[int, Meta(ge=1, le=MAX_DOCUMENT)]


class Demand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A demand as taken in."""

    instrument: Short
    authority: OfficerId
    authority_ref: Short
    legal_basis: Short
    issued_day: Day
    received_s: Seconds
    identifiers: Annotated[tuple[Identifier, ...], Meta(min_length=1, max_length=MAX_IDENTIFIERS)]
    classes: Annotated[tuple[DataClass, ...], Meta(min_length=1, max_length=16)]
    gates: tuple[Gate, ...]
    document: Document
    called_back: bool
    """Whether the authority confirmed the demand when called through the registry."""
    from_day: Day | None = None
    to_day: Day | None = None
    gag: Gag | None = None
    language: Literal["ko", "en"] = "ko"
    note: Note = ""
    emergency: bool | UnsetType = UNSET
    """Whether it arrived in its kind's emergency form; not encoded if unset."""
    respond_by_s: Seconds | UnsetType = UNSET
    """By when the document wants an answer, or loses its validity; not encoded if unset."""
    threat: bool | UnsetType = UNSET
    """Whether somebody's life or limb is in danger, so that it comes before all others; not encoded if unset."""

    @property
    def gates_unmet(self) -> tuple[str, ...]:
        return tuple(gate.name for gate in self.gates if not gate.met)


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The result for one identifier. ``found``: whether anything is kept. ``record``: the output of ``producible``,
    limited to the demand's period.
    """

    identifier: Identifier
    found: bool
    record: dict[str, str | int]
    card: str = ""
    """The account's card when it was matched, in hexadecimal; never produced. A notice goes to this account only."""


class ClassAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer for one requested class of data."""

    data_class: DataClass
    answer: Answer
    reason: RefusalReason | None = None


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The decision. A refusal has a reason; a production answers every requested class."""

    outcome: Literal["produce", "refuse"]
    answers: tuple[ClassAnswer, ...] = ()
    reason: RefusalReason | None = None
    grounds: Note = ""
    """For a third-country conflict: the law's title, the provision, why it conflicts, penalties."""


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a package."""

    path: Short
    data: bytes


class Package(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The files to hand over, or the letter of refusal. Making it again gives the same files."""

    files: tuple[File, ...]


class Approval(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One officer's signature over one action of the case, as shown on the package's cover."""

    action: str
    officer: OfficerId
    challenge: Hash
    key_id: str
    stands_for: OfficerId | UnsetType = UNSET
    """The absent officer whose deputy signed."""


class GagProposal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A gag proposed by one officer; it takes effect once another confirms the act with this challenge."""

    gag: Gag | None
    basis: Short
    challenge: Hash


class Barred(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The law that forbids the notice, as two officers signed it. ``under_gag``: a gag was in force then."""

    basis: Short
    under_gag: bool


class BarProposal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A bar on the notice proposed by one officer; another confirms the act with this challenge."""

    basis: Short
    challenge: Hash


class Stay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A court's decision that the demand is not to be answered for now, and since when the desk heeds it."""

    basis: Short
    since_s: Seconds


class CaseContent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of a case. An approval covers all but gag, bar and stay, which may change at any time."""

    demand: Demand
    matches: tuple[Match, ...] = ()
    decision: Decision | None = None
    package_sha256: Hash | None = None
    gag: Gag | None = None
    """The latest gag, if any; it may have ended."""
    proposed_gag: GagProposal | None = None
    barred: Barred | None = None
    """The law that bars the notice, if two officers signed that one does."""
    proposed_bar: BarProposal | None = None
    stay: Stay | None = None
    stayed_s: Seconds = 0
    """How long earlier stays lasted: by so much all deadlines of the demand moved."""


class CaseView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A case as an officer who may read it sees it."""

    id: CaseId
    number: str
    """``2026-0007``, in order of arrival at the desk; the authority knows it, the public does not."""
    state: str
    version: Hash
    content: CaseContent
    opened_by: OfficerId
    approvals: tuple[Approval, ...]
    recused: tuple[OfficerId, ...]
    received_s: Seconds


class CaseLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A case in a list: what the desk knows without opening it."""

    id: CaseId
    number: str
    state: str
    received_s: Seconds
    due: str | None = None
    due_s: Seconds | None = None


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the journal. ``case`` None: about officers, batches or the register."""

    seq: Annotated[int, Meta(ge=0)]
    at_s: Seconds
    kind: Short
    case: CaseId | None
    officer: OfficerId | None
    detail: Hash
    """Digest of what the event is about; the case holds the content."""
    nonce: Hash
    previous: Hash
    stands_for: OfficerId | UnsetType = UNSET
    """The absent officer for whom a deputy did it; not encoded if there is none."""
