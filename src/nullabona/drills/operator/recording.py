"""The tape of a live tap: everything that passed the relay, when, on which connection and from which address.

``python -m nullabona.drills.operator.recording FILE relay serve ...`` is ``nulla relay serve ...``, recorded.
For each line on stdin it looks into its own memory, and answers with a line of JSON: ``{"ties": [...]}``, what ties a
wake token to a box there, or ``{"failed": why it could not look}``.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from nullabona.drills.operator.interceptor import Peer, intercept
from nullabona.drills.operator.serving import say_ready, serve
from nullabona.wire.message import Request
from nullabona.wire.messages import AnyRequest, AnyResponse, decode_request, decode_response, encode


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """One line of the tape. ``at``: seconds on some clock; ``peer``: the connection; both bodies as they were sent."""

    at: float
    peer: int
    address: str
    request: bytes
    response: bytes = b""
    """Empty while it is not answered; empty with an empty ``request``: the connection ended."""
    head: bytes = b""
    """What stood above the connection's first request (`Peer.head`), where a request is not answered yet."""

    def asked(self) -> AnyRequest:
        """What was asked."""
        return decode_request(self.request)

    def told(self) -> AnyResponse:
        """What was answered."""
        return decode_response(self.response)


class Recording:
    """Writes a tape; an `Interceptor` that alters nothing."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._encode = msgspec.msgpack.Encoder().encode

    def asked(self, peer: Peer, request: Request) -> None:
        """See `Interceptor`."""
        self._write(peer, encode(request), head=peer.head)

    def answered(self, peer: Peer, request: Request, response: AnyResponse) -> AnyResponse:
        """See `Interceptor`."""
        self._write(peer, encode(request), encode(response))
        return response

    def left(self, peer: Peer) -> None:
        """See `Interceptor`."""
        self._write(peer)

    def _write(self, peer: Peer, request: bytes = b"", response: bytes = b"", head: bytes = b"") -> None:
        data = self._encode(Seen(time.monotonic(), peer.number, peer.address, request, response, head))
        self._out.write(len(data).to_bytes(4, "big") + data)
        self._out.flush()


def read_tape(path: Path) -> Iterator[Seen]:
    """Everything on a tape, in order. A last line that was cut off is left out."""
    decode = msgspec.msgpack.Decoder(Seen).decode
    with path.open("rb") as tape:
        while head := tape.read(4):
            data = tape.read(size := int.from_bytes(head, "big"))
            if len(data) < size:
                return
            yield decode(data)


def look(tape: Path) -> dict[str, Any]:
    """What this process remembers of what is on the tape: what it answers to a line on stdin."""
    try:
        return {"ties": _ties(tape)}
    except Exception as error:  # noqa: BLE001 - the drill is told, and the relay goes on
        return {"failed": f"{type(error).__name__}: {error}"}


def _ties(tape: Path) -> list[str]:
    from nullabona.drills.operator.remembering import Known, ties

    known = Known()
    for seen in read_tape(tape):
        if seen.request and not seen.response:
            known.take(seen.asked())
        elif seen.request:
            known.take_answer(seen.told())
    return ties(known)


def _obey(loop: asyncio.AbstractEventLoop, tape: Path) -> None:
    """Answer each line of stdin. The loop looks, between two of its callbacks: a signal's handler would interrupt the
    relay anywhere, also where a tuple is half made.
    """

    async def looked() -> dict[str, Any]:
        return look(tape)

    for _ in sys.stdin:
        found = asyncio.run_coroutine_threadsafe(looked(), loop).result()
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


def main() -> None:
    """Serve a relay with the tape running."""
    path = Path(sys.argv[1])

    def ready(urls: list[str]) -> None:
        threading.Thread(target=_obey, args=(asyncio.get_running_loop(), path), daemon=True).start()
        say_ready(urls)

    with path.open("wb") as out:
        intercept(Recording(out))
        serve(sys.argv[2:], ready)


if __name__ == "__main__":
    main()
