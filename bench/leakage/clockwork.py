"""An event loop whose clock leaps to the next thing that is due: weeks pass in minutes, always in the same order."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class Stuck(Exception):
    """Everybody waits and nothing will ever happen."""


class Clockwork(asyncio.SelectorEventLoop):
    """`time` begins at 0 and moves only when nobody has anything left to do. Nothing outside can wake this loop."""

    def __init__(self) -> None:
        self._instant = 0.0
        super().__init__(_Leap(self._leap))

    def time(self) -> float:
        """Seconds of the simulation."""
        return self._instant

    def run_in_executor(self, _executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]  # noqa: ANN401
        """Run it here and now: threads would let the clock run away."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - handed to whoever awaits it
            future.set_exception(error)
        return future

    def _leap(self, timeout: float | None) -> None:
        if timeout is None:
            raise Stuck("everybody waits for somebody else")
        self._instant += timeout


class _Leap(selectors.BaseSelector):
    """A selector of nothing, for which waiting is a call of ``leap``."""

    def __init__(self, leap: Callable[[float | None], None]) -> None:
        self._leap = leap
        self._keys: dict[Any, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:  # noqa: ANN401
        key = self._keys[fileobj] = selectors.SelectorKey(fileobj, int(fileobj), events, data)
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:  # noqa: ANN401
        return self._keys.pop(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout > 0:
            self._leap(timeout)
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._keys

    def close(self) -> None:
        self._keys.clear()
