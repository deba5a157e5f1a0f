"""Closes an epoch, and describes epochs: pure functions of the map and its new entries (spec/map.md §4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nullabona.directory.core.records import StoredEntry
from nullabona.log.prefix import EMPTY, Leaf, Opening, Walk
from nullabona.log.prefix_pages import BOTTOM, TOP, Part, Source, changed_parts, place_of
from nullabona.wire.messages import WatchStep


@dataclass(frozen=True, slots=True)
class Closing:
    """A closed epoch: its root, and the new parts of the map."""

    root: bytes
    parts: dict[int, Part]


@dataclass(frozen=True, slots=True)
class Ahead:
    """Work done ahead for an open epoch: ``entering`` at that time, and the resulting parts."""

    number: int
    entering: Mapping[bytes, StoredEntry]
    parts: Mapping[int, Part]


def work_ahead(number: int, before: Source, entering: Mapping[bytes, StoredEntry], last: Ahead | None) -> Ahead:
    """Compute the map as if nothing else entered in epoch ``number``; ``last``: earlier work for it."""
    return Ahead(number, entering, _parts(number, before, entering, last))


def close_epoch(
    before: Source,
    root: bytes | None,
    entering: Mapping[bytes, StoredEntry],
    number: int = 0,
    ahead: Ahead | None = None,
) -> Closing:
    """The map after ``entering``; ``root``: the previous root, None if there is none yet.

    With ``ahead``, earlier work for the same epoch, only entries that are new or changed since are computed.
    """
    parts = _parts(number, before, entering, ahead)
    return Closing(parts[TOP].root if parts else root or EMPTY, parts)


def _parts(number: int, before: Source, entering: Mapping[bytes, StoredEntry], ahead: Ahead | None) -> dict[int, Part]:
    known: Mapping[int, Part] = {}
    fresh = {place_of(label, BOTTOM) for label in entering}
    if ahead is not None and ahead.number == number and ahead.entering.keys() <= entering.keys():
        known, then = ahead.parts, ahead.entering
        fresh = {place_of(label, BOTTOM) for label, entry in entering.items() if then.get(label) != entry}
    touched = {label: leaf_of(label, entry) for label, entry in entering.items() if place_of(label, BOTTOM) in fresh}
    return changed_parts(before, touched, known)


def leaf_of(label: bytes, entry: StoredEntry) -> Leaf | None:
    """The map's leaf for an entry; None if the entry removes the label."""
    opening = opening_of(entry)
    return None if opening is None else Leaf(label, opening.commitment)


def opening_of(entry: StoredEntry | None) -> Opening | None:
    """The opening of an entry's commitment; None if there is no entry."""
    if entry is None or entry.digest is None:
        return None
    return Opening(entry.nonce, entry.version, entry.digest)


def other_of(walk: Walk) -> tuple[bytes, ...]:
    """The other leaf at which a walk ends, in the form of messages."""
    return (walk.other.label, walk.other.commitment) if walk.other is not None else ()


@dataclass(frozen=True, slots=True)
class Sight:
    """A watched handle in one epoch."""

    closed_s: int
    opening: Opening | None
    walk: Walk
    listed: bytes = b""
    """The hash of the epoch's list of changes."""


def describe_steps(sights: Sequence[Sight]) -> tuple[WatchStep, ...]:
    """The steps for these epochs, each as a difference from the previous one; the first is complete."""
    steps = []
    before: Sight | None = None
    for sight in sights:
        steps.append(_describe(sight, before))
        before = sight
    return tuple(steps)


def _describe(sight: Sight, before: Sight | None) -> WatchStep:
    known = before.walk.siblings if before else ()
    siblings = sight.walk.siblings
    fresh = [at >= len(known) or known[at] != sibling for at, sibling in enumerate(siblings)]
    given = bytearray((len(siblings) + 7) // 8)
    for at, new in enumerate(fresh):
        given[at >> 3] |= new << (at & 7)
    told = tuple(sibling for sibling, new in zip(siblings, fresh, strict=True) if new)
    same = before is not None and before.opening == sight.opening
    entry = None if same else _entry(sight.opening)
    return WatchStep(sight.closed_s, entry, len(siblings), bytes(given), told, other_of(sight.walk), sight.listed)


def _entry(opening: Opening | None) -> tuple[bytes, int, bytes]:
    return (b"", 0, b"") if opening is None else (opening.nonce, opening.version, opening.digest)
