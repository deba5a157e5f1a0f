"""A small world in one process: devices with the real core, the real store and real MLS, a model relay and one clock.

Everything that can happen is a method here, and chance comes from one seed, so that a schedule can be played again.
The model relay keeps the contract of the real one (tests/rooms/test_model_relay.py runs both).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nullabona_mls import SUITE_CLASSIC

from nullabona.client.core import commands, conversation
from nullabona.client.core.account import own_devices
from nullabona.client.core.devices import inbox_state
from nullabona.client.core.engine import Engine
from nullabona.client.core.model.errors import NoSuchRoom
from nullabona.client.core.model.outbox_targets import (
    InboxFrame,
    Queue,
    queue_of,
)
from nullabona.client.core.model.records import Message, OutboxItem
from nullabona.client.core.model.requests import INBOX, AfterScout, AppendOrder, ReadFor, ReadRequest, Scout
from nullabona.client.core.model.room_info import RoomInfo
from nullabona.client.core.model.state import RoomState, decode_state
from nullabona.client.core.step import LocalDevice, Timing
from nullabona.client.mls import Mls
from nullabona.client.store import SqliteStore
from nullabona.wire.card import Card, CardDevice, issue_certificate, sign_card, verify_card
from nullabona.wire.handle import parse_handle
from nullabona.wire.messages import Appended, Done, Refusal
from nullabona.wire.seal import Inbox, inbox_keypair
from tests.rooms.handing import handed
from tests.rooms.idle import Rest, Wanted, count_steps, is_as_before, rest_of, still_rests, wake_of, wanted_by
from tests.rooms.looked import looked
from tests.rooms.model_relay import Dice, ModelRelay

START = 1_790_000_000_000
RELAY = "wss://one.example:443/v1"
"""The relay of everybody who has not moved."""


@dataclass
class Person:
    """An account with one device, which may crash, be offline, and be shown a history of its own."""

    name: str
    world: World
    identity: Ed25519PrivateKey
    seed: bytes
    store: SqliteStore
    me: LocalDevice
    certificate: bytes
    card: Card
    online: bool = True
    relay: ModelRelay | None = None
    """What this person is shown instead of the relay at `RELAY`, if that lies."""
    mls: Mls = field(init=False)
    engine: Engine = field(init=False)
    shown: list[tuple[bytes, bytes]] = field(default_factory=list)
    """(room, message id) in the order listeners were told."""
    told: int = 0
    reached: dict[str, bool] = field(default_factory=dict)
    """What this run of the device was told of relays: whether they are there."""
    rest: Rest | None = None
    wanted: Wanted | None = None
    inbox_read: dict[str, object] = field(default_factory=dict)
    """What the last read of the inbox at a relay found."""

    def boot(self) -> None:
        self.reached, self.inbox_read = {}, {}
        self.me = replace(self.me, relay=self.relay_named())
        self.mls = Mls(self.store, self.seed, self.certificate, suite=self.world.suite)
        self.engine = Engine(self.store, self.mls, self.me, self.world.dice, self.world.timing)
        count_steps(self.engine)

    def relay_named(self) -> str:
        """The relay that the account's newest card names, as far as this device knows it."""
        with self.store.transaction():
            known = own_devices.card(self.store)
        return self.card.inbox.relay if known is None else known.inbox.relay

    def crash(self) -> None:
        """Lose everything that is not in the store."""
        self.mls.abandon()
        self.boot()

    @property
    def account(self) -> bytes:
        return self.me.account

    def texts(self, room: bytes) -> list[str]:
        """The texts of a room in order."""
        return [text_of(message) for message in self.messages(room)]

    def messages(self, room: bytes) -> list[Message]:
        """What people said, without what devices note down themselves."""
        return [message for message in self.lines(room) if message.kind != "notice"]

    def lines(self, room: bytes) -> list[Message]:
        with self.store.transaction():
            return self.store.messages(room, limit=10_000)

    def look(self, room: bytes) -> RoomState | None:
        """What the device knows of a room. To look is no step: a device that rests goes on resting."""
        with self.store.reading():
            data = self.store.load_room(room)
        return decode_state(data) if data is not None else None

    def _room(self, room: bytes) -> RoomState:
        found = self.look(room)
        if found is None:
            raise NoSuchRoom("this profile has no such room")
        return found

    def info(self, room: bytes) -> RoomInfo:
        return self._room(room).info

    def phase(self, room: bytes) -> str:
        found = self.look(room)
        return found.phase if found is not None else "none"

    def epoch(self, room: bytes) -> int:
        return self._room(room).epoch

    def where(self, room: bytes) -> bytes:
        """The address of the room's current box: equal for all who are in the same epoch of the same branch."""
        return bytes(self._room(room).current.keys.box.address)

    def members(self, room: bytes) -> set[bytes]:
        with self.store.transaction():
            return {device.account for device in self.store.devices(room)}

    def send(self, room: bytes, text: str) -> bytes:
        with self.engine.step(self.world.now, room) as step:
            return conversation.send_text(step, room, text)

    def events(self) -> list[tuple[str, bytes, dict[str, object]]]:
        with self.store.transaction():
            rows = self.store.events(0, 100_000)
        return [(row.kind, row.room, fields_of(row.data)) for row in rows]


