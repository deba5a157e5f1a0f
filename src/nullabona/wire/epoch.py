"""What a directory's log consists of, and what a directory promises: leaves, labels, promises (spec/map.md §§2, 5).

Entry 0 of a log is its `Genesis`; entry n is the `Epoch` number n, and there is nothing else in it. Bytes are canonical
MessagePack. What merely decodes proves nothing: the reader must have it from a witnessed log.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta

from nullabona.errors import Malformed
from nullabona.wire.handle import Handle, parse_handle
from nullabona.wire.message import Digest
from nullabona.wire.signed import Key, Record, decode_record, encode_record, signed_handle

GENESIS_MARK: Final = "nullabona map v1"
PLAIN_MARK: Final = "nullabona epoch v1"
LISTED_MARK: Final = "nullabona epoch v2"
MAX_LEAF: Final = 1_024
MAX_PROMISE: Final = 2_048
LONGEST_PERIOD_S: Final = 86_400
SLACK_S: Final = 60
"""What is allowed for clocks and for the way, on top of two periods."""
_PROMISE: Final = "nullabona promise v1"
_LABEL: Final = b"nullabona map label v1"
_LAST: Final = 2**53

Seconds = Annotated[int, Meta(ge=0, le=_LAST)]
Number = Annotated[int, Meta(ge=1, le=_LAST)]


class Genesis(Record, frozen=True):
    """The first entry: whose directory this is, the key of its labels, and how often it closes an epoch."""

    mark: Literal["nullabona map v1"]
    host: Annotated[str, Meta(min_length=1, max_length=270)]
    vrf_key: Key
    period_s: Annotated[int, Meta(ge=1, le=LONGEST_PERIOD_S)]
    history_days: Annotated[int, Meta(ge=1, le=3_650)]
    """For how many days past epochs can be proven."""

    @property
    def fresh_s(self) -> int:
        """How old the newest epoch of a directory that does its duty may be."""
        return 2 * self.period_s + SLACK_S


class PlainEpoch(Record, frozen=True):
    """One epoch of a record that had no lists of changes yet: see `ListedEpoch`."""

    mark: Literal["nullabona epoch v1"]
    number: Number
    root: Digest
    closed_s: Seconds

    @property
    def listed(self) -> bytes:
        """As of `ListedEpoch`: none."""
        return b""


class ListedEpoch(Record, frozen=True):
    """One epoch: the root of the prefix tree when it closed, and when the directory says that this was.

    ``listed``: the hash of the list of labels that changed in it (`nullabona.wire.changes`).
    """

    mark: Literal["nullabona epoch v2"]
    number: Number
    root: Digest
    closed_s: Seconds
    listed: Digest


Epoch: TypeAlias = PlainEpoch | ListedEpoch


@dataclass(frozen=True, slots=True)
class Promise:
    """That a card will be in the record by ``epoch`` at the latest."""

    origin: str
    handle: str
    digest: bytes
    epoch: int


def encode_genesis(host: str, vrf_key: bytes, period_s: int, history_days: int) -> bytes:
    """The log's first entry."""
    return encode_record(Genesis(GENESIS_MARK, host, vrf_key, period_s, history_days))


def decode_genesis(data: bytes) -> Genesis:
    """Raises `Malformed`."""
    return decode_record(Genesis, data, MAX_LEAF)


def encode_epoch(number: int, root: bytes, closed_s: int, listed: bytes) -> bytes:
    """The log's entry ``number``. ``listed``: the hash of the epoch's list of changes; empty: it has none."""
    if not listed:
        return encode_record(PlainEpoch(PLAIN_MARK, number, root, closed_s))
    return encode_record(ListedEpoch(LISTED_MARK, number, root, closed_s, listed))


def decode_epoch(data: bytes) -> Epoch:
    """Raises `Malformed`."""
    try:
        return decode_record(ListedEpoch, data, MAX_LEAF)
    except Malformed:
        return decode_record(PlainEpoch, data, MAX_LEAF)


def label_input(handle: Handle) -> bytes:
    """What the random function makes the handle's label of."""
    return _LABEL + str(handle).encode()


def encode_promise(promise: Promise) -> bytes:
    """The text of a signed note that says it. No checkpoint of any log reads like this."""
    digest = base64.b64encode(promise.digest).decode()
    return f"{_PROMISE}\n{promise.origin}\n{promise.handle}\n{digest}\n{promise.epoch}\n".encode()


def decode_promise(text: bytes) -> Promise:
    """Raises `Malformed` for any text but the one that `encode_promise` gives."""
    try:
        mark, origin, handle, digest, epoch, end = text.decode().split("\n")
        known = signed_handle(handle)
        found = Promise(origin, str(known), base64.b64decode(digest, validate=True), int(epoch))
    except (ValueError, binascii.Error):
        raise Malformed("this is no promise") from None
    whole = mark == _PROMISE and not end and len(found.digest) == 32 and 1 <= found.epoch <= _LAST
    if not whole or len(text) > MAX_PROMISE or encode_promise(found) != text:
        raise Malformed("this is no promise")
    return found


def origin_of(host: str) -> str:
    """The name of the log of a directory, as in its checkpoints."""
    return f"{parse_handle(f'xx@{host}').authority}/nullabona/directory"
