"""Whoever holds all of the app's connections holds nobody up: one that showed nothing makes room for the next."""

from __future__ import annotations

import http.client
import json
import secrets
import socket
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from nullabona.app.server import crowd
from nullabona.app.server.crowd import owners, who_leaves
from nullabona.app.server.server import MOST_CONNECTIONS
from tests.app.person import App
from tests.app.wire import origin, request

ANOTHER_USER = 4_242_424


@dataclass
class Seat:
    """A connection."""

    port: int
    proven: bool = False
    waits: bool = True
    number: int = 0


def test_who_showed_nothing_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another user's first, then one that waits, then the oldest; what showed a token stays."""
    seats = [
        Seat(1, proven=True, number=1),
        Seat(2, waits=False, number=2),
        Seat(3, number=3),
        Seat(4, number=4),
        Seat(5, waits=False, number=5),
        Seat(6, number=6),
    ]
    uids = {5: ANOTHER_USER, 6: ANOTHER_USER, 3: 0}
    monkeypatch.setattr(crowd, "owners", lambda _port: uids)
    order = []
    while (leaves := who_leaves(seats, 80)) is not None:
        order.append(leaves.port)
        seats = [seat for seat in seats if seat is not leaves]
    assert [6, 5, 3, 4, 2] == order


def test_the_system_tells_whose_a_connection_is() -> None:
    """This process's own, by the port of its end; where there is no table nobody is told from anybody."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        found, own = owners(server.getsockname()[1]), client.getsockname()[1]
        # Connections that ended a while ago, to a server that had this port before, may still be in the table.
        assert found[own] in crowd._OURS
    assert own not in owners(1)


def test_without_such_a_table_all_are_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on other systems than Linux."""
    monkeypatch.setattr(crowd, "_TABLES", ("/nowhere",))
    assert {} == owners(80)
    assert 2 == getattr(who_leaves([Seat(3, number=3), Seat(2, number=2)], 80), "port", 0)


@pytest.mark.parametrize("said", ["", "HEAD", "half", "body", "upgrade"])
def test_a_page_loads_while_somebody_holds_every_connection(app: App, said: str) -> None:
    """Silent ones, ones that were answered and wait, ones that never end their head or body, and upgrades that are
    refused: twice as many as there are places. A page that showed its token keeps its connection all the while.
    """
    host = f"Host: 127.0.0.1:{app.port}\r\nOrigin: {origin(app.port)}\r\n"
    begin = {
        "": "",
        "HEAD": f"HEAD / HTTP/1.1\r\n{host}\r\n",
        "half": f"GET / HTTP/1.1\r\n{host}",
        "body": f"POST /trade HTTP/1.1\r\n{host}Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{{",
        "upgrade": f"GET /ws HTTP/1.1\r\n{host}Upgrade: websocket\r\nConnection: Upgrade\r\n",
    }[said]
    mine = http.client.HTTPConnection("127.0.0.1", app.port, timeout=20)
    body = json.dumps({"launch": app.launch, "token": secrets.token_urlsafe(32)})
    mine.request("POST", "/trade", body, {"Content-Type": "application/json", "Origin": origin(app.port)})
    assert b"{}" == mine.getresponse().read()
    with ExitStack() as held:
        for count in range(2 * MOST_CONNECTIONS):
            one = held.enter_context(socket.create_connection(("127.0.0.1", app.port), timeout=20))
            one.sendall(begin.encode())
            if count % MOST_CONNECTIONS == MOST_CONNECTIONS - 1:
                assert 200 == request(app.port, "GET", "/")[0]
        assert [200] * 5 == [request(app.port, "GET", "/")[0] for _ in range(5)]
        mine.request("GET", "/")
        assert 200 == mine.getresponse().status
    mine.close()
