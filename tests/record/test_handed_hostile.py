"""What a contact may hand over in the room of two, and what nobody gains by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from msgspec.structs import replace as changed

from nullabona.client.core import commands
from nullabona.client.core.contacts import card_handing, handed_cards, trust
from nullabona.client.core.directory import newest as notes
from nullabona.client.core.model.content import NewCard
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.timeline import sending
from nullabona.wire.map_messages import EpochsListed, ListEpochs
from nullabona.wire.messages import AnyRequest, AnyResponse, Refusal
from tests.record.carrying import DAY_S, Town, play
from tests.record.directories import PERIOD_S
from tests.record.test_handed_cards import contact, friends, hand, newest, renewed
from tests.rooms.devices import another_device
from tests.rooms.hostile import warnings
from tests.rooms.world import Person


def say(town: Town, card: bytes, proof: bytes, room: bytes = b"", by: Person | None = None) -> None:
    """A device of Jun's sends this in the room of two with Mina, or in ``room``."""
    person, room = by or town.jun, room or contact(town.jun, town.mina).room
    with person.engine.step(town.world.now) as step:
        sending.send_fleeting(step, step.room(room), NewCard(card, proof))
    town.world.quiet()


def kept(town: Town) -> bytes:
    """The card of Jun's that Mina's device knows."""
    return contact(town.mina, town.jun).card


def test_a_card_from_before_a_newer_one_is_believed_until_the_list_is_read() -> None:
    """A device that is not on the new card hands the old one over, which names it, with the proof of then."""

    async def story(town: Town) -> list[bool]:
        await friends(town)
        with town.mina.store.transaction():
            notes.forget(town.mina.store)  # as on a device that does not know Jun's newest card
        town.renew(town.jun)
        before = town.jun.card
        await town.publish(town.jun)
        await town.watch(town.jun)
        proof = town.kept(town.jun)
        await town.watch()
        town.renew(town.jun)
        await town.publish(town.jun)
        unknown = newest(town) is None
        say(town, before.encoded, proof)
        taken = kept(town) == before.encoded
        with town.mina.store.transaction():
            noted = notes.is_noted(town.mina.store, before.hash)
        await town.watch()
        return [unknown, taken, noted, newest(town) is None]

    assert [True] * 4 == play(story)


def test_a_card_from_before_a_newer_one_is_of_no_use() -> None:
    """Also if the newer one was handed over, and no list is read in between."""

    async def story(town: Town) -> bool:
        await friends(town)
        old, proof = town.jun.card.encoded, town.kept(town.jun)
        await renewed(town)
        await hand(town)
        say(town, old, proof)
        return kept(town) == town.jun.card.encoded and newest(town) is not None

    assert play(story)


def test_a_revoked_device_that_was_removed_in_the_room_of_two_is_not_added() -> None:
    """Whatever the lists say: a directory may leave a change out of them."""

    async def story(town: Town) -> list[bool]:
        await friends(town)
        found = []
        for away in (False, True):
            with town.mina.engine.step(town.world.now) as step:
                if away:
                    room = contact(town.mina, town.jun).room
                    step.store.drop_devices(room, [town.jun.me.device])
                    step.roster_changed(room)
                found.append(handed_cards.newest_of(step, town.jun.account)[0] is not None)
        return found

    assert [True, False] == play(story)


@pytest.mark.parametrize("late_s", [0, 1])
def test_a_card_is_not_used_for_longer_than_cards_live(late_s: int) -> None:
    """It should have been renewed: a directory could leave the change out of its lists for ever."""

    async def story(town: Town) -> bool:
        await friends(town)
        await town.advance()
        await town.watch()
        oldest_s = town.world.now // 1_000 - notes.OLDEST_S - late_s
        with town.mina.store.transaction():
            known = notes._load(town.mina.store)
            notes._save(town.mina.store, {digest: changed(each, closed_s=oldest_s) for digest, each in known.items()})
        return newest(town) is not None

    assert (late_s == 0) is play(story)


def test_a_card_of_somebody_else_is_dropped() -> None:
    """True and with a proof that holds; but the account that hands it over is another one."""

    async def story(town: Town) -> bool:
        await friends(town)
        sora = town.world.person("sora")
        await town.publish(sora)
        await town.watch()
        before = kept(town)
        say(town, sora.card.encoded, await town.proof_of(sora))
        return kept(town) == before

    assert play(story)


def test_a_device_that_the_card_does_not_name_hands_nothing_over() -> None:
    """A newer card and its proof are public; it takes a device that the card names to be heard."""

    async def story(town: Town) -> bool:
        await friends(town)
        phone = another_device(town.world, town.jun, "phone")
        town.world.settle()
        town.directory.now = town.world.now // 1_000
        before = kept(town)
        await renewed(town)
        say(town, town.jun.card.encoded, await town.proof_of(town.jun), contact(town.jun, town.mina).room, phone)
        return kept(town) == before

    assert play(story)


def junk(town: Town) -> tuple[bytes, bytes]:
    return b"card", b"proof"


def no_proof(town: Town) -> tuple[bytes, bytes]:
    return town.jun.card.encoded, b""


@pytest.mark.parametrize("said", [junk, no_proof])
def test_what_proves_nothing_is_dropped_and_warns_nobody(said: Callable[[Town], tuple[bytes, bytes]]) -> None:
    """As if nothing had come: the next true one counts."""

    async def story(town: Town) -> tuple[bool, list[object], bool]:
        await friends(town)
        await renewed(town)
        before = kept(town)
        say(town, *said(town))
        same = kept(town) == before
        await hand(town)
        return same, warnings(town.mina), newest(town) is not None

    assert (True, [], True) == play(story)


