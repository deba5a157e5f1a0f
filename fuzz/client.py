"""Fuzz what a client reads from members, strangers and relays: values, frames, and whole answers fed to a live device.

Any bytes give a value or a `PeerError`, and what is accepted encodes to something that decodes to the same. A device
that is fed anything at all goes on, and hears what is said to it afterwards.
"""

from __future__ import annotations

import random

import msgspec

from fuzz._harness import fuzz, mutate
from nullabona.client.core.model.content import Envelope, Moved, Text, View, decode_envelope, encode_envelope
from nullabona.client.core.model.inbox_items import (
    Gone,
    ItemBody,
    Ticket,
    TicketRequest,
    decode_pack,
    encode_pack,
    open_item,
    sign_item,
)
from nullabona.client.core.model.proofs import (
    CommitNote,
    decode_claim,
    decode_note,
    encode_note,
    make_claim,
    make_order,
)
from nullabona.client.core.model.requests import INBOX
from nullabona.client.core.model.room_info import GROUP, RoomInfo, decode_info, encode_info
from nullabona.errors import PeerError
from nullabona.wire.blob import BlobRef, decode_ref, encode_ref
from nullabona.wire.frame import Kind, open_frame
from nullabona.wire.messages import Frames
from nullabona.wire.seal import ITEM_DIRECT, seal_to_inbox
from tests.rooms.hostile import claim, mole, sealed, track_of
from tests.rooms.looked import looked
from tests.rooms.world import Person, World

A, B, C = b"a" * 32, b"b" * 32, b"c" * 32
FRESH = 400
"""After so many inputs to one device it must show what is said; then a new world begins."""


class Values:
    """Decoders of what lies in messages, items and boxes."""

    def __init__(self) -> None:
        world = World(1)
        one, other = world.person("p0"), world.person("p1")
        self.inbox = other.card.inbox.address
        mls, key = one.mls, one.me.signature_key
        view = View(bytes(8), b"i", 7, bytes(16), (1, 2), (3,))
        order = make_order(mls, key, A, B, [C])
        text, moved = Text("안녕", bytes(16)), Moved(1, A, 0)
        ticket = Ticket(A, 1, B, b"info", b"tree", b"i", 3, ((0, C, (A,)),))
        self.seeds: dict[str, list[bytes]] = {
            "envelope": [encode_envelope(Envelope(bytes(16), 1, (view,), b"m", body)) for body in (text, moved)],
            "claim": [make_claim(mls, key, A, b"commit", (B,))],
            "note": [encode_note(CommitNote((order,)))],
            "item": [sign_item(mls, self.inbox, item) for item in (Gone(A), TicketRequest(A, 1, b""), ticket)],
            "ref": [encode_ref(BlobRef(9, A, (B, C)))],
            "info": [encode_info(RoomInfo(1, GROUP, "가족", "https://relay.example", (A, B)))],
            "pack": [encode_pack(b"welcome", b"tree")],
        }

    def run(self, rng: random.Random) -> None:
        """One decoder, one input."""
        name = rng.choice(list(self.seeds))
        data = mutate(rng, rng.choice(self.seeds[name]))
        if name == "item":
            open_item(self.inbox, data)
        elif name == "envelope":
            said = decode_envelope(data)
            assert said == decode_envelope(encode_envelope(said))
        elif name == "claim":
            claimed = decode_claim(data)
            assert claimed == decode_claim(msgspec.msgpack.encode(claimed))
            claimed.verify(A)
        elif name == "note":
            note = decode_note(data)
            assert note == decode_note(encode_note(note))
        elif name == "ref":
            ref = decode_ref(data)
            assert ref == decode_ref(encode_ref(ref))
        elif name == "info":
            info = decode_info(data)
            assert info == decode_info(encode_info(info))
        else:
            pack = decode_pack(data)
            assert pack == decode_pack(encode_pack(pack.welcome, pack.tree))


