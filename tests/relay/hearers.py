"""Who hears all that rings at a relay, as tests play them: what they ask, and what they can tell from the answers."""

from __future__ import annotations

import gc
from types import FunctionType, ModuleType

from nullabona.relay.peals import Peals
from nullabona.wire.bells import mark
from nullabona.wire.messages import MARK_SIZE, Appended, Hear, Pealed
from tests.relay.peers import Box, Client, RunningRelay

SECRET, OTHER = bytes(range(32)), bytes(range(32, 64))


def peals_of(relay: RunningRelay) -> Peals:
    """The service, to look inside."""
    return relay.relay.boxes._peals


def over(relay: RunningRelay) -> None:
    """The peal is over, as if its time had come."""
    relay.call(peals_of(relay)._end_peal)


def now(client: Client) -> int:
    """The number of the last peal, which whoever comes is told first."""
    answer = client.ask(Hear(0, 0))
    assert isinstance(answer, Pealed)
    assert () == answer.peals
    return answer.first - 1


def waiting(relay: RunningRelay, count: int) -> None:
    """Return when so many wait for what rings."""
    while len(peals_of(relay)) != count:
        relay.call(lambda: None)


def hears(client: Client, after: int, wait_s: int = 60) -> int:
    """Wait for what rings; the request's number."""
    return client.start(Hear(after, wait_s))[0]


def rings(client: Client, box: Box, secret: bytes = SECRET) -> None:
    """Append to a box, so that its bells ring."""
    answer = client.ask(box.append(b"frame", (secret, 1)))
    assert isinstance(answer, Appended)


def told(answer: object, *secrets: bytes) -> tuple[int, list[set[bytes]]]:
    """The number of the first peal, and which of ``secrets`` rang in each; nothing else did."""
    assert isinstance(answer, Pealed)
    rung = [({mark(salt, one) for one in secrets}, marks, salt) for salt, marks in answer.peals]
    assert all(split_marks(marks) <= known for known, marks, _ in rung)
    return answer.first, [{one for one in secrets if mark(salt, one) in split_marks(marks)} for _, marks, salt in rung]


def split_marks(marks: bytes) -> set[bytes]:
    """The marks of one peal."""
    return {marks[at : at + MARK_SIZE] for at in range(0, len(marks), MARK_SIZE)}


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
