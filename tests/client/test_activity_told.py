"""How a client is told of activity by a relay that tells it by itself, and what it does if that stops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest

from nullabona.client.net import Answers, TimedOut, Unreachable
from nullabona.client.runner import activity_stream
from nullabona.client.runner.activity_stream import ActivityStream
from nullabona.client.runner.signed_stream import SignedStream
from nullabona.wire.messages import ActivityDigests, AnyResponse, FollowActivity, PollActivity, Refusal
from tests.client.signing import Signing
from tests.client.test_activity_stream import MANY, PATIENCE_S, Told, answer

_OFTEN = 9
Script = list[AnyResponse | Exception]


class Relay:
    """Answers polls with nothing new, and each `FollowActivity` by the next of ``scripts``; then it is silent.

    A `PersistentCarrier` and its owner.
    """

    is_open = True
    signing = Signing()

    def __init__(self, *scripts: Script) -> None:
        self.scripts = list(scripts)
        self.polled: list[int] = []
        self.followed: list[int] = []
        self.failures: list[Exception] = []
        self.silent = asyncio.Event()
        self.held_back = 0

    async def request(self, request: PollActivity, timeout_s: float) -> AnyResponse:
        del timeout_s
        self.polled.append(request.after)
        if len(self.polled) == _OFTEN:
            self.silent.set()
        return self.signing.signed(ActivityDigests(request.after + 1, ()))

    async def rest(self) -> None: ...

    def follow(self, request: FollowActivity) -> Answers:
        self.followed.append(request.after)
        answers = Answers(self._pause, lambda: None)
        if not self.scripts:
            self.silent.set()
        for each in self.scripts.pop(0) if self.scripts else ():
            if isinstance(each, Exception):
                answers.end(cast(Any, each))
            else:
                answers.put(self.signing.signed(each))
        return answers

    def _pause(self) -> None:
        self.held_back += 1

    async def ready(self) -> Relay:
        return self

    async def failed(self, carrier: object, error: Exception) -> None:
        del carrier
        self.failures.append(error)


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long it paused each time; it does not really."""
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def note(seconds: float) -> None:
        pauses.append(seconds)
        await sleep(0)

    monkeypatch.setattr("nullabona.client.runner.activity_stream.asyncio.sleep", note)
    return pauses


def told(relay: Callable[[], Relay], after: int = 0) -> tuple[Relay, list[object], int]:
    """What the listener was told until the relay had no script left, and how far was heard."""

    async def story() -> tuple[Relay, list[object], int]:
        listener, asked = Told(), relay()
        stream: ActivityStream[str] = ActivityStream(cast(Any, asked), listener, lambda: 0.5, after, SignedStream())
        following = asyncio.create_task(stream.follow())
        async with asyncio.timeout(PATIENCE_S):
            await asked.silent.wait()
        following.cancel()
        return asked, listener.what, stream.reported

    return asyncio.run(story())


def test_after_one_poll_the_relay_tells_by_itself() -> None:
    """What there was is asked for; what comes then is told, and nothing is asked again."""
    script: Script = [ActivityDigests(6, ()), answer(6, 1, one=6), answer(7, 2, two=8), Unreachable("gone")]
    relay, heard, upto = told(lambda: Relay(script), after=5)
    assert [([], True), "up changed", ([], False), (["one"], False), (["two"], False), ([], False)] == heard[:6]
    assert ([5, 8], [5, 8], 8) == (relay.polled, relay.followed, upto)


def test_a_relay_that_does_not_know_how_to_is_polled() -> None:
    """On this connection it is not asked to tell again; on the next one it may be another relay."""
    relay, heard, _ = told(lambda: Relay([Refusal("unsupported")]))
    assert ([0] * _OFTEN, [0]) == (relay.polled, relay.followed)
    assert [([], True), "up changed"] == heard[:2]
    assert 1 == heard.count("up changed")


def test_a_refusal_is_waited_out(slept: list[float]) -> None:
    """If another connection is refused, too. Then the relay is asked what there is, and to tell again."""
    once: Script = [answer(1, 1, one=1), Refusal("busy", 7)]
    relay, heard, _ = told(lambda: Relay(once, [Refusal("busy", 7)]))
    assert 7 in slept
    assert ([0, 1, 1], [0, 1, 1]) == (relay.polled, relay.followed)
    assert [(["one"], False), ([], False), "up changed", ([], False), "up changed"] == heard[2:7]
    _, heard, _ = told(lambda: Relay(once))
    assert 1 == slept.count(7) == heard.count("up changed")


def test_of_answers_cut_short_the_listener_is_told_as_of_one() -> None:
    """Told in pieces, they would read what is in each piece together."""
    script: Script = [answer(1, MANY, one=9), answer(1 + MANY, 3, two=MANY + 2)]
    _, heard, upto = told(lambda: Relay([*script, Unreachable("gone")]))
    assert [([], True), "up changed", (["one", "two"], False)] == heard[:3]
    assert MANY + 3 == upto


def test_the_rest_of_an_answer_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """A relay that does not bring it is left, as one that does not answer."""
    monkeypatch.setattr(activity_stream, "ANSWER_S", 0.01)
    relay, _, _ = told(lambda: Relay([answer(1, MANY)], [ActivityDigests(MANY + 1, ()), Unreachable("gone")]))
    assert isinstance(relay.failures[0], TimedOut)
    assert MANY == relay.followed[1]


def test_the_first_answer_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """A relay that takes the question and says nothing has not said that it tells."""
    monkeypatch.setattr(activity_stream, "ANSWER_S", 0.01)
    relay, _, _ = told(lambda: Relay([], []))
    assert isinstance(relay.failures[0], TimedOut)


def test_what_the_relay_forgot_counts_as_missed() -> None:
    """As when it was polled."""
    _, heard, upto = told(lambda: Relay([ActivityDigests(1, ()), ActivityDigests(9_000, ()), Unreachable("gone")]))
    assert "missed" in heard
    assert 8_999 == upto


def test_a_relay_that_babbles_is_taken_ever_more_slowly(slept: list[float]) -> None:
    """Answers without anything in them cost this device less and less."""
    relay, _, _ = told(lambda: Relay([*[ActivityDigests(1, ())] * 12, Unreachable("gone")]))
    assert [activity_stream.CALM_FIRST_S * 2**count for count in range(1, 9)] == slept[1:9]
    assert activity_stream.CALM_MOST_S == max(slept)
    del relay


def test_what_came_while_this_device_slept_is_taken_at_once(slept: list[float]) -> None:
    """Hours of short answers are no hours of pauses; but nobody is kept busy without end."""
    script: Script = [ActivityDigests(1, ()), *[answer(1 + at, 1) for at in range(2_000)], Unreachable("gone")]
    relay, _, upto = told(lambda: Relay(script))
    assert 2_000 == upto
    assert 2 <= len(slept) < 10
    assert 1 == relay.held_back
