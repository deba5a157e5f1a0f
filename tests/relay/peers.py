"""The other end of a relay's connections, written for tests: a small blocking client that can also misbehave."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from nullabona.machine.settings import Endpoint
from nullabona.machine.timekeeping import ClockGuard
from nullabona.relay.clock import Clock
from nullabona.relay.config import Config
from nullabona.relay.core.limits import Limits
from nullabona.relay.server import Relay, Stores, open_stores
from nullabona.wire.address import BoxSecrets
from nullabona.wire.endpoint import path_of
from nullabona.wire.message import Request
from nullabona.wire.messages import (
    POLICY_ROOM,
    ActivityDigests,
    AnyResponse,
    Append,
    Appended,
    Frames,
    Read,
    Trim,
    decode_response,
    encode,
)
from nullabona.wire.records import encode_record, split_records
from nullabona.wire.service import Service

TIMEOUT_S = 10.0

TEXT, BINARY, CLOSE, PING, PONG, CONTINUATION = 1, 2, 8, 9, 10, 0


@dataclass(frozen=True, slots=True)
class Box:
    """A box's secrets and the requests one makes with them."""

    secrets: BoxSecrets = field(default_factory=lambda: BoxSecrets(POLICY_ROOM, os.urandom(32), os.urandom(32)))

    def append(self, frame: bytes, wake: tuple[bytes, int] | None = None) -> Append:
        return Append(self.secrets.policy, self.secrets.write_secret, self.secrets.read_hash, frame, wake=wake)

    def read(self, after: int = 0, *, limit: int = 1_000, wait_s: int = 0) -> Read:
        return Read(self.secrets.policy, self.secrets.read_secret, self.secrets.write_hash, after, limit, wait_s)

    def trim(self, upto: int) -> Trim:
        return Trim(self.secrets.policy, self.secrets.read_secret, self.secrets.write_hash, upto)


