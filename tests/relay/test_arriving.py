"""Requests that have come in part are bounded for all connections together, whatever they are sent by (§4.6)."""

from __future__ import annotations

import resource
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from nullabona.processes.servers import RelayProcess
from nullabona.relay.arriving import SMALL, Arriving
from nullabona.relay.core.limits import Limits
from nullabona.wire.messages import encode
from tests.relay.peers import BINARY, PONG, Box, Client, Hangup, RunningRelay, Wire, post, read_answer

MOST = 4 * 2**20
PIECE = 2**20


@dataclass
class Peer:
    """Somebody who has sent a part."""

    size: int
    since: float
    there: bool = True

    def arrived(self) -> int:
        return self.size

    def begun(self) -> float:
        return self.since

    def cut_off(self) -> None:
        self.there = False


def left(most: int, *peers: Peer) -> list[bool]:
    arriving = Arriving(most, lambda: [peer for peer in peers if peer.there])
    for peer in peers:
        arriving.add(peer.size)
    return [peer.there for peer in peers]


def test_as_much_as_the_bound_is_left_alone() -> None:
    """Exactly the bound is not too much; one byte more is."""
    assert [True, True] == left(8 * SMALL, Peer(4 * SMALL, 1), Peer(4 * SMALL, 2))
    assert [False, True] == left(8 * SMALL, Peer(4 * SMALL, 1), Peer(4 * SMALL + 1, 2))


def test_who_has_been_at_it_for_longest_goes_first() -> None:
    """Not who sends most, nor who came last: an honest upload of a second ago stays."""
    assert [False, True, True] == left(9 * SMALL, Peer(2 * SMALL, 1), Peer(6 * SMALL, 9), Peer(2 * SMALL, 8))


def test_who_holds_a_buffer_and_sends_nothing_goes_last() -> None:
    """Nothing of theirs is under way; but they do go when that is what memory is full of."""
    never = float("inf")
    assert [True, False] == left(4 * SMALL, Peer(2 * SMALL, never), Peer(3 * SMALL, 1))
    assert [False, True] == left(4 * SMALL, Peer(3 * SMALL, never), Peer(2 * SMALL, never))


def test_who_holds_little_is_never_cut_off() -> None:
    """However many they are: what they hold each connection has anyway."""
    assert [True] * 9 == left(4 * SMALL, *[Peer(SMALL, 1) for _ in range(9)])


# -- over real connections


@pytest.fixture
def small(run: Callable[..., RunningRelay]) -> RunningRelay:
    """A relay that takes 4 MiB in part."""
    return run(limits=Limits(arriving_total_bytes=MOST))


def unfinished_frame(client: Client, size: int, *, fin: bool) -> None:
    """A frame's head and all of it but its last byte; or, without ``fin``, the whole first fragment of a message."""
    head = bytes([BINARY | (0x80 if fin else 0), 0xFF]) + struct.pack(">Q", size) + bytes(4)
    client.send(head + bytes(size - 1 if fin else size))


def by_frame(relay: RunningRelay) -> Wire:
    client = relay.client()
    unfinished_frame(client, PIECE, fin=True)
    return client


