"""Two relay processes on one engine behind the proxies of deploy/cluster: they restart and nobody notices."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nullabona.processes.engine import EngineCluster
from nullabona.wire.messages import (
    ActivityDigests,
    Appended,
    Blob,
    Done,
    Frames,
    GetBlob,
    PollActivity,
    encode,
)
from tests.api.people import PATIENCE_S, befriend, new_name, opened, play, texts
from tests.api.service import Service
from tests.cli.shell import nulla
from tests.operating.clusters import Front, RelayPair, both, haproxy_alone, settings, stand_ins, wait_for, with_bucket
from tests.relay.engines import needs_engine
from tests.relay.peers import Box
from tests.relay.s3_server import NEEDED
from tests.relay.test_shared_processes import put
from tests.repo.proxies import HOST
from tests.repo.test_proxies import read_body, read_head


@needs_engine
@both
def test_what_one_process_took_the_other_shows(
    launch: Callable[[tuple[int, int]], Front], cluster: EngineCluster
) -> None:
    """The first ends: the next request is answered by the second, with the same box, and goes on in its numbers."""
    with RelayPair(cluster) as relays:
        front, box = launch(relays.ports), Box()
        first = front.ask(box.append(b"one"))
        relays.stop(0)
        second = front.ask(box.append(b"two"))
        assert isinstance(first, Appended)
        assert Appended(first.seq + 1, first.incarnation) == second
        frames = front.ask(box.read())
        assert isinstance(frames, Frames)
        assert ((first.seq, b"one"), (first.seq + 1, b"two")) == frames.frames
        relays.start(0)
        assert Appended(first.seq + 2, first.incarnation) == front.ask(box.append(b"three"))


@both
def test_what_was_sent_is_never_sent_again(launch: Callable[[tuple[int, int]], Front]) -> None:
    """A process that dies with a request may have kept it: the other one does not get it as a second message."""
    one, two = stand_ins()
    one.hangs_up = two.hangs_up = True
    proxy = launch((one.port, two.port)).proxy
    head, _ = proxy.ask(f"POST /v1 HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 4\r\n\r\nbody".encode())
    one.stop()
    two.stop()
    assert (b"502", 1) == (head.split()[1], len(one.heads) + len(two.heads))


@both
def test_people_are_spread_and_a_connection_stays(launch: Callable[[tuple[int, int]], Front]) -> None:
    """New connections reach both processes. Behind HAProxy all requests of one are at one process, where its limits are
    counted; nginx opens a connection for each request.
    """
    one, two = stand_ins()
    front = launch((one.port, two.port))
    request = f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()

    def both_had_some() -> bool:
        front.proxy.ask(request)
        return bool(one.heads and two.heads)

    wait_for(both_had_some)
    before = len(one.heads), len(two.heads)
    with front.proxy.connect() as connection:
        for _ in range(24):
            connection.sendall(request)
            read = read_head(connection)
            assert read is not None
            read_body(connection, *read)
    one.stop()
    two.stop()
    came = sorted((len(one.heads) - before[0], len(two.heads) - before[1]))
    assert 24 == sum(came)
    assert came == [0, 24] or not front.statistics.exists()


@haproxy_alone
def test_who_is_not_ready_gets_nobody(launch: Callable[[tuple[int, int]], Front]) -> None:
    """/readyz moves people to the second process and back, while the first one answers all the time."""
    one, two = stand_ins()
    front = launch((one.port, two.port))
    request = f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
    one.ready = False
    front.wait_until("one", "DOWN")
    before = len(one.heads), len(two.heads)
    for _ in range(24):
        front.proxy.ask(request)
    assert (before[0], before[1] + 24) == (len(one.heads), len(two.heads))
    one.ready = True
    front.wait_until("one", "UP")

    def first_had_more() -> bool:
        front.proxy.ask(request)
        return len(one.heads) > before[0]

    wait_for(first_had_more)
    one.stop()
    two.stop()


@pytest.mark.slow
@NEEDED
@needs_engine
@haproxy_alone
def test_both_processes_restart_while_people_talk(
    launch: Callable[[tuple[int, int]], Front], cluster: EngineCluster, tmp_path: Path
) -> None:
    """SIGTERM to one, then to the other, while `nulla send` runs: each exits with 0 and complains of nothing.

    The other person has each message once, in order.
    """
    with with_bucket(cluster, tmp_path) as relays, Service(tmp_path / "names") as names:
        front = launch(relays.ports)
        ca = front.proxy.chain
        profiles = tmp_path / "mina", tmp_path / "junho"
        url = f"https://127.0.0.1:{front.proxy.port}"

        async def meet() -> bytes:
            async with (
                opened(profiles[0], settings(ca)) as mina,
                opened(profiles[1], settings(ca)) as junho,
            ):
                for client in (mina, junho):
                    await client.account.create(names.handle(new_name("solo")), relay=url)
                for client in (mina, junho):
                    await client.account.wait_published(timeout_s=PATIENCE_S)
                room = await befriend(mina, junho)
                for client in (mina, junho):
                    await client.sync(timeout_s=PATIENCE_S)
                return room

        room = play(meet())
        troubles: list[str] = []
        sent: list[str] = []
        done = threading.Event()

        def talk() -> None:
            while not done.is_set():
                text = f"line {len(sent)}"
                ended = nulla("send", room.hex(), text, "--json", "--ca-file", str(ca), profile=profiles[0])
                sent.append(text)
                troubles.extend([ended.err] if ended.code or ended.err else [])

        talker = threading.Thread(target=talk)
        talker.start()
        try:
            for which, name in enumerate(("one", "two")):
                said = len(sent)
                relays.stop(which)
                wait_for(lambda said=said: len(sent) >= said + 2)  # type: ignore[misc] # one of them began after the stop
                relays.start(which)
                front.wait_until(name, "UP")
        finally:
            done.set()
            talker.join()

        async def arrives() -> list[str]:
            async with opened(profiles[1], settings(ca)) as junho:
                await junho.sync(timeout_s=PATIENCE_S)
                return texts(junho, room)

        assert ([], sent) == (troubles, play(arrives()))


@pytest.mark.slow
@NEEDED
@needs_engine
@haproxy_alone
def test_any_process_serves_anybody(
    launch: Callable[[tuple[int, int]], Front], cluster: EngineCluster, tmp_path: Path
) -> None:
    """Each request over a connection of its own, to whichever process: frames are numbered in one row, who waits at one
    process hears of what came to another, digests are the same at both, and files are found.
    """
    with with_bucket(cluster, tmp_path) as relays:
        front, box = launch(relays.ports), Box()
        kept = [front.ask(box.append(b"%d" % number)) for number in range(1, 25)]
        assert list(range(1, 25)) == [each.seq for each in kept if isinstance(each, Appended)]
        assert 1 == len({each.incarnation for each in kept if isinstance(each, Appended)})
        files = [put(os.urandom(4_096)) for _ in range(6)]
        assert [Done()] * 6 == [front.ask(each) for each in files]
        for _ in range(4):
            assert [Blob(each.data) for each in files] == [front.ask(GetBlob(each.digest)) for each in files]
        asked = [front.ask(PollActivity(0, 0)) for _ in range(8)]
        (first,) = {each.first for each in asked if isinstance(each, ActivityDigests)}
        with ThreadPoolExecutor(12) as pool:
            waiting = [pool.submit(front.ask, box.read(24, wait_s=20)) for _ in range(6)]
            polls = [pool.submit(front.ask, PollActivity(first - 1, 20)) for _ in range(6)]
            wait_for(lambda: 12 == sum(front.people()))
            assert all(front.people())
            front.ask(box.append(b"25", (bytes(32), 1)))
            heard = [each.result() for each in waiting]
            told = [each.result() for each in polls]
        assert [((25, b"25"),)] * 6 == [each.frames for each in heard if isinstance(each, Frames)]
        assert [(first, 1)] == list(
            {(each.first, len(each.digests)) for each in told if isinstance(each, ActivityDigests)}
        )
        assert 1 == len({encode(each) for each in told})
