"""Clients of the relay and of its prototype: both carry records over WebSocket, with different bodies."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from bench.peers.accounts import NoAccounts
from bench.peers.interface import PAYLOAD_BYTES, NotOffered, Traces
from bench.peers.lane import Gathering, Lane
from nullabona.wire.records import HEAD, HEAD_SIZE

MOST_AT_ONCE = 256
"""Appends on one connection that were not answered yet, while frames are stored for later."""


class Codec(Protocol):
    """Bodies of one protocol. ``number`` is a box; a reading answers None for what is not its kind."""

    def append(self, number: int, payload: bytes, readers: int = 1) -> bytes: ...
    def read(self, number: int, after: int, wait_s: int) -> bytes: ...
    def is_appended(self, body: memoryview) -> bool: ...
    def listen(self, number: int, reader: int, wait_s: int = 600) -> bytes | None:
        """Wait for what comes to the box, if the protocol knows a way that is not a read that waits."""
        ...

    def frames(self, body: memoryview) -> tuple[int, int]:
        """How many frames, and the number of the last (0: none)."""
        ...

    def address(self, number: int) -> bytes:
        """What stands for the box on disk."""
        ...

    asks_again: bool
    """Whether every answer to a read needs another read."""


class Socket(WSListener):
    """A connection that hands over each record's number and body, and then calls ``ended`` once per message."""

    def __init__(self, taken: Callable[[int, memoryview], None], ended: Callable[[], None]) -> None:
        super().__init__()
        self._taken = taken
        self._ended = ended
        self.gone: Callable[[], None] = _nothing

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - a callback's signature
        self.gone()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:  # noqa: ARG002 - a callback's signature
        if frame.msg_type is not WSMsgType.BINARY:
            return
        view = frame.get_payload_as_memoryview()
        at, end = 0, len(view)
        while at < end:
            number, length = HEAD.unpack_from(view, at)
            at += HEAD_SIZE + length
            self._taken(number, view[at - length : at])
        self._ended()

    def send(self, message: bytes) -> None:
        """Send one WebSocket message."""
        self.transport.send(WSMsgType.BINARY, message)


def _nothing() -> None:
    """Nothing."""


READ = 7
LISTEN = 8


def record(body: bytes, number: int = READ) -> bytes:
    """A record."""
    return HEAD.pack(number, len(body)) + body


class Reader:
    """A reader of one box, always waiting for what comes after what it has."""

    def __init__(self, codec: Codec, number: int, took: Callable[[int], None]) -> None:
        self._codec = codec
        self._number = number
        self._took = took
        self._new = 0
        self.after = 0
        self.socket = Socket(self._frames, self._ended)

    def ask(self) -> None:
        """Read, waiting if there is nothing."""
        self.socket.send(record(self._codec.read(self._number, self.after, 600)))

    def _frames(self, _: int, body: memoryview) -> None:
        count, last = self._codec.frames(body)
        self._new += count
        self.after = last or self.after

    def _ended(self) -> None:
        if self._codec.asks_again:
            self.ask()
        if self._new:
            new, self._new = self._new, 0
            self._took(new)


class Listener:
    """The same by wake tokens: frames that join up are taken with the wake, else the box is read."""

    def __init__(self, codec: Codec, number: int, listen: bytes, took: Callable[[int], None]) -> None:
        self._codec = codec
        self._number = number
        self._listen = record(listen, LISTEN)
        self._took = took
        self._new = 0
        self._after = 0
        self._listening = False
        self._look = True
        self.socket = Socket(self._frames, self.ask)

    def ask(self) -> None:
        """Listen and read, as far as there is reason to."""
        out = b"" if self._listening else self._listen
        self._listening = True
        if self._look:
            self._look = False
            out += record(self._codec.read(self._number, self._after, 0))
        if out:
            self.socket.send(out)
        if self._new:
            new, self._new = self._new, 0
            self._took(new)

    def _frames(self, number: int, body: memoryview) -> None:
        count, last = self._codec.frames(body)
        self._listening = self._listening and number != LISTEN
        if last > self._after and last - count <= self._after:
            self._new += last - self._after
            self._after = last
        elif number == LISTEN or last > self._after:
            self._look = True
        if number == READ and count:
            self._look = True


