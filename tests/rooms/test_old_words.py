"""What was true once, signed by those whom it is about, is told again later; or by a device that was revoked since."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.client.core import rooms
from nullabona.client.core.account import own_devices
from nullabona.client.core.group import branches
from nullabona.client.core.model.branches import Rejoin
from nullabona.client.core.model.content import Leave, Sync
from nullabona.client.core.model.sync_items import EndItem
from tests.rooms.devices import another_device
from tests.rooms.hostile import (
    add,
    all_well,
    envelope,
    everybody,
    gone,
    kinds,
    mole,
    only,
    people,
    remove,
    say_anything,
    ticket_of,
    to_inbox,
    update_keys,
    warnings,
)
from tests.rooms.test_forged_orders import leave_order
from tests.rooms.test_nobodys_word import asking, came, lead_away, lose_thread
from tests.rooms.world import Person, World

HOUR, MINUTE = 3_600_000, 60_000


def test_nobody_is_left_out_by_an_order_from_before_they_came_back() -> None:
    """A member leads another one to a branch without somebody, and shows their order of long ago."""
    world = World(5)
    a, b, c, m = people(world, 4)
    room = world.group(a, b, c, m)
    update_keys(a, room)
    world.settle()
    old = leave_order(c, room)
    remove(a, room, c)
    world.settle()
    add(a, room, c)
    world.settle()
    assert ("joined", True) == (c.phase(room), 0 < old.epoch < b.epoch(room))
    group = mole(m, room)
    leaf = next(leaf.leaf for leaf in group.members() if leaf.signature_key == c.me.signature_key)
    group.commit(m.mls.signer, remove=[leaf])
    group.merge_pending()
    ticket = lead_away(m, group, room, a.info(room))
    m.online = False
    lose_thread(b, room)
    to_inbox(m, b, msgspec.structs.replace(ticket, went=(old,)))
    world.settle(span=MINUTE)
    assert (False, []) == (came(world, group), kinds(b, room, "rejoined"))
    assert "ticket-refused" in warnings(b, room)
    all_well(world, room, a, b, c)


def test_a_revoked_device_puts_no_other_out_of_a_room_before_it_is_removed() -> None:
    """It says *gone* to another device of its account, which looks for its way."""
    world, laptop, tablet, room = revoked_but_in()
    with tablet.engine.step(world.now, room) as step:
        epoch = tablet.epoch(room)
        branches.begin(step, step.room(room), Rejoin(branches.BEHIND, epoch, b"", [], [], world.now + HOUR))
    to_inbox(laptop, tablet, gone(world, room, tablet.me.device))
    world.settle(span=5_000)
    assert (True, "joined") == (laptop.me.device in devices_in(tablet, room), tablet.phase(room))


def test_a_revoked_device_signs_out_no_other_before_it_is_removed() -> None:
    """It says in the room of the account's devices that the account is deleted."""
    world, laptop, tablet, _ = revoked_but_in()
    with laptop.store.transaction():
        shared = own_devices.room_id(laptop.store)
    say_anything(laptop, shared, envelope(laptop, Sync((EndItem(),))))
    world.settle(span=5_000)
    with tablet.store.transaction():
        assert not own_devices.is_signed_out(tablet.store)
    assert "joined" == tablet.phase(shared)


# -- parts --------------------------------------------------------------------------------------------------------


def revoked_but_in() -> tuple[World, Person, Person, bytes]:
    """A stolen laptop and a tablet that knows of the revocation, alone online; no commit has removed the laptop yet."""
    world = World(8)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(mina, jun)
    laptop, tablet = another_device(world, jun, "laptop"), another_device(world, jun, "tablet")
    world.settle(span=HOUR)
    mina.online = jun.online = laptop.online = False
    with tablet.engine.step(world.now) as step:
        own_devices.note_gone(step.store, [laptop.me.device])
    return world, laptop, tablet, room


def test_a_revoked_device_says_for_no_other_that_the_account_leaves() -> None:
    """Members carry its order out as long as they cannot know; the other device asks for it no more than its person."""
    world, laptop, tablet, room = revoked_but_in()
    say_anything(laptop, room, envelope(laptop, Leave(leave_order(laptop, room))))
    world.settle(span=5_000)
    with tablet.engine.step(world.now, room) as step:
        assert not rooms.leaving(step, room)
    assert ("joined", {laptop.account} & tablet.members(room)) == (tablet.phase(room), {laptop.account})


def test_an_honest_ticket_that_comes_late_costs_time_only() -> None:
    """The relay kept it from when somebody asked in vain: she is where it leads, and misses a commit that is gone."""
    world = World(1)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    old, epoch, box = ticket_of(a, room), b.epoch(room), world.relay.boxes[b.where(room)]
    only(world, a, c)
    update_keys(a, room)
    world.settle(span=10_000)
    box.frames.clear()
    only(world, b)
    world.settle(span=5_000)
    assert asking(b, room) is not None
    to_inbox(a, b, old)
    world.settle(span=5_000)
    assert (None, epoch) == (asking(b, room), b.epoch(room))
    everybody(world)
    world.settle(span=HOUR)
    assert a.where(room) == b.where(room)
    all_well(world, room, a, b, c)


def devices_in(person: Person, room: bytes) -> set[bytes]:
    with person.store.transaction():
        return {device.device for device in person.store.devices(room)}


@pytest.mark.parametrize(("days_ago", "phase"), [(0, "removed"), (2, "removed"), (3, "joined"), (-3, "joined")])
def test_that_one_was_out_days_ago_puts_nobody_out(days_ago: int, phase: str) -> None:
    """An admin's answer from before somebody came back may be put into their inbox again, by a relay too."""
    world = World(8)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    a.online = c.online = False
    with b.engine.step(world.now, room) as step:
        branches.begin(step, step.room(room), Rejoin(branches.BEHIND, b.epoch(room), b"", [], [], world.now + HOUR))
    to_inbox(a, b, gone(world, room, days_ago=days_ago))
    world.settle(span=5_000)
    assert phase == b.phase(room)
