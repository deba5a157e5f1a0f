"""An event loop whose clock leaps to the next thing that is due: weeks pass in minutes, always in the same order."""

from __future__ import annotations

import asyncio
import heapq
import selectors
from collections import deque
from collections.abc import Callable, Mapping
from contextvars import Context, copy_context
from typing import Any, Final, TypeVar

T = TypeVar("T")

_AT_ONCE_S: Final = 1e-9
"""What is due within this time of one another is due at the same moment."""


class Stuck(Exception):
    """Everybody waits and nothing will ever happen."""


class Clockwork(asyncio.SelectorEventLoop):
    """`time` begins at 0 and moves only when nobody has anything left to do. Nothing outside can wake this loop.

    What is due at the same moment happens in the order in which it was asked for. The loop's turns are our own, as
    asyncio's spend more time on sockets and on comparing timers, of which there are none and very many here, than a
    society spends on living.
    """

    def __init__(self) -> None:
        self._instant = 0.0
        self._soon: deque[_Call] = deque()
        self._later: list[tuple[float, int, _Call]] = []
        self._asked = 0
        super().__init__(_Nothing())

    def time(self) -> float:
        """Seconds of the simulation."""
        return self._instant

    def call_soon(  # type: ignore[override]
        self,
        callback: Callable[..., object],
        *args: Any,  # noqa: ANN401
        context: Context | None = None,
    ) -> _Call:
        """See `asyncio.loop.call_soon`."""
        call = _Call(self._instant, callback, args, context)
        self._soon.append(call)
        return call

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,  # noqa: ANN401
        context: Context | None = None,
    ) -> _Call:
        """See `asyncio.loop.call_at`."""
        call = _Call(when, callback, args, context)
        self._asked += 1
        heapq.heappush(self._later, (when, self._asked, call))
        return call

    def call_later(  # type: ignore[override]
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,  # noqa: ANN401
        context: Context | None = None,
    ) -> _Call:
        """See `asyncio.loop.call_later`."""
        return self.call_at(self._instant + delay, callback, *args, context=context)

    def run_in_executor(self, _executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]  # noqa: ANN401
        """Run it here and now: threads would let the clock run away."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - handed to anyone who awaits it
            future.set_exception(error)
        return future

    def _run_once(self) -> None:
        """One turn: everything that is to be done now, but nothing that comes of it."""
        soon, later = self._soon, self._later
        if not soon:
            self._leap()
        until = self._instant + _AT_ONCE_S
        while later and later[0][0] <= until:
            soon.append(heapq.heappop(later)[2])
        for _ in range(len(soon)):
            call = soon.popleft()
            callback = call.callback
            if callback is not None:
                try:
                    call.context.run(callback, *call.args)
                except (SystemExit, KeyboardInterrupt):
                    raise
                except BaseException as error:  # noqa: BLE001 - as asyncio's own handles do
                    self.call_exception_handler({"message": f"{callback!r} failed", "exception": error})

    def _leap(self) -> None:
        later = self._later
        while later and later[0][2].callback is None:
            heapq.heappop(later)
        if not later and not self._stopping:  # type: ignore[attr-defined]
            raise Stuck("everybody waits for somebody else")
        if later:
            self._instant = max(self._instant, later[0][0])


class _Call:
    """Something to do. Stands for `asyncio.TimerHandle`."""

    __slots__ = ("_when", "args", "callback", "context")

    def __init__(
        self, when: float, callback: Callable[..., object], args: tuple[Any, ...], context: Context | None
    ) -> None:
        self._when = when
        self.callback: Callable[..., object] | None = callback
        self.args = args
        self.context = copy_context() if context is None else context

    def when(self) -> float:
        """See `asyncio.TimerHandle.when`."""
        return self._when

    def cancel(self) -> None:
        """See `asyncio.Handle.cancel`."""
        self.callback = None
        self.args = ()

    def cancelled(self) -> bool:
        """See `asyncio.Handle.cancelled`."""
        return self.callback is None


class _Nothing(selectors.BaseSelector):
    """A selector of nothing: nobody ever asks it."""

    def __init__(self) -> None:
        self._keys: dict[Any, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:  # noqa: ANN401
        key = self._keys[fileobj] = selectors.SelectorKey(fileobj, int(fileobj), events, data)
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:  # noqa: ANN401
        return self._keys.pop(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:  # noqa: ARG002
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._keys

    def close(self) -> None:
        self._keys.clear()
