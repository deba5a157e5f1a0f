"""What the law says about one kind of demand, as a row of the taxonomy. The rows are data (``taxonomy/*.toml``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

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
    """Something that must be done within ``within_s`` of ``since``; who is told when is the desk's rule."""

    name: str
    within_s: Seconds
    since: Literal["received", "emergency", "issued", "decided", "handed_over", "gag"] = "received"
    """``emergency``: from receipt, of a demand that is marked as one."""
    until: Literal["reviewed", "decided", "released", "answered", "permit", "notified", "closed"] = "answered"
    """``released``: two people have approved the answer. ``answered``: it was handed over, which needs its receipt."""
    law: str = ""


class Register(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long the law wants the register of a closed case kept; it is erased afterwards."""

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
    """What must be shown before a demand is taken up; each is named on intake as met or not."""
    timers: tuple[Timer, ...] = ()
    register: Register = Register(keep_days=1095)
    notice: Notice = "counsel"
    item: ItemRule = "at_horizon"
    """When the single demand may be shown."""
    count: CountRule = "counsel"
    default_gag: bool = False
    """Whether silence is ordered by the law itself, whatever the document says."""
    needs_counsel: bool = False
    fields: tuple[str, ...] | None = None
    """Of ``producible``'s fields those that the law lets be produced; None: no row of the law names them."""
    emergency_form: bool = False
    """Whether a demand of this kind may come in an emergency form."""

    @property
    def jurisdiction(self) -> str:
        return self.id.partition(".")[0]

    def valid_on(self, day: int) -> bool:
        """Whether the row is in force on ``day``."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class Taxonomy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every row, and the hash that the docket log carries of them."""

    rows: tuple[Instrument, ...]
    sha256: bytes

    def find(self, instrument: str, day: int) -> Instrument | None:
        """The row of ``instrument`` that is in force on ``day``."""
        return next((row for row in self.rows if row.id == instrument and row.valid_on(day)), None)

    def by_id(self) -> Mapping[str, Instrument]:
        """The newest row of each instrument."""
        return {row.id: row for row in sorted(self.rows, key=lambda row: row.valid_from)}
