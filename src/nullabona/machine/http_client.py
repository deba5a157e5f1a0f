"""An HTTP client for what is checked by its signature afterwards: a log's files, a witness's cosignature.

HTTP/1.1 over TLS; plain only to this machine and to onion services, and to those through a SOCKS proxy only. It follows
no redirect, sends no name of a program, and bounds the time and the size of every answer. docs/decisions/0012.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

import h11

from nullabona.errors import PeerError, UserError

_URL: Final = re.compile(r"(https?)://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?(/[!-~]*)?", re.ASCII)
_PROXY: Final = re.compile(r"socks5://(localhost|[0-9.]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})/?", re.ASCII)
_HEAD_BYTES: Final = 16_384
_CHUNK: Final = 65_536


class BadUrl(UserError):
    """The address cannot be used."""

    code = "bad-url"
    default_hint = "it looks like https://log.example/; plain http is for this machine and onion services only"


class HttpUnreachable(PeerError):
    """The server could not be reached, or broke off."""

    code = "unreachable"
    default_hint = "check the network; the same call may be repeated"
    retryable = True


class HttpTimedOut(HttpUnreachable):
    """The server did not answer in time."""

    code = "timed-out"


class HttpMisbehaved(PeerError):
    """The server's answer is no HTTP, or longer than it may be."""

    code = "http-misbehaved"
    default_hint = "is it the right address? else try again later"


@dataclass(frozen=True, slots=True)
class Address:
    """A base URL, taken apart. ``path`` ends with a slash."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{'https' if self.secure else 'http'}://{self.authority}{self.path}"


@dataclass(frozen=True, slots=True)
class Route:
    """How servers are reached. A proxy is never left out because it fails."""

    ca_file: Path | None = None
    proxy: str | None = None
    timeout_s: float = 20.0
    """Longest time for one question and its whole answer."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of a server."""

    status: int
    kind: str
    body: bytes


