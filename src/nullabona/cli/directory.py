"""The directory beside a relay: which handles are registered here, and how both are served by one process."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from nullabona.directory.service import open_directory
from nullabona.machine.settings import Endpoint
from nullabona.relay.config import Config
from nullabona.relay.run import MakeServices
from nullabona.wire.handle import parse_handle
from nullabona.wire.service import Service


def with_port(config: Config) -> Config:
    """The configuration with a real port in the place of port 0, because handles on this machine contain it."""
    first, *others = config.listen
    if not _is_own_address(first) or first.port:
        return config
    with socket.socket(socket.AF_INET6 if ":" in first.host else socket.AF_INET) as probe:
        probe.bind((first.host, 0))
        port: int = probe.getsockname()[1]
    return replace(config, listen=(Endpoint(first.host, port), *others))


def host_of(config: Config, given: str | None) -> str | None:
    """What stands after the @ in this relay's handles; None: nobody can register here.

    Without ``given`` that is the address itself if it is one of this machine's own, as for trying things out.
    """
    if given is not None:
        return parse_handle(f"xx@{given}").authority
    first = config.listen[0]
    return parse_handle(f"xx@{first}").authority if _is_own_address(first) else None


def directory_services(host: str | None) -> MakeServices:
    """What a relay's process serves beside boxes and blobs."""

    def make(config: Config) -> Sequence[Service]:
        return [] if host is None else [open_directory(config.data, host)]

    return make


def take_host(settings: dict[str, Any]) -> str | None:
    """Remove the directory's setting from those of the relay."""
    host = settings.pop("host", None)
    return None if host is None else str(host)


def _is_own_address(endpoint: Endpoint) -> bool:
    if endpoint.path is not None:
        return False
    try:
        return endpoint.host == "localhost" or ipaddress.ip_address(endpoint.host).is_loopback
    except ValueError:
        return False
