"""What names a device's own leaf: only what it signed itself, and does not know, makes it give up its keys."""

from __future__ import annotations

from hashlib import sha256

import pytest

from nullabona.client.core.delivery import inbox_sending
from nullabona.client.core.model.content import Envelope, Receipt, encode_envelope
from nullabona.client.core.model.inbox_items import TicketRequest
from nullabona.client.core.model.message_ids import RANDOM, message_id
from nullabona.client.core.model.proofs import CommitNote, encode_note
from nullabona.client.core.restore import returning
from nullabona.client.core.sync import tickets
from nullabona.wire.certificate import open_certificate
from nullabona.wire.frame import NONCE_SIZE, Kind, open_frame, seal_frame
from tests.rooms.devices import another_device, remove_device
from tests.rooms.hostile import (
    all_well,
    claim,
    frames_at,
    mole,
    people,
    remove,
    say_anything,
    sealed,
    track_of,
    update_keys,
    warnings,
)
from tests.rooms.insiders import COMMIT, SUITE_NAMES, SUITES, Insider, insider, messages_in
from tests.rooms.world import Person, World

LONG_MS = 14 * 86_400_000


def claim_every_leaf(kept: Insider, generation: int) -> None:
    """A message and a commit in the name of each device but the attacker's."""
    for device, leaf in kept.leaves.items():
        if device != kept.person.me.device:
            kept.put(kept.claiming(leaf, generation))
            kept.put(kept.claiming(leaf, generation, COMMIT), Kind.COMMIT)


def put_into(person: Person, room: bytes, kind: Kind, body: bytes) -> None:
    """Somebody appends it; the person's own device does not know it."""
    relay = person.world.relay_of(person)
    assert relay is not None
    relay.append(bytes(track_of(person, room).keys.box.address), sealed(person, room, kind, body))


def words(person: Person) -> bytes:
    """What a device says when it has nothing to say."""
    id = message_id(person.account, person.world.dice.bytes(RANDOM))
    return encode_envelope(Envelope(id, person.world.now, (), b"", Receipt()))


@pytest.mark.parametrize("who", ["member", "removed", "revoked"])
@pytest.mark.parametrize("suite", SUITES, ids=SUITE_NAMES)
def test_whoever_was_in_a_room_cannot_end_it_with_frames_that_name_its_leaves(suite: int, who: str) -> None:
    """All devices at once, whatever the generation: below where they stand, there, and beyond."""
    world = World(7, suite=suite)
    a, b, m = people(world, 3)
    room = world.group(a, b, m)
    thief = another_device(world, m, "taken")
    world.settle()
    by = thief if who == "revoked" else m
    kept = insider(by, room)
    if who == "removed":
        remove(a, room, m)
    elif who == "revoked":
        remove_device(world, m, thief)
    if who != "member":
        world.settle()
    by.online = False
    for generation in (0, 1, 2, 20, 1_000):
        claim_every_leaf(kept, generation)
    world.settle(span=600_000)
    assert ["joined", "joined"] == [a.phase(room), b.phase(room)]
    staying = [a, b] if who != "revoked" else [a, b, m]
    all_well(world, room, *staying)
    assert not any("copied-back" in warnings(person) for person in staying)


@pytest.mark.parametrize("suite", SUITES, ids=SUITE_NAMES)
def test_claims_in_an_epoch_in_which_one_has_said_nothing_change_nothing(suite: int) -> None:
    """Generation 0 is the device's next."""
    world = World(8, suite=suite)
    a, b, m = people(world, 3)
    room = world.group(a, b, m)
    update_keys(m, room)
    world.turn(m)
    world.turn(m)
    kept = insider(m, room)
    claim_every_leaf(kept, 0)
    world.turn(b)
    assert (m.epoch(room), 0) == (b.epoch(room), mole(b, room).said)
    world.settle()
    all_well(world, room, a, b, m)
    assert [] == warnings(b)


