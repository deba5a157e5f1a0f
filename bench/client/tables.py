"""Tables of what was measured of a client, as rows of text; of nothing measured, a head without rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from bench.client.bars import verdicts
from bench.client.records import Results
from bench.client.reports import PARTS, Catchup, Latency, Opening, Rooms, RoomSize
from bench.speed.arithmetic import percentile, spread
from bench.speed.tables import Table, figure, said

NOT: Final = "not measured"
NONE: Final = "-"


def bars(results: Results) -> Table:
    """Each bar beside what was measured."""
    rows = [["bar", "whose", "at", "measured", ""]]
    for verdict in verdicts(results):
        measured = f"{NOT} at this size" if verdict.smaller else NOT
        if verdict.measured is not None:
            measured = said(verdict.measured)
        judged = {True: "met", False: "**missed**", None: ""}[verdict.met]
        rows.append([verdict.said, verdict.whose, verdict.bound, measured, judged])
    return rows


def opening(results: Results) -> Table:
    """Every way to a list of chats."""
    rows = [["until", "files on disk, ms", "files in memory, ms"]]
    reports = results.reports(Opening)
    for way in dict.fromkeys(way for each in reports for way in each.cold_ms):
        columns = [[ms for each in reports for ms in column(each).get(way, ())] for column in (_cold, _warm)]
        rows.append([way, *(_spread(column) for column in columns)])
    return rows


def _cold(report: Opening) -> dict[str, list[float]]:
    return report.cold_ms


def _warm(report: Opening) -> dict[str, list[float]]:
    return report.warm_ms


Talk = tuple[bool, float]
"""Whether rooms share a connection, and the pause between messages."""


def talks(results: Results) -> dict[Talk, list[Latency]]:
    """Turn by turn, by how it was talked; a turn without a message is none."""
    found: dict[Talk, list[Latency]] = {}
    for report in results.reports(Latency):
        if report.rows_ms:
            found.setdefault((report.together, report.pause_s), []).append(report)
    return found


def how(talk: Talk) -> str:
    """In words."""
    together, pause_s = talk
    pace = f"{pause_s:g} s between messages" if pause_s else "one after another"
    return f"{'`--fast`' if together else 'by default'}, {pace}"


def latency(results: Results) -> Table:
    """Send to shown. The median is of each turn, the rest of all messages."""
    rows = [["how", "messages", "median, ms", "95 of 100 within", "longest", "of the median waited on purpose"]]
    for talk, turns in talks(results).items():
        totals = [total for turn in turns for total in turn.column(0)]
        rows.append(
            [
                how(talk),
                f"{len(totals):,}",
                _medians(turns, 0),
                figure(percentile(totals, 0.95)),
                figure(max(totals)),
                figure(turns[0].waits_ms) if turns[0].waits_ms else "nothing",
            ]
        )
    return rows


def parts(results: Results) -> Table:
    """Of the way of a message, the median of each part."""
    found = talks(results)
    rows = [["part, ms", *(how(talk) for talk in found)]]
    if found:
        for place, name in enumerate(PARTS, 1):
            rows.append([name, *(_medians(turns, place) for turns in found.values())])
    return rows


def catchup(results: Results) -> Table:
    """Coming back, by default and on a shared connection."""
    rows = [["how", "messages", "rooms", "profile open, ms", "all there, s", "messages/s", "messages/s and core"]]
    reports = results.reports(Catchup)
    for together, messages, rooms in dict.fromkeys((each.together, each.messages, each.rooms) for each in reports):
        these = [each for each in reports if (each.together, each.messages, each.rooms) == (together, messages, rooms)]
        rows.append(
            [
                "`--fast`" if together else "by default",
                f"{messages:,}",
                f"{rooms:,}",
                _spread(each.open_seconds * 1_000 for each in these),
                _spread(each.seconds for each in these),
                _spread(each.per_second for each in these),
                _spread(each.per_core for each in these),
            ]
        )
    return rows


def room_times(results: Results) -> Table:
    """What each takes, in ms."""
    columns: dict[str, Callable[[RoomSize], float | None]] = {
        "create": lambda row: row.create_ms,
        "add, for each": lambda row: row.add_ms / (row.devices - 1) if row.devices > 1 else None,
        "join": lambda row: row.join_ms,
        "send": lambda row: row.send_ms,
        "receive": lambda row: row.receive_ms,
        "remove": lambda row: row.remove_ms,
        "follow": lambda row: row.follow_ms,
    }
    return _by_size(results, columns)


def room_bytes(results: Results) -> Table:
    """What is handed to the relay, and what it holds, in KiB."""
    columns: dict[str, Callable[[RoomSize], float | None]] = {
        "add all": lambda row: row.add_bytes / 1_024,
        "send": lambda row: row.send_bytes / 1_024,
        "remove": lambda row: row.remove_bytes / 1_024,
        "largest frame": lambda row: row.largest_frame / 1_024,
        "relay at the end": lambda row: row.relay_bytes / 1_024,
    }
    return _by_size(results, columns)


def _by_size(results: Results, columns: dict[str, Callable[[RoomSize], float | None]]) -> Table:
    rows = [["devices", "whole clients", *columns]]
    found: dict[int, list[RoomSize]] = {}
    for each in (row for report in results.reports(Rooms) for row in report.rows):
        found.setdefault(each.devices, []).append(each)
    for devices, these in sorted(found.items()):
        cells = ([value for row in these if (value := column(row)) is not None] for column in columns.values())
        rows.append([f"{devices:,}", f"{these[0].real_devices:,}", *(_spread(cell) for cell in cells)])
    return rows


def memory(results: Results) -> Table:
    """The most that a process had."""
    rows = [["process", "MiB"]]
    ways: dict[str, list[float]] = {}
    for report in results.reports(Opening):
        for way, values in report.memory_mib.items():
            ways.setdefault(f"{way}, {report.messages:,} messages in the profile", []).extend(values)
    for back in results.reports(Catchup):
        way = "`--fast`" if back.together else "by default"
        ways.setdefault(f"back to {back.messages:,} messages in {back.rooms} rooms, {way}", []).append(back.memory_mib)
    for row in (row for each in results.reports(Rooms) for row in each.rows):
        ways.setdefault(f"all {row.devices:,} devices of a room and the relay", []).append(row.peak_rss_mb)
    return [*rows, *([way, _spread(values)] for way, values in ways.items())]


def _medians(turns: list[Latency], place: int) -> str:
    return _spread(spread(turn.column(place)).median for turn in turns)


def _spread(values: Iterable[float]) -> str:
    """The median and between what it lay, unless that is all the same."""
    found = list(values)
    if not found:
        return NONE
    return figure(found[0]) if len(found) > 1 and len(set(found)) == 1 else said(spread(found))
