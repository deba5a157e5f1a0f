"""Closes the directory's epochs on time, and holds the directory back until it may sign and answer (spec/map.md §8).

A directory that was put back from an old copy would show people a record that goes back, and sign a second history.
So a started one shows and signs nothing before the witnesses of its record have said what they hold. While they are out
of reach it shows an epoch that was published moments ago, and still signs nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, Protocol, TypeVar

from nullabona.directory.figures import standstill_of
from nullabona.directory.health import Health
from nullabona.directory.record import PublicRecord, Served
from nullabona.errors import NullabonaError
from nullabona.machine.timekeeping import ClockGuard
from nullabona.sequencer import NoQuorum

LOOK_S: Final = 60.0
"""Longest sleep of the keeper, in seconds, after which it notices a corrected clock."""
PUBLISH_AGAIN_S: Final = 5.0
"""Seconds until an unwitnessed epoch is offered to the witnesses again."""
ROUNDS_AHEAD: Final = 2
"""How often an epoch is computed ahead before it closes; the second round covers changes during the first."""
READY_S: Final = 20.0
"""Seconds that a request waits until the directory may answer."""

T = TypeVar("T")


class Runs(Protocol):
    """Runs work in a thread of its own."""

    async def __call__(self, work: Callable[[], T]) -> T: ...


class EpochKeeper:
    """Runs the record of one directory. ``run_in_writer`` and ``run_aside`` run work in its two threads.

    ``closed`` is called in the writer's thread after an epoch was closed.
    """

    def __init__(
        self,
        record: PublicRecord,
        now: Callable[[], int],
        guard: ClockGuard,
        health: Health,
        run_in_writer: Runs,
        run_aside: Runs,
        closed: Callable[[], None] = lambda: None,
    ) -> None:
        self._record = record
        self._now = now
        self._guard = guard
        self._health = health
        self._in_writer = run_in_writer
        self._aside = run_aside
        self._closed = closed
        self._task: asyncio.Task[None] | None = None
        self._held = False
        self._shows = False
        self._open = asyncio.Event()
        self._ready = asyncio.Event()

    @property
    def held(self) -> bool:
        """Whether nothing may be signed yet."""
        return self._held or self._record.begins_anew

    @property
    def hidden(self) -> bool:
        """Whether nothing may be shown yet. What was published moments ago may be, while witnesses are out of reach."""
        return self.held and not (self._shows and not self._record.begins_anew)

    def hold(self) -> None:
        """Show and sign nothing until the witnesses were asked."""
        self._held = True

    def begin(self, advance: Callable[[], Awaitable[None]]) -> None:
        """Call ``advance`` every period, while the clock is trusted, until `end`. On a running loop."""
        self.hold()
        self._record.resume()
        self._task = asyncio.get_running_loop().create_task(self._keep_time(advance))

    async def advance(self, *, force: bool = False) -> None:
        """Close the open epoch if it is time (or ``force``), and have closed epochs witnessed and served."""
        now = self._now()
        if force or self._record.begins_anew or not self._record.closes_in(now):
            for _ in range(ROUNDS_AHEAD):
                await self._aside(self._record.work_ahead)
                while await self._in_writer(self._record.keep_ahead):
                    pass
            await self._in_writer(lambda: self._record.close(now))
            await self._in_writer(self._closed)
        await self._in_writer(self._record.stage)
        if await self._in_writer(self._record.behind):
            published = await self._record.publish(now)
            await self._in_writer(lambda: self._record.show(published))
        await self._in_writer(self._record.settle)

    async def may_sign(self) -> bool:
        """Whether something may be signed; waits a moment for a directory that was just started."""
        await self._wait_for(self._open)
        return not self.held

    async def served(self) -> Served | None:
        """The epoch under which answers are proven; waits for a new directory's first one."""
        await self._wait_for(self._ready)
        return None if self.hidden else self._record.served

    async def end(self) -> None:
        """Close no more epochs."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _wait_for(self, event: asyncio.Event) -> None:
        if self._task is not None and not event.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(READY_S):
                    await event.wait()

    async def _keep_time(self, advance: Callable[[], Awaitable[None]]) -> None:
        unsure = True
        while True:
            pause = LOOK_S
            try:
                await self._record.recall()
                self._held = False
                if self._guard.check():
                    if unsure or not self._record.closes_in(self._now()):
                        unsure = True
                        await advance()
                        unsure = False
                    pause = self._record.closes_in(self._now())
            except NullabonaError as error:
                # An old copy would be older than this; a witness that holds more raises something else.
                fresh = not standstill_of(self._record, self._now())
                self._shows = self._shows or (isinstance(error, NoQuorum) and fresh)
                self._health.stands_still(error)
                pause = min(PUBLISH_AGAIN_S, self._record.genesis.period_s)
            self._tell()
            await asyncio.sleep(min(LOOK_S, max(0.05, pause)))

    def _tell(self) -> None:
        """Let those go on who wait."""
        if not self.held:
            self._open.set()
        if not self.hidden and self._record.served is not None:
            self._ready.set()
