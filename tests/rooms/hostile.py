"""What a member with a changed client, and a relay that lies, can put into a room. No policy stands in its way here."""

from __future__ import annotations

from hashlib import sha256

import msgspec
import nullabona_mls as native

from nullabona.client.core import commands
from nullabona.client.core.model.content import Body, Envelope, View, encode_envelope
from nullabona.client.core.model.inbox_items import Gone, ItemBody, Ticket, encode_pack
from nullabona.client.core.model.message_ids import RANDOM, message_id
from nullabona.client.core.model.proofs import make_claim
from nullabona.client.core.model.records import Frame
from nullabona.client.core.model.state import BoxTrack
from nullabona.wire.address import Address
from nullabona.wire.blob import BlobRef, cut_blob
from nullabona.wire.frame import NONCE_SIZE, Kind, seal_frame
from nullabona.wire.seal import ITEM_DIRECT, seal_to_inbox
from tests.rooms.world import Person, World


def people(world: World, count: int) -> list[Person]:
    """New people, by number."""
    return [world.person(f"p{index}") for index in range(count)]


def track_of(person: Person, room: bytes) -> BoxTrack:
    """Where the device stands in the room's current box."""
    with person.engine.step(person.world.now) as step:
        return step.room(room).current


def mole(person: Person, room: bytes) -> native.Group:
    """A second handle on the device's MLS state, which tells nobody what it does."""
    with person.store.transaction():
        rows = person.store.mls_rows([native.group_scope(room)])
        generation = person.store.mls_generation(room)
    assert generation is not None
    return native.Group.load(room, rows, generation)


def sealed(person: Person, room: bytes, kind: Kind, body: bytes, *, indirect: bool = False) -> bytes:
    """A frame that every member of the room can open."""
    keys = track_of(person, room).keys
    nonce = person.world.dice.bytes(NONCE_SIZE)
    return seal_frame(keys.frame_key, keys.box.address, nonce, kind, body, indirect=indirect)


def put(person: Person, room: bytes, *frames: bytes) -> None:
    """Append frames to the room's current box. The device knows them as its own: it is no old copy of itself."""
    relay = person.world.relay_of(person)
    assert relay is not None
    box = track_of(person, room).keys.box.address
    for frame in frames:
        relay.append(bytes(box), frame)
        with person.store.transaction():
            own = Frame(box, sha256(frame).digest(), 0, b"", Kind.MESSAGE, mine=True, message=b"", day=0, data=b"")
            person.store.put_frame(own)


def forge(person: Person, room: bytes, kind: Kind, body: bytes, *, indirect: bool = False) -> None:
    """Put one sealed frame into the room's current box."""
    put(person, room, sealed(person, room, kind, body, indirect=indirect))


def say_anything(person: Person, room: bytes, plaintext: bytes) -> None:
    """A real MLS message of this member with any content, put into the box at once."""
    with person.engine.step(person.world.now, room) as step:
        data = step.mls.group(room).encrypt(plaintext)
    forge(person, room, Kind.MESSAGE, data)


def claim(person: Person, room: bytes, commit: bytes, removed: tuple[bytes, ...] = ()) -> bytes:
    """This member's properly signed claim to have merged ``commit`` in the current epoch."""
    address = bytes(track_of(person, room).keys.box.address)
    return make_claim(person.mls, person.me.signature_key, address, commit, removed)


def to_inbox(sender: Person, receiver: Person, body: ItemBody, *, certificate: bytes | None = None) -> None:
    """Put an item into somebody's inbox, signed by the sender whatever it says."""
    from nullabona.client.core.model.inbox_items import _DOMAIN, SignedItem

    address = receiver.card.inbox.address
    data = msgspec.msgpack.encode(body)
    signature = sender.mls.sign(_DOMAIN + address + data)
    item = msgspec.msgpack.encode(SignedItem(certificate or sender.certificate, data, signature))
    drop_in(sender.world, receiver, ITEM_DIRECT + item)


