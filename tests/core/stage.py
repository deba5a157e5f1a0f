"""One device in memory and its single steps: real store, real MLS, chance without surprises, nothing done unasked.

A `Stage` is the device; an `Other` is anybody else, with keys that really sign, whose devices stand in our rooms as
rows only. Where several devices must hear one another, take `tests.rooms.world.World` instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import Any, TypeVar, cast

import msgspec
import nullabona_mls as native
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nullabona.client.core.account import own_devices
from nullabona.client.core.delivery.box_log import open_box
from nullabona.client.core.group import members
from nullabona.client.core.model.content import Body, Envelope, View, encode_envelope
from nullabona.client.core.model.facts.base import Logged
from nullabona.client.core.model.facts.union import encode_fact
from nullabona.client.core.model.inbox_items import ItemBody, open_item
from nullabona.client.core.model.message_ids import RANDOM, message_id
from nullabona.client.core.model.mls_port import Mls
from nullabona.client.core.model.outbox_targets import InboxFrame
from nullabona.client.core.model.records import Contact, ContactState, Device, Frame, Message, MessageState, OutboxItem
from nullabona.client.core.model.room_info import DIRECT, GROUP, ROOM_INFO_EXTENSION, RoomInfo, encode_info
from nullabona.client.core.model.state import JOINED, BoxTrack, RoomState
from nullabona.client.core.step import DAY_MS, Step, Timing
from nullabona.client.store.outbox import about
from nullabona.wire.address import Address
from nullabona.wire.blob import decode_ref, join_blob
from nullabona.wire.card import Card, CardDevice, issue_certificate, sign_card, verify_card
from nullabona.wire.certificate import DeviceCertificate
from nullabona.wire.frame import NONCE_SIZE, Kind, seal_frame
from nullabona.wire.handle import parse_handle
from nullabona.wire.seal import ITEM_INDIRECT, Inbox, inbox_keypair, open_inbox_frame
from tests.rooms.world import RELAY, START, World, fields_of

__all__ = ["RELAY", "START", "Other", "Pair", "Randomness", "Stage"]

DAY = START // DAY_MS
F = TypeVar("F", bound=msgspec.Struct)
EVER = 1 << 61


@dataclass
class Randomness:
    """Bytes that differ each time and are the same in each run; numbers as high as can be, or as low."""

    name: str = ""
    low: bool = False
    drawn: int = 0

    def bytes(self, count: int) -> bytes:
        self.drawn += 1
        return sha256(f"{self.name} {self.drawn}".encode()).digest()[:count].ljust(count, b"\0")

    def between(self, low: int, high: int) -> int:
        return low if self.low else high


@dataclass(frozen=True)
class Other:
    """Somebody else, and one device of theirs. ``number``: which of their devices; all have one account."""

    name: str
    number: int = 0
    host: str = "relay.example"

    @cached_property
    def account_key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(_bytes(f"{self.name} account"))

    @cached_property
    def seed(self) -> bytes:
        """Of the device's signature key."""
        return _bytes(f"{self.name} {self.number} device")

    def impostor(self) -> Other:
        """Another account under the same handle."""
        other = Other(self.name, self.number + 100, self.host)
        vars(other)["account_key"] = Ed25519PrivateKey.from_private_bytes(_bytes(f"{self.name} impostor"))
        return other

    @property
    def account(self) -> bytes:
        return self.account_key.public_key().public_bytes_raw()

    @property
    def handle(self) -> str:
        return f"{self.name}@{self.host}"

    @property
    def device(self) -> bytes:
        return _bytes(f"{self.name} {self.number} id")[:16]

    @cached_property
    def signature_key(self) -> bytes:
        return Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()

    @property
    def encryption_key(self) -> bytes:
        return _bytes(f"{self.name} {self.number} leaf")

    @cached_property
    def certificate(self) -> DeviceCertificate:
        handle = parse_handle(self.handle)
        return issue_certificate(
            self.account_key, handle=handle, device_id=self.device, device_key=self.signature_key, issued_day=DAY
        )

    @property
    def identity(self) -> bytes:
        return self.certificate.encode()

    def sign(self, data: bytes) -> bytes:
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(data)

    @property
    def mls(self) -> Mls:
        """Signs as this device does: for `make_order`, `make_claim`, `make_ruling`, `make_move`, `sign_item`."""
        return cast("Mls", self)

    def row(self, room: bytes, leaf: int, since: int = 0) -> Device:
        """The device as a member of a room."""
        keys = (self.signature_key, self.encryption_key)
        return Device(room, self.device, self.account, self.handle, leaf, *keys, since)

    @cached_property
    def inbox(self) -> Inbox:
        read, write = _bytes(f"{self.name} read"), _bytes(f"{self.name} write")
        return Inbox(sha256(read).digest(), write, inbox_keypair(_bytes(f"{self.name} inbox")).public, RELAY)

    @cached_property
    def key_package(self) -> bytes:
        config = native.Config(
            suite=native.SUITE_CLASSIC, extensions=(ROOM_INFO_EXTENSION,), lifetime_s=10 * 365 * 86_400
        )
        return native.make_key_package(native.Signer.from_seed(self.seed), self.identity, config)[0]

    def card(self, *devices: Other, day: int = DAY, previous: Card | None = None, relay: str = RELAY) -> Card:
        """A card of theirs that names this device, and those."""
        named = tuple(CardDevice(each.certificate, each.key_package) for each in (self, *devices))
        inbox = msgspec.structs.replace(self.inbox, relay=relay)
        about = {"handle": parse_handle(self.handle), "issued_day": day, "devices": named, "inbox": inbox}
        encoded = sign_card(self.account_key, previous=previous, **about)  # type: ignore[arg-type]
        return verify_card(encoded, today=max(day, DAY), previous=previous)

    def opened(
        self, frame: bytes, place: bytes = b"", chunk: Callable[[bytes], bytes | None] = lambda _: None
    ) -> ItemBody:
        """What an item says that was sealed to their inbox, or to their key for the box ``place``.

        ``chunk``: where the chunks of a large one are.
        """
        address = Address(place or self.inbox.address)
        plain = open_inbox_frame(_bytes(f"{self.name} inbox"), address, frame)
        data = plain[1:]
        if plain[:1] == ITEM_INDIRECT:
            data = join_blob(decode_ref(data), lambda digest: chunk(digest) or b"")
        return open_item(address, data)[1]


