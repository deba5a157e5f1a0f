"""One row of the taxonomy: what the law says of one kind of demand, from one day to another."""

from __future__ import annotations

import datetime as dt
from hashlib import sha256
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from nullabona.docket.core.instrument import (
    CountRule,
    Instrument,
    ItemRule,
    LegalClass,
    Notice,
    Register,
    Taxonomy,
    Timer,
)
from nullabona.docket.taxonomy.duration import parse_duration
from nullabona.errors import Bug, Malformed
from nullabona.wire.canonical import canonical
from nullabona.wire.demands import Label

Word = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{1,47}\Z")]
"""A name that the desk's words have a sentence for."""
Text = Annotated[str, Meta(min_length=1, max_length=400)]
Law = Annotated[str, Meta(max_length=120)]
"""Where the law says so; empty: the house's own rule, or not known (then ``counsel`` names the field)."""
Iso = Annotated[str, Meta(pattern=r"^P[0-9YMWDTH]{1,20}\Z")]

EPOCH: Final = dt.date(1970, 1, 1)


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What all parts of a row share: unknown keys are refused."""


class Source(Part, frozen=True):
    """A law, by the name with which its own country cites it."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    label: Label


class Checked(Part, frozen=True):
    """A field of the row that was compared with a text of the law, and where that text is found."""

    field: Word
    at: Text


class Deadline(Part, frozen=True):
    """Something due ``within`` after ``since``."""

    name: Word
    within: Iso
    since: Literal["received", "emergency", "issued", "decided", "handed_over", "gag"]
    until: Literal["reviewed", "decided", "released", "answered", "permit", "notified", "closed"]
    law: Law = ""


class Limit(Part, frozen=True, rename={"is_": "is"}):
    """A length of time that the law sets and the desk runs no clock for."""

    name: Word
    is_: Iso
    law: Law = ""


class Report(Part, frozen=True):
    """A report that the law wants of the operator."""

    to: Word
    every: Iso
    within: Iso
    law: Law


class Keep(Part, frozen=True):
    """The register of cases of this kind."""

    keep: Iso
    restricted: bool
    law: Law = ""


class NoticeRule(Part, frozen=True):
    """When the operator may tell the person. ``wait``: their time to go to court, told before the answer."""

    rule: Notice
    law: Law = ""
    wait: Iso | None = None


class AuthorityNotice(Part, frozen=True):
    """When the authority itself has to tell the person."""

    trigger: Word
    within: Iso | None = None
    ongoing_after: Iso | None = None
    ongoing_after_listed: Iso | None = None
    deferral: Law = ""
    law: Law = ""


class Band(Part, frozen=True):
    """Counts are shown as 0 to ``width - 1``, ``width`` to ``2 * width - 1`` and so on, per period.

    ``first`` 1: the lowest band is shown as 1 to ``width - 1``, because that there was one is known already.
    """

    width: Annotated[int, Meta(ge=2, le=1000)]
    first: Annotated[int, Meta(ge=0, le=1)]
    per: Iso

    def around(self, count: int) -> tuple[int, int]:
        """The band that ``count`` is in, both ends included. Raises `Bug` for a count below ``first``."""
        if count < self.first:
            raise Bug("a count is below the lowest band")
        low = count // self.width * self.width
        return max(low, self.first), low + self.width - 1


class PublicationRule(Part, frozen=True):
    """What may be made public of demands of this kind, and how."""

    item: ItemRule
    count: CountRule
    canary: Literal["allowed", "counsel", "prohibited"]
    band: Band | None = None
    delay: Iso = "P0D"
    law: Law = ""


class GagRule(Part, frozen=True):
    """Who orders silence, and how it ends."""

    default: Literal["none", "ordered", "statutory"]
    expiry: Literal["none", "ordered", "review", "authority"]
    law: Law = ""


class Emergency(Part, frozen=True):
    """Whether the demand may come in an emergency form, and without what it is refused."""

    form: Literal["compulsory", "voluntary"]
    refuse_without: tuple[Word, ...]
    law: Law = ""


