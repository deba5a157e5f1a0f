"""What a device that was revoked, or a machine with the account's secret, tries with a certificate that is in order."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec
import nullabona_mls as native
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nullabona.client.core import commands
from nullabona.client.core.contacts import requests as core_people
from nullabona.client.core.devices.inbox_state import InboxState
from nullabona.client.core.group import branches
from nullabona.client.core.identity import inbox_addresses
from nullabona.client.core.model.branches import Rejoin
from nullabona.client.core.model.commit_policy import check_commit
from nullabona.client.core.model.errors import PolicyRefused
from nullabona.client.core.model.inbox_items import Gone, Invitation, Item, Ticket, TicketRequest, open_item, sign_item
from nullabona.client.core.model.proofs import make_claim
from nullabona.client.core.model.room_info import ROOM_INFO_EXTENSION, RoomInfo, encode_info
from nullabona.client.core.step import Step
from nullabona.client.mls import Mls
from nullabona.client.store import SqliteStore
from nullabona.errors import PeerError
from nullabona.wire.address import EpochKeys
from nullabona.wire.blob import decode_ref, join_blob
from nullabona.wire.card import issue_certificate
from nullabona.wire.frame import NONCE_SIZE, Kind, seal_frame
from nullabona.wire.handle import parse_handle
from nullabona.wire.seal import ITEM_DIRECT, open_inbox_frame
from tests.rooms.devices import another_device, remove_device
from tests.rooms.hostile import all_well, drop_in, gone, kinds, laid_out, mole, people, to_inbox, track_of
from tests.rooms.world import RELAY, Person, World

HOUR, MINUTE = 3_600_000, 60_000
NOBODY = bytes(32)


def revoke(world: World, owner: Person, room: bytes) -> tuple[Person, native.Group, EpochKeys]:
    """A laptop of the owner's was in the room and is removed; what a thief of it keeps of the room."""
    laptop = another_device(world, owner, "laptop")
    world.settle(span=HOUR)
    group, keys = mole(laptop, room), track_of(laptop, room).keys
    laptop.online = False
    remove_device(world, owner, laptop)
    world.settle(span=2 * HOUR)
    return laptop, group, keys


def claim(thief: Person, keys: EpochKeys) -> bytes:
    """Put into an old box that another commit ended it, which removed somebody: branches with removals win."""
    world, box = thief.world, bytes(keys.box.address)
    body = make_claim(thief.mls, thief.me.signature_key, box, b"whatever", (NOBODY,))
    nonce = world.dice.bytes(NONCE_SIZE)
    world.relay.append(box, seal_frame(keys.frame_key, keys.box.address, nonce, Kind.SETTLED, body))
    world.settle(span=10_000)
    return body


def test_its_ticket_leads_nobody_to_a_branch_of_its_own() -> None:
    """The account is in the room, the device that signed is not."""
    world = World(6)
    a, b, mina = people(world, 3)
    room = world.group(a, b, mina)
    laptop, group, keys = revoke(world, mina, room)
    epoch = group.epoch
    phone = next(leaf.leaf for leaf in group.members() if leaf.signature_key == mina.me.signature_key)
    group.commit(laptop.mls.signer, remove=[phone], update=True)
    group.merge_pending()
    mina.online = False
    said = msgspec.msgpack.decode(claim(laptop, keys))
    secret = group.export_secret("nullabona room", b"", 32)
    history = ((epoch, said[1], (NOBODY,)),)
    info, tree = group.group_info(laptop.mls.signer), group.ratchet_tree()
    to_inbox(laptop, b, Ticket(room, group.epoch, secret, info, tree, b"", 0, history))
    world.settle(span=HOUR)
    assert [] == kinds(b, room, "rejoined")
    mina.online = True
    all_well(world, room, a, b, mina)


def test_its_farewell_throws_nobody_out() -> None:
    """Even where its account is an admin and everybody looks for another branch."""
    world = World(7)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    laptop, _, keys = revoke(world, a, room)
    claim(laptop, keys)
    for person in (a, b, c):
        to_inbox(laptop, person, gone(world, room))
    world.settle(span=HOUR)
    assert ["joined"] * 3 == [person.phase(room) for person in (a, b, c)]
    all_well(world, room, a, b, c)


def test_what_it_is_told_puts_out_no_other_device_of_its_account() -> None:
    """All devices of an account read one inbox: the revoked one asks again and again while another is lost."""
    world = World(8)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(mina, jun)
    laptop, tablet = another_device(world, jun, "laptop"), another_device(world, jun, "tablet")
    world.settle()
    laptop.online = False
    remove_device(world, jun, laptop)
    world.settle()
    mina.online = tablet.online = False
    for _ in range(3):
        to_inbox(laptop, jun, TicketRequest(room, 0, b""))
        world.settle(span=MINUTE)
    assert [gone(world, room, laptop.me.device)] == items_for(jun, Gone)
    jun.online, tablet.online = False, True
    with tablet.engine.step(world.now, room) as step:
        branches.begin(
            step, step.room(room), Rejoin(branches.BEHIND, tablet.epoch(room), b"", [], [], world.now + HOUR)
        )
    world.settle(span=MINUTE)
    assert "joined" == tablet.phase(room)
    jun.online = mina.online = True
    world.settle()
    all_well(world, room, mina, jun, tablet)


def test_its_invitation_takes_the_place_of_no_direct_room() -> None:
    """A new direct room with its own leaf and the contact's published key package is not entered, nor written to."""
    world = World(5)
    mina, jun = people(world, 2)
    with mina.engine.step(world.now) as step:
        core_people.request_contact(step, jun.card, mina.card.encoded, "hi")
    world.settle(span=HOUR)
    with jun.engine.step(world.now) as step:
        commands.accept_contact(step, mina.account)
    world.settle(span=HOUR)
    direct = room_with(jun, mina)
    laptop, _, _ = revoke(world, mina, direct)
    false = world.dice.bytes(32)
    to_inbox(laptop, jun, invitation(laptop, jun, false, (mina.account, jun.account)))
    world.settle(span=HOUR)
    assert (direct, "none") == (room_with(jun, mina), jun.phase(false))


