"""Invitations: who is let in at once, who has to ask the person first, and invitations that lead nowhere."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import nullabona_mls as native
import pytest

from nullabona.client.core import commands
from nullabona.client.core.model.errors import MlsRefused, NoSuchRoom
from nullabona.client.core.model.inbox_items import Invitation, encode_pack
from nullabona.client.core.model.outbox_targets import WelcomeBlob
from nullabona.client.core.model.requests import INBOX
from nullabona.client.core.model.room_info import DIRECT, GROUP, ROOM_INFO_EXTENSION, RoomInfo, encode_info
from nullabona.wire.blob import BlobRef, cut_blob
from nullabona.wire.messages import Refusal
from tests.rooms.audit import outbox_of
from tests.rooms.hostile import add, all_well, kinds, people, standing, to_inbox, warnings
from tests.rooms.moves import THREE, TWO, burn, move
from tests.rooms.world import RELAY, Person, World


def stranger_invites(seed: int) -> tuple[World, Person, Person, bytes]:
    """Somebody whom the second person does not know has added them to a room."""
    world = World(seed)
    a, b = people(world, 2)
    room = world.group(a)
    add(a, room, b)
    world.settle(span=60_000)
    return world, a, b, room


def accept(person: Person, room: bytes) -> None:
    with person.engine.step(person.world.now, room) as step:
        commands.accept_request(step, room)


def decline(person: Person, room: bytes) -> None:
    with person.engine.step(person.world.now, room) as step:
        commands.decline_request(step, room)


def test_a_strangers_invitation_waits_for_the_person() -> None:
    """The person is told who invites them into what; only when they agree are they in, once."""
    world, a, b, room = stranger_invites(1)
    told = [data for kind, _, data in b.events() if kind == "room-request"]
    assert [{"handle": a.me.handle, "account": a.account, "name": "family"}] == told
    assert ("none", []) == (b.phase(room), b.engine.rooms())
    accept(b, room)
    all_well(world, room, a, b)
    with pytest.raises(NoSuchRoom):
        accept(b, room)
    assert ["joined"] == kinds(b, room, "joined")


def test_a_declined_invitation_is_forgotten() -> None:
    """It cannot be accepted afterwards, and its repeats do not ask again."""
    world, _, b, room = stranger_invites(2)
    decline(b, room)
    with pytest.raises(NoSuchRoom):
        accept(b, room)
    world.settle(span=24 * 3_600_000, most=2_000)
    assert (["room-request"], "none") == (kinds(b, room, "room-request", "joined"), b.phase(room))


def test_accepting_what_nobody_offered_is_refused() -> None:
    """A room that nobody invited into is no room."""
    (b,) = people(World(3), 1)
    with pytest.raises(NoSuchRoom):
        accept(b, bytes(32))


def test_an_invitation_that_holds_no_more_says_so() -> None:
    """When the key it was made for is gone the person hears of it; the invitation can still be declined."""
    _, _, b, room = stranger_invites(4)
    forget_keys(b)
    with pytest.raises(MlsRefused):
        accept(b, room)
    decline(b, room)
    assert "none" == b.phase(room)


def forget_keys(person: Person) -> None:
    """Lose the private halves of every key package."""
    with person.store.transaction():
        person.store.mls_write([], [row[:2] for row in person.store.mls_rows([native.KEY_PACKAGE_SCOPE])])


@pytest.mark.parametrize("known", [True, False], ids=["a contact", "a stranger"])
def test_an_orphan_welcome_of_a_contact_is_told(*, known: bool) -> None:
    """A contact's invitation that no key opens is told, once for all its repeats; a stranger's is not worth a word."""
    world = World(5)
    a, b = people(world, 2)
    if known:
        world.befriend(a, b)
    forget_keys(b)
    room = world.group(a)
    add(a, room, b)
    world.settle(span=48 * 3_600_000, most=2_000)
    detail = {"handle": a.me.handle, "reason": "mls-refused"}
    expected = [{"code": "invitation-refused", "detail": detail}] if known else []

    assert expected == [data for kind, where, data in b.events() if (kind, where) == ("warning", room)]
    assert ("none", []) == (b.phase(room), outbox_of(b))


def group_of(inviter: Person, info: RoomInfo, others: Sequence[Person], room: bytes) -> tuple[bytes, bytes]:
    """Welcome and tree of a group made by a client that follows no rules."""
    config = native.Config(
        suite=inviter.world.suite,
        extensions=(ROOM_INFO_EXTENSION,),
        group_ext=((ROOM_INFO_EXTENSION, encode_info(info)),),
    )
    group = native.Group.create(inviter.mls.signer, inviter.certificate, config, room)
    packages = [other.card.devices[0].key_package for other in others]
    bundle = group.commit(inviter.mls.signer, add=packages)
    assert bundle.welcome is not None
    assert bundle.tree is not None
    return bundle.welcome, bundle.tree


def publish(world: World, content: bytes) -> BlobRef:
    ref, chunks = cut_blob(world.dice.bytes(32), content)
    for _, chunk in chunks:
        world.relay.put_blob(chunk)
    return ref


CASES = ["fine", "another sender", "another room", "another pair", "a third in the pair", "no pack", "no blob"]


@pytest.mark.parametrize("case", CASES)
def test_invitations_of_a_contact_that_are_not_what_they_say(case: str) -> None:
    """Passed on, mislabelled, a direct room with somebody else in it, rubbish: refused and told, and nothing joined."""
    world = World(6)
    a, b, c = people(world, 3)
    world.befriend(a, b)
    world.befriend(b, c)
    room = world.dice.bytes(32)
    pair = tuple(sorted((a.account, c.account if case == "another pair" else b.account)))
    info = RoomInfo(1, DIRECT, "", a.me.relay, (), pair)
    others = [b, c] if case == "a third in the pair" else [b]
    pack = encode_pack(*group_of(a, info, others, room))
    ref = publish(world, b"rubbish" if case == "no pack" else pack)
    if case == "no blob":
        ref = msgspec.structs.replace(ref, size=ref.size - 1)
    label = bytes(32) if case == "another room" else room
    to_inbox(c if case == "another sender" else a, b, Invitation(world.dice.bytes(16), label, b.me.relay, ref))
    world.settle(span=60_000)
    expected = ([], "joined") if case == "fine" else (["invitation-refused"], "none")
    assert expected == (warnings(b), b.phase(room))


def test_an_invitation_whose_blob_comes_late_is_acted_on() -> None:
    """The relay did not have the blob at first: when it has, the person is in, without the invitation coming again."""
    world = World(7)
    a, b = people(world, 2)
    world.befriend(a, b)
    room = world.dice.bytes(32)
    info = RoomInfo(1, GROUP, "late", a.me.relay, (a.account,))
    ref, chunks = cut_blob(world.dice.bytes(32), encode_pack(*group_of(a, info, [b], room)))
    to_inbox(a, b, Invitation(world.dice.bytes(16), room, b.me.relay, ref))
    world.settle(span=10_000)
    b.crash()
    assert "none" == b.phase(room)
    for _, chunk in chunks:
        world.relay.put_blob(chunk)
    world.settle(span=3_600_000)
    assert "joined" == b.phase(room)


def test_an_inbox_read_twice_at_once_is_acted_on_once() -> None:
    """Two answers to the same question, and an answer to an older one, change nothing the second time."""
    world, a, b, room = stranger_invites(8)
    want = next(iter(b.engine.reads(INBOX)), None)
    assert want is not None
    accept(b, room)
    add_again = world.relay.read(want.address, 0)
    for _ in range(2):
        b.engine.on_inbox(0, add_again, world.now)
    world.settle(span=60_000)
    assert (["joined"], want.after) == (
        kinds(b, room, "joined"),
        getattr(next(iter(b.engine.reads(INBOX)), None), "after", None),
    )
    assert len(standing(world, room)) == 1
    assert [] == warnings(a)


def test_an_invitation_that_named_a_relay_that_is_gone_is_taken_once_it_names_another() -> None:
    """Its Welcome lies where the inbox was when it was written; it is repeated with where that is by then."""
    world = World(3)
    mina, jun = world.person("mina"), world.person("jun")
    world.befriend(mina, jun)
    move(world, mina, THREE)
    room = world.group(mina)
    with mina.engine.step(world.now, room) as step:
        commands.add_account(step, room, jun.card)
    burn(world)
    move(world, jun, TWO)
    world.settle(span=60_000)
    assert {RELAY} == {want.relay for want in jun.engine.chunk_requests(world.now)}
    world.settle(span=2 * 3_600_000)
    assert ("joined", []) == (jun.phase(room), jun.engine.chunk_requests(world.now + 86_400_000))
    assert [] == outbox_of(mina)


def test_whose_relay_is_gone_holds_up_nobody_in_the_room() -> None:
    """What somebody who is invited needs lies at the relay of their inbox, and waits for that alone."""
    world = World(9)
    mina, jun, sora = world.person("mina"), world.person("jun"), world.person("sora")
    move(world, jun, THREE)
    world.dead.add(THREE)
    room = world.group(mina, jun, sora)
    mina.send(room, "who is there?")
    world.settle(span=60_000)
    assert (["who is there?"], "none") == (sora.texts(room), jun.phase(room))


def test_a_welcome_that_another_relay_refuses_for_now_is_put_there_soon() -> None:
    """What lies at the relay of somebody's inbox is tried there again, and holds up nothing of the room's."""
    world = World(10)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(mina)
    move(world, jun, THREE)
    add(mina, room, jun)
    refused: list[bytes] = []
    while not refused:
        for item in world.queues(mina):
            if isinstance(item.target, WelcomeBlob) and item.target.relay == THREE:
                mina.engine.on_sent(item, Refusal("slow-down", 1), world.now)
                refused.append(item.ref)
            else:
                world.post(mina, item)
        for at, want in world.reads(mina):
            world.read(mina, at, want)
        mina.engine.tick(world.now)
    world.settle(span=60_000)
    assert refused[0] in world.relays[THREE].blobs
