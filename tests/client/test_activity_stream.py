"""How a client that comes back after long gets all activity: in many answers, reported as one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import pytest

from nullabona.client.net import Answers, Unreachable
from nullabona.client.runner import activity_stream
from nullabona.client.runner.activity_stream import MOST_ANSWERS, MOST_DIGESTS, WAIT_S, ActivityStream
from nullabona.client.runner.signed_stream import SignedStream
from nullabona.log.digest_chain import Contradiction
from nullabona.relay.activity import DIGEST_S, KEEP_S
from nullabona.relay.core.limits import Limits
from nullabona.wire.messages import (
    ACTIVITY_TAG_SIZE,
    ActivityDigests,
    AnyResponse,
    FollowActivity,
    PollActivity,
    Refusal,
)
from nullabona.wire.wakes import OMITTED, activity_tag
from tests.client.signing import Signing

OURS = {"one": b"1" * 32, "two": b"2" * 32}
OTHERS = b"3" * 32
MANY = 1_024
PATIENCE_S = 20


def digest(number: int, *secrets: bytes) -> tuple[bytes, bytes]:
    salt = number.to_bytes(8, "big")
    return salt, b"".join(sorted(activity_tag(salt, secret) for secret in secrets))


def answer(first: int, count: int, **active: int) -> ActivityDigests:
    """Digests with others' boxes, and ours in those with the given numbers."""
    numbers = range(first, first + count)
    ours = {number: OURS[name] for name, number in active.items()}
    return ActivityDigests(first, tuple(digest(n, OTHERS, *([ours[n]] if n in ours else [])) for n in numbers))


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next connection comes at once."""
    monkeypatch.setattr(activity_stream, "GONE_S", 0.0)


class Relay:
    """Answers as it is told to, an error by raising it; then it waits for ever. A `PersistentCarrier` and its owner."""

    is_open = True
    signing = Signing()

    def __init__(self, *answers: AnyResponse | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[int, int]] = []
        self.followed: list[int] = []
        self.rests = 0
        self.rested = asyncio.Event()

    async def request(self, request: PollActivity, timeout_s: float) -> AnyResponse:
        self.asked.append((request.after, request.wait_s))
        if not self.answers:
            self.rested.set()
            await asyncio.sleep(timeout_s)
        answered = self.answers.pop(0)
        if isinstance(answered, Exception):
            raise answered
        return self.signing.signed(answered)

    async def rest(self) -> None:
        self.rests += 1

    def follow(self, request: FollowActivity) -> Answers:
        """A relay of the time before it knew how to: the same is polled on."""
        answers = Answers(lambda: None, lambda: None)
        answers.put(Refusal("unsupported"))
        self.followed.append(request.after)
        return answers

    async def ready(self) -> Relay:
        return self

    async def failed(self, carrier: object, error: Exception) -> None:
        del carrier, error


class Told:
    """What a listener is told. Implements `Listener`."""

    def __init__(self) -> None:
        self.what: list[object] = []

    def secrets(self) -> Mapping[str, bytes]:
        return OURS

    def active(self, boxes: Sequence[str], *, late: bool) -> None:
        self.what.append((sorted(boxes), late))

    def missed(self) -> None:
        self.what.append("missed")

    def omitted(self) -> None:
        self.what.append("omitted")

    def up_changed(self) -> None:
        self.what.append("up changed")

    def contradicted(self, found: Contradiction) -> None:
        self.what.append(found)


def polled(relay: Callable[[], Relay], after: int = 0) -> tuple[Relay, list[object], int]:
    """What was asked and told until the relay had said everything, and how far was heard."""

    async def story() -> tuple[Relay, list[object], int]:
        told, asked = Told(), relay()
        stream: ActivityStream[str] = ActivityStream(cast(Any, asked), told, lambda: 0.5, after, SignedStream())
        following = asyncio.create_task(stream.follow())
        async with asyncio.timeout(PATIENCE_S):
            await asked.rested.wait()
        following.cancel()
        return asked, told.what, stream.reported

    return asyncio.run(story())


def test_of_many_answers_the_listener_is_told_as_of_one() -> None:
    """Told in pieces, they would read what is in each piece together."""
    pieces = (answer(8, MANY, one=9), answer(8 + MANY, MANY, two=8 + MANY), answer(8 + 2 * MANY, 3, one=8 + 2 * MANY))
    relay, told, upto = polled(lambda: Relay(*pieces), after=7)
    assert [(["one", "two"], True), "up changed"] == told
    assert 7 + 2 * MANY + 3 == upto
    assert [(7, 0), (7 + MANY, 0), (7 + 2 * MANY, 0), (upto, WAIT_S)] == relay.asked


@pytest.mark.parametrize(("count", "waits"), [(MANY - 1, WAIT_S), (MANY, 0)])
def test_after_a_long_answer_one_asks_before_one_waits(count: int, waits: int) -> None:
    """A short one was all there is."""
    relay, told, _ = polled(lambda: Relay(answer(1, count, one=1), ActivityDigests(count + 1, ())))
    assert [(["one"], True), "up changed"] == told[:2]
    assert (count, waits) == relay.asked[1]


@pytest.mark.parametrize(("boxes", "waits"), [(32_767, WAIT_S), (32_768, 0)])
def test_an_answer_is_long_by_its_tags_too(boxes: int, waits: int) -> None:
    """One digest at a relay at which there is very much activity."""
    relay, _, _ = polled(
        lambda: Relay(ActivityDigests(1, ((bytes(8), b"1" * (boxes * ACTIVITY_TAG_SIZE)),)), ActivityDigests(2, ()))
    )
    assert (1, waits) == relay.asked[1]


def test_what_is_told_later_is_not_late() -> None:
    """Only activity while the client was away is."""
    _, told, upto = polled(lambda: Relay(answer(5, 1, one=5), answer(6, 1, two=6)), after=4)
    assert [(["one"], True), "up changed", (["two"], False)] == told
    assert 6 == upto


def test_a_break_in_between_loses_nothing() -> None:
    """What was found before a connection broke is told with the rest, and asked for once."""
    relay, told, _ = polled(lambda: Relay(answer(1, MANY, one=1), Unreachable("gone"), answer(MANY + 1, 1)))
    assert [(["one"], True), "up changed"] == told
    assert [(0, 0), (MANY, 0), (MANY, 0), (MANY + 1, WAIT_S)] == relay.asked


def test_until_all_is_told_nothing_counts_as_heard() -> None:
    """Else it would be missing after the next start."""
    _, told, upto = polled(lambda: Relay(answer(3, MANY, one=3)), after=2)
    assert ([], 2) == (told, upto)


def test_what_a_relay_forgot_in_between_counts_as_missed() -> None:
    """Every box has to be looked into, those that were found among them."""
    _, told, upto = polled(
        lambda: Relay(answer(1, MANY, one=1), *[ActivityDigests(9_000, ())] * 2, answer(9_000, 1, two=9_000))
    )
    assert ["missed", "up changed", (["two"], False)] == told
    assert 9_000 == upto


def test_that_activity_is_omitted_is_told_once() -> None:
    """After our active boxes, and only if it was among what was just polled."""
    first, last = answer(1, MANY, one=1), answer(MANY + 1, 1)
    flooded = ActivityDigests(1, ((bytes(8), OMITTED + bytes(range(4))), *first.digests[1:]))
    _, told, _ = polled(lambda: Relay(flooded, last, answer(MANY + 2, 1, two=MANY + 2)))
    assert [([], True), "omitted", "up changed", (["two"], False)] == told


def test_a_refusal_is_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what was found before it is told after it."""
    monkeypatch.setattr("nullabona.client.runner.activity_stream._REFUSED_S", 0.0)
    _, told, _ = polled(lambda: Relay(answer(1, MANY, one=1), Refusal("busy", 0), ActivityDigests(MANY + 1, ())))
    assert [(["one"], True), "up changed"] == told


