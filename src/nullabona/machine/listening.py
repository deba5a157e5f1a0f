"""Listens at the configured endpoints without learning who connects (`nullabona.machine.doorway`)."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from nullabona.errors import UserError
from nullabona.machine.doorway import Doorway, listen
from nullabona.machine.failures import reason_of
from nullabona.machine.settings import Endpoint

Listening: TypeAlias = asyncio.Server | Doorway


class CannotListen(UserError):
    """A server cannot listen at this address."""

    code = "cannot-listen"
    default_hint = "`ss -ltnp` names the program that listens there; or choose another address"


async def listen_at(
    endpoint: Endpoint,
    connection: Callable[[], asyncio.Protocol],
    *,
    backlog: int,
    context: ssl.SSLContext | None,
    handshake_s: float,
    on_full: Callable[[], None] = lambda: None,
) -> Listening:
    """Give each connection to ``endpoint`` its own ``connection``; ``on_full``: see `Doorway`.

    Raises `CannotListen`.
    """
    timeout = handshake_s if context else None
    try:
        if endpoint.path is None:
            sockets = listen(endpoint.host, endpoint.port, backlog)
            return Doorway(connection, sockets, context=context, handshake_s=timeout, on_full=on_full)
        loop = asyncio.get_running_loop()
        server = await loop.create_unix_server(
            connection, endpoint.path, backlog=backlog, ssl=context, ssl_handshake_timeout=timeout
        )
        _open_to_this_machine(endpoint.path)
    except OSError as error:
        raise CannotListen(f"cannot listen on {endpoint}: {reason_of(error)}") from error
    return server


def _open_to_this_machine(path: str) -> None:
    """A proxy runs as another user. Programs of this machine could also reach a port; the folder may allow less."""
    Path(path).chmod(0o666)
