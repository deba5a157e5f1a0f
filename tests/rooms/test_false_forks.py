"""Claims of a fork that never was, made to undo what the only admin did since, and to lead it away."""

from __future__ import annotations

from hashlib import sha256

import msgspec
import nullabona_mls as native
import pytest

from nullabona.client.core import commands
from nullabona.client.core.model.inbox_items import Invitation, Ticket
from nullabona.client.core.model.room_info import ROOM_INFO_EXTENSION, encode_info
from nullabona.wire.address import EpochKeys
from tests.rooms.hostile import all_well, kinds, laid_out, mole, only, people, to_inbox, track_of, warnings
from tests.rooms.test_false_branches import DAY, HOUR, LOW_FIRST, MINUTE, claims
from tests.rooms.world import RELAY, Person, World


def set_admin(admin: Person, room: bytes, other: Person, *, to: bool) -> None:
    with admin.engine.step(admin.world.now, room) as step:
        commands.set_admin(step, room, other.account, admin=to)


def lower_than(person: Person, room: bytes, epoch: int) -> bytes:
    """No commit, whose hash would win against the one that ended an epoch."""
    with person.engine.step(person.world.now) as step:
        winner = next(t.winner.commit for t in step.room(room).boxes if t.epoch == epoch and t.winner)
    return next(each for each in LOW_FIRST if sha256(each).digest() < winner)


def claimed(liar: Person, victim: Person, room: bytes, keys: EpochKeys, epoch: int) -> bytes:
    """The victim alone is told that another commit ended an epoch; it believes that and asks."""
    world, lower, box = liar.world, lower_than(victim, room, epoch), bytes(keys.box.address)
    others = [person for person in world.people if person.online and person is not victim]
    only(world, victim)
    claims(liar, keys, lower, ())
    world.settle(span=5_000)
    world.relay.trim(box, world.relay.boxes[box].head)
    for person in others:
        person.online = True
    assert "room-forked" in warnings(victim, room)
    return sha256(lower).digest()


def ticket_into(liar: Person, group: native.Group, room: bytes, commit: bytes) -> Ticket:
    """Out of the epoch that ``group`` is in, with the room as it was then."""
    epoch = group.epoch
    group.commit(liar.mls.signer, update=True)
    group.merge_pending()
    secret = group.export_secret("nullabona room", b"", 32)
    info, tree = group.group_info(liar.mls.signer), group.ratchet_tree()
    return Ticket(room, group.epoch, secret, info, tree, b"", 0, ((epoch, commit, ()),))


def invitation_into(
    liar: Person, group: native.Group, room: bytes, victim: Person, *, admins: tuple[bytes, ...] = ()
) -> Invitation:
    """Out of the epoch that ``group`` is in, which takes the victim in anew."""
    world, package = liar.world, victim.card.devices[0].key_package
    gone = [member.leaf for member in group.members() if member.signature_key == victim.me.signature_key]
    info = msgspec.structs.replace(liar.info(room), admins=admins)
    change = [(ROOM_INFO_EXTENSION, encode_info(info))] if admins else None
    bundle = group.commit(liar.mls.signer, add=[package], remove=gone, group_ext=change)
    return Invitation(world.dice.bytes(16), room, RELAY, laid_out(world, bundle))


@pytest.mark.parametrize("by", ["ticket", "invitation"])
def test_the_only_admin_comes_back_from_where_its_own_word_was_undone(by: str) -> None:
    """It renamed the room; a member says that another commit ended the epoch before, and leads it there."""
    world = World(53)
    a, b, m = people(world, 3)
    room = world.group(a, b, m)
    group, keys, epoch = mole(m, room), track_of(m, room).keys, m.epoch(room)
    with a.engine.step(world.now, room) as step:
        commands.rename(step, room, "renamed")
    world.settle(span=MINUTE)
    m.online = False
    commit = claimed(m, a, room, keys, epoch)
    if by == "ticket":
        to_inbox(m, a, ticket_into(m, group, room, commit))
    else:
        to_inbox(m, a, invitation_into(m, group, room, a))
    world.settle(span=DAY, most=4_000)
    assert a.where(room) == b.where(room)
    assert ["renamed"] * 2 == [person.info(room).name for person in (a, b)]
    all_well(world, room, a, b)


def test_whom_an_admin_dismissed_does_not_lead_it_to_where_it_is_one_still() -> None:
    """The admin would be alone there with somebody who may put it out."""
    world = World(54)
    a, b, m = people(world, 3)
    room = world.group(a, b, m)
    set_admin(a, room, m, to=True)
    world.settle(span=MINUTE)
    group, keys, epoch = mole(m, room), track_of(m, room).keys, m.epoch(room)
    set_admin(a, room, m, to=False)
    world.settle(span=MINUTE)
    m.online = False
    commit = claimed(m, a, room, keys, epoch)
    to_inbox(m, a, ticket_into(m, group, room, commit))
    to_inbox(m, a, invitation_into(m, mole(m, room), room, a, admins=(m.account,)))
    world.settle(span=HOUR)
    assert [] == kinds(a, room, "rejoined")
    assert m.account not in a.info(room).admins
    all_well(world, room, a, b)


@pytest.mark.parametrize("reason", ["far", "forged"])
def test_rulings_that_a_liar_adds_do_not_keep_one_from_those_that_come(reason: str) -> None:
    """What comes with a ticket is remembered as far as it was followed."""
    from nullabona.client.core.model.proofs import make_ruling

    world = World(55)
    a, b, m = people(world, 3)
    room = world.group(a, b, m)
    group, keys, epoch = mole(m, room), track_of(m, room).keys, m.epoch(room)
    with a.engine.step(world.now, room) as step:
        commands.update_keys(step, room)
    world.settle(span=MINUTE)
    m.online = False
    commit = claimed(m, b, room, keys, epoch)
    ruling = make_ruling(m.mls, room, 2**40, encode_info(m.info(room)), {m.account})
    if reason == "forged":
        ruling = msgspec.structs.replace(ruling, epoch=epoch, signature=bytes(64))
    ticket = ticket_into(m, group, room, commit)
    to_inbox(m, b, msgspec.structs.replace(ticket, rulings=(ruling,)))
    world.settle(span=MINUTE)
    assert ["rejoined"] == kinds(b, room, "rejoined")
    with a.engine.step(world.now, room) as step:
        commands.rename(step, room, "renamed meanwhile")
    world.settle(span=DAY, most=4_000)
    assert a.where(room) == b.where(room)
    all_well(world, room, a, b)
