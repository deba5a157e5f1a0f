"""What a contact tells a restored device of a group: they do not decide alone what it is."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import pytest

from nullabona.client.core import commands
from nullabona.client.core.model.inbox_items import RoomsTold, RoomTold
from nullabona.client.core.model.room_info import encode_info
from tests.rooms.devices import restored
from tests.rooms.hostile import gone, kinds, mole, to_inbox, warnings
from tests.rooms.test_false_branches import HOUR, LOW_FIRST, MINUTE, own_branch
from tests.rooms.test_seeking import seek
from tests.rooms.world import Person, World


class Told(NamedTuple):
    """Somebody who came back from the words alone, an admin who is away, and a member who answers with a lie."""

    world: World
    mina: Person
    eve: Person
    fresh: Person
    room: bytes


def lied_to(seed: int, *, enters: bool = True, names_others: bool = True) -> Told:
    """If they are led there, too: into a branch of the liar's own."""
    world = World(seed)
    mina, jun, eve, bo = world.person("mina"), world.person("jun"), world.person("eve"), world.person("bo")
    room = world.group(mina, jun, eve, bo)
    group, epoch = mole(eve, room), eve.epoch(room)
    world.settle(span=MINUTE)
    mina.online = eve.online = False
    fresh = restored(world, jun, "again")
    for asked in (eve, mina):
        seek(world, fresh, asked)
    info = msgspec.structs.replace(eve.info(room), admins=(eve.account,))
    named = mina if names_others else eve
    to_inbox(eve, fresh, RoomsTold((RoomTold(room, encode_info(info), ((named.account, named.me.handle),)),)))
    world.settle(span=MINUTE)
    if enters:
        to_inbox(eve, fresh, own_branch(eve, group, room, epoch, LOW_FIRST[0]))
        world.settle(span=MINUTE)
    return Told(world, mina, eve, fresh, room)


@pytest.mark.parametrize("enters", [True, False], ids=["led there", "only told"])
def test_another_contact_says_otherwise_and_the_person_chooses(*, enters: bool) -> None:
    """Then the liar is not heard any more."""
    world, mina, eve, fresh, room = lied_to(7, enters=enters)
    assert ("joined" if enters else "away", []) == (fresh.phase(room), warnings(fresh))
    assert (eve.account,) == fresh.info(room).admins
    mina.online = True
    world.settle(span=HOUR)
    said = [code for code in warnings(fresh) if code != "ticket-refused"]
    assert (["two-versions"], ["room-request"]) == (said, kinds(fresh, room, "room-request"))
    with fresh.engine.step(world.now, room) as step:
        commands.accept_request(step, room)
        assert eve.account.hex() in step.room(room).doubted
    world.settle(span=HOUR)
    assert ((mina.account,), mina.where(room)) == (fresh.info(room).admins, fresh.where(room))
    mina.send(room, "welcome back")
    world.settle(span=MINUTE)
    assert "welcome back" in fresh.texts(room)


def test_who_declines_the_other_version_stays() -> None:
    world, mina, _, fresh, room = lied_to(8)
    mina.online = True
    world.settle(span=HOUR)
    with fresh.engine.step(world.now, room) as step:
        commands.decline_request(step, room)
        assert mina.account.hex() in step.room(room).doubted
    assert ["room-request-gone"] == kinds(fresh, room, "room-request-gone")
    assert "joined" == fresh.phase(room)


def test_who_tells_of_a_room_and_that_one_is_out_hides_it_from_nobody() -> None:
    """Another contact tells of it, too, and leads there."""
    world, mina, eve, fresh, room = lied_to(9, enters=False, names_others=False)
    to_inbox(eve, fresh, gone(world, room))
    world.settle(span=MINUTE)
    assert "removed" == fresh.phase(room)
    mina.online = True
    world.settle(span=HOUR)
    assert ([], mina.where(room)) == (warnings(fresh), fresh.where(room))


def test_who_told_what_the_room_is_puts_nobody_out_of_it_alone() -> None:
    """Who is an admin there is only their own word: everybody is asked."""
    world, _, eve, fresh, room = lied_to(10, enters=False)
    to_inbox(eve, fresh, gone(world, room))
    world.settle(span=MINUTE)
    assert "away" == fresh.phase(room)
