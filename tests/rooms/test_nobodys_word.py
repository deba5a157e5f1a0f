"""No step that loses keys, roles or time is taken on anybody's word (spec/room.md §15): members who lead, and lie."""

from __future__ import annotations

from hashlib import sha256

import msgspec
import nullabona_mls as native
import pytest

from nullabona.client.core import commands
from nullabona.client.core.group.evidence import MAX_ATTEMPTS
from nullabona.client.core.model.branches import Rejoin
from nullabona.client.core.model.content import Moved
from nullabona.client.core.model.inbox_items import Invitation, Ticket
from nullabona.client.core.model.proofs import make_claim, make_order
from nullabona.client.core.model.room_info import ROOM_INFO_EXTENSION, RoomInfo, encode_info
from nullabona.wire.address import epoch_keys
from nullabona.wire.frame import NONCE_SIZE, Kind, open_frame, seal_frame
from tests.rooms.hostile import (
    add,
    all_well,
    envelope,
    frames_at,
    kinds,
    laid_out,
    mole,
    people,
    say_anything,
    to_inbox,
    track_of,
    update_keys,
    warnings,
)
from tests.rooms.test_false_branches import DAY, HOUR, LOW_FIRST, MINUTE, claims
from tests.rooms.world import RELAY, Person, World

DOWN = list(reversed(LOW_FIRST))
FALSE = b"no commit at all"


def four(seed: int) -> tuple[World, list[Person], bytes]:
    """A room of four; the first is its admin, the last a member who lies."""
    world = World(seed)
    crowd = people(world, 4)
    return world, crowd, world.group(*crowd)


def lead_away(liar: Person, group: native.Group, room: bytes, info: RoomInfo) -> Ticket:
    """The way to a branch that the liar made by itself, with any room info, out of the epoch it is in."""
    epoch = group.epoch
    group.commit(liar.mls.signer, update=True, group_ext=[(ROOM_INFO_EXTENSION, encode_info(info))])
    group.merge_pending()
    secret = group.export_secret("nullabona room", b"", 32)
    history = ((epoch, sha256(FALSE).digest(), ()),)
    return Ticket(room, group.epoch, secret, group.group_info(liar.mls.signer), group.ratchet_tree(), b"", 0, history)


def came(world: World, group: native.Group) -> bool:
    """Whether somebody has put a commit into the box of the liar's branch; the liar takes it."""
    keys = epoch_keys(group.export_secret("nullabona room", b"", 32))
    found = [open_frame(keys.frame_key, keys.box.address, data) for data in frames_at(world, keys.box.address)]
    for opened in found:
        if opened.kind is Kind.COMMIT:
            group.accept(group.process(opened.body))
            return True
    return False


def say_moved(liar: Person, room: bytes, epoch: int) -> None:
    say_anything(liar, room, envelope(liar, Moved(epoch, sha256(FALSE).digest(), 0)))


def asking(person: Person, room: bytes) -> Rejoin | None:
    with person.engine.step(person.world.now) as step:
        return step.room(room).rejoin


def tickets_asked(person: Person, room: bytes, liar: Person) -> int:
    """What the device has asked because of the liar's word."""
    with person.engine.step(person.world.now) as step:
        tries = step.room(room).tries.get(liar.account.hex())
    return 0 if tries is None else tries.count


# -- moved --------------------------------------------------------------------------------------------------------


def test_nobody_follows_moved_about_an_epoch_that_they_judge_themselves() -> None:
    """A plain member says that it moved out of the current epoch, or of one to come: nobody asks anybody."""
    world, (a, b, c, m), room = four(31)
    epoch = m.epoch(room)
    for each in (epoch, epoch + 1, 2_000_000):
        say_moved(m, room, each)
    world.settle(span=5_000)
    assert [None] * 3 == [asking(person, room) for person in (a, b, c)]