def test_ones_own_frame_that_is_appended_again_is_no_copy() -> None:
    """The same bytes, in the same box and in one that was made anew."""
    world = World(9)
    a, b, m = people(world, 3)
    room = world.group(a, b, m)
    b.send(room, "from b")
    world.settle()
    address = bytes(track_of(b, room).keys.box.address)
    before = frames_at(world, address)
    for frame in before:
        world.relay.append(address, frame)
    world.settle()
    world.relay.wipe()
    for frame in reversed(before):
        world.relay.append(address, frame)
    world.settle()
    all_well(world, room, a, b, m)
    assert "copied-back" not in [*warnings(a), *warnings(b), *warnings(m)]


def test_what_one_said_in_another_frame_is_no_copy() -> None:
    """The very MLS message, which any member takes out of its frame and puts into one with another hash."""
    world = World(19)
    a, b, m = people(world, 3)
    room = world.group(a, b, m)
    for text in ("one", "two"):
        b.send(room, text)
        world.settle()
    for message in messages_in(b, room):
        put_into(b, room, Kind.MESSAGE, message)
    world.settle()
    all_well(world, room, a, b, m)
    assert [] == warnings(b)


@pytest.mark.parametrize("suite", SUITES, ids=SUITE_NAMES)
def test_what_one_said_sealed_again_at_a_later_generation_is_no_copy(suite: int) -> None:
    """Ed25519 gives one signature for the same words, and MLS signs no generation: any member can do this."""
    world = World(10, suite=suite)
    a, b, m = people(world, 3)
    room = world.group(a, b, m)
    said = words(b)
    number = mole(b, room).said.to_bytes(4, "big")
    say_anything(b, room, said)
    world.settle()
    later = mole(b, room)
    for _ in range(3):
        again = later.encrypt(b.mls.signer, said, number)
        put_into(b, room, Kind.MESSAGE, again)
    world.settle()
    assert "joined" == b.phase(room)
    all_well(world, room, a, b, m)
    assert [] == warnings(b)


def test_ones_own_commit_sealed_again_is_no_copy() -> None:
    """The device made it in this epoch, and the relay refused it: whoever saw it can seal it again."""
    world = World(11)
    a, b = people(world, 2)
    room = world.group(a, b)
    tag = b"12345678"
    with b.engine.step(world.now, room) as step:
        step.room(room).current.tags.append(tag)
    commit = mole(b, room).commit(b.mls.signer, update=True, aad=encode_note(CommitNote(tag=tag))).commit
    put_into(b, room, Kind.COMMIT, commit)
    only_b = [person for person in world.people if person is b]
    for person in only_b:
        world.turn(person)
    assert "joined" == b.phase(room)
    assert [] == warnings(b)


def test_what_a_copy_has_said_is_believed() -> None:
    """It opens at the leaf's next generation, carries the leaf's signature and a number that is not used yet."""
    world = World(12)
    a, b = people(world, 2)
    room = world.group(a, b)
    b.send(room, "one")
    world.settle()
    copy = mole(b, room)
    put_into(b, room, Kind.MESSAGE, copy.encrypt(b.mls.signer, words(b), copy.said.to_bytes(4, "big")))
    world.turn(b)
    assert ("away", ["copied-back"]) == (b.phase(room), warnings(b, room))
    world.settle()
    all_well(world, room, a, b)


def test_what_a_copy_has_committed_is_believed() -> None:
    world = World(13)
    a, b = people(world, 2)
    room = world.group(a, b)
    commit = mole(b, room).commit(b.mls.signer, update=True, aad=encode_note(CommitNote(tag=b"another!"))).commit
    put_into(b, room, Kind.COMMIT, commit)
    world.turn(b)
    assert ("away", ["copied-back"]) == (b.phase(room), warnings(b, room))
    world.settle()
    all_well(world, room, a, b)


def test_a_commit_that_somebody_calls_settled_is_no_sign_of_a_copy() -> None:
    world = World(14)
    a, b, m = people(world, 3)
    room = world.group(a, b, m)
    commit = mole(b, room).commit(b.mls.signer, update=True, aad=encode_note(CommitNote(tag=b"another!"))).commit
    put_into(b, room, Kind.SETTLED, claim(m, room, commit))
    world.settle(span=300_000)
    assert "joined" == b.phase(room)
    assert "copied-back" not in warnings(b, room)


