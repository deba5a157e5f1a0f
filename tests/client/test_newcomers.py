"""A relay that tells one device alone is caught by what newcomers are told, and what is kept (spec/relay.md §4.8)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from nullabona.client.net import Unreachable
from nullabona.client.runner import activity_stream, activity_watcher
from nullabona.client.runner.activity_stream import ENOUGH
from nullabona.client.runner.activity_watcher import NEWCOMER_TRIES, ActivityWatcher
from nullabona.client.runner.boxkey import Key
from nullabona.client.runner.signed_stream import MOST_STREAMS, DigestsContradict, SignedStream
from nullabona.log.digest_chain import Contradiction, verify_contradiction
from nullabona.wire.address import Address
from nullabona.wire.messages import ActivityDigests, AnyRequest, AnyResponse, PollActivity, Refusal
from tests.client.signing import Signing
from tests.client.test_activity_stream import answer
from tests.client.test_signed_stream import contradiction, followed, taken

RELAY = "ws://127.0.0.1:1"
BOX: Key = Key(b"room", RELAY, Address(b"box"))


def two_of_one_key(upto: int) -> tuple[Signing, Signing]:
    """What everybody is told and what one device alone is, the same until there."""
    everybody, alone = Signing(), Signing()
    for relay in (everybody, alone):
        relay.signed(answer(1, upto))
    return everybody, alone


# -- what newcomers are told


def test_a_newcomer_is_told_what_this_device_was_or_will_be() -> None:
    """Its number may be one of some time ago, as a process of several lags, or one that comes."""
    relay, stream = Signing(), SignedStream()
    answers = [relay.signed(answer(1 + at, 1)) for at in range(9)]
    taken(stream, *answers[:5])
    for number in (3, 5, 8):
        stream.compare(relay.signed(ActivityDigests(number + 1, ())))
    taken(stream, *answers[5:])
    stream.compare(relay.signed(ActivityDigests(10, ())))
    assert not stream.astray


def test_numbers_that_one_device_alone_has_are_found_out() -> None:
    """It was told of many empty digests, and always asks after a number that nobody else has: newcomers have none."""
    everybody, alone = two_of_one_key(4)
    stream = SignedStream()
    taken(stream, alone.signed(ActivityDigests(5, tuple((bytes(8), b"") for _ in range(3_000)))))
    for number in range(3_005, 3_025):
        taken(stream, alone.signed(answer(number, 1, one=number)))
    everybody.signed(answer(5, 20))
    with pytest.raises(DigestsContradict) as caught:
        stream.compare(everybody.signed(ActivityDigests(25, ())))
    found = caught.value.found
    assert (24, 3_004, found) == (found.known.number, found.shown.number, verify_contradiction(found.encode()))


def test_a_device_from_which_digests_are_held_back_finds_it_out_when_they_come() -> None:
    """What a newcomer was told is compared with what this device is told under the number later."""
    everybody, alone = two_of_one_key(4)
    stream = SignedStream()
    taken(stream, alone.signed(answer(1, 4)))
    everybody.signed(answer(5, 20))
    stream.compare(everybody.signed(ActivityDigests(25, ())))
    taken(stream, alone.signed(answer(5, 1, one=5)))
    assert 24 == contradiction(stream, alone.signed(answer(6, 30))).known.number


def test_what_is_never_told_to_this_device_leads_it_astray_until_it_is() -> None:
    """Another key for it alone, or numbers out of reach: the next newcomer shows it, and nobody is accused."""
    relay, stream = Signing(), SignedStream()
    taken(stream, relay.signed(answer(1, 4)))
    for _ in range(2):
        assert not stream.astray
        stream.compare(Signing(2).signed(ActivityDigests(5, ())))
    assert stream.astray
    stream.compare(relay.signed(ActivityDigests(5, ())))
    assert not stream.astray


# -- what is kept


def test_a_doubted_number_hides_no_lie() -> None:
    """However far it is; not after a restart either."""
    everybody, alone = two_of_one_key(4)
    stream = SignedStream()
    taken(stream, alone.signed(answer(5, 1, one=5)))
    stream.doubt(stream.check(alone.signed(ActivityDigests(2**40, ()))))
    everybody.signed(answer(5, 1))
    for known in (stream, SignedStream(stream.heads)):
        assert 5 == contradiction(known, everybody.signed(answer(5, 2))).known.number


def test_the_followed_stream_is_the_last_that_was_taken_and_goes_last() -> None:
    """Not one that was only doubted, nor the one that was met last for the first time; many others do not oust it."""
    first, second, stream = Signing(1), Signing(2), SignedStream()
    taken(stream, first.signed(answer(1, 1)), second.signed(answer(1, 1)), first.signed(answer(2, 1)))
    stream.doubt(stream.check(first.signed(ActivityDigests(2**30 + 1, ()))))
    for seed in range(3, 3 + 2 * MOST_STREAMS):
        stream.doubt(stream.check(Signing(seed).signed(answer(9, 1))))
    assert first.key.public == SignedStream(stream.heads).key == stream.key
    for seed in range(3, 3 + 2 * MOST_STREAMS):
        taken(stream, Signing(seed).signed(answer(9, 1)), first.signed(answer(2, 1)))
    assert MOST_STREAMS + 1 == len(stream.heads)
    assert [2**30, 2] == [head.number for head in stream.heads if head.key == first.key.public]


# -- what one connection alone brings about


def ups(told: list[object]) -> int:
    return sum(each == "up changed" for each in told)


@pytest.mark.parametrize("trouble", ["unsigned", "refused", "broken"])
def test_one_connection_alone_has_no_boxes_read(trouble: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relay could do that to one device to see what it reads. Told so on two connections, it reads by itself."""
    relay = Signing()
    bad: Any = {"unsigned": answer(2, 1, one=2), "refused": Refusal("busy", 0), "broken": Unreachable("gone")}[trouble]
    good = [relay.signed(answer(1, 1)), relay.signed(answer(2, 1)), relay.signed(answer(3, 1))]
    asked, told = followed(good[0], bad, *good[1:], monkeypatch=monkeypatch)
    assert (1, 1) == (ups(told), asked.asked.count((1, 60)))
    newcomer = [relay.signed(ActivityDigests(4, ()))] if trouble == "unsigned" else []
    _, told = followed(good[0], *[bad] * ENOUGH, *newcomer, *good[1:], monkeypatch=monkeypatch)
    assert 3 == ups(told)


