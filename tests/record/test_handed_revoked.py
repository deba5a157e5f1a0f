"""How long a device that was revoked may still be added to a group with the card before, and by whose doing."""

from __future__ import annotations

from unittest import mock

from nullabona.client.core import commands
from nullabona.client.core.account import own_devices
from nullabona.client.core.devices import membership
from nullabona.wire.changes import ChangeList
from tests.record.carrying import DAY_S, Town, play
from tests.record.test_handed_cards import contact, friends, newest
from tests.rooms.devices import another_device
from tests.rooms.test_people import next_card
from tests.rooms.world import Person


async def with_phone(town: Town) -> Person:
    """Mina's device knows that the newest card of Jun names his laptop and his phone."""
    await friends(town)
    phone = another_device(town.world, town.jun, "phone")
    town.world.settle()
    town.directory.now = town.world.now // 1_000
    town.jun.card = phone.card
    await town.publish(town.jun)
    for person in (None, town.jun, phone):
        await town.watch(person)
    town.world.settle(2 * town.world.timing.card)
    town.directory.now = town.world.now // 1_000
    await town.advance()
    await town.watch()
    assert names(town, phone)
    return phone


async def revoke(town: Town, phone: Person) -> None:
    """Jun's laptop publishes a card without the phone."""
    town.jun.card = next_card(town.jun)
    assert phone.me.device not in {each.certificate.device_id for each in town.jun.card.devices}
    with town.jun.store.transaction():
        own_devices.note_card(town.jun.store, town.jun.card.encoded)
        own_devices.note_gone(town.jun.store, [phone.me.device])
    await town.publish(town.jun)


def names(town: Town, phone: Person) -> bool:
    """Whether Mina's device would add this device now, without asking for the newest card."""
    card = newest(town)
    return card is not None and phone.me.device in {each.certificate.device_id for each in card.devices}


def left_out() -> mock._patch[object]:
    """The directory's lists name nobody."""
    return mock.patch.object(ChangeList, "of", classmethod(lambda cls, labels: cls(b"")))


def test_an_operator_of_both_has_a_revoked_device_invited_for_eight_days() -> None:
    """It leaves the label out of the lists, and holds back what removes the device from the room of two."""

    async def story(town: Town) -> tuple[list[bool], bool]:
        phone = await with_phone(town)
        known, inside = [], False
        with left_out():
            town.jun.online = False
            await revoke(town, phone)
            for day in range(9):
                await town.watch()
                known.append(names(town, phone))
                if day == 6:
                    card = newest(town)
                    assert card is not None
                    with town.mina.engine.step(town.world.now) as step:
                        group = commands.create_group(step, "family")
                        commands.add_account(step, group, card)
                    town.world.settle(120_000)
                    town.directory.now = town.world.now // 1_000
                    with town.mina.engine.step(town.world.now) as step:
                        inside = phone.me.device in {each.device for each in step.roster(group).values()}
                await town.sleep(DAY_S)
        return known, inside

    known, inside = play(story)
    assert [True] * 8 == known[:8]
    assert not known[8]
    assert inside


def test_a_directory_alone_does_not() -> None:
    """The laptop removes the phone from the room of two, whatever the lists say."""

    async def story(town: Town) -> bool:
        phone = await with_phone(town)
        with left_out():
            await revoke(town, phone)
            with town.jun.engine.step(town.world.now) as step:
                membership.changed_here(step, town.jun.card)
            town.world.settle(120_000)
            town.directory.now = town.world.now // 1_000
            await town.advance()
            await town.watch()
            assert contact(town.mina, town.jun).card == phone.card.encoded
            return names(town, phone)

    assert not play(story)


def test_a_relay_alone_does_not() -> None:
    """The list of the epoch of the newer card says that the card changed; until it is read, the phone is named."""

    async def story(town: Town) -> list[bool]:
        phone = await with_phone(town)
        town.jun.online = False
        await revoke(town, phone)
        before = names(town, phone)
        await town.watch()
        return [before, names(town, phone)]

    assert [True, False] == play(story)
