"""How many have not read: on every device, after random reading by random people and devices, the number is true.

Two numbers are compared with what really happened: how many messages wait for the person (the badge of a row of the
chat list), and how many people have not read a message (the number beside it, on the sender's side and everybody
else's). Nobody learns of reading that a person keeps to themselves.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from nullabona.client.api.rooms import summary_of
from nullabona.client.api.showing import look_at, show
from nullabona.client.core import commands, conversation, preferences
from nullabona.client.core.model.state import JOINED
from tests.rooms.devices import another_device, remove_device
from tests.rooms.world import Person, World

SEEDS = [*range(6), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(6, 16))]


@dataclass
class Said:
    """A message, and the accounts that had come into the room by then."""

    id: bytes
    sender: bytes
    audience: frozenset[bytes]


@dataclass
class Truth:
    """What happened in one group, whatever the devices say of it."""

    said: list[Said] = field(default_factory=list)
    """In the order of the room."""
    read: dict[bytes, int] = field(default_factory=dict)
    """How many messages of the room each account has read."""
    told: dict[bytes, int] = field(default_factory=dict)
    """The same, as far as the account lets others know."""
    members: set[bytes] = field(default_factory=set)
    came: set[bytes] = field(default_factory=set)
    """Everybody who ever was a member."""
    back: dict[bytes, int] = field(default_factory=dict)
    """How much had been said when an account came back."""

    def badge(self, account: bytes) -> int:
        unread = self.said[self.read.get(account, 0) :]
        return sum(account in one.audience and one.sender != account for one in unread)

    def number(self, place: int, viewer: bytes) -> int:
        one = self.said[place]
        waiting = (one.audience & self.members) - {one.sender}
        return sum((self.read if account == viewer else self.told).get(account, 0) <= place for account in waiting)


class Life:
    """One random history of a group: people with one or two devices read, write, come, go and change their settings."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.world = World(seed)
        self.people = [self.world.person(f"p{number}") for number in range(4)]
        self.room = self.world.group(*self.people[:3])
        first = {person.account for person in self.people[:3]}
        self.truth = Truth(members=set(first), came=first)
        for person in self.people:
            self.world.befriend(self.people[0], person) if person is not self.people[0] else None
        self.quiet: set[bytes] = set()

    def devices(self) -> list[Person]:
        """Those that are in the room."""
        return [one for one in self.world.people if one.online and one.phase(self.room) == JOINED]

    def act(self) -> None:
        action = self.rng.choices(
            (self.write, self.look, self.receipts, self.add, self.remove, self.link, self.revoke, self.hide),
            (8, 8, 2, 2, 2, 3, 3, 3),
        )[0]
        action(self.rng.choice(self.devices()))
        self.world.settle(60_000)

    def write(self, person: Person) -> None:
        id = person.send(self.room, f"line {len(self.truth.said)}")
        self.truth.said.append(Said(id, person.account, frozenset(self.truth.came)))

    def look(self, person: Person) -> None:
        """The person reads up to some message that this device shows."""
        here = {message.id for message in person.messages(self.room)}
        shown = [place for place, one in enumerate(self.truth.said) if one.id in here]
        if not shown:
            return
        place = self.rng.choice(shown)
        with person.engine.step(self.world.now) as step:
            commands.mark_read(step, self.room, self.truth.said[place].id)
        account = person.account
        if self.truth.read.get(account, 0) <= place:
            self.truth.read[account] = place + 1
            if account not in self.quiet:
                self.truth.told[account] = place + 1

    def receipts(self, person: Person) -> None:
        """Turned off: what others know stays. Turned on: what was read meanwhile is told with what is read next."""
        on = person.account in self.quiet
        with person.engine.step(self.world.now) as step:
            preferences.change(step, preferences.PROFILE, preferences.Preferences, {"receipts": on})
        (self.quiet.discard if on else self.quiet.add)(person.account)

    def add(self, person: Person) -> None:
        absent = [one for one in self.people if one.account not in self.truth.members]
        if len(self.world.people) > len(self.people):
            # here linked devices get no history, so they do not know who was in the room before them
            absent = [one for one in absent if one.account not in self.truth.came]
        if absent and person.account == self.people[0].account:
            new = absent[0]
            with person.engine.step(self.world.now) as step:
                commands.add_account(step, self.room, self.world.cards[new.me.handle])
            if new.account in self.truth.came:
                self.truth.back[new.account] = len(self.truth.said)
            self.truth.members.add(new.account)
            self.truth.came.add(new.account)

    def remove(self, person: Person) -> None:
        here = [one for one in self.people[1:] if one.account in self.truth.members]
        if len(here) > 1 and person.account == self.people[0].account:
            out = self.rng.choice(here)
            with person.engine.step(self.world.now) as step:
                commands.remove_account(step, self.room, out.account)
            self.truth.members.discard(out.account)

    def link(self, person: Person) -> None:
        own = [one for one in self.world.people if one.account == person.account and one.online]
        if len(own) == 1:
            another_device(self.world, person, f"{person.name}-2")

    def revoke(self, person: Person) -> None:
        """A second device removes the first: the account stays in the room and has read what it had read."""
        own = [one for one in self.devices() if one.account == person.account]
        if len(own) == 2:
            remove_device(self.world, own[1], own[0])

    def hide(self, person: Person) -> None:
        """Delete a message here only: what others see does not change."""
        shown = [message for message in person.messages(self.room) if message.kind == "text"]
        if shown:
            with person.engine.step(self.world.now) as step:
                conversation.delete(step, self.room, self.rng.choice(shown).id, for_all=False)

    def check(self) -> None:
        for device in self.devices():
            self._check(device)

    def _check(self, device: Person) -> None:
        with device.engine.step(self.world.now) as step:
            look = look_at(step)
            summary = summary_of(look, step.room(self.room), last=False)
            lines = {m.id: show(look, m) for m in step.store.messages(self.room, limit=10_000)}
        hidden = sum(
            one.id not in lines and device.account in one.audience and one.sender != device.account
            for one in self.truth.said[self.truth.read.get(device.account, 0) :]
        )
        assert summary.unread == self.truth.badge(device.account) - hidden, device.name
        for place, one in enumerate(self.truth.said):
            # who comes back hears only of what is read from then on
            if one.id in lines and place >= self.truth.back.get(device.account, 0):
                wanted = None if device.account in self.quiet else self.truth.number(place, device.account)
                assert lines[one.id].unread_by == wanted, (device.name, place)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_number_is_true_on_every_device(seed: int) -> None:
    life = Life(seed)
    for _ in range(40):
        life.act()
    life.world.settle()
    life.check()
