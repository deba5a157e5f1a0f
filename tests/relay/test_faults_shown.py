"""A relay that can keep nothing says so: in its log, in its counts and to whoever asks after its health."""

from __future__ import annotations

import errno
import os
import socket
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nullabona.machine import doorway
from nullabona.machine.doorway import is_near
from nullabona.machine.failures import name_of
from nullabona.machine.settings import Endpoint
from nullabona.relay import server
from nullabona.relay.config import Config
from nullabona.relay.faults import SAID_AGAIN_S, Faults
from nullabona.relay.server import Stores
from nullabona.relay.store.interface import StoreFailed
from nullabona.relay.store.memory import MemoryBlobStore
from nullabona.relay.store.sqlite import SqliteBoxStore
from nullabona.wire.messages import Appended, Refusal
from tests.relay.peers import Box, RunningRelay, http

GET_HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
GET_METRICS = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"


def test_a_relay_on_a_full_disk_says_so(
    run: Callable[..., RunningRelay], tmp_path: Path, box: Box, caplog: pytest.LogCaptureFixture
) -> None:
    """From the first frame that is refused to the first that is kept again."""
    store = SqliteBoxStore(tmp_path)
    relay = run(stores=Stores(store, MemoryBlobStore()))
    client = relay.client()
    client.append(box, b"first")
    well = http(relay.address, GET_HEALTH)
    store._write.execute("PRAGMA max_page_count = 8").fetchone()
    answers = [client.ask(box.append(os.urandom(60_000))) for _ in range(3)]
    ill = http(relay.address, GET_HEALTH)
    relay.tick(seconds=60)
    relay.settle()  # whatever the tick began uses the same connection
    metrics = http(relay.address, GET_METRICS)[1].decode()
    store._write.execute("PRAGMA max_page_count = 100000").fetchone()
    assert isinstance(client.ask(box.append(b"again")), Appended)
    again = http(relay.address, GET_HEALTH)
    failed = sum(isinstance(answer, Refusal) for answer in answers)
    assert [(200, b"ok\n"), (503, b"cannot write\n"), (200, b"ok\n")] == [well, ill, again]
    assert f'nullabona_relay_faults_total{{kind="commit"}} {failed}\n' in metrics
    assert ["a commit failed: SQLITE_FULL; 1 so far"] == caplog.messages


def test_a_failure_is_said_at_once_and_then_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """Each kind for itself, with the count, and nothing that the error's text says."""
    now = 100.0
    faults = Faults(lambda: now)
    for step in (0, 1, SAID_AGAIN_S):
        now += step
        faults.note("blob", OSError(errno.ENOSPC, "secret"))
    faults.note("chore", StoreFailed("secret"))
    assert {"blob": 3, "chore": 1} == faults
    assert [
        "a blob failed: ENOSPC; 1 so far",
        "a blob failed: ENOSPC; 3 so far",
        "a chore failed: StoreFailed; 1 so far",
    ] == caplog.messages


def test_an_error_has_the_name_that_the_system_gives_it() -> None:
    """The one at the bottom: that is what an operator can look up."""
    failure = StoreFailed("the store")
    try:
        sqlite3.connect("/nowhere/at/all")
    except sqlite3.Error as error:
        failure.__cause__ = error
    assert ["SQLITE_CANTOPEN", "KeyError"] == [name_of(failure), name_of(KeyError("mina"))]


def test_metrics_are_not_for_strangers(run: Callable[..., RunningRelay], monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes from elsewhere is told that nothing is there, unless the operator shows it to all."""
    listen = (Endpoint("127.0.0.1", 0),)
    closed, opened = run(None), run(config=Config(data=None, listen=listen, metrics_for_all=True))
    near = http(closed.address, GET_METRICS)[0]
    monkeypatch.setattr(server, "comes_from_near", lambda _transport: False)
    assert [200, 404, 200] == [near, http(closed.address, GET_METRICS)[0], http(opened.address, GET_METRICS)[0]]


def sockaddr(text: str) -> list[int]:
    """The bytes of an address as getpeername(2) writes them."""
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    place = doorway._INET6_AT if ":" in text else doorway._INET_AT
    head = int(family).to_bytes(2, sys.byteorder)
    return list((head + bytes(place - 2) + socket.inet_pton(family, text)).ljust(128, b"\0"))


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("127.0.0.1", True), ("10.1.2.3", True), ("172.31.255.1", True), ("192.168.0.9", True), ("::1", True),
        ("fd00::1", True), ("fe80::1", True), ("::ffff:10.0.0.1", True), ("::ffff:8.8.8.8", False), ("8.8.8.8", False),
        ("172.32.0.1", False), ("2001:db8::1", False), ("::2", False), ("100.64.0.1", False),
    ],
)  # fmt: skip
def test_near_is_this_machine_and_private_networks(text: str, *, near: bool) -> None:
    """Of both families, and of IPv4 inside IPv6."""
    assert near == is_near(sockaddr(text))