def by_fragment(relay: RunningRelay) -> Wire:
    client = relay.client()
    unfinished_frame(client, PIECE // 2, fin=False)
    return client


def by_body(relay: RunningRelay) -> Wire:
    wire = Wire(relay.address)
    wire.send(post(bytes(PIECE))[:-1])
    return wire


def by_idling(relay: RunningRelay) -> Wire:
    """A whole message, of no use: the buffer that it needed stays."""
    client = relay.client()
    client.send_frame(BINARY, struct.pack(">II", 1, PIECE - 8) + bytes(PIECE - 8))
    client.result(1)
    return client


def ahead_of_an_answer(relay: RunningRelay) -> Wire:
    """What follows a POST that waits."""
    wire = Wire(relay.address)
    wire.send(post(encode(Box().read(wait_s=20))))
    return wire


def held(relay: RunningRelay) -> int:
    total: list[int] = []
    relay.call(lambda: total.append(sum(each.arrived() for each in relay.relay._everybody())))
    return total[0]


@pytest.mark.parametrize("way", [by_frame, by_fragment, by_body, by_idling])
def test_what_comes_in_part_stays_within_the_bound(small: RunningRelay, way: Callable[[RunningRelay], Wire]) -> None:
    """Sixteen connections of which each leaves a mebibyte unfinished: at no time is more held than was said."""
    strangers, most = [], 0
    for _ in range(16):
        try:
            strangers.append(way(small))
        except Hangup:
            continue
        most = max(most, held(small))
    assert PIECE < most <= MOST
    honest = small.client()
    box = Box()
    honest.append(box, b"frame")
    assert ((1, b"frame"),) == honest.read(box).frames


def test_an_honest_upload_beside_them_gets_through(small: RunningRelay) -> None:
    """It begins last, so it is the others who go; over POST, as clients send what is large."""
    strangers = [by_frame(small) for _ in range(3)] + [by_body(small)]
    while held(small) < MOST - 100_000:
        pass
    honest = Wire(small.address)
    honest.send(post(bytes(PIECE)))
    assert 400 == read_answer(honest)[0]
    assert len(strangers) == 4


def test_what_is_sent_ahead_is_not_taken(small: RunningRelay) -> None:
    """Behind a POST that waits for its answer only so much is read as any connection may hold."""
    wire = ahead_of_an_answer(small)
    wire.socket.settimeout(0.5)
    with pytest.raises((TimeoutError, Hangup)):
        wire.send(bytes(64 * PIECE))
    assert held(small) <= 2**19


def test_pongs_do_not_keep_a_message_open_for_ever(run: Callable[..., RunningRelay]) -> None:
    """Whoever leaves a message unfinished for two periods goes, however often they say that they are there."""
    relay = run(limits=Limits(ping_s=1))
    client = relay.client()
    unfinished_frame(client, PIECE, fin=False)
    client.send_frame(PONG, b"")
    while held(relay) < PIECE:
        pass
    [socket] = relay.relay._sockets
    relay.call(lambda: setattr(socket, "_begun", socket._begun - 1.9))
    relay.call(socket.check_alive)
    client.send_frame(PONG, b"")
    while socket._pinged:
        pass
    relay.call(lambda: setattr(socket, "_begun", socket._begun - 0.2))
    relay.call(socket.check_alive)
    assert 0 == client.goodbye().code


def test_a_ping_is_answered(relay: RunningRelay, client: Client) -> None:
    """With its own bytes, also between the fragments of a message."""
    box = Box()
    client.append(box, b"frame")
    client.send_frame(9, b"there?")
    assert (PONG, b"there?") == client.take_frame()
    assert relay.relay._sockets


@pytest.fixture
def many_files() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8_192, before[1]), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.slow
@pytest.mark.usefixtures("many_files")
@pytest.mark.parametrize("fin", [True, False])
def test_memory_stays_below_what_is_said(tmp_path: Path, spawn: Callable[..., RelayProcess], *, fin: bool) -> None:
    """100 connections with 4 MiB each, as frames and as fragments: the whole process takes no more than the bound,
    what it takes anyway, and what the connections themselves take.
    """
    most_mb = 128
    config = tmp_path / "relay.toml"
    config.write_text(f"[limits]\narriving_total_bytes = {most_mb * 2**20}\n")
    process = spawn(None, "--config", str(config))
    before, most = rss_mb(process), 0
    for _ in range(100):
        client = Client(process.address)
        try:
            unfinished_frame(client, 2**22 - 200, fin=fin)
        except Hangup:
            continue
        most = max(most, rss_mb(process))
    assert most < before + most_mb + 40


def rss_mb(relay: RelayProcess) -> int:
    status = Path(f"/proc/{relay.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1_024
