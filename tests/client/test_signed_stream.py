"""What a device makes of a relay that signs its digests, and of one that tells two connections different things."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import msgspec
import pytest

from nullabona.client.runner import activity_stream
from nullabona.client.runner.activity_stream import ActivityStream
from nullabona.client.runner.signed_stream import MOST_STREAMS, DigestsContradict, DigestsUnsigned, SignedStream
from nullabona.log.digest_chain import (
    ALL,
    FEW,
    Contradiction,
    EvidenceOfDigestsInvalid,
    verify_contradiction,
)
from nullabona.log.keys import Kind, VerifierKey
from nullabona.log.note import parse_note, verify_note
from nullabona.relay.core.digests import Digests
from nullabona.wire.message import Response
from nullabona.wire.messages import ActivityDigests, AnyResponse, decode_response, encode
from tests.client.signing import Signing
from tests.client.test_activity_stream import Relay, Told, answer


def taken(stream: SignedStream, *answers: ActivityDigests) -> None:
    """Each is acted upon."""
    for each in answers:
        stream.take(stream.check(each))


def contradiction(stream: SignedStream, shown: ActivityDigests) -> Contradiction:
    with pytest.raises(DigestsContradict) as caught:
        stream.check(shown)
    return caught.value.found


# -- one answer


def test_one_stream_goes_on_whatever_the_connection() -> None:
    """In one piece or in several; those who follow are not given the key again."""
    relay, stream = Signing(), SignedStream()
    first, second, third = (relay.signed(answer(*span)) for span in ((5, 3), (8, 1), (9, 0)))
    brief = msgspec.structs.replace(second, key=b"", before=b"")
    taken(stream, first, brief, third)
    taken(SignedStream(stream.heads), first, second)
    assert [(8, relay.key.public)] == [(head.number, head.key) for head in stream.heads]


@pytest.mark.parametrize(
    "change",
    [
        {"signature": b""},
        {"signature": bytes(64)},
        {"key": b""},
        {"key": bytes(32)},
        {"before": bytes(32)},
        {"first": 6},
        {"digests": ((b"saltsalt", b"tags"),)},
        {"others": (b"", b"")},
        {"others": (ALL + bytes(32),)},
    ],
)
def test_what_is_not_what_was_signed_is_not_believed(change: dict[str, Any]) -> None:
    """A relay of the time before, and one that tells something else than it signs."""
    shown = msgspec.structs.replace(Signing().signed(answer(5, 1)), **change)
    with pytest.raises(DigestsUnsigned):
        SignedStream().check(shown)


def test_an_older_client_reads_what_is_signed_and_an_older_relay_signs_nothing() -> None:
    """Each ignores, or lacks, the fields at the end."""

    class Older(Response, frozen=True, tag=10):
        first: int
        digests: tuple[tuple[bytes, bytes], ...]

    shown = Signing().signed(answer(5, 2))
    assert Older(5, shown.digests) == msgspec.msgpack.decode(encode(shown), type=Older)
    assert answer(5, 2) == decode_response(msgspec.msgpack.encode(Older(5, shown.digests)))


# -- two streams


def test_a_relay_that_told_one_connection_alone_contradicts_itself() -> None:
    """On the next one it goes on from the same number, but with what everybody was told: it signed both."""
    stream, alone, everybody = SignedStream(), Signing(), Signing()
    for relay in (alone, everybody):
        relay.signed(answer(1, 4))
    taken(stream, alone.signed(answer(5, 1, one=5)))
    everybody.signed(answer(5, 1))
    found = contradiction(stream, everybody.signed(answer(6, 2)))
    assert (5, 7) == (found.known.number, found.shown.number)
    assert found == verify_contradiction(found.encode())


def test_the_evidence_is_two_signed_notes() -> None:
    """Which any tool for signed notes verifies; the name is the key."""
    head = SignedStream().check(Signing().signed(answer(5, 1)))
    note = parse_note(head.note())
    key = VerifierKey(f"activity/{head.key.hex()}", Kind.ED25519, head.key)
    assert [key.name] == [each.name for each in verify_note(note, [key])]
    assert note.text.splitlines()[1] == b"5"


def test_it_is_found_after_a_restart_and_after_an_answer_that_was_doubted() -> None:
    """What was signed is remembered, also where nothing was read because of it."""
    alone, everybody = Signing(), Signing()
    doubted = SignedStream()
    doubted.doubt(doubted.check(alone.signed(answer(5, 9, one=9))))
    everybody.signed(answer(5, 8))
    assert 13 == contradiction(SignedStream(doubted.heads), everybody.signed(answer(13, 2))).known.number


def test_two_runs_contradict_nothing() -> None:
    """An operator who restarts, restores or lets another machine take over has another key, whatever the numbers."""
    stream = SignedStream()
    for seed in range(2 * MOST_STREAMS):
        taken(stream, Signing(seed + 1).signed(answer(5, seed + 1)))
    assert MOST_STREAMS == len(stream.heads)
    assert Signing(2 * MOST_STREAMS).key.public == stream.key == stream.heads[-1].key


def test_a_process_that_lags_contradicts_nothing() -> None:
    """Of several processes one may not have heard of the newest digests yet."""
    relay, stream = Signing(), SignedStream()
    early, late = relay.signed(answer(5, 1)), relay.signed(answer(5, 4))
    taken(stream, late, early, relay.signed(answer(6, 3)))


def test_evidence_that_shows_nothing_is_refused() -> None:
    """Heads that agree, another key, other digests, garbage."""
    stream, alone, everybody = SignedStream(), Signing(), Signing()
    taken(stream, alone.signed(answer(5, 2, one=5)))
    found = contradiction(stream, everybody.signed(answer(5, 3)))
    other = SignedStream().check(Signing(2).signed(answer(5, 2)))
    agreeing = SignedStream().check(everybody.signed(answer(5, 1)))
    for changed in (
        replace(found, known=found.shown),
        replace(found, known=other),
        replace(found, known=agreeing),
        replace(found, before=bytes(32)),
        replace(found, leaves=found.leaves[:-1]),
        replace(found, known=msgspec.structs.replace(found.known, number=6, hashed=bytes(32))),
    ):
        with pytest.raises(EvidenceOfDigestsInvalid):
            verify_contradiction(changed.encode())
    with pytest.raises(EvidenceOfDigestsInvalid):
        verify_contradiction(b"garbage")


# -- what the device does


def followed(
    *answers: AnyResponse | Exception, monkeypatch: pytest.MonkeyPatch, gone_s: float = 0.0
) -> tuple[Relay, list[object]]:
    """What a listener was told until the relay had said everything, each answer on whatever connection it is."""
    monkeypatch.setattr(activity_stream, "GONE_S", gone_s)
    monkeypatch.setattr(activity_stream, "_REFUSED_S", 0.0)

    async def story() -> tuple[Relay, list[object]]:
        told, relay = Told(), Plain(*answers)
        stream: ActivityStream[str] = ActivityStream(cast(Any, relay), told, lambda: 0.5, 0, SignedStream())
        following = asyncio.create_task(stream.follow())
        async with asyncio.timeout(60):
            await relay.rested.wait()
        following.cancel()
        return relay, told.what

    return asyncio.run(story())


class Plain(Relay):
    """Says what it is given, signed or not."""

    class _Nobody:
        def signed(self, given: Any) -> Any:  # noqa: ANN401 - whatever a script has
            return given

    signing = cast(Any, _Nobody())


def kinds(told: Sequence[object]) -> list[object]:
    return ["contradiction" if isinstance(each, Contradiction) else each for each in told]


def test_activity_that_is_not_signed_wakes_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """The device is not told of it, and reads as where a relay tells nothing; once signed, it goes on."""
    bad = msgspec.structs.replace(Signing().signed(answer(1, 1, one=1)), signature=bytes(64))
    good = Signing()
    shown = (good.signed(answer(1, 1, two=1)), good.signed(answer(2, 0)))
    relay, told = followed(answer(1, 1, one=1), bad, shown[1], shown[0], monkeypatch=monkeypatch)
    assert [(["two"], True), "up changed"] == told
    assert 2 == relay.rests


def test_a_gap_that_one_connection_alone_is_told_of_wakes_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the next one everything goes on. Only what two connections say is acted upon."""
    relay = Signing()
    before, gap, after = (relay.signed(answer(*span)) for span in ((1, 2), (9_000, 0), (3, 1)))
    asked, told = followed(before, gap, after, gap, gap, monkeypatch=monkeypatch)
    assert [([], True), "up changed", ([], False), "missed"] == told[:4]
    assert [0, 2, 2, 3, 3] == [number for number, _ in asked.asked[:5]]


