"""What people do in rooms: intents become commands of the core, now or as soon as the device is in the room."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from bench.leakage.device import Device
from bench.leakage.saying import photo, send_photo, words
from bench.leakage.society import Intent, Kind, Room, Society
from nullabona.client.core import commands, conversation
from nullabona.client.core.model.errors import BadRequest, LastAdmin, NoSuchRoom, NotAllowed, NotInRoom
from nullabona.client.core.model.records import UNPLACED
from nullabona.wire.card import Card
from tests.rooms.world import World

FIRST_S: Final = 2.0
EACH_S: Final = 3.0
"""What waited is done so soon after somebody came into a room, and one thing after another."""


Work = Callable[[], None]
Making = Callable[[], Coroutine[Any, Any, None]]


@dataclass(slots=True)
class Happened:
    """What the clients did and know, to compare with what was noted."""

    said: list[tuple[Intent, bytes]] = field(default_factory=list)
    """What was meant, and the message's id."""
    joined: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    """The accounts that were ever in each room of the society."""
    refused: list[Intent] = field(default_factory=list)
    boxes: dict[bytes, list[bytes]] = field(default_factory=dict)
    """The boxes of each room of the clients, in the order of epochs."""
    room_of: dict[bytes, bytes] = field(default_factory=dict)
    """The clients' room of each box and blob."""


class Everybody(Protocol):
    """Those whose acts they are: `Simulation` as it looks from here."""

    society: Society
    devices: dict[tuple[int, int], Device]
    room_ids: dict[int, bytes]
    waiting: defaultdict[tuple[int, int], list[Work]]
    happened: Happened
    world: World

    def to_the_end(self, device: Device, number: int, making: Making) -> None:
        """Run something that asks the network; if the device goes off meanwhile, again when it is back."""


class RoomActs:
    """The acts of everybody in `Simulation`."""

    def __init__(self, simulation: Everybody) -> None:
        self.unsaid: dict[tuple[int, int, int], list[Intent]] = {}
        """What waits until a device (account, number) is in a room."""
        self._simulation = simulation
        self._loop = asyncio.get_running_loop()

    def came_in(self, account: int, device: int, room: int) -> None:
        """The device is in the room: what waited for that is done."""
        for place, intent in enumerate(self.unsaid.pop((account, device, room), [])):
            self._loop.call_later(FIRST_S + EACH_S * place, self.act, intent)

    def act(self, intent: Intent) -> None:
        """Let it happen, now or as soon as it can."""
        device = self._simulation.devices[intent.account, intent.device]
        key = (intent.account, intent.device, intent.room)
        if not device.running:
            self._simulation.waiting[key[:2]].append(lambda: self.act(intent))
        elif intent.kind is Kind.CREATE:
            room = self._simulation.society.rooms[intent.room]
            making = self._ask if room.pair else self._create
            self._simulation.to_the_end(device, intent.device, lambda: making(device, room))
        elif key in self.unsaid:
            self.unsaid[key].append(intent)
        elif not self._try(device, intent) and intent.kind is not Kind.READ:
            self.unsaid[key] = [intent]

    def _try(self, device: Device, intent: Intent) -> bool:
        """False if the device is not in the room, or not yet."""
        room_id = self._simulation.room_ids.get(intent.room)
        if room_id is None:
            return False
        if intent.kind is Kind.ADD:
            self._simulation.to_the_end(device, intent.device, lambda: self._add(device, room_id, intent))
            return True
        try:
            self._do(device, room_id, intent)
        except (NoSuchRoom, NotInRoom):
            return False
        except (NotAllowed, BadRequest, LastAdmin):
            self._simulation.happened.refused.append(intent)
        return True

    def _do(self, device: Device, room_id: bytes, intent: Intent) -> None:
        account = intent.account
        with device.step(room_id) as step:
            if intent.kind is Kind.SAY:
                self._said(intent, conversation.send_text(step, room_id, words(intent.size)))
            elif intent.kind is Kind.FILE:
                data = photo(intent.size, device.seat.account)
                self._said(intent, send_photo(step, room_id, data))
            elif intent.kind is Kind.READ:
                last = step.store.last_spoken(room_id, UNPLACED - 1)
                if last is not None:
                    commands.mark_read(step, room_id, last.id)
            elif intent.kind is Kind.REMOVE:
                commands.remove_account(step, room_id, self._simulation.devices[intent.other, 0].person.account)
            elif intent.kind is Kind.LEAVE:
                commands.leave(step, room_id)
            else:
                raise TypeError(f"{account} cannot {intent.kind.name} in a room")

    def _said(self, intent: Intent, message: bytes) -> None:
        self._simulation.happened.said.append((intent, message))

    async def _ask(self, device: Device, room: Room) -> None:
        """A room for two: ask the other to talk; they open the room."""
        card = await self._card(device, room.founders[0])
        with device.step() as step:
            commands.request_contact(step, card, device.person.card.encoded, "")

    async def _create(self, device: Device, room: Room) -> None:
        cards = [await self._card(device, member) for member in room.founders]
        with device.step() as step:
            room_id = commands.create_group(step, f"room {room.number}")
            self._simulation.room_ids[room.number] = room_id
            for card in cards:
                commands.add_account(step, room_id, card)

    async def _add(self, device: Device, room_id: bytes, intent: Intent) -> None:
        card = await self._card(device, intent.other)
        with suppress(BadRequest, NotAllowed, NotInRoom), device.step(room_id) as step:
            commands.add_account(step, room_id, card)

    async def _card(self, device: Device, account: int) -> Card:
        handle = self._simulation.devices[account, 0].person.me.handle
        await device.directories.look_up(handle)
        return self._simulation.world.cards[handle]