def _bytes(name: str) -> bytes:
    return sha256(name.encode()).digest()


@dataclass
class Stage:
    """A device with its store. Time stands still unless a test sets ``now``."""

    name: str = "mina"
    timing: Timing = field(default_factory=Timing)
    now: int = START
    rng: Randomness = field(default_factory=Randomness)
    host: str = "relay.example"

    def __post_init__(self) -> None:
        self.world = World(int.from_bytes(_bytes(self.name)[:4], "big"))
        self.person = self.world.person(self.name, host=self.host)
        self.store, self.mls, self.me = self.person.store, self.person.mls, self.person.me

    @contextmanager
    def step(self, now: int = 0, **about: object) -> Iterator[Step]:
        """One step as the engine makes it, but for what the engine looks after by itself."""
        with self.store.transaction():
            step = Step(self.store, self.mls, self.me, self.rng, self.timing, now or self.now, **about)  # type: ignore[arg-type]
            yield step
            step.save()
            self.mls.flush()
        self.mls.committed()

    @contextmanager
    def inside(self, room: bytes, now: int = 0, **about: object) -> Iterator[tuple[Step, RoomState, BoxTrack]]:
        """A step, a room and its current box."""
        with self.step(now, **about) as step:
            state = step.room(room)
            yield step, state, state.current

    @property
    def row(self) -> Device:
        """This device as the first member of a room."""
        keys = (self.me.signature_key, _bytes("our leaf"))
        return Device(b"", self.me.device, self.me.account, self.me.handle, 0, *keys, 0)

    def also(self, number: int = 1) -> Other:
        """Another device of our account; no card names it yet."""
        other = Other(self.name, number)
        vars(other)["account_key"] = self.person.identity
        return other

    def name_devices(self, *others: Other) -> Card:
        """The account's newest card names this device and those. It is known here."""
        card = own_devices.card(self.store) or self.person.card
        devices = (card.devices[0], *(CardDevice(each.certificate, each.key_package) for each in others))
        about = {"handle": card.handle, "issued_day": card.issued_day, "devices": devices, "inbox": card.inbox}
        encoded = sign_card(self.person.identity, previous=card, **about)  # type: ignore[arg-type]
        with self.store.transaction():
            assert own_devices.note_card(self.store, encoded)
        return verify_card(encoded, today=card.issued_day)

    def room(self, *others: Other, kind: str = GROUP, info: RoomInfo | None = None, **about: object) -> bytes:
        """A room in which we are and these are, at epoch 0; of a group we alone are admin. Returns its id.

        Our leaf is a real MLS group's; theirs are rows, by the leaves 1, 2 … ``about``: fields of `RoomState`.
        """
        id = self.rng.bytes(32)
        with self.step() as step:
            room = RoomState(id, info or self.info(*others, kind=kind), JOINED, [])
            step.add_room(room)
            open_box(room, step.mls.create(id, encode_info(room.info)))
            rows = [replace(self.row, room=id), *(other.row(id, leaf) for leaf, other in enumerate(others, 1))]
            step.store.put_devices(rows)
            for name, value in about.items():
                setattr(room, name, value)
        return id

    def meet(self, other: Stage, kind: str = GROUP) -> bytes:
        """A room in which both devices really are, at epoch 1: each opens what the other says. Returns its id."""
        id = self.rng.bytes(32)
        pair = tuple(sorted((self.me.account, other.me.account))) if kind == DIRECT else ()
        admins = (self.me.account,) if kind == GROUP else ()
        info = RoomInfo(1, kind, "family" if kind == GROUP else "", RELAY, admins, pair)
        with self.step() as step:
            group = step.mls.create(id, encode_info(info))
            staged = group.commit(add=[other.person.card.devices[0].key_package])
            group.merge_pending()
            assert staged.welcome is not None
            assert staged.tree is not None
            self._enter(step, id, info)
        with other.step() as step:
            step.mls.open_welcome(staged.welcome, staged.tree).accept()
            other._enter(step, id, info)
        return id

    @staticmethod
    def _enter(step: Step, id: bytes, info: RoomInfo) -> None:
        room = RoomState(id, info, JOINED, [])
        step.add_room(room)
        open_box(room, step.mls.group(id)).incarnation = b"inc"
        members.sync(step, room)

    def info(self, *others: Other, kind: str = GROUP) -> RoomInfo:
        """What a room with these agrees on when it is made."""
        if kind == GROUP:
            return RoomInfo(1, GROUP, "family", RELAY, (self.me.account,))
        pair = tuple(sorted((self.me.account, others[0].account))) if kind == DIRECT else ()
        return RoomInfo(1, kind, "", RELAY, (), pair)

    def contact(
        self, other: Other, state: ContactState = ContactState.ACCEPTED, *, room: bytes = b"", card: Card | None = None
    ) -> Contact:
        """Somebody becomes our contact; with a ``card`` as one whose card was looked up."""
        packages = tuple(device.key_package for device in card.devices) if card is not None else ()
        encoded = card.encoded if card is not None else b""
        contact = Contact(other.account, other.handle, "", state, room, "", encoded, packages)
        with self.store.transaction():
            self.store.put_contact(contact)
        return contact

    def card_with(self, id: bytes, other: Other) -> Card:
        """A newer card of our account that names a second device, which has this id and the keys of ``other``."""
        card, handle = self.person.card, parse_handle(self.me.handle)
        second = issue_certificate(
            self.person.identity, handle=handle, device_id=id, device_key=other.signature_key, issued_day=DAY
        )
        devices = (*card.devices, CardDevice(second, other.key_package))
        about = {"handle": handle, "issued_day": DAY, "devices": devices, "inbox": card.inbox, "previous": card}
        return verify_card(sign_card(self.person.identity, **about), today=DAY, previous=card)  # type: ignore[arg-type]

    def message(self, room: bytes, id: bytes, *, by: Other | None = None, **about: object) -> Message:
        """A message of the room as it is stored; ours unless it is ``by`` somebody. ``about``: fields of `Message`."""
        message = self.unsaved(room, id, by=by, **about)
        with self.store.transaction():
            self.store.put_message(message)
        return message

    def unsaved(self, room: bytes, id: bytes, *, by: Other | None = None, **about: object) -> Message:
        """Such a message before it is stored, for use inside a step."""
        whose = (self.me.account, self.me.device) if by is None else (by.account, by.device)
        state = MessageState.SENT if by is None else MessageState.RECEIVED
        message = Message(room, id, *whose, self.now, 1, 0, state, b"", b"", 0, b"")
        return replace(message, **about)  # type: ignore[arg-type]

    def frame(self, step: Step, track: BoxTrack, seq: int, *, data: bytes = b"sealed", **about: object) -> Frame:
        """A frame of a box as it is stored: a message of ours unless ``about`` says otherwise (fields of `Frame`)."""
        digest = sha256(bytes(track.keys.box.address) + repr((seq, data)).encode()).digest()
        chain = sha256(b"chain" + digest).digest() if seq else b""
        frame = Frame(
            track.keys.box.address, digest, seq, chain, Kind.MESSAGE, mine=True, message=b"", day=step.day, data=data
        )
        frame = replace(frame, **about)  # type: ignore[arg-type]
        step.store.put_frame(frame)
        return frame

    def sent_to(self, other: Other) -> list[ItemBody]:
        """What waits to be put into somebody's inbox, opened as they would open it."""
        with self.store.transaction():
            items = [item for item in self.store.outbox(EVER) if isinstance(item.target, InboxFrame)]
            theirs = [item for item in items if box_of(item) == other.inbox.address]
            return [other.opened(item.data, chunk=self.store.chunk) for item in theirs]

    def outbox(self, *kinds: type) -> list[OutboxItem]:
        """What waits to be sent, due or not, in order; of these types if any is named."""
        with self.store.transaction():
            return [item for item in self.store.outbox(EVER) if not kinds or isinstance(item.target, kinds)]


