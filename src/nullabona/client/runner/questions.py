"""Questions to one directory, and what their answers prove; nothing is stored (spec/map.md §§3, 6)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final, TypeVar

from msgspec import structs

from nullabona.client.core.directory.changes import Day, Lists, heads_of
from nullabona.client.core.directory.checking import Checked, check_answer
from nullabona.client.core.directory.errors import CardNotInLog, LogForked, LogReplaced, RecordGap
from nullabona.client.core.directory.evidence import View
from nullabona.client.core.directory.key_changes import follow_changes, with_policy
from nullabona.client.core.directory.leaves import Leaves, epochs_of_a_day, in_tiles
from nullabona.client.core.directory.listing import Listing, Position, read_list
from nullabona.client.core.directory.owner import Look, Sight, Watch, look
from nullabona.client.core.directory.pinned import Pinned, check_fresh, check_position, moved, pin, see
from nullabona.client.net import TimedOut
from nullabona.client.runner.connections import RelayConnection
from nullabona.client.runner.requests import ask
from nullabona.errors import Malformed, Refused
from nullabona.log.following import follow, tiles_to
from nullabona.log.key_change import FOLDER as CHANGES
from nullabona.log.key_change import MOST
from nullabona.log.tiles import Tile
from nullabona.log.tree import HASH_SIZE, Frontier, leaf_hash
from nullabona.wire.card import decode_card
from nullabona.wire.epoch import encode_epoch
from nullabona.wire.handle import Handle
from nullabona.wire.map_messages import EpochsListed, ListEpochs
from nullabona.wire.message import Response
from nullabona.wire.messages import (
    AnyRequest,
    Blob,
    CardFound,
    DescribeLog,
    HandleWatched,
    LogDescribed,
    LogFile,
    LookupCard,
    Refusal,
    WatchHandle,
    encode,
)

R = TypeVar("R", bound=Response)
MOST_SHOWN: Final = 33_554_432
"""Most bytes of a day's lists that are read because of a proof; a directory that has more is asked for the handle."""


class Talk:
    """Questions to one directory. ``last`` is its last answer, as bytes that may become evidence; ``tiles``: those of
    its log that it has shown.
    """

    def __init__(self, connection: RelayConnection) -> None:
        self._connection = connection
        self.last = b""
        self.tiles: dict[Tile, bytes] = {}

    async def ask(self, request: AnyRequest, kind: type[R]) -> R:
        """The answer, which has to be a ``kind``. Raises `Refused`, `TimedOut` or `Malformed`."""
        answer = await ask(self._connection, request)
        if answer is None:
            raise TimedOut("the server did not answer")
        if isinstance(answer, Refusal):
            raise Refused(answer.code, retry_after_s=answer.retry_after_s)
        if not isinstance(answer, kind):
            raise Malformed("the server answered something that it was not asked")
        if not isinstance(answer, Blob):
            self.last = encode(answer)
        return answer


async def first_look(talk: Talk, host: str, policy: str | None, now_s: int) -> Pinned:
    """The state to remember of a directory that was never asked before. Raises as `Talk.ask` and `pin`."""
    return pin(host, await talk.ask(DescribeLog(), LogDescribed), policy, now_s)


def with_beginning(pinned: Pinned, described: Pinned) -> Pinned:
    """``pinned``, from an older version, with the proof of its log's beginning. Raises `LogReplaced` if they differ."""
    if described.genesis != pinned.genesis:
        raise LogReplaced("the server's log does not begin like the one this device knows")
    return structs.replace(pinned, genesis_proof=described.genesis_proof, began=described.began)


async def look_up(talk: Talk, handle: Handle, pinned: Pinned, now_s: int) -> tuple[Checked, Pinned]:
    """The proven answer for a handle, and the directory's state to remember from now on."""
    checked = check_answer(pinned, handle, await talk.ask(LookupCard(handle.name), CardFound), now_s)
    if checked.card and decode_card(checked.card).handle != handle:
        raise CardNotInLog("the server shows another handle's card")
    frontier = await _reach(talk, pinned, checked.sighting.size)
    known = moved(pinned, frontier, checked.sighting, checked.checkpoint, now_s, listed=checked.listed)
    return checked, known


async def follow_keys(talk: Talk, pinned: Pinned, now_s: int) -> Pinned | None:
    """The same record under its present keys; None: the directory shows no change from the known keys.

    Raises `KeysUnproven` if a change does not hold, or what is wrong with the record under the new keys.
    """
    files: list[bytes] = []
    with _until_not_found():
        while len(files) < MOST:
            files.append((await talk.ask(LogFile(f"{CHANGES}/{len(files)}"), Blob)).data)
    policy = follow_changes(pinned, files)
    if policy is None:
        return None
    described = with_policy(pinned, policy, await talk.ask(DescribeLog(), LogDescribed), now_s)
    if await _reach(talk, pinned, described.size) != described.frontier:
        raise LogForked("the server shows a log that does not continue the one this device saw before")
    return described


@contextmanager
def _until_not_found() -> Iterator[None]:
    """A context that ends, without an error, when the directory does not have the file."""
    try:
        yield
    except Refused as refused:
        if refused.wire_code != "not-found":
            raise


