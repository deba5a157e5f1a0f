"""Relay processes of one name on one engine: who polls at one is told what came to any (spec/engine.md §4.1)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest

from nullabona.client.runner.signed_stream import SignedStream
from nullabona.processes.engine import EngineCluster
from nullabona.processes.servers import RelayProcess
from nullabona.wire.address import BoxSecrets
from nullabona.wire.messages import POLICY_INBOX, ActivityDigests, Appended, PollActivity, encode
from nullabona.wire.wakes import activity_tag, inbox_wake_secret, omits_activity
from tests.relay.engines import needs_engine, options
from tests.relay.old_digests import SIGNS, older_library
from tests.relay.peers import Box, Client
from tests.relay.pollers import OTHER, SECRET, now, polls, split_tags, told, wakes

pytestmark = needs_engine


NAME = "relay.example"
Start: TypeAlias = Callable[[], RelayProcess]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineCluster]:
    """Three shards, each with a replica."""
    made = EngineCluster(tmp_path_factory.mktemp("engine") / "nodes", primaries=3, replicas=1)
    yield made
    made.close()


@pytest.fixture
def start(cluster: EngineCluster, spawn: Callable[..., RelayProcess]) -> Start:
    """Starts processes of one relay. What was told before is forgotten, and who told it."""
    for node in cluster.primaries():
        node.ask("FLUSHALL")
    return lambda: spawn(None, *options(cluster), "--engine-name", NAME)


def taken(stream: SignedStream, answer: object) -> None:
    """A device takes it, from whichever process it is."""
    assert isinstance(answer, ActivityDigests)
    stream.take(stream.check(answer))


def said(client: Client, number: int, *secrets: bytes) -> tuple[int, list[set[bytes]]]:
    """The first number in an answer, and whose tags are in it."""
    return told(client.result(number), *secrets)


def test_all_processes_tell_the_same(start: Start) -> None:
    """An append at one is told at both, in the same bytes, with the same signature. Numbers go on when a process is
    stopped, and one that comes knows what was told before.
    """
    here, there = (start() for _ in range(2))
    pollers, stream = [Client(process.address) for process in (here, there)], SignedStream()
    for client in pollers:
        client.signed = True
    begin = at = now(pollers[0])
    assert at == now(pollers[1])
    for process, secret in ((here, SECRET), (there, OTHER), (here, OTHER)):
        numbers = [polls(client, at) for client in pollers]
        wakes(Client(process.address), Box(), secret)
        answers = [client.result(number) for client, number in zip(pollers, numbers, strict=True)]
        at += 1
        assert [(at, [{secret}])] * 2 == [told(answer, SECRET, OTHER) for answer in answers]
        assert encode(answers[0]) == encode(answers[1])
        taken(stream, answers[0])
    there.stop()
    number = polls(pollers[0], at)
    wakes(Client(here.address), Box())
    assert (at + 1, [{SECRET}]) == said(pollers[0], number, SECRET)
    late = Client(start().address)
    late.signed = True
    answer = late.ask(PollActivity(begin, 60))
    taken(stream, answer)
    assert [at + 1] == [head.number for head in stream.heads]
    assert (begin + 1, [{SECRET}, {OTHER}, {OTHER}, {SECRET}]) == told(answer, SECRET, OTHER)


def test_an_inbox_that_is_read_at_one_is_told_of_when_something_comes_to_another(start: Start) -> None:
    """Once; what was left there is the engine's, so any process tells of it."""
    here, there = (start() for _ in range(2))
    owner, stranger = Client(here.address), Client(there.address)
    inbox = Box(BoxSecrets(POLICY_INBOX, os.urandom(32), os.urandom(32)))
    stranger.append(inbox, b"first")
    found = owner.read(inbox)
    left = inbox_wake_secret(inbox.secrets.read_secret, found.incarnation, found.head)
    begin = now(owner)
    number = polls(owner, begin)
    stranger.append(inbox, b"second")
    assert (begin + 1, [{left}]) == said(owner, number, left)
    stranger.append(inbox, b"third")
    wakes(stranger, Box())
    number = polls(owner, begin + 1)
    assert (begin + 2, [{SECRET}]) == said(owner, number, SECRET, left)


