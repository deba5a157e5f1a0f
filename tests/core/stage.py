"""One device in memory and its single steps: real store, real MLS, chance without surprises, nothing done unasked.

A `Stage` is the device; an `Other` is anybody else, with keys that really sign, whose devices stand in our rooms as
rows only. Where several devices must hear one another, take `tests.rooms.world.World` instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import cast

import msgspec
import nullabona_mls as native
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nullabona.client.core.boxes import open_box
from nullabona.client.core.items import ItemBody, open_item
from nullabona.client.core.mlsport import Mls
from nullabona.client.core.records import Contact, ContactState, Device, Message, MessageState, OutboxItem
from nullabona.client.core.roominfo import DIRECT, GROUP, ROOM_INFO_EXTENSION, RoomInfo, encode_info
from nullabona.client.core.state import JOINED, RoomState
from nullabona.client.core.step import DAY_MS, Step, Timing
from nullabona.wire.address import Address
from nullabona.wire.card import Card, CardDevice, issue_certificate, sign_card, verify_card
from nullabona.wire.certificate import DeviceCertificate
from nullabona.wire.handle import parse_handle
from nullabona.wire.seal import Inbox, inbox_keypair, open_inbox_frame
from tests.rooms.world import RELAY, START, World

__all__ = ["RELAY", "START", "Chance", "Other", "Stage"]

DAY = START // DAY_MS
EVER = 1 << 61


@dataclass
class Chance:
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
        return verify_card(encoded, today=day, previous=previous)

    def opened(self, frame: bytes, place: bytes = b"") -> ItemBody:
        """What an item says that was sealed to their inbox, or to their key for the box ``place``."""
        address = Address(place or self.inbox.address)
        plain = open_inbox_frame(_bytes(f"{self.name} inbox"), address, frame)
        return open_item(address, plain[1:])[1]


def _bytes(name: str) -> bytes:
    return sha256(name.encode()).digest()


@dataclass
class Stage:
    """A device with its store. Time stands still unless a test sets ``now``."""

    name: str = "mina"
    timing: Timing = field(default_factory=Timing)
    now: int = START
    chance: Chance = field(default_factory=Chance)

    def __post_init__(self) -> None:
        self.world = World(1)
        self.person = self.world.person(self.name)
        self.store, self.mls, self.me = self.person.store, self.person.mls, self.person.me

    @contextmanager
    def step(self, now: int = 0, **about: object) -> Iterator[Step]:
        """One step as the engine makes it, but for what the engine looks after by itself."""
        with self.store.transaction():
            step = Step(self.store, self.mls, self.me, self.chance, self.timing, now or self.now, **about)  # type: ignore[arg-type]
            yield step
            step.save()
            self.mls.flush()
        self.mls.committed()

    @property
    def row(self) -> Device:
        """This device as the first member of a room."""
        keys = (self.me.signature_key, _bytes("our leaf"))
        return Device(b"", self.me.device, self.me.account, self.me.handle, 0, *keys, 0)

    def room(self, *others: Other, kind: str = GROUP, info: RoomInfo | None = None, **about: object) -> bytes:
        """A room in which we are and these are, at epoch 0; of a group we alone are admin. Returns its id.

        Our leaf is a real MLS group's; theirs are rows, by the leaves 1, 2 … ``about``: fields of `RoomState`.
        """
        id = self.chance.bytes(32)
        with self.step() as step:
            room = RoomState(id, info or self.info(*others, kind=kind), JOINED, [])
            step.add_room(room)
            open_box(room, step.mls.create(id, encode_info(room.info)))
            rows = [replace(self.row, room=id), *(other.row(id, leaf) for leaf, other in enumerate(others, 1))]
            step.store.put_devices(rows)
            for name, value in about.items():
                setattr(room, name, value)
        return id

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

    def message(self, room: bytes, id: bytes, *, by: Other | None = None, **about: object) -> Message:
        """A message of the room as it is stored; ours unless it is ``by`` somebody. ``about``: fields of `Message`."""
        whose = (self.me.account, self.me.device) if by is None else (by.account, by.device)
        state = MessageState.SENT if by is None else MessageState.RECEIVED
        message = Message(room, id, *whose, self.now, 1, 0, state, b"", b"", 0, b"")
        message = replace(message, **about)  # type: ignore[arg-type]
        with self.store.transaction():
            self.store.put_message(message)
        return message

    def outbox(self, kind: str = "") -> list[OutboxItem]:
        """What waits to be sent, due or not, in order; of one kind if it is named."""
        with self.store.transaction():
            return [item for item in self.store.outbox(EVER) if kind in {"", item.kind}]
