"""What anybody can do at a relay who was given a box's secrets: read it, fill it, erase it. It takes no operator."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import Any, Self

from nullabona.client.net import NetOptions, PostCarrier, parse_endpoint
from nullabona.drills.reporting.report import DrillFailed
from nullabona.wire.address import BoxSecrets
from nullabona.wire.messages import AnyRequest, AnyResponse, Append, Appended, Done, Frames, Read, Trim

_ANSWER_S = 20.0
_JUNK = 512


@dataclass(frozen=True, slots=True)
class Hand:
    """A hand on one box at one relay."""

    relay: str
    box: BoxSecrets = field(repr=False)

    @classmethod
    def of(cls, relay: str, told: dict[str, Any]) -> Self:
        """Of what a member handed over."""
        return cls(relay, BoxSecrets(told["policy"], bytes.fromhex(told["read"]), bytes.fromhex(told["write"])))

    async def read(self) -> list[bytes]:
        """The frames that are in the box."""
        answer = await self._ask(Read(self.box.policy, self.box.read_secret, self.box.write_hash, 0))
        if not isinstance(answer, Frames):
            raise DrillFailed("a box cannot be read with its secrets")
        return [frame for _, frame in answer.frames]

    async def fill(self, count: int) -> int:
        """Put random bytes in; how many frames were taken."""
        answers = [
            await self._ask(
                Append(self.box.policy, self.box.write_secret, self.box.read_hash, secrets.token_bytes(_JUNK))
            )
            for _ in range(count)
        ]
        return sum(isinstance(answer, Appended) for answer in answers)

    async def erase(self) -> bool:
        """Erase everything in it."""
        last = 2**23 - 1
        return isinstance(await self._ask(Trim(self.box.policy, self.box.read_secret, self.box.write_hash, last)), Done)

    async def empty_within(self, seconds: float) -> bool:
        """Whether nothing is in the box before so much time has passed."""
        try:
            async with asyncio.timeout(seconds):
                while await self.read():  # noqa: ASYNC110 - others empty it
                    await asyncio.sleep(0.2)
        except TimeoutError:
            return False
        return True

    async def _ask(self, request: AnyRequest) -> AnyResponse:
        carrier = PostCarrier(parse_endpoint(self.relay), NetOptions())
        try:
            return await carrier.request(request, _ANSWER_S)
        finally:
            await carrier.close()
