"""Opening a byte stream to a relay: TCP or a local SOCKS5 proxy, then TLS if the endpoint says so."""

from __future__ import annotations

import asyncio
import secrets
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, TypeVar

from python_socks import ProxyError
from python_socks.async_.asyncio import Proxy

from nullabona.client.net.errors import ProxyRefused, RelayUntrusted, TimedOut, Unreachable
from nullabona.client.net.proxy import check_proxy
from nullabona.errors import PeerError
from nullabona.machine.tls import client_context
from nullabona.wire.endpoint import Endpoint

P = TypeVar("P", bound=asyncio.BaseProtocol)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetOptions:
    """How a client reaches relays. A change of these can expose or redirect traffic that TLS does not protect."""

    ca_file: Path | None = None
    """Certificates to trust beside the system's, in PEM form."""
    proxy: str | None = None
    """A SOCKS5 proxy on this machine (Tor), for every relay that is not on this machine itself; names are resolved
    behind it. It is never left out because it fails."""
    fast: bool = False
    """All rooms of a relay share a connection that lasts: quicker, and who watches sees that they are one device's."""
    connect_s: float = 15.0
    """Longest time for reaching a relay, TLS and handshake included."""
    idle_s: float = 30.0
    """A connection on which nothing came for so long is asked whether it is alive."""
    pong_s: float = 15.0
    """Time for the reply."""
    most_requests: int = 4_096
    """Most requests waiting on one connection; also most POSTs at once."""


async def dial(endpoint: Endpoint, options: NetOptions, protocol: Callable[[], P]) -> P:
    """Connect ``protocol`` to the relay. Raises `ProxyRefused`, `RelayUntrusted` or `Unreachable`."""
    context = _context(options.ca_file) if endpoint.secure else None
    name = endpoint.host if context else None
    loop = asyncio.get_running_loop()
    try:
        if (sock := await _through_proxy(endpoint, options)) is not None:
            _, made = await loop.create_connection(protocol, sock=sock, ssl=context, server_hostname=name)
        else:
            _, made = await loop.create_connection(protocol, endpoint.host, endpoint.port, ssl=context)
    except (OSError, ProxyError) as error:
        raise translate(error) from error
    return made


def translate(error: Exception) -> PeerError:
    """The error to raise for one of the network's; its text, which may hold addresses, is left in the cause."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return RelayUntrusted("the server's certificate cannot be trusted")
    if isinstance(error, ssl.SSLError):
        return Unreachable("an encrypted connection to the server could not be made")
    if isinstance(error, TimeoutError):
        return TimedOut("the server did not answer in time")
    if isinstance(error, ProxyError):
        return Unreachable("the proxy does not reach the server")
    return Unreachable("the server cannot be reached")


_context: Final = cache(client_context)


async def _through_proxy(endpoint: Endpoint, options: NetOptions) -> socket.socket | None:
    """A socket that leads to the relay through the proxy; None if there is none to go through."""
    if endpoint.is_local:
        return None
    if options.proxy is None:
        if endpoint.is_onion:
            raise ProxyRefused("an onion address is reached through Tor only")
        return None
    host, port = check_proxy(options.proxy)
    who = secrets.token_hex(16)  # to Tor a reason to lead each connection another way; others need not ask for it
    proxy = Proxy.from_url(f"socks5://{who}:{who}@{f'[{host}]' if ':' in host else host}:{port}", rdns=True)
    return await proxy.connect(dest_host=endpoint.host, dest_port=endpoint.port)
