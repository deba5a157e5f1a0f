"""Asks directories, and believes only what their public records prove (spec/map.md §§3, 6).

Each directory is asked one question at a time. Otherwise an earlier question's answer could be older than the log state
that this device remembers. An answer that does not hold becomes a warning, kept evidence and an error for the caller.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Final, TypeVar

from msgspec import structs

from nullabona.client.core.directory.checking import Checked, check_answer
from nullabona.client.core.directory.errors import CardNotInLog, LogForked, LogReplaced, RecordGap
from nullabona.client.core.directory.evidence import View
from nullabona.client.core.directory.found import BadCard, NoCard, ProvenCard, found_in
from nullabona.client.core.directory.keeping import (
    Evidence,
    expect,
    keep_evidence,
    load_pinned,
    load_watch,
    save_pinned,
    save_watch,
)
from nullabona.client.core.directory.key_changes import follow_changes, with_policy
from nullabona.client.core.directory.owner import Look, Sight, Watch, look, start
from nullabona.client.core.directory.pinned import Pinned, moved, pin, with_docket
from nullabona.client.core.model.change_set import ChangeSet
from nullabona.client.core.model.facts.account import Warned, WarningDetail
from nullabona.client.core.operator_notices import dockets, taking
from nullabona.client.core.step import DAY_MS
from nullabona.client.net import NetOptions, Policy, TimedOut, endpoint_of
from nullabona.client.runner.connections import OneShotConnection, RelayConnection
from nullabona.client.runner.context import RunnerContext
from nullabona.client.runner.requests import ask
from nullabona.errors import Malformed, PeerError, Refused
from nullabona.log.following import follow, tiles_to
from nullabona.log.key_change import FOLDER as CHANGES
from nullabona.log.key_change import MOST
from nullabona.log.tiles import Tile
from nullabona.log.tree import HASH_SIZE, Frontier
from nullabona.wire.card import decode_card
from nullabona.wire.handle import Handle, parse_handle
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
    Response,
    WatchHandle,
    encode,
)

GRAVE: Final = frozenset({
    "not-witnessed", "log-forked", "log-rolled-back", "log-stale", "log-replaced", "card-not-in-log", "promise-invalid",
    "keys-unproven",
})  # fmt: skip
"""Codes of errors that the person is always told, and for which evidence is kept."""
DOCKET_FILES: Final = "docket/"
"""Below this path a directory shows the files of its operator's docket."""
R = TypeVar("R", bound=Response)
T = TypeVar("T")