def test_a_restart_that_one_connection_alone_is_told_of_wakes_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even with the same numbers. A true one is told on the next connection, too."""
    old, new = Signing(1), Signing(2)
    before, false, after = old.signed(answer(1, 2)), new.signed(answer(3, 1, one=3)), old.signed(answer(3, 1, two=3))
    _, told = followed(before, false, after, monkeypatch=monkeypatch)
    assert [([], True), "up changed", (["two"], False)] == told
    again = new.signed(answer(50, 0))
    _, told = followed(before, again, again, new.signed(answer(50, 1, one=50)), monkeypatch=monkeypatch)
    assert "missed" in told
    _, told = followed(before, again, Signing(3).signed(answer(50, 0)), after, monkeypatch=monkeypatch)
    assert "missed" not in told


def test_a_lie_is_told_to_the_listener_with_its_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two answers of one stream that cannot both be true, over two connections."""
    alone, everybody = Signing(), Signing()
    lie, truth = alone.signed(answer(1, 1, one=1)), everybody.signed(answer(1, 1))
    _, told = followed(lie, everybody.signed(answer(2, 1)), monkeypatch=monkeypatch)
    assert truth.before == lie.before
    assert [(["one"], True), "up changed", "contradiction"] == kinds(told)[:3]


# -- the relay's side


def test_all_that_a_relay_answers_is_of_one_stream() -> None:
    """However it is asked; also of digests that lost most of their tags since, and of those that are forgotten."""
    made = Digests(random.Random(1).getrandbits, 26_000)
    begin, stream = made.head, SignedStream()
    behind: list[SignedStream] = []
    for number in range(120):
        for box in range(1 + 20 * (number % 3)):
            made.record(bytes([number, box]) * 16, box, box)
        made.close(10_000)
        taken(stream, made.signed(made.after(made.head - 1, 10**9), brief=number > 0 and number % 2 == 0))
        behind.append(SignedStream(stream.heads))
    made.forget_before(begin + 10)
    thinned = made.signed(made.after(made.head - len(made._past), 10**9), brief=False)
    assert {FEW, ALL, b""} == {other[:1] for other in thinned.others}
    for known in behind:
        for after in range(begin, made.head + 2):
            taken(known, made.signed(made.after(after, 500), brief=False))
    made.forget()
    taken(stream, made.signed(made.after(made.head, 0), brief=False))
