"""What a WebSocket is given of a connection: nobody's address (threat model, S-16)."""

from __future__ import annotations

import asyncio
import gc
import socket
from typing import Any

import pytest
from picows import WSTransport

from nullabona.relay.handover import nameless
from tests.relay.peers import Box, Client


class Asked(asyncio.Transport):
    """A connection that notes what it is asked."""

    def __init__(self, family: socket.AddressFamily) -> None:
        super().__init__()
        self.one = socket.socket(family)
        self.asked: list[str] = []

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - asyncio's signature
        self.asked.append(name)
        return self.one if name == "socket" else default

    def write(self, data: Any) -> None: ...  # noqa: ANN401
    def writelines(self, list_of_data: Any) -> None: ...  # noqa: ANN401
    def close(self) -> None: ...
    def abort(self) -> None: ...
    def get_write_buffer_size(self) -> int:
        return 0


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6, socket.AF_UNIX])
def test_nobody_asks_who_is_at_the_other_end(family: socket.AddressFamily) -> None:
    """What picows would log is not made. The socket is handed on, and ignores the options of TCP if it is none."""
    under = Asked(family)
    given = nameless(under)
    assert ["nobody", None] == [given.get_extra_info("peername", "nobody"), given.get_extra_info("sockname")]
    assert [] == under.asked
    found = given.get_extra_info("socket")
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    assert (under.one.fileno(), found is under.one) == (found.fileno(), family != socket.AF_UNIX)
    under.one.close()


def test_a_relay_gives_its_websockets_nothing_else(client: Client) -> None:
    """Of a running relay: what picows holds of a connection does not say who is at the other end."""
    client.append(Box(), b"a frame of theirs".ljust(256))
    held = [one for one in gc.get_objects() if isinstance(one, WSTransport) and not one.is_client_side]
    open_ones = [one.underlying_transport for one in held if not one.is_disconnected]
    assert open_ones
    assert {None} == {one.get_extra_info("peername") for one in open_ones}
