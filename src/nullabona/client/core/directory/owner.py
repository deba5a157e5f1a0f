"""An owner's watch: checks every epoch for entries that this account did not make (spec/map.md §6).

We do not request roots. We compute each epoch's log entry from what the directory reports about our own handle. All of
them together must lead from the log as we last watched it to the witnessed checkpoint. So the directory cannot report
anything that is not in the record that everybody else sees.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec

from nullabona.client.core.directory.checking import label_of, walk_of
from nullabona.client.core.directory.errors import LogForked
from nullabona.client.core.directory.evidence import Trail, View
from nullabona.client.core.directory.pinned import Pinned, Sighting, check_fresh, check_position, see
from nullabona.client.core.directory.promises import Expected
from nullabona.errors import Malformed
from nullabona.log.prefix import EMPTY, TOMBSTONE, MapProofInvalid, Opening, root_with, root_without
from nullabona.log.tree import Frontier, leaf_hash
from nullabona.wire.epoch import encode_epoch
from nullabona.wire.handle import Handle
from nullabona.wire.messages import HandleWatched, WatchStep
from nullabona.wire.producible import StoredEntry

FOREIGN: Final = "foreign-entry"
MISSING: Final = "card-not-in-log"
BROKEN: Final = "promise-broken"
GAP: Final = "record-gap"
LOST: Final = "cards-lost"
"""The directory entered an empty map: it lost its cards and says so to everybody (spec/map.md §8)."""
EMPTY_CHANGE: Final = "empty-change"
"""Something entered at our label, or a list says so, and the card is as before (spec/map.md §6.1)."""
_NOTHING: Final = (b"", 0, b"")
_AGAIN: Final = "entered-again"
Sight: TypeAlias = tuple[int, int, Opening | None]
"""An epoch, when it closed, and the entry at the handle."""


class Watch(msgspec.Struct, array_like=True, frozen=True):
    """How far a handle was watched, and its entry.

    ``place``: which of our cards, counted from 0; None: none yet. ``closed_s``: when the newest of the epochs closed,
    or the watch began, if that was later; None: not known yet. ``listed``: that epoch had a list of changes, so every
    later one must.
    """

    size: int
    peaks: tuple[bytes, ...]
    entry: tuple[bytes, int, bytes] = _NOTHING
    place: int | None = None
    closed_s: int | None = None
    listed: bool = False

    @property
    def frontier(self) -> Frontier:
        """Of the log up to the epoch that was watched last."""
        return Frontier(self.size, self.peaks)

    @property
    def epoch(self) -> int:
        """The newest epoch that was watched."""
        return self.size - 1


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something in the record that must not be there, or is missing. ``closed_s``: when its epoch closed.

    ``told``: the person is to be told; False: only its evidence is kept.
    """

    code: str
    epoch: int
    closed_s: int
    reason: str
    evidence: bytes = b""
    told: bool = True


@dataclass(frozen=True, slots=True)
class Look:
    """Epochs of the own handle, proven up to the frontier; `sighting` is the checkpoint they were shown with."""

    watch: Watch
    openings: tuple[Sight, ...]
    sighting: Sighting
    trail: Trail
    """The same epochs with all that proves them."""
    emptied: frozenset[int] = frozenset()
    """Those of the epochs whose map is empty."""
    label: bytes = b""
    """The handle's place in the map."""

    @property
    def complete(self) -> bool:
        """Whether the epochs reach the checkpoint; if not, the next ones are to be asked for."""
        return self.watch.size == self.sighting.size


def start(pinned: Pinned) -> Watch:
    """A watch that begins with the log as it is known: whatever enters from now on is seen."""
    return Watch(pinned.size, pinned.peaks, closed_s=pinned.seen_s, listed=pinned.listed)


