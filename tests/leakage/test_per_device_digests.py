"""A device that is told only of its own activity digests learns the same as one that is told of all."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.leakage.per_device_digests import PerDeviceDigests, Secrets
from nullabona.client.runner.activity_stream import _ours
from nullabona.relay.activity import ActivityService
from nullabona.relay.core.budget import Budget
from nullabona.relay.core.limits import Limits
from nullabona.relay.metrics import Metrics
from nullabona.wire.messages import ActivityDigests, PollActivity

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
        self.answers: list[ActivityDigests] = []

    def answer(self, request_id: int, response: ActivityDigests) -> None:
        del request_id
        self.answers.append(response)

    def is_full(self) -> bool:
        return False


def boxes_of(device: int) -> list[bytes]:
    """Each device has a box of its own and shares one with the next."""
    return [BOXES[device], BOXES[DEVICES + device], BOXES[DEVICES + (device + 1) % DEVICES]]


def ask(digests: ActivityService, listening: Listening, after: int, wait_s: int = 0) -> ActivityDigests | None:
    """What is answered at once."""
    digests.poll(PollActivity(after, wait_s), cast(Any, listening), 1)
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
    """Activity of these boxes, and devices that ask in between: what each finds, and when it missed some."""

    async def story() -> None:
        limits = Limits(activity_bytes=most_bytes)
        real = ActivityService(limits, Metrics(), random.Random(5).getrandbits, lambda: 0)
        own = PerDeviceDigests(limits, Metrics(), random.Random(5).getrandbits)
        secrets = [own.secrets() for _ in range(DEVICES)]
        for device, known in enumerate(secrets):
            known.wanted(ROOM, boxes_of(device))
        after = [0] * DEVICES
        for event in [*events, *range(DEVICES)]:
            if isinstance(event, set):
                for digests in (real, own):
                    for secret in sorted(event):
                        digests.record([(bytearray(secret), 1, None)], BOXES.index(secret), new=False)
                    digests._end_digest()
                continue
            told = [ask(digests, Listening(secrets[event]), after[event]) for digests in (real, own)]
            assert told[0] is not None
            assert told[1] is not None
            mine = {secret: secret for secret in boxes_of(event)}
            found = [(one.first, len(one.digests), set(_ours(one, mine))) for one in told if one is not None]
            assert found[0] == found[1]
            after[event] = found[0][0] + found[0][1] - 1

    on_a_loop(story)


def test_who_waits_is_told_when_something_of_theirs_rings() -> None:
    """And then of all that was over until then, with the numbers that everybody has."""

    async def story() -> None:
        own = PerDeviceDigests(LIMITS, Metrics(), random.Random(6).getrandbits)
        secrets = own.secrets()
        secrets.wanted(ROOM, [BOXES[0]])
        listening = Listening(secrets)
        begun = ask(own, listening, 0)
        assert begun is not None
        after = begun.first - 1
        assert ask(own, listening, after, 60) is None
        for active, answered in ((BOXES[1], 0), (BOXES[2], 0), (BOXES[0], 1)):
            own.record([(bytearray(active), 1, None)], 0, new=False)
            own._end_digest()
            assert answered == len(listening.answers)
        [told] = listening.answers
        assert (after + 1, 3, [ROOM]) == (told.first, len(told.digests), _ours(told, {ROOM: BOXES[0]}))

    on_a_loop(story)


@pytest.mark.parametrize("known_before", [[], [BOXES[0]]])
def test_activity_before_a_device_knew_the_box_is_not_told(known_before: list[bytes]) -> None:
    """A real device would have heard it, and not known whose it was."""

    async def story() -> None:
        own = PerDeviceDigests(LIMITS, Metrics(), random.Random(7).getrandbits)
        secrets = own.secrets()
        begun = ask(own, Listening(secrets), 0)
        assert begun is not None
        secrets.wanted(ROOM, known_before)
        own.record([(bytearray(BOXES[0]), 1, None)], 0, new=False)
        own._end_digest()
        secrets.wanted(ROOM, [BOXES[0], BOXES[1]])
        told = ask(own, Listening(secrets), begun.first - 1)
        assert told is not None
        assert len(known_before) == len(_ours(told, {ROOM: BOXES[0]}))

    on_a_loop(story)
