"""How a page talks with the app, without a browser: HTTP by hand, one WebSocket, calls and pushes as structs."""

from __future__ import annotations

import asyncio
import http.client
import json
import secrets
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from typing import Any, TypeVar, cast

import msgspec
from picows import WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from nullabona.app.protocol import pushes as p
from nullabona.app.protocol.account_calls import Lock
from nullabona.app.protocol.call import ANSWERS, Call

T = TypeVar("T")
PATIENCE_S = 30.0
RESTARTS = 1012
BEGINS_ANEW_S = 3.0
_pushed = msgspec.json.Decoder(p.Pushed)


class Refusal(Exception):
    """The app answered `Failed`."""

    def __init__(self, failed: dict[str, Any]) -> None:
        super().__init__(f"{failed['code']}: {failed['message']}")
        self.code: str = failed["code"]
        self.message: str = failed["message"]
        self.hint: str = failed["hint"]


class Loop:
    """An event loop in a thread of its own, so that tests are plain functions (Playwright's sync API wants that)."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(PATIENCE_S)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class _Listener(WSListener):
    """Hears what the app says."""

    def __init__(self, hear: Callable[[bytes], None], end: Callable[[int], None]) -> None:
        super().__init__()
        self.transport: WSTransport | None = None
        self._hear = hear
        self._end = end
        self._parts = bytearray()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        received: Any = getattr(transport.close_handshake, "recv", None)
        self._end(int(received.code.value) if received is not None else 0)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code(), b"")
            transport.disconnect()
        elif frame.msg_type in {WSMsgType.TEXT, WSMsgType.CONTINUATION}:
            self._parts += frame.get_payload_as_bytes()
            if frame.fin:
                whole, self._parts = bytes(self._parts), bytearray()
                self._hear(whole)


class Page:
    """An open page: what it asked, and everything it was told."""

    def __init__(self, loop: Loop, port: int, token: str) -> None:
        self.port = port
        self.token = token
        self.pushes: list[p.Pushed] = []
        self.closed_with: int | None = None
        self._loop = loop
        self._listener: _Listener | None = None
        self._news = threading.Condition()
        self._answers: dict[int, dict[str, Any]] = {}
        self._count = 0

    # -- the connection -----------------------------------------------------------------------------------------------

    def connect(self, after: int | None = None, headers: Mapping[str, str] | None = None) -> Page:
        """Open the WebSocket; ``after``: what was heard last."""
        self._loop.do(self._connect(after, headers or {}))
        return self

    async def _connect(self, after: int | None, more: Mapping[str, str]) -> None:
        host = f"127.0.0.1:{self.port}"
        headers = {"Origin": f"http://{host}", "Sec-WebSocket-Protocol": f"nulla, token.{self.token}"} | dict(more)
        query = "" if after is None else f"?after={after}"
        self.closed_with = None
        _, listener = await ws_connect(
            lambda: _Listener(self._hear, self._end),
            f"ws://{host}/ws{query}",
            extra_headers=headers,
            max_frame_size=64 * 1024 * 1024,
        )
        self._listener = cast(_Listener, listener)

    def cut(self) -> None:
        """The connection breaks."""
        listener = self._listener
        if listener is not None and listener.transport is not None:
            transport = listener.transport
            self._loop.do(self._on_loop(lambda: transport.disconnect(graceful=False)))
            self.until(lambda: self.closed_with is not None)

    async def _on_loop(self, work: Callable[[], None]) -> None:
        work()

    def send(self, data: bytes) -> None:
        """Send one text message as it is."""
        listener = self._listener
        assert listener is not None
        assert listener.transport is not None
        transport = listener.transport
        self._loop.do(self._on_loop(lambda: transport.send(WSMsgType.TEXT, data)))

    def _hear(self, data: bytes) -> None:
        with self._news:
            raw = json.loads(data)
            if raw["kind"] == "push":
                self.pushes.append(_pushed.decode(data))
            else:
                self._answers[raw["id"]] = raw
            self._news.notify_all()

    def _end(self, code: int) -> None:
        with self._news:
            self.closed_with = code
            self._news.notify_all()

    def let_it_begin_anew(self) -> None:
        """What is asked of a process that is about to go might not be answered. One that was locked before stays."""
        with self._news:
            if not self._news.wait_for(lambda: self.closed_with == RESTARTS, BEGINS_ANEW_S):
                return
        self.closed_with = None
        self._come_back()

    def _come_back(self) -> None:
        """As a page does when the process begins anew after a lock."""
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                self.connect(self.seq)
            except (OSError, WSError):
                if time.monotonic() > end:
                    raise
            else:
                return

    # -- calls --------------------------------------------------------------------------------------------------------

    def ask(self, call: Call[Any]) -> int:
        """Send a call; its id."""
        with self._news:
            self._count += 1
            id = self._count
        self.send(msgspec.json.encode({"id": id, "ask": call}))
        return id

    def answer(self, id: int) -> dict[str, Any]:
        """The answer of a call, as it came."""
        self.until(lambda: id in self._answers)
        return self._answers.pop(id)

    def call(self, call: Call[T]) -> T:
        """The answer of a call. Raises `Refusal`."""
        raw = self.answer(self.ask(call))
        if isinstance(call, Lock):
            self.let_it_begin_anew()
        if raw["kind"] == "failed":
            raise Refusal(raw)
        return cast(T, msgspec.convert(raw["answer"], ANSWERS[type(call)]))

    # -- waiting ------------------------------------------------------------------------------------------------------

    def until(self, true: Callable[[], Any], most_s: float = PATIENCE_S) -> None:
        """Until something about what was heard is true."""
        with self._news:
            assert self._news.wait_for(lambda: bool(true()) or self._is_lost(true), most_s), "it did not become true"

    def _is_lost(self, true: Callable[[], Any]) -> bool:
        if self.closed_with == RESTARTS and not true():
            threading.Thread(target=self._come_back).start()
            self.closed_with = None
            return False
        assert self.closed_with is None or true(), f"the connection ended ({self.closed_with})"
        return False

    def told(self, kind: type[T], fits: Callable[[T], Any] = lambda _: True, after: int = 0) -> T:
        """The first push of a kind that fits, among those after a number; waits for it."""
        found: list[T] = []

        def look() -> bool:
            found[:] = [x.push for x in self.pushes if x.seq > after and isinstance(x.push, kind) and fits(x.push)]
            return bool(found)

        self.until(look)
        return found[0]

    @property
    def seq(self) -> int:
        """The number of the last push."""
        return self.pushes[-1].seq if self.pushes else 0


def request(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """One HTTP request with exactly these headers (``Host`` unless given); status, headers in lower case, body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in ({"Host": f"127.0.0.1:{port}"} | sent).items():
            connection.putheader(name, value)
        if body or method == "POST":
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def origin(port: int) -> str:
    """The page's own origin."""
    return f"http://127.0.0.1:{port}"


def trade(port: int, launch: str, token: str = "") -> tuple[int, str]:
    """Trade a launch token for a fresh working token, or the one that is given; the status and the token."""
    token = token or secrets.token_urlsafe(32)
    body = json.dumps({"launch": launch, "token": token}).encode()
    status, _, _ = request(port, "POST", "/trade", body, Origin=origin(port), Content_Type="application/json")
    return status, token if status == 200 else ""
