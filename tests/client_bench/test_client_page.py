"""The page of a client says what the data says: figures, bars met and missed, and what is missing."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from bench.client import page, records, tables
from bench.client.records import Missing, Results, Run
from bench.client.reports import AnyReport, Catchup, Latency, Opening, Rooms, RoomSize

WAYS = ("list of chats", "nulla room list", "nulla app")


def run(report: AnyReport, turn: int = 0, *, machine: str = "a machine", others: float = 0.0) -> Run:
    bench = type(report).__name__.lower()
    return Run(bench, turn, ["--x", "1"], "2026-11-29", machine, 0.1, others, 60.0, report)


def back(seconds: float, cpu_seconds: float, *, together: bool = False, open_seconds: float = 0.25) -> Catchup:
    return Catchup(together, 100, 10_000, seconds, cpu_seconds, open_seconds, 90.0 + together)


def size(devices: int, *, create_ms: float = 1.5, follow_ms: float | None = 2.0) -> RoomSize:
    whole, frame = min(devices, 21), 65_536
    return RoomSize(
        devices, whole, create_ms, 9.0, 3.0, 4_096, 0.5, 0.25, 512, 4.0, follow_ms, 8_192, frame, 1_024, 64.0
    )  # fmt: skip


def talk(*rows_ms: list[float], together: bool = False) -> Latency:
    return Latency(together, 0.0 if together else 5.0, 0.0 if together else 407.9, list(rows_ms))


def whole() -> Results:
    """Every bench, two turns of most, at full size."""
    warm, cold = ({way: ms for way in WAYS} for ms in ([400.0], [700.0, 600.0]))  # noqa: C420 - nobody changes them
    memory = {"list of chats": [60.0, 62.0, 61.0]}
    calm = [[450.0, 2.0, 3.0, 440.0, 4.0, 1.0]] * 95 + [[5_000.0, 2.0, 3.0, 4_990.0, 4.0, 1.0]] * 5
    reports: list[tuple[int, AnyReport]] = [
        (0, Opening(200, 1_000_000, 512.4, warm, cold, memory)),
        *((turn, talk(*[[10.0 + turn, 2.0, 3.0, -1.0, 4.0, 2.0 + turn]] * 100, together=True)) for turn in range(2)),
        (0, talk(*calm)),
        (0, back(20.0, 5.0)),
        (1, back(40.0, 4.0, open_seconds=0.35)),
        (0, back(8.0, 6.0, together=True)),
        (0, Rooms("post-quantum", [size(1_000)])),
        (0, Rooms("post-quantum", [size(2, follow_ms=None)])),
        (1, Rooms("post-quantum", [size(1_000, create_ms=2.5)])),
    ]
    return Results([run(report, turn) for turn, report in reports])


def rows(text: str, beginning: str) -> list[str]:
    """The rows of tables that begin so."""
    return [line for line in text.splitlines() if line.startswith(f"| {beginning} |")]


def test_what_was_measured_survives_being_kept(tmp_path: Path) -> None:
    """It is read back whole, and the page is the same."""
    kept = whole()
    kept.missing.append(Missing("rooms", 1, ["--sizes", "2"], "failed: a limit was exceeded"))
    records.write(kept, tmp_path / "client" / "results.json")
    assert kept == records.read(tmp_path / "client" / "results.json")
    assert page.write(kept) == page.write(records.read(tmp_path / "client" / "results.json"))


def test_what_is_not_there_is_read_as_nothing(tmp_path: Path) -> None:
    """And the page says so in every section, and what would measure it."""
    empty = records.read(tmp_path / "results.json")
    assert Results() == empty
    text = page.write(empty)
    assert "**Nothing has been measured yet.**" in text
    assert "0 met, 0 missed, 9 not measured." in text
    for bench in ("opening", "latency", "catchup", "rooms"):
        assert f"Not measured. `python -m bench.client --record --only {bench}` measures it." in text
        assert f"- `bench.{bench}` was not run" in text


def test_machine_date_and_load_are_told() -> None:
    """Once, where there was one machine and one day."""
    assert (
        "Measured on: a machine.\nDate: 2026-11-29; 10 runs, 10 minutes together. Load before each of them: 0.1 to 0.1."
    ) in page.write(whole())


def test_figures_of_two_machines_are_told_apart() -> None:
    """A part that was measured anew elsewhere does not pass for the same."""
    mixed = whole()
    mixed.runs.append(run(Rooms("post-quantum", [size(10)]), machine="another"))
    assert "Measured on: a machine; another. **Figures of different machines are not to be compared.**" in page.write(
        mixed
    )


@pytest.mark.parametrize(("others", "said"), [(0.29, False), (0.3, True)])
def test_a_busy_machine_is_said_to_be_busy(others: float, *, said: bool) -> None:
    """With the benches that it concerns."""
    noisy = whole()
    noisy.runs.append(run(Rooms("post-quantum", [size(10)]), others=others))
    assert said is ("**The machine was busy with other things** in 1 of 11 runs (rooms)" in page.write(noisy))


def test_bars_stand_beside_what_was_measured() -> None:
    """Met and missed, by the median."""
    text = page.write(whole())
    assert "8 met, 1 missed, 0 not measured." in text
    assert rows(text, "cold start, 1,000,000 messages: nulla app") == [
        "| cold start, 1,000,000 messages: nulla app | the target | < 1,000 ms | 650 (600 to 700) | met |"
    ]
    (shared,) = rows(text, "10,000 messages waiting in 100 rooms, with `--fast`")
    assert shared.endswith("| the target | ≥ 2,000 /s and core | 1,670 (once) | **missed** |")


def test_a_bar_of_a_smaller_run_is_said_to_be_open() -> None:
    """It is not met by what was measured at another size."""
    small = Catchup(
        together=False, rooms=2, messages=10, seconds=1.0, cpu_seconds=0.001, open_seconds=0.1, memory_mib=60.0
    )
    (row,) = rows(page.write(Results([run(small)])), "10,000 messages waiting in 100 rooms, by default")
    assert row.endswith("| the target | ≥ 2,000 /s and core | not measured at this size |  |")


def test_opening_is_told_cold_and_warm() -> None:
    """With the profile that was opened."""
    text = page.write(whole())
    assert "A profile of 1,000,000 messages in 200 rooms, 512 MiB on disk." in text
    assert ["| nulla app | 650 (600 to 700) | 400 (once) |"] == rows(text, "nulla app")


def test_both_ways_of_talking_have_a_row_and_their_parts() -> None:
    """Medians of the turns; tails of all messages together, so that five of a hundred show."""
    assert tables.latency(whole())[1:] == [
        ["`--fast`, one after another", "200", "10.5 (10 to 11)", "11", "11", "nothing"],
        ["by default, 5 s between messages", "100", "450 (once)", "450", "5,000", "408"],
    ]
    assert ["deliver", "-1", "440 (once)"] == tables.parts(whole())[3]
    assert ["tell", "2.5 (2 to 3)", "1 (once)"] == tables.parts(whole())[5]


def test_coming_back_is_told_on_the_clock_and_per_core() -> None:
    """Each way by itself."""
    _, default, shared = tables.catchup(whole())
    assert ["by default", "10,000", "100", "300 (250 to 350)", "30 (20 to 40)"] == default[:5]
    assert ["375 (250 to 500)", "2,250 (2,000 to 2,500)"] == default[5:]
    assert ["`--fast`", "10,000", "100", "250 (once)", "8 (once)", "1,250 (once)", "1,670 (once)"] == shared


def test_rooms_are_in_the_order_of_their_sizes() -> None:
    """Whatever the order of the runs. Who has nobody to follow has no figure for it."""
    _, small, large = tables.room_times(whole())
    assert ["2", "2", "1.5 (once)", "9 (once)"] == small[:4]
    assert small[-1] == "-"
    assert ["1,000", "21", "2 (1.5 to 2.5)", "0.00901"] == large[:4]
    assert large[-1] == "2"


def test_memory_is_told_of_every_process() -> None:
    """Under what it did."""
    assert ["list of chats, 1,000,000 messages in the profile", "61 (60 to 62)"] == tables.memory(whole())[1]
    assert ["back to 10,000 messages in 100 rooms, `--fast`", "91 (once)"] in tables.memory(whole())
    assert ["all 1,000 devices of a room and the relay", "64"] in tables.memory(whole())


def test_a_run_that_failed_is_named_with_the_reason() -> None:
    """In one line, whatever it said; a page without such a line is whole."""
    assert "## What is missing" not in page.write(whole())
    broken = whole().without(["rooms"])
    broken.missing.append(Missing("rooms", 1, ["--sizes", "2"], "failed: a limit\nwas  exceeded"))
    text = page.write(broken)
    assert "- `bench.rooms --sizes 2`, turn 2: failed: a limit was exceeded" in text
    assert "`bench.rooms` was not run" not in text
    assert "Not measured. `python -m bench.client --record --only rooms` measures it." in text


def test_what_is_measured_anew_replaces_what_was_there() -> None:
    """Of the benches that were chosen; the others' figures stay, their failures too."""
    old = whole()
    old.missing += [Missing("rooms", 0, [], "failed: x"), Missing("latency", 0, [], "failed: y")]
    left = old.without(["rooms", "catchup"])
    assert {"opening", "latency"} == {each.bench for each in left.runs}
    assert [Missing("latency", 0, [], "failed: y")] == left.missing


@pytest.mark.parametrize("turns", [0, 1])
def test_a_turn_without_messages_is_no_turn(turns: int) -> None:
    """Nothing is divided by nothing."""
    found = Results([run(talk()) for _ in range(turns)])
    assert len(tables.latency(found)) == len(tables.parts(found)) == 1
    assert "Not measured." in page.write(found)


def test_the_page_tells_the_wait_that_was_measured() -> None:
    """A default that changed since then does not change what it says of runs on record."""
    slow = Latency(together=False, pause_s=5.0, waits_ms=200 + 1_000 * math.log(2), rows_ms=[[1.0] * 6])
    assert "at a random moment, 1 s later on average when this was measured" in page.write(Results([run(slow)]))
    assert "at a random moment, 0.3 s later on average when this was measured" in page.write(whole())
