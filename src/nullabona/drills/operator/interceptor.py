"""A hand on every request and answer of the relay in this process, with the network address it came from, and the head
of its connection's first request: everything that the client says of itself before it asks for anything.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from nullabona.errors import Malformed
from nullabona.relay.dispatch import Dispatcher
from nullabona.relay.front import Front
from nullabona.relay.websocket import WebSocket
from nullabona.wire.message import Request
from nullabona.wire.messages import AnyResponse, decode_request, decode_response


@dataclass(frozen=True, slots=True)
class Peer:
    """One connection: numbered as they come, and where from."""

    number: int
    address: str
    head: bytes = b""
    """The first head that came on it, as it came: a line for the request and one for each of its headers."""


class Interceptor(Protocol):
    """What the changed program does with what passes."""

    def asked(self, peer: Peer, request: Request) -> AnyResponse | None:
        """A request came. What to answer without serving it, or None: serve it."""
        ...

    def answered(self, peer: Peer, request: Request, response: AnyResponse) -> AnyResponse:
        """The relay has an answer. What to answer in its place: the same object, or another."""
        ...

    def left(self, peer: Peer) -> None:
        """A connection is gone."""
        ...


def intercept(interceptor: Interceptor) -> None:
    """Pass every request and answer through ``interceptor``, until the process ends. Call it before a relay is made."""
    hold = _Hold(interceptor)
    hold.change(Dispatcher, "dispatch", hold.dispatch)
    for caller in (WebSocket, Front):
        hold.change(caller, "answer", hold.answer)
        hold.change(caller, "answer_encoded", hold.answer_encoded)
    hold.change(Front, "_take_head", hold.take_head)
    hold.change(WebSocket, "on_ws_disconnected", hold.gone)
    hold.change(Front, "connection_lost", hold.gone)


Method = Callable[..., Any]


class _Hold:
    """The methods that take the place of the relay's own. Callers are told apart by identity, as the relay does."""

    def __init__(self, interceptor: Interceptor) -> None:
        self._interceptor = interceptor
        self._peers: dict[int, Peer] = {}
        self._open: dict[tuple[int, int], Request] = {}
        self._count = 0
        self._answers: dict[type, Method] = {}
        self._heads: dict[tuple[str, int], bytes] = {}
        """By the address and port that they came from, until the first request is decoded."""

    def change(self, owner: type, name: str, instead: Method) -> None:
        """Put ``instead`` in the place of a method; it is called with the original before the method's arguments."""
        original = getattr(owner, name)
        if name == "answer":
            self._answers[owner] = original

        def method(this: Any, *args: Any) -> Any:  # noqa: ANN401 - whatever the relay's method takes and gives
            return instead(original, this, *args)

        setattr(owner, name, method)

    def take_head(self, original: Method, this: Front, request: Any) -> None:  # noqa: ANN401 - h11's request
        lines = [request.method + b" " + request.target, *(b": ".join(each) for each in request.headers.raw_items())]
        self._heads.setdefault(place_of(this), b"\n".join(lines))
        original(this, request)

    def dispatch(
        self, original: Method, this: Dispatcher, body: bytes | memoryview, caller: Any, request_id: int  # noqa: ANN401
    ) -> None:  # fmt: skip
        try:
            request = decode_request(body)
        except Malformed:
            original(this, body, caller, request_id)
            return
        self._open[id(caller), request_id] = request
        instead = self._interceptor.asked(self._peer(caller), request)
        if instead is None:
            original(this, body, caller, request_id)
        else:
            caller.budget.inflight += 1
            caller.answer(request_id, instead)

    def answer(self, original: Method, caller: Any, request_id: int, response: AnyResponse) -> None:  # noqa: ANN401
        original(caller, request_id, self._altered(caller, request_id, response))

    def answer_encoded(self, original: Method, caller: Any, request_id: int, body: bytes) -> None:  # noqa: ANN401
        response = decode_response(body)
        instead = self._altered(caller, request_id, response)
        if instead is response:
            original(caller, request_id, body)
        else:
            self._answers[type(caller)](caller, request_id, instead)

    def gone(self, original: Method, caller: Any, *args: Any) -> None:  # noqa: ANN401 - a caller's signature
        peer = self._peers.pop(id(caller), None)
        for key in [key for key in self._open if key[0] == id(caller)]:
            del self._open[key]
        if peer is not None:
            self._interceptor.left(peer)
        original(caller, *args)

    def _altered(self, caller: Any, request_id: int, response: AnyResponse) -> AnyResponse:  # noqa: ANN401
        request = self._open.pop((id(caller), request_id), None)
        return response if request is None else self._interceptor.answered(self._peer(caller), request, response)

    def _peer(self, caller: Any) -> Peer:  # noqa: ANN401 - a Front or a WebSocket
        if id(caller) not in self._peers:
            self._count += 1
            place = place_of(caller)
            self._peers[id(caller)] = Peer(self._count, place[0], self._heads.pop(place, b""))
        return self._peers[id(caller)]


def place_of(caller: Any) -> tuple[str, int]:  # noqa: ANN401 - a Front or a WebSocket
    """Address and port of a connection's other end. The relay never asks for it; the kernel has to know."""
    transport = caller._transport  # noqa: SLF001 - it is the operator's own program
    if transport is None:
        return "", 0
    open_socket = getattr(transport, "underlying_transport", transport).get_extra_info("socket")
    with suppress(OSError), socket.socket(fileno=os.dup(open_socket.fileno())) as twin:
        address, port, *_ = twin.getpeername()
        return str(address), int(port)
    return "", 0
