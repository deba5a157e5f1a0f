"""What a client believes of a directory: nothing that does not stand in the record it knows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from msgspec.structs import replace

from nullabona.client.core.directory.checking import check_answer
from nullabona.client.core.directory.errors import (
    CardNotInLog,
    LogForked,
    LogReplaced,
    LogRolledBack,
    LogStale,
    PromiseInvalid,
)
from nullabona.client.core.directory.owner import BROKEN, FOREIGN, MISSING, Alarm, judge, look, settle, start
from nullabona.client.core.directory.pinned import Pinned, moved, pin
from nullabona.client.core.directory.promises import check_promise
from nullabona.directory.core.records import Keep, StoredCard
from nullabona.errors import Malformed, PeerError
from nullabona.log.policy import NotWitnessed, PolicyInvalid
from nullabona.log.prefix import TOMBSTONE, Opening
from nullabona.wire.card import card_hash, verify_card
from nullabona.wire.messages import CardFound, HandleProof
from tests.record.directories import PERIOD_S, Directory
from tests.wire.cards import JUN, MINA, TODAY, card_bytes, first_card, next_bytes

CARD = first_card()
NEXT = verify_card(next_bytes(CARD), today=TODAY, previous=CARD)
FALSE = card_bytes("jun", MINA)


T = TypeVar("T")


def play(story: Callable[[Directory], Awaitable[T]]) -> T:
    async def whole() -> T:
        directory = Directory()
        try:
            await directory.service.advance()
            return await story(directory)
        finally:
            await directory.service.close()

    return asyncio.run(whole())


async def in_record(directory: Directory) -> tuple[Pinned, CardFound]:
    """The card stands in the record; what was pinned before, and the answer."""
    pinned = await directory.pinned()
    await directory.publish(CARD.encoded)
    await directory.advance()
    return pinned, await directory.look_up()


def test_a_card_in_the_record_is_believed() -> None:
    """Presence, absence and a promise are each proven, and the frontier is that of the checkpoint."""

    async def story(directory: Directory) -> None:
        pinned = await directory.pinned()
        absent = check_answer(pinned, MINA, await directory.look_up(), directory.now)
        await directory.publish(CARD.encoded)
        promised = check_answer(pinned, MINA, await directory.look_up(), directory.now)
        await directory.advance()
        found = check_answer(pinned, MINA, await directory.look_up(), directory.now)
        assert [b"", CARD.encoded, CARD.encoded] == [absent.card, promised.card, found.card]
        assert promised.promise is not None
        assert (CARD.hash, 1, 2) == (promised.promise.digest, promised.promise.after, promised.promise.by)
        assert (absent.promise, found.promise, found.epoch) == (None, None, 2)
        known = moved(pinned, found.frontier, found.sighting, found.checkpoint, directory.now, listed=found.listed)
        assert (3, found.sighting.root) == (known.size, known.frontier.root)

    play(story)


LIES: dict[str, tuple[Callable[[CardFound], CardFound], type[PeerError]]] = {
    "another card": (lambda a: replace(a, card=FALSE), CardNotInLog),
    "no card": (lambda a: replace(a, card=b""), CardNotInLog),
    "not there": (lambda a: _with(replace(a, card=b""), version=0, nonce=b""), CardNotInLog),
    "another version": (lambda a: _with(a, version=9), CardNotInLog),
    "another nonce": (lambda a: _with(a, nonce=bytes(16)), CardNotInLog),
    "a sibling": (lambda a: _with(a, siblings=(bytes(32),)), CardNotInLog),
    "a leaf in the way": (lambda a: _with(a, other=(bytes(32), bytes(32))), CardNotInLog),
    "half a leaf": (lambda a: _with(a, other=(bytes(32),)), CardNotInLog),
    "another time": (lambda a: _with(a, closed_s=a.proof.closed_s + 1), CardNotInLog),
    "another edge": (lambda a: _with(a, edge=(bytes(32),)), CardNotInLog),
    "a short edge": (lambda a: _with(a, edge=()), Malformed),
    "another label": (lambda a: _with(a, label_proof=bytes(80)), CardNotInLog),
    "no checkpoint": (lambda a: _with(a, checkpoint=b""), Malformed),
    "an unsigned checkpoint": (lambda a: _with(a, checkpoint=_unsigned(a)), PeerError),
}


def _with(answer: CardFound, **changes: object) -> CardFound:
    proof: HandleProof = replace(answer.proof, **changes)
    return replace(answer, proof=proof)


def _unsigned(answer: CardFound) -> bytes:
    lines = answer.proof.checkpoint.decode().split("\n")
    lines[1] = "9"
    return "\n".join(lines).encode()


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_refused(lie: str) -> None:
    """Whatever of an answer is not what stands in the record, nothing of it is believed."""
    change, refused = LIES[lie]

    async def story(directory: Directory) -> None:
        pinned, answer = await in_record(directory)
        with pytest.raises(refused):
            check_answer(pinned, MINA, change(answer), directory.now)

    play(story)


def test_age_and_position_are_checked() -> None:
    """What is too old, from the future, behind what was seen, or another log of that size is refused."""

    async def story(directory: Directory) -> None:
        pinned, answer = await in_record(directory)
        fresh_s = pinned.rules.fresh_s
        check_answer(pinned, MINA, answer, directory.now + fresh_s)
        for now in (directory.now + fresh_s + 1, directory.now - 301):
            with pytest.raises(LogStale):
                check_answer(pinned, MINA, answer, now)
        ahead = replace(pinned, size=9, peaks=(bytes(32),) * 2)
        with pytest.raises(LogRolledBack):
            check_answer(ahead, MINA, answer, directory.now)
        beside = replace(pinned, size=3, peaks=(bytes(32),) * 2)
        with pytest.raises(LogForked):
            check_answer(beside, MINA, answer, directory.now)

    play(story)


def test_another_log_is_refused() -> None:
    """Another directory's log, other keys, or witnesses that did not sign: nothing of it is believed."""

    async def story(directory: Directory) -> None:
        pinned, answer = await in_record(directory)
        other = Directory()
        await other.service.advance()
        with pytest.raises(LogReplaced):
            check_answer(replace(pinned, policy=(await other.describe()).policy), MINA, answer, directory.now)
        with pytest.raises(PolicyInvalid):
            pin("other.example", await directory.describe(), None, directory.now)
        await other.service.close()

    play(story)


