"""Mosquitto, MQTT 3.1.1 with QoS 1 both ways and lasting sessions."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from struct import Struct

from bench.peers.accounts import NoAccounts
from bench.peers.found import program, said_version
from bench.peers.interface import PAYLOAD_BYTES, About, Traces
from bench.peers.lane import Gathering, Lane
from bench.peers.process import Process
from bench.peers.wire import Crowd, Wire
from nullabona.processes.ports import free_port

SHORT = Struct(">H")
CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE = 0x10, 0x20, 0x30, 0x40, 0x82
SUBSCRIBED = b"\x90\x03\x00\x01\x01"
AT_ONCE = 500
CONFIG = """listener {port} 127.0.0.1
allow_anonymous true
user root
persistence true
persistence_location {folder}/
max_inflight_messages 100
max_queued_messages 0
max_connections -1
"""


def _text(text: bytes) -> bytes:
    return SHORT.pack(len(text)) + text


def packet(first: int, body: bytes) -> bytes:
    """A control packet."""
    size, length = len(body), b""
    while True:
        size, part = divmod(size, 128)
        length += bytes((part | (0x80 if size else 0),))
        if not size:
            return bytes((first,)) + length + body


def packets(data: bytes, each: Callable[[int, int, int], None]) -> int:
    """Call ``each`` with first byte, begin and end of every whole packet; how many bytes they are."""
    at, end = 0, len(data)
    while at + 2 <= end:
        size, shift, begin = 0, 0, at + 1
        while begin < end:
            part = data[begin]
            begin += 1
            size |= (part & 0x7F) << shift
            shift += 7
            if part < 0x80:
                break
        else:
            return at
        if begin + size > end:
            return at
        each(data[at], begin, begin + size)
        at = begin + size
    return at


class MosquittoSession(NoAccounts):
    """See `bench.peers.interface.Session`."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._crowd = Crowd()
        self._away: set[int] = set()
        self._payload = os.urandom(PAYLOAD_BYTES)

    async def lane(self, number: int, receivers: int) -> Lane:
        lane = Lane(receivers, told=True)
        await self._writer(number, lane)
        for index in range(receivers):
            await self._reader(number, index, partial(lane.took, index))
        return lane

    async def store(self, number: int, count: int) -> None:
        if number not in self._away:
            self._away.add(number)
            away = await self._reader(number, 0, lambda _count: None)
            away.close()
        lane = Lane(0, told=True)
        lane.alone()
        await self._writer(number, lane)
        while lane.sent < count:
            await lane.some(min(AT_ONCE, count - lane.sent))

    async def fetch(self, number: int, count: int) -> None:
        gathered = Gathering(count)
        await self._reader(number, 0, gathered.took, known=True)
        await gathered.all

    async def idle(self, number: int) -> None:
        await self._reader(number, 0, lambda _count: None)

    def traces(self, number: int) -> Traces:
        return Traces(self._payload[500:532], "clients' names", b"writer-%d" % number, b"reader-%d" % number)

    async def close(self) -> None:
        self._crowd.close()

    async def _connect(self, name: str, *, clean: bool = False, known: bool = False) -> Wire:
        wire = await self._crowd.dial(self._port)
        body = _text(b"MQTT") + bytes((4, 2 if clean else 0)) + SHORT.pack(0) + _text(name.encode())
        wire.write(packet(CONNECT, body))
        await wire.until(bytes((CONNACK, 2, int(known), 0)))
        return wire

    async def _writer(self, number: int, lane: Lane) -> None:
        wire = await self._connect(f"writer-{number}", clean=True)
        topic = _text(f"box/{number}".encode())
        head = packet(PUBLISH | 2, topic + bytes(2) + self._payload)[: -2 - PAYLOAD_BYTES]
        last = told = 0

        def send(count: int) -> None:
            nonlocal last
            parts: list[bytes] = []
            for _ in range(count):
                last = last % 65_535 + 1
                parts += (head, SHORT.pack(last), self._payload)
            wire.write(b"".join(parts))

        def each(first: int, _at: int, _end: int) -> None:
            nonlocal told
            told += first == PUBACK

        def parse(data: bytes) -> int:
            nonlocal told
            used = packets(data, each)
            new, told = told, 0
            lane.was_told(new)
            return used

        lane.send = send
        wire.stream(parse)

    async def _reader(self, number: int, index: int, took: Callable[[int], None], *, known: bool = False) -> Wire:
        wire = await self._connect(f"reader-{number}-{index}", known=known)
        acknowledgements: list[bytes] = []
        held = b""

        def each(first: int, at: int, _end: int) -> None:
            if first & 0xF0 == PUBLISH:
                topic = 2 + SHORT.unpack_from(held, at)[0]
                acknowledgements.append(b"\x40\x02" + held[at + topic : at + topic + 2])

        def parse(data: bytes) -> int:
            nonlocal held
            held = data
            used = packets(data, each)
            if acknowledgements:
                count = len(acknowledgements)
                wire.write(b"".join(acknowledgements))
                acknowledgements.clear()
                took(count)
            return used

        if not known:
            wire.write(packet(SUBSCRIBE, SHORT.pack(1) + _text(f"box/{number}".encode()) + b"\x01"))
            await wire.until(SUBSCRIBED)
        wire.stream(parse)
        return wire


class RunningMosquitto:
    """A broker process."""

    def __init__(self, folder: Path, core: int) -> None:
        self._port = free_port()
        config = folder.parent / f"{folder.name}.conf"
        config.write_text(CONFIG.format(port=self._port, folder=folder))
        self.process = Process([program("mosquitto"), "-c", config], folder, core)
        self.process.wait_port(self._port)

    def session(self) -> MosquittoSession:
        return MosquittoSession(self._port)


class Mosquitto:
    """Mosquitto with persistence as it comes: saved every 30 minutes."""

    about = About(
        "mosquitto-qos1",
        "QoS 1 both ways, lasting sessions, autosave_interval 1800 (default), max_queued_messages 0",
        "in memory",
        durable=False,
    )

    def version(self) -> str:
        return "Mosquitto " + said_version([program("mosquitto"), "-h"], r"mosquitto version (\S+)")

    def start(self, folder: Path, core: int) -> RunningMosquitto:
        return RunningMosquitto(folder, core)