async def _reach(talk: Talk, pinned: Pinned, size: int) -> Frontier:
    """The log's frontier at ``size``, from the remembered one and the log's tiles."""
    for tile in tiles_to(pinned.frontier, size):
        if tile not in talk.tiles:
            talk.tiles[tile] = await fetch(talk, tile)
    return follow(pinned.frontier, size, talk.tiles.__getitem__)


async def newest(talk: Talk, pinned: Pinned, now_s: int) -> tuple[Pinned, Day]:
    """The directory's state to remember after its newest checkpoint, and what its log has of a day.

    Asks from an epoch on that follows from the size of the log alone. Raises as `list_all`.
    """
    size = see(pinned, (await talk.ask(LogFile("checkpoint"), Blob)).data).size
    first = max(1, size - epochs_of_a_day(pinned))
    day, bytes_told = Day(Leaves(first), Lists(first)), 0
    while True:
        answer = await talk.ask(ListEpochs(day.leaves.size - 1), EpochsListed)
        if answer.first > day.leaves.size:
            raise RecordGap("the server can no longer prove epochs that old")
        seen = see(pinned, answer.checkpoint)
        check_position(pinned, seen)
        if answer.first != day.leaves.size or not answer.steps or day.leaves.size + len(answer.steps) > seen.size:
            raise Malformed("the server returned other epochs than those it was asked for")
        bytes_told += sum(len(step.changes or b"") for step in answer.steps)
        if bytes_told > MOST_SHOWN:
            raise Malformed("the server tells of too many changes")
        day = _with_steps(day, answer)
        if day.leaves.size == seen.size:
            break
    check_fresh(pinned, seen, day.lists.closed_s, now_s)
    between = day.leaves.between(pinned.size, seen.size)
    frontier = await _reach(talk, pinned, seen.size) if between is None else pinned.frontier.extend(between)
    if between is None and in_tiles(talk.tiles).between(seen.size - 1, seen.size) != day.leaves.newest(1).hashes:
        raise LogForked("the epochs that the server tells of are not in its record")
    return moved(pinned, frontier, seen, answer.checkpoint, now_s, listed=bool(answer.steps[-1].listed)), day


def _with_steps(day: Day, answer: EpochsListed) -> Day:
    leaves = b"".join(
        leaf_hash(encode_epoch(number, step.root, step.closed_s, step.listed))
        for number, step in enumerate(answer.steps, answer.first)
    )
    lists = Lists(answer.first, tuple(map(heads_of, answer.steps)), answer.steps[-1].closed_s)
    return Day(Leaves(day.leaves.first, day.leaves.hashes + leaves), day.lists.joined(lists))


async def fetch(talk: Talk, tile: Tile, folder: str = "") -> bytes:
    """A tile's hashes. A partial tile that has become full since may be served only as the full one."""
    try:
        return (await talk.ask(LogFile(folder + tile.path), Blob)).data
    except Refused as refused:
        if refused.wire_code != "not-found" or tile == tile.full:
            raise
        whole = (await talk.ask(LogFile(folder + tile.full.path), Blob)).data
        return whole[: tile.width * HASH_SIZE]


async def watch_all(talk: Talk, handle: Handle, pinned: Pinned, watch: Watch, now_s: int) -> tuple[Pinned, Look, bytes]:
    """``pinned`` as given, every epoch after the watched ones up to a checkpoint, and that checkpoint.

    Raises `RecordGap` if the server no longer proves the first of these epochs, `LogForked` if it leaves any out.
    """
    openings: list[Sight] = []
    views: list[View] = []
    emptied: frozenset[int] = frozenset()
    while True:
        answer = await talk.ask(WatchHandle(handle.name, watch.epoch), HandleWatched)
        if answer.first > watch.epoch + 1:
            raise RecordGap("the server can no longer prove epochs that old")
        found = look(pinned, watch, handle, answer, now_s)
        openings.extend(found.openings)
        views.extend(found.trail.views)
        emptied |= found.emptied
        if found.complete:
            trail = replace(found.trail, views=tuple(views))
            return pinned, replace(found, openings=tuple(openings), trail=trail, emptied=emptied), answer.checkpoint
        if not answer.steps:
            raise LogForked("the server leaves out epochs of its record")
        watch = found.watch


async def list_all(talk: Talk, pinned: Pinned, position: Position, now_s: int) -> tuple[Pinned, Listing]:
    """``pinned`` as given, and every epoch after the listed ones up to a checkpoint. Raises as `watch_all`."""
    quiet, newest_s, leaves, lists = True, None, b"", Lists(position.size)
    while True:
        answer = await talk.ask(ListEpochs(position.epoch), EpochsListed)
        if answer.first > position.epoch + 1:
            raise RecordGap("the server can no longer prove epochs that old")
        found = read_list(pinned, position, answer, now_s)
        quiet, newest_s = quiet and found.quiet, found.newest_s or newest_s
        leaves, position, lists = leaves + found.leaves, found.position, lists.joined(found.lists)
        if found.complete:
            return pinned, replace(found, quiet=quiet, newest_s=newest_s, leaves=leaves, lists=lists)
        if not answer.steps:
            raise LogForked("the server leaves out epochs of its record")
