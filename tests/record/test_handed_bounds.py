"""The bounds within which a handed card counts, each from both sides: size, number, time, and whose it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from unittest import mock

import pytest
from msgspec.structs import replace as changed

from nullabona.client.core.contacts import card_handing, handed_cards
from nullabona.client.core.directory import newest as notes
from nullabona.client.core.directory.keeping import load_pinned, load_position, save_position
from nullabona.client.core.directory.pinned import SKEW_S
from nullabona.client.core.identity import inbox_addresses
from nullabona.client.core.incoming import room_frames
from nullabona.client.core.model.content import Envelope, NewCard, decode_envelope
from nullabona.client.core.model.records import ContactState
from nullabona.errors import Malformed
from nullabona.wire.map_messages import ListEpochs
from nullabona.wire.messages import LookupCard, WatchHandle
from tests.record.carrying import DAY_S, Town, play
from tests.record.test_card_handing import due, frames
from tests.record.test_handed_cards import contact, friends, hand, newest, renewed
from tests.record.test_handed_hostile import kept, say
from tests.rooms.devices import another_device


def at(town: Town, now_s: int) -> tuple[bool, bool]:
    """Whether Mina's device knows Jun's newest card by this clock, and whether it may once lists are read."""
    with town.mina.engine.step(now_s * 1_000) as step:
        card, may_be = handed_cards.newest_of(step, town.jun.account)
    return card is not None, may_be


def last_list_s(town: Town) -> int:
    """When the newest epoch closed whose list Mina's device read."""
    with town.mina.store.transaction():
        return notes._load_read(town.mina.store).closed_s


async def noted(town: Town) -> None:
    """Mina's device knows Jun's newest card, and has read a list since."""
    await friends(town)
    await town.advance()
    await town.watch()


# -- time -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("early_s", [0, 1])
def test_a_clock_may_be_late_by_five_minutes(early_s: int) -> None:
    """Not by more: it could stay there for as long as the card is wanted to be the newest."""

    async def story(town: Town) -> bool:
        await noted(town)
        return at(town, last_list_s(town) - SKEW_S - early_s)[0]

    assert (early_s == 0) is play(story)


@pytest.mark.parametrize("late_s", [0, 1])
def test_lists_tell_for_as_long_as_the_record_may_be_old(late_s: int) -> None:
    """Then newer ones have to be read."""

    async def story(town: Town) -> tuple[bool, bool]:
        await noted(town)
        with town.mina.store.transaction():
            pinned = load_pinned(town.mina.store, "relay.example")
        assert pinned is not None
        return at(town, last_list_s(town) + pinned.rules.fresh_s + late_s)

    assert (late_s == 0, late_s == 1) == play(story)


