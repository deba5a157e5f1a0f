"""Blobs on the receiving side: requests missing chunks and joins fetched ones (spec/frame.md §4)."""

from __future__ import annotations

from typing import Final

import msgspec

from nullabona.client.core.model.state import BoxTrack, RoomState
from nullabona.client.core.step import Step
from nullabona.errors import PeerError
from nullabona.wire.blob import BlobRef, decode_ref, join_blob
from nullabona.wire.frame import OpenedFrame


class Missing:
    """The type of `MISSING`."""


MISSING: Final = Missing()
"""Chunks have to be fetched first; we have requested them."""

_WANTED: Final = "wanted-chunks"


class WantedChunk(msgspec.Struct, array_like=True):
    """A chunk to fetch. Times in ms."""

    digest: bytes
    relay: str
    room: bytes
    next_at: int
    attempts: int = 0
    message: bytes = b""
    """The message whose file it belongs to, or empty if a room waits for it; those come first."""


_wanted = msgspec.msgpack.Decoder(list[WantedChunk])


def body_of(step: Step, room: RoomState, track: BoxTrack, opened: OpenedFrame) -> bytes | Missing | None:
    """A frame's body, from its blob if needed; None if we can never get it."""
    if not opened.indirect:
        return opened.body
    try:
        ref = decode_ref(opened.body)
    except PeerError:
        return None
    return blob_content(step, ref, track.relay, room.id)


def blob_content(step: Step, ref: BlobRef, relay: str, room: bytes) -> bytes | Missing | None:
    """A blob's content, `MISSING` while chunks are being fetched, None if they do not make up the blob."""
    chunks = {digest: step.store.chunk(digest) for digest in ref.chunks}
    lacking = [digest for digest, data in chunks.items() if data is None]
    if lacking:
        # Of a blob of which nothing is here only the first: a frame that leads nowhere costs one request, not 65.
        _want(step, lacking if len(lacking) < len(chunks) else lacking[:1], relay, room)
        return MISSING
    try:
        return join_blob(ref, lambda digest: chunks[digest] or b"")
    except PeerError:
        return None


def wanted_chunks(step: Step) -> list[WantedChunk]:
    data = step.store.get_value(_WANTED)
    return _wanted.decode(data) if data else []


def _save(step: Step, wanted: list[WantedChunk]) -> None:
    step.store.set_value(_WANTED, msgspec.msgpack.encode(wanted))


def _want(step: Step, digests: list[bytes], relay: str, room: bytes) -> None:
    """Request chunks from this relay even if they are requested from another one, which may be gone."""
    wanted = wanted_chunks(step)
    known = {(chunk.digest, chunk.relay) for chunk in wanted if not chunk.message}
    new = [WantedChunk(digest, relay, room, step.now) for digest in digests if (digest, relay) not in known]
    if new:
        _save(step, new + wanted)


def give_up(step: Step, opened: OpenedFrame) -> None:
    """A frame is waited for no longer: request no more of its chunks for a room. Who still waits for one asks again."""
    try:
        digests = set(decode_ref(opened.body).chunks)
    except PeerError:
        return
    wanted = wanted_chunks(step)
    kept = [chunk for chunk in wanted if chunk.message or chunk.digest not in digests]
    if len(kept) != len(wanted):
        _save(step, kept)


def want_pieces(step: Step, digests: list[bytes], relay: str, room: bytes, message: bytes) -> None:
    """Request chunks of a file, after everything that rooms wait for."""
    wanted = wanted_chunks(step)
    known = {chunk.digest for chunk in wanted}
    new = [WantedChunk(digest, relay, room, step.now, message=message) for digest in digests if digest not in known]
    if new:
        _save(step, wanted + new)


def retarget(step: Step, room: bytes, relay: str) -> None:
    """Another relay keeps the room's blobs now: request what is still missing there, with the attempts reset."""
    wanted = wanted_chunks(step)
    for chunk in [chunk for chunk in wanted if chunk.room == room and chunk.relay != relay]:
        chunk.relay, chunk.next_at, chunk.attempts = relay, step.now, 0
    _save(step, wanted)


def unwant_pieces(step: Step, message: bytes) -> None:
    """Request no more chunks of a message's file."""
    wanted = wanted_chunks(step)
    kept = [chunk for chunk in wanted if chunk.message != message]
    if len(kept) != len(wanted):
        _save(step, kept)


MAX_ATTEMPTS: Final = 12


def chunk_came(step: Step, digest: bytes, data: bytes) -> None:
    """Keep a fetched chunk. The caller has checked it against its digest."""
    step.store.put_chunk(digest, data, step.day)
    _save(step, [chunk for chunk in wanted_chunks(step) if chunk.digest != digest])


def chunk_missing(step: Step, digest: bytes) -> int:
    """The relay does not have it (yet): ask again later, a bounded number of times. Returns the number of attempts."""
    wanted = wanted_chunks(step)
    for chunk in wanted:
        if chunk.digest == digest:
            chunk.attempts += 1
            delay = min(step.timing.retry << chunk.attempts, step.timing.retry_most)
            chunk.next_at = step.now + delay // 2 + step.rng.between(0, delay // 2)
    _save(step, [chunk for chunk in wanted if chunk.attempts < MAX_ATTEMPTS])
    return max((chunk.attempts for chunk in wanted if chunk.digest == digest), default=0)