@pytest.mark.parametrize("limit", [{"MOST_DIGESTS": 2 * MANY}, {"MOST_ANSWERS": 2}])
def test_a_relay_that_never_comes_to_an_end_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, limit: dict[str, int]
) -> None:
    """It goes on for longer than any relay remembers. Every box is looked into, and it is asked again after a pause."""
    slept: list[float] = []
    for name, value in {"CALM_MOST_S": 0.25, **limit}.items():
        monkeypatch.setattr(f"nullabona.client.runner.activity_stream.{name}", value)
    sleep = asyncio.sleep

    async def note(seconds: float) -> None:
        slept.append(seconds)
        await sleep(seconds)

    monkeypatch.setattr("nullabona.client.runner.activity_stream.asyncio.sleep", note)
    pieces = [answer(1 + at * MANY, MANY, one=1 + at * MANY) for at in range(3)]
    end = answer(1 + 3 * MANY, 1, two=1 + 3 * MANY)
    _, told, upto = polled(lambda: Relay(*pieces[:2], answer(1 + 2 * MANY, 1, two=1 + 2 * MANY)))
    assert ([(["one", "two"], True), "up changed"], 1 + 2 * MANY) == (told, upto)
    assert 0.25 not in slept
    _, told, upto = polled(lambda: Relay(*pieces, end))
    assert (["missed", "up changed", (["two"], False)], 1 + 3 * MANY) == (told, upto)
    assert 0.25 in slept


def test_no_honest_relay_has_so_much_to_say() -> None:
    """Twelve hours of activity digests, and whatever is remembered by default."""
    assert KEEP_S / DIGEST_S + MANY < MOST_DIGESTS
    assert Limits().activity_bytes / MOST_ANSWERS < 131_072
