"""When a box is read that is read apart: nothing waits at the relay for it, and no two boxes are read together.

A room's box is read soon after it rang, as `Hearing` tells, and now and then all the same, since a member may append
without ringing. A box that may hold something of which nothing was heard is read within seconds; where nothing can be
heard, each is read once a minute or so, as is an inbox, which has no bells.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Mapping
from typing import Final

from nullabona.client.core.model.requests import ReadWant
from nullabona.client.core.step import Timing
from nullabona.client.runner.boxkey import Key
from nullabona.client.runner.chance import moment_s
from nullabona.client.runner.connections import UnlinkedConnection
from nullabona.client.runner.ear import Ear
from nullabona.client.runner.ground import Ground

LONGEST: Final = 3
"""So many times as long as on average it takes at most until a box is read that may hold something."""
LATELY_S: Final = 10.0
OFTEN: Final = 20
"""A box that rang so often lately is read ever later: after twice the time, four times, ... Two people of whom
each writes every two seconds ring at most so often, as each message rings and each receipt does.
"""
SLOWER: Final = 3
"""... so often doubled at most."""


class Visits:
    """The moments at which `Reads` reads boxes apart: those in ``wants``; ``behind`` are not read to their end.

    ``chance`` gives numbers in [0, 1).
    """

    def __init__(
        self,
        ground: Ground,
        timing: Timing,
        chance: Callable[[], float],
        wants: Mapping[Key, ReadWant],
        behind: set[Key],
    ) -> None:
        self._ground = ground
        self._timing = timing
        self._chance = chance
        self._wants = wants
        self._behind = behind
        self._slow: set[Key] = set()
        """Those of `behind` that are read within a minute or so, not at once."""
        self._unsure: set[Key] = set()
        """Those that may have rung, as not all that rang was told: looked into within some ten minutes."""
        self._events: dict[Key, asyncio.Event] = {}
        """Set when a box's moment has come, or is to be drawn anew."""
        self._due: set[Key] = set()
        self._called: dict[Key, asyncio.TimerHandle] = {}
        """Boxes that rang and are read soon."""
        self._rung: dict[Key, deque[float]] = {}
        """When each rang last."""
        self._ears: dict[str, Ear] = {}

    def begin(self, key: Key, connection: UnlinkedConnection) -> None:
        """A box is read apart from now on."""
        self._events[key] = asyncio.Event()
        _, relay, _ = key
        if connection.hearing is None:
            return
        if relay not in self._ears:
            self._ears[relay] = Ear(self, self._ground, relay, connection.hearing, self._chance)

    def leave(self, relay: str) -> None:
        """No room's box is read there any more."""
        if ear := self._ears.pop(relay, None):
            ear.close()

    def rest(self) -> None:
        """Nothing is heard any more: remember how far it was."""
        for ear in self._ears.values():
            ear.rest()

    def end(self, key: Key) -> None:
        """It is no longer read."""
        self._events.pop(key, None)
        self._due.discard(key)
        self._slow.discard(key)
        self._unsure.discard(key)
        self._rung.pop(key, None)
        if called := self._called.pop(key, None):
            called.cancel()
        if ear := self._ears.get(key[1]):
            ear.lost(key)

    def hurry(self, key: Key) -> None:
        """Have it read now, if it is read apart."""
        if event := self._events.get(key):
            self._due.add(key)
            event.set()

    def read_back(self, key: Key) -> None:
        """Have it read now, unless it is read soon anyway, as in a room in which many speak."""
        if key not in self._called:
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
        """It was read to its end; ``moved``: and something was there."""
        self._slow.discard(key)
        self._unsure.discard(key)
        if key[0] is not None and (ear := self._ears.get(key[1])):
            ear.was_read(key, moved=moved)

    # -- for one relay's ear

    def secrets(self, relay: str) -> Mapping[Key, bytes]:
        """Those of our boxes' bells at a relay."""
        return {key: want.rings for key, want in self._wants.items() if key[1] == relay and want.rings is not None}

    def is_behind(self, relay: str) -> bool:
        """Whether something may lie in one of its boxes that we have not read."""
        return any(key[1] == relay and key[0] is not None for key in (*self._behind, *self._unsure))

    def put_behind(self, keys: Collection[Key], *, slow: bool = False) -> None:
        """Something may lie in these, that came some time ago."""
        self._behind.update(keys)
        if slow:
            self._slow.update(keys)
        self.stir(keys)

    def doubt(self, keys: Collection[Key]) -> None:
        """Something may lie in these, but hardly does; so each is looked into in its own time."""
        self._unsure.update(keys)
        self.stir(keys)

    def bring_up(self, relay: str, but: Collection[Key]) -> None:
        """Nothing lies in any of a relay's boxes but these that we have not read, and those that were never read."""
        known = self.secrets(relay).keys()
        self._behind.difference_update({key for key in known - set(but) if self._wants[key].after})
        self.stir(known)

    def rang(self, keys: Collection[Key]) -> None:
        """Something came into these just now."""
        loop = asyncio.get_running_loop()
        for key in keys:
            self._behind.add(key)
            if key not in self._called:
                mean = self._timing.rang * self._restless(key, loop.time())
                self._called[key] = loop.call_later(self._drawn_s(mean), self._call, key)

    def _restless(self, key: Key, now: float) -> int:
        """So many times longer than usually is waited with a box that rings and rings, as in a large group."""
        rung = self._rung.setdefault(key, deque(maxlen=OFTEN + SLOWER))
        rung.append(now)
        lately = sum(now - at < LATELY_S for at in rung)
        return int(1 << max(0, lately - OFTEN))

    def _call(self, key: Key) -> None:
        del self._called[key]
        self.hurry(key)

    def stir(self, keys: Collection[Key]) -> None:
        """Draw their moments anew."""
        for key in keys:
            if event := self._events.get(key):
                event.set()

    def _moment_s(self, key: Key) -> float:
        room, relay, _ = key
        want = self._wants[key]
        if room is None:
            return self._drawn_s(self._timing.apart)
        if want.rings is None:
            return self._drawn_s(self._timing.joining)
        if key in self._slow or not self._ears[relay].hears:
            return self._drawn_s(self._timing.apart)
        if key in self._behind:
            return min(self._drawn_s(self._timing.behind), LONGEST * self._timing.behind / 1_000)
        if key in self._unsure:
            return self._drawn_s(self._timing.unsure)
        return self._drawn_s(self._timing.calm_old if want.old else self._timing.calm)

    def _drawn_s(self, mean_ms: int) -> float:
        return moment_s(mean_ms / 1_000, self._chance())
