"""Streams of Valkey, or of Redis where Debian has no Valkey: XADD, and readers that block on XREAD."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.peers.accounts import NoAccounts
from bench.peers.found import program, said_version
from bench.peers.interface import PAYLOAD_BYTES, About, Traces
from bench.peers.lane import Gathering, Lane
from bench.peers.process import Process
from bench.peers.wire import Crowd, Wire
from nullabona.processes.ports import free_port

AT_ONCE = 500


def command(*words: bytes) -> bytes:
    """A request of RESP."""
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


class Entries:
    """The entries in answers to XREAD of one stream with entries of one field."""

    def __init__(self, stream: bytes) -> None:
        self._head = b"*1\r\n*2\r\n$%d\r\n%s\r\n*" % (len(stream), stream)
        self.last = b"0"

    def parse(self, data: bytes) -> tuple[int, int]:
        """How many entries the answer at the front of ``data`` has, and its length; (0, 0) if it is not all there."""
        at = len(self._head)
        end = data.find(b"\r\n", at)
        if end < 0:
            return 0, 0
        if not data.startswith(self._head):
            raise AssertionError(f"not an answer to XREAD: {data[:60]!r}")
        count = int(data[at:end])
        at = end + 2
        last = self.last
        for _ in range(count):
            at += 4
            key = _bulk(data, at)
            if key is None:
                return 0, 0
            last, at = key
            field = _bulk(data, at + 4)
            value = None if field is None else _skip(data, field[1])
            if value is None:
                return 0, 0
            at = value
        if at > len(data):
            return 0, 0
        self.last = last
        return count, at


def _bulk(data: bytes, at: int) -> tuple[bytes, int] | None:
    """The bulk string at ``at`` and where it ends."""
    end = data.find(b"\r\n", at)
    if end < 0:
        return None
    begin, size = end + 2, int(data[at + 1 : end])
    return data[begin : begin + size], begin + size + 2


def _skip(data: bytes, at: int) -> int | None:
    end = data.find(b"\r\n", at)
    return None if end < 0 else end + 2 + int(data[at + 1 : end]) + 2


class StreamsSession(NoAccounts):
    """See `bench.peers.interface.Session`."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._crowd = Crowd()
        self._payload = os.urandom(PAYLOAD_BYTES)

    async def lane(self, number: int, receivers: int) -> Lane:
        lane = Lane(receivers, told=True)
        await self._writer(number, lane)
        for index in range(receivers):
            await self._reader(number, partial(lane.took, index))
        return lane

    async def store(self, number: int, count: int) -> None:
        lane = Lane(0, told=True)
        lane.alone()
        await self._writer(number, lane)
        while lane.sent < count:
            await lane.some(min(AT_ONCE, count - lane.sent))

    async def fetch(self, number: int, count: int) -> None:
        gathered = Gathering(count)
        await self._reader(number, gathered.took)
        await gathered.all

    async def idle(self, number: int) -> None:
        await self._reader(number, lambda _count: None)

    def traces(self, number: int) -> Traces:
        return Traces(self._payload[500:532], "the stream's name", None, _name(number))

    async def close(self) -> None:
        self._crowd.close()

    async def _writer(self, number: int, lane: Lane) -> None:
        wire = await self._crowd.dial(self._port)
        message = command(b"XADD", _name(number), b"*", b"d", self._payload)
        lane.send = lambda count: wire.write(message * count)
        lines = 0

        def parse(data: bytes) -> int:
            nonlocal lines
            if b"-" == data[:1]:
                raise AssertionError(f"refused: {data[:100]!r}")
            end = data.rfind(b"\n") + 1
            lines += data.count(b"\n", 0, end)
            told, lines = divmod(lines, 2)
            lane.was_told(told)
            return end

        wire.stream(parse)

    async def _reader(self, number: int, took: Callable[[int], None]) -> None:
        wire = await self._crowd.dial(self._port)
        name = _name(number)
        entries = Entries(name)
        _ask(wire, name, entries.last)

        def parse(data: bytes) -> int:
            count, used = entries.parse(data)
            if used:
                _ask(wire, name, entries.last)
                took(count)
            return used

        wire.stream(parse)


def _ask(wire: Wire, name: bytes, after: bytes) -> None:
    wire.write(command(b"XREAD", b"COUNT", b"500", b"BLOCK", b"0", b"STREAMS", name, after))


def _name(number: int) -> bytes:
    return b"box-%d" % number


class RunningStreams:
    """A server process."""

    def __init__(self, folder: Path, core: int, fsync: str) -> None:
        self._port = free_port()
        options = ["--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--maxclients", "20000"]
        options += ["--appendonly", "yes", "--appendfsync", fsync, "--auto-aof-rewrite-percentage", "0"]
        options += ["--dir", str(folder)]
        self.process = Process([program("valkey-server", "redis-server"), *options], folder, core)
        self.process.wait_port(self._port)

    def session(self) -> StreamsSession:
        return StreamsSession(self._port)


class Streams:
    """Valkey or Redis with an append-only file."""

    def __init__(self, fsync: str) -> None:
        self._fsync = fsync
        always = fsync == "always"
        self.about = About(
            f"streams-{fsync}",
            f"appendonly, appendfsync {fsync}, no rewrite of the file meanwhile",
            "on disk, synced" if always else "in memory; synced once a second",
            durable=always,
        )

    def version(self) -> str:
        server = program("valkey-server", "redis-server")
        name = server.name.partition("-")[0].title()
        return f"{name} " + said_version([server, "--version"], r"v=(\S+)")

    def start(self, folder: Path, core: int) -> RunningStreams:
        return RunningStreams(folder, core, self._fsync)
