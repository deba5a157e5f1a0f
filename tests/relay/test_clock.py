"""A wrong clock erases nothing: boxes and blobs stay, in either direction, and go on when it is right again."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256

import pytest

from nullabona.machine.timekeeping import DAY_S, ClockGuard, Clocks
from nullabona.wire.messages import Blob, Done, Frames, GetBlob, PutBlob
from tests.relay.peers import Box, HandClock, RunningRelay


class Wrong:
    """A wall clock that can be wrong by some days, and the guard that looks at it."""

    def __init__(self) -> None:
        self.hands = HandClock()
        self.guard = ClockGuard(Clocks(wall=lambda: float(self.hands.day * DAY_S), steady=lambda: float(self._passed)))
        self._passed = 0

    def pass_by(self, relay: RunningRelay, days: int) -> None:
        self._passed += days * DAY_S
        self.set(relay, days)

    def set(self, relay: RunningRelay, days: int) -> None:
        self.hands.day += days
        relay.tick(days=days)
        relay.settle()


@pytest.mark.parametrize("days", [3_650, -3_650])
def test_a_clock_that_steps_erases_nothing(run: Callable[..., RunningRelay], box: Box, days: int) -> None:
    """By ten years on or back; what comes meanwhile is kept as of the last day that was believed."""
    wrong = Wrong()
    relay = run(guard=wrong.guard)
    client = relay.client()
    data = os.urandom(100)
    blob = PutBlob(sha256(data).digest(), data)
    client.append(box, b"before")
    assert Done() == client.ask(blob)
    wrong.set(relay, days)
    client.append(box, b"meanwhile")
    assert ((1, b"before"), (2, b"meanwhile")) == client.read(box).frames
    assert Blob(data) == client.ask(GetBlob(blob.digest))
    wrong.set(relay, -days)
    assert ((1, b"before"), (2, b"meanwhile")) == client.read(box).frames
    wrong.pass_by(relay, 31)
    assert Frames(b"", 0, ()) == client.read(box)
