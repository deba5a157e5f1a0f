"""Plaintext entries of the docket log: genesis, openings, renewals, reports, taxonomies, outages (docket.md §7)."""

from __future__ import annotations

from struct import Struct
from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.instrument import Day
from nullabona.errors import Bug, Malformed
from nullabona.wire.canonical import canonical, read_canonical
from nullabona.wire.demands import Branch
from nullabona.wire.slots import HEADER_LEAF, STATEMENT_LEAF, Count, Hex32, Period, Record, SlotRef

MAX_STATEMENT: Final = 60_000
MAX_STATEMENTS: Final = 65_535
_HEADER: Final = Struct(">BIH32s")

Term = Annotated[str, Meta(pattern=r"^[0-9]{4}H[12]\Z")]


class Genesis(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="genesis", tag_field="kind"):
    """The log's first leaf: its permanent parameters."""

    origin: Annotated[str, Meta(max_length=255)]
    cadence: Cadence
    taxonomy: Hex32
    v: Literal[1] = 1


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="opening", tag_field="kind"):
    """Opens a slot."""

    slot: SlotRef
    blind: Hex32
    record: Record
    v: Literal[1] = 1


class Reseal(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="reseal", tag_field="kind"):
    """Renews a slot that stays sealed beyond its horizon; the slot ``to`` takes it over."""

    of: SlotRef
    to: SlotRef
    v: Literal[1] = 1


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A report's row for one instrument: the number of demands and their outcomes."""

    instrument: Annotated[str, Meta(max_length=100)]
    received: Count
    identifiers: Count = 0
    """Counted in answered demands, as the accounts are."""
    accounts: Count = 0
    accounts_produced: Count = 0
    """The accounts of demands that were answered with a production."""
    produced_full: Count = 0
    produced_partial: Count = 0
    answered_no_data: Count = 0
    refused: Count = 0
    pending: Count = 0
    in_time: Count = 0
    notified: Count = 0
    notified_before: Count = 0
    """Of those, before the answer was handed over."""
    notice_deferred: Count = 0
    notice_barred: Count = 0
    nobody_to_tell: Count = 0
    stayed: Count = 0
    """Demands that a court stayed, also if the stay is over."""
    by: dict[Branch, Count] | UnsetType = UNSET
    """The demands received, by the sort of authority; not encoded where the law allows no such figure."""


class Band(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An instrument whose number may be published only as a range, both ends included."""

    instrument: Annotated[str, Meta(max_length=100)]
    least: Count
    most: Count


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="report", tag_field="kind"):
    """The figures of a half-year; they enter the log before they are published elsewhere."""

    term: Term
    until: Period
    """The last period whose events are counted."""
    rows: tuple[Row, ...]
    bands: tuple[Band, ...]
    taxonomy: Hex32
    v: Literal[1] = 1


class SignedOff(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of the taxonomy that two officers answer for, counsel among them, and the text it was compared with."""

    instrument: Annotated[str, Meta(max_length=100)]
    valid_from: Day
    row: Hex32
    """SHA-256 of the row's canonical JSON."""
    source: Annotated[str, Meta(min_length=1, max_length=400)]


class TaxonomyStated(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="taxonomy", tag_field="kind"):
    """From now on demands are classified by the taxonomy with this hash; and rows that were signed off."""

    taxonomy: Hex32
    signed_off: tuple[SignedOff, ...] = ()
    v: Literal[1] = 1


class Outage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="outage", tag_field="kind"):
    """The operator's statement on late periods, both ends included. It does not excuse them."""

    first: Period
    last: Period
    ko: Annotated[str, Meta(min_length=1, max_length=1_000)]
    en: Annotated[str, Meta(min_length=1, max_length=1_000)]
    v: Literal[1] = 1


Statement = Genesis | Opening | Reseal | Report | TaxonomyStated | Outage


class BatchHeader(msgspec.Struct, frozen=True):
    """The first entry of a batch."""

    period: Period
    statements: int
    head: bytes

    def encode(self) -> bytes:
        """39 bytes."""
        return _HEADER.pack(HEADER_LEAF, self.period, self.statements, self.head)


def parse_header(entry: bytes) -> BatchHeader:
    """Raises `Malformed`."""
    if len(entry) != _HEADER.size or entry[0] != HEADER_LEAF:
        raise Malformed("not a batch header")
    return BatchHeader(*_HEADER.unpack(entry)[1:])


def encode_statement(statement: Statement) -> bytes:
    """The statement's leaf. Raises `Bug` if it is too long."""
    encoded = bytes([STATEMENT_LEAF]) + canonical(statement)
    if len(encoded) > MAX_STATEMENT:
        raise Bug("a statement is too long for a leaf")
    return encoded


def parse_statement(entry: bytes) -> Statement:
    """Raises `Malformed`."""
    if not 0 < len(entry) <= MAX_STATEMENT or entry[0] != STATEMENT_LEAF:
        raise Malformed("not a statement")
    return read_canonical(entry[1:], Statement, "a statement")  # type: ignore[arg-type]