def test_a_new_device_may_invite_as_soon_as_its_account_s_card_names_it() -> None:
    """Nobody who is invited shares a room with it yet: they look at the card."""
    world = World(8)
    mina, jun = people(world, 2)
    world.befriend(mina, jun)
    tablet = another_device(world, mina, "tablet")
    world.settle(span=HOUR)
    with tablet.engine.step(world.now) as step:
        room = commands.create_group(step, "from the tablet")
        commands.add_account(step, room, jun.card)
    mina.online = False
    world.settle(span=HOUR)
    assert "joined" == jun.phase(room)


def test_a_card_is_looked_up_once_a_minute_however_much_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has a device that is out cannot make its contacts ask the directory as often as it likes."""
    world = World(10)
    mina, jun = people(world, 2)
    world.befriend(mina, jun)
    laptop, _, _ = revoke(world, mina, world.group(mina, jun))
    asked: list[str] = []
    real = inbox_addresses.look_again

    def noting(step: Step, handle: str) -> None:
        asked.append(handle)
        real(step, handle)

    monkeypatch.setattr(inbox_addresses, "look_again", noting)
    for _ in range(10):
        to_inbox(laptop, jun, invitation(laptop, jun, world.dice.bytes(32), (mina.account, jun.account)))
        world.settle(span=1_000)
    assert [mina.me.handle] == asked


def test_another_key_under_the_id_of_a_device_gets_no_ticket_and_no_leaf() -> None:
    """Who has the account's secret certifies any key; no card names this one, so nobody lets it in."""
    world = World(9)
    a, b, mina = people(world, 3)
    room = world.group(a, b, mina)
    world.settle(span=HOUR)
    seed = world.dice.bytes(32)
    key = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    certificate = issue_certificate(
        mina.identity,
        handle=parse_handle(mina.me.handle),
        device_id=mina.me.device,
        device_key=key,
        issued_day=world.now // 86_400_000,
    )
    thief = Mls(SqliteStore.testing_in_memory(), seed, certificate.encode(), suite=world.suite)
    mina.online = False
    drop_in(world, b, ITEM_DIRECT + sign_item(thief, b.card.inbox.address, TicketRequest(room, 0, b"")))
    world.settle(span=HOUR)
    assert [] == items_for(mina, Ticket)
    with b.engine.step(world.now) as step:
        state = step.room(room)
        ticket, roster, info = step.group(state).group_info(), step.roster(room), state.info
        candidate = thief.join_external(ticket, step.group(state).ratchet_tree())
    phone = next(device for device in roster.values() if device.device == mina.me.device)
    leaf = next(leaf for leaf in candidate.group.members() if leaf.signature_key == key)
    with pytest.raises(PolicyRefused, match="another key under a device's id"):
        check_commit(replacing(phone, leaf), room, info, roster)


# -- parts --------------------------------------------------------------------------------------------------------


def room_with(person: Person, other: Person) -> bytes:
    """The direct room as the contact has it."""
    with person.store.transaction():
        contact = person.store.contact(other.account)
    assert contact is not None
    return contact.room


def invitation(sender: Person, receiver: Person, room: bytes, pair: tuple[bytes, bytes]) -> Invitation:
    """Into a direct room that the sender made alone."""
    world = sender.world
    info = encode_info(RoomInfo(1, "direct", "", RELAY, (), tuple(sorted(pair))))
    extension = (ROOM_INFO_EXTENSION, info)
    config = native.Config(suite=world.suite, extensions=(ROOM_INFO_EXTENSION,), group_ext=(extension,))
    group = native.Group.create(sender.mls.signer, sender.certificate, config, room)
    bundle = group.commit(sender.mls.signer, add=[receiver.card.devices[0].key_package])
    return Invitation(world.dice.bytes(16), room, RELAY, laid_out(world, bundle))


def items_for(person: Person, kind: type[Item]) -> list[Item]:
    """What the account's inbox holds of this kind, opened with its key."""
    with person.store.transaction():
        state = msgspec.msgpack.decode(person.store.get_value("inbox") or b"", type=InboxState)
    address = person.card.inbox.address
    found: list[Item] = []
    for frame in person.world.relay.boxes[bytes(address)].frames.values():
        try:
            plain = open_inbox_frame(state.seed, address, frame)
        except PeerError:
            continue
        direct = plain[:1] == ITEM_DIRECT
        data = (
            plain[1:]
            if direct
            else join_blob(decode_ref(plain[1:]), lambda chunk: person.world.relay.get_blob(chunk) or b"")
        )
        _, body = open_item(address, data)
        found += [body] if isinstance(body, kind) else []
    return found


def replacing(old: Any, leaf: Any) -> Any:  # noqa: ANN401 - as MLS hands out a commit
    """An external commit that puts ``leaf`` where ``old`` was."""
    joiner = SimpleNamespace(
        leaf=old.leaf,
        identity=leaf.identity,
        signature_key=leaf.signature_key,
        encryption_key=leaf.encryption_key,
    )
    gone = SimpleNamespace(leaf=old.leaf, signature_key=old.signature_key, encryption_key=old.encryption_key)
    return SimpleNamespace(
        external=True,
        adds=[joiner],
        removes=[gone],
        updates=[],
        new_group_ext=None,
        aad=b"",
        sender_leaf=old.leaf,
        sender_identity=leaf.identity,
        sender_signature_key=leaf.signature_key,
    )
