"""A device that is told only of its own peals learns the same as one that is told of all."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.leakage.own_peals import OwnPeals, Secrets
from nullabona.client.runner.hearing import _ours
from nullabona.relay.core.budget import Budget
from nullabona.relay.core.limits import Limits
from nullabona.relay.metrics import Metrics
from nullabona.relay.peals import Peals
from nullabona.wire.messages import Hear, Pealed

DEVICES = 3
BOXES = [bytes([number]) * 32 for number in range(2 * DEVICES)]
LIMITS = Limits()
ROOM = b"room"


class Listening:
    """A connection that hears. Implements `Caller`."""

    max_wait_s = 10**9

    def __init__(self, secrets: Secrets) -> None:
        self.budget = Budget(LIMITS)
        self.budget.inflight = 1
        self.secrets = secrets
        self.answers: list[Pealed] = []

    def answer(self, request_id: int, response: Pealed) -> None:
        del request_id
        self.answers.append(response)

    def is_full(self) -> bool:
        return False


def boxes_of(device: int) -> list[bytes]:
    """Each device has a box of its own and shares one with the next."""
    return [BOXES[device], BOXES[DEVICES + device], BOXES[DEVICES + (device + 1) % DEVICES]]


def ask(peals: Peals, listening: Listening, after: int, wait_s: int = 0) -> Pealed | None:
    """What is answered at once."""
    peals.hear(Hear(after, wait_s), cast(Any, listening), 1)
    return listening.answers.pop() if listening.answers else None


def on_a_loop(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(story())


@given(
    st.lists(
        st.one_of(st.sets(st.sampled_from(BOXES), min_size=1, max_size=3), st.integers(0, DEVICES - 1)), max_size=40
    ),
    st.sampled_from([3 * 130, 10**6]),
)
def test_both_say_the_same(events: list[set[bytes] | int], most_bytes: int) -> None:
    """Peals with these boxes, and devices that ask in between: what each finds, and when it missed something."""

    async def story() -> None:
        limits = Limits(peal_bytes=most_bytes)
        real = Peals(limits, Metrics(), random.Random(5).getrandbits, lambda: 0)
        own = OwnPeals(limits, Metrics(), random.Random(5).getrandbits)
        secrets = [own.secrets() for _ in range(DEVICES)]
        for device, known in enumerate(secrets):
            known.wanted(ROOM, boxes_of(device))
        after = [0] * DEVICES
        for event in [*events, *range(DEVICES)]:
            if isinstance(event, set):
                for peals in (real, own):
                    for secret in sorted(event):
                        peals.ring([(bytearray(secret), 1, None)], BOXES.index(secret), new=False)
                    peals._end_peal()
                continue
            told = [ask(peals, Listening(secrets[event]), after[event]) for peals in (real, own)]
            assert told[0] is not None
            assert told[1] is not None
            mine = {secret: secret for secret in boxes_of(event)}
            found = [(one.first, len(one.peals), set(_ours(one, mine))) for one in told if one is not None]
            assert found[0] == found[1]
            after[event] = found[0][0] + found[0][1] - 1

    on_a_loop(story)


def test_who_waits_is_told_when_something_of_theirs_rings() -> None:
    """And then of all that was over until then, with the numbers that everybody has."""

    async def story() -> None:
        own = OwnPeals(LIMITS, Metrics(), random.Random(6).getrandbits)
        secrets = own.secrets()
        secrets.wanted(ROOM, [BOXES[0]])
        listening = Listening(secrets)
        begun = ask(own, listening, 0)
        assert begun is not None
        after = begun.first - 1
        assert ask(own, listening, after, 60) is None
        for rung, answered in ((BOXES[1], 0), (BOXES[2], 0), (BOXES[0], 1)):
            own.ring([(bytearray(rung), 1, None)], 0, new=False)
            own._end_peal()
            assert answered == len(listening.answers)
        [told] = listening.answers
        assert (after + 1, 3, [ROOM]) == (told.first, len(told.peals), _ours(told, {ROOM: BOXES[0]}))

    on_a_loop(story)


@pytest.mark.parametrize("known_before", [[], [BOXES[0]]])
def test_what_rang_before_a_device_knew_the_box_is_not_told(known_before: list[bytes]) -> None:
    """A real device would have heard it, and not known whose it was."""

    async def story() -> None:
        own = OwnPeals(LIMITS, Metrics(), random.Random(7).getrandbits)
        secrets = own.secrets()
        begun = ask(own, Listening(secrets), 0)
        assert begun is not None
        secrets.wanted(ROOM, known_before)
        own.ring([(bytearray(BOXES[0]), 1, None)], 0, new=False)
        own._end_peal()
        secrets.wanted(ROOM, [BOXES[0], BOXES[1]])
        told = ask(own, Listening(secrets), begun.first - 1)
        assert told is not None
        assert len(known_before) == len(_ours(told, {ROOM: BOXES[0]}))

    on_a_loop(story)
