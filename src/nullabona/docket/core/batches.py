"""How a period's batch is laid out in the log, and the log index of each slot (spec/docket.md §7.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.statements import BatchHeader, Statement, parse_header, parse_statement
from nullabona.errors import Malformed
from nullabona.wire.slots import SlotLeaf, SlotRef, parse_slot_leaf


class BatchWrong(Malformed):
    """A period's batch is missing, incomplete or misplaced. ``key`` and ``values`` are of `findings.SENTENCES`."""

    def __init__(self, key: str, **values: int) -> None:
        super().__init__("a period's batch is not there, whole and in its place")
        self.key, self.values = key, values


@dataclass(frozen=True, slots=True)
class Batch:
    """One period's batch in the log, from index ``start`` on. ``genesis`` precedes the first batch."""

    start: int
    header: BatchHeader
    slots: tuple[SlotLeaf, ...]
    statements: tuple[Statement, ...]
    end: int


def slot_index(start: int, at: SlotRef) -> int:
    """The log index of a slot whose period's batch begins at ``start``."""
    return start + 1 + (at.period == 0) + at.slot


def arrangement(busy: int, slots: int, random_bytes: bytes) -> tuple[int, ...]:
    """Which ``busy`` of ``slots`` places are taken, in the order of the events; a place takes eight ``random_bytes``.

    The places are random: in a fixed order, one opened slot would reveal that those before it are not empty.
    """
    places = list(range(slots))
    for at in range(slots - 1, 0, -1):
        other = int.from_bytes(random_bytes[at * 8 : at * 8 + 8], "big") % (at + 1)
        places[at], places[other] = places[other], places[at]
    return tuple(places[:busy])


def read_batch(entries: Sequence[bytes], start: int, cadence: Cadence, period: int) -> Batch | None:
    """The batch of ``period`` at ``start``; None if the log ends here. Raises `Malformed` if it is incomplete."""
    at = start + (period == 0)
    if at >= len(entries):
        return None
    header = parse_header(entries[at])
    if header.period != period:
        raise BatchWrong("unexpected", came=header.period)
    end = at + 1 + cadence.slots + header.statements
    if end > len(entries):
        raise BatchWrong("short")
    slots = tuple(_slot(entries[at + 1 + place], SlotRef(period, place)) for place in range(cadence.slots))
    statements = tuple(parse_statement(entry) for entry in entries[at + 1 + cadence.slots : end])
    return Batch(start, header, slots, statements, end)


def _slot(entry: bytes, at: SlotRef) -> SlotLeaf:
    leaf = parse_slot_leaf(entry)
    if leaf.at != at:
        raise BatchWrong("misplaced", slot=at.slot)
    return leaf
