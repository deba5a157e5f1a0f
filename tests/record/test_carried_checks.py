"""What of a carried proof is believed: nothing that a directory's answer would not be believed for, but for its age."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import msgspec
import pytest
from msgspec.structs import replace

from nullabona.client.core.directory import own_answer
from nullabona.client.core.directory.carried import OLDEST_S, check_carried
from nullabona.client.core.directory.checking import check_answer
from nullabona.client.core.directory.errors import CardNotInLog, LogReplaced, LogStale
from nullabona.client.core.directory.pinned import SKEW_S, Pinned
from nullabona.client.store import SqliteStore
from nullabona.errors import Malformed, PeerError
from nullabona.log.policy import NotWitnessed
from nullabona.wire.carried import MAX_CARRIED, decode_carried, encode_carried
from nullabona.wire.messages import HandleProof
from tests.record.directories import Directory
from tests.record.test_checking import CARD, FALSE, NEXT, in_record, play
from tests.sequencer.logs import policy_text
from tests.wire.cards import JUN, MINA
from tests.witness.running import log_signers, witness_signers

Shown = tuple[Pinned, bytes, int]


@cache
def shown() -> Shown:
    """A directory as it was known before a card entered, the proof of the card, and when that was (s)."""

    async def story(directory: Directory) -> Shown:
        pinned, answer = await in_record(directory)
        return pinned, encode_carried(answer.proof), directory.now

    return play(story)


def check(proof: bytes, *, card: bytes = CARD.encoded, late_s: int = 0, policy: str = "") -> bytes:
    """The card that a proof proves, ``late_s`` after it was made."""
    pinned, _, now_s = shown()
    known = replace(pinned, policy=policy or pinned.policy)
    return check_carried(known, MINA, card, proof, now_s + late_s).card


def changed(**changes: object) -> Callable[[bytes], bytes]:
    def change(proof: bytes) -> bytes:
        found: HandleProof = replace(decode_carried(proof), **changes)
        return encode_carried(found)

    return change


def _later(proof: bytes) -> bytes:
    return changed(closed_s=decode_carried(proof).closed_s + 1)(proof)


def _unsigned(proof: bytes) -> bytes:
    text, _, _ = decode_carried(proof).checkpoint.decode().partition("\n\n")
    return changed(checkpoint=f"{text}\n\n".encode())(proof)


def _of_another_size(proof: bytes) -> bytes:
    lines = decode_carried(proof).checkpoint.decode().split("\n")
    lines[1] = "9"
    return changed(checkpoint="\n".join(lines).encode())(proof)


def _of_another_version(proof: bytes) -> bytes:
    version, *rest = msgspec.msgpack.decode(proof)
    return msgspec.msgpack.encode([version + 1, *rest])


FORGED: dict[str, tuple[Callable[[bytes], bytes], type[PeerError]]] = {
    "nothing": (lambda proof: proof[:0], Malformed),
    "noise": (lambda proof: bytes(len(proof)), Malformed),
    "a part": (lambda proof: proof[:-1], Malformed),
    "more": (lambda proof: proof + b"\0", Malformed),
    "another version of the form": (_of_another_version, Malformed),
    "another label": (changed(label_proof=bytes(80)), CardNotInLog),
    "another nonce": (changed(nonce=bytes(16)), CardNotInLog),
    "another version": (changed(version=9), CardNotInLog),
    "nothing at the label": (changed(version=0, nonce=b""), CardNotInLog),
    "a sibling": (changed(siblings=(bytes(32),)), CardNotInLog),
    "a leaf in the way": (changed(other=(bytes(32), bytes(32))), CardNotInLog),
    "another time": (_later, CardNotInLog),
    "another edge": (changed(edge=(bytes(32),)), CardNotInLog),
    "no edge": (changed(edge=()), Malformed),
    "no checkpoint": (changed(checkpoint=b""), Malformed),
    "an unsigned checkpoint": (_unsigned, Malformed),
    "a checkpoint of another size": (_of_another_size, LogReplaced),
}


@pytest.mark.parametrize("forgery", FORGED)
def test_a_forged_proof_is_refused(forgery: str) -> None:
    """Whatever of it was changed, it proves nothing."""
    change, refused = FORGED[forgery]
    with pytest.raises(refused):
        check(change(shown()[1]))


@pytest.mark.parametrize("card", [NEXT.encoded, FALSE, b""])
def test_it_is_the_proof_of_one_card(card: bytes) -> None:
    """Not of a later one, another account's, or none."""
    with pytest.raises((CardNotInLog, Malformed)):
        check(shown()[1], card=card)