class Device:
    """A live device in a room with a member who says anything and a relay that answers anything."""

    def __init__(self) -> None:
        self.seed = 0
        self.begin()

    def begin(self) -> None:
        """A new world."""
        self.seed += 1
        self.world = World(self.seed)
        self.people = [self.world.person(f"p{index}") for index in range(3)]
        self.room = self.world.group(*self.people)
        self.inputs = 0

    def run(self, rng: random.Random) -> None:
        """One answer to a read of the room, the inbox or a chunk."""
        self.inputs += 1
        victim, member = self.people[0], self.people[1]
        what = rng.randrange(8)
        if what == 0:
            self._feed_inbox(rng, victim)
        elif what == 1:
            victim.engine.on_chunk(rng.randbytes(32), rng.randbytes(99), self.world.now)
            shown = looked(victim.me.handle, mutate(rng, member.card.encoded), self.world.now)
            victim.engine.on_card(shown, self.world.now)
        else:
            self._feed_room(rng, victim, member)
        victim.engine.tick(self.world.now)
        if self.inputs >= FRESH:
            self._must_be_well()

    def _feed_room(self, rng: random.Random, victim: Person, member: Person) -> None:
        if victim.phase(self.room) != "joined":
            self.begin()
            return
        track = track_of(victim, self.room)
        frames = [self._frame(rng, member) for _ in range(rng.randrange(4))]
        start = track.position + 1 + (rng.randrange(3) == 0) * rng.choice([0, 1, 5, 2**40, 2**53 - 9])
        told = tuple((start + index * rng.choice([1, 1, 1, 0, 2]), frame) for index, frame in enumerate(frames))
        incarnation = track.incarnation if rng.randrange(9) else rng.choice([b"", rng.randbytes(8)])
        head = rng.choice([start + len(frames) - 1, 0, track.head, start + 3, 2**53])
        after = track.position if rng.randrange(9) else rng.randrange(9)
        answer = Frames(incarnation, head, told)
        victim.engine.on_frames(self.room, track.keys.box.address, after, answer, self.world.now)

    def _frame(self, rng: random.Random, member: Person) -> bytes:
        if rng.randrange(4) == 0:
            return mutate(rng, sealed(member, self.room, Kind.MESSAGE, b"body"))
        kind = rng.choice(list(Kind))
        handle = mole(member, self.room)
        what = rng.randrange(3)
        if what == 0:
            body = handle.encrypt(member.mls.signer, mutate(rng, b"\x95\xc4\x10" + bytes(16)))
        else:
            body = handle.commit(member.mls.signer, update=True).commit
            body = claim(member, self.room, body) if what == 1 else body
        frame = sealed(member, self.room, kind, mutate(rng, body), indirect=rng.randrange(9) == 0)
        keys = track_of(member, self.room).keys
        assert open_frame(keys.frame_key, keys.box.address, frame).kind is kind
        return frame

    def _feed_inbox(self, rng: random.Random, victim: Person) -> None:
        (want,) = victim.engine.reads(INBOX)
        inbox = victim.card.inbox
        body: ItemBody = Gone(self.room) if rng.randrange(2) else TicketRequest(self.room, 1, b"")
        item = sign_item(self.people[1].mls, inbox.address, body)
        frame = seal_to_inbox(inbox, mutate(rng, rng.choice([ITEM_DIRECT, b"\x01", b"\x02"]) + item))
        after = want.after if rng.randrange(9) else 0
        told = ((want.after + 1, mutate(rng, frame)), (want.after + 2, frame))
        incarnation = rng.choice([rng.randbytes(8), b"same", b"same", b"same"])
        victim.engine.on_inbox(after, Frames(incarnation, want.after + 2, told), self.world.now)

    def _must_be_well(self) -> None:
        """The relay is honest again: what is said arrives."""
        speaker, victim = self.people[2], self.people[0]
        if victim.phase(self.room) == "joined" and speaker.phase(self.room) == "joined":
            speaker.send(self.room, "are you there?")
            self.world.settle(span=3 * 86_400_000, most=3_000)
            assert "are you there?" in victim.texts(self.room), f"the device of world {self.seed} hears nothing"
        self.begin()


if __name__ == "__main__":
    fuzz("client", __doc__, (Values().run, Device().run), refused=(PeerError,))
