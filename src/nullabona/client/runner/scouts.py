"""What is done while a relay is out of reach: the engine hears of it, and boxes are looked for elsewhere as it wants.

Every look is requests by connections of their own, once; one that fails is made again when the engine wants it again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Final

from nullabona.client.core.model.change_set import NOTHING, ChangeSet
from nullabona.client.core.model.requests import AfterScout, Scout
from nullabona.client.net import EndpointRefused
from nullabona.client.runner.connections import ConnectionState, Lane
from nullabona.client.runner.context import RunnerContext
from nullabona.client.runner.randomness import fraction
from nullabona.client.runner.requests import once
from nullabona.wire.endpoint import is_directory_of
from nullabona.wire.messages import Append, Frames, Read

AT_ONCE: Final = 8
"""Most looks at one relay at a time: one that does not answer does not delay looks at others."""
POKE_SLOWEST_S: Final = 3_600.0


class Scouts:
    """The looks of one client, and which relays it does without just now."""

    def __init__(self, context: RunnerContext, grace_s: float) -> None:
        self._context = context
        self._grace_s = grace_s
        self._connected: dict[tuple[str, Lane], bool] = {}
        self._waiting: dict[str, asyncio.Task[None]] = {}
        self._looks: list[Scout] = []
        self._running: Counter[str] = Counter()

    @property
    def busy(self) -> int:
        """How many looks are under way or wait for others to end."""
        return len(self._looks) + self._running.total()

    def noted(self, state: ConnectionState) -> None:
        """A connection to a relay was made, or still is not."""
        self._connected[state.relay, state.lane] = state.connected
        if self._is_there(state.relay):
            waiting = self._waiting.pop(state.relay, None)
            if waiting is not None:
                waiting.cancel()
            touched = self._context.engine.on_way(state.relay, self._context.now(), connected=True)
            if touched is not NOTHING:
                self._context.happened(touched)
        elif state.relay not in self._waiting:
            self._waiting[state.relay] = self._context.spawn(self._without(state.relay))

    def _is_there(self, relay: str) -> bool:
        return any(connected for (which, _), connected in self._connected.items() if which == relay)

    async def _without(self, relay: str) -> None:
        """For as long as a relay is out of reach. What our own card says may tell where the account's inbox is now.

        Not asked of a directory at the relay's address: it would learn whom the relay has just refused. What another
        device changes there is in its lists.
        """
        pause = self._grace_s
        await asyncio.sleep(pause)
        self._context.happened(self._context.engine.on_way(relay, self._context.now(), connected=False))
        while True:
            local = self._context.engine.local
            if relay == local.relay and not is_directory_of(relay, local.host):
                self._context.look_at_own_card()
            pause = min(pause * 1.5, POKE_SLOWEST_S)
            await asyncio.sleep(pause * (1 + fraction()))

    def pump(self) -> None:
        """Start the looks that the engine wants."""
        self._looks += [scout for scout in self._context.engine.take_scouts() if scout not in self._looks]
        for scout in list(self._looks):
            if self._running[scout.relay] < AT_ONCE:
                self._looks.remove(scout)
                self._running[scout.relay] += 1
                self._context.spawn(self._scout(scout))

    async def _scout(self, scout: Scout) -> None:
        try:
            connection = self._context.connections.one_shot(scout.relay)
            following: AfterScout = scout
            box = scout.box
            while isinstance(following, Scout):
                answer = await once(connection, Read(box.policy, box.read_secret, box.write_hash, following.after))
                if not isinstance(answer, Frames):
                    return
                touched, following = self._context.engine.on_scouted(following, answer, self._context.now())
                self._context.happened(touched)
            if following is not None:
                append = Append(box.policy, box.write_secret, box.read_hash, following.frame, wake=following.wake)
                await once(connection, append)
        except EndpointRefused:
            return
        finally:
            self._running[scout.relay] -= 1
            self._context.happened(ChangeSet(frozenset()))
