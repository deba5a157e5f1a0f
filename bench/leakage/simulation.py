"""The people of a society with their devices in the simulation: intents become what a person does in the app.

Whatever a person cannot do yet (a room they have not come into, a device that is off) waits and is done as soon as they
can. What the society does not say is decided here: how soon somebody answers a request or an invitation.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from nullabona_mls import SUITE_PQ

from bench.leakage.cover import Cover
from bench.leakage.defences import Defences
from bench.leakage.device import Device, LivedEngine
from bench.leakage.lines import Seat
from bench.leakage.machine import Machine
from bench.leakage.room_acts import Happened, Making, RoomActs, Work
from bench.leakage.society import Intent, Kind, Society
from nullabona.client.core import commands, files
from nullabona.client.core.delivery import reply_boxes
from nullabona.client.core.model.change_set import ChangeSet
from nullabona.client.core.model.errors import BadRequest, NoSuchContact, NoSuchRoom
from nullabona.client.core.model.facts.messages import PassingFact, Transfer
from nullabona.client.core.model.facts.people import ContactRequested
from nullabona.client.core.model.facts.union import logged_fact
from nullabona.client.core.model.records import FileState, LoggedEvent
from nullabona.client.core.model.room_info import DIRECT
from nullabona.client.core.step import Step, Timing
from nullabona.errors import PeerError
from tests.rooms.devices import another_device
from tests.rooms.world import Person, World

START_MS: Final = 1_789_916_400_000
"""A Monday, 00:00 in Seoul."""
ANSWERS_S: Final = (4.0, 60.0)
"""A person who is online answers a request or an invitation within this time. An assumption."""
FORGET_S: Final = 30.0
"""The bytes of a file are forgotten some time after it has come: nobody looks at them here, and memory is short."""


class Chance:
    """Seeded chance of one device. Implements `nullabona.client.core.step.Randomness`."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)
        self.bytes = self._random.randbytes
        self.between = self._random.randint
        self.fraction = self._random.random