def parse_url(url: str) -> Address:
    """The address of a base URL. Raises `BadUrl`."""
    match = _URL.fullmatch(url)
    if match is None or "?" in url or "#" in url:
        raise BadUrl(f"this is not an address that can be used: {url!r}")
    secure, host = match[1] == "https", match[2].strip("[]").lower()
    port = int(match[3]) if match[3] else 443 if secure else 80
    if not 0 < port < 65_536:
        raise BadUrl(f"this is not an address that can be used: {url!r}")
    if not secure and not (is_loopback(host) or host.endswith(".onion")):
        raise BadUrl(f"plain http to another machine could be read and changed on the way: {url}")
    path = match[4] or "/"
    return Address(secure, host, port, path if path.endswith("/") else path + "/")


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine."""
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


class HttpClient:
    """Asks one server; connections are kept for the next question. Use it on one loop; `close` it in the end."""

    def __init__(self, address: Address, route: Route | None = None) -> None:
        self._address = address
        self._route = route or Route()
        self._context = _tls(self._route.ca_file) if address.secure else None
        self._idle: list[_Line] = []
        _check_route(address, self._route)

    async def get(self, name: str, most: int) -> Reply:
        """The answer to GET of ``name`` below the base URL, at most ``most`` bytes of it. Raises `PeerError`."""
        return await self._ask(_Question(b"GET", self._target(name), b"", "", most))

    async def post(self, name: str, body: bytes, most: int, kind: str = "text/plain; charset=utf-8") -> Reply:
        """The answer to POST of ``body``. Raises `PeerError`."""
        return await self._ask(_Question(b"POST", self._target(name), body, kind, most))

    async def close(self) -> None:
        """Hang up."""
        for line in self._idle:
            line.hang_up()
        for line in self._idle:
            with suppress(OSError):
                await line.writer.wait_closed()
        self._idle.clear()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _target(self, name: str) -> bytes:
        return (self._address.path + name).encode("ascii")

    async def _ask(self, question: _Question) -> Reply:
        try:
            async with asyncio.timeout(self._route.timeout_s):
                return await self._ask_over_a_line(question)
        except TimeoutError as error:
            raise HttpTimedOut(f"{self._address} did not answer in time") from error
        except h11.RemoteProtocolError as error:
            raise HttpMisbehaved(f"{self._address} does not speak HTTP as it should") from error
        except OSError as error:
            raise HttpUnreachable(f"{self._address} cannot be reached") from error

    async def _ask_over_a_line(self, question: _Question) -> Reply:
        while self._idle:
            line = self._idle.pop()
            try:
                return await self._use(line, question)
            except _Stale:
                continue
        try:
            return await self._use(await self._dial(), question)
        except _Stale as error:
            raise HttpUnreachable(f"{self._address} closed the connection without an answer") from error

    async def _use(self, line: _Line, question: _Question) -> Reply:
        try:
            reply = await line.ask(question, self._address.authority.encode())
        except BaseException:
            line.hang_up()
            raise
        if line.reusable():
            self._idle.append(line)
        else:
            line.hang_up()
        return reply

    async def _dial(self) -> _Line:
        address, name = self._address, self._address.host if self._context else None
        if self._route.proxy is None or is_loopback(address.host):
            opened = await asyncio.open_connection(address.host, address.port, ssl=self._context, limit=_CHUNK)
            return _Line(*opened)
        from python_socks import ProxyError
        from python_socks.async_.asyncio import Proxy

        try:
            through = await Proxy.from_url(self._route.proxy, rdns=True).connect(address.host, address.port)
        except ProxyError as error:
            raise HttpUnreachable(f"the proxy does not reach {address}") from error
        opened = await asyncio.open_connection(sock=through, ssl=self._context, server_hostname=name, limit=_CHUNK)
        return _Line(*opened)


class _Stale(Exception):
    """A kept connection was closed by the other end before it said anything."""


@dataclass(frozen=True, slots=True)
class _Question:
    method: bytes
    target: bytes
    body: bytes
    kind: str
    most: int


@dataclass(slots=True)
class _Line:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    http: h11.Connection = field(
        default_factory=lambda: h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_BYTES)
    )

    async def ask(self, question: _Question, authority: bytes) -> Reply:
        headers = [(b"host", authority)]
        if question.method == b"POST":
            headers += [(b"content-type", question.kind.encode()), (b"content-length", b"%d" % len(question.body))]
        parts: list[h11.Event] = [h11.Request(method=question.method, target=question.target, headers=headers)]
        parts += [h11.Data(data=question.body)] if question.body else []
        try:
            self.writer.write(b"".join(self.http.send(part) or b"" for part in (*parts, h11.EndOfMessage())))
            await self.writer.drain()
        except ConnectionError as error:
            raise _Stale from error
        return await self._answer(question.most)

    async def _answer(self, most: int) -> Reply:
        status, kind, body = 0, "", bytearray()
        while True:
            event = self.http.next_event()
            if event is h11.NEED_DATA:
                await self._receive(begun=status != 0)
            elif isinstance(event, h11.Response):
                status, kind = event.status_code, dict(event.headers).get(b"content-type", b"").decode("latin-1")
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > most:
                    raise HttpMisbehaved("the server's answer is longer than it may be")
            elif isinstance(event, h11.EndOfMessage):
                return Reply(status, kind, bytes(body))
            elif not isinstance(event, h11.InformationalResponse):
                raise _Stale

    async def _receive(self, *, begun: bool) -> None:
        try:
            data = await self.reader.read(_CHUNK)
        except ConnectionError as error:
            if begun or self.http.trailing_data[0]:
                raise
            raise _Stale from error
        if not data and not begun and not self.http.trailing_data[0]:
            raise _Stale
        self.http.receive_data(data)

    def reusable(self) -> bool:
        if self.http.our_state is not h11.DONE or self.http.their_state is not h11.DONE:
            return False
        self.http.start_next_cycle()
        return True

    def hang_up(self) -> None:
        self.writer.close()


def _check_route(address: Address, route: Route) -> None:
    if route.proxy is not None:
        match = _PROXY.fullmatch(route.proxy)
        if match is None or not is_loopback(match[1].strip("[]")):
            raise BadUrl("the proxy must be a SOCKS5 proxy on this machine", hint="socks5://127.0.0.1:9050, say")
    elif address.host.endswith(".onion"):
        raise BadUrl("an onion address is reached through Tor only", hint="give --proxy socks5://127.0.0.1:9050")


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_default_certs()
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except OSError as error:
            raise UserError("the extra certificate file cannot be used") from error
    return context
