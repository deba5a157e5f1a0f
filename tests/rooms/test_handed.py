"""Invitations of contacts: they come by the room of two, and no inbox, whose owner is public, tells of them."""

from __future__ import annotations

import pytest

from nullabona.client.core import commands
from nullabona.client.core.group import welcomes
from nullabona.client.core.model.content import Handed
from nullabona.client.core.model.inbox_items import Invitation, encode_pack
from nullabona.client.core.model.room_info import GROUP, RoomInfo
from tests.rooms.devices import another_device, new_card
from tests.rooms.hostile import add, all_well, envelope, everybody, frames_at, kinds, only, say_anything, warnings
from tests.rooms.moves import TWO, move
from tests.rooms.test_asking_again import accepts, asks, room_of
from tests.rooms.test_invitations import group_of, publish
from tests.rooms.world import Person, World

HOUR = 3_600_000
DAY = 24 * HOUR


def friends(seed: int, *names: str) -> tuple[World, list[Person]]:
    """Mina and people with whom she has talked."""
    world = World(seed)
    mina = world.person("mina")
    others = [world.person(name) for name in names]
    for other in others:
        asks(world, mina, other)
        world.settle(span=60_000)
        accepts(world, other, mina)
        world.settle(span=60_000)
        mina.send(room_of(mina, other), "hello")
        other.send(room_of(other, mina), "hello")
    world.settle(span=HOUR)
    return world, [mina, *others]


def came(world: World, person: Person) -> int:
    """How much has been put into somebody's inbox, ever."""
    box = world.relay.boxes[bytes(person.card.inbox.address)]
    return box.head - box.before


def views_of(person: Person, room: bytes, other: Person) -> list[bytes]:
    """The boxes of a room in which somebody saw a device of another one."""
    state = person.look(room)
    assert state is not None
    boxes = [track.keys.box.address for track in state.boxes]
    with person.store.transaction():
        return [box for box in boxes if person.store.view(box, other.me.device) is not None]


def group_for(maker: Person, *others: Person) -> bytes:
    """A new group, whose invitations have not gone out yet."""
    with maker.engine.step(maker.world.now) as step:
        room = commands.create_group(step, "family")
        for other in others:
            commands.add_account(step, room, other.card)
    return room


def test_a_group_of_contacts_puts_nothing_into_any_inbox() -> None:
    """Everybody comes in at once; in the rooms of two it looks as if a few lines had been said, and is none there."""
    world, [mina, jun, sora] = friends(1, "jun", "sora")
    before = [came(world, person) for person in world.people]
    boxes = [mina.where(room_of(mina, other)) for other in (jun, sora)]
    held = [len(frames_at(world, box)) for box in boxes]
    room = group_for(mina, jun, sora)
    world.settle(span=60_000)
    assert before == [came(world, person) for person in world.people]
    assert {"joined"} == {jun.phase(room), sora.phase(room)}
    fresh = [frames_at(world, box)[count:] for box, count in zip(boxes, held, strict=True)]
    assert [[1_024], [1_024]] == [[len(frame) for frame in frames if len(frame) > 512] for frames in fresh]
    assert ["hello", "hello"] == jun.texts(room_of(jun, mina))
    all_well(world, room, mina, jun, sora)


def test_somebody_who_is_added_later_is_invited_so_too() -> None:
    """Into a group that is there already."""
    world, [mina, jun, sora] = friends(2, "jun", "sora")
    room = group_for(mina, jun)
    world.settle(span=60_000)
    before = came(world, sora)
    add(mina, room, sora)
    all_well(world, room, mina, jun, sora)
    assert before == came(world, sora)


def test_who_is_away_finds_it_in_the_room() -> None:
    """Ten hours later; meanwhile nothing came into their inbox."""
    world, [mina, jun] = friends(3, "jun")
    only(world, mina)
    before = came(world, jun)
    room = group_for(mina, jun)
    world.settle(span=10 * HOUR)
    everybody(world)
    all_well(world, room, mina, jun)
    assert before == came(world, jun)


def test_a_relay_that_lost_it_gets_it_again() -> None:
    """It is put back as anything that was said there is; they come in once."""
    world, [mina, jun] = friends(10, "jun")
    only(world, mina)
    room = group_for(mina, jun)
    world.settle(span=60_000)
    world.relay.wipe()
    world.settle(span=HOUR)
    everybody(world)
    all_well(world, room, mina, jun)
    assert ["joined"] == kinds(jun, room, "joined")


def test_who_has_not_come_by_the_room_is_invited_by_the_inbox() -> None:
    """Once, fifteen to twenty-three hours later at a drawn time, in case they have lost the room; they come in once."""
    waited = [invited_by_inbox_after(seed) for seed in (4, 13)]
    assert waited[0] != waited[1]
    assert all(15 * HOUR < span <= 23 * HOUR + 120_000 for span in waited)