class Directories:
    """The directories that one client asks."""

    def __init__(self, context: RunnerContext) -> None:
        self._context = context
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def look_up(self, handle: str) -> Checked:
        """The proven answer of the handle's directory. The log state that it shows is remembered.

        Waits for a directory that is out of reach. Raises `Refused`, `TimedOut`, `EndpointRefused`, `Malformed`, or one
        of `nullabona.client.core.directory.errors`.
        """
        wanted = parse_handle(handle)
        async with self._turn(wanted.authority) as (talk, pinned):
            checked, known = await self._followed(talk, pinned, lambda known: look_up(talk, wanted, known, self._now_s))
            self._remember(known, checked, handle)
            return checked

    async def find(self, handle: str) -> ProvenCard | NoCard | BadCard:
        """As `look_up`, in the form that the engine takes. Waits and raises as `look_up`."""
        return found_in(await self.look_up(handle), handle, self._context.now() // DAY_MS)

    async def begin(self, host: str) -> Pinned:
        """The remembered state of a directory, which is asked now if it never was. Raises as `look_up`."""
        async with self._turn(host) as (_, pinned):
            self._remember(pinned)
            return pinned

    async def learn_docket(self, host: str) -> None:
        """Ask whether the directory names its operator's docket by now, and check the notices that wait.

        Raises as `look_up`.
        """
        async with self._turn(host) as (talk, pinned):
            known = with_docket(pinned, await talk.ask(DescribeLog(), LogDescribed))
            with self._context.engine.step(self._context.now()) as step:
                save_pinned(step.store, known)
                taking.look_again(step, told=True, asked=True)

    async def follow_docket(self, host: str) -> None:
        """Follow the operator's docket to its newest checkpoint, and compare the checkpoints of notices with it.

        A docket that is not shown, or that cannot be followed, counts as a vain look (`dockets.not_shown`); so does one
        that is not answered for while the directory answers other questions. Raises as `look_up` if the directory is
        out of reach.
        """
        async with self._turn(host) as (talk, _):
            try:
                note = (await talk.ask(LogFile(f"{DOCKET_FILES}checkpoint"), Blob)).data
                with self._context.engine.step(self._context.now()) as step:
                    wanted = dockets.tiles_for(step, note)
                fetched = {tile: await _fetch(talk, tile, DOCKET_FILES) for tile in (*wanted.base, *wanted.leaves)}
                with self._context.engine.step(self._context.now()) as step:
                    dockets.take(step, note, fetched)
            except PeerError as error:
                if isinstance(error, TimedOut):
                    await talk.ask(DescribeLog(), LogDescribed)
                with self._context.engine.step(self._context.now()) as step:
                    dockets.not_shown(step)

    async def watch(self, handle: Handle, watch: Watch) -> tuple[Pinned, Look]:
        """The directory's new state, and each epoch of a handle after the watched ones, proven. Raises as `look_up`."""
        async with self._turn(handle.authority) as (talk, pinned):
            base, found, checkpoint = await self._followed(
                talk, pinned, lambda known: watch_all(talk, handle, known, watch, self._now_s)
            )
            known = moved(base, found.watch.frontier, found.sighting, checkpoint, self._now_s)
            with self._context.engine.step(self._context.now()) as step:
                save_pinned(step.store, known)
            return known, found

    async def _followed(self, talk: Talk, pinned: Pinned, work: Callable[[Pinned], Awaitable[T]]) -> T:
        """The result of ``work``, repeated with the directory's new keys if the known witnesses confirmed a change.

        Raises what ``work`` raises, and what `follow_keys` raises for a change that does not hold.
        """
        try:
            return await work(pinned)
        except LogReplaced:
            known = await follow_keys(talk, pinned, self._now_s)
            if known is None:
                raise
        with self._context.engine.step(self._context.now()) as step:
            save_pinned(step.store, known)
            taking.look_again(step)
            step.tell(Warned(code="keys-changed", detail=WarningDetail(host=known.host)))
        self._context.happened(ChangeSet(frozenset()))
        return await work(known)

    @asynccontextmanager
    async def _turn(self, host: str) -> AsyncIterator[tuple[Talk, Pinned]]:
        connection = self._context.connections.one_shot(str(endpoint_of(host)))
        async with self._turns[host]:
            talk = Talk(connection)
            pinned = self._known(host)
            try:
                if pinned is None:
                    pinned = await first_look(talk, host, None, self._now_s)
                    self._remember(pinned)
                elif not pinned.began:
                    pinned = with_beginning(pinned, await first_look(talk, host, pinned.policy, self._now_s))
                    self._remember(pinned)
                yield talk, pinned
            except PeerError as error:
                if error.code in GRAVE:
                    self._accuse(error, host, pinned, talk.last)
                raise

    @property
    def _now_s(self) -> int:
        return self._context.now() // 1_000

    def _known(self, host: str) -> Pinned | None:
        with self._context.store.reading():
            return load_pinned(self._context.store, host)

    def _remember(self, pinned: Pinned, checked: Checked | None = None, handle: str = "") -> None:
        own = self._context.engine.local.handle
        with self._context.engine.step(self._context.now()) as step:
            known = load_pinned(step.store, pinned.host)
            save_pinned(step.store, pinned)
            if known is None or known.policy != pinned.policy:
                taking.look_again(step)
            if parse_handle(own).authority == pinned.host and load_watch(step.store) is None:
                save_watch(step.store, start(pinned))
            if checked is not None and checked.promise is not None and handle != own:
                expect(step.store, checked.promise)
        if checked is not None and checked.promise is not None and handle != own:
            self._context.warn("card-promised", handle=handle)

    def _accuse(self, error: PeerError, host: str, pinned: Pinned | None, shown: bytes) -> None:
        before = pinned.checkpoint if pinned else b""
        with self._context.engine.step(self._context.now()) as step:
            keep_evidence(step.store, Evidence(error.code, host, self._now_s, before, shown))
        self._context.warn(error.code, host=host)


class Talk:
    """Questions to one directory. ``last`` is its last answer, as bytes that may become evidence."""

    def __init__(self, connection: RelayConnection) -> None:
        self._connection = connection
        self.last = b""

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
    return checked, moved(pinned, frontier, checked.sighting, checked.checkpoint, now_s)


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
    tiles = {tile: await _fetch(talk, tile) for tile in tiles_to(pinned.frontier, size)}
    return follow(pinned.frontier, size, tiles.__getitem__)


async def _fetch(talk: Talk, tile: Tile, folder: str = "") -> bytes:
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


async def find_card(handle: str, options: NetOptions, now_s: int) -> bytes | None:
    """The proven card of a handle, or None, for a device that has no account yet. Nothing is remembered.

    Raises as `Directories.look_up`.
    """
    wanted = parse_handle(handle)
    connection = OneShotConnection(endpoint_of(wanted.authority), options, Policy())
    talk = Talk(connection)
    try:
        pinned = await first_look(talk, wanted.authority, None, now_s)
        checked, _ = await look_up(talk, wanted, pinned, now_s)
    finally:
        await connection.close()
    return checked.card or None
