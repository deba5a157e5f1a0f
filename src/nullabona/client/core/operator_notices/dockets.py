"""Follows the operator's docket, and compares the checkpoints of notices with it. Works in the caller's transaction.

A *sighting* is a checkpoint that came with a notice. It is compared at once with everything that this device knows of
the docket, and again whenever the device knows more. The notice is shown meanwhile, because only its operator can have
made it. A fork is told whenever it is found.
"""

from __future__ import annotations

from typing import Final

import msgspec

from nullabona.client.core.directory.keeping import Evidence, keep_evidence, load_pinned
from nullabona.client.core.model.facts.account import Warned
from nullabona.client.core.model.ports import Store
from nullabona.client.core.operator_notices.checking import (
    DocketForked,
    DocketRolledBack,
    DocketSeen,
    DocketUnproven,
    NoticeUnwitnessed,
)
from nullabona.client.core.operator_notices.following import (
    LOOKS,
    Followed,
    Sighting,
    Wanted,
    advance,
    holds,
    see,
    wanted,
)
from nullabona.client.core.step import Step
from nullabona.errors import Malformed, PeerError
from nullabona.log.tiles import WIDTH, Tile
from nullabona.wire.handle import Handle, parse_handle

LOOK_S: Final = 6 * 3_600
"""Mean seconds between two readings of the docket; each pause is drawn from half of this to one and a half times."""
MOST_SIGHTINGS: Final = 32
"""Most sightings that wait to be compared; older ones are forgotten."""
_WATCH: Final = "operator-docket-watch"


class DocketWatch(msgspec.Struct, array_like=True, frozen=True):
    """How far the docket was followed. ``sightings`` still have to be compared, oldest first."""

    next_s: int | None = None
    """When to read the docket next, in POSIX seconds; None: it was never read."""
    followed: Followed | None = None
    sightings: tuple[Sighting, ...] = ()


_watch = msgspec.msgpack.Decoder(DocketWatch)


def load_docket(store: Store) -> DocketWatch:
    """The stored state of the docket; empty if there is none."""
    data = store.get_value(_WATCH)
    return DocketWatch() if data is None else _watch.decode(data)


def compare(store: Store, seen: DocketSeen) -> None:
    """Raise `DocketForked` if ``seen`` contradicts a checkpoint that this device knows."""
    watch = load_docket(store)
    for each in (*watch.sightings, *(Sighting(w.seen) for w in [watch.followed] if w is not None)):
        if (each.seen.origin, each.seen.size) == (seen.origin, seen.size) and each.seen.root != seen.root:
            raise DocketForked("the operator's docket has two different histories")
    followed = watch.followed
    if followed is not None and holds(followed, _load_leaves(store, followed), seen) is False:
        raise DocketForked("the operator's docket has two different histories")


def before(store: Store, origin: str) -> bytes:
    """The newest known checkpoint of the docket ``origin``, as evidence; empty if there is none."""
    watch = load_docket(store)
    known = [watch.followed.seen] if watch.followed is not None else [each.seen for each in watch.sightings]
    return next((each.note for each in reversed(known) if each.origin == origin), b"")


def note_sighting(store: Store, seen: DocketSeen) -> None:
    """Keep the checkpoint of a notice until it can be compared, unless the docket already contains it."""
    watch = load_docket(store)
    followed = watch.followed
    if followed is not None and holds(followed, _load_leaves(store, followed), seen):
        return
    if seen not in [each.seen for each in watch.sightings]:
        _save(store, msgspec.structs.replace(watch, sightings=(*watch.sightings, Sighting(seen))[-MOST_SIGHTINGS:]))


def next_look(step: Step) -> int:
    """Draw and store when to read the docket next, in POSIX seconds.

    Call it before the request, so that a crash does not repeat the request at once.
    """
    next_s = step.now // 1_000 + step.rng.between(LOOK_S // 2, LOOK_S + LOOK_S // 2)
    _save(step.store, msgspec.structs.replace(load_docket(step.store), next_s=next_s))
    return next_s


