"""All rooms of a population, one after another: rooms know nothing of one another, so each is played by itself."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import partial

from bench.leakage.intents import Intent, Kind, Room
from bench.scale.device import Device
from bench.scale.ledger import HOUR_S, Ledger
from bench.scale.people import Population, by_room
from bench.scale.room import RoomLife

SOON_S = 2.0
"""Within this time a device tells the account's others how far the person has read (`devices.sync_out`)."""
_DEVICES = 2
"""Most that an account has; a device's number is the account's times this, and its place."""


def simulate(population: Population, kept_days: int, *, trims: bool = True) -> tuple[Ledger, Ledger]:
    """What rooms need, and what the rooms of accounts' own devices need, at a relay that keeps frames so long."""
    talked, own = Ledger(population.hours), Ledger(population.hours)
    happens = by_room(population.society)
    for room in population.society.rooms:
        talked.add(live(population, room, happens.get(room.number, ()), kept_days, trims=trims).ledger)
    for account in population.society.accounts:
        if account.devices > 1:
            own.add(live_devices(population, account.number, kept_days, trims=trims).ledger)
    return talked, own


def live(
    population: Population, room: Room, happens: Sequence[Intent], kept_days: int, *, trims: bool = True
) -> RoomLife:
    """One room, to the end."""
    dice = random.Random(f"room {population.society.seed} {room.number} {kept_days}")
    accounts = {room.creator, *room.founders}
    joined = [intent.other for intent in happens if intent.kind is Kind.ADD]
    devices = _devices(population, accounts.union(joined))
    life = RoomLife(devices.values(), Ledger(population.hours), dice, kept_days, trims=trims)
    _presence(population, life, devices)
    founders = [device for number, device in devices.items() if device.account in accounts]
    late = [device for device in founders if _linked(population, device.number) > room.created]
    early = [device for device in founders if device not in late]
    life.at(room.created, lambda t: life.begin(t, early, room.creator))
    for device in late:
        life.at(_linked(population, device.number) + SOON_S, partial(life.join, device=device))
    for intent in happens:
        _act(population, life, devices, intent)
    life.run(population.hours * HOUR_S)
    return life


def live_devices(population: Population, account: int, kept_days: int, *, trims: bool = True) -> RoomLife:
    """The room that the devices of one account share: they tell one another how far the person has read."""
    dice = random.Random(f"own {population.society.seed} {account} {kept_days}")
    devices = _devices(population, {account})
    life = RoomLife(devices.values(), Ledger(population.hours), dice, kept_days, trims=trims)
    _presence(population, life, devices)
    begin = max(_linked(population, number) for number in devices)
    life.at(begin + SOON_S, lambda t: life.begin(t, list(devices.values()), account))
    pending: dict[int, float] = {}
    for intent in population.society.intents:
        number = account * _DEVICES + intent.device
        if intent.account == account and intent.kind is Kind.READ and pending.get(number, 0.0) <= intent.t > begin:
            pending[number] = intent.t + dice.uniform(0.0, SOON_S)
            life.at(pending[number], partial(life.note, number=number))
    life.run(population.hours * HOUR_S)
    return life


def _act(population: Population, life: RoomLife, devices: dict[int, Device], intent: Intent) -> None:
    number = intent.account * _DEVICES + intent.device
    match intent.kind:
        case Kind.SAY | Kind.FILE:
            life.at(intent.t, partial(life.say, number=number))
        case Kind.READ:
            life.at(intent.t, partial(life.look, number=number))
        case Kind.ADD:
            for device in devices.values():
                if device.account == intent.other:
                    due = max(intent.t, _linked(population, device.number) + SOON_S)
                    life.at(due, partial(life.join, device=device))
        case Kind.LEAVE:
            life.at(intent.t, partial(life.leave, account=intent.account))
        case Kind.REMOVE:
            life.at(intent.t, partial(life.leave, account=intent.other))
        case _:
            pass


def _devices(population: Population, accounts: set[int]) -> dict[int, Device]:
    numbers = [(account, device) for account, device in population.online if account in accounts]
    return {a * _DEVICES + d: Device(a * _DEVICES + d, a) for a, d in sorted(numbers)}


def _presence(population: Population, life: RoomLife, devices: dict[int, Device]) -> None:
    for number in devices:
        for begin, end in population.online[divmod(number, _DEVICES)]:
            life.at(begin, partial(life.come, number=number))
            life.at(end, partial(life.go, number=number))


def _linked(population: Population, number: int) -> float:
    spans = population.online[divmod(number, _DEVICES)]
    return spans[0][0] if spans else 0.0