def look(pinned: Pinned, watch: Watch, handle: Handle, answer: HandleWatched, now_s: int) -> Look:
    """What the answer shows of every epoch after the watched ones.

    Raises what `core.directory.checking.check_answer` raises, `LogStale` also if there should be a newer
    epoch and is none, `LogForked` if the epochs do not lead to the checkpoint, and `Malformed` if an epoch after one
    with a list of changes has none. Of an answer that is not complete
    nothing may be concluded before the rest has come.
    """
    sighting = see(pinned, answer.checkpoint)
    check_position(pinned, sighting)
    label = label_of(pinned, handle, answer.label_proof)
    if answer.first != watch.epoch + 1 or watch.size + len(answer.steps) > sighting.size:
        raise Malformed("the server returned other epochs than those it was asked for")
    frontier, entry, listed = watch.frontier, watch.entry, watch.listed
    openings: list[Sight] = []
    views: list[View] = []
    emptied: set[int] = set()
    check_seen(pinned, frontier)
    siblings: tuple[bytes, ...] = ()
    for number, step in enumerate(answer.steps, answer.first):
        siblings = _siblings(step, siblings)
        entry = entry if step.entry is None else step.entry
        opening = _opening(entry)
        root = _root(label, opening, siblings, step)
        if root == EMPTY:
            emptied.add(number)
        listed = check_listed(step.listed, before=listed)
        leaf = leaf_hash(encode_epoch(number, root, step.closed_s, step.listed))
        views.append(View(number, step.closed_s, entry, siblings, step.other, frontier.peaks, leaf, step.listed))
        frontier = frontier.extend(leaf)
        check_seen(pinned, frontier)
        openings.append((number, step.closed_s, opening))
    closed_s = answer.steps[-1].closed_s if answer.steps else watch.closed_s or now_s
    moved = msgspec.structs.replace(
        watch, size=frontier.size, peaks=frontier.peaks, entry=entry, closed_s=closed_s, listed=listed
    )
    trail = Trail(answer.label_proof, tuple(views), answer.checkpoint)
    found = Look(moved, tuple(openings), sighting, trail, frozenset(emptied), label)
    if found.complete:
        _check_end(pinned, found, closed_s, now_s)
    return found


def check_listed(listed: bytes, *, before: bool) -> bool:
    """Whether an epoch has a list of changes. Raises `Malformed` if it has none and the one before it has."""
    if before and not listed:
        raise Malformed("an epoch of the record has no list of changes, and one before it has")
    return bool(listed)


def check_seen(pinned: Pinned, frontier: Frontier) -> None:
    """Raises `LogForked` if another log of that size was seen before."""
    if frontier.size == pinned.size and frontier.root != pinned.frontier.root:
        raise LogForked("what the server tells of this account is not in the record it showed before")


def _check_end(pinned: Pinned, found: Look, closed_s: int, now_s: int) -> None:
    if found.watch.frontier.root != found.sighting.root:
        raise LogForked("what the server tells of this account is not in its record")
    check_fresh(pinned, found.sighting, closed_s, now_s)


def _siblings(step: WatchStep, before: tuple[bytes, ...]) -> tuple[bytes, ...]:
    told, found = iter(step.siblings), []
    for at in range(step.depth):
        if at >> 3 < len(step.given) and step.given[at >> 3] >> (at & 7) & 1:
            found.append(next(told, b""))
        else:
            found.append(before[at] if at < len(before) else b"")
    if b"" in found or next(told, None) is not None:
        raise Malformed("a watched epoch has other siblings than it says")
    return tuple(found)


def _opening(entry: tuple[bytes, int, bytes]) -> Opening | None:
    nonce, version, digest = entry
    return Opening(nonce, version, digest) if version else None


def _root(label: bytes, opening: Opening | None, siblings: tuple[bytes, ...], step: WatchStep) -> bytes:
    walk = walk_of(siblings, step.other)
    try:
        return root_without(label, walk) if opening is None else root_with(label, opening.commitment, walk)
    except MapProofInvalid as error:
        raise Malformed("a watched epoch is not proven") from error


# -- what it means ------------------------------------------------------------------------------------------------


