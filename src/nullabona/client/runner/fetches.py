"""Chunks of blobs (spec/frame.md §4) and cards (spec/directory.md §5): asked for once each, handed to the engine.

A relay that is out of reach costs no attempt; one that says it has nothing, or answers something else, does.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from nullabona.client.core.directory.changes import Day
from nullabona.client.core.directory.found import Found, NotReached
from nullabona.client.core.model.requests import ChunkRequest
from nullabona.client.net import EndpointRefused
from nullabona.client.runner.context import RunnerContext
from nullabona.client.runner.directories import Directories
from nullabona.client.runner.requests import ask
from nullabona.errors import PeerError
from nullabona.wire.handle import parse_handle
from nullabona.wire.messages import AnyResponse, Blob, GetBlob, Refusal

_MOST_CHUNKS: Final = 16
_BACK_OFF_S: Final = 30


class Fetches:
    """What one client is fetching."""

    def __init__(self, context: RunnerContext, directories: Directories) -> None:
        self._context = context
        self._directories = directories
        self._chunks: dict[ChunkRequest, asyncio.Task[None]] = {}
        self._cards: set[str] = set()

    @property
    def busy(self) -> int:
        """How many things are being fetched."""
        return len(self._chunks) + len(self._cards)

    def pump(self) -> None:
        """Start fetching whatever is wanted and not under way."""
        now = self._context.now()
        wants = self._context.engine.chunk_requests(now)
        for want in self._chunks.keys() - set(wants):
            # It is to be found elsewhere by now, or of no use: its relay may never be there again.
            self._chunks.pop(want).cancel()
        for want in wants:
            if want not in self._chunks and len(self._chunks) < _MOST_CHUNKS:
                self._chunks[want] = self._context.spawn(self._fetch_chunk(want))
        for handle in self._context.engine.lookups(now):
            if handle not in self._cards:
                self._cards.add(handle)
                self._context.spawn(self._fetch_card(handle))

    async def _fetch_chunk(self, want: ChunkRequest) -> None:
        try:
            answer = await ask(self._context.connections.for_lane(want.relay, "rooms"), GetBlob(want.digest))
        except EndpointRefused as error:
            self._context.warn(error.code, relay=want.relay)
            answer = None
        data = answer.data if isinstance(answer, Blob) else None
        await self._respect(answer)
        self._chunks.pop(want, None)
        self._context.happened(self._context.engine.on_chunk(want.digest, data, self._context.now()))
        self._context.inbox_read()  # an item's content may have come with it

    async def _fetch_card(self, handle: str) -> None:
        try:
            await self.fetch_card(handle)
        finally:
            self._cards.discard(handle)

    async def fetch_card(self, handle: str) -> None:
        """Ask the record for a handle now, and act on what it has."""
        found: Found = NotReached(handle)
        if await self._by_proof(handle):
            return
        try:
            found = await self._directories.find(handle)
        except (PeerError, EndpointRefused) as error:
            self._context.warn("card-not-found", handle=handle, reason=error.code)
        self._context.happened(self._context.engine.on_card(found, self._context.now()))

    async def _by_proof(self, handle: str) -> bool:
        """Whether claims of the handle were settled by the proofs that came with them, without asking for the handle.

        The directory is asked for its log's newest day, in the same way whatever the proofs are.
        """
        if not self._context.engine.carries(handle):
            return False
        shown = Day()
        with suppress(PeerError, EndpointRefused):
            shown = await self._directories.newest_day(parse_handle(handle).authority)
        changes, settled = self._context.engine.on_log(handle, shown, self._context.now())
        self._context.happened(changes)
        return settled

    async def _respect(self, answer: AnyResponse | None) -> None:
        """A relay that asks the client to wait has not lost the chunk; the try counts all the same."""
        if isinstance(answer, Refusal) and answer.retry_after_s:
            await asyncio.sleep(min(answer.retry_after_s, _BACK_OFF_S))
