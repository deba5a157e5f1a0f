"""Which proxies a client connects through: SOCKS5 ones on this machine (pure)."""

from __future__ import annotations

import re
from typing import Final

from nullabona.client.net.errors import ProxyRefused
from nullabona.wire.endpoint import EndpointRefused, is_loopback, split_authority
from nullabona.wire.handle import MAX_INPUT

_PROXY: Final = re.compile(r"socks5://([^/?#@\\\s]+)/?", re.ASCII)


def check_proxy(url: str) -> tuple[str, int]:
    """Host and port of a SOCKS5 proxy on this machine. Raises `ProxyRefused`."""
    match = _PROXY.fullmatch(url) if len(url) <= MAX_INPUT else None
    if match is None:
        raise ProxyRefused("this is not the address of a SOCKS5 proxy")
    try:
        host, port = split_authority(match[1])
    except EndpointRefused:
        raise ProxyRefused("this is not the address of a SOCKS5 proxy") from None
    if not is_loopback(host):
        raise ProxyRefused("a proxy on another machine would see plain traffic")
    return host, port or 1_080