def judge(
    watch: Watch, openings: Sequence[Sight], own: Sequence[bytes], emptied: Container[int] = frozenset()
) -> tuple[Watch, list[Alarm]]:
    """What in these epochs this account did not make; ``own`` are the hashes of its cards, oldest first.

    The watch then has the place of the last of our cards. ``emptied``: epochs whose map is empty; a card that is gone
    there is one of all that the directory says it lost.
    """
    alarms: list[Alarm] = []
    place, version = watch.place, watch.entry[1]
    last = _opening(watch.entry)
    for epoch, closed_s, opening in openings:
        if opening == last:
            continue
        reason = _wrong(opening, last, place, version, own)
        if reason:
            code = FOREIGN if opening is not None else LOST if epoch in emptied else MISSING
            alarms.append(Alarm(EMPTY_CHANGE if reason == _AGAIN else code, epoch, closed_s, reason))
        elif opening is not None:
            place = _place(opening.digest, own)
        version = opening.version if opening else 0
        last = opening
    entry = _NOTHING if last is None else (last.nonce, last.version, last.digest)
    return msgspec.structs.replace(watch, place=place, entry=entry), alarms


def new_entries(watch: Watch, openings: Sequence[Sight]) -> list[StoredEntry]:
    """What entered at the handle in these epochs."""
    found = []
    last = _opening(watch.entry)
    for epoch, _, opening in openings:
        if opening != last:
            found.append(_entry_of(epoch, opening, last))
        last = opening
    return found


def _entry_of(epoch: int, opening: Opening | None, before: Opening | None) -> StoredEntry:
    if opening is None:
        return StoredEntry(epoch, before.version + 1 if before else 0, b"", None)
    return StoredEntry(epoch, opening.version, opening.nonce, opening.digest)


def _wrong(opening: Opening | None, last: Opening | None, place: int | None, version: int, own: Sequence[bytes]) -> str:
    """Why an entry that is new at the handle is wrong; empty if it is not."""
    if opening is None:
        return "" if last is None else "removed"
    if last is not None and opening.digest == last.digest:
        return _AGAIN
    if opening.digest == TOMBSTONE:
        return "deleted"
    known = _place(opening.digest, own)
    if known is None:
        return "unknown-card"
    if place is not None and known < place:
        return "older-card"
    return "" if opening.version > version else "renumbered"


def _place(digest: bytes, own: Sequence[bytes]) -> int | None:
    return len(own) - 1 - own[::-1].index(digest) if digest in own else None


def settle(
    expected: Sequence[Expected],
    openings: Sequence[Sight],
    after: Sequence[bytes] = (),
    emptied: Container[int] = frozenset(),
) -> tuple[list[Expected], list[Alarm]]:
    """Which expectations are still open after these epochs, and which were broken.

    ``after`` are cards that may replace an expected one: later ones of the same account. What was promised before an
    epoch whose map is empty was lost there with all other cards, and is not expected any more.
    """
    still: list[Expected] = []
    alarms: list[Alarm] = []
    for each in expected:
        seen = [(epoch, closed_s, opening) for epoch, closed_s, opening in openings if each.after < epoch <= each.by]
        kept = any(
            opening is not None and opening.digest in {each.digest, *_later(each.digest, after)}
            for _, _, opening in seen
        )
        if kept:
            continue
        if lost := next(((epoch, closed_s) for epoch, closed_s, _ in seen if epoch in emptied), None):
            alarms.append(Alarm(LOST, *lost, "not-entered", each.note))
            continue
        if openings and openings[-1][0] >= each.by:
            closed_s = seen[-1][1] if seen else openings[-1][1]
            alarms.append(Alarm(BROKEN, each.by, closed_s, "not-entered", each.note))
        else:
            still.append(each)
    return still, alarms


def _later(digest: bytes, own: Sequence[bytes]) -> Sequence[bytes]:
    return own[list(own).index(digest) :] if digest in own else ()