@pytest.mark.slow
def test_moved_told_again_and_again_keeps_nobody_from_committing() -> None:
    """About an epoch before somebody came in, every fifteen hours: who is to be added comes in, keys are renewed."""
    world, (a, b, c, m), room = four(3)
    update_keys(a, room)
    world.settle()
    late, new = world.person("late"), world.person("new")
    world.befriend(a, late)
    world.befriend(a, new)
    add(a, room, late)
    world.settle()
    for count in range(6):
        message = Moved(0, bytes([9 - count]) * 32, 0)
        say_anything(m, room, envelope(m, message))
        world.settle(span=10_000)
        if not count:
            assert asking(late, room) is not None
            add(a, room, new)
            update_keys(late, room)
        world.settle(span=15 * HOUR, most=8_000)
    assert new.account in late.members(room)
    assert MAX_ATTEMPTS >= tickets_asked(late, room, m)
    all_well(world, room, a, b, c, late, new)


# -- roles --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["moved", "claim", "lost"])
def test_nobody_becomes_an_admin_by_a_ticket(reason: str) -> None:
    """A plain member leads others to a branch where it is the only admin: nobody goes, and each is warned once."""
    world, (a, b, c, m), room = four(31)
    if reason != "moved":
        update_keys(a, room)
        world.settle()
    group, keys, epoch = mole(m, room), track_of(m, room).keys, m.epoch(room)
    if reason == "claim":
        update_keys(b, room)
        world.settle(span=MINUTE)
        claims(m, keys, lower_than(b, room, epoch), (bytes(32),))
    elif reason == "moved":
        say_moved(m, room, epoch)
    m.online = reason != "claim"
    world.settle(span=5_000)
    m.online = False
    info = msgspec.structs.replace(a.info(room), admins=(m.account,), name="mine now")
    ticket = lead_away(m, group, room, info)
    if reason == "lost":
        lose_thread(b, room)
    for person in (a, b, c):
        for _ in range(3):
            to_inbox(m, person, ticket)
        world.settle(span=MINUTE)
    assert not came(world, group)
    assert {(a.account,)} == {person.info(room).admins for person in (a, b, c)}
    assert all(warnings(person, room).count("ticket-refused") <= 1 for person in (a, b, c))
    all_well(world, room, a, b, c)


def lower_than(person: Person, room: bytes, epoch: int) -> bytes:
    """A commit that is none, whose hash beats that of the one that ended the epoch."""
    with person.engine.step(person.world.now) as step:
        winner = next(t.winner.commit for t in step.room(room).boxes if t.epoch == epoch and t.winner)
    return next(each for each in LOW_FIRST if sha256(each).digest() < winner)


def lose_thread(person: Person, room: bytes) -> None:
    """The device believes that frames of the current epoch are gone, and that nobody but the liar answers it."""
    with person.engine.step(person.world.now, room) as step:
        step.room(room).rejoin = Rejoin("frames-missing", step.room(room).epoch, b"", [], [], person.world.now + HOUR)


@pytest.mark.parametrize("what", ["name", "timer", "stranger", "missing"])
def test_a_ticket_changes_nothing_that_an_admin_has_not_changed(what: str) -> None:
    """Another name or timer, somebody more or less in the room: not on a plain member's word."""
    world, (a, b, c, m), room = four(5)
    outsider = world.person("outsider")
    group = mole(m, room)
    info = a.info(room)
    if what == "name":
        info = msgspec.structs.replace(info, name="another")
    elif what == "timer":
        info = msgspec.structs.replace(info, timer_s=5)
    elif what == "stranger":
        group.commit(m.mls.signer, add=[outsider.card.devices[0].key_package])
        group.merge_pending()
    else:
        leaf = next(leaf.leaf for leaf in group.members() if leaf.signature_key == a.me.signature_key)
        group.commit(m.mls.signer, remove=[leaf])
        group.merge_pending()
    ticket = lead_away(m, group, room, info)
    m.online = False
    lose_thread(b, room)
    to_inbox(m, b, ticket)
    world.settle(span=MINUTE)
    assert (False, []) == (came(world, group), kinds(b, room, "rejoined"))
    assert "ticket-refused" in warnings(b, room)
    all_well(world, room, a, b, c)


