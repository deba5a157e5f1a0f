"""Chunks of blobs (spec/frame.md §4) and cards (spec/directory.md §5): asked for once each, handed to the engine.

A relay that is out of reach costs no attempt; one that says it has nothing, or answers something else, does.
"""

from __future__ import annotations

import asyncio
from typing import Final

from nullabona.client.core.wants import ChunkWant
from nullabona.client.net import EndpointRefused, NetOptions, Policy, TimedOut, TooManyRequests, endpoint_of
from nullabona.client.runner.ground import Ground
from nullabona.client.runner.ways import PassingWay, Way
from nullabona.errors import PeerError, Refused
from nullabona.wire.card import decode_card
from nullabona.wire.handle import parse_handle
from nullabona.wire.messages import AnyRequest, AnyResponse, Blob, CardFound, GetBlob, LookupCard, Refusal

ANSWER_S: Final = 60.0
_MOST_CHUNKS: Final = 16
_LOST_MOST: Final = 3
_BACK_OFF_S: Final = 30


async def ask(way: Way, request: AnyRequest) -> AnyResponse | None:
    """The relay's answer, waiting for the way as long as it takes; None if it was reached but gave none."""
    for _ in range(_LOST_MOST):
        carrier = await way.ready()
        try:
            answer = await carrier.request(request, ANSWER_S)
        except TooManyRequests:
            return None
        except PeerError as error:
            await way.failed(carrier, error)
            if isinstance(error, TimedOut):
                return None
            continue
        way.worked()
        return answer
    return None


class Fetches:
    """What one client is fetching."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._chunks: set[bytes] = set()
        self._cards: set[str] = set()

    @property
    def busy(self) -> int:
        """How many things are being fetched."""
        return len(self._chunks) + len(self._cards)

    def pump(self) -> None:
        """Start fetching whatever is wanted and not under way."""
        now = self._ground.now()
        for want in self._ground.engine.chunk_wants(now):
            if want.digest not in self._chunks and len(self._chunks) < _MOST_CHUNKS:
                self._chunks.add(want.digest)
                self._ground.spawn(self._fetch_chunk(want))
        for handle in self._ground.engine.lookups(now):
            if handle not in self._cards:
                self._cards.add(handle)
                self._ground.spawn(self._fetch_card(handle))

    async def _fetch_chunk(self, want: ChunkWant) -> None:
        try:
            answer = await ask(self._ground.ways.lasting(want.relay, "rooms"), GetBlob(want.digest))
        except EndpointRefused as error:
            self._ground.warn(error.code, relay=want.relay)
            answer = None
        data = answer.data if isinstance(answer, Blob) else None
        await self._respect(answer)
        self._chunks.discard(want.digest)
        self._ground.happened(self._ground.engine.on_chunk(want.digest, data, self._ground.now()))

    async def _fetch_card(self, handle: str) -> None:
        found: bytes | None = None
        try:
            found = await look_up(self._ground, handle)
        except (PeerError, EndpointRefused) as error:
            self._ground.warn("card-not-found", handle=handle, reason=error.code)
        self._cards.discard(handle)
        self._ground.happened(self._ground.engine.on_card(handle, found, self._ground.now()))

    async def _respect(self, answer: AnyResponse | None) -> None:
        """A relay that asks for patience is not one that has lost the chunk; it still costs an attempt."""
        if isinstance(answer, Refusal) and answer.retry_after_s:
            await asyncio.sleep(min(answer.retry_after_s, _BACK_OFF_S))


async def look_up(ground: Ground, handle: str) -> bytes | None:
    """The card that the handle's directory shows, which is for that handle but not verified yet; None if unknown.

    Waits for a directory that is out of reach. Raises `Refused`, `TimedOut`, `Malformed`, or `EndpointRefused`.
    """
    wanted = parse_handle(handle)
    way = ground.ways.passing(str(endpoint_of(wanted.authority)))
    answer = await ask(way, LookupCard(wanted.name))
    return _found(answer, handle)


def _found(answer: AnyResponse | None, handle: str) -> bytes | None:
    if isinstance(answer, CardFound):
        return checked_card(answer.card, handle)
    if isinstance(answer, Refusal) and answer.code != "not-found":
        raise Refused(answer.code, retry_after_s=answer.retry_after_s)
    if answer is None:
        raise TimedOut("the directory did not answer")
    return None


def checked_card(card: bytes, handle: str) -> bytes:
    """``card`` if it is for ``handle``. Raises `Malformed`, or `Refused` for somebody else's."""
    if str(decode_card(card).handle) != handle:
        raise Refused("another-card")
    return card


async def find_card(handle: str, options: NetOptions) -> bytes | None:
    """As `look_up`, for a device that has no account yet."""
    wanted = parse_handle(handle)
    way = PassingWay(endpoint_of(wanted.authority), options, Policy())
    try:
        answer = await ask(way, LookupCard(wanted.name))
    finally:
        await way.close()
    return _found(answer, handle)
