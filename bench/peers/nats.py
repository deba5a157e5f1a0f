"""NATS with JetStream: publishing waits for the stream's answer, readers are fed by push consumers."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from bench.peers.accounts import NoAccounts
from bench.peers.found import program, said_version
from bench.peers.interface import PAYLOAD_BYTES, About, NotFound, Traces
from bench.peers.lane import Gathering, Lane
from bench.peers.process import Process
from bench.peers.wire import Crowd, Wire
from nullabona.processes.ports import free_port

AT_ONCE = 500
OLDEST = (2, 10)
HELLO = (
    b'CONNECT {"verbose":false,"pedantic":false,"headers":true,"lang":"bench","version":"1","protocol":1}\r\nPING\r\n'
)
CONFIG = """port: {port}
host: 127.0.0.1
max_connections: 20000
jetstream {{
  store_dir: "{folder}"
  {sync}
}}
"""


def messages(data: bytes, each: Callable[[bytes, int], None]) -> int:
    """Call ``each`` with the subject of every whole message and where its body begins; how many bytes are done with."""
    at, end = 0, len(data)
    while at < end:
        line = data.find(b"\r\n", at)
        if line < 0:
            return at
        if data.startswith((b"MSG ", b"HMSG "), at):
            words = data[at:line].split()
            after = line + 2 + int(words[-1]) + 2
            if after > end:
                return at
            each(words[1], line + 2)
            at = after
        elif data.startswith(b"-ERR", at):
            raise AssertionError(f"refused: {data[at:line]!r}")
        else:
            at = line + 2
    return at


class NatsSession(NoAccounts):
    """See `bench.peers.interface.Session`."""

    replicas = 1
    """Of each stream."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._crowd = Crowd()
        self._payload = os.urandom(PAYLOAD_BYTES)
        self._streams: set[int] = set()

    async def lane(self, number: int, receivers: int) -> Lane:
        lane = Lane(receivers, told=True)
        for index in range(receivers):
            await self._reader(number, index, partial(lane.took, index))
        await self._writer(number, lane)
        return lane

    async def store(self, number: int, count: int) -> None:
        lane = Lane(0, told=True)
        lane.alone()
        await self._writer(number, lane)
        while lane.sent < count:
            await lane.some(min(AT_ONCE, count - lane.sent))

    async def fetch(self, number: int, count: int) -> None:
        gathered = Gathering(count)
        await self._reader(number, 0, gathered.took)
        await gathered.all

    async def idle(self, number: int) -> None:
        wire = await self._connect()
        wire.write(b"SUB box.%d 2\r\nPING\r\n" % number)
        await wire.until(b"PONG\r\n")
        wire.stream(len)

    def traces(self, number: int) -> Traces:
        return Traces(self._payload[500:532], "the subject's name", None, b"box.%d" % number)

    async def close(self) -> None:
        self._crowd.close()

    async def _connect(self) -> Wire:
        wire = await self._crowd.dial(self._port)
        wire.write(HELLO)
        await wire.until(b"PONG\r\n")
        return wire

    async def _stream(self, wire: Wire, number: int) -> None:
        """A stream for each box, so that none waits for another's sync."""
        if number in self._streams:
            return
        self._streams.add(number)
        name = f"box-{number}"
        stream = {
            "name": name,
            "subjects": [f"box.{number}"],
            "storage": "file",
            "retention": "limits",
            "num_replicas": self.replicas,
        }
        _request(wire, f"STREAM.CREATE.{name}", stream)
        await wire.until(f'"{name}"'.encode())
        await wire.until(b"}\r\n")

    async def _writer(self, number: int, lane: Lane) -> None:
        wire = await self._connect()
        await self._stream(wire, number)
        told = 0
        message = b"PUB box.%d told.%d %d\r\n%s\r\n" % (number, number, PAYLOAD_BYTES, self._payload)
        wire.write(b"SUB told.%d 2\r\n" % number)

        def each(_subject: bytes, _at: int) -> None:
            nonlocal told
            told += 1

        def parse(data: bytes) -> int:
            nonlocal told
            used = messages(data, each)
            new, told = told, 0
            if new:
                lane.was_told(new)
            return used

        lane.send = lambda count: wire.write(message * count)
        wire.stream(parse)

    async def _reader(self, number: int, index: int, took: Callable[[int], None]) -> None:
        wire = await self._connect()
        await self._stream(wire, number)
        deliver = f"deliver.{number}.{index}"
        wire.write(f"SUB {deliver} 2\r\n".encode())
        settings = {
            "deliver_subject": deliver,
            "deliver_policy": "all",
            "ack_policy": "none",
            "filter_subject": f"box.{number}",
            "max_deliver": -1,
        }
        new, held = 0, b""
        ready = asyncio.get_running_loop().create_future()

        def each(subject: bytes, at: int) -> None:
            nonlocal new
            if subject.startswith(b"asked") and not ready.done():
                ready.set_result(b'"error"' not in held[at : at + 200])
            else:
                new += 1

        def parse(data: bytes) -> int:
            nonlocal new, held
            held = data
            used = messages(data, each)
            if new:
                count, new = new, 0
                took(count)
            return used

        wire.stream(parse)
        _request(wire, f"CONSUMER.CREATE.box-{number}", {"stream_name": f"box-{number}", "config": settings})
        if not await ready:
            raise AssertionError("the consumer was refused")


def _request(wire: Wire, subject: str, request: Mapping[str, object]) -> None:
    """An administrative request; its answer's subject begins with ``asked``."""
    body = json.dumps(request).encode()
    reply = f"asked.{os.urandom(6).hex()}"
    wire.write(f"SUB {reply} 1\r\nUNSUB 1 1\r\nPUB $JS.API.{subject} {reply} {len(body)}\r\n".encode() + body + b"\r\n")


class RunningNats:
    """A server process."""

    def __init__(self, folder: Path, core: int, sync: str) -> None:
        self._port = free_port()
        config = folder.parent / f"{folder.name}.conf"
        config.write_text(CONFIG.format(port=self._port, folder=folder, sync=sync))
        env = {"GOMAXPROCS": "1"}
        self.process = Process([program("nats-server"), "-c", config], folder, core, env=env)
        self.process.wait_port(self._port)

    def session(self) -> NatsSession:
        return NatsSession(self._port)


class Nats:
    """JetStream on files."""

    def __init__(self, *, always: bool) -> None:
        self._sync = "sync_interval: always" if always else ""
        self.about = About(
            f"nats-{'always' if always else 'default'}",
            f"JetStream on files, sync_interval {'always' if always else '2m (default)'}, push consumers without acks",
            "on disk, synced" if always else "written, not synced: up to 2 minutes are lost",
            durable=always,
        )

    def version(self) -> str:
        version = said_version([program("nats-server"), "--version"], r"v(\d\S*)")
        if tuple(map(int, re.findall(r"\d+", version)[:2])) < OLDEST:
            raise NotFound(f"NATS {version} cannot sync each message; 2.10 can (bench/peers/install.sh)")
        return f"NATS {version}"

    def start(self, folder: Path, core: int) -> RunningNats:
        return RunningNats(folder, core, self._sync)
