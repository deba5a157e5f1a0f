"""What the desk knows of a demand: who demands what, of whom, what was found, decided and answered (spec/docket.md §2).

A case's content is never in the clear on the desk's disk: it is sealed to the officers of the case.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from nullabona.docket.core.instrument import Day, Seconds
from nullabona.wire.demands import Answer, DataClass, RefusalReason
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
    """An authority of the registry, and how the desk calls it back: never by what a document says."""

    id: OfficerId
    name: Short
    jurisdiction: Literal["KR", "US", "EU"]
    call_back: Short
    """A telephone number or domain that the desk found out itself."""
    verified_day: Day
    verified_by: OfficerId
    recipient: Recipient = ""
    """The age recipient that packages for it are locked to; empty if it has given none."""


class Identifier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom the demand is about, exactly as it is written there."""

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
    """The original, which is kept sealed and never opened by the desk."""

    sha256: Hash
    sha512: Annotated[bytes, Meta(min_length=64, max_length=64)]
    size: Annotated[int, Meta(ge=1, le=MAX_DOCUMENT)]


class Demand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A demand as it was taken in."""

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
    """Whether it came in the emergency form of its kind; not written where nobody said so."""

    @property
    def gates_unmet(self) -> tuple[str, ...]:
        return tuple(gate.name for gate in self.gates if not gate.met)


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one identifier led to: ``found`` is whether anything is kept, ``record`` the output of ``producible``."""

    identifier: Identifier
    found: bool
    record: dict[str, str | int]


class ClassAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to one class of data that was asked for."""

    data_class: DataClass
    answer: Answer
    reason: RefusalReason | None = None


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is answered. A refusal has a reason; a production answers every class that was asked for."""

    outcome: Literal["produce", "refuse"]
    answers: tuple[ClassAnswer, ...] = ()
    reason: RefusalReason | None = None
    grounds: Note = ""
    """For a third-country conflict: title of the law, provision, why it conflicts, penalties."""


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a package."""

    path: Short
    data: bytes


class Package(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is handed over, or the letter of refusal: the same files whenever it is made again."""

    files: tuple[File, ...]


class Approval(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One officer's signature over one action of the case, as it goes into the package's cover."""

    action: str
    officer: OfficerId
    challenge: Hash
    key_id: str


class GagProposal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A gag as one officer wants it; it is so once another confirms the act with this challenge."""

    gag: Gag | None
    basis: Short
    challenge: Hash


class CaseContent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a case says. An approval approves all of it but the gag, which may be renewed or lifted at any time."""

    demand: Demand
    matches: tuple[Match, ...] = ()
    decision: Decision | None = None
    package_sha256: Hash | None = None
    gag: Gag | None = None
    """The gag as it is now."""
    proposed_gag: GagProposal | None = None


class CaseView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A case as an officer who may read it sees it."""

    id: CaseId
    number: str
    """``2026-0007``: in the order of arrival at the desk; known to the authority, not to the public."""
    state: str
    version: Hash
    content: CaseContent
    opened_by: OfficerId
    approvals: tuple[Approval, ...]
    recused: tuple[OfficerId, ...]
    received_s: Seconds


class CaseLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A case in a list: what the desk can say without opening it."""

    id: CaseId
    number: str
    state: str
    received_s: Seconds
    due: str | None = None
    due_s: Seconds | None = None


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the journal. ``case`` None: about officers, the beat or the register."""

    seq: Annotated[int, Meta(ge=0)]
    at_s: Seconds
    kind: Short
    case: CaseId | None
    officer: OfficerId | None
    detail: Hash
    """Digest of what the event is about; what it is stands in the case."""
    nonce: Hash
    previous: Hash