def test_of_one_contact_few_cards_are_checked_on_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each check costs several signatures. The next day more are."""

    async def story(town: Town) -> tuple[int, int]:
        await friends(town)
        await renewed(town)
        card, proof = town.jun.card.encoded, town.kept(town.jun)
        checks: list[int] = []
        monkeypatch.setattr(handed_cards, "_check", lambda *_: checks.append(1))
        for _ in range(20):
            say(town, card, proof)
        first = len(checks)
        town.world.pass_time(DAY_S * 1_000)
        say(town, card, proof)
        return first, len(checks)

    assert (handed_cards.MOST_A_DAY, handed_cards.MOST_A_DAY + 1) == play(story)


def test_a_proof_that_is_newer_than_the_lists_waits_for_them() -> None:
    """Nobody is asked meanwhile. One waits for each contact."""

    async def story(town: Town) -> tuple[bool, int, bool]:
        await friends(town)
        town.renew(town.jun)
        await town.publish(town.jun)
        town.device.asked.clear()
        await hand(town)
        waits, asked = kept(town) != town.jun.card.encoded, len(town.device.asked)
        await town.watch()
        found = newest(town)
        return waits, asked, found is not None and found.encoded == town.jun.card.encoded

    assert (True, 0, True) == play(story)


def test_a_contact_who_is_forgotten_leaves_nothing() -> None:
    """Neither what was noted, nor what waits."""

    async def story(town: Town) -> tuple[int, list[bytes | None]]:
        await friends(town)
        town.renew(town.jun)
        await town.publish(town.jun)
        await hand(town)
        keys = (handed_cards._key(town.jun.account), card_handing._key(town.jun.account))
        with town.mina.engine.step(town.world.now) as step:
            assert step.store.get_value(keys[0])
            trust.forget(step, contact(town.mina, town.jun))
            return len(notes._load(step.store)), [step.store.get_value(key) for key in keys]

    assert (0, [None, None]) == play(story)


def test_a_blocked_contact_hands_nothing_over() -> None:
    """And is not handed anything; what waited is dropped."""

    async def story(town: Town) -> tuple[bool, bytes | None, int | None]:
        await friends(town)
        town.renew(town.jun)
        await town.publish(town.jun)
        await hand(town)
        before, key = kept(town), handed_cards._key(town.jun.account)
        with town.mina.engine.step(town.world.now) as step:
            assert step.store.get_value(key)
            commands.block_contact(step, town.jun.account)
            waits = step.store.get_value(key)
        await town.watch()
        say(town, town.jun.card.encoded, await town.proof_of(town.jun))
        town.renew(town.mina)
        await town.publish(town.mina)
        await town.watch(town.mina)
        look = town.mina.look(contact(town.mina, town.jun).room)
        assert look is not None
        return kept(town) == before, waits, look.card_at

    assert (True, None, None) == play(story)


def test_a_card_in_a_group_counts_nothing() -> None:
    """Only the room of two."""

    async def story(town: Town) -> bool:
        await friends(town)
        with town.mina.engine.step(town.world.now) as step:
            group = commands.create_group(step, "family")
            commands.add_account(step, group, town.jun.card)
        town.world.settle()
        town.directory.now = town.world.now // 1_000
        await renewed(town)
        before = kept(town)
        say(town, town.jun.card.encoded, await town.proof_of(town.jun), group)
        return kept(town) == before

    assert play(story)


@pytest.mark.parametrize("fault", ["missing", "short", "refused"])
def test_without_true_lists_nothing_is_known(fault: str) -> None:
    """A list that is not told, or is not the one of the entry, could have had the label."""

    async def story(town: Town) -> object:
        await friends(town)

        async def lie(request: AnyRequest) -> AnyResponse | None:
            if not isinstance(request, ListEpochs):
                return None
            if fault == "refused":
                return Refusal("not-found")
            answer = await town.directory.service.handlers()[ListEpochs](request)
            assert isinstance(answer, EpochsListed)
            told = None if fault == "missing" else b"\1" * 8
            return changed(answer, steps=tuple(changed(step, changes=told) for step in answer.steps))

        town.device.lie = lie
        await town.advance()
        await town.watch()
        return newest(town)

    assert None is play(story)


def test_old_lists_tell_nothing_before_newer_ones_were_read() -> None:
    """A device that was off: what it knows may be known again, once it has read on."""

    async def story(town: Town) -> tuple[object, bool, bool]:
        await friends(town)
        await town.sleep(12 * PERIOD_S)
        with town.mina.engine.step(town.world.now) as step:
            found, may_be = handed_cards.newest_of(step, town.jun.account)
        await town.device.own_key_monitor._watch_through(town.mina.card.handle)
        return found, may_be, newest(town) is not None

    assert (None, True, True) == play(story)


def test_a_stranger_and_somebody_who_asks_have_no_card_here() -> None:
    """Contacts whom the person accepted, and nobody else."""

    async def story(town: Town) -> list[object]:
        await friends(town)
        found: list[object] = []
        for state in (ContactState.ASKING, ContactState.REQUESTED, ContactState.BLOCKED):
            with town.mina.engine.step(town.world.now) as step:
                step.store.put_contact(replace(contact(town.mina, town.jun), state=state))
                found.append(handed_cards.newest_of(step, town.jun.account))
        return found

    assert [(None, False)] * 3 == play(story)
