"""Asks directories, and believes only what their public records prove (spec/map.md §§3, 6).

Each directory is asked one question at a time. Otherwise an earlier question's answer could be older than the log state
that this device remembers. An answer that does not hold becomes a warning, kept evidence and an error for the caller.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from nullabona.client.core.contacts import card_handing, handed_cards
from nullabona.client.core.directory import newest as newest_cards
from nullabona.client.core.directory import own_answer
from nullabona.client.core.directory.changes import Day, note_lists
from nullabona.client.core.directory.checking import Checked
from nullabona.client.core.directory.errors import LogReplaced
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
from nullabona.client.core.directory.leaves import Leaves, in_tiles, note_leaves, proven_by
from nullabona.client.core.directory.listing import Listing, Position
from nullabona.client.core.directory.owner import Look, Watch, start
from nullabona.client.core.directory.pinned import Pinned, moved, with_docket
from nullabona.client.core.model.change_set import ChangeSet
from nullabona.client.core.model.facts.account import Warned, WarningDetail
from nullabona.client.core.operator_notices import dockets, taking
from nullabona.client.core.step import DAY_MS
from nullabona.client.net import EndpointRefused, NetOptions, Policy, TimedOut, endpoint_of
from nullabona.client.runner.connections import OneShotConnection
from nullabona.client.runner.context import RunnerContext
from nullabona.client.runner.questions import (
    Talk,
    fetch,
    first_look,
    follow_keys,
    list_all,
    look_up,
    newest,
    watch_all,
    with_beginning,
)
from nullabona.errors import PeerError
from nullabona.log.tiles import Tile
from nullabona.wire.handle import Handle, parse_handle
from nullabona.wire.messages import (
    Blob,
    DescribeLog,
    LogDescribed,
    LogFile,
)

GRAVE: Final = frozenset({
    "not-witnessed", "log-forked", "log-rolled-back", "log-stale", "log-replaced", "card-not-in-log", "promise-invalid",
    "keys-unproven",
})  # fmt: skip
"""Codes of errors that the person is always told, and for which evidence is kept."""
DOCKET_FILES: Final = "docket/"
"""Below this path a directory shows the files of its operator's docket."""
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
            self._note_tiles(pinned, known, talk.tiles)
            return checked

    async def newest_day(self, host: str) -> Day:
        """What a directory's log has of about a day, with the lists of changes; its newest state is then remembered.

        The questions name no handle, and depend on no proof. Nothing but the log's state is proven. Raises as
        `look_up`.
        """
        async with self._turn(host) as (talk, pinned):
            known, day = await self._followed(talk, pinned, lambda known: newest(talk, known, self._now_s))
            self._remember(known)
            if pinned.size < known.size:
                with self._context.engine.step(self._context.now()) as step:
                    note_leaves(step.store, known, proven_by(pinned, known, day.leaves))
            return day

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
                fetched = {tile: await fetch(talk, tile, DOCKET_FILES) for tile in (*wanted.base, *wanted.leaves)}
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
            known = moved(
                base, found.watch.frontier, found.sighting, checkpoint, self._now_s, listed=found.watch.listed
            )
            with self._context.engine.step(self._context.now()) as step:
                save_pinned(step.store, known)
                note_leaves(step.store, known, Leaves(watch.size, b"".join(each.leaf for each in found.trail.views)))
            return known, found

    async def list_epochs(self, host: str, position: Position) -> tuple[Pinned, Listing]:
        """The directory's new state, and every epoch after the listed ones. It names nobody. Raises as `look_up`."""
        async with self._turn(host) as (talk, pinned):
            base, found = await self._followed(talk, pinned, lambda known: list_all(talk, known, position, self._now_s))
            at = found.position
            known = moved(base, at.frontier, found.sighting, found.checkpoint, self._now_s, listed=at.listed)
            with self._context.engine.step(self._context.now()) as step:
                save_pinned(step.store, known)
                note_leaves(step.store, known, Leaves(position.size, found.leaves))
                note_lists(step.store, known, found.lists)
                handed_cards.lists_read(step, found.lists)
                changes = step.changes()
            self._context.happened(changes)
            return known, found

    async def answers(self, host: str) -> bool:
        """Whether the directory answers a question that names nobody."""
        try:
            async with self._turn(host) as (talk, _):
                await talk.ask(DescribeLog(), LogDescribed)
        except (PeerError, EndpointRefused):
            return False
        return True

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
            if checked is not None and handle == own:
                own_answer.keep(step.store, checked)
                card_handing.soon(step)
            elif checked is not None and checked.promise is not None:
                expect(step.store, checked.promise)
            elif checked is not None and pinned.host == step.local.host:
                newest_cards.note(step.store, checked)
            changes = step.changes()
        if handle == own:
            self._context.happened(changes)
        if checked is not None and checked.promise is not None and handle != own:
            self._context.warn("card-promised", handle=handle)

    def _note_tiles(self, before: Pinned, known: Pinned, tiles: Mapping[Tile, bytes]) -> None:
        if before.size < known.size:
            with self._context.engine.step(self._context.now()) as step:
                note_leaves(step.store, known, proven_by(before, known, in_tiles(tiles)))

    def _accuse(self, error: PeerError, host: str, pinned: Pinned | None, shown: bytes) -> None:
        before = pinned.checkpoint if pinned else b""
        with self._context.engine.step(self._context.now()) as step:
            keep_evidence(step.store, Evidence(error.code, host, self._now_s, before, shown), step.local.host)
        self._context.warn(error.code, host=host)


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
