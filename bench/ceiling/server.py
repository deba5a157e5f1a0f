"""The prototype: picows, uvloop, SQLite with group commit, and no product.

Run: ``python -m bench.ceiling.server DIR [--with NAME ...]``. Prints its URL when it is ready. Each name adds one thing
that the product does, made by the product's own code where there is such code:

- ``messagepack``: bodies are the product's messages, decoded and checked field by field
- ``authorisation``: the product's three hashes per request, and boxes found by the address they give
- ``quotas``: what a connection, a box and the relay may do is counted and compared
- ``expiry``: a day beside each frame, and a table of boxes
- ``erasing``: deleted bytes are overwritten and the log is emptied every two seconds
- ``asking``: readers ask again after each answer, in place of being sent whatever comes
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from bench.ceiling import bare
from bench.ceiling.shelf import Kept, Shape, Shelf
from nullabona.relay.core.budget import Budget
from nullabona.relay.core.limits import Limits
from nullabona.wire.address import box_address
from nullabona.wire.messages import Append, Appended, Frames, Read, decode_request, encode
from nullabona.wire.records import HEAD, split_records

ADDITIONS = ("messagepack", "authorisation", "quotas", "expiry", "erasing", "asking")
MOST = 2**21


class Prototype:
    """All there is: boxes, who waits for them, and the shelf."""

    def __init__(self, folder: Path, added: frozenset[str]) -> None:
        self.added = added
        self.limits = Limits(box_frames_per_day=8_000_000, box_bytes_per_day=2**40, boxes_per_minute=100_000)
        self.waiting: dict[int, dict[Connection, int]] = {}
        self.numbers: dict[bytes, int] = {}
        self.day: dict[int, list[int]] = {}
        self.queued = 0
        shape = Shape(expiry="expiry" in added, erasing="erasing" in added)
        self.shelf = Shelf(folder, shape, asyncio.get_running_loop(), self._kept)
        self.asking = "asking" in added

    def box_of(self, read_hash: bytes, write_hash: bytes) -> int:
        """The number of the box that these hashes authorise for."""
        return self.numbers.setdefault(box_address(0, read_hash, write_hash), len(self.numbers))

    def _kept(self, batch: list[tuple[Kept, int]]) -> None:
        fresh: dict[int, list[bytes]] = {}
        last: dict[int, int] = {}
        for kept, seq in batch:
            caller = kept.caller
            assert isinstance(caller, Connection)
            caller.answer(kept.request_id, caller.encode_appended(seq))
            fresh.setdefault(kept.box, []).append(kept.frame)
            last[kept.box] = seq
            self.queued -= len(kept.frame)
        for box, frames in fresh.items():
            waiting = self.waiting.get(box)
            if not waiting:
                continue
            readers = list(waiting.items())
            body = readers[0][0].encode_frames(last[box], frames)
            for caller, request_id in readers:
                caller.answer(request_id, body)
            if self.asking:
                waiting.clear()


class Connection(WSListener):
    """One connection."""

    def __init__(self, prototype: Prototype) -> None:
        super().__init__()
        self._prototype = prototype
        self._out = bytearray()
        self._budget = Budget(prototype.limits)
        self._loop = asyncio.get_running_loop()
        added = prototype.added
        self._take: Callable[[int, memoryview], None] = self._take_packed if "messagepack" in added else self._take_bare
        self._quotas = "quotas" in added
        self._packed = "messagepack" in added
        self._hashes = "authorisation" in added

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - a callback's signature
        for waiting in self._prototype.waiting.values():
            waiting.pop(self, None)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:  # noqa: ARG002 - a callback's signature
        if frame.msg_type is WSMsgType.BINARY:
            for request_id, body in split_records(frame.get_payload_as_memoryview(), MOST):
                self._take(request_id, body)

    def answer(self, request_id: int, body: bytes) -> None:
        """One record, sent with what else is ready."""
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out += HEAD.pack(request_id, len(body))
        self._out += body

    def encode_appended(self, seq: int) -> bytes:
        """That a frame is kept, in this connection's language."""
        return encode(Appended(seq, bytes(8))) if self._packed else bare.appended(seq)

    def encode_frames(self, last: int, frames: list[bytes]) -> bytes:
        """Frames, in this connection's language."""
        if not self._packed:
            return bare.frames(last, frames)
        first = last - len(frames) + 1
        return encode(Frames(bytes(8), last, tuple(enumerate(frames, first))))

    def _take_bare(self, request_id: int, body: memoryview) -> None:
        operation, box, after = bare.REQUEST.unpack_from(body)
        if self._hashes:
            hashed = sha256(box.to_bytes(32, "big")).digest()
            box = self._prototype.box_of(hashed, hashed)
        if operation == bare.APPEND:
            self._append(request_id, box, bytes(body[bare.REQUEST.size :]))
        else:
            self._read(request_id, box, after)

    def _take_packed(self, request_id: int, body: memoryview) -> None:
        request = decode_request(body)
        if type(request) is Append:
            secret = request.write_secret
            box = self._authorised(request.read_hash, sha256(secret).digest()) if self._hashes else number_of(secret)
            self._append(request_id, box, request.frame)
        elif type(request) is Read:
            secret = request.read_secret
            box = self._authorised(sha256(secret).digest(), request.write_hash) if self._hashes else number_of(secret)
            self._read(request_id, box, request.after)

    def _authorised(self, read_hash: bytes, write_hash: bytes) -> int:
        return self._prototype.box_of(read_hash, write_hash)

    def _append(self, request_id: int, box: int, frame: bytes) -> None:
        prototype = self._prototype
        if self._quotas and not self._may(box, len(frame)):
            return
        prototype.queued += len(frame)
        prototype.shelf.append(Kept(self, request_id, box, frame))

    def _may(self, box: int, size: int) -> bool:
        prototype, limits = self._prototype, self._prototype.limits
        if self._budget.append(0, int(time.monotonic())) is not None:
            return False
        if prototype.queued + size > limits.queue_bytes or size > limits.frame_bytes:
            return False
        today = prototype.day.setdefault(box, [0, 0])
        if today[0] >= limits.box_frames_per_day or today[1] + size > limits.box_bytes_per_day:
            return False
        today[0] += 1
        today[1] += size
        return True

    def _read(self, request_id: int, box: int, after: int) -> None:
        waiting = self._prototype.waiting.setdefault(box, {})
        while True:
            last, frames = self._prototype.shelf.read(box, after)
            if frames:
                self.answer(request_id, self.encode_frames(last, frames))
                if self._prototype.asking:
                    return
            if len(frames) < FULL:
                break
            after = last
        waiting[self] = request_id

    def _flush(self) -> None:
        out, self._out = self._out, bytearray()
        self._transport.send(WSMsgType.BINARY, out)


def number_of(secret: bytes) -> int:
    """The box that a secret simply names, where nothing is authorised."""
    return int.from_bytes(secret, "big")


FULL = 1_000
"""A read that gives this many frames may have more behind it."""


async def serve(folder: Path, added: frozenset[str]) -> None:
    """Serve until the process ends."""
    prototype = Prototype(folder, added)

    def accept(_request: WSUpgradeRequest) -> WSListener:
        return Connection(prototype)

    server = await ws_create_server(accept, "127.0.0.1", 0, enable_auto_ping=False, max_frame_size=MOST)
    gc.collect()
    gc.freeze()
    port = server.sockets[0].getsockname()[1]
    print(f"ws://127.0.0.1:{port}/", flush=True)
    await server.serve_forever()


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--with", dest="added", nargs="*", default=[], choices=ADDITIONS)
    chosen = parser.parse_args()
    sys.setswitchinterval(0.0005)
    uvloop.run(serve(chosen.folder, frozenset(chosen.added)))


if __name__ == "__main__":
    main()
