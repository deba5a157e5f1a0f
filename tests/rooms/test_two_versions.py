"""A newcomer knows nothing of the room: who let it in may have made its own version of it, and another comes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from nullabona.client.core import commands
from nullabona.client.core.model.inbox_items import Invitation, encode_pack
from nullabona.client.core.model.room_info import ROOM_INFO_EXTENSION, encode_info
from nullabona.wire.blob import cut_blob
from tests.rooms.hostile import add, all_well, kinds, mole, people, remove, to_inbox, update_keys, warnings
from tests.rooms.test_false_branches import DAY, HOUR, MINUTE
from tests.rooms.test_join_requests import follow, give
from tests.rooms.world import RELAY, Person, World


def crowd(seed: int) -> tuple[World, list[Person], bytes]:
    """An admin, a member, one who lies, and somebody who is not in yet and is a contact of them all."""
    world = World(seed)
    a, b, m, new = people(world, 4)
    room = world.group(a, b, m)
    for person in (a, b, m):
        world.befriend(person, new)
    return world, [a, b, m, new], room


def invite_into_own(liar: Person, victim: Person, room: bytes, admins: Sequence[Person], *, told: bool = True) -> None:
    """Into a version that the liar has made out of the room: all are listed, and nobody else is there."""
    world, group = liar.world, mole(liar, room)
    info = msgspec.structs.replace(liar.info(room), admins=tuple(admin.account for admin in admins))
    package = victim.card.devices[0].key_package
    there = [member.leaf for member in group.members() if member.signature_key == victim.me.signature_key]
    change = [(ROOM_INFO_EXTENSION, encode_info(info))]
    bundle = group.commit(liar.mls.signer, add=[package], remove=there, group_ext=change)
    assert bundle.welcome is not None
    assert bundle.tree is not None
    with liar.engine.step(world.now, room) as step:
        known = tuple((each.epoch, each.commit, tuple(each.removed)) for each in step.room(room).history)
    history = (*known, (group.epoch, world.dice.bytes(32), ())) if told else ()
    ref, chunks = cut_blob(world.dice.bytes(32), encode_pack(bundle.welcome, bundle.tree, history))
    for _, chunk in chunks:
        world.relay.put_blob(chunk)
    to_inbox(liar, victim, Invitation(world.dice.bytes(16), room, RELAY, ref))


def accept(person: Person, room: bytes) -> None:
    with person.engine.step(person.world.now, room) as step:
        commands.accept_request(step, room)


def decline(person: Person, room: bytes) -> None:
    with person.engine.step(person.world.now, room) as step:
        commands.decline_request(step, room)


@pytest.mark.parametrize("told", [True, False])
def test_who_was_let_into_a_liars_version_is_told_and_can_choose(*, told: bool) -> None:
    """The admin's invitation comes later: the person is asked, and then the liar is not heard any more."""
    world, (a, b, m, new), room = crowd(170)
    invite_into_own(m, new, room, [m], told=told)
    world.settle(span=MINUTE)
    m.online = False
    assert ((m.account,), []) == (new.info(room).admins, kinds(new, room, "room-request"))
    add(a, room, new)
    world.settle(span=HOUR)
    # Whom the newcomer asks for a ticket meanwhile is chance; one that leads elsewhere is refused until they choose.
    said = [code for code in warnings(new, room) if code != "ticket-refused"]
    assert (["two-versions"], ["room-request"]) == (said, kinds(new, room, "room-request"))
    accept(new, room)
    invite_into_own(m, new, room, [m], told=told)
    world.settle(span=MINUTE)
    assert a.where(room) == new.where(room)
    assert ["room-request"] == kinds(new, room, "room-request")
    all_well(world, room, a, b, new)


def test_whom_the_liars_version_names_as_an_admin_is_followed_at_once() -> None:
    world, (a, b, m, new), room = crowd(171)
    invite_into_own(m, new, room, [m, a])
    world.settle(span=MINUTE)
    m.online = False
    assert "joined" == new.phase(room)
    add(a, room, new)
    world.settle(span=HOUR)
    assert ([], []) == (warnings(new, room), kinds(new, room, "room-request"))
    assert a.where(room) == new.where(room)
    all_well(world, room, a, b, new)


def test_nobody_is_let_in_unasked_by_who_may_let_nobody_in() -> None:
    """A contact invites into a version in which they are no admin: then they have not lawfully added anybody."""
    world, (a, b, m, new), room = crowd(172)
    invite_into_own(m, new, room, [a])
    world.settle(span=MINUTE)
    assert ("none", ["room-request"]) == (new.phase(room), kinds(new, room, "room-request"))
    m.online = False
    add(a, room, new)
    world.settle(span=HOUR)
    all_well(world, room, a, b, new)


def test_where_others_have_shown_up_no_other_version_is_heard() -> None:
    world, (a, b, m, new), room = crowd(173)
    add(a, room, new)
    world.settle(span=MINUTE)
    invite_into_own(m, new, room, [m])
    world.settle(span=MINUTE)
    assert ([], []) == (warnings(new, room), kinds(new, room, "room-request"))
    all_well(world, room, a, b, m, new)


def test_who_declines_the_other_version_is_not_asked_by_that_one_again() -> None:
    world, (a, b, m, new), room = crowd(174)
    b.online = m.online = False
    add(a, room, new)
    world.settle(span=MINUTE)
    invite_into_own(m, new, room, [m])
    world.settle(span=MINUTE)
    assert ["two-versions"] == warnings(new, room)
    decline(new, room)
    invite_into_own(m, new, room, [m])
    world.settle(span=MINUTE)
    assert (["two-versions"], a.where(room)) == (warnings(new, room), new.where(room))
    b.online = True
    all_well(world, room, a, b, new)


def test_who_follows_a_link_waits_for_the_admin_who_gave_it() -> None:
    """A contact invites them into the same room meanwhile: that waits for the person."""
    world, (a, b, m, new), room = crowd(175)
    link = give(a, room)
    a.online = False
    follow(new, a, link)
    invite_into_own(m, new, room, [m])
    world.settle(span=MINUTE)
    assert ("none", ["room-request"]) == (new.phase(room), kinds(new, room, "room-request"))
    a.online = True
    world.settle(span=HOUR)
    all_well(world, room, a, b, m, new)


def test_who_was_put_out_and_let_in_again_while_away_comes_in() -> None:
    """The invitation is read before the box in which the removal lies."""
    world, (a, b, m, new), room = crowd(176)
    b.online = False
    remove(a, room, b)
    world.settle(span=10 * MINUTE)
    update_keys(a, room)
    world.settle(span=10 * MINUTE)
    add(a, room, b)
    world.settle(span=10 * MINUTE)
    b.online = True
    world.settle(span=DAY, most=4_000)
    all_well(world, room, a, b, m)
    assert "none" == new.phase(room)