def test_it_is_the_proof_of_one_handle() -> None:
    """The same card and proof for another handle of the same directory."""
    pinned, proof, now_s = shown()
    with pytest.raises(CardNotInLog):
        check_carried(pinned, JUN, CARD.encoded, proof, now_s)


def test_it_is_believed_for_a_day() -> None:
    """To the second; nor from a clock that is ahead by more than five minutes."""
    for late_s in (0, OLDEST_S, -SKEW_S):
        assert CARD.encoded == check(shown()[1], late_s=late_s)
    for late_s in (OLDEST_S + 1, -SKEW_S - 1):
        with pytest.raises(LogStale):
            check(shown()[1], late_s=late_s)


def test_witnesses_that_the_policy_demands_must_have_signed_it() -> None:
    """As for an answer of the directory; and another log's keys are another log."""
    pinned, proof, _ = shown()
    witness = "witness w " + witness_signers("w.example/1")[0].verifier.encode() + " https://w.example/"
    with pytest.raises(NotWitnessed):
        check(proof, policy=pinned.policy.replace("quorum none", f"{witness}\nquorum w"))
    with pytest.raises(LogReplaced):
        check(proof, policy=policy_text(log_signers("relay.example/nullabona/directory", "another seed")))


def test_a_promise_is_no_proof() -> None:
    """Whether it is kept has to be asked for."""

    async def story(directory: Directory) -> None:
        pinned = await directory.pinned()
        await directory.publish(CARD.encoded)
        answer = await directory.look_up()
        assert check_answer(pinned, MINA, answer, directory.now).promise is not None
        with pytest.raises(PeerError):
            check_carried(pinned, MINA, CARD.encoded, encode_carried(answer.proof), directory.now)

    play(story)


def test_what_is_too_large_is_neither_carried_nor_read() -> None:
    """On both sides at the same size."""
    proof = decode_carried(shown()[1])
    spare = MAX_CARRIED - len(encode_carried(proof))
    fits = next(
        data
        for more in range(spare - 8, spare + 1)
        if len(data := encode_carried(replace(proof, checkpoint=proof.checkpoint + bytes(more)))) == MAX_CARRIED
    )
    assert len(decode_carried(fits).checkpoint) > len(proof.checkpoint)
    larger = replace(proof, checkpoint=decode_carried(fits).checkpoint + b"x")
    assert b"" == encode_carried(larger)
    with pytest.raises(Malformed):
        decode_carried(msgspec.msgpack.encode([1, larger]))


def test_a_device_keeps_what_the_record_has_of_its_card() -> None:
    """Neither a promise nor an absence; and carries it with that card only, for a day."""

    async def story(directory: Directory) -> None:
        store = SqliteStore.testing_in_memory()
        pinned = await directory.pinned()

        async def keep() -> bytes:
            checked = check_answer(pinned, MINA, await directory.look_up(), directory.now)
            with store.transaction():
                own_answer.keep(store, checked)
                return own_answer.to_carry(store, CARD.encoded, directory.now)

        assert b"" == await keep()
        await directory.publish(CARD.encoded)
        assert b"" == await keep()
        await directory.advance()
        proof = await keep()
        assert CARD.encoded == check_carried(pinned, MINA, CARD.encoded, proof, directory.now).card
        with store.transaction():
            ages = (0, own_answer.RENEW_S - 1, own_answer.RENEW_S, -own_answer.RENEW_S)
            due = [own_answer.is_due(store, CARD.hash, directory.now + age) for age in ages]
            assert [False, False, True, True] == due
            assert own_answer.is_due(store, NEXT.hash, directory.now)
            assert proof == own_answer.to_carry(store, CARD.encoded, directory.now + OLDEST_S - 1)
            assert b"" == own_answer.to_carry(store, CARD.encoded, directory.now + OLDEST_S)
            assert b"" == own_answer.to_carry(store, NEXT.encoded, directory.now)

    play(story)