class RecordSession(NoAccounts):
    """See `bench.peers.interface.Session`."""

    def __init__(self, url: str, codec: Codec) -> None:
        self._url = url
        self._codec = codec
        self._sockets: list[Socket] = []
        self.payload = os.urandom(PAYLOAD_BYTES)

    async def lane(self, number: int, receivers: int) -> Lane:
        lane = Lane(receivers, told=True)
        writer = Socket(self._acknowledge(lane), _nothing)
        await self.connect(writer)
        message = record(self._codec.append(number, self.payload, receivers))
        lane.send = lambda count: writer.send(message * count)
        for index in range(receivers):
            await self._reader(number, partial(lane.took, index), index)
        return lane

    async def store(self, number: int, count: int) -> None:
        lane = Lane(0, told=True)
        lane.alone()
        writer = Socket(self._acknowledge(lane), _nothing)
        await self.connect(writer)
        message = record(self._codec.append(number, self.payload))
        lane.send = lambda some: writer.send(message * some)
        while lane.sent < count:
            await lane.some(min(MOST_AT_ONCE, count - lane.sent))

    async def fetch(self, number: int, count: int) -> None:
        gathered = Gathering(count)
        await self._reader(number, gathered.took)
        await gathered.all

    async def idle(self, number: int) -> None:
        await self._reader(number, _ignore)

    def hang_up(self, socket: Socket) -> None:
        """Close one of this session's connections."""
        self._sockets.remove(socket)
        socket.transport.disconnect(graceful=False)

    async def idle_in(self, numbers: Sequence[int]) -> None:
        """One client that waits for many boxes on one connection."""
        socket = Socket(_ignore_body, _nothing)
        await self.connect(socket)
        for number in numbers:
            socket.send(record(self._codec.listen(number, 0) or self._codec.read(number, 0, 600)))

    async def keep_waiting(self, numbers: Sequence[int], counted: Callable[[], None]) -> None:
        """One client that listens for many boxes, a second each time, and reads each when it was not woken."""
        out = bytearray()

        def taken(number: int, _: memoryview) -> None:
            nonlocal out
            if number % 2:
                return
            box = numbers[number // 2]
            listen = self._codec.listen(box, 0, 1)
            if listen is None:
                raise NotOffered("a read that waits is asked for again as it is")
            out += record(listen, number) + record(self._codec.read(box, 0, 0), number + 1)
            counted()

        def ended() -> None:
            nonlocal out
            sent, out = bytes(out), bytearray()
            if sent:
                socket.send(sent)

        socket = Socket(taken, ended)
        await self.connect(socket)
        for index in range(len(numbers)):
            taken(2 * index, memoryview(b""))
        ended()

    def traces(self, number: int) -> Traces:
        return Traces(self.payload[500:532], "the box's address", None, self._codec.address(number))

    async def close(self) -> None:
        for socket in self._sockets:
            socket.transport.disconnect(graceful=False)
        self._sockets.clear()

    async def connect(self, socket: Socket) -> None:
        """Connect one end."""
        await ws_connect(lambda: socket, self._url)
        self._sockets.append(socket)

    def _acknowledge(self, lane: Lane) -> Callable[[int, memoryview], None]:
        is_appended = self._codec.is_appended

        def taken(_: int, body: memoryview) -> None:
            if not is_appended(body):
                raise AssertionError(f"an append was not taken: {bytes(body[:40])!r}")
            lane.was_told(1)

        return taken

    async def _reader(self, number: int, took: Callable[[int], None], index: int = 0) -> None:
        listen = self._codec.listen(number, index)
        reader = Reader(self._codec, number, took) if listen is None else Listener(self._codec, number, listen, took)
        await self.connect(reader.socket)
        reader.ask()


def _ignore_body(_: int, body: memoryview) -> None:
    """What comes is of no interest."""


def _ignore(count: int) -> None:
    """What comes is of no interest."""
