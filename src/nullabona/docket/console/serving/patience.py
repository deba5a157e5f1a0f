"""How long the console waits for a request, and who gives way when all places are taken (spec/console.md §2)."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

from nullabona.machine.http_server import StrictConnection

_HEAD_BYTES: Final = 65_536
"""Where the configuration does not say how long a head may be."""
HEAD_S: Final = 20.0
"""A connection has so long for the head of each request, and for what comes after its answer."""


class PatientProtocol(H11Protocol):
    """uvicorn's connection, which by itself waits forever for a head, and counts whoever sends none as a guest."""

    def __init__(self, *args: Any, **more: Any) -> None:  # noqa: ANN401 - uvicorn's
        super().__init__(*args, **more)
        self.conn = StrictConnection(self.config.h11_max_incomplete_event_size or _HEAD_BYTES)
        self._since = self.loop.time()
        self._deadline: asyncio.TimerHandle | None = None

    @property
    def waits(self) -> bool:
        """Whether no request is in hand; before the first one there is no cycle."""
        return bool(getattr(self.cycle, "response_complete", True))

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """If all places are taken, whoever has asked nothing for longest gives theirs up."""
        self._make_room()
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._call_off()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def leave(self) -> None:
        """Hang up now; the place is free at once."""
        self._call_off()
        self.connections.discard(self)
        self.transport.abort()

    def _watch(self) -> None:
        """Have the time run while no request is in hand, from when the last one was answered; else not."""
        if not self.waits or self.transport.is_closing():
            self._call_off()
        elif self._deadline is None:
            self._since = self.loop.time()
            self._deadline = self.loop.call_later(HEAD_S, self.leave)

    def _call_off(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _make_room(self) -> None:
        most = self.limit_concurrency
        if most is None or len(self.connections) + 1 < most:
            return
        waiting = [one for one in self.connections if isinstance(one, PatientProtocol) and one.waits]
        if waiting:
            min(waiting, key=lambda one: one._since).leave()  # noqa: SLF001 - its own kind
