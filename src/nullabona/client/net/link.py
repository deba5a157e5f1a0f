"""A carrier that reconnects: one connection at a time, with growing pauses between attempts.

It repeats no request: only the caller knows whether a repetition is harmless. It changes nothing else either: the same
endpoint, the same options, every time.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from nullabona.client.net.backoff import Backoff, Policy
from nullabona.client.net.carrier import Carrier
from nullabona.client.net.errors import TimedOut, Unreachable
from nullabona.errors import PeerError
from nullabona.wire.messages import AnyRequest, AnyResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Time and randomness, as a link uses them."""

    seconds: Callable[[], float] = field(default_factory=lambda: asyncio.get_running_loop().time)
    rng: Callable[[], float] = random.SystemRandom().random
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep


class Link:
    """A `Carrier` that opens connections with ``open_carrier`` whenever it has none."""

    def __init__(
        self,
        open_carrier: Callable[[], Awaitable[Carrier]],
        *,
        policy: Policy | None = None,
        world: World | None = None,
    ) -> None:
        self._open_carrier = open_carrier
        self._world = world or World()
        self._backoff = Backoff(policy or Policy())
        self._carrier: Carrier | None = None
        self._opening = asyncio.Lock()
        self._closed = False

    @property
    def is_open(self) -> bool:
        return not self._closed

    async def request(self, request: AnyRequest, timeout_s: float) -> AnyResponse:
        """See `Carrier.request`. The time for connecting, pauses included, counts too."""
        deadline = self._world.seconds() + timeout_s
        try:
            async with asyncio.timeout(timeout_s):
                carrier = await self._connected()
        except TimeoutError:
            raise TimedOut("the server could not be reached in time") from None
        return await carrier.request(request, max(0.0, deadline - self._world.seconds()))

    async def close(self) -> None:
        """See `Carrier.close`."""
        self._closed = True
        async with self._opening:
            if self._carrier is not None:
                await self._carrier.close()

    async def _connected(self) -> Carrier:
        async with self._opening:
            if self._closed:
                raise Unreachable("the link was closed")
            if self._carrier is not None and self._carrier.is_open:
                return self._carrier
            if self._carrier is not None:
                self._carrier = None
                self._lost()
            await self._wait()
            self._carrier = await self._open()
            return self._carrier

    async def _wait(self) -> None:
        if (pause := self._backoff.wait(self._world.seconds())) > 0:
            await self._world.pause(pause)

    async def _open(self) -> Carrier:
        try:
            carrier = await self._open_carrier()
        except PeerError:
            self._lost()
            raise
        self._backoff = self._backoff.connected(self._world.seconds())
        return carrier

    def _lost(self) -> None:
        self._backoff = self._backoff.lost(self._world.seconds(), self._world.rng())
