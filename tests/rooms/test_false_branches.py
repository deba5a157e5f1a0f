"""Claims that another branch of the room won, where there is none, or only one that its inventor made."""

from __future__ import annotations

from hashlib import sha256
from itertools import count
from typing import Final

import msgspec
import nullabona_mls as native
import pytest

from nullabona.client.core.group.evidence import LAST_RESORT
from nullabona.client.core.model.inbox_items import Invitation, Ticket, encode_pack
from nullabona.client.core.model.proofs import make_claim
from nullabona.client.core.model.room_info import ROOM_INFO_EXTENSION, encode_info
from nullabona.client.core.restore import returning
from nullabona.wire.address import EpochKeys
from nullabona.wire.blob import cut_blob
from nullabona.wire.frame import NONCE_SIZE, Kind, seal_frame
from tests.rooms.hostile import all_well, kinds, mole, people, remove, to_inbox, track_of, update_keys, warnings
from tests.rooms.world import RELAY, Person, World

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NOBODY = bytes(32)
LOW_FIRST: Final = sorted((b"no commit %d" % number for number in range(500)), key=lambda each: sha256(each).digest())


def lower_than(commit: bytes) -> bytes:
    """No commit, whose hash is below that of one."""
    return next(each for each in map(b"no commit %d".__mod__, count()) if sha256(each).digest() < commit)


def claims(liar: Person, keys: EpochKeys, commit: bytes, removed: tuple[bytes, ...], refused: bytes = b"") -> None:
    """Say in a box that is closed that ``commit`` ended it."""
    world, box = liar.world, bytes(keys.box.address)
    body = make_claim(liar.mls, liar.me.signature_key, box, commit, removed, refused=refused)
    nonce = world.dice.bytes(NONCE_SIZE)
    world.relay.append(box, seal_frame(keys.frame_key, keys.box.address, nonce, Kind.SETTLED, body))


def own_branch(liar: Person, group: native.Group, room: bytes, epoch: int, commit: bytes) -> Ticket:
    """The way to a branch on which the liar is the only admin."""
    info = msgspec.structs.replace(liar.info(room), admins=(liar.account,))
    group.commit(liar.mls.signer, update=True, group_ext=[(ROOM_INFO_EXTENSION, encode_info(info))])
    group.merge_pending()
    secret = group.export_secret("nullabona room", b"", 32)
    history = ((epoch, sha256(commit).digest(), (NOBODY,)),)
    return Ticket(room, group.epoch, secret, group.group_info(liar.mls.signer), group.ratchet_tree(), b"", 0, history)


@pytest.mark.parametrize("lured", [0, 1])
def test_a_removed_member_leads_nobody_after_it(lured: int) -> None:
    """Its old certificate is in order, and its claim beats the commit that removed it."""
    world = World(77)
    a, b, c, m = people(world, 4)
    room = world.group(a, b, c, m)
    group, keys, epoch = mole(m, room), track_of(m, room).keys, m.epoch(room)
    remove(a, room, m)
    world.settle()
    m.online = False
    world.settle(span=2 * HOUR)
    with b.engine.step(world.now) as step:
        winner = next(t.winner.commit for t in step.room(room).boxes if t.epoch == epoch and t.winner)
    lower = lower_than(winner)
    ticket = own_branch(m, group, room, epoch, lower)
    claims(m, keys, lower, (NOBODY,))
    for _ in range(6):
        to_inbox(m, (a, b)[lured], ticket)
        world.settle(span=MINUTE)
    assert [[], [], []] == [kinds(person, room, "rejoined") for person in (a, b, c)]
    all_well(world, room, a, b, c)


def test_a_removed_member_takes_no_room_from_a_device_without_keys() -> None:
    """The only admin has not answered for two days, and an invitation leads to where another one rules: it waits."""
    world = World(90)
    a, b, x = people(world, 3)
    room = world.group(a, b, x)
    remove(a, room, x)
    world.settle(span=10_000)
    a.online = x.online = False
    with b.engine.step(world.now) as step:
        returning.forsake(step, step.room(room))
        rejoin = step.room(room).rejoin
        assert rejoin is not None
        rejoin.attempts, rejoin.next_at = LAST_RESORT * len(rejoin.helpers), world.now + DAY
    with x.engine.step(world.now) as step:
        step.mls.forget(room)
    with x.engine.step(world.now) as step:
        group = step.mls.create(room, encode_info(msgspec.structs.replace(b.info(room), admins=(x.account,))))
        staged = group.commit(add=[b.card.devices[0].key_package])
    ref, chunks = cut_blob(bytes(32), encode_pack(staged.welcome or b"", staged.tree or b""))
    for _, chunk in chunks:
        world.relay.put_blob(chunk)
    to_inbox(x, b, Invitation(bytes(16), room, RELAY, ref))
    world.settle(span=10_000)
    assert ("away", (a.account,)) == (b.phase(room), b.info(room).admins)
    assert ["joined", "room-request"] == kinds(b, room, "joined", "room-request")


def test_a_removed_member_silences_nobody() -> None:
    """Claims in every box that it knows hold up no message for a moment."""
    world = World(4)
    a, b, c, m = people(world, 4)
    room = world.group(a, b, c, m)
    known = []
    for _ in range(4):
        known.append(track_of(m, room).keys)
        update_keys(b, room)
        world.settle(span=MINUTE)
    remove(a, room, m)
    world.settle(span=MINUTE)
    m.online = False
    for number, keys in enumerate(known):
        claims(m, keys, LOW_FIRST[number], (c.account,))
        world.settle(span=5_000)
        a.send(room, f"{number}")
        world.settle(span=5_000)
        assert f"{number}" in b.texts(room)


def test_a_claim_without_proof_holds_up_nothing_that_is_said() -> None:
    """A member says that another branch won and removed somebody: no admin's order proves it, so words go on."""
    world, (a, b, c, m), room = silenced(3)
    a.send(room, "hello?")
    world.settle(span=MINUTE)
    assert [["hello?"]] * 2 == [person.texts(room) for person in (b, c)]
    remove(a, room, m)
    world.settle(span=MINUTE)
    assert m.account not in b.members(room)


def test_who_said_so_and_led_nobody_there_is_not_believed_again_for_a_week() -> None:
    """What is to be committed waits a quarter of an hour, once; the next lie costs nothing, not even a warning."""
    world, (a, b, c, m), room = silenced(3)
    keys, epoch = track_of(m, room).keys, b.epoch(room)
    update_keys(b, room)
    world.settle(span=10 * MINUTE)
    assert epoch == b.epoch(room)
    world.settle(span=20 * MINUTE)
    assert epoch + 1 == b.epoch(room)
    world.settle(span=DAY, most=4_000)
    told = len(warnings(a, room))
    claims(m, keys, LOW_FIRST[0], (c.account,))
    world.settle(span=MINUTE)
    update_keys(c, room)
    world.settle(span=MINUTE)
    assert epoch + 2 == a.epoch(room)
    assert (["room-forked", "no-way-back"], told) == (warnings(a, room), len(warnings(a, room)))
    all_well(world, room, a, b, c)


def silenced(seed: int) -> tuple[World, list[Person], bytes]:
    """A member says that a branch won which removed somebody else; there is none."""
    world = World(seed)
    crowd = people(world, 4)
    _, b, c, m = crowd
    room = world.group(*crowd)
    keys = track_of(m, room).keys
    update_keys(b, room)
    world.settle(span=MINUTE)
    m.online = False
    claims(m, keys, LOW_FIRST[1], (c.account,))
    world.settle(span=10_000)
    return world, crowd, room