def fields_of(fact: bytes) -> dict[str, Any]:
    """The fields of a fact in the log, but for those that are columns too."""
    return {name: value for name, value in msgspec.msgpack.decode(fact).items() if name not in {"kind", "room"}}


def text_of(message: Message) -> str:
    from nullabona.client.core.model.content import Text, decode_body

    body = decode_body(message.body)
    return body.text if isinstance(body, Text) else ""


class World:
    """Everybody, the relays and the time."""

    def __init__(self, seed: int = 0, *, suite: int = SUITE_CLASSIC, timing: Timing | None = None) -> None:
        self.dice = Dice(seed)
        self.suite = suite
        self.timing = timing or Timing(claim=30_000)
        self.now = START
        self.relays = {RELAY: ModelRelay(self.dice)}
        self.dead: set[str] = set()
        """Relays that nobody reaches, now or ever."""
        self.people: list[Person] = []
        self.cards: dict[str, Card] = {}

    @property
    def relay(self) -> ModelRelay:
        """What is found at `RELAY`."""
        return self.relays[RELAY]

    @relay.setter
    def relay(self, relay: ModelRelay) -> None:
        self.relays[RELAY] = relay

    # -- people ---------------------------------------------------------------------------------------------------

    def person(self, name: str, *, host: str = "relay.example") -> Person:
        identity = Ed25519PrivateKey.from_private_bytes(self.dice.bytes(32))
        seed = self.dice.bytes(32)
        device_key = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
        handle = parse_handle(f"{name}@{host}")
        device_id = self.dice.bytes(16)
        day = self.now // 86_400_000
        certificate = issue_certificate(
            identity, handle=handle, device_id=device_id, device_key=device_key, issued_day=day
        )
        store = SqliteStore.testing_in_memory()
        box = inbox_state.InboxState(self.dice.bytes(32), self.dice.bytes(32), self.dice.bytes(32), RELAY)
        public = Inbox(sha256(box.read_secret).digest(), box.write_secret, inbox_keypair(box.seed).public, RELAY)
        mls = Mls(store, seed, certificate.encode(), suite=self.suite)
        with store.transaction():
            package = mls.key_package()
            store.set_value("inbox", msgspec.msgpack.encode(box))
        encoded = sign_card(
            identity, handle=handle, issued_day=day, devices=(CardDevice(certificate, package),), inbox=public
        )
        card = verify_card(encoded, today=day)
        me = LocalDevice(card.account_id, device_id, str(handle), device_key, RELAY)
        person = Person(name, self, identity, seed, store, me, certificate.encode(), card)
        with store.transaction():
            own_devices.note_card(store, card.encoded)
        person.boot()
        self.people.append(person)
        self.cards[str(handle)] = card
        return person

    def befriend(self, a: Person, b: Person) -> None:
        """Make two people accepted contacts, without the exchange of requests."""
        from nullabona.client.core.model.records import Contact, ContactState

        for me, you in ((a, b), (b, a)):
            with me.engine.step(self.now) as step:
                step.store.put_contact(
                    Contact(
                        you.account,
                        you.me.handle,
                        "",
                        ContactState.ACCEPTED,
                        b"",
                        "",
                        you.card.encoded,
                        tuple(device.key_package for device in you.card.devices),
                    )
                )

    def group(self, creator: Person, *others: Person, name: str = "family") -> bytes:
        """A settled group of friends."""
        for other in others:
            self.befriend(creator, other)
        with creator.engine.step(self.now) as step:
            room = commands.create_group(step, name)
            for other in others:
                commands.add_account(step, room, other.card)
        self.settle()
        return room

    # -- single happenings ----------------------------------------------------------------------------------------

    def relay_of(self, person: Person, url: str = RELAY) -> ModelRelay | None:
        """What this person finds at an address; None: nothing answers."""
        if url in self.dead:
            return None
        if url == RELAY and person.relay is not None:
            return person.relay
        return self.relay_at(url)

    def relay_at(self, url: str) -> ModelRelay:
        """The relay that serves an address, whoever asks; it is there from the first time on."""
        found = self.relays.get(url)
        if found is None:
            found = self.relays[url] = ModelRelay(self.dice)
        return found

    def tell_ways(self, person: Person) -> None:
        """Which relays the device can reach, as far as that has changed."""
        now = {url: url not in self.dead for url in sorted({*self.relays, *self.dead})}
        for url, there in now.items():
            if person.reached.get(url) is not there:
                person.engine.on_way(url, self.now, connected=there)
        person.reached = now

    def reads(self, person: Person) -> list[tuple[ReadFor, ReadRequest]]:
        return wanted_by(person, self._wants)

    def _wants(self, person: Person) -> list[tuple[ReadFor, ReadRequest]]:
        wants: list[tuple[ReadFor, ReadRequest]] = []
        for of in person.engine.read_for():
            wants += [(of, want) for want in person.engine.reads(of)]
            if of is INBOX:
                wants += [(INBOX, want) for want in person.engine.former_inboxes()]
        return wants

    def read(self, person: Person, of: ReadFor, want: ReadRequest, limit: int = 1_000) -> bool:
        """One read; True if it brought anything the device did not know."""
        relay = self.relay_of(person, want.relay)
        if relay is None:
            return False
        answer = relay.read(want.address, want.after, limit, inbox=of is INBOX)
        if of is INBOX and is_as_before(person, want, answer):
            return False
        person.engine.on_frames(of, want.address, want.after, answer, self.now, want.relay)
        return bool(answer.frames)

    def scout(self, person: Person, scout: Scout) -> None:
        """One look at a box at another relay, to its end, and what the device leaves there."""
        relay = self.relay_of(person, scout.relay)
        following: AfterScout = scout
        while relay is not None and isinstance(following, Scout):
            answer = relay.read(following.address, following.after)
            _, following = person.engine.on_scouted(following, answer, self.now)
            if isinstance(following, AppendOrder):
                relay.append(scout.address, following.frame)

    def queues(self, person: Person) -> list[OutboxItem]:
        """The first item of each queue that is due."""
        first: dict[Queue, OutboxItem] = {}
        for item in person.engine.due(self.now):
            first.setdefault(queue_of(item.target), item)
        return [
            item for item in first.values() if isinstance(item.target, InboxFrame) or item.target.relay not in self.dead
        ]

    def deliver(self, person: Person, item: OutboxItem) -> Appended | Done | Refusal | None:
        """What the relay does with an outbox item; None: it does not answer."""
        relay = self.relay_of(person, item.target.relay)
        return None if relay is None else handed(relay, person.store, item)

    def post(self, person: Person, item: OutboxItem, *, lose_request: bool = False, lose_answer: bool = False) -> None:
        if lose_request:
            person.engine.on_unsent(item, self.now)
            return
        answer = self.deliver(person, item)
        if answer is None or lose_answer:
            person.engine.on_unsent(item, self.now)
        else:
            person.engine.on_sent(item, answer, self.now)

    def fetch(self, person: Person) -> bool:
        """Chunks and cards that are wanted now."""
        wanted = [want for want in person.engine.chunk_requests(self.now) if want.relay not in self.dead]
        for want in wanted:
            relay = self.relay_of(person, want.relay)
            if relay is not None:
                person.engine.on_chunk(want.digest, relay.get_blob(want.digest), self.now)
        handles = person.engine.lookups(self.now)
        for handle in handles:
            card = self.cards.get(handle)
            person.engine.on_card(looked(handle, card.encoded if card else None, self.now), self.now)
        return bool(wanted or handles)

    # -- letting it run -------------------------------------------------------------------------------------------

    def turn(self, person: Person) -> bool:
        """Everything one online device can do right now; True if anything was done, or it has more to do."""
        if not person.online or (person.rest is not None and still_rests(self, person, person.rest)):
            return False
        person.rest = None
        busy = self._turn(person)
        if not busy:
            person.rest = rest_of(self, person)
        return busy

    def _turn(self, person: Person) -> bool:
        busy = False
        self.tell_ways(person)
        for scout in person.engine.take_scouts():
            busy = True
            self.scout(person, scout)
        for room, want in self.reads(person):
            busy |= self.read(person, room, want)
        while items := self.queues(person):
            busy = True
            for item in items:
                self.post(person, item)
        busy |= self.fetch(person)
        person.engine.tick(self.now)
        wake = person.engine.wake_at()
        return busy or (wake is not None and wake <= self.now)

    def quiet(self) -> None:
        """Let everybody work until nothing is left to do at this moment."""
        for _ in range(200):
            if not sum(self.turn(person) for person in self.people):
                return
        raise AssertionError("the world does not come to rest")

    def settle(self, span: int = 3_600_000, most: int = 400) -> None:
        """Let time pass, from wake-up to wake-up, for at least ``span`` ms."""
        until = self.now + span
        for _ in range(most):
            self.quiet()
            wakes = [wake_of(person) for person in self.people if person.online]
            later = [wake for wake in wakes if wake is not None]
            if self.now >= until or not later:
                return
            self.now = min(*later, until)
        raise AssertionError("so many wake-ups, and the time is not over")

    def pass_time(self, ms: int) -> None:
        self.now += ms