def gone(world: World, room: bytes, device: bytes = b"", days_ago: int = 0) -> Gone:
    """The answer that an account, or a device of one, is out of a room."""
    return Gone(room, device, world.now // 86_400_000 - days_ago)


def laid_out(world: World, bundle: native.CommitBundle) -> BlobRef:
    """What a commit's invitations lead to, put to the relay."""
    assert bundle.welcome is not None
    assert bundle.tree is not None
    ref, chunks = cut_blob(world.dice.bytes(32), encode_pack(bundle.welcome, bundle.tree))
    for _, chunk in chunks:
        world.relay.put_blob(chunk)
    return ref


def drop_in(world: World, receiver: Person, plain: bytes) -> None:
    """Seal any bytes to an inbox: its key and write secret are public."""
    inbox = receiver.card.inbox
    relay = world.relay_of(receiver)
    assert relay is not None
    relay.append(bytes(inbox.address), seal_to_inbox(inbox, plain))


def warnings(person: Person, room: bytes | None = None) -> list[object]:
    """The codes of the warnings a device gave, in order."""
    return [data["code"] for kind, where, data in person.events() if kind == "warning" and room in {None, where}]


def kinds(person: Person, room: bytes, *wanted: str) -> list[str]:
    """The kinds of a room's events, those ``wanted`` only."""
    return [kind for kind, where, _ in person.events() if where == room and kind in wanted]


def standing(world: World, room: bytes) -> set[tuple[str, bytes, int]]:
    """Where everybody is: one element if all are in the same epoch of the same branch."""
    return {(person.phase(room), person.where(room), person.epoch(room)) for person in world.people}


def frames_at(world: World, address: Address | bytes) -> list[bytes]:
    """What the relay holds at an address."""
    box = world.relay.boxes.get(bytes(address))
    return list(box.frames.values()) if box is not None else []


def update_keys(person: Person, room: bytes) -> None:
    with person.engine.step(person.world.now, room) as step:
        commands.update_keys(step, room)


def add(admin: Person, room: bytes, other: Person) -> None:
    with admin.engine.step(admin.world.now, room) as step:
        commands.add_account(step, room, other.card)


def remove(admin: Person, room: bytes, other: Person) -> None:
    with admin.engine.step(admin.world.now, room) as step:
        commands.remove_account(step, room, other.account)


def all_well(world: World, room: bytes, *insiders: Person) -> None:
    """These people are together and hear one another."""
    world.settle(span=7_200_000)
    for person in insiders:
        person.send(room, f"{person.name} is well")
    world.settle(span=7_200_000)
    expected = {f"{person.name} is well" for person in insiders}
    for person in insiders:
        assert expected <= set(person.texts(room))
        assert len(person.texts(room)) == len(set(person.texts(room)))
    assert {(insiders[0].where(room), "joined")} == {(p.where(room), p.phase(room)) for p in insiders}


def envelope(
    person: Person, body: Body, views: tuple[View, ...] = (), *, id: bytes = b"", marker: bytes = b""
) -> bytes:
    """What this member may say, under a new id of theirs unless one is given."""
    own = message_id(person.account, person.world.dice.bytes(RANDOM))
    return encode_envelope(Envelope(id or own, person.world.now, views, marker, body))


def ticket_of(person: Person, room: bytes, **changed: object) -> Ticket:
    """What this member's device would answer to a request for help."""
    with person.engine.step(person.world.now, room) as step:
        state = step.room(room)
        group = step.group(state)
        ticket = Ticket(
            room,
            state.epoch,
            state.current.secret,
            group.group_info(),
            group.ratchet_tree(),
            state.current.incarnation,
            state.current.position,
            tuple((m.epoch, m.commit, tuple(m.removed)) for m in state.history),
        )
    return msgspec.structs.replace(ticket, **changed)


def only(world: World, *online: Person) -> None:
    """These people are online and nobody else."""
    for person in world.people:
        person.online = person in online


def everybody(world: World) -> None:
    only(world, *world.people)


def send_all(world: World, *senders: Person) -> None:
    """Put what waits in their outboxes into the relay, and read nothing."""
    for person in senders:
        for item in world.queues(person):
            world.post(person, item)


def read_room(world: World, person: Person, room: bytes) -> None:
    for want in person.engine.reads(room):
        world.read(person, room, want)
