"""The interface that the runner offers to its parts, so that they need not know the runner."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Protocol, Unpack

from nullabona.client.core.engine import Engine
from nullabona.client.core.model.change_set import ChangeSet
from nullabona.client.core.model.facts.account import WarningDetail
from nullabona.client.core.model.ports import Store
from nullabona.client.runner.connections import Connections
from nullabona.wire.address import Address


class RunnerContext(Protocol):
    """One device's engine, store and connections, and what its parts report to the runner."""

    @property
    def engine(self) -> Engine: ...
    @property
    def store(self) -> Store: ...
    @property
    def connections(self) -> Connections: ...

    def now(self) -> int:
        """Milliseconds since 1970 (POSIX time)."""
        ...

    def happened(self, touched: ChangeSet) -> None:
        """Act on a step of the engine: begin the reads and sends of ``touched``, and tell listeners."""
        ...

    def inbox_read(self) -> None:
        """Report that the engine took items of the inbox in."""
        ...

    def may_send(self, room: bytes, relay: str, address: Address) -> bool:
        """See `Reads.may_send`."""
        ...

    def appended(self, room: bytes, relay: str, address: Address) -> None:
        """See `Reads.read_back`."""
        ...

    def warn(self, code: str, **detail: Unpack[WarningDetail]) -> None:
        """Tell the person, in a stored event, that something outside this device is wrong."""
        ...

    def look_at_own_card(self) -> None:
        """Look up our own card within moments, because the relay may have moved or lost it."""
        ...

    def spawn(self, work: Coroutine[Any, Any, None]) -> Any:  # noqa: ANN401 - an asyncio.Task
        """Run ``work`` until it ends or the runner stops. An exception of it stops the runner."""
        ...