def invited_by_inbox_after(seed: int) -> int:
    """How long it takes to a minute, in ms, if Jun is away from before a group is made until a day later."""
    world, [mina, jun] = friends(seed, "jun")
    only(world, mina)
    room, before, added = group_for(mina, jun), came(world, jun), world.now
    world.settle(span=15 * HOUR)
    assert before == came(world, jun)
    while before == came(world, jun):
        world.settle(span=60_000)
    waited = world.now - added
    world.settle(span=8 * HOUR)
    assert (before + 1, 16_384) == (came(world, jun), len(frames_at(world, jun.card.inbox.address)[-1]))
    everybody(world)
    all_well(world, room, mina, jun)
    assert ["joined"] == kinds(jun, room, "joined")
    return waited


def test_a_device_that_was_off_for_weeks_is_invited_by_the_room_of_two() -> None:
    """All boxes in which it showed up there are forgotten by then."""
    world, [mina, jun] = friends(14, "jun")
    desk = another_device(world, jun, "desk")
    world.settle(span=DAY)
    place = room_of(mina, jun)
    only(world, mina, jun)
    for week in range(7):
        mina.send(place, f"week {week}")
        world.settle(span=7 * DAY, most=20_000)
    assert [] == views_of(mina, place, desk)
    jun.card = new_card(world, jun, desk.card.devices)
    before = came(world, jun)
    room = group_for(mina, jun)
    world.settle(span=15 * HOUR)
    assert ("joined", before) == (jun.phase(room), came(world, jun))
    world.settle(span=DAY)
    assert before < came(world, jun)
    everybody(world)
    world.settle(span=DAY)
    all_well(world, room, mina, jun, desk)


def test_a_device_that_is_not_in_the_room_of_two_is_invited_by_the_inbox() -> None:
    """A device that was just linked would not hear of it."""
    world, [mina, jun] = friends(5, "jun")
    tablet = another_device(world, jun, "tablet")
    only(world, mina)
    before = came(world, jun)
    room = group_for(mina, tablet)
    world.settle(span=60_000)
    assert before < came(world, jun)
    everybody(world)
    all_well(world, room, mina, jun, tablet)


def test_whom_one_has_no_room_with_is_invited_by_the_inbox() -> None:
    """A contact who was never in a room of two with us."""
    world = World(6)
    mina, jun = world.person("mina"), world.person("jun")
    world.befriend(mina, jun)
    room = group_for(mina, jun)
    all_well(world, room, mina, jun)
    assert came(world, jun) > 0


def test_its_welcome_may_come_later() -> None:
    """The relay did not have the blob at first; a crash meanwhile changes nothing."""
    world, [mina, jun] = friends(7, "jun")
    only(world, mina)
    room = group_for(mina, jun)
    world.settle(span=60_000)
    kept = dict(world.relay.blobs)
    world.relay.blobs.clear()
    only(world, jun)
    world.settle(span=60_000)
    jun.crash()
    assert "none" == jun.phase(room)
    world.relay.blobs.update(kept)
    everybody(world)
    world.settle(span=HOUR)
    assert "joined" == jun.phase(room)


@pytest.mark.parametrize("case", ["fine", "in a group", "another's"])
def test_what_a_changed_client_hands_over(case: str) -> None:
    """It counts in a room of two only, and only from whoever made it."""
    world, [mina, jun, sora] = friends(8, "jun", "sora")
    group = group_for(mina, jun, sora)
    world.settle(span=HOUR)
    room = world.dice.bytes(32)
    info = RoomInfo(1, GROUP, "made by hand", mina.me.relay, (mina.account,))
    maker = sora if case == "another's" else mina
    blob = publish(world, encode_pack(*group_of(maker, info, [jun], room)))
    invitation = Invitation(world.dice.bytes(16), room, jun.me.relay, blob)
    where = group if case == "in a group" else room_of(mina, jun)
    say_anything(mina, where, envelope(mina, Handed(invitation)))
    world.settle(span=60_000)
    expected = {"fine": ("joined", []), "in a group": ("none", []), "another's": ("none", ["invitation-refused"])}
    assert expected[case] == (jun.phase(room), warnings(jun, room))


def test_whose_relay_has_changed_meanwhile_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was handed over names a relay that has nothing now; it goes out again with the one that has the Welcome."""
    world, [mina, jun] = friends(11, "jun")
    only(world, mina)
    room = group_for(mina, jun)
    world.settle(span=60_000)
    move(world, jun, TWO)
    world.settle(span=4 * HOUR)
    monkeypatch.setattr(world.relay, "get_blob", lambda _: None)
    everybody(world)
    world.settle(span=HOUR)
    assert ("joined", ["joined"]) == (jun.phase(room), kinds(jun, room, "joined"))


def test_who_asks_to_be_let_in_though_they_were_invited_is_invited_anew() -> None:
    """At once and by the room of two once more: with a link, say, when what came first could not be used."""
    world, [mina, jun] = friends(12, "jun")
    only(world, mina)
    room, box = group_for(mina, jun), mina.where(room_of(mina, jun))
    world.settle(span=2 * HOUR)
    handed = [len(frame) for frame in frames_at(world, box)].count(1_024)
    with mina.engine.step(world.now, room) as step:
        welcomes.invite_again(step, step.room(room), jun.account, b"")
    world.settle(span=60_000)
    assert handed + 1 == [len(frame) for frame in frames_at(world, box)].count(1_024)
    everybody(world)
    all_well(world, room, mina, jun)
