"""The legal rules for one kind of demand, as a row of the taxonomy. The rows are data (``taxonomy/*.toml``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Final, Literal, get_args

import msgspec
from msgspec import Meta

from nullabona.wire.demands import Label

LegalClass = Literal[
    "subscriber", "traffic", "stored_content", "realtime_traffic", "realtime_content", "preservation", "emergency",
    "removal", "account_action", "assistance", "confidentiality",
]  # fmt: skip
Notice = Literal["after_answer", "before_answer", "after_gag", "by_authority", "counsel", "never"]
ItemRule = Literal["at_close", "after_gag", "at_horizon", "never"]
CountRule = Literal["exact", "band", "counsel", "none"]
Jurisdiction = Literal["KR", "US", "EU"]
Day = Annotated[int, Meta(ge=0, le=1_000_000)]
"""Whole days since 1970-01-01, UTC."""
Seconds = Annotated[int, Meta(ge=0, le=2**40)]

HOUR: Final = 3_600
DAY: Final = 86_400


class Timer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A deadline: something must be done within ``within_s`` seconds of ``since``. The desk decides on reminders."""

    name: str
    within_s: Seconds
    since: Literal["received", "emergency", "issued", "decided", "handed_over", "gag"] = "received"
    """``emergency``: from receipt, if the demand is marked as an emergency."""
    until: Literal["reviewed", "decided", "released", "answered", "permit", "notified", "closed"] = "answered"
    """``released``: two people approved the answer. ``answered``: it was handed over, which requires the receipt."""
    law: str = ""


class Register(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long the law requires the register of a closed case to be kept; then it is erased."""

    keep_days: Day
    law: str = ""


class Instrument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of demand, in force from ``valid_from`` to ``valid_to``."""

    id: Annotated[str, Meta(pattern=r"^(KR|US|EU)(\.[A-Z0-9_]{2,24}){1,3}\Z")]
    label: Label
    legal_class: LegalClass
    law: tuple[str, ...]
    issuers: tuple[str, ...]
    compulsory: bool
    valid_from: Day
    valid_to: Day | None = None
    gates: tuple[str, ...] = ()
    """The intake conditions; intake records whether each is met."""
    timers: tuple[Timer, ...] = ()
    register: Register = Register(keep_days=1095)
    notice: Notice = "counsel"
    notice_wait_s: Seconds = 0
    """How long the person has, after the notice, before an answer of this kind is handed over."""
    item: ItemRule = "at_horizon"
    """When a demand of this kind may be shown individually."""
    count: CountRule = "counsel"
    default_gag: bool = False
    """Whether the law itself orders silence, regardless of the document."""
    needs_counsel: bool = False
    fields: tuple[str, ...] | None = None
    """The fields of ``producible`` that the law allows to be produced; None: the law names no fields."""
    emergency_form: bool = False
    """Whether a demand of this kind may come in an emergency form."""
    counsel: tuple[str, ...] = ()
    """The fields of the row that nobody has compared with a text of the law."""
    row: bytes = b""
    """SHA-256 of the whole row, by which counsel signs it off."""

    @property
    def unsure_wait(self) -> bool:
        """Whether the person's time to go to court, before the answer, rests on no text of the law."""
        return self.notice_wait_s > 0 and "notice" in self.counsel

    @property
    def jurisdiction(self) -> str:
        return self.id.partition(".")[0]

    def valid_on(self, day: int) -> bool:
        """Whether the row is in force on ``day``."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def jurisdictions_of(rows: Iterable[Instrument]) -> list[str]:
    """Those of ``rows``, in the order in which every list shows them."""
    found = {row.jurisdiction for row in rows}
    return [place for place in get_args(Jurisdiction) if place in found]


def may_split(instrument: Instrument) -> bool:
    """Whether demands of this kind may be counted by the sort of authority.

    Of those that may never be shown one by one, such a figure could name one: they are only counted all together.
    """
    return instrument.item != "never" and instrument.count == "exact"


class Taxonomy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every row, and their hash as in the docket log."""

    rows: tuple[Instrument, ...]
    sha256: bytes

    def find(self, instrument: str, day: int) -> Instrument | None:
        """The row of ``instrument`` that is in force on ``day``."""
        return next((row for row in self.rows if row.id == instrument and row.valid_on(day)), None)

    def starting(self, instrument: str, day: int) -> Instrument | None:
        """The row of ``instrument`` that came into force on ``day``."""
        return next((row for row in self.rows if row.id == instrument and row.valid_from == day), None)

    def by_id(self) -> Mapping[str, Instrument]:
        """The newest row of each instrument."""
        return {row.id: row for row in sorted(self.rows, key=lambda row: row.valid_from)}
