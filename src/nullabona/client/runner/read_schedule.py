"""Decides when boxes that are read apart are read: nothing waits at the relay for them, and no two are read together.

A box is read soon after a digest reports it, and now and then in any case: a member may append without waking anybody,
and a relay may lose what was left at an inbox. A box that may have something new of which no digest came is read within
seconds. Where the relay sends no digests, each box is read about once a minute.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Mapping
from typing import Final

from nullabona.client.core.model.requests import INBOX, ReadRequest
from nullabona.client.core.step import Timing
from nullabona.client.runner.activity_watcher import ActivityWatcher, Streams
from nullabona.client.runner.boxkey import Key
from nullabona.client.runner.connections import UnlinkedConnection
from nullabona.client.runner.context import RunnerContext
from nullabona.client.runner.randomness import moment_s

LONGEST: Final = 3
"""A box that may have something new is read within so many times the average delay at most."""
LATELY_S: Final = 10.0
OFTEN: Final = 20
"""A box that was active so often lately is read later and later: after twice the time, four times, ... Two people who
each write every two seconds stay below it; each message and each receipt counts.
"""
SLOWER: Final = 3
"""... doubled so often at most."""
INBOX_LONG_MS: Final = 86_400_000
"""An inbox that was not read for so long is read when the device comes back, whatever digests told meanwhile."""
_BEGINS: Final = 2
"""Reads of an inbox that has no row yet until it should have one: the first brings it (spec/relay.md §3)."""


class ReadSchedule:
    """When `Reads` reads the boxes in ``wants`` apart; those in ``behind`` have not been read to their end.

    ``rng`` gives numbers in [0, 1).
    """

    def __init__(
        self,
        context: RunnerContext,
        timing: Timing,
        rng: Callable[[], float],
        wants: Mapping[Key, ReadRequest],
        behind: set[Key],
        streams: Streams,
    ) -> None:
        self._context = context
        self._timing = timing
        self._rng = rng
        self._wants = wants
        self._streams = streams
        self._behind = behind
        self._slow: set[Key] = set()
        """Those of ``behind`` that are read within a minute or so, not at once."""
        self._unsure: set[Key] = set()
        """Those that may have been active, as digests omitted activity: read within some ten minutes."""
        self._events: dict[Key, asyncio.Event] = {}
        """Set when a box is to be read, or its moment is to be drawn again."""
        self._due: set[Key] = set()
        self._soon: dict[Key, asyncio.TimerHandle] = {}
        """Boxes that were active and are read soon."""
        self._active_at: dict[Key, deque[float]] = {}
        """When each was last active."""
        self._watchers: dict[str, ActivityWatcher] = {}
        self._beginning: dict[Key, int] = {}
        """An inbox that is new to us, and how many reads are still made of it soon."""

    def begin(self, key: Key, connection: UnlinkedConnection) -> None:
        """A box is read apart from now on."""
        self._events[key] = asyncio.Event()
        connection.want()
        if key.of is INBOX and self._wants[key].wake_secret is None:
            self._beginning[key] = _BEGINS
            self.hurry(key)
        relay = key.relay
        if relay not in self._watchers:
            self._watchers[relay] = ActivityWatcher(
                self, self._context, relay, connection.persistent, self._rng, self._streams
            )

    def leave(self, relay: str) -> None:
        """No box is read apart there any more."""
        if watcher := self._watchers.pop(relay, None):
            watcher.close()

    def rest(self) -> None:
        """The client stops: note the last digest of each relay."""
        for watcher in self._watchers.values():
            watcher.rest()

    def end(self, key: Key) -> None:
        """It is no longer read."""
        self._events.pop(key, None)
        self._due.discard(key)
        self._slow.discard(key)
        self._unsure.discard(key)
        self._active_at.pop(key, None)
        self._beginning.pop(key, None)
        if called := self._soon.pop(key, None):
            called.cancel()
        if watcher := self._watchers.get(key.relay):
            watcher.lost(key)

    def hurry(self, key: Key) -> None:
        """Have it read now, if it is read apart."""
        if event := self._events.get(key):
            self._due.add(key)
            event.set()

    def read_back(self, key: Key) -> None:
        """Have it read now, unless it is read soon anyway, as in a room in which many speak."""
        if key not in self._soon:
            self.hurry(key)

    async def moment(self, key: Key) -> None:
        """Returns when the box is to be read; it was begun."""
        event = self._events[key]
        while key not in self._due:
            event.clear()
            try:
                async with asyncio.timeout(self._moment_s(key)):
                    await event.wait()
            except TimeoutError:
                break
        self._due.discard(key)

    def was_read(self, key: Key, *, moved: bool) -> None:
        """It was read to its end; ``moved``: it held something new."""
        self._slow.discard(key)
        self._unsure.discard(key)
        if (left := self._beginning.pop(key, 0)) > 1:
            self._beginning[key] = left - 1
        if watcher := self._watchers.get(key.relay):
            watcher.was_read(key, moved=moved)
            if key.of is INBOX and moved:  # else its secret is as before, and a relay could have it read without end
                watcher.recall(key)

    # -- for the watcher of one relay

    def secrets(self, relay: str) -> Mapping[Key, bytes]:
        """The wake secrets of our boxes at a relay that are read apart."""
        return {
            key: secret
            for key in self._events
            if key.relay == relay and (secret := self._wants[key].wake_secret) is not None
        }

    def is_behind(self, relay: str) -> bool:
        """Whether one of its boxes that are read apart may have something that we have not read."""
        return any(key.relay == relay and key in self._events for key in (*self._behind, *self._unsure))

    def put_behind(self, keys: Collection[Key], *, slow: bool = False) -> None:
        """These may have something new, appended some time ago."""
        self._behind.update(keys)
        if slow:
            self._slow.update(keys)
        self.redraw(keys)

    def check_all(self, keys: Collection[Key]) -> None:
        """These may have something new but hardly do, so each is read in its own time."""
        self._unsure.update(keys)
        self.redraw(keys)

    def only_active(self, relay: str, active: Collection[Key]) -> None:
        """Of a relay's boxes that were read before, only ``active`` have something new."""
        known = self.secrets(relay).keys()
        self._behind.difference_update({key for key in known - set(active) if self._was_read(self._wants[key])})
        self.redraw(known)

    def _was_read(self, want: ReadRequest) -> bool:
        """Whether a box was read to its end before, and of the inbox, not too long ago."""
        if want.read_at is None:
            return want.after > 0
        return want.read_at > self._context.now() - INBOX_LONG_MS

    def read_soon(self, keys: Collection[Key]) -> None:
        """Something was appended to these just now."""
        loop = asyncio.get_running_loop()
        for key in keys:
            self._behind.add(key)
            if key not in self._soon:
                mean = self._timing.active * self._slowdown(key, loop.time())
                self._soon[key] = loop.call_later(self._drawn_s(mean), self._read_now, key)

    def _slowdown(self, key: Key, now: float) -> int:
        """By what factor a read is delayed for a box that is active again and again, as in a large group."""
        active_at = self._active_at.setdefault(key, deque(maxlen=OFTEN + SLOWER))
        active_at.append(now)
        lately = sum(now - at < LATELY_S for at in active_at)
        return int(1 << max(0, lately - OFTEN))

    def _read_now(self, key: Key) -> None:
        del self._soon[key]
        self.hurry(key)

    def redraw(self, keys: Collection[Key]) -> None:
        """Draw their moments again."""
        for key in keys:
            if event := self._events.get(key):
                event.set()

    def _moment_s(self, key: Key) -> float:
        want = self._wants[key]
        if want.wake_secret is None and (key.of is not INBOX or key in self._beginning):
            return self._drawn_s(self._timing.joining)
        if key in self._slow or want.wake_secret is None or not self._watchers[key.relay].is_told:
            # Where nothing is told, an inbox is read ten times as seldom as a room: who reads it is named.
            known = key.of is INBOX and want.wake_secret is not None
            return self._drawn_s(self._timing.unsure if known else self._timing.apart)
        if key in self._behind:
            return min(self._drawn_s(self._timing.behind), LONGEST * self._timing.behind / 1_000)
        if key in self._unsure:
            return self._drawn_s(self._timing.unsure)
        # Who reads an inbox that is named by a card is there, and that is to be seen seldom.
        seldom = want.old or key.of is INBOX
        return self._drawn_s(self._timing.calm_old if seldom else self._timing.calm)

    def _drawn_s(self, mean_ms: int) -> float:
        return moment_s(mean_ms / 1_000, self._rng())
