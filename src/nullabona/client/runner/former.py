"""Reads the inbox at relays that the account has left: often at first, then a few times a day, while frames are kept.

By a connection of its own each time. A relay that does not answer is most likely the one that is gone.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from nullabona.client.core.model.requests import ReadRequest
from nullabona.client.net import EndpointRefused
from nullabona.client.runner.context import RunnerContext
from nullabona.client.runner.randomness import fraction
from nullabona.client.runner.requests import once
from nullabona.wire.messages import Frames, Read

FIRST_S: Final = 30.0
SLOWEST_S: Final = 6 * 3_600.0


class FormerInboxes:
    """The former inboxes of one client."""

    def __init__(self, context: RunnerContext) -> None:
        self._context = context
        self._poke = asyncio.Event()

    def poke(self) -> None:
        """The account has left another relay: begin to look often."""
        self._poke.set()

    async def run(self) -> None:
        """For as long as the client runs."""
        pause = FIRST_S
        while True:
            self._poke.clear()
            for want in self._context.engine.former_inboxes():
                with suppress(EndpointRefused):
                    await self._read(want)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause * (1 + fraction())):
                    await self._poke.wait()
            pause = FIRST_S if self._poke.is_set() else min(pause * 1.5, SLOWEST_S)

    async def _read(self, want: ReadRequest) -> None:
        """Read to its end, as far as the relay answers."""
        while True:
            request = Read(want.box.policy, want.box.read_secret, want.box.write_hash, want.after)
            answer = await once(self._context.connections.one_shot(want.relay), request)
            if not isinstance(answer, Frames):
                return
            touched = self._context.engine.on_inbox(want.after, answer, self._context.now(), want.relay)
            self._context.happened(touched)
            later = {each.relay: each for each in self._context.engine.former_inboxes()}.get(want.relay)
            if later is None or later.after == want.after or later.after >= answer.head:
                return
            want = later
