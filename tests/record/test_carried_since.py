"""A carried proof is of its epoch: it settles a claim only if no list since names its label."""

from __future__ import annotations

from functools import partial

import pytest
from msgspec.structs import replace

from nullabona.client.core.directory.errors import LogStale
from nullabona.client.core.directory.keeping import load_pinned
from nullabona.client.core.identity import claims
from nullabona.client.core.model.inbox_items import ContactRequest
from nullabona.directory import record
from nullabona.wire.map_messages import EpochsListed, ListEpochs
from nullabona.wire.messages import AnyRequest, AnyResponse, Refusal
from tests.record.carrying import Town, play
from tests.record.directories import HOST
from tests.record.test_carried import arrive, known, lookups
from tests.record.test_lists import plain_epoch
from tests.rooms.hostile import to_inbox


async def revoke(town: Town) -> tuple[bytes, bytes]:
    """Jun makes a next card, which is in the record a period later; his card before, and its proof."""
    old = town.jun.card.encoded, town.kept(town.jun)
    town.renew(town.jun)
    await town.publish(town.jun)
    return old


def bring(town: Town, old: tuple[bytes, bytes]) -> None:
    """A device that only the card before names asks with that card and its proof."""
    card, proof = old
    to_inbox(town.jun, town.mina, ContactRequest(card, "hello", b"", b"", proof))
    town.read()


def test_a_revoked_device_is_not_proven_by_the_card_before() -> None:
    """Mina's device has read the list that names the label, so it asks the record, which has the newer card."""

    async def story(town: Town) -> None:
        await known(town)
        old = await revoke(town)
        await town.watch()
        bring(town, old)
        assert ("pending", [town.jun.me.handle]) == (town.standing(town.jun), lookups(town))
        town.device.asked.clear()
        assert [town.jun.card.handle.name] == await town.fetch(town.jun)

    play(story)


def test_a_revoked_device_is_believed_until_the_list_is_read() -> None:
    """The part that remains: Mina's device knows of no newer epoch, and has read what is of now."""

    async def story(town: Town) -> str:
        await known(town)
        old = await revoke(town)
        bring(town, old)
        return town.standing(town.jun)

    assert "proven" == play(story)


@pytest.mark.parametrize("hours", [0, 1, 20])
def test_a_device_that_was_off_reads_the_lists_before_it_believes_a_proof(hours: int) -> None:
    """What it remembers of the log is old, and the proof would be as new as that."""

    async def story(town: Town) -> list[str]:
        await known(town)
        await town.sleep((hours + 1) * 3_600)
        old = await revoke(town)
        bring(town, old)
        assert ("pending", [town.jun.me.handle]) == (town.standing(town.jun), lookups(town))
        return await town.fetch(town.jun)

    assert ["checkpoint", "ListEpochs", "jun"] == play(story)


def test_a_device_that_was_off_believes_a_proof_once_it_has_read_the_lists() -> None:
    """The questions name nobody."""

    async def story(town: Town) -> list[str]:
        await known(town)
        proof = town.kept(town.jun)
        await town.advance(5)
        await arrive(town, proof=proof)
        assert "pending" == town.standing(town.jun)
        asked = await town.fetch(town.jun)
        assert "proven" == town.standing(town.jun)
        return asked

    assert ["checkpoint", "ListEpochs"] == play(story)


def test_the_lists_are_asked_for_in_the_same_way_whatever_the_proof_is() -> None:
    """Also the epoch in the question: it would say when the asker's device looked at its own card."""

    async def asked(town: Town, periods: int) -> list[AnyRequest]:
        await known(town)
        await town.advance(periods)
        proof = await town.proof_of(town.jun)
        await town.advance(6 - periods)
        await arrive(town, proof=proof)
        town.device.asked.clear()
        await town.fetch(town.jun)
        assert "proven" == town.standing(town.jun)
        return town.device.asked

    first, second = play(partial(asked, periods=1)), play(partial(asked, periods=4))
    assert first == second
    assert any(isinstance(each, ListEpochs) for each in first)


