"""Fuzz what a relay reads from strangers: any bytes give a value, an answer or `Malformed`, however they are split.

Targets: records, requests, and the HTTP front with the WebSocket behind it, fed through a transport in memory.
"""

from __future__ import annotations

import asyncio
import os
import random

from fuzz._harness import Target, given, mutate, pieces, report, tries
from nullabona.errors import Malformed
from nullabona.relay.config import Config
from nullabona.relay.dispatch import is_unknown_tag
from nullabona.relay.front import Front
from nullabona.relay.server import Relay, open_stores
from nullabona.wire.map_messages import ListEpochs, ShowLeaves
from nullabona.wire.messages import (
    MAX_REQUEST,
    Append,
    AwaitWake,
    DescribeLog,
    FollowActivity,
    GetBlob,
    LogFile,
    LookupCard,
    PollActivity,
    PutBlob,
    Read,
    Trim,
    WatchHandle,
    decode_request,
    encode,
)
from nullabona.wire.records import Assembly, encode_record, split_records

KEY = bytes(32)
REQUESTS = [
    encode(request)
    for request in (
        Append(0, KEY, KEY, b"frame", wake=(KEY, 3)), Read(1, KEY, KEY, 5, 7, 9), AwaitWake(KEY[:16], 9),
        PollActivity(5, 9), FollowActivity(5), Trim(0, KEY, KEY, 2), PutBlob(KEY, b"data"), GetBlob(KEY),
        LookupCard("mina"), WatchHandle("mina", 7), DescribeLog(), LogFile("tile/0/000.p/3"),
        ListEpochs(7), ShowLeaves(7, whole=True),
    )
]  # fmt: skip
MESSAGES = [b"".join(encode_record(number, body) for number, body in enumerate(REQUESTS)), encode_record(1, b"")]
UPGRADE = (
    b"GET /v1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x82\x80\x00\x00\x00\x00"
)
HEADS = [
    b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /v1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nContent-Length: 38\r\n\r\n"
    + encode(GetBlob(KEY)),
    UPGRADE,
]


def records(rng: random.Random) -> None:
    """Records, whole and through fragments, agree."""
    data = mutate(rng, rng.choice(MESSAGES))
    parts = pieces(rng, data)
    assembly = Assembly(max(1, len(data)))
    for index, part in enumerate(parts):
        assembly.add(part, first=index == 0, last=False)
    whole = assembly.add(b"", first=False, last=True)
    assert whole is not None
    assert bytes(whole) == data
    for _, body in split_records(data, MAX_REQUEST):
        request(bytes(body))


def requests(rng: random.Random) -> None:
    """Any bytes are a request or malformed."""
    request(mutate(rng, rng.choice(REQUESTS)))


def request(body: bytes) -> None:
    """A request that decodes encodes to something that decodes to the same."""
    is_unknown_tag(body)
    decoded = decode_request(body)
    assert decode_request(encode(decoded)) == decoded


class Pipe(asyncio.Transport):
    """A transport that goes nowhere; it stands for a socket of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.closing = False
        self.protocol: asyncio.BaseProtocol | None = None
        self.out = open(os.devnull, "wb", buffering=0)  # noqa: SIM115, PTH123 - closed with the pipe

    def get_extra_info(self, name: str, default: object = None) -> object:
        return self if name == "socket" else default

    family = -1

    def fileno(self) -> int:
        return self.out.fileno()

    def setsockopt(self, *args: object) -> None: ...

    def getsockopt(self, *_args: object) -> int:
        return 0

    def write(self, data: object) -> None: ...
    def writelines(self, list_of_data: object) -> None: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...

    def get_write_buffer_size(self) -> int:
        return 1

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def close(self) -> None:
        self.closing = True

    abort = close


def fronts(relay: Relay) -> Target:
    """Any bytes to the port, however they are split, never raise."""

    def run(rng: random.Random) -> None:
        pipe = Pipe()
        front = Front(relay)
        pipe.protocol = front
        front.connection_made(pipe)
        for part in pieces(rng, mutate(rng, b"".join(rng.choices(HEADS, k=rng.randrange(1, 4))))):
            if not pipe.closing and part:
                deliver(pipe.protocol, part)
        pipe.protocol.connection_lost(None)
        pipe.out.close()

    return run


def deliver(protocol: asyncio.BaseProtocol, part: bytes) -> None:
    """Hand bytes to a protocol of either kind."""
    if isinstance(protocol, Front):
        protocol.data_received(part)
        return
    assert isinstance(protocol, asyncio.BufferedProtocol)
    room = memoryview(protocol.get_buffer(-1))[: len(part)]
    room[:] = part[: len(room)]
    protocol.buffer_updated(len(room))


async def main() -> None:
    """Run every target in turn until time is over."""
    failures: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: failures.append(context))
    config = Config(data=None, listen=())
    relay, count = Relay(config, open_stores(config)), 0
    for number in tries((records, requests, fronts(relay)), given(__doc__), refused=(Malformed,)):
        count = number + 1
        await asyncio.sleep(0)
        assert not failures, (number, failures)
    await relay.stop()
    report("relay", count)


if __name__ == "__main__":
    asyncio.run(main())