class Pair:
    """A room of ours with a second real device, ``jun``, who says things that we can read."""

    def __init__(self, kind: str = GROUP) -> None:
        self.us, self.jun = Stage(), Stage("jun")
        self.id = self.us.meet(self.jun, kind)
        self.said = 0

    def envelope(self, body: Body, *, views: tuple[View, ...] = (), marker: bytes = b"", id: bytes = b"") -> Envelope:
        """What the other says, under a new id of theirs unless one is given."""
        self.said += 1
        made = message_id(self.jun.me.account, self.said.to_bytes(RANDOM, "big"))
        return Envelope(id or made, self.us.now, views, marker, body)

    def encrypted(self, said: Envelope | bytes) -> bytes:
        """The MLS message of the other with this content."""
        with self.jun.step() as step:
            return step.mls.group(self.id).encrypt(said if isinstance(said, bytes) else encode_envelope(said))

    def frame(self, track: BoxTrack, said: Envelope | bytes) -> bytes:
        """What the other puts into the box."""
        return sealed(track, Kind.MESSAGE, self.encrypted(said))


def set_time(at: int | None) -> int:
    """A time that must be set."""
    assert at is not None
    return at


def out(step: Step, *kinds: type) -> list[bytes]:
    """The refs of what waits to be sent, in order, as this step leaves it."""
    return [item.ref for item in step.store.outbox(EVER) if not kinds or isinstance(item.target, kinds)]


def box_of(item: OutboxItem) -> bytes:
    """The address of the box that an item is for, or what else it is about."""
    return about(item.target, item.ref)


def told(step: Step) -> list[tuple[str, dict[str, object]]]:
    """What this step told listeners."""
    return [(kind, data) for kind, _, data in rows(step)]


def rows(step: Step) -> list[tuple[str, bytes, dict[str, Any]]]:
    """The facts that listeners will see, as the log keeps them: kind, room, and the other fields."""
    return [(fact.kind, fact.room, fields_of(encode_fact(fact))) for fact in step.told if isinstance(fact, Logged)]


def signals(step: Step, kind: type[F]) -> list[F]:
    """The facts of one kind that this step told."""
    return [fact for fact in step.told if isinstance(fact, kind)]


def sealed(track: BoxTrack, kind: Kind, body: bytes, *, indirect: bool = False) -> bytes:
    """A frame for a box, as anybody who has its key makes it; the same body gives the same frame."""
    nonce = sha256(body).digest()[:NONCE_SIZE]
    return seal_frame(track.keys.frame_key, track.keys.box.address, nonce, kind, body, indirect=indirect)
