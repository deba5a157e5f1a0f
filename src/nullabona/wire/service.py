"""The seam between a carrier and those who answer: one `Service` per kind of data (spec/relay.md §2).

A server holds several services and knows nothing of what they do; a service knows nothing of carriers, connections or
addresses. Pure declarations, no I/O.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any, Final, Protocol, TypeAlias, runtime_checkable

from nullabona.errors import NullabonaError
from nullabona.wire.message import Request
from nullabona.wire.messages import AnyResponse

Handler: TypeAlias = Callable[[Any], Awaitable[AnyResponse]]
"""Answers one request of the type it is listed under.

A handler refuses by returning a `Refusal`. What it raises is our own fault: the carrier answers ``busy`` and counts it.
"""


WINDOW_S: Final = 600
"""Whole seconds after which what a connection took no longer counts."""


class Asker:
    """How much one connection took of what a service gives all together. Counts: nothing of what they were about."""

    __slots__ = ("_since", "_taken")

    def __init__(self) -> None:
        self._since = float("-inf")
        self._taken: Counter[str] = Counter()

    def took(self, what: str, now: float) -> int:
        """How much of ``what`` it took lately. ``now`` is of a monotonic clock."""
        if now - self._since >= WINDOW_S:
            self._since = now
            self._taken.clear()
        return self._taken[what]

    def take(self, what: str) -> None:
        """It takes one more."""
        self._taken[what] += 1


ASKER: ContextVar[Asker | None] = ContextVar("asker", default=None)
"""Set by a carrier while a handler runs: who asks, so that a service can share what it has. None: nobody is known."""


class Service(Protocol):
    """Who answers some of the request types."""

    def handlers(self) -> Mapping[type[Request], Handler]:
        """The request types this service answers, each with its handler; the same mapping on every call."""
        ...

    async def close(self) -> None:
        """Finish what was accepted and let go; nothing is asked afterwards."""
        ...


@runtime_checkable
class Measured(Service, Protocol):
    """A service that has numbers of its own for the operator (`nullabona.wire.telemetry`)."""

    def figures(self) -> Mapping[str, int | Mapping[str, int]]:
        """Each by the name of its metric; asked about once a minute, on the loop."""
        ...

    def standstill(self) -> str:
        """Why it does not advance, for ``/readyz``; empty if it does."""
        ...


@runtime_checkable
class Publisher(Service, Protocol):
    """A service with public files, which a carrier serves as they are: those of a log (C2SP tlog-tiles)."""

    def file(self, path: str) -> bytes | None:
        """The file at a path below ``/log/``, if there is one. Any text may be asked for."""
        ...


class Carrier(Protocol):
    """What a service may tell the server that carries it."""

    def note(self, kind: str, error: BaseException) -> None:
        """Something of ours failed: count it, and log its name."""
        ...

    def end(self, error: NullabonaError) -> None:
        """This process must not go on: stop it and say why."""
        ...


@runtime_checkable
class Resident(Service, Protocol):
    """A service that tells its carrier how it is."""

    @property
    def trouble(self) -> str:
        """What keeps it from its work, for /healthz; empty if nothing does."""
        ...

    def settle_in(self, carrier: Carrier) -> None:
        """Tell ``carrier`` from now on."""
        ...
