"""Ports for servers of tests and drills: nobody else takes one between its choice and its use."""

from __future__ import annotations

import random
import secrets
import socket
import sys
from pathlib import Path

import pytest

from nullabona.machine.doorway import listen
from nullabona.machine.settings import Endpoint
from nullabona.operating.directory import with_port
from nullabona.processes import ports
from nullabona.processes.ports import free_port
from nullabona.processes.program import ProcessFailed, python, run
from nullabona.relay.config import Config

RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def test_no_outgoing_connection_takes_the_port() -> None:
    """It and the one above it are below those that the system takes, and no two are the same."""
    first = int(RANGE.read_text().split()[0])
    given = [free_port(apart=apart) + more for apart in (0, 10_000) for _ in range(20) for more in {0, apart}]
    assert all(10_000 <= port < first for port in given)
    assert len(given) == len(set(given))


def test_a_port_is_passed_over_whose_pair_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A node of an engine has two ports, and ended without a word if the second was taken."""
    low = free_port(apart=1_000)
    monkeypatch.setattr(ports, "_given", set())
    monkeypatch.setattr(ports, "_are_free", lambda pair: low + 1_000 not in pair)
    offered = iter([low - 10_000, low - 9_999])
    monkeypatch.setattr(secrets, "randbelow", lambda _: next(offered))
    assert low + 1 == free_port(apart=1_000)


def test_what_somebody_listens_on_is_not_free() -> None:
    """Nor is a pair of which that is one."""
    with socket.socket() as taken:
        port = free_port(apart=1)
        taken.bind(("127.0.0.1", port + 1))
        assert not ports._are_free({port, port + 1})


def test_processes_with_one_seed_get_different_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests begin with the same seed in every process: two that ask at once may not choose the same port."""
    drawn = []
    for _ in range(2):
        monkeypatch.setattr(ports, "_given", set())
        random.seed(1)
        drawn.append([free_port() for _ in range(20)])
    assert drawn[0] != drawn[1]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names that stand for a port")
def test_no_other_process_gets_the_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though nobody listens there yet: a server takes a second to start, and may be down for a while."""
    mine = free_port()
    draw = f"""
from nullabona.processes import ports
offered = iter(range({mine - 10_000}, {mine}))
ports.secrets.randbelow = lambda _: next(offered)
ports._are_free = lambda _: True
print(ports.free_port() > {mine})
"""
    assert "True\n" == run(python("-c", draw)).out


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the port is given back before a server listens there")
def test_a_port_of_the_system_is_kept_until_a_server_listens() -> None:
    """Nobody else gets it meanwhile, as an outgoing connection might: what binds without a wish to share is refused."""
    config = with_port(Config(data=None, listen=(Endpoint("127.0.0.1", 0),)))
    port = config.listen[0].port
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port))
    (server,) = listen("127.0.0.1", port, 1)
    with server, socket.create_connection(("127.0.0.1", port)):
        assert port == server.getsockname()[1]


def test_without_a_free_port_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than looked for without end."""
    monkeypatch.setattr(ports, "_are_free", lambda _: False)
    with pytest.raises(ProcessFailed, match="no port is free"):
        free_port()
