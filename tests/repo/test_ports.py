"""Ports for servers of tests and drills: nobody else takes one between its choice and its use."""

from __future__ import annotations

import random
import socket
from pathlib import Path

import pytest

from nullabona.processes import ports
from nullabona.processes.ports import free_port
from nullabona.processes.program import ProcessFailed

RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def test_no_outgoing_connection_takes_the_port() -> None:
    """It and the one above it are below those that the system takes, and no two are the same."""
    first = int(RANGE.read_text().split()[0])
    given = [free_port(apart=apart) + more for apart in (0, 10_000) for _ in range(20) for more in {0, apart}]
    assert all(10_000 <= port < first for port in given)
    assert len(given) == len(set(given))


def test_a_port_is_passed_over_whose_pair_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A node of an engine has two ports, and ended without a word if the second was taken."""
    with socket.socket() as taken:
        low = free_port(apart=1_000)
        taken.bind(("127.0.0.1", low + 1_000))
        monkeypatch.setattr(ports, "_given", set())
        offered = iter([low, low + 1])
        monkeypatch.setattr(random, "randrange", lambda _low, _end: next(offered))
        assert low + 1 == free_port(apart=1_000)


def test_without_a_free_port_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than looked for without end."""
    monkeypatch.setattr(ports, "_are_free", lambda _: False)
    with pytest.raises(ProcessFailed, match="no port is free"):
        free_port()
