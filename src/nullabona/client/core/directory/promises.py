"""A directory's promise that a card will be in its record by an epoch.

We keep it until we have seen that it was kept (spec/map.md §5).
"""

from __future__ import annotations

from typing import Final

import msgspec

from nullabona.client.core.directory.errors import PromiseInvalid
from nullabona.client.core.directory.pinned import Pinned
from nullabona.errors import Malformed
from nullabona.log.keys import Kind
from nullabona.log.note import NoteInvalid, parse_note, verify_note
from nullabona.log.policy import Policy
from nullabona.log.tree import Frontier
from nullabona.wire.epoch import decode_promise, origin_of

LOOK_AFTER_S: Final = 2
AHEAD: Final = 4
"""Most epochs that a promise may lie ahead: two that are closed and not witnessed yet, the open one, and the next."""


class Expected(msgspec.Struct, array_like=True, frozen=True):
    """A card that must be in the record under one of the epochs after ``after`` and up to ``by``."""

    host: str
    handle: str
    digest: bytes
    after: int
    by: int
    note: bytes
    """The signed promise."""
    peaks: tuple[bytes, ...]
    """The frontier of the log as of ``after``."""
    due_s: int
    """When it must have been kept."""
    look_s: int = 0
    """When to look again, after a look that decided nothing."""

    @property
    def next_s(self) -> int:
        """When to look whether it was kept."""
        return max(self.due_s, self.look_s)

    @property
    def frontier(self) -> Frontier:
        """Of the log up to the epoch ``after``."""
        return Frontier(self.after + 1, self.peaks)


_expected = msgspec.msgpack.Decoder(Expected)


def encode_expected(expected: Expected) -> bytes:
    """For the account's other devices."""
    return msgspec.msgpack.encode(expected)


def decode_expected(data: bytes) -> Expected:
    """What another device of the account was promised. Raises `Malformed`."""
    try:
        return _expected.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Malformed("a promise of another device does not decode") from None


def check_promise(pinned: Pinned, handle: str, digest: bytes, note: bytes, newest: Frontier, now_s: int) -> Expected:
    """The promise in a signed note, made when ``newest`` was the log's frontier. Raises `PromiseInvalid`."""
    try:
        signed = parse_note(note)
        promise = decode_promise(signed.text)
        keys = [key for key in Policy.parse(pinned.policy).keys_of(origin_of(pinned.host)) if key.kind is Kind.ED25519]
        held = verify_note(signed, keys)
    except (Malformed, NoteInvalid) as error:
        raise PromiseInvalid("this is no promise of the server") from error
    if not held or (promise.origin, promise.handle, promise.digest) != (origin_of(pinned.host), handle, digest):
        raise PromiseInvalid("a promise is not signed by the server, or is about another card")
    ahead = promise.epoch - (newest.size - 1)
    if not 0 < ahead <= AHEAD:
        raise PromiseInvalid("a promise is for an epoch that is past or too far ahead")
    due_s = now_s + ahead * pinned.rules.period_s + LOOK_AFTER_S
    return Expected(pinned.host, handle, digest, newest.size - 1, promise.epoch, note, newest.peaks, due_s)
