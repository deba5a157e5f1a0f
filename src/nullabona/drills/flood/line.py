"""A WebSocket written by hand, for an attacker who ignores a client's rules (spec/relay.md §2.1)."""

from __future__ import annotations

import asyncio
import base64
import os
import struct
from typing import Final, Self

from nullabona.wire.messages import AnyRequest, AnyResponse, decode_response, encode
from nullabona.wire.records import encode_record, split_records

_BINARY: Final = 2
_PING: Final = 9
_CLOSE: Final = 8
_NO_MASK: Final = bytes(4)
_MOST: Final = 2**30


class HungUp(Exception):
    """The relay has closed the connection."""


class Line:
    """One connection to a relay on this machine."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._next = 0
        self.received = 0
        """Bytes of messages that came."""

    @classmethod
    async def open(cls, port: int) -> Self:
        """Raises `HungUp`."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
            key = base64.b64encode(os.urandom(16)).decode()
            writer.write(
                f"GET /v1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
            )
            await reader.readuntil(b"\r\n\r\n")
        except (OSError, asyncio.IncompleteReadError) as error:
            raise HungUp from error
        return cls(reader, writer)

    async def ask(self, *requests: AnyRequest) -> list[AnyResponse]:
        """Ask all at once; their answers, in whatever order they come. Raises `HungUp`."""
        self.send(*requests)
        answers: list[AnyResponse] = []
        while len(answers) < len(requests):
            answers += await self.take()
        return answers

    def send(self, *requests: AnyRequest) -> None:
        """Ask, and wait for nothing."""
        self.push(b"".join(encode_record(self._number(), encode(request)) for request in requests))

    def push(self, payload: bytes, *, fin: bool = True, keep_back: int = 0) -> None:
        """A frame with any content, of which so many bytes at the end do not come."""
        size = len(payload)
        head = bytes([_BINARY | (0x80 if fin else 0)])
        head += struct.pack(">BQ", 0xFF, size) if size > 65_535 else struct.pack(">BH", 0xFE, size)
        if size < 126:
            head = head[:1] + bytes([0x80 | size])
        self._writer.write(head + _NO_MASK + payload[: size - keep_back])

    async def take(self) -> list[AnyResponse]:
        """One message of answers. Raises `HungUp`."""
        try:
            while True:
                first, second = await self._reader.readexactly(2)
                size = second & 0x7F
                if size > 125:
                    size = int.from_bytes(await self._reader.readexactly(2 if size == 126 else 8), "big")
                payload = await self._reader.readexactly(size)
                self.received += size
                if first & 15 == _BINARY:
                    return [decode_response(body) for _, body in split_records(payload, _MOST)]
                if first & 15 == _PING:
                    self._writer.write(b"\x8a\x80" + _NO_MASK)
                if first & 15 == _CLOSE:
                    raise HungUp
        except (OSError, asyncio.IncompleteReadError) as error:
            raise HungUp from error

    def close(self) -> None:
        """Hang up."""
        self._writer.close()

    def _number(self) -> int:
        self._next += 1
        return self._next