def test_a_policy_of_witnesses_is_kept_to() -> None:
    """A person who demands a witness believes nothing that it has not signed."""
    witness = "witness w example.com/w+11a10d8e+BHPcVkcs07cD60oJOYTa8F1YuBRvrJiSSgUHApi7zMVH\n"

    async def story(directory: Directory) -> None:
        described = await directory.describe()
        policy = described.policy.replace("quorum none", "") + witness + "quorum w\n"
        with pytest.raises((NotWitnessed, Malformed)):
            pin("relay.example", described, policy, directory.now)

    play(story)


def test_a_promise_is_the_directorys_and_near() -> None:
    """A promise for another card, by somebody else, or for an epoch too far ahead is none."""

    async def story(directory: Directory) -> None:
        pinned = await directory.pinned()
        note = await directory.publish(CARD.encoded)
        check_promise(pinned, str(MINA), CARD.hash, note, pinned.frontier, directory.now)
        wrong = [(str(JUN), CARD.hash, note), (str(MINA), NEXT.hash, note), (str(MINA), CARD.hash, b"no note")]
        far = directory.service._record.promise(MINA, CARD.hash, 6)
        wrong.append((str(MINA), CARD.hash, far))
        wrong.append((str(MINA), CARD.hash, note.replace(b"\n2\n", b"\n3\n")))
        for handle, digest, signed in wrong:
            with pytest.raises(PromiseInvalid):
                check_promise(pinned, handle, digest, signed, pinned.frontier, directory.now)
        near = directory.service._record.promise(MINA, CARD.hash, 5)
        assert 5 == check_promise(pinned, str(MINA), CARD.hash, near, pinned.frontier, directory.now).by

    play(story)


def test_an_owner_sees_every_epoch() -> None:
    """What stood at the handle in each epoch is told once, in order, and leads to the checkpoint."""

    async def story(directory: Directory) -> None:
        pinned = await directory.pinned()
        watch = start(pinned)
        for card in (CARD, NEXT):
            await directory.publish(card.encoded)
            await directory.advance()
        await directory.advance()
        found = look(pinned, watch, MINA, await directory.watch(watch.epoch), directory.now)
        digests = [opening.digest if opening else None for _, _, opening in found.openings]
        assert (True, [CARD.hash, NEXT.hash, NEXT.hash]) == (found.complete, digests)
        judged, alarms = judge(watch, found.openings, [CARD.hash, NEXT.hash])
        assert ([], 1) == (alarms, judged.place)

    play(story)


