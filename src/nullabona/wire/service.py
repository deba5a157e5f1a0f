"""The seam between a carrier and those who answer: one `Service` per kind of data (spec/relay.md §2).

A server holds several services and knows nothing of what they do; a service knows nothing of carriers, connections or
addresses. Pure declarations, no I/O.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeAlias, runtime_checkable

from nullabona.wire.messages import AnyResponse, Request

Handler: TypeAlias = Callable[[Any], Awaitable[AnyResponse]]
"""Answers one request of the type it is listed under.

A handler refuses by returning a `Refusal`. What it raises is our own fault: the carrier answers ``busy`` and counts it.
"""


class Service(Protocol):
    """Who answers some of the request types."""

    def handlers(self) -> Mapping[type[Request], Handler]:
        """The request types this service answers, each with its handler; the same mapping on every call."""
        ...

    async def close(self) -> None:
        """Finish what was accepted and let go; nothing is asked afterwards."""
        ...


@runtime_checkable
class Publisher(Service, Protocol):
    """A service with public files, which a carrier serves as they are: those of a log (C2SP tlog-tiles)."""

    def file(self, path: str) -> bytes | None:
        """The file at a path below ``/log/``, if there is one. Any text may be asked for."""
        ...
