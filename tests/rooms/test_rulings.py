"""What admins have ruled leads those back who were away for it, and nothing else does (spec/room.md §15)."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.client.core import commands
from nullabona.client.core.group import rulings
from nullabona.client.core.model.inbox_items import Ticket
from nullabona.client.core.model.proofs import CommitNote, Ruling, encode_note, make_ruling
from nullabona.client.core.model.room_info import encode_info
from nullabona.wire.frame import NONCE_SIZE, Kind, seal_frame
from tests.rooms.hostile import all_well, kinds, mole, people, ticket_of, to_inbox, track_of
from tests.rooms.test_false_branches import MINUTE
from tests.rooms.test_nobodys_word import came, four, lead_away, lose_thread
from tests.rooms.world import Person, World


def while_away(seed: int) -> tuple[World, list[Person], bytes, Ticket]:
    """The last of five, a member, has lost the thread; meanwhile the second became an admin and dismissed the first.

    With the ticket that a plain member has for them.
    """
    world = World(seed)
    crowd = people(world, 5)
    a, b, c, _, away = crowd
    room = world.group(*crowd)
    world.settle(span=MINUTE)
    away.online = False
    rule(a, room, appoint=b)
    world.settle(span=MINUTE)
    rule(b, room, dismiss=a)
    world.settle(span=MINUTE)
    with c.engine.step(world.now, room) as step:
        carried = rulings.to_carry(step.room(room))
    ticket = ticket_of(c, room, rulings=carried[0], went=carried[1])
    assert 2 <= len(ticket.rulings)
    return world, crowd, room, ticket


def rule(admin: Person, room: bytes, *, appoint: Person | None = None, dismiss: Person | None = None) -> None:
    with admin.engine.step(admin.world.now, room) as step:
        other = appoint or dismiss
        assert other is not None
        commands.set_admin(step, room, other.account, admin=appoint is not None)


def led(person: Person, room: bytes, by: Person, ticket: Ticket) -> bool:
    """Whether the device goes where a member leads."""
    lose_thread(person, room)
    to_inbox(by, person, ticket)
    person.online = True
    person.world.turn(person)
    for _ in range(40):
        person.world.turn(person)
        person.world.now += 500
    return bool(kinds(person, room, "rejoined"))


def test_a_member_may_lead_where_admins_have_ruled_one_after_the_other() -> None:
    """The admin whom one knew appointed another, who dismissed them: rulings tell, and it is told in the room."""
    world, (a, b, c, d, away), room, ticket = while_away(41)
    a.online = b.online = d.online = False
    assert led(away, room, c, ticket)
    assert (b.account,) == away.info(room).admins
    told = [line for line in away.lines(room) if line.kind == "notice"]
    assert any(b"admin" in line.body for line in told)
    a.online = b.online = d.online = True
    all_well(world, room, a, b, c, d, away)


@pytest.mark.parametrize("how", ["none", "forged", "skipped", "by-no-admin", "other-room", "old"])
def test_rulings_that_prove_nothing(how: str) -> None:
    """A chain that misses one, or holds one by somebody else or for another room, leads nobody anywhere."""
    world, (a, b, c, d, away), room, ticket = while_away(41)
    a.online = b.online = d.online = False
    *_, first, second = ticket.rulings
    mine = changed(first, info=encode_info(msgspec.structs.replace(b.info(room), admins=(c.account,))))
    by_c = make_ruling(c.mls, room, ticket.epoch, mine.info, away.members(room))
    chains = {
        "none": (),
        "forged": (mine, second),
        "skipped": (second,),
        "by-no-admin": (by_c,),
        "other-room": tuple(changed(each, room=bytes(32)) for each in (first, second)),
        "old": (second, first),
    }
    assert not led(away, room, c, msgspec.structs.replace(ticket, rulings=chains[how]))
    a.online = b.online = d.online = True
    all_well(world, room, a, b, c, d, away)


def changed(ruling: Ruling, **fields: object) -> Ruling:
    return msgspec.structs.replace(ruling, **fields)


def test_a_dismissed_admin_gets_no_role_back_by_what_was_ruled_before() -> None:
    """Its own branch from the time when it was an admin, with the ruling that made it one."""
    world, (a, b, c, m), room = four(43)
    rule(a, room, appoint=m)
    world.settle(span=MINUTE)
    group = mole(m, room)
    info = m.info(room)
    with m.engine.step(world.now, room) as step:
        carried, _ = rulings.to_carry(step.room(room))
    rule(a, room, dismiss=m)
    world.settle(span=MINUTE)
    m.online = False
    own = make_ruling(m.mls, room, 99, encode_info(info), a.members(room))
    ticket = msgspec.structs.replace(lead_away(m, group, room, info), rulings=(*carried, own))
    for person in (b, c):
        lose_thread(person, room)
        to_inbox(m, person, ticket)
    world.settle(span=MINUTE)
    assert not came(world, group)
    assert {(a.account,)} == {person.info(room).admins for person in (a, b, c)}
    all_well(world, room, a, b, c)


def test_a_ruling_that_does_not_say_what_its_commit_did_is_not_kept() -> None:
    """Nobody prepares a branch by ruling something else than they do."""
    world, (a, b, _, m), room = four(44)
    rule(a, room, appoint=m)
    world.settle(span=MINUTE)
    group = mole(m, room)
    m.online = False
    false = make_ruling(m.mls, room, group.epoch, encode_info(m.info(room)), [m.account])
    with b.engine.step(world.now, room) as step:
        before = list(step.room(room).rulings)
    commit = group.commit(m.mls.signer, update=True, aad=encode_note(CommitNote(ruling=false))).commit
    put_in(world, m, room, commit)
    world.settle(span=MINUTE)
    with b.engine.step(world.now, room) as step:
        after = list(step.room(room).rulings)
    assert (before, group.epoch + 1) == (after, b.epoch(room))


def put_in(world: World, liar: Person, room: bytes, commit: bytes) -> None:
    keys = track_of(liar, room).keys
    frame = seal_frame(keys.frame_key, keys.box.address, world.dice.bytes(NONCE_SIZE), Kind.COMMIT, commit)
    world.relay.append(bytes(keys.box.address), frame)