def test_a_second_connection_has_to_tell_of_the_same_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key for each connection has nothing read at once; after two of them boxes are read as if nothing were told, and
    the device asks ever less often.
    """
    slept: list[float] = []
    sleep = asyncio.sleep

    async def note(seconds: float) -> None:
        slept.append(seconds)
        await sleep(0)

    monkeypatch.setattr("nullabona.client.runner.activity_stream.asyncio.sleep", note)
    begun = Signing(1).signed(answer(1, 2))
    others = [Signing(seed).signed(ActivityDigests(3, ())) for seed in range(2, 10)]
    _, told = followed(begun, *others, monkeypatch=monkeypatch, gone_s=1.0)
    assert [([], True), "up changed", "up changed"] == told
    pauses = [pause for pause in slept if pause not in (activity_stream.CALM_FIRST_S, 60)]
    assert pauses[1] == 2 * pauses[0] < pauses[-1] <= activity_stream.MOST_GONE_S


def test_a_relay_that_does_not_sign_is_asked_as_by_a_newcomer(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that it does not send all again each minute. Once it signs, the device goes on from where it was."""
    relay = Signing()
    first, second = relay.signed(answer(1, 2)), relay.signed(answer(3, 1, one=3))
    newest = relay.signed(ActivityDigests(4, ()))
    asked, told = followed(first, *[answer(3, 1)] * 2, answer(9, 0), newest, second, monkeypatch=monkeypatch)
    assert [0, 2, 2, 0, 0, 2] == [after for after, _ in asked.asked][:6]
    assert (["one"], True) in told or (["one"], False) in told
    assert "missed" not in told


# -- the watcher