def test_an_owner_notices_what_was_entered_behind_their_back() -> None:
    """A false card is an alarm, and so is the older card again after it."""

    async def story(directory: Directory) -> list[Alarm]:
        pinned, _ = await in_record(directory)
        watch = start(pinned)
        for data in (FALSE, CARD.encoded):
            with directory.service._store.transaction():
                keep = Keep(StoredCard.of(MINA, data, 0), card_hash(data))
                directory.service._store.apply(keep, directory.service._record.place(MINA))
            await directory.advance()
        found = look(pinned, watch, MINA, await directory.watch(watch.epoch), directory.now)
        return judge(watch, found.openings, [CARD.hash])[1]

    assert [(FOREIGN, 3, "unknown-card")] == [(a.code, a.epoch, a.reason) for a in play(story)]


def test_a_watch_that_does_not_lead_to_the_checkpoint_is_a_fork() -> None:
    """Whatever is told falsely of one epoch, the end does not fit."""

    async def story(directory: Directory) -> None:
        pinned, _ = await in_record(directory)
        watch = start(pinned)
        answer = await directory.watch(watch.epoch)
        (step,) = answer.steps
        for wrong in (replace(step, closed_s=step.closed_s + 1), replace(step, entry=(b"", 0, b""))):
            with pytest.raises(LogForked):
                look(pinned, watch, MINA, replace(answer, steps=(wrong,)), directory.now)
        for bad in (replace(step, depth=1), replace(step, siblings=(bytes(32),)), replace(step, other=(bytes(32),))):
            with pytest.raises((Malformed, CardNotInLog)):
                look(pinned, watch, MINA, replace(answer, steps=(bad,)), directory.now)
        with pytest.raises(Malformed):
            look(pinned, watch, MINA, replace(answer, first=answer.first + 1), directory.now)

    play(story)


def _opening(digest: bytes, version: int) -> Opening:
    return Opening(bytes([version]) * 16, version, digest)


@pytest.mark.parametrize(
    ("seen", "alarms"),
    [
        ([_opening(CARD.hash, 1), _opening(NEXT.hash, 2)], []),
        ([_opening(NEXT.hash, 1), _opening(CARD.hash, 2)], [(FOREIGN, "older-card")]),
        ([_opening(CARD.hash, 1), None], [(MISSING, "removed")]),
        ([_opening(CARD.hash, 1), None, _opening(CARD.hash, 1)], [(MISSING, "removed")]),
        ([_opening(CARD.hash, 1), _opening(TOMBSTONE, 2)], [(FOREIGN, "deleted")]),
        ([_opening(CARD.hash, 2), _opening(NEXT.hash, 1)], [(FOREIGN, "renumbered")]),
        ([None, _opening(bytes([1]) * 32, 1)], [(FOREIGN, "unknown-card")]),
    ],
)
def test_what_an_owner_is_warned_of(seen: list[Opening | None], alarms: list[tuple[str, str]]) -> None:
    """Each thing that this account did not do, told once."""

    async def story(directory: Directory) -> Pinned:
        return await directory.pinned()

    openings = [(epoch, epoch * PERIOD_S, opening) for epoch, opening in enumerate(seen, 2)]
    found = judge(start(play(story)), openings, [CARD.hash, NEXT.hash])[1]
    assert alarms == [(alarm.code, alarm.reason) for alarm in found]


def test_promises_are_settled_by_the_epochs_they_are_for() -> None:
    """Kept, kept by a later card of the account, still open, or broken with the note as evidence."""

    async def story(directory: Directory) -> None:
        pinned = await directory.pinned()
        note = await directory.publish(CARD.encoded)
        promise = check_promise(pinned, str(MINA), CARD.hash, note, pinned.frontier, directory.now)
        here, later = (2, 0, _opening(CARD.hash, 1)), (2, 0, _opening(NEXT.hash, 1))
        assert ([], []) == settle([promise], [here])
        assert ([], []) == settle([promise], [later], [CARD.hash, NEXT.hash])
        assert ([promise], []) == settle([promise], [])
        still, broken = settle([promise], [later])
        assert ([], [(BROKEN, 2, note)]) == (still, [(each.code, each.epoch, each.evidence) for each in broken])
        assert BROKEN == settle([promise], [(2, 0, None)])[1][0].code

    play(story)