def test_nothing_in_a_closed_box_is_a_sign_of_a_copy() -> None:
    """Whoever was removed has its secrets; what a copy says in the epoch that is now is enough."""
    world = World(15)
    a, b, m = people(world, 3)
    room = world.group(a, b, m)
    copy, track = mole(b, room), track_of(b, room)
    late = copy.encrypt(b.mls.signer, words(b), copy.said.to_bytes(4, "big"))
    remove(a, room, m)
    world.settle()
    keys = track.keys
    frame = seal_frame(keys.frame_key, keys.box.address, bytes(NONCE_SIZE), Kind.MESSAGE, late)
    world.relay.append(bytes(keys.box.address), frame)
    world.settle()
    assert "joined" == b.phase(room)
    all_well(world, room, a, b)
    assert "copied-back" not in warnings(b)


@pytest.mark.parametrize("count", [2, 4])
def test_a_room_whose_devices_are_all_away_comes_together_again(count: int) -> None:
    """Each of them was copied back, so that nobody is left who is in: one lets the first in by what it kept."""
    world = World(16)
    members = people(world, count)
    room = world.group(*members)
    for person in members:
        with person.engine.step(world.now) as step:
            returning.forsake(step, step.room(room))
    assert {"away"} == {person.phase(room) for person in members}
    world.settle(span=6 * 3_600_000, most=4_000)
    assert {"joined"} == {person.phase(room) for person in members}
    all_well(world, room, *members)


def test_what_is_kept_while_away_goes_when_the_device_is_back() -> None:
    world = World(17)
    a, b = people(world, 2)
    room = world.group(a, b)
    with b.engine.step(world.now) as step:
        returning.forsake(step, step.room(room))
        assert step.store.get_value(f"kept-ticket:{room.hex()}") is not None
        assert step.store.mls_rows([sha256(room).digest()]) == []
    world.settle()
    with b.engine.step(world.now) as step:
        assert "joined" == step.room(room).phase
        assert step.store.get_value(f"kept-ticket:{room.hex()}") is None


@pytest.mark.parametrize(("asked", "given"), [(1, 0), (2, 1)])
def test_a_way_that_was_kept_is_given_only_once_all_were_asked(asked: int, given: int) -> None:
    """Whoever is in knows better where the room is."""
    world = World(20)
    a, b = people(world, 2)
    room = world.group(a, b)
    with a.engine.step(world.now) as step:
        returning.forsake(step, step.room(room))
    with a.engine.step(world.now) as step:
        rejoin = step.room(room).rejoin
        assert rejoin is not None
        rejoin.attempts, rejoin.next_at = asked, world.now + LONG_MS
        tickets.help_back(step, open_certificate(b.certificate), TicketRequest(room, 0, b""), b.card)
        assert given == len(step.store.outbox_of(None)) + len(inbox_sending.unsent(step))


def test_whoever_gives_up_keys_announces_what_was_merged() -> None:
    """Nobody else has read that commit, and the relay has lost the box."""
    world = World(21)
    a, b = people(world, 2)
    room = world.group(a, b)
    keys = track_of(a, room).keys
    b.online = False
    update_keys(a, room)
    world.settle(span=60_000)
    world.relay.wipe()
    with a.engine.step(world.now) as step:
        returning.forsake(step, step.room(room))
    world.turn(a)
    box = bytes(keys.box.address)
    opened = [open_frame(keys.frame_key, keys.box.address, frame) for frame in frames_at(world, box)]
    assert [Kind.SETTLED] == [each.kind for each in opened]


def test_a_way_that_was_kept_leads_nowhere_once_the_room_has_gone_on() -> None:
    """Whoever is away gives it only after all were asked, and a commit lies in that box: the room does not fork."""
    world = World(18)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    with b.engine.step(world.now) as step:
        returning.forsake(step, step.room(room))
    b.online = False
    remove(a, room, b)
    world.settle()
    c.online = a.online = False
    b.online = True
    with c.engine.step(world.now) as step:
        returning.forsake(step, step.room(room))
    c.online = True
    world.settle(span=3_600_000, most=4_000)
    assert ["away", "away"] == [b.phase(room), c.phase(room)]
    a.online = True
    world.settle(span=6 * 3_600_000, most=4_000)
    assert ["joined", "removed", "joined"] == [person.phase(room) for person in (a, b, c)]
    all_well(world, room, a, c)