class Store:
    """A client's values."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    @contextmanager
    def transaction(self) -> Iterator[None]:
        yield

    reading = transaction

    def get_value(self, key: str) -> bytes | None:
        return self.values.get(key)

    def set_value(self, key: str, value: bytes) -> None:
        self.values[key] = value


class Asked:
    """Where requests of one connection each go; answers newcomers by the next of ``answers``, then no more."""

    is_reached = True

    def __init__(self, *answers: AnyResponse | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[AnyRequest] = []
        self.done = asyncio.Event()

    def one_shot(self, relay: str) -> Asked:
        assert RELAY == relay
        return self

    async def ready(self) -> Asked:
        return self

    async def request(self, request: AnyRequest, timeout_s: float) -> AnyResponse:
        if not self.answers:
            self.done.set()
            await asyncio.sleep(timeout_s)
        self.asked.append(request)
        answered = self.answers.pop(0)
        if isinstance(answered, Exception):
            raise answered
        return answered

    def worked(self) -> None: ...

    async def failed(self, carrier: object, error: Exception) -> None:
        del carrier, error


def watching(store: Store, asked: Asked) -> ActivityWatcher:
    """A watcher that is told only what a test says; it asks as a newcomer if the test has it do so."""

    def spawn(work: Any) -> Any:  # noqa: ANN401 - a coroutine
        work.close()
        return SimpleNamespace(cancel=lambda: None)

    context = SimpleNamespace(store=store, spawn=spawn, connections=asked)
    quiet = SimpleNamespace(
        secrets=lambda _relay: {}, read_soon=lambda _keys: None, redraw=lambda _keys: None,
        only_active=lambda _relay, _keys: None, put_behind=lambda _keys, **_: None,
    )  # fmt: skip
    return ActivityWatcher(cast(Any, quiet), cast(Any, context), RELAY, cast(Any, asked), lambda: 0.5, SignedStream)


def test_what_was_signed_is_kept_before_a_box_is_read_because_of_it() -> None:
    """A device that crashes then still has the signature of the lie, and compares it after it starts again."""

    async def story() -> None:
        store, (everybody, alone) = Store(), two_of_one_key(4)
        watcher = watching(store, Asked())
        taken(watcher._signed, alone.signed(answer(5, 1, one=5)))
        watcher.active([], late=False)
        assert {} == store.values
        watcher.active([BOX], late=False)
        everybody.signed(answer(5, 1))
        again = watching(store, Asked())
        assert alone.key.public == again._signed.key
        assert 5 == contradiction(again._signed, everybody.signed(answer(5, 2))).known.number

    asyncio.run(story())


def test_a_device_asks_as_a_newcomer_and_believes_itself_told_no_more_if_that_leads_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Over a connection of its own, with no number. A failure or two count for nothing."""
    for name in ("NEWCOMER_S", "NEWCOMER_AGAIN_S"):
        monkeypatch.setattr(activity_watcher, name, 0.0)

    async def story(*answers: AnyResponse | Exception) -> tuple[bool, list[Contradiction]]:
        asked, everybody = Asked(*answers), Signing()
        watcher, found = watching(Store(), asked), list[Contradiction]()
        monkeypatch.setattr(watcher, "contradicted", found.append)
        taken(watcher._signed, everybody.signed(answer(1, 4)))
        watcher._stream.up = True
        asking = asyncio.create_task(watcher._ask_as_newcomer())
        async with asyncio.timeout(60):
            await asked.done.wait()
        asking.cancel()
        assert {PollActivity(0, 0)} == set(asked.asked)
        return watcher._stream.up, found

    (everybody, _), other = two_of_one_key(4), Signing(2).signed(ActivityDigests(5, ()))
    same, lie = everybody.signed(ActivityDigests(5, ())), Signing().signed(answer(4, 1, two=4))
    assert (True, []) == asyncio.run(story(same, *[Unreachable("gone")] * (NEWCOMER_TRIES - 1), same))
    assert (False, []) == asyncio.run(story(*[Refusal("busy", 0)] * NEWCOMER_TRIES))
    assert (False, []) == asyncio.run(story(other, other))
    _, (found,) = asyncio.run(story(lie))
    assert (4, 4) == (found.known.number, found.shown.number)
