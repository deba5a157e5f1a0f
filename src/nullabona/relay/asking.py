"""The relay's operations for callers in this process, as `nullabona.wire.service` describes handlers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from nullabona.relay.caller import Caller
from nullabona.relay.core.budget import Budget
from nullabona.relay.core.limits import Limits
from nullabona.wire.message import Request
from nullabona.wire.messages import AnyResponse, decode_response

Operation: TypeAlias = Callable[[Any, Caller, int], None]
"""Takes a request; sooner or later gives ``caller`` its one answer."""


class _Asker:
    """A caller that waits for one answer in this process."""

    def __init__(self, limits: Limits) -> None:
        self.budget = Budget(limits)
        self.max_wait_s = limits.wait_s
        self.may_follow = False
        self.future: asyncio.Future[AnyResponse] = asyncio.get_running_loop().create_future()

    def answer(self, request_id: int, response: AnyResponse) -> None:  # noqa: ARG002 - a caller's signature
        if not self.future.done():
            self.future.set_result(response)

    def answer_encoded(self, request_id: int, body: bytes) -> None:
        self.answer(request_id, decode_response(body))

    def is_full(self) -> bool:
        return False

    def keep_little(self) -> None: ...

    def offer(self, request_id: int, body: bytes) -> bool:  # noqa: ARG002 - a caller's signature
        return False

    def has_unread(self) -> bool:
        return False


def as_handler(operation: Operation, limits: Limits) -> Callable[[Any], Awaitable[AnyResponse]]:
    """An operation as a coroutine function."""

    async def handle(request: Request) -> AnyResponse:
        asker = _Asker(limits)
        operation(request, asker, 0)
        return await asker.future

    return handle
