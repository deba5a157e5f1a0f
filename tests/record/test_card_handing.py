"""When and where a device hands its account's newest card over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nullabona.client.core import commands
from nullabona.client.core.model.change_set import ChangeSet
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.room_info import DIRECT
from tests.record.carrying import DAY_S, Town, play
from tests.record.devices import Device
from tests.record.test_handed_cards import contact, friends, hand, newest, renewed
from tests.rooms.devices import another_device
from tests.rooms.world import Person


def frames(town: Town) -> int:
    """How many frames with a card the box of the room of two has got: receipts have 512 bytes."""
    found = town.world.relay.read(town.mina.where(contact(town.mina, town.jun).room), 0).frames
    return sum(len(data) == 16_384 for _, data in found)


def due(person: Person, room: bytes) -> int | None:
    """When the device is to hand its card over in a room."""
    look = person.look(room)
    assert look is not None
    return look.card_at


def test_a_card_is_handed_over_once() -> None:
    """And not again with the next proof of it. What Jun's request brought is not handed over either; Mina's card is,
    once: her device does not know which one he looked up.
    """

    async def story(town: Town) -> list[int]:
        await friends(town)
        counts = []
        for new in (False, True, False):
            before = frames(town)
            if new:
                await renewed(town)
            await hand(town)
            counts.append(frames(town) - before)
            await town.sleep(DAY_S // 4)
        return counts

    assert [0, 2, 0] == play(story)


def test_the_time_is_drawn_for_each_room() -> None:
    """Within a day in real life, which says little about whose card came into the record."""

    async def story(town: Town) -> tuple[bool, bool]:
        await friends(town)
        room = contact(town.jun, town.mina).room
        await renewed(town)
        before = due(town.jun, room)
        await town.watch(town.jun)
        drawn = due(town.jun, room)
        assert drawn is not None
        return before is None, 0 < drawn - town.world.now <= town.world.timing.card + 1

    assert (True, True) == play(story)


def test_the_client_wakes_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The step that plans it says which room it is about, so that nothing else has to happen there before."""

    async def story(town: Town) -> bool:
        await friends(town)
        await renewed(town)
        told: list[ChangeSet] = []
        monkeypatch.setattr(Device, "happened", lambda _self, touched: told.append(touched))
        await town.watch(town.jun)
        room = contact(town.jun, town.mina).room
        return any(room in touched.reads for touched in told)

    assert play(story)


def test_one_device_of_an_account_does_it_for_all() -> None:
    """The other one reads that it was done."""

    async def story(town: Town) -> tuple[int, list[int]]:
        await friends(town)
        phone = another_device(town.world, town.jun, "phone")
        town.world.settle()
        town.directory.now = town.world.now // 1_000
        town.jun.card = phone.card
        await town.publish(town.jun)
        await town.watch()
        before = frames(town)
        await town.watch(town.jun)
        await town.watch(phone)
        town.world.settle(2 * town.world.timing.card)
        room = contact(town.jun, town.mina).room
        looks = [person.look(room) for person in (town.jun, phone)]
        return frames(town) - before, [look.card_told for look in looks if look is not None]

    count, told = play(story)
    assert (1, [1, 1]) == (count, told)


def test_a_card_that_came_too_late_for_its_epoch_is_handed_over_again() -> None:
    """Nobody reads it in the epoch that ended before."""

    async def story(town: Town) -> bool:
        await friends(town)
        await renewed(town)
        await town.watch(town.jun)
        town.world.pass_time(town.world.timing.card + 1)
        town.jun.engine.tick(town.world.now)  # sent, and not yet at the relay
        town.jun.online = False
        with town.mina.engine.step(town.world.now) as step:
            commands.update_keys(step, contact(town.mina, town.jun).room)
        town.world.quiet()
        town.jun.online = True
        town.world.settle(60_000)
        return contact(town.mina, town.jun).card == town.jun.card.encoded

    assert play(story)


def test_groups_and_contacts_elsewhere_are_handed_nothing() -> None:
    """A contact at another directory does not read the lists of ours."""

    async def story(town: Town) -> list[int | None]:
        await friends(town)
        far = town.world.person("far", host="elsewhere.example")
        town.world.befriend(town.jun, far)
        with town.jun.engine.step(town.world.now) as step:
            group = commands.create_group(step, "family")
            commands.add_account(step, group, town.mina.card)
            asking = replace(contact(town.jun, far), state=ContactState.ASKING)
            step.store.put_contact(asking)
            commands.accept(step, asking)
        town.world.settle()
        town.directory.now = town.world.now // 1_000
        await renewed(town)
        await town.watch(town.jun)
        direct = contact(town.jun, far).room
        assert DIRECT == town.jun.info(direct).kind
        return [due(town.jun, room) for room in (group, direct)]

    assert [None, None] == play(story)


def test_nothing_is_handed_over_to_who_was_blocked_meanwhile() -> None:
    """It was planned before; and once they are unblocked, the next proof plans it again."""

    async def story(town: Town) -> tuple[int, bool]:
        await friends(town)
        await renewed(town)
        await town.watch(town.jun)
        with town.jun.engine.step(town.world.now) as step:
            commands.block_contact(step, town.mina.account)
        before = frames(town)
        town.world.pass_time(town.world.timing.card + 1)
        town.world.quiet()
        return frames(town) - before, newest(town) is None

    assert (0, True) == play(story)