@pytest.mark.slow
def test_an_older_process_that_starts_leaves_newer_ones_working(cluster: EngineCluster, start: Start) -> None:
    """It loads its own functions; the newer ones put theirs back by themselves, and tell one another of what comes."""
    here, there = (start() for _ in range(2))
    client, stream = Client(here.address), SignedStream()
    client.signed = True
    at = now(client)
    (node,) = (node for node in cluster.primaries() if node.ask("EXISTS", f"d:{{{NAME}}}") == "1")
    for one in cluster.primaries():
        one.ask("FUNCTION", "LOAD", "REPLACE", older_library())
    cluster.until(lambda: SIGNS in node.ask("FUNCTION", "LIST", "WITHCODE"), "nobody loads the functions")
    writes(there)
    assert until_told(client, at) > at
    taken(stream, client.ask(PollActivity(at, 0)))


@pytest.mark.slow
def test_a_process_that_is_killed_is_missed(start: Start) -> None:
    """It may have kept what it told nobody of. The others go on counting, and say that activity is omitted."""
    here, there = (start() for _ in range(2))
    client = Client(here.address)
    at = now(client)
    number = polls(client, at)
    wakes(Client(there.address), Box())
    assert (at + 1, [{SECRET}]) == said(client, number, SECRET)
    number = polls(client, at + 1)
    there.kill()
    answer = client.result(number)
    assert isinstance(answer, ActivityDigests)
    assert (at + 2, True) == (answer.first, omits_activity(answer))


@pytest.mark.slow
def test_a_primary_that_is_lost_is_a_gap(cluster: EngineCluster, start: Start) -> None:
    """Everyone who polls is told to look, wherever they do; after that all is told to all as before. A device that
    goes from one process to the other finds no contradiction in what they sign.
    """
    processes, stream = [start() for _ in range(2)], SignedStream()
    pollers = [Client(process.address) for process in processes]
    for client in pollers:
        client.signed = True
        taken(stream, client.ask(PollActivity(0, 0)))
    before = now(pollers[0])
    numbers = [polls(client, before) for client in pollers]
    lose_the_primary(cluster)
    found = []
    for client, number in zip(pollers, numbers, strict=True):
        answer = client.result(number)
        assert isinstance(answer, ActivityDigests)
        assert (True, ()) == (answer.first != before + 1, answer.digests)
        taken(stream, answer)
        found.append(answer.first - 1)
    writes(processes[1])
    assert 1 == len({until_told(client, at) for client, at in zip(pollers, found, strict=True)})
    for client, at in zip(pollers, found, strict=True):
        taken(stream, client.ask(PollActivity(at, 0)))
    assert 2 == len(stream.heads)


def until_told(client: Client, at: int) -> int:
    """The number of the digest after ``at`` that names `SECRET`; those before it say that they omit activity.

    A shard whose primary was replaced may have lost what its inboxes were to be told by, and says so in a digest
    (spec/engine.md §4.1): that may be before or after a process tells of the gap.
    """
    while True:
        answer = client.result(polls(client, at))
        assert isinstance(answer, ActivityDigests)
        assert at + 1 == answer.first
        for salt, tags in answer.digests:
            at += 1
            if activity_tag(salt, SECRET) in split_tags(tags):
                return at
            assert omits_activity(ActivityDigests(at, ((salt, tags),)))


def writes(process: RelayProcess) -> None:
    """Append to boxes, some of which are in every shard, until one of them is kept and was to be told."""
    client = Client(process.address)
    while not isinstance(client.ask(Box().append(b"frame", (SECRET, 1))), Appended):
        pass


def lose_the_primary(cluster: EngineCluster) -> None:
    """End the primary that has the digests of the relay."""
    (victim,) = (node for node in cluster.primaries() if node.ask("EXISTS", f"d:{{{NAME}}}") == "1")
    replica = cluster.node(victim.replicas()[0])
    victim.end()
    cluster.until(replica.is_primary, "the replica does not take over")
