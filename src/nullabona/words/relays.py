"""What a relay is called before people: its host, and the port if it is not the usual one."""

from __future__ import annotations

from nullabona.wire.endpoint import EndpointRefused, parse_endpoint


def relay_name(url: str) -> str:
    """The name of a relay's address; an address that is none stays as it is."""
    try:
        there = parse_endpoint(url)
    except EndpointRefused:
        return url
    usual = 443 if there.secure else 80
    return there.host if there.port == usual else there.authority
