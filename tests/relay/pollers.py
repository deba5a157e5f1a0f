"""Clients that poll all activity at a relay, as tests play them: what they ask and learn from the answers."""

from __future__ import annotations

import gc
from types import FunctionType, ModuleType

from nullabona.relay.activity import ActivityService
from nullabona.wire.messages import ACTIVITY_TAG_SIZE, ActivityDigests, Appended, FollowActivity, PollActivity
from nullabona.wire.wakes import activity_tag
from tests.relay.peers import Box, Client, RunningRelay

SECRET, OTHER = bytes(range(32)), bytes(range(32, 64))


def activity_of(relay: RunningRelay) -> ActivityService:
    """The service, to look inside."""
    return relay.relay.boxes._activity


def over(relay: RunningRelay) -> None:
    """Close the open digest, as if its time had come."""
    relay.call(activity_of(relay)._end_digest)


def now(client: Client) -> int:
    """The number of the last digest, which every client is told first."""
    answer = client.ask(PollActivity(0, 0))
    assert isinstance(answer, ActivityDigests)
    assert () == answer.digests
    return answer.first - 1


def waiting(relay: RunningRelay, count: int) -> None:
    """Return when so many wait for activity."""
    while len(activity_of(relay)) != count:
        relay.call(lambda: None)


def polls(client: Client, after: int, wait_s: int = 60) -> int:
    """Wait for activity; the request's number."""
    return client.start(PollActivity(after, wait_s))[0]


def follows(client: Client, after: int) -> int:
    """Be told of all activity; the request's number."""
    return client.start(FollowActivity(after))[0]


def wakes(client: Client, box: Box, secret: bytes = SECRET) -> None:
    """Append to a box and wake its tokens."""
    answer = client.ask(box.append(b"frame", (secret, 1)))
    assert isinstance(answer, Appended)


def told(answer: object, *secrets: bytes) -> tuple[int, list[set[bytes]]]:
    """The number of the first digest, and which of ``secrets`` each names; they name nothing else."""
    assert isinstance(answer, ActivityDigests)
    active = [({activity_tag(salt, one) for one in secrets}, tags, salt) for salt, tags in answer.digests]
    assert all(split_tags(tags) <= known for known, tags, _ in active)
    return answer.first, [
        {one for one in secrets if activity_tag(salt, one) in split_tags(tags)} for _, tags, salt in active
    ]


def split_tags(tags: bytes) -> set[bytes]:
    """The tags of one digest."""
    return {tags[at : at + ACTIVITY_TAG_SIZE] for at in range(0, len(tags), ACTIVITY_TAG_SIZE)}


def under_way(relay: RunningRelay) -> list[tuple[int, int]]:
    """Of every connection: the requests that are not answered, and those that wait."""
    counts: list[tuple[int, int]] = []
    relay.call(lambda: counts.extend((peer.budget.inflight, peer.budget.waiting) for peer in relay.relay._sockets))
    return counts


def bytes_below(start: object, relay: RunningRelay) -> set[bytes]:
    """All byte strings that can be reached from an object, without going through a connection or the relay."""
    found: set[bytes] = set()
    server = relay.relay
    seen = {id(one) for one in (server, server.boxes, server.dispatcher, relay.loop, *server._sockets)} - {id(start)}
    todo = [start]
    while todo:
        one = todo.pop()
        if isinstance(one, bytes):
            found.add(one)
        elif id(one) not in seen and not isinstance(one, (type, ModuleType, FunctionType)):
            todo += gc.get_referents(one)
        seen.add(id(one))
    return found
