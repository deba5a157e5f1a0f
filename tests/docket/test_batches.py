"""Periods, batches and statements: where everything lies in the log, and what is not there whole."""

from __future__ import annotations

from typing import Any

import pytest

from nullabona.docket.core.batches import BatchWrong, arrangement, read_batch, slot_index
from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.statements import (
    MAX_STATEMENT,
    BatchHeader,
    Outage,
    Report,
    TaxonomyStated,
    encode_statement,
    parse_header,
    parse_statement,
)
from nullabona.errors import Bug, Malformed
from nullabona.wire.slots import SlotRef
from tests.docket.made_logs import CADENCE, GENESIS, log_of

HOURLY = Cadence(1_000)


def test_a_time_falls_into_a_period() -> None:
    """Everything before the start into the first; a period ends where the next one begins."""
    assert [0, 0, 0, 0, 1, 2] == [HOURLY.period_at(at) for at in (0, 999, 1_000, 4_599, 4_600, 8_200)]
    assert [(1_000, 4_600), (4_600, 8_200)] == [(HOURLY.begin_of(n), HOURLY.due_of(n)) for n in (0, 1)]
    assert 4_200 == HOURLY.longest_wait_s


def test_a_half_year_has_the_periods_that_begin_in_it() -> None:
    """And is settled so long after its end."""
    assert (range(7), range(7, 13), range(13, 19)) == tuple(
        CADENCE.periods_of(term) for term in ("1970H1", "1970H2", "1971H1")
    )
    assert ["1970H1", "1970H2"] == [CADENCE.term_of(n) for n in (6, 7)]
    assert [241 * DAY, 425 * DAY] == [CADENCE.settled_by(n) for n in (6, 7)]
    late = Cadence(200 * DAY, period_s=30 * DAY)
    assert (range(0), range(6)) == (late.periods_of("1970H1"), late.periods_of("1970H2"))
    sharp = Cadence(DAY, period_s=30 * DAY)
    assert (range(6), range(6, 13)) == (sharp.periods_of("1970H1"), sharp.periods_of("1970H2"))


@pytest.mark.parametrize(("at", "index"), [((0, 0), 2), ((0, 1), 3), ((1, 0), 5), ((1, 1), 6), ((2, 0), 8)])
def test_a_slot_comes_after_its_header(at: tuple[int, int], index: int) -> None:
    """The first period has the genesis before it."""
    log = log_of(3)
    start = 0 if at[0] == 0 else log.ends[at[0] - 1]
    assert index == slot_index(start, SlotRef(*at))
    assert log.leaf(SlotRef(*at)).encode() == log.entries[index]


def test_a_batch_is_read_whole() -> None:
    """Its header, its slots, what it states, and where the next one begins; None where the log ends."""
    changed = TaxonomyStated("1" * 64)
    log = log_of(2, changed, GENESIS)
    first, second = read_batch(log.entries, 0, CADENCE, 0), read_batch(log.entries, 4, CADENCE, 1)
    assert first is not None
    assert second is not None
    assert (0, 4, 0, ()) == (first.start, first.end, first.header.period, first.statements)
    assert (4, 9, 1, (changed, GENESIS)) == (second.start, second.end, second.header.period, second.statements)
    assert [SlotRef(1, 0), SlotRef(1, 1)] == [leaf.at for leaf in second.slots]
    assert read_batch(log.entries, 9, CADENCE, 2) is None
    assert read_batch(log.entries[:1], 0, CADENCE, 0) is None


@pytest.mark.parametrize(
    ("entries", "start", "period", "key", "values"),
    [
        (log_of(2).entries, 4, 2, "unexpected", {"came": 1}),
        (log_of(2).entries[:-1], 4, 1, "short", {}),
        (log_of(1).entries[:2], 0, 0, "short", {}),
        ([*log_of(1).entries[:3], log_of(2).entries[6]], 0, 0, "misplaced", {"slot": 1}),
    ],
)
def test_a_batch_that_is_not_whole_says_why(
    entries: list[bytes], start: int, period: int, key: str, values: dict[str, int]
) -> None:
    """Another period, cut short, or a slot of elsewhere."""
    with pytest.raises(BatchWrong) as raised:
        read_batch(entries, start, CADENCE, period)
    assert (key, values) == (raised.value.key, raised.value.values)


def test_places_are_taken_as_chance_says() -> None:
    """Eight bytes for each place but the first, the last one first; chance of another kind gives another order."""
    none = bytes(32)
    assert (1, 2, 3, 0) == arrangement(4, 4, none)
    assert (1, 2) == arrangement(2, 4, none)
    assert () == arrangement(0, 4, none)
    assert (0,) == arrangement(1, 1, none)
    stay = b"".join(number.to_bytes(8, "big") for number in (0, 1, 2, 3))
    assert (0, 1, 2, 3) == arrangement(4, 4, stay)
    big = b"".join(number.to_bytes(8, "big") for number in (0, 2**63 + 1, 3 * 2**60 + 1, 2**56 + 2))
    assert (0, 3, 1, 2) == arrangement(4, 4, big)


def test_a_header_is_39_bytes() -> None:
    """And nothing else is one."""
    header = BatchHeader(7, 2, b"h" * 32)
    assert (39, header) == (len(header.encode()), parse_header(header.encode()))
    for wrong in (b"", header.encode()[:-1], header.encode() + b"x", b"\x01" + header.encode()[1:]):
        with pytest.raises(Malformed):
            parse_header(wrong)


def test_a_statement_is_its_kind_and_canonical_text() -> None:
    """What was written is read; nothing else is one."""
    statements: list[Any] = [
        GENESIS,
        TaxonomyStated("1" * 64),
        Outage(1, 2, "가", "a"),
        Report("1970H1", 1, (), (), "0" * 64),
    ]
    assert statements == [parse_statement(encode_statement(each)) for each in statements]
    good = encode_statement(GENESIS)
    for wrong in (b"", good[1:], b"\x02" + good[1:], good[:1], good + b" ", good[:-1]):
        with pytest.raises(Malformed):
            parse_statement(wrong)


def test_a_statement_has_a_longest() -> None:
    """As long as may be is one; a longer one is neither written nor read."""

    def outage(more: int) -> Outage:
        return Outage(0, 0, "x" * (MAX_STATEMENT - len(encode_statement(Outage(0, 0, "x", "y"))) + 1 + more), "y")

    longest = encode_statement(outage(0))
    assert MAX_STATEMENT == len(longest)
    with pytest.raises(Bug):
        encode_statement(outage(1))
    changed = encode_statement(TaxonomyStated("1" * 64))
    with pytest.raises(Malformed, match="not a statement"):
        parse_statement(changed + b" " * (MAX_STATEMENT + 1 - len(changed)))
    with pytest.raises(Malformed) as raised:
        parse_statement(longest)
    assert "not a statement" != raised.value.message
