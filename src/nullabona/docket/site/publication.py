"""Everything that the public pages are made from. What is not in here is not published.

The desk fills it from its cases and its log; `read_publication` reads it back from a file, strictly.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from nullabona.docket.core.instrument import Day, Seconds
from nullabona.wire.canonical import canonical, read_canonical
from nullabona.wire.demands import Answer, Branch, DataClass, Label, RefusalReason

Count = Annotated[int, Meta(ge=0, le=10_000_000)]
Half = Annotated[str, Meta(pattern=r"^2[0-9]{3}-H[12]\Z")]
"""A half-year: ``2026-H2``."""
InstrumentId = Annotated[str, Meta(pattern=r"^(KR|US|EU)(\.[A-Z0-9_]{2,24}){1,3}\Z")]
Text = Annotated[str, Meta(max_length=2_000)]
Line = Annotated[str, Meta(min_length=1, max_length=300)]
Hex32 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class Counts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Exact figures of one kind of demand in one half-year. None: nobody counted it, which is not zero."""

    received: Count = 0
    rejected: Count = 0
    answered_no_data: Count = 0
    produced_full: Count = 0
    produced_partial: Count = 0
    documents: Count | None = None
    identifiers_named: Count | None = None
    accounts_matched: Count | None = None
    withdrawn: Count | None = None
    """None: counted under ``rejected``, as the log's reports do."""
    narrowed: Count | None = None
    contested: Count | None = None
    accounts_produced: Count | None = None
    notified_before: Count | None = None
    notified_after: Count | None = None
    notice_deferred: Count | None = None
    """Demands whose notice was deferred, also if the person was notified later."""
    notice_barred: Count | None = None
    nobody_to_tell: Count | None = None
    stayed: Count | None = None
    """Demands that a court stayed, also if the stay is over."""
    gag_active: Count | None = None
    gag_lifted: Count | None = None
    answered_in_time: Count | None = None
    median_hours: Count | None = None
    """From receipt to decision; also None where nothing was decided."""

    @property
    def produced(self) -> int:
        return self.produced_full + self.produced_partial

    @property
    def handled(self) -> int:
        """처리, as Korean reports count it: answered, with data or without."""
        return self.answered_no_data + self.produced

    @property
    def pending(self) -> int:
        """Received and not answered, rejected or withdrawn yet."""
        return self.received - self.handled - self.closed_without

    @property
    def closed_without(self) -> int:
        """Rejected or withdrawn."""
        return self.rejected + (self.withdrawn or 0)

    @property
    def told(self) -> int | None:
        """People notified, before the answer or after it."""
        if self.notified_before is None or self.notified_after is None:
            return None
        return self.notified_before + self.notified_after


class Interval(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A figure that the law allows only as a band, both ends included."""

    low: Count
    high: Count


class Figure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row: exact counts, or bands of the demands and of the accounts named in them."""

    half: Half
    instrument: InstrumentId
    counts: Counts | None = None
    demands: Interval | None = None
    accounts: Interval | None = None
    by: dict[Branch, Count] = {}
    """The demands received, by the sort of authority, where the law allows to tell."""


class SignedRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When the log had it that counsel answers for a row of the taxonomy, and the text it was compared with."""

    day: Day
    source: Annotated[str, Meta(min_length=1, max_length=400)]


class DsaRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Orders under Articles 9 and 10 of Regulation (EU) 2022/2065, as Article 15 wants them."""

    half: Half
    article: Literal[9, 10]
    member_state: Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")]
    category: Label
    orders: Count
    median_hours_to_inform: Count | None = None
    median_hours_to_act: Count | None = None


class ClassResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to one class of data."""

    data_class: DataClass
    answer: Answer
    reason: RefusalReason | None = None


class Removal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a demand for removal adds: it is exported in Lumen's form as well."""

    title: Line
    sender: Line
    """An authority or a role; never a private person."""
    language: Literal["ko", "en", ""] = ""
    topics: tuple[Line, ...] = ()


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One demand that may be shown."""

    tag: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
    """What the log calls the case."""
    half: Half
    instrument: InstrumentId
    received_day: Day
    closed_day: Day | None
    authority: Label | None
    """Who demanded, as far as it may be told."""
    identifiers: Count
    accounts: Count
    answers: tuple[ClassResult, ...]
    notice: Literal["before", "after", "deferred", "barred", "nobody", "none"]
    refused: RefusalReason | None = None
    """Why the whole demand was refused; then no class has an answer of its own."""
    gag: Literal["none", "lifted", "ended"] = "none"
    late: bool = False
    """Whether the answer itself says that it missed a deadline."""
    log_index: Count | None = None
    """Where the log holds the opening of its slot."""
    entry: Annotated[str, Meta(max_length=8_192)] = ""
    """That entry's JSON, byte for byte as in the log."""
    note: Label | None = None
    removal: Removal | None = None


class Sealed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many slots of a half-year are still sealed: all that may be said is a band."""

    half: Half
    slots: Count
    opened: Count
    sealed: Interval
    open_by_day: Day


class WitnessSeen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A witness, who runs it, and when it last cosigned."""

    name: Line
    operator: Line
    vkey: Line
    seen_s: Seconds | None


class Interruption(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A time whose periods were late, and what the operator says of it in the log."""

    begin_s: Seconds
    end_s: Seconds
    why: Label


class LogView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The docket log as it stands."""

    origin: Line
    url: Line
    checkpoint: Annotated[str, Meta(max_length=512 * 1024)]
    """The signed note, as anyone may fetch it."""
    size: Count
    root: Hex32
    policy: Annotated[str, Meta(max_length=64 * 1024)]
    witnesses: tuple[WitnessSeen, ...] = ()
    slots: Count = 0
    period_s: Count = 0
    outages: tuple[Interruption, ...] = ()


class Guidelines(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an operator tells authorities about reaching it, as its docket.toml says. What is absent it does not say."""

    serve_at: Label | None = None
    """Where and how documents are served."""
    hours: Label | None = None
    languages: tuple[Literal["ko", "en"], ...] = ()
    """In which documents are accepted."""
    emergency: Line | None = None
    """Whom to call where life or limb is in danger."""


class HeldRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One column or file that the operator keeps."""

    place: Literal["relay", "directory", "docket", "log"]
    name: Line
    purpose: Label
    retention: Label
    legal_class: Label
    producible: bool = False
    """Whether it can be handed over about a handle."""


class Publication(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The record of one operator, at one time."""

    operator: Label
    host: Line
    contact: Line
    made_s: Seconds
    taxonomy_sha256: Hex32
    held: tuple[HeldRow, ...]
    signed_off: dict[Hex32, SignedRow] = {}
    """By the hash of a row of the taxonomy: that counsel answers for it, as the log says."""
    figures: tuple[Figure, ...] = ()
    dsa: tuple[DsaRow, ...] = ()
    items: tuple[Item, ...] = ()
    sealed: tuple[Sealed, ...] = ()
    log: LogView | None = None
    custodian_sha256: Hex32 | None = None
    guidelines: Guidelines = Guidelines()
    report_index: Count | None = None
    """The log's entry that holds these figures."""
    report_entry: Annotated[str, Meta(max_length=65_536)] = ""
    """That entry's JSON, byte for byte as in the log."""
    example: bool = False
    """Made-up figures, shown as such."""
    v: Literal[1] = 1


def encode_publication(publication: Publication) -> bytes:
    """Canonical JSON."""
    return canonical(publication)


def read_publication(data: bytes) -> Publication:
    """Raises `Malformed`."""
    return read_canonical(data, Publication, "a publication")
