"""One connection of a witness; nothing of a head is kept (docs/decisions/0012)."""

from __future__ import annotations

import time
from typing import Final, Protocol

import h11

from nullabona.machine.deadlines import Deadlines
from nullabona.machine.doorway import comes_from_near
from nullabona.machine.http_answer import Headers, HttpAnswer, refuse
from nullabona.machine.http_tasks import HttpTaskConnection
from nullabona.witness.core.allowance import Allowance
from nullabona.witness.core.limits import Limits
from nullabona.witness.cosigner import Answer

HEAD_BYTES: Final = 8_192
METRICS: Final = "/metrics"
"""Shown to this machine and to private networks."""


class Owner(Protocol):
    """The interface of the server for its connections."""

    limits: Limits
    deadlines: Deadlines

    def opened(self, front: Front) -> bool: ...
    def closed(self, front: Front) -> None: ...
    def refuse(self, method: str, target: str) -> HttpAnswer | None: ...
    async def respond(self, method: str, target: str, body: bytes) -> Answer: ...


class Front(HttpTaskConnection):
    """One connection until it ends. Its requests are counted."""

    usual: Headers = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))

    def __init__(self, owner: Owner) -> None:
        limits = owner.limits
        super().__init__(
            head_bytes=HEAD_BYTES, head_s=limits.head_timeout_s, body_s=limits.body_timeout_s, deadlines=owner.deadlines
        )
        self._owner = owner
        self._allowance = Allowance(limits.requests_per_minute, int(time.monotonic()))

    def close(self) -> None:
        """Close the connection: at once if idle, else after the current answer."""
        if not self._busy:
            super().close()

    def opened(self) -> bool:
        return self._owner.opened(self)

    def closed(self) -> None:
        self._owner.closed(self)

    def judge(self, request: h11.Request, headers: dict[bytes, bytes]) -> HttpAnswer | int:  # noqa: ARG002 - of the base
        if _line(request)[1] == METRICS and not (self._transport and comes_from_near(self._transport)):
            return refuse(404, "there is nothing here")
        return self._owner.refuse(*_line(request)) or self._owner.limits.body_bytes

    async def respond(self, request: h11.Request, body: bytes) -> HttpAnswer:
        if wait_s := self._allowance.take(int(time.monotonic())):
            answer = Answer(429, b"too many requests\n", retry_after_s=wait_s)
        else:
            answer = await self._owner.respond(*_line(request), body)
        wait = ((b"retry-after", b"%d" % answer.retry_after_s),) if answer.retry_after_s else ()
        return HttpAnswer(answer.status, answer.body, answer.kind, (*self.usual, *wait), answer.close)


def _line(request: h11.Request) -> tuple[str, str]:
    """Method and target."""
    return request.method.decode(), request.target.decode("latin-1")
