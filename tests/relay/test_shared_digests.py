"""Digests that several processes number together: told alike, without gap, across restarts (spec/engine.md §4.1)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings

from nullabona.client.runner.signed_stream import SignedStream
from nullabona.processes.engine import EngineCluster
from nullabona.relay.shelves.engine.peers import PATIENCE
from nullabona.relay.shelves.engine.shared_digests import LATE_S, SharedDigests, stream_key
from nullabona.wire.messages import ActivityDigests
from nullabona.wire.wakes import OMITTED, activity_tag, omits_activity
from tests.relay.digest_logs import BOXES, PLENTY, OwnPlace, SharedPlace, agrees, asked, steps
from tests.relay.engines import needs_engine

Scene: TypeAlias = Callable[[SharedPlace, SharedDigests, SharedDigests], Awaitable[None]]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineCluster]:
    """Two shards without replicas, for all tests of this file."""
    made = EngineCluster(tmp_path_factory.mktemp("engine") / "nodes", primaries=2)
    yield made
    made.close()


def play(place: SharedPlace, scene: Scene) -> None:
    """Play a scene with two processes."""

    async def both() -> None:
        logs = [await place.log() for _ in range(2)]
        try:
            await scene(place, logs[0], logs[1])
        finally:
            for log in list(place.drivers):
                await place.end(log)

    asyncio.run(both())


# -- the same of every kind


@given(steps)
@settings(max_examples=200, deadline=None)
def test_one_process_agrees_with_the_model(plan: list[tuple[str, int, int]]) -> None:
    """Every digest, or that some were missed; after a restart that some were missed."""
    asyncio.run(agrees(OwnPlace(), plan, 1))


@needs_engine
@given(plan=steps)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_two_processes_agree_with_the_model(cluster: EngineCluster, plan: list[tuple[str, int, int]]) -> None:
    """Told alike at either, across restarts; another reign is a gap."""
    asyncio.run(agrees(SharedPlace(cluster, heard=False), plan, 2))


# -- one digest of two processes


@needs_engine
def test_what_happens_at_two_is_one_digest(cluster: EngineCluster) -> None:
    """One tag for a box that was active at both; sorted by value; heard by both with the same number."""

    async def scene(place: SharedPlace, here: SharedDigests, there: SharedDigests) -> None:
        begin = here.head
        for log, numbers in ((here, (0, 1, 2)), (there, (2, 3))):
            for number in numbers:
                log.record(BOXES[number], number, "somebody", new=number == 3)
            await log.drain()
        here.close(PLENTY)
        await place.until(lambda: begin + 1 == here.head == there.head)
        answers = [log.after(begin, PLENTY) for log in (here, there)]
        salt, tags = answers[0].digests[0]
        assert answers[0] == answers[1]
        assert b"".join(sorted(activity_tag(salt, box) for box in BOXES[:4])) == tags

    play(SharedPlace(cluster), scene)


@needs_engine
def test_who_appends_once_comes_before_who_appends_often(cluster: EngineCluster) -> None:
    """Also at another process; boxes that begin come last; the digest says that it omits some."""

    async def scene(place: SharedPlace, here: SharedDigests, there: SharedDigests) -> None:
        begin = here.head
        for number in range(50):
            here.record(number.to_bytes(32, "big"), number, "stranger")
        here.record(BOXES[2], 102, "another", new=True)
        there.record(BOXES[1], 101, "honest")
        await here.drain()
        await there.drain()
        there.close(3)
        await place.until(lambda: begin + 1 == here.head == there.head)
        ((salt, tags),) = here.after(begin, PLENTY).digests
        found = [
            activity_tag(salt, box) in (tags[4:8], tags[8:12], tags[12:]) for box in (BOXES[1], bytes(32), BOXES[2])
        ]
        assert (OMITTED, 16, [True, True, False]) == (tags[:4], len(tags), found)

    play(SharedPlace(cluster), scene)


@needs_engine
def test_who_missed_what_was_published_asks_for_it(cluster: EngineCluster) -> None:
    """Nothing published arrives: within a second a process has the same."""

    async def scene(place: SharedPlace, here: SharedDigests, there: SharedDigests) -> None:
        begin = there.head
        for number in range(3):
            here.record(BOXES[number], number, "somebody")
            await place.settle(here)
            here.close(PLENTY)
            await place.settle(here)
        assert (begin + 3, begin) == (here.head, there.head)
        await place.settle(there)
        assert here.after(begin, PLENTY) == there.after(begin, PLENTY)
        assert 3 == len(there.after(begin, PLENTY).digests)

    play(SharedPlace(cluster, heard=False), scene)


# -- one signed stream


@needs_engine
def test_processes_sign_one_stream_whenever_they_start(cluster: EngineCluster) -> None:
    """The same key and chain at each, also at one that starts in the middle, or after all others have ended."""

    async def scene(place: SharedPlace, here: SharedDigests, there: SharedDigests) -> None:
        begin, stream = here.head, SignedStream()

        async def told(log: SharedDigests) -> None:
            log.record(BOXES[0], 0, "somebody")
            await place.settle(log)
            log.close(PLENTY)
            await place.settle(log)
            for after in range(begin, log.head + 1):
                stream.take(stream.check(asked(log, after)))

        for log in (here, there, await place.log()):
            await told(log)
        for log in list(place.drivers):
            await place.end(log)
        last = await place.log()
        await told(last)
        assert (begin + 4, 1) == (last.head, len(stream.heads))
        await place.begin_again()
        await place.settle(last)
        stream.take(stream.check(asked(last, begin + 4)))
        assert (2, []) == (len(stream.heads), place.faults)

    play(SharedPlace(cluster, heard=False), scene)


def test_a_key_is_of_one_reign() -> None:
    """Also where a lost primary and the one in its place know the same seed."""
    keys = [stream_key(seed, reign).public for seed in (b"1" * 32, b"2" * 32) for reign in (b"a" * 16, b"b" * 16)]
    assert 4 == len(set(keys))
    assert stream_key(b"1" * 32, b"a" * 16).public == keys[0]


# -- who ends


@needs_engine
def test_a_process_that_ends_without_a_word_is_missed(cluster: EngineCluster) -> None:
    """It may have kept a frame that it told nobody of: the next digest says that it omits activity."""

    async def scene(place: SharedPlace, here: SharedDigests, there: SharedDigests) -> None:
        begin = here.head
        for log in (here, there):
            await place.settle(log)
        there.record(BOXES[0], 0, "somebody")  # and is killed before that is told
        await place.kill(there)
        for _ in range(PATIENCE + 2):
            await place.settle(here)
        here.close(PLENTY)
        await place.settle(here)
        answer = here.after(begin, PLENTY)
        assert (begin + 1, True) == (answer.first, omits_activity(answer))

    play(SharedPlace(cluster, heard=False), scene)


@needs_engine
def test_a_process_that_says_goodbye_is_not_missed(cluster: EngineCluster) -> None:
    """Nobody has to look because a process was stopped."""

    async def scene(place: SharedPlace, here: SharedDigests, there: SharedDigests) -> None:
        begin = here.head
        for log in (here, there):
            await place.settle(log)
        await place.end(there)
        for _ in range(PATIENCE + 2):
            await place.settle(here)
        here.close(PLENTY)
        await place.settle(here)
        assert ActivityDigests(begin + 1, ()) == here.after(begin, PLENTY)

    play(SharedPlace(cluster, heard=False), scene)


# -- what is not told, and what the engine has


@needs_engine
def test_what_could_not_be_told_is_said_to_be_missing(cluster: EngineCluster) -> None:
    """While the nodes have no functions nothing can be told; once they have, a digest omits activity."""

    async def scene(place: SharedPlace, here: SharedDigests, there: SharedDigests) -> None:
        begin = here.head
        for node in cluster.nodes:
            node.ask("FUNCTION", "FLUSH")
        here.record(BOXES[0], 0, "somebody")
        await here.drain()
        assert ["EngineLacksFunctions"] == [type(fault).__name__ for fault in place.faults]
        await place.load()
        await place.settle(here)  # nothing else happens
        here.close(PLENTY)
        await place.settle(here)
        answer = here.after(begin, PLENTY)
        assert (begin + 1, 1, True) == (answer.first, len(answer.digests), omits_activity(answer))

    play(SharedPlace(cluster, heard=False), scene)


@needs_engine
def test_another_process_closes_what_one_began(cluster: EngineCluster) -> None:
    """It is told later than the one that began it, and both may try."""

    async def scene(place: SharedPlace, here: SharedDigests, there: SharedDigests) -> None:
        begin = here.head
        here.record(BOXES[0], 0, "somebody")
        await here.drain()
        await place.settle(there)
        assert {0, LATE_S} == set(place.reports.begins)
        for log in (there, here):
            log.close(PLENTY)
            await place.settle(log)
        assert (begin + 1, begin + 1) == (here.head, there.head)
        assert here.after(begin, PLENTY) == there.after(begin, PLENTY)

    play(SharedPlace(cluster), scene)


@needs_engine
def test_what_an_engine_has_of_digests(cluster: EngineCluster) -> None:
    """The keys that are declared and no others, of a closed digest what is sent, of the open one tags and precedence.
    A process overwrites secrets once they are told.
    """

    async def scene(place: SharedPlace, here: SharedDigests, there: SharedDigests) -> None:
        await place.settle(here)
        for number in range(3):
            here.record(BOXES[number], number, "somebody", new=number == 2)
        activities = list(here._queue)
        await here.drain()
        assert [bytes(32)] * 3 == [bytes(activity.secret) for activity in activities]
        key = f"d:{{{place.name}}}"
        (node,) = (node for node in cluster.nodes if node.ask("EXISTS", key) == "1")
        scores = [node.ask("ZCOUNT", f"{key}:open", *[str(score)] * 2) for score in (0, 1, 2**20)]
        assert (["1"] * 3, "3") == (scores, node.ask("ZCARD", f"{key}:open"))
        keys = set(node.ask("KEYS", f"{key}*").split())
        assert {key, *(f"{key}:{part}" for part in ("open", "hours", "relays", "day", "links"))} == keys
        begin = here.head
        here.close(PLENTY)
        await place.settle(here)
        ((salt, tags),) = here.after(begin, PLENTY).digests
        driver = place.drivers[here]
        commands = (b"LRANGE", key.encode() + b":past", b"0", b"-1"), (b"HGETALL", key.encode())
        past, head = await driver.call(commands)
        assert isinstance(head, dict)
        assert ([salt + bytes(2) + tags], b"0") == (past, head[b"omits"])

    play(SharedPlace(cluster, heard=False), scene)


@needs_engine
def test_old_digests_are_forgotten_everywhere(cluster: EngineCluster) -> None:
    """Twelve hours after they were told, at every process; one that starts then has none of them."""

    async def scene(place: SharedPlace, here: SharedDigests, there: SharedDigests) -> None:
        begin = here.head
        kept = []
        for hour in (1, 2, 13, 14):
            place.hour = hour
            await place.settle(here)
            here.record(BOXES[0], 0, "somebody")
            await place.settle(here)
            here.close(PLENTY)
            await place.settle(here)
            kept.append([len(log) for log in (here, there)])
            await place.settle(there)
        late = await place.log()
        assert (begin + 4, [3, 3, 3]) == (late.head, [len(log) for log in (here, there, late)])
        await place.end(late)

    play(SharedPlace(cluster, heard=False), scene)
