"""Whatever is chosen about contacts on two devices, and in whichever order they hear of it, they come to agree; and who
was blocked last is blocked.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress

import pytest

from nullabona.client.core import commands
from nullabona.client.core.account import own_devices
from nullabona.client.core.contacts import requests, trust
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import profiles
from nullabona.errors import NullabonaError
from tests.rooms.test_devices import pair_of_devices
from tests.rooms.world import Person, World

CHOICES: dict[str, Callable[[Step, Person, Person], object]] = {
    "ask": lambda step, me, other: commands.request_contact(step, other.card, me.card.encoded, "hello"),
    "accept": lambda step, _, other: commands.accept_contact(step, other.account),
    "decline": lambda step, _, other: commands.decline_contact(step, other.account),
    "block": lambda step, _, other: commands.block_contact(step, other.account),
    "unblock": lambda step, _, other: trust.unblock(step, requests.need_contact(step, other.account)),
    "forget": lambda step, _, other: trust.forget(step, requests.need_contact(step, other.account)),
    "call": lambda step, me, other: requests.rename_contact(
        step, requests.need_contact(step, other.account), f"of {me.name}"
    ),
}
HAPPENS = ["they ask", "they are called", "goes", "comes back", "time", "time", "not what the other says"]


def known(person: Person, other: Person) -> ContactState | None:
    with person.store.transaction():
        contact = person.store.contact(other.account)
    return None if contact is None else contact.state


def happens(world: World, what: str, me: Person, other: Person, dice: random.Random) -> None:
    if what == "they ask":
        with other.engine.step(world.now) as step:
            commands.request_contact(step, me.card, other.card.encoded, "hi")
    elif what == "they are called":
        with other.engine.step(world.now) as step:
            profiles.set_own(step, f"name {world.now}", b"")
    elif what == "not what the other says":
        with me.store.transaction():
            shared = own_devices.room_id(me.store)
        for room, want in world.reads(me):
            if room != shared:
                world.read(me, room, want)
    elif what == "time":
        world.settle(span=dice.choice([1_000, 60_000]))
    else:
        me.online = what == "comes back"


@pytest.mark.parametrize("seed", [*range(20), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(20, 80))])
def test_two_devices_come_to_agree(seed: int) -> None:
    dice = random.Random(seed)
    world, laptop, desk, jun, _ = pair_of_devices(seed)
    others = [jun, world.person("sora")]
    last: dict[str, str] = {}
    for _ in range(20):
        what, me, other = dice.choice([*CHOICES, *HAPPENS]), dice.choice([laptop, desk]), dice.choice(others)
        if what in CHOICES:
            with suppress(NullabonaError):
                with me.engine.step(world.now) as step:
                    CHOICES[what](step, me, other)
                last |= {other.name: what} if what != "call" else {}
        else:
            with suppress(NullabonaError):
                happens(world, what, me, other, dice)
        world.pass_time(dice.choice([10, 1_000, 5_000]))
    laptop.online = desk.online = True
    world.settle(span=7_200_000)
    for other in others:
        assert known(laptop, other) == known(desk, other), other.name
        if last.get(other.name) == "block":
            assert known(laptop, other) is ContactState.BLOCKED, other.name