def test_a_whole_look_leaves_no_gap_in_the_lists() -> None:
    """The look that is due once in half a day asks for no lists; those of its epochs are read with the next ones."""

    async def story(town: Town) -> None:
        await known(town)
        proof, handle = town.kept(town.jun), town.mina.card.handle
        for whole in (False, True, False):
            await town.advance()
            await town.device.own_key_monitor._watch_through(handle, whole=whole)
        town.device.asked.clear()
        await arrive(town, proof=proof)
        assert ("proven", [], []) == (town.standing(town.jun), lookups(town), town.device.asked)

    play(story)


@pytest.mark.parametrize("fault", ["missing", "short", "refused"])
def test_without_a_true_list_the_record_is_asked(fault: str) -> None:
    """A list that is not told, or is not the one of the entry, could have had the label."""

    async def story(town: Town) -> list[str]:
        await known(town)
        old = await revoke(town)

        async def lie(request: AnyRequest) -> AnyResponse | None:
            if not isinstance(request, ListEpochs):
                return None
            if fault == "refused":
                return Refusal("not-found")
            answer = await town.directory.service.handlers()[ListEpochs](request)
            assert isinstance(answer, EpochsListed)
            told = None if fault == "missing" else b""
            return replace(answer, steps=tuple(replace(step, changes=told) for step in answer.steps))

        town.device.lie = lie
        bring(town, old)
        return await town.fetch(town.jun)

    assert "jun" in play(story)


def test_in_a_record_without_lists_a_proof_holds_until_the_next_epoch() -> None:
    """Nothing says what changed since. Of the newest epoch it needs no list."""

    async def story(town: Town) -> tuple[str, str]:
        await known(town)
        proof = town.kept(town.jun)
        await arrive(town, proof=proof)
        first = town.standing(town.jun)
        with town.mina.engine.step(town.world.now) as step:
            step.store.drop_contact(town.jun.account)
        await town.advance()
        await town.watch()
        await arrive(town, proof=proof)
        return first, town.standing(town.jun)

    with pytest.MonkeyPatch.context() as old:
        old.setattr(record, "encode_epoch", plain_epoch)
        assert ("proven", "pending") == play(story)


def test_few_proofs_wait_and_those_at_unknown_hosts_go_first() -> None:
    """A stranger can have any number of accounts at a host that nobody uses; nothing of theirs was checked yet."""

    async def story(town: Town) -> list[str]:
        await known(town)
        with town.mina.engine.step(town.world.now) as step:
            claims.came(step, bytes(32), str(town.jun.card.handle), b"card", b"proof")
            for number in range(2 * claims.MOST_PROOFS):
                claims.came(step, number.to_bytes(33, "big"), f"a{number}@far.example", b"card", b"proof")
            return [each.handle for each in claims.claims(step) if each.proof]

    first = 2 * claims.MOST_PROOFS - (claims.MOST_PROOFS - 1)
    far = [f"a{number}@far.example" for number in range(first, 2 * claims.MOST_PROOFS)]
    assert ["jun@relay.example", *far] == play(story)


def test_a_day_of_the_log_that_is_old_is_not_remembered_as_seen_now() -> None:
    """A directory that stopped, or shows no newer epoch: what it says of changes is of then."""

    async def story(town: Town) -> tuple[int, int]:
        await known(town)
        seen = []
        for _ in range(2):
            with town.mina.store.transaction():
                pinned = load_pinned(town.mina.store, HOST)
            assert pinned is not None
            seen.append(pinned.seen_s)
            town.directory.now += pinned.rules.fresh_s + 1
            with pytest.raises(LogStale):
                await town.device.directories.newest_day(HOST)
        return seen[0], seen[1]

    before, after = play(story)
    assert before == after