def test_by_a_clock_from_before_the_card_nothing_is_known() -> None:
    """It is no error, either: the card is looked up."""

    async def story(town: Town) -> tuple[bool, bool]:
        await noted(town)
        return at(town, town.world.now // 1_000 - 20 * DAY_S)

    assert (False, False) == play(story)


# -- size and number --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("less", [0, 1])
def test_card_and_proof_have_to_fit_into_a_frame(monkeypatch: pytest.MonkeyPatch, less: int) -> None:
    """What is larger is looked up."""

    async def story(town: Town) -> bool:
        await friends(town)
        await renewed(town)
        await town.watch(town.jun)
        room = contact(town.jun, town.mina).room
        with town.jun.engine.step(town.world.now) as step:
            step.room(room).card_at = None
        bytes_ = len(town.jun.card.encoded) + len(town.kept(town.jun))
        monkeypatch.setattr(card_handing, "LARGEST", bytes_ - less)
        with town.jun.engine.step(town.world.now) as step:
            card_handing.soon(step)
        return due(town.jun, room) is not None

    assert (less == 0) is play(story)


def test_the_largest_message_fits_into_a_frame() -> None:
    """With the room's own bytes around it."""

    async def story(town: Town) -> int:
        await friends(town)
        before = total(town)
        proof = bytes(16_384)
        say(town, bytes(card_handing.LARGEST - len(proof)), proof)
        return total(town) - before

    assert 65_536 == play(story)


def total(town: Town) -> int:
    found = town.world.relay.read(town.mina.where(contact(town.mina, town.jun).room), 0).frames
    return sum(len(data) for _, data in found if len(data) > 16_384)


def test_of_many_cards_those_that_were_noted_last_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The store has a bound, whatever number of contacts there is."""

    async def story(town: Town) -> list[int]:
        await noted(town)
        counts = []
        for most in (2, 1):
            monkeypatch.setattr(notes, "MOST", most)
            with town.mina.store.transaction():
                known = notes._load(town.mina.store)
                (one,) = list(known.values())[-1:]
                notes._save(town.mina.store, {bytes(32): one})
            await town.device.directories.look_up(str(town.jun.card.handle))
            with town.mina.store.transaction():
                assert notes.is_noted(town.mina.store, town.jun.card.hash)
                counts.append(len(notes._load(town.mina.store)))
        return counts

    assert [2, 1] == play(story)


# -- whose ------------------------------------------------------------------------------------------------------------


def other_account(town: Town) -> None:
    """Mina's device knows another account under Jun's handle, as a contact."""
    with town.mina.engine.step(town.world.now) as step:
        step.store.put_contact(replace(contact(town.mina, town.jun), account=bytes(32), room=b""))


def newer_number(town: Town) -> None:
    """Mina's device has heard of a newer card of Jun's account."""
    with town.mina.engine.step(town.world.now) as step:
        step.store.set_value(inbox_addresses._number_key(town.jun.account), b"1000")


@pytest.mark.parametrize("known", [other_account, newer_number])
def test_what_speaks_against_a_card_keeps_it_from_being_taken(known: Callable[[Town], None]) -> None:
    """As for the card of a claim."""

    async def story(town: Town) -> bool:
        await friends(town)
        before = contact(town.mina, town.jun).card
        await renewed(town)
        known(town)
        await hand(town)
        return contact(town.mina, town.jun).card == before

    assert play(story)


def test_a_card_follows_the_one_that_is_known() -> None:
    """Another identity under the same handle, or an older number, is not taken; nor does it use up the day."""

    async def story(town: Town) -> list[bool]:
        await friends(town)
        old, proof = town.jun.card.encoded, town.kept(town.jun)
        town.renew(town.jun)
        with town.mina.engine.step(town.world.now) as step:
            # Learnt elsewhere, as from a room: neither a list nor the hand-over told.
            step.store.put_contact(replace(contact(town.mina, town.jun), card=town.jun.card.encoded))
            notes.forget(step.store)
        say(town, old, proof)
        with town.mina.engine.step(town.world.now) as step:
            checks = handed_cards._load(step, town.jun.account).checks
        return [kept(town) == town.jun.card.encoded, checks == 0]

    assert [True, True] == play(story)


def test_a_card_counts_in_the_contacts_own_room_only() -> None:
    """A contact may have other rooms of two, as from before they talked again."""

    async def story(town: Town) -> list[bool]:
        await friends(town)
        await renewed(town)
        before, known = kept(town), contact(town.mina, town.jun)
        with town.mina.engine.step(town.world.now) as step:
            step.store.put_contact(replace(known, room=bytes(32)))
        await hand(town)
        return [kept(town) == before]

    assert [True] == play(story)


# -- what came before -------------------------------------------------------------------------------------------------


def test_junk_drops_no_card_that_waits_and_does_not_use_up_the_day() -> None:
    """The true one is checked once the lists are read."""

    async def story(town: Town) -> tuple[bool, int, bool]:
        await friends(town)
        town.renew(town.jun)
        await town.publish(town.jun)
        await hand(town)
        for _ in range(handed_cards.MOST_A_DAY + 1):
            say(town, b"junk", b"junk")
        with town.mina.engine.step(town.world.now) as step:
            waits = handed_cards._load(step, town.jun.account)
        await town.watch()
        return bool(waits.card), waits.checks, newest(town) is not None

    assert (True, 1, True) == play(story)


def test_what_went_along_with_a_request_is_not_handed_over() -> None:
    """Mina has it already."""

    async def story(town: Town) -> list[bool]:
        await friends(town)
        await town.watch(town.jun)
        room = contact(town.jun, town.mina).room
        found = []
        for forgotten in (False, True):
            with town.jun.engine.step(town.world.now) as step:
                if forgotten:
                    card_handing.forget(step, town.mina.account)
                card_handing.soon(step)
            found.append(due(town.jun, room) is not None)
        return found

    assert [False, True] == play(story)


def test_a_device_that_was_just_linked_knows_nobodys_newest_card() -> None:
    """It learns them as they change; until then it looks up."""

    async def story(town: Town) -> list[bool]:
        await noted(town)
        tablet = another_device(town.world, town.mina, "tablet")
        town.world.settle()
        town.directory.now = town.world.now // 1_000
        town.mina.card = tablet.card
        await town.publish(town.mina)
        await town.watch(tablet)
        await town.watch()
        with tablet.engine.step(town.world.now) as step:
            found = handed_cards.newest_of(step, town.jun.account)
            known = step.store.contact(town.jun.account)
        accepted = known is not None and known.state is ContactState.ACCEPTED
        return [accepted, found == (None, False), newest(town) is not None]

    assert [True] * 3 == play(story)


def test_a_device_of_an_older_version_drops_the_message() -> None:
    """What comes later is read as before."""

    async def story(town: Town) -> tuple[bool, int]:
        await friends(town)
        await renewed(town)
        before, real = kept(town), decode_envelope

        def older(data: bytes) -> Envelope:
            found = real(data)
            if isinstance(found.body, NewCard):
                raise Malformed("unknown")
            return found

        count = frames(town)
        with mock.patch.object(room_frames, "decode_envelope", older):
            await hand(town)
        return kept(town) == before, frames(town) - count

    assert (True, 1) == play(story)


# -- reading lists ----------------------------------------------------------------------------------------------------


def test_reading_lists_names_nobody_also_if_a_look_is_due() -> None:
    """The look is left to the next period: it would say that somebody makes a group."""

    async def story(town: Town) -> tuple[bool, list[object], bool]:
        await noted(town)
        await town.advance()
        with town.mina.engine.step(town.world.now) as step:
            position = load_position(step.store)
            assert position is not None
            save_position(step.store, changed(position, look_s=1))
        town.device.asked.clear()
        with mock.patch("nullabona.client.runner.own_key_monitor.load_account") as account:
            account.return_value.handle = town.mina.card.handle
            await town.device.own_key_monitor.read_lists()
        listed = any(isinstance(each, ListEpochs) for each in town.device.asked)
        naming: list[object] = [each for each in town.device.asked if isinstance(each, LookupCard | WatchHandle)]
        return listed, naming, newest(town) is not None

    assert (True, [], True) == play(story)