def test_who_is_led_to_an_empty_branch_is_back_within_hours() -> None:
    """The same roles and members, but nobody there: an admin is asked, and its branch is the room's."""
    world, (a, b, c, m), room = four(6)
    group = mole(m, room)
    m.online = False
    ticket = lead_away(m, group, room, a.info(room))
    lose_thread(b, room)
    to_inbox(m, b, ticket)
    world.settle(span=MINUTE)
    assert came(world, group)
    b.send(room, "who is here?")
    world.settle(span=3 * HOUR, most=4_000)
    assert a.where(room) == b.where(room)
    assert ["who is here?"] == c.texts(room)
    to_inbox(m, b, ticket)
    all_well(world, room, a, b, c)


# -- claims -------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_claims_told_again_and_again_hold_up_nothing() -> None:
    """Every fifteen hours yet another commit is said to have won: what is said arrives, who is added comes in."""
    world, (a, b, c, m), room = four(3)
    new = world.person("new")
    world.befriend(a, new)
    keys = track_of(m, room).keys
    update_keys(b, room)
    world.settle(span=MINUTE)
    m.online = False
    for count in range(5):
        claims(m, keys, DOWN[count], (c.account,))
        world.settle(span=10_000)
        a.send(room, f"{count}")
        world.settle(span=MINUTE)
        assert f"{count}" in b.texts(room)
        if count == 1:
            add(a, room, new)
        world.settle(span=15 * HOUR, most=4_000)
    assert MAX_ATTEMPTS >= tickets_asked(a, room, m)
    assert 2 >= warnings(a, room).count("room-forked")
    assert new.account in b.members(room)
    all_well(world, room, a, b, c, new)


@pytest.mark.slow
def test_several_liars_cost_no_more_than_one() -> None:
    """Three members by turns: what is to be committed waits a quarter of an hour, in seven days."""
    world = World(8)
    crowd = people(world, 6)
    a, b, _, *liars = crowd
    room = world.group(*crowd)
    keys = track_of(b, room).keys
    update_keys(b, room)
    world.settle(span=MINUTE)
    for liar in liars:
        liar.online = False
    epoch = a.epoch(room)
    for count in range(12):
        claims(liars[count % 3], keys, DOWN[count], (b.account,))
        world.settle(span=10 * MINUTE)
        if count == 1:
            update_keys(a, room)
    assert epoch < a.epoch(room)
    assert 3 * MAX_ATTEMPTS >= sum(tickets_asked(a, room, liar) for liar in liars)


@pytest.mark.slow
def test_a_claim_that_an_admins_order_proves_is_carried_out_at_once() -> None:
    """Whoever hears of a removal that an admin has ordered shows nothing more to who is to go, and puts them out."""
    world, (a, b, c, m), room = four(11)
    keys = track_of(m, room).keys
    leaf = next(leaf for leaf in mole(a, room).members() if leaf.signature_key == m.me.signature_key)
    order = make_order(a.mls, a.me.signature_key, room, m.account, [leaf.encryption_key])
    update_keys(b, room)
    world.settle(span=MINUTE)
    a.online = m.online = False
    commit = next(each for each in LOW_FIRST)
    body = make_claim(c.mls, c.me.signature_key, bytes(keys.box.address), commit, (m.account,), (order,))
    nonce = world.dice.bytes(NONCE_SIZE)
    frame = seal_frame(keys.frame_key, keys.box.address, nonce, Kind.SETTLED, body)
    world.relay.append(bytes(keys.box.address), frame)
    world.settle(span=5 * MINUTE)
    assert m.account not in b.members(room)
    b.send(room, "without m")
    world.settle(span=DAY * 2, most=4_000)
    a.online = True
    all_well(world, room, a, b, c)


# -- invitations --------------------------------------------------------------------------------------------------


