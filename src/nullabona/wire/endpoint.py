"""Where a relay is: encrypted addresses always, plain ones only where nobody is in between.

The rules look at the name alone and are the same every time: no failure ever leads from one form to another.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from nullabona.errors import UserError
from nullabona.wire.handle import MAX_INPUT, HandleError, parse_handle

MAX_RELAY_URL: Final = 255
"""Longest URL, in characters, that a card has room for."""
PATH: Final = "/v1"
"""Where a relay without a name is asked."""
_NAME: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_IS_NAME: Final = re.compile(_NAME, re.ASCII)
# A path is one of these and nothing else, so that nobody can name another service's URL: no percent, no dot, no second
# slash and no capital is in it that a client, a proxy and a relay could read differently.
_URL: Final = re.compile(rf"(wss|https|ws|http)://([^/?#@\\\s]+)(?:/|(?:/n/({_NAME}))?(?:/v1)?)", re.ASCII)
_HEX: Final = re.compile(r"0x[0-9a-f]*")
_SECURE: Final = frozenset({"wss", "https"})


_NAME_HINT: Final = "a name is 1 to 63 small letters, digits and hyphens between them: wss://relay.example/n/seoul-3"


class EndpointRefused(UserError):
    """An address is not one that the client connects to."""

    code = "endpoint-refused"
    default_hint = "use wss:// or https://; plain ws:// and http:// go only to this machine and to .onion addresses"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A relay's address. Plain only for this machine and onion services."""

    host: str
    """A name, an IPv4 address, or an IPv6 address without brackets."""
    port: int
    secure: bool
    name: str = ""
    """Which of the relays at this address, if it is one of several (spec/relay.md §2); empty: the only one, or the one
    without a name."""

    def __post_init__(self) -> None:
        if self.name and not is_name(self.name):
            raise EndpointRefused("this is not the name of a relay", hint=_NAME_HINT)
        if not self.secure and not (self.is_local or self.is_onion):
            raise EndpointRefused("a server on another machine is reached over TLS only")

    def __str__(self) -> str:
        return f"{'wss' if self.secure else 'ws'}://{self.authority}{self.path}"

    @property
    def path(self) -> str:
        """Where on that server its requests go."""
        return path_of(self.name)

    @property
    def authority(self) -> str:
        """``host:port`` as in a URL and a Host header."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_onion(self) -> bool:
        return self.host.endswith(".onion")

    @property
    def is_local(self) -> bool:
        """Whether the address is this machine's own, for certain: plain text may go there."""
        return is_loopback(self.host)

    @property
    def may_be_local(self) -> bool:
        """Whether some resolver takes it for this machine's own, however it is written: nobody else may name it.

        A name of somebody's own may lead here too; nothing is said there but what TLS says before the certificate.
        """
        return self.is_local or self.host.endswith(".localhost") or _leads_here(self.host)


def parse_endpoint(url: str) -> Endpoint:
    """The endpoint of a relay's URL; ``https`` means the same as ``wss``. Raises `EndpointRefused`."""
    match = _URL.fullmatch(url) if len(url) <= MAX_INPUT else None
    if match is None:
        raise EndpointRefused("this is not the address of a server", hint="it looks like wss://relay.example")
    secure = match[1] in _SECURE
    host, port = split_authority(match[2])
    found = Endpoint(host, port or (443 if secure else 80), secure, match[3] or "")
    if found.name and len(str(found)) > MAX_RELAY_URL:
        raise EndpointRefused("this address is too long for a card", hint="give the relay a shorter name or host")
    return found


def is_name(text: str) -> bool:
    """Whether a relay may be called so in a URL's path: 1 to 63 small letters, digits and inner hyphens, all ASCII."""
    return _IS_NAME.fullmatch(text) is not None


def path_of(name: str) -> str:
    """The one path at which a relay of this name is asked; that of a relay without a name if it is empty."""
    return f"/n/{name}{PATH}" if name else PATH


def endpoint_of(authority: str) -> Endpoint:
    """The endpoint of a handle's ``host[:port]``: TLS, except to this machine and to onion services."""
    host, port = split_authority(authority)
    secure = not (is_loopback(host) or host.endswith(".onion"))
    return Endpoint(host, port or (443 if secure else 80), secure)


def is_loopback(host: str) -> bool:
    """Whether ``host`` is ``localhost``, in 127.0.0.0/8, or ``::1``."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address == ipaddress.IPv6Address("::1") if address.version == 6 else address.is_loopback


def _leads_here(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:  # C libraries read a last label that is a number in hex as the end of an IPv4 address
        return _HEX.fullmatch(host.rpartition(".")[2]) is not None
    inner = (address.ipv4_mapped or address) if address.version == 6 else address
    return inner.is_unspecified or inner.is_loopback


def split_authority(authority: str) -> tuple[str, int | None]:
    """Host and port of ``host[:port]``. Raises `EndpointRefused`."""
    try:
        handle = parse_handle(f"xx@{authority}")
    except HandleError as error:
        raise EndpointRefused(f"this is not a server's address: {error.message}") from None
    return handle.host.strip("[]"), handle.port


def is_directory_of(relay: str, authority: str) -> bool:
    """Whether a relay's URL leads to the address at which the directory of handles at ``authority`` answers."""
    return parse_endpoint(relay).authority == endpoint_of(authority).authority


def same_or_safer(new: str, old: str) -> str:
    """The address of a relay that takes the place of ``old``, in normal form. Raises `EndpointRefused`.

    It is never this machine's own unless ``old`` is: else a stranger could name one to have others talk to services of
    their own machines. Everybody who knows ``old`` judges alike.
    """
    endpoint = parse_endpoint(new)
    if endpoint.may_be_local and not parse_endpoint(old).is_local:
        raise EndpointRefused("an account names this machine itself as its server")
    return str(endpoint)
