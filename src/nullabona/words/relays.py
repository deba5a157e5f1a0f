"""What a relay is called before people: its host, the port if it is unusual, and its name there if it has one."""

from __future__ import annotations

from nullabona.wire.endpoint import EndpointRefused, parse_endpoint


def relay_name(url: str) -> str:
    """The name of a relay's address; an address that is none stays as it is."""
    try:
        there = parse_endpoint(url)
    except EndpointRefused:
        return url
    usual = 443 if there.secure else 80
    server = there.host if there.port == usual else there.authority
    return f"{server}/n/{there.name}" if there.name else server
