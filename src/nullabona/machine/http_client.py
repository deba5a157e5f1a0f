"""An HTTP client for data that is verified by its signature afterwards: a log's files, a witness's cosignature.

HTTP/1.1 over TLS; plain only to this machine and to onion services, and to those through a SOCKS proxy only. It follows
no redirect, sends no name of a program, and bounds the time and the size of every answer. docs/decisions/0012.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self, TypeAlias

import h11

from nullabona.errors import PeerError, UserError
from nullabona.machine.http_exchange import HttpExchange, Reply, Unanswered
from nullabona.machine.tls import client_context

_URL: Final = re.compile(r"(https?)://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?(/[!-~]*)?", re.ASCII)
_PROXY: Final = re.compile(r"socks5://(localhost|[0-9.]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})/?", re.ASCII)
_Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]


class BadUrl(UserError):
    """The address cannot be used."""

    code = "bad-url"
    default_hint = "it looks like https://log.example/; plain http is for this machine and onion services only"


class HttpUnreachable(PeerError):
    """The server could not be reached, or closed the connection."""

    code = "unreachable"
    default_hint = "check the network; you may try again"
    retryable = True


class HttpTimedOut(HttpUnreachable):
    """The server did not answer in time."""

    code = "timed-out"


class HttpMisbehaved(PeerError):
    """The server's answer is not HTTP, or too long."""

    code = "http-misbehaved"
    default_hint = "check the address, or try again later"


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
    """How servers are reached. A failing proxy is never bypassed."""

    ca_file: Path | None = None
    proxy: str | None = None
    timeout_s: float = 20.0
    """Longest time for one request and its whole answer."""


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
    """Sends requests to one server and keeps connections open. Use it on one loop; `close` it in the end."""

    def __init__(self, address: Address, route: Route | None = None) -> None:
        self._address = address
        self._route = route or Route()
        self._context = client_context(self._route.ca_file) if address.secure else None
        self._idle: list[HttpExchange] = []
        _check_route(address, self._route)

    async def get(self, name: str, most: int) -> Reply:
        """The answer to GET of ``name`` below the base URL, at most ``most`` bytes of it. Raises `PeerError`."""
        return await self._ask(b"GET", name, (), b"", most)

    async def post(self, name: str, body: bytes, most: int, kind: str = "text/plain; charset=utf-8") -> Reply:
        """The answer to POST of ``body``. Raises `PeerError`."""
        headers = ((b"content-type", kind.encode()), (b"content-length", b"%d" % len(body)))
        return await self._ask(b"POST", name, headers, body, most)

    async def close(self) -> None:
        """Hang up."""
        for exchange in self._idle:
            exchange.hang_up()
        for exchange in self._idle:
            await exchange.ended.wait()
        self._idle.clear()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _ask(self, method: bytes, name: str, headers: _Headers, body: bytes, most: int) -> Reply:
        target = (self._address.path + name).encode("ascii")
        host = (b"host", self._address.authority.encode())
        head = h11.Request(method=method, target=target, headers=[host, *headers])
        try:
            async with asyncio.timeout(self._route.timeout_s):
                return await self._ask_anywhere(head, body, most)
        except TimeoutError as error:
            raise HttpTimedOut(f"{self._address} did not answer in time") from error
        except h11.RemoteProtocolError as error:
            raise HttpMisbehaved(
                f"{self._address} does not speak HTTP as it should, or its answer is too long"
            ) from error
        except OSError as error:
            raise HttpUnreachable(f"{self._address} cannot be reached") from error

    async def _ask_anywhere(self, head: h11.Request, body: bytes, most: int) -> Reply:
        while self._idle:
            try:
                return await self._use(self._idle.pop(), head, body, most)
            except Unanswered:
                continue
        return await self._use(await self._dial(), head, body, most)

    async def _use(self, exchange: HttpExchange, head: h11.Request, body: bytes, most: int) -> Reply:
        try:
            reply = await exchange.ask(head, body, most)
        except BaseException:
            exchange.hang_up()
            raise
        if exchange.is_reusable():
            self._idle.append(exchange)
        else:
            exchange.hang_up()
        return reply

    async def _dial(self) -> HttpExchange:
        address, loop = self._address, asyncio.get_running_loop()
        if self._route.proxy is None or is_loopback(address.host):
            _, made = await loop.create_connection(HttpExchange, address.host, address.port, ssl=self._context)
            return made
        from python_socks import ProxyError
        from python_socks.async_.asyncio import Proxy

        try:
            through = await Proxy.from_url(self._route.proxy, rdns=True).connect(address.host, address.port)
        except ProxyError as error:
            raise HttpUnreachable(f"the proxy does not reach {address}") from error
        name = address.host if self._context else None
        _, made = await loop.create_connection(HttpExchange, sock=through, ssl=self._context, server_hostname=name)
        return made


def _check_route(address: Address, route: Route) -> None:
    if route.proxy is not None:
        match = _PROXY.fullmatch(route.proxy)
        if match is None or not is_loopback(match[1].strip("[]")):
            raise BadUrl("the proxy must be a SOCKS5 proxy on this machine", hint="socks5://127.0.0.1:9050, say")
    elif address.host.endswith(".onion"):
        raise BadUrl("an onion address is reached through Tor only", hint="give --proxy socks5://127.0.0.1:9050")
