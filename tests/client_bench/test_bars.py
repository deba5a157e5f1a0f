"""Bars of a client are judged by medians, on both sides, and only at the size that they name."""

from __future__ import annotations

import pytest

from bench.client.bars import BARS, LEAST_TALK, Verdict, verdicts
from bench.client.records import Results, Run
from bench.client.reports import AnyReport, Catchup, Latency, Opening, Rooms, RoomSize
from bench.speed.arithmetic import Spread

WAYS = ("list of chats", "nulla room list", "nulla app")


def results(*reports: AnyReport) -> Results:
    return Results([Run("any", 0, [], "2026-11-29", "a machine", 0.1, 0.0, 1.0, report) for report in reports])


def verdict(beginning: str, *reports: AnyReport) -> Verdict:
    """Of the one bar whose name begins so."""
    (found,) = (each for each in verdicts(results(*reports)) if each.said.startswith(beginning))
    return found


def opening(*cold_ms: float, messages: int = 1_000_000) -> Opening:
    return Opening(200, messages, 500.0, {}, {way: list(cold_ms) for way in WAYS}, {})


def back(cpu_seconds: float, *, messages: int = 10_000, rooms: int = 100, together: bool = False) -> Catchup:
    return Catchup(together, rooms, messages, 12.0, cpu_seconds, 0.1, 80.0)


def talk(
    total_ms: float, *, together: bool = False, pause_s: float = 5.0, count: int = LEAST_TALK, waits_ms: float = 408.0
) -> Latency:
    return Latency(together, pause_s, waits_ms, [[total_ms, 1.0, 1.0, total_ms - 4.0, 1.0, 1.0]] * count)


def room(devices: int, *, frame: int = 65_536, relay: int = 1_024, follow_ms: float | None = 2.0) -> RoomSize:
    return RoomSize(
        devices, min(devices, 21), 1.0, 9.0, 3.0, 4_096, 0.5, 0.25, 512, 4.0, follow_ms, 8_192, frame, relay, 64.0
    )


def test_nothing_measured_is_neither_met_nor_missed() -> None:
    """Every bar is there all the same."""
    found = verdicts(Results())
    assert len(BARS) == len(found)
    assert {(None, None, False)} == {(each.met, each.measured, each.smaller) for each in found}


@pytest.mark.parametrize(("middle_ms", "met"), [(999.9, True), (1_000.0, False), (2_500.0, False)])
def test_a_cold_start_is_under_a_second(middle_ms: float, *, met: bool) -> None:
    """By the median: a slow one among five is told of and decides nothing."""
    for way in WAYS:
        found = verdict(f"cold start, 1,000,000 messages: {way}", opening(100.0, middle_ms, 9_000.0))
        assert (met, Spread(middle_ms, 100.0, 9_000.0, 3)) == (found.met, found.measured)


def test_warm_starts_do_not_make_a_cold_one() -> None:
    """A profile in the machine's memory is another figure."""
    warm = Opening(200, 1_000_000, 500.0, {way: [1.0] for way in WAYS}, {}, {})
    assert verdict("cold start, 1,000,000 messages: nulla app", warm).met is None


@pytest.mark.parametrize(("cpu_seconds", "met"), [(5.0, True), (5.001, False)])
@pytest.mark.parametrize(("how", "together"), [("by default", False), ("with", True)])
def test_coming_back_is_judged_by_the_processor(how: str, cpu_seconds: float, *, together: bool, met: bool) -> None:
    """Not by the clock, on which the default waits on purpose; each way by its own figure."""
    name = f"10,000 messages waiting in 100 rooms, {how}"
    assert verdict(name, back(cpu_seconds, together=together)).met is met
    assert verdict(name, back(cpu_seconds, together=not together)) == verdict(name)


@pytest.mark.parametrize(
    ("beginning", "report"),
    [
        ("cold start, 1,000,000 messages: list", opening(1.0, messages=999_999)),
        ("10,000 messages waiting in 100 rooms, by default", back(0.1, messages=9_999)),
        ("10,000 messages waiting in 100 rooms, by default", back(0.1, rooms=99)),
        ("send to shown, with", talk(1.0, together=True, pause_s=0.0, count=LEAST_TALK - 1)),
        ("send to shown, by default", talk(1.0, count=LEAST_TALK - 1)),
        ("send to shown, by default", talk(1.0, pause_s=4.9)),
        ("largest frame", Rooms("post-quantum", [room(999)])),
    ],
)
def test_a_smaller_measurement_is_not_held_to_a_bar(beginning: str, report: AnyReport) -> None:
    """However good: it says that it was measured at another size."""
    found = verdict(beginning, report)
    assert (None, None, True) == (found.met, found.measured, found.smaller)


@pytest.mark.parametrize(("total_ms", "met"), [(500.0, True), (500.1, False)])
def test_the_default_has_half_a_second(total_ms: float, *, met: bool) -> None:
    """Of messages now and then: those one after another are held back on purpose, and are not mixed in."""
    lively = talk(4_000.0, pause_s=0.0)
    assert verdict("send to shown, by default", talk(total_ms), lively).met is met


@pytest.mark.parametrize(("total_ms", "met"), [(15.0, True), (15.1, False)])
def test_a_shared_connection_has_fifteen_milliseconds(total_ms: float, *, met: bool) -> None:
    """And the default's half a second is none of its business."""
    assert verdict("send to shown, with", talk(total_ms, together=True, pause_s=0.0), talk(400.0)).met is met


def test_messages_of_all_turns_count_together() -> None:
    """Twice half of what is asked for is enough; the median is that of the turns' medians."""
    halves = [talk(ms, count=LEAST_TALK // 2) for ms in (410.0, 430.0)]
    assert Spread(420.0, 410.0, 430.0, 2) == verdict("send to shown, by default", *halves).measured


@pytest.mark.parametrize(("frame", "met"), [(65_536, True), (65_537, False)])
def test_the_largest_frame_of_a_large_room_fits(frame: int, *, met: bool) -> None:
    """At the limit it does."""
    assert verdict("largest frame", Rooms("post-quantum", [room(2), room(1_000, frame=frame)])).met is met


@pytest.mark.parametrize(("held", "met"), [(2**31 - 1, True), (2**31, False)])
def test_the_relay_of_a_large_room_keeps_below_its_limit(held: int, *, met: bool) -> None:
    """At the limit it does not."""
    assert verdict("held by the relay", Rooms("post-quantum", [room(1_000, relay=held)])).met is met
