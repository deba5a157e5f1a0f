"""A running witness: sockets, one thread for the database, start and stop (spec/witness.md §2)."""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final

from nullabona.machine.deadlines import Deadlines
from nullabona.machine.http_answer import HttpAnswer, refuse
from nullabona.machine.listening import Listening, listen_at
from nullabona.machine.settings import Endpoint
from nullabona.machine.tls import server_context
from nullabona.witness.config import Config
from nullabona.witness.cosigner import Answer, Cosigner
from nullabona.witness.mirroring import Mirrors
from nullabona.witness.server.figures import Figures
from nullabona.witness.server.front import METRICS, Front

ADD: Final = "/add-checkpoint"
HEALTH: Final = "/healthz"
PROMETHEUS: Final = "text/plain; version=0.0.4; charset=utf-8"
_LATEST: Final = re.compile(r"/([0-9a-f]{64})/checkpoint", re.ASCII)
_BACKLOG: Final = 256


class Witness:
    """One witness. Create it on a running loop; `start`, then `stop` once."""

    def __init__(
        self,
        config: Config,
        cosigner: Cosigner,
        clock: Callable[[], int] = lambda: int(time.time()),
        mirrors: Mirrors | None = None,
    ) -> None:
        self.limits = config.limits
        self.stopping = False
        self._config = config
        self._cosigner = cosigner
        self._mirrors = mirrors
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, "witness")
        self._waiting = 0
        self.deadlines = Deadlines()
        self._fronts: set[Front] = set()
        self._figures = Figures(config, cosigner.counts)
        self._servers: list[Listening] = []
        self._empty = asyncio.Event()

    async def start(self) -> list[str]:
        """Listen; the addresses listened on, as URLs."""
        context = server_context(self._config.tls) if self._config.tls else None
        return [await self._listen(endpoint, context) for endpoint in self._config.listen]

    async def stop(self) -> None:
        """Stop accepting, answer pending requests, and close."""
        self.stopping = True
        for server in self._servers:
            server.close()
        for front in list(self._fronts):
            front.close()
        self._note_empty()
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._empty.wait(), self.limits.stop_s)
        await self._loop.run_in_executor(None, self._thread.shutdown)

    # -- what connections call

    def opened(self, front: Front) -> bool:
        """Register a connection; whether it may stay."""
        if self.stopping:
            return False
        if len(self._fronts) >= self.limits.connections:
            self._figures.refuse()
            return False
        self._fronts.add(front)
        return True

    def closed(self, front: Front) -> None:
        """A connection has ended."""
        self._fronts.discard(front)
        self._note_empty()

    def refuse(self, method: str, target: str) -> HttpAnswer | None:
        """The refusal of a request by its first line, if any."""
        if target == ADD:
            return None if method == "POST" else refuse(405, "only POST is served here")
        if target in {HEALTH, METRICS} or _LATEST.fullmatch(target):
            return None if method == "GET" else refuse(405, "only GET is served here")
        return refuse(404, "there is nothing here")

    async def respond(self, method: str, target: str, body: bytes) -> Answer:  # noqa: ARG002 - it fits the target
        """The answer to a request that was not refused."""
        if target == HEALTH:
            return Answer(503, b"stopping\n", close=True) if self.stopping else Answer(200, b"ok\n")
        if target == METRICS:
            self._figures.connections = len(self._fronts)
            return Answer(200, self._figures.text().encode(), PROMETHEUS)
        if self._waiting >= self.limits.queue:
            return Answer(503, b"too much to do\n", retry_after_s=1)
        name = _LATEST.fullmatch(target)
        self._waiting += 1
        try:
            if name is not None:
                answer = await self._loop.run_in_executor(self._thread, self._cosigner.latest, name[1])
            else:
                answer = await self._add(body)
        finally:
            self._waiting -= 1
        return Answer(answer.status, answer.body, answer.kind, answer.retry_after_s, self.stopping)

    # -- inside

    async def _add(self, body: bytes) -> Answer:
        if self._mirrors is not None and (refusal := await self._mirrors.refusal(body)) is not None:
            return refusal
        return await self._loop.run_in_executor(self._thread, self._cosigner.add, body, self._clock())

    async def _listen(self, endpoint: Endpoint, context: ssl.SSLContext | None) -> str:
        server = await listen_at(
            endpoint, lambda: Front(self), backlog=_BACKLOG, context=context, handshake_s=self.limits.head_timeout_s
        )
        self._servers.append(server)
        return endpoint.url(server, secure=context is not None)

    def _note_empty(self) -> None:
        if self.stopping and not self._fronts:
            self._empty.set()