class Hangup(Exception):
    """The relay closed the connection; ``code`` and ``reason`` are those of its close frame, if it sent one."""

    def __init__(self, code: int = 0, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


OPEN: list[Wire] = []
"""Every connection a test has made; a fixture closes them."""


class Wire:
    """A plain TCP (or TLS, or unix) connection to a relay."""

    def __init__(self, address: tuple[str, int] | str, context: ssl.SSLContext | None = None) -> None:
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        plain = socket.socket(family)
        self.socket = plain
        OPEN.append(self)
        plain.settimeout(TIMEOUT_S)
        plain.connect(address)
        if context is not None:
            self.socket = context.wrap_socket(plain, server_hostname="localhost")
        self.buffer = b""

    def send(self, data: bytes) -> None:
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Hangup from error

    def take(self, size: int) -> bytes:
        while len(self.buffer) < size:
            self._more()
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def take_until(self, mark: bytes) -> bytes:
        while mark not in self.buffer:
            self._more()
        taken, _, self.buffer = self.buffer.partition(mark)
        return taken

    def ends(self) -> bytes:
        """Everything until the relay closes the connection."""
        try:
            while True:
                self._more()
        except Hangup:
            return self.buffer

    def close(self) -> None:
        self.socket.close()

    def _more(self) -> None:
        try:
            data = self.socket.recv(65_536)
        except ConnectionError as error:
            raise Hangup from error
        if not data:
            raise Hangup
        self.buffer += data


class Client(Wire):
    """A WebSocket client that speaks records, and can send frames by hand."""

    def __init__(
        self, address: tuple[str, int] | str, context: ssl.SSLContext | None = None, path: str = "/v1"
    ) -> None:
        super().__init__(address, context)
        key = base64.b64encode(os.urandom(16)).decode()
        self.send(f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode())  # fmt: skip
        self.head = self.take_until(b"\r\n\r\n")
        if b" 101 " not in self.head:
            raise Hangup(reason=self.head.decode())
        self.answers: dict[int, list[AnyResponse]] = {}
        self.next_id = 1
        self.signed = False
        """Whether answers of digests are shown with their signatures."""

    def send_frame(self, opcode: int, payload: bytes, *, fin: bool = True) -> None:
        size = len(payload)
        head = bytes([opcode | (0x80 if fin else 0)])
        if size < 126:
            head += bytes([0x80 | size])
        elif size < 65_536:
            head += b"\xfe" + struct.pack(">H", size)
        else:
            head += b"\xff" + struct.pack(">Q", size)
        self.send(head + bytes(4) + payload)

    def take_frame(self) -> tuple[int, bytes]:
        first, second = self.take(2)
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack(">H", self.take(2))
        elif size == 127:
            (size,) = struct.unpack(">Q", self.take(8))
        return first & 0x0F, self.take(size)

    def start(self, *requests: Request) -> list[int]:
        """Send requests as one message; their ids."""
        ids = list(range(self.next_id, self.next_id + len(requests)))
        self.next_id += len(requests)
        records = (encode_record(number, encode(request)) for number, request in zip(ids, requests, strict=True))
        self.send_frame(BINARY, b"".join(records))
        return ids

    def result(self, number: int) -> AnyResponse:
        """The next answer to a request; most have one."""
        while number not in self.answers:
            self.take_message()
        first, *more = self.answers.pop(number)
        self.answers |= {number: more} if more else {}
        return first

    def take_message(self) -> None:
        """Take one message of answers. Raises `Hangup` if the relay says goodbye instead."""
        opcode, payload = self.take_frame()
        if opcode == CLOSE:
            code = struct.unpack(">H", payload[:2])[0] if payload else 0
            raise Hangup(code, payload[2:].decode())
        if opcode == BINARY:
            for number, body in split_records(payload, 2**30):
                self.answers.setdefault(number, []).append(self._plain(decode_response(body)))

    def _plain(self, answer: AnyResponse) -> AnyResponse:
        return answer if self.signed else plain(answer)

    def ask(self, request: Request) -> AnyResponse:
        return self.result(self.start(request)[0])

    def append(self, box: Box, frame: bytes) -> Appended:
        response = self.ask(box.append(frame))
        assert isinstance(response, Appended), response
        return response

    def read(self, box: Box, after: int = 0) -> Frames:
        response = self.ask(box.read(after))
        assert isinstance(response, Frames), response
        return response

    def goodbye(self) -> Hangup:
        """How the relay closes this connection."""
        try:
            while True:
                self.take_message()
        except Hangup as hangup:
            return hangup


def http(address: tuple[str, int] | str, request: bytes) -> tuple[int, bytes]:
    """Send bytes as they are; the status and body of the answer."""
    wire = Wire(address)
    wire.send(request)
    answer = read_answer(wire)
    wire.close()
    return answer


def read_answer(wire: Wire) -> tuple[int, bytes]:
    """One HTTP answer."""
    head = wire.take_until(b"\r\n\r\n").decode().lower()
    size = int(head.partition("content-length: ")[2].partition("\r\n")[0])
    return int(head.split(" ")[1]), wire.take(size)


def post(body: bytes, *, path: str = "/v1", kind: str = "application/octet-stream") -> bytes:
    """A POST as bytes."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def plain(answer: AnyResponse) -> AnyResponse:
    """An answer without signatures, for tests of what digests hold."""
    return ActivityDigests(answer.first, answer.digests) if isinstance(answer, ActivityDigests) else answer


def ask_http(address: tuple[str, int] | str, request: Request) -> AnyResponse:
    """One request over a POST."""
    status, body = http(address, post(encode(request)))
    assert status == 200, (status, body)
    return decode_response(body)


class HandClock:
    """A clock that tests move by hand."""

    def __init__(self, day: int = 20_000) -> None:
        self.now = 1_000
        self.day = day

    def clock(self) -> Clock:
        return Clock(now=lambda: self.now, day=lambda: self.day)


class RunningRelay:
    """A relay on a thread of this process, reached over a real socket."""

    def __init__(
        self,
        data: Path | None = None,
        limits: Limits | None = None,
        *,
        services: Sequence[Service] = (),
        config: Config | None = None,
        stores: Stores | None = None,
        guard: ClockGuard | None = None,
    ) -> None:
        self.config = config or Config(data=data, listen=(Endpoint("127.0.0.1", 0),), limits=limits or Limits())
        self.hands = HandClock()
        self._stores = stores
        self._services = services
        self._guard = guard
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self.urls: list[str] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(TIMEOUT_S)
        if self._failure is not None:
            raise self._failure

    @property
    def data(self) -> Path:
        assert self.config.data is not None
        return self.config.data

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.urls[0].rpartition("//")[2].partition("/")[0].rpartition(":")
        return host, int(port)

    def client(self) -> Client:
        return Client(self.address, path=path_of(self.config.name))

    def tick(self, *, seconds: int = 0, days: int = 0) -> None:
        """Move the clock and let the relay notice; what it begins may still be under way."""
        self.hands.now += seconds
        self.hands.day += days
        self.call(self.relay._tick)

    def settle(self) -> None:
        """Return when every write and chore that has begun is done."""
        asyncio.run_coroutine_threadsafe(self.relay.boxes._shelf.drain(), self.loop).result(TIMEOUT_S)
        asyncio.run_coroutine_threadsafe(self._blobs_idle(), self.loop).result(TIMEOUT_S)

    async def _blobs_idle(self) -> None:
        await asyncio.gather(*self.relay.blobs._tasks, *self.relay.blobs._batches)

    def call(self, function: Callable[[], object]) -> None:
        """Run ``function`` on the relay's loop."""

        async def run() -> None:
            function()

        asyncio.run_coroutine_threadsafe(run(), self.loop).result(TIMEOUT_S)

    def stop(self) -> None:
        if self._thread.is_alive():
            self.loop.call_soon_threadsafe(self._end.set)
            self._thread.join(TIMEOUT_S)
            assert not self._thread.is_alive()

    def _run(self) -> None:
        uvloop.run(self._serve())

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        try:
            self.relay = Relay(
                self.config, self._stores or open_stores(self.config), self._services, self.hands.clock(), self._guard
            )
            self.urls = await self.relay.start()
        except BaseException as error:  # noqa: BLE001 - raised again in the test's thread
            self._failure = error
            return
        finally:
            self._ready.set()
        await self._end.wait()
        await self.relay.stop()