def tiles_for(step: Step, note: bytes) -> Wanted:
    """The tiles that are needed to follow the docket to the checkpoint ``note``; none if it lacks witnesses.

    Raises `PeerError` if ``note`` is not a checkpoint of the docket.
    """
    try:
        seen = _seen(step.store, parse_handle(step.local.handle), note)
    except NoticeUnwitnessed:
        return Wanted((), ())
    return wanted(load_docket(step.store).followed, seen.size)


def take(step: Step, note: bytes, fetched: dict[Tile, bytes]) -> None:
    """Follow the docket to the checkpoint ``note`` with the tiles of `tiles_for`, and compare the waiting sightings.

    If the checkpoint does not hold, the person is warned, evidence is kept and the known state stays. Raises
    `PeerError` if ``note`` is not a checkpoint of the docket.
    """
    handle = parse_handle(step.local.handle)
    watch = load_docket(step.store)
    known = watch.followed
    kept = _load_leaves(step.store, known) if known is not None else {}
    try:
        followed, leaves = advance(known, kept, _seen(step.store, handle, note), fetched)
    except (DocketForked, DocketRolledBack, DocketUnproven, NoticeUnwitnessed) as error:
        _accuse(step, handle, error, known.seen.note if known is not None else b"", note)
        return
    _save_leaves(step.store, known, kept, followed, leaves)
    still = []
    for each in watch.sightings:
        found = holds(followed, leaves, each.seen)
        if found is False:
            _accuse(step, handle, DocketForked("two histories"), followed.seen.note, each.seen.note)
        elif found is None:
            still.append(each)
    _save(step.store, msgspec.structs.replace(watch, followed=followed, sightings=_looked(step, handle, still)))


def not_shown(step: Step) -> None:
    """Note that the operator was asked and did not show its docket."""
    watch = load_docket(step.store)
    handle = parse_handle(step.local.handle)
    if watch.followed is None and len({each.seen.size for each in watch.sightings}) < 2:
        return  # there is nothing to compare one checkpoint with
    sightings = _looked(step, handle, list(watch.sightings))
    _save(step.store, msgspec.structs.replace(watch, sightings=sightings))


def _looked(step: Step, handle: Handle, sightings: list[Sighting]) -> tuple[Sighting, ...]:
    """Count a vain look for each sighting; one that reaches `LOOKS` is told to the person and dropped."""
    looked = [msgspec.structs.replace(each, looks=each.looks + 1) for each in sightings]
    for each in looked:
        if each.looks >= LOOKS:
            known = before(step.store, each.seen.origin)
            _accuse(step, handle, DocketUnproven("the docket is not shown"), known, each.seen.note)
    return tuple(each for each in looked if each.looks < LOOKS)


def _accuse(step: Step, handle: Handle, error: PeerError, known: bytes, shown: bytes) -> None:
    if keep_evidence(
        step.store, Evidence(error.code, handle.authority, step.now // 1_000, known, shown), step.local.host
    ):
        step.tell(Warned(code=error.code, detail={"host": handle.authority}))


def _seen(store: Store, handle: Handle, note: bytes) -> DocketSeen:
    pinned = load_pinned(store, handle.authority)
    if pinned is None:
        raise Malformed("nothing is known about the server that names the docket")
    return see(pinned, handle, note)


def _load_leaves(store: Store, followed: Followed) -> dict[int, bytes]:
    indices = range(followed.first, -(-followed.seen.size // WIDTH))
    return {index: store.get_value(_key(index)) or b"" for index in indices}


def _save_leaves(
    store: Store, known: Followed | None, kept: dict[int, bytes], followed: Followed, leaves: dict[int, bytes]
) -> None:
    for index, data in leaves.items():
        if kept.get(index) != data:
            store.set_value(_key(index), data)
    for index in range(known.first if known is not None else followed.first, followed.first):
        store.delete_value(_key(index))


def _save(store: Store, watch: DocketWatch) -> None:
    store.set_value(_WATCH, msgspec.msgpack.encode(watch))


def _key(index: int) -> str:
    return f"operator-docket-leaves:{index}"
