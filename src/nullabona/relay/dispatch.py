"""From request bytes to the one who answers them; the same behind every carrier (spec/relay.md §2)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from nullabona.errors import Malformed
from nullabona.relay.asking import Operation
from nullabona.relay.caller import Caller
from nullabona.relay.core.limits import Limits
from nullabona.relay.core.refusal import BAD_REQUEST, BUSY, SLOW_DOWN, STOPPING, UNSUPPORTED, Reason, refuse
from nullabona.relay.core.space import Space
from nullabona.relay.metrics import Metrics
from nullabona.relay.wiping import wipe_secret
from nullabona.wire.message import Request
from nullabona.wire.messages import Append, PublishCard, Read, Trim, decode_request
from nullabona.wire.service import ASKER, Handler, Service

_LAST_TAG: Final = 14
_ARRAY: Final = 0x90
_FIXINT_END: Final = 0x80


class Dispatcher:
    """Knows which request type is whose. ``operations`` are the relay's own; ``services`` anybody's."""

    def __init__(
        self,
        operations: Mapping[type[Request], Operation],
        services: Sequence[Service],
        limits: Limits,
        metrics: Metrics,
        space: Space | None = None,
    ) -> None:
        self._space = space or Space(limits)
        self._operations: dict[type[Any], Operation] = dict(operations)
        self._inflight_limit = limits.inflight_per_connection
        self._metrics = metrics
        self._tasks: set[asyncio.Task[None]] = set()
        for service in services:
            for kind, handler in service.handlers().items():
                self._operations[kind] = self._adapt(kind.__name__, handler)
        self.stopping = False

    def dispatch(self, body: bytes | memoryview, caller: Caller, request_id: int) -> None:
        """Have the request in ``body`` answered, sooner or later, exactly once."""
        budget = caller.budget
        budget.inflight += 1
        if budget.inflight > self._inflight_limit:
            return self._refuse(caller, request_id, SLOW_DOWN, 1)
        try:
            request = decode_request(body)
        except Malformed:
            return self._refuse(caller, request_id, UNSUPPORTED if is_unknown_tag(body) else BAD_REQUEST)
        operation = self._operations.get(type(request))
        if operation is None:
            return self._refuse(caller, request_id, UNSUPPORTED)
        try:
            if self.stopping:
                return self._refuse(caller, request_id, STOPPING, 5)
            operation(request, caller, request_id)
        finally:
            _wipe_secrets(request)
        return None

    async def stop(self) -> None:
        """Refuse what comes now; wait for handlers that have begun."""
        self.stopping = True
        await asyncio.gather(*self._tasks)

    def _refuse(self, caller: Caller, request_id: int, reason: Reason, retry_after_s: int = 0) -> None:
        self._metrics.refusals[reason.code] += 1
        caller.answer(request_id, refuse(reason, retry_after_s))

    def _adapt(self, name: str, handler: Handler) -> Operation:
        async def run(request: Request, caller: Caller, request_id: int) -> None:
            ASKER.set(caller.budget.asker)  # of this task alone
            try:
                answer = await handler(request)
            except Exception as error:  # noqa: BLE001 - a service's fault must not reach the carrier, nor be logged with data
                self._metrics.faults.note("service", error)
                answer = refuse(BUSY, 1)
            caller.answer(request_id, answer)

        def operation(request: Request, caller: Caller, request_id: int) -> None:
            self._metrics.requests[name] += 1
            caller.budget.heavy += 1
            refusal = self._space.refuse_other(len(request.card)) if isinstance(request, PublishCard) else None
            if refusal is not None:
                self._metrics.refusals[refusal.code] += 1
                caller.answer(request_id, refusal)
                return
            task = asyncio.get_running_loop().create_task(run(request, caller, request_id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        return operation


def _wipe_secrets(request: Request) -> None:
    """Overwrite a box's secrets in a request that was decoded here: freed memory keeps them until it is used again.

    Operations copy what they need for longer, and overwrite their copy.
    """
    if type(request) is Append:
        wipe_secret(request.write_secret)
        if request.wake is not None:
            wipe_secret(request.wake[0])
    elif type(request) is Read or type(request) is Trim:
        wipe_secret(request.read_secret)


def is_unknown_tag(body: bytes | memoryview) -> bool:
    """Whether ``body`` looks like a request of a kind that this protocol version does not know."""
    return len(body) > 1 and body[0] & 0xF0 == _ARRAY and _LAST_TAG < body[1] < _FIXINT_END