class Row(Part, frozen=True, rename={"legal_class": "class"}):
    """One kind of demand, in force from ``valid_from`` to ``valid_to``, both included."""

    id: Annotated[str, Meta(pattern=r"^(KR|US|EU)(\.[A-Z0-9_]{2,24}){1,3}\Z")]
    label: Label
    legal_class: LegalClass
    valid_from: dt.date
    begins: Literal["commencement", "file"]
    """Whether ``valid_from`` is the day the law came into force or only the day this file begins with."""
    law: tuple[Law, ...]
    issuers: tuple[Word, ...]
    compulsory: bool
    gates: tuple[Word, ...]
    register: Keep
    notice: NoticeRule
    publication: PublicationRule
    gag: GagRule
    counsel: tuple[Word, ...]
    """The fields that nobody has checked against the text of the law."""
    needs_counsel: bool
    valid_to: dt.date | None = None
    timers: tuple[Deadline, ...] = ()
    limits: tuple[Limit, ...] = ()
    reports: tuple[Report, ...] = ()
    authority_notice: AuthorityNotice | None = None
    emergency: Emergency | None = None
    fields: tuple[Word, ...] | None = None
    """The only fields of a record that may be produced; absent: the law names none."""
    remarks: tuple[Label, ...] = ()
    checked: tuple[Checked, ...] = ()
    """What somebody without a licence to practise compared with the law; it does not take the place of counsel."""

    @property
    def jurisdiction(self) -> str:
        return self.id.partition(".")[0]

    @property
    def sha256(self) -> bytes:
        """SHA-256 of its canonical JSON: by this counsel signs it off."""
        return sha256(canonical(self)).digest()

    def valid_on(self, day: dt.date) -> bool:
        """Whether the row is in force on ``day``."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def instrument(self) -> Instrument:
        """What the desk's rules go by."""
        return Instrument(
            id=self.id,
            label=self.label,
            legal_class=self.legal_class,
            law=self.law,
            issuers=self.issuers,
            compulsory=self.compulsory,
            valid_from=(self.valid_from - EPOCH).days,
            valid_to=None if self.valid_to is None else (self.valid_to - EPOCH).days,
            gates=self.gates,
            timers=tuple(map(_timer, self.timers)),
            register=Register(parse_duration(self.register.keep).at_most_days, self.register.law),
            notice=self.notice.rule,
            notice_wait_s=_wait(self.notice),
            item=self.publication.item,
            count=self.publication.count,
            default_gag=self.gag.default == "statutory",
            needs_counsel=self.needs_counsel,
            fields=self.fields,
            emergency_form=self.emergency is not None,
            counsel=self.counsel,
            row=self.sha256,
        )


class Catalogue(Part, frozen=True):
    """Every row of every jurisdiction, and the hash that the docket log carries of them."""

    rows: tuple[Row, ...]
    sources: tuple[Source, ...]
    sha256: bytes
    missing: dict[str, tuple[Label, ...]]
    """By jurisdiction: kinds of demands that are known and have no row."""

    def newest(self) -> tuple[Row, ...]:
        """The rows without a last day, in their order."""
        return tuple(row for row in self.rows if row.valid_to is None)

    def by_hash(self) -> dict[str, frozenset[str]]:
        """The hashes of its rows, under its own."""
        return {self.sha256.hex(): frozenset(row.sha256.hex() for row in self.rows)}

    def taxonomy(self) -> Taxonomy:
        """What the desk's rules go by."""
        return Taxonomy(tuple(row.instrument() for row in self.rows), self.sha256)


def _wait(notice: NoticeRule) -> int:
    """The seconds that a person who is told before the answer has."""
    wait_s = parse_duration(notice.wait).exact_s if notice.wait is not None else 0
    if wait_s is None or (wait_s > 0) != (notice.rule == "before_answer"):
        raise Malformed("a notice before the answer, and no other, has a time to wait in days")
    return wait_s


def _timer(deadline: Deadline) -> Timer:
    within = parse_duration(deadline.within).exact_s
    if within is None:
        raise Malformed("a deadline counts months")
    return Timer(deadline.name, within, deadline.since, deadline.until, deadline.law)
