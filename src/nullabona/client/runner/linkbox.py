"""A throwaway box over which two devices link: appends and waiting reads on its relay, until it is done or too late."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Final

from nullabona.client.core.model.errors import LinkExposed
from nullabona.client.core.model.link_code import MOST_FRAMES, LinkCode, Said, open_said, seal_said
from nullabona.client.net import NetOptions, Policy, endpoint_of
from nullabona.client.runner.connections import OneShotConnection
from nullabona.client.runner.requests import ask
from nullabona.errors import Malformed, PeerError, Refused
from nullabona.wire.frame import NONCE_SIZE
from nullabona.wire.messages import Append, Appended, Frames, Read, Refusal, Trim

_WAIT_S: Final = 20
_PAUSE_S: Final = 1.0
_FOR_NOW: Final = frozenset({"busy", "slow-down", "stopping"})
"""Refusals after which a relay is asked again (spec/relay.md §7)."""


class LinkBox:
    """One side of the box."""

    def __init__(self, code: LinkCode, options: NetOptions) -> None:
        self._code = code
        self._box = code.keys.box
        self._connection = OneShotConnection(endpoint_of(code.handle.authority), options, Policy())
        self._after = 0

    async def say(self, said: Said) -> None:
        """Put it into the box. Raises `Refused`, or `PeerError` if the relay gives no sense."""
        frame = seal_said(self._code, secrets.token_bytes(NONCE_SIZE), said)
        request = Append(self._box.policy, self._box.write_secret, self._box.read_hash, frame)
        while True:
            answer = await ask(self._connection, request)
            if isinstance(answer, Appended):
                return
            if isinstance(answer, Refusal) and answer.code not in _FOR_NOW:
                raise Refused(answer.code, retry_after_s=answer.retry_after_s)
            await asyncio.sleep(_PAUSE_S)

    async def hear(self) -> AsyncIterator[Said]:
        """Everything in the box, own words included, without end, each once.

        Raises `Malformed` if there is too much of it, and `LinkExposed` if some of it was erased: only a device that
        was let in does that, and another holder of the code could so hide that it was used twice, or answered.
        """
        while True:
            for said in self._new(await self._read(_WAIT_S)):
                yield said

    async def look(self) -> list[Said]:
        """What is in the box now and was not read yet. Raises as `hear` does."""
        found: list[Said] = []
        while True:
            answer = await self._read(0)
            found += self._new(answer)
            if self._after >= answer.head:
                return found

    async def _read(self, wait_s: int) -> Frames:
        while True:
            request = Read(self._box.policy, self._box.read_secret, self._box.write_hash, self._after, wait_s=wait_s)
            answer = await ask(self._connection, request)
            if isinstance(answer, Frames):
                return answer
            await asyncio.sleep(_PAUSE_S)

    def _new(self, answer: Frames) -> Iterator[Said]:
        follows = answer.frames[0][0] if answer.frames else answer.head + 1
        if follows > self._after + 1:
            raise LinkExposed("somebody erased what was said with this code")
        for seq, frame in answer.frames:
            self._after = max(self._after, seq)
            if self._after > MOST_FRAMES:
                raise Malformed("somebody floods the box of this link")
            with suppress(PeerError):
                yield open_said(self._code, frame)

    async def close(self, *, erase: bool) -> None:
        """Close the connection; ``erase``: first delete the box's frames at the relay."""
        try:
            if erase and self._after:
                with suppress(PeerError, TimeoutError):
                    async with asyncio.timeout(_WAIT_S):
                        await ask(
                            self._connection,
                            Trim(self._box.policy, self._box.read_secret, self._box.write_hash, self._after),
                        )
        finally:
            await self._connection.close()