class Simulation:
    """Everybody. Made on the simulation's loop."""

    def __init__(self, society: Society, defences: Defences, machine: Machine, suite: int = SUITE_PQ) -> None:
        self.society = society
        self.machine = machine
        self.happened = Happened()
        self.devices: dict[tuple[int, int], Device] = {}
        self.room_ids: dict[int, bytes] = {}
        self.waiting: defaultdict[tuple[int, int], list[Work]] = defaultdict(list)
        self.rooms = RoomActs(self)
        self.world = World(society.seed, suite=suite, timing=_timing(defences))
        self._defences = defences
        self._loop = asyncio.get_running_loop()
        self._dice = random.Random(f"town {society.seed}")
        self._pairs = {frozenset((room.creator, *room.founders)): room.number for room in society.rooms if room.pair}
        self._numbers: dict[bytes, int] = {}
        self._handles: dict[str, int] = {}
        self._merged: dict[bytes, bytes] = {}
        if not defences.epoch_addresses:
            machine.tap.merged = self._merged
        self.cover = Cover(society.seed, max(20, len(society.rooms)), defences.cover_reads, machine.tap)

    def act(self, intent: Intent) -> None:
        """Let it happen, now or as soon as it can."""
        if intent.kind is Kind.ARRIVE:
            self._arrive(intent)
        elif intent.kind is Kind.LINK:
            self._link(intent)
        elif intent.kind is Kind.ONLINE:
            self._come_online(intent)
        elif intent.kind is Kind.OFFLINE:
            self._go_offline(intent)
        elif intent.kind is Kind.MOVE:
            self.cover.end(self.devices[intent.account, intent.device].seat)
            self.devices[intent.account, intent.device].move(intent.address)
        else:
            self.rooms.act(intent)

    # -- devices

    def _arrive(self, intent: Intent) -> None:
        self._now()
        person = self.world.person(f"p{intent.account:05}")
        self._numbers[person.account] = intent.account
        self._handles[person.me.handle] = intent.account
        box = person.card.inbox
        self.happened.room_of[bytes(box.address)] = b""
        self._settle_in(person, intent)

    def _link(self, intent: Intent) -> None:
        self._now()
        first = self.devices[intent.account, 0]
        person = another_device(self.world, first.person, f"p{intent.account:05} again")
        first.happened(ChangeSet(frozenset(first.engine.rooms())))
        self._settle_in(person, intent)

    def _settle_in(self, person: Person, intent: Intent) -> None:
        name = f"{self.society.seed} {intent.account} {intent.device}"
        chance = Chance(name)
        engine = LivedEngine(person.store, person.mls, person.me, chance, self.world.timing)
        person.engine = engine
        engine.on_box, engine.on_blob = self._note_box, self._note_blob
        if not self._defences.wakes:
            engine.on_wake_token = self.machine.waited_at.__setitem__
        dice = random.Random(f"seat {name}")
        delay, phase = dice.uniform(0.005, 0.04), dice.random()
        seat = Seat(self.machine, self._defences, intent.account, delay, phase, random.Random(dice.random()))
        device = Device(
            person,
            engine,
            seat,
            start_ms=START_MS,
            rng=chance.fraction,
            account_of=self._handles.__getitem__,
        )
        device.on_event = lambda device, event: self._heard(device, intent.device, event)
        device.on_rooms_connected = lambda: self.cover.begin(seat, intent.device)
        engine.on_passing = lambda fact: self._passed(device, fact)
        self.devices[intent.account, intent.device] = device

    def _come_online(self, intent: Intent) -> None:
        device = self.devices[intent.account, intent.device]
        device.start(intent.address)
        for work in self.waiting.pop((intent.account, intent.device), []):
            self._loop.call_later(self._dice.uniform(*ANSWERS_S), self._when_on, device, intent.device, work)

    def _go_offline(self, intent: Intent) -> None:
        device = self.devices[intent.account, intent.device]
        self.cover.end(device.seat)
        device.stop()

    def _when_on(self, device: Device, number: int, work: Work) -> None:
        if device.running:
            work()
        else:
            self.waiting[device.seat.account, number].append(work)

    def to_the_end(self, device: Device, number: int, making: Making) -> None:
        """Run something that asks the network; if the device goes off meanwhile, again when it is back."""

        async def run() -> None:
            try:
                await making()
            except (asyncio.CancelledError, PeerError):
                self.waiting[device.seat.account, number].append(lambda: self.to_the_end(device, number, making))
                raise

        async def quietly() -> None:
            with suppress(PeerError):
                await run()

        device.spawn(quietly())

    # -- what devices tell

    def _heard(self, device: Device, number: int, event: LoggedEvent) -> None:
        if event.kind == "contact-request":
            account = _account_of(event)
            self._answer(device, number, lambda step: self._accept(step, account))
        elif event.kind == "room-request":
            self._answer(device, number, lambda step: commands.accept_request(step, event.room))
        elif event.kind in {"joined", "rejoined"}:
            self._came_in(device, number, event.room)

    def _accept(self, step: Step, account: bytes) -> None:
        if not self._defences.reply_boxes:
            reply_boxes.note(step, account, b"")
        commands.accept_contact(step, account)

    def _answer(self, device: Device, number: int, say_yes: Callable[[Any], object]) -> None:
        def work() -> None:
            with suppress(BadRequest, NoSuchContact, NoSuchRoom), device.step() as step:
                say_yes(step)

        self._loop.call_later(self._dice.uniform(*ANSWERS_S), self._when_on, device, number, work)

    def _came_in(self, device: Device, number: int, room_id: bytes) -> None:
        with device.engine.step(device.now()) as step:
            info = step.room(room_id).info
        if info.kind == DIRECT:
            pair = frozenset(self._numbers[account] for account in info.pair)
            self.room_ids.setdefault(self._pairs[pair], room_id)
        room = next((room for room, id in self.room_ids.items() if id == room_id), None)
        if room is None:
            return
        account = device.seat.account
        self.happened.joined[room].add(account)
        self.rooms.came_in(account, number, room)

    def _passed(self, device: Device, fact: PassingFact) -> None:
        if isinstance(fact, Transfer) and fact.state is FileState.HERE:
            self._loop.call_later(FORGET_S, _forget, device, fact)

    def _note_box(self, room: bytes, address: bytes) -> None:
        if address not in self.happened.room_of:
            boxes = self.happened.boxes.setdefault(room, [])
            boxes.append(address)
            self.happened.room_of[address] = room
            self._merged[address] = boxes[0]

    def _note_blob(self, room: bytes, digest: bytes) -> None:
        self.happened.room_of.setdefault(digest, room)

    def _now(self) -> None:
        self.world.now = START_MS + int(self._loop.time() * 1_000)


def _account_of(event: LoggedEvent) -> bytes:
    fact = logged_fact(event)
    assert isinstance(fact, ContactRequested)
    return fact.account


def _timing(defences: Defences) -> Timing:
    return Timing() if defences.receipt_delay else Timing(receipt=0, receipt_unread=0, reply=0)


def _forget(device: Device, moved: Transfer) -> None:
    with device.engine.step(device.now()) as step:
        files.forget_file(step, moved.room, moved.message)