def invite_away(liar: Person, victim: Person, room: bytes, info: RoomInfo) -> None:
    """Invite somebody into a branch of the room that the liar makes by itself, in the place of their leaf there."""
    group = mole(liar, room)
    leaf = next(leaf.leaf for leaf in group.members() if leaf.signature_key == victim.me.signature_key)
    group.commit(liar.mls.signer, remove=[leaf])
    group.merge_pending()
    package = victim.card.devices[0].key_package
    changed = [(ROOM_INFO_EXTENSION, encode_info(info))]
    bundle = group.commit(liar.mls.signer, add=[package], group_ext=changed)
    world = liar.world
    to_inbox(liar, victim, Invitation(world.dice.bytes(16), room, RELAY, laid_out(world, bundle)))


def test_nobody_becomes_an_admin_by_an_invitation_into_a_room_one_is_in() -> None:
    """While a device looks for its way, a member invites it to a branch where it is the only admin: it stays."""
    world, (a, b, c, m), room = four(21)
    m.online = False
    lose_thread(b, room)
    before = b.where(room)
    invite_away(m, b, room, msgspec.structs.replace(a.info(room), admins=(m.account,)))
    world.settle(span=MINUTE)
    assert ((a.account,), before) == (b.info(room).admins, b.where(room))
    all_well(world, room, a, b, c)


def test_nobody_is_invited_to_an_empty_branch_by_who_may_let_nobody_in() -> None:
    """The same roles and members, but nobody there, and a plain member has let us in there."""
    world, (a, b, c, m), room = four(22)
    m.online = False
    lose_thread(b, room)
    before = b.where(room)
    invite_away(m, b, room, a.info(room))
    world.settle(span=MINUTE)
    assert before == b.where(room)
    all_well(world, room, a, b, c)


@pytest.mark.parametrize("phase", ["left", "removed"])
def test_nobody_but_an_admin_brings_somebody_back_unasked(phase: str) -> None:
    """Who is out and is invited again by a plain member, who is no contact, is asked first."""
    world, (a, b, _, m), room = four(23)
    with (a if phase == "removed" else b).engine.step(world.now, room) as step:
        if phase == "removed":
            commands.remove_account(step, room, b.account)
        else:
            commands.leave(step, room)
    group_info = a.info(room)
    world.settle(span=MINUTE)
    assert phase == b.phase(room)
    group = mole(m, room)
    changed = [(ROOM_INFO_EXTENSION, encode_info(msgspec.structs.replace(group_info, admins=(m.account,))))]
    bundle = group.commit(m.mls.signer, add=[b.card.devices[0].key_package], group_ext=changed)
    m.online = False
    to_inbox(m, b, Invitation(world.dice.bytes(16), room, RELAY, laid_out(world, bundle)))
    world.settle(span=MINUTE)
    assert phase == b.phase(room)
    assert "room-request" in kinds(b, room, "room-request")


def test_a_false_claim_keeps_no_admin_from_helping() -> None:
    """The admin looks for a branch that a member claims, and still lets in who lost the thread."""
    world, (a, b, c, m), room = four(24)
    keys = track_of(m, room).keys
    update_keys(c, room)
    world.settle(span=MINUTE)
    m.online = c.online = False
    claims(m, keys, DOWN[0], (c.account,))
    world.settle(span=10_000)
    rejoin = asking(a, room)
    assert rejoin is not None
    assert rejoin.commit
    b.online = False
    a.send(room, "lost")
    world.settle(span=1_000)
    update_keys(a, room)
    world.relay.boxes[b.where(room)].frames.clear()
    with b.engine.step(world.now, room) as step:
        step.room(room).rejoin = Rejoin("frames-missing", step.room(room).epoch, b"", [], [], world.now)
    b.online = True
    world.settle(span=5 * MINUTE)
    state = asking(b, room)
    assert state is None or state.commit
    m.online = False
    c.online = True
    all_well(world, room, a, b, c)
