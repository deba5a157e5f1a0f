"""What the runner offers to each of its parts."""

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
    """One device's engine, its store and its connections, and what the runner is told of them."""

    @property
    def engine(self) -> Engine: ...
    @property
    def store(self) -> Store: ...
    @property
    def connections(self) -> Connections: ...

    def now(self) -> int:
        """Milliseconds since the epoch."""
        ...

    def happened(self, touched: ChangeSet) -> None:
        """The engine took a step: look again where it did something."""
        ...

    def inbox_read(self) -> None:
        """Items of the inbox were taken in."""
        ...

    def may_send(self, room: bytes, relay: str, address: Address) -> bool:
        """See `Reads.may_send`."""
        ...

    def appended(self, room: bytes, relay: str, address: Address) -> None:
        """See `Reads.read_back`."""
        ...

    def warn(self, code: str, **detail: Unpack[WarningDetail]) -> None:
        """Tell the person once, durably, that something outside is wrong."""
        ...

    def look_at_own_card(self) -> None:
        """Look up our own card within moments: a relay may have moved."""
        ...

    def spawn(self, work: Coroutine[Any, Any, None]) -> Any:  # noqa: ANN401 - an asyncio.Task
        """Run ``work`` until it ends or the runner stops; what it raises stops the runner."""
        ...
