"""Random schedules with a hostile device among the honest ones, and what holds all the same (spec/room.md §16).

Honest people do what people do, relays lie and lose, and one device that has or had the room's keys sends anything.
Then an admin orders it out while it goes on; then it is one of those who were removed, and goes on; then it stops.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final, TypeVar

from nullabona.client.core import commands
from nullabona.client.core.incoming import invitations
from nullabona.client.core.model.errors import BadRequest, LastAdmin, NotAllowed, NotInRoom
from tests.rooms.byzantine import Hostile
from tests.rooms.byzantine_bounds import (
    APART_H,
    DAY,
    HOUR,
    MINUTE,
    REMOVAL_COMMITS,
    REMOVAL_MIN,
    Part,
)  # fmt: skip
from tests.rooms.byzantine_end import check_end, free_calls
from tests.rooms.copying import copied
from tests.rooms.devices import another_device, remove_device
from tests.rooms.watching import Watch
from tests.rooms.world import Person, World

T = TypeVar("T")
STORM_MS: Final = 500
"""Between two commits of a storm."""
STORM_MIN: Final = 3
"""So long it storms against the order at most."""


@dataclass
class Said:
    """A message, and who was in the room as its sender knew it."""

    sender: Person
    text: str
    roster: set[bytes]


@dataclass
class ByzantineSchedule:
    """One random history of three honest people, one who may be added, and a hostile device."""

    seed: int
    part: Part
    actions: int = 30
    rounds: int = 6
    storms: bool = True
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world = World(self.seed)
        self.dice = self.world.dice
        self.said: list[Said] = []
        self.wipes = 0
        self.calls: Counter[str] = Counter()
        self.honest_frames = 0
        self.removal_ms = -1
        self.apart_ms = 0
        """The longest time in which not all honest devices were together, while they could have been."""
        self.began = self._since = self.world.now
        """When all honest devices were last together."""
        self.removal_commits = 0
        self.honest = [self.world.person(f"p{index}") for index in range(3)]
        self.spare = self.world.person("spare")
        bad = self.bad = self.world.person("bad")
        for person in (*self.honest, bad):
            for other in (*self.honest, self.spare, bad):
                if person is not other:
                    self.world.befriend(person, other)
        self.room = self.world.group(*self.honest, bad)
        self.given = {self.honest[0].account}
        """Whom an honest admin made an admin."""
        self.hostile = self._become_hostile()

    # -- what the hostile one is ------------------------------------------------------------------------------------

    def _become_hostile(self) -> Hostile:
        victims = [*self.honest, self.spare]
        if self.part is Part.REVOKED:
            owner = self.honest[2]
            device = another_device(self.world, owner, "stolen")
            self.world.settle(span=10 * MINUTE)
            hostile = Hostile(device, self.room, victims, storms=self.storms)
            self._keep_on(hostile)
            remove_device(self.world, owner, device)
            self._out_first(self.bad)
        elif self.part is Part.COPIED:
            self._out_first(self.bad)
            thief = Person(**{name: getattr(self.honest[2], name) for name in _FIELDS})
            thief.store, thief.online = copied(self.honest[2].store), False
            thief.boot()
            hostile = Hostile(thief, self.room, victims, storms=self.storms)
        else:
            if self.part is Part.OLD_ADMIN:
                self._admin(self.bad, admin=True)
            hostile = Hostile(self.bad, self.room, victims, storms=self.storms)
            self._keep_on(hostile)
            if self.part is Part.OLD_ADMIN:
                self._admin(self.bad, admin=False)
            elif self.part is Part.REMOVED:
                self._out_first(self.bad)
        return hostile

    def _keep_on(self, hostile: Hostile) -> None:
        """A few epochs go by, which it keeps."""
        for _ in range(2):
            self._command(self.honest[0], "update")
            self.world.settle(span=2 * MINUTE)
            hostile.keep()

    def _admin(self, person: Person, *, admin: bool) -> None:
        with self.honest[0].engine.step(self.world.now, self.room) as step:
            commands.set_admin(step, self.room, person.account, admin=admin)
        self.world.settle(span=5 * MINUTE)

    def _out_first(self, person: Person) -> None:
        with self.honest[0].engine.step(self.world.now, self.room) as step:
            commands.remove_account(step, self.room, person.account)
        self.world.settle(span=30 * MINUTE)

    @property
    def target(self) -> bytes:
        """Whose account an admin removes in the end; empty: it is out already, or its owner stays."""
        return self.bad.account if self.part in {Part.PRESENT, Part.OLD_ADMIN} else b""

    @property
    def victim(self) -> Person | None:
        """Whose keys somebody has: they can do to this account what it can do itself."""
        return self.honest[2] if self.part is Part.COPIED else None

    @property
    def safe(self) -> list[Person]:
        """Honest people whose keys nobody else has."""
        return [person for person in self.honest if person is not self.victim]

    # -- playing ----------------------------------------------------------------------------------------------------

    def play(self) -> None:
        """Everything; raises what must not happen while it goes on."""
        with self._counted().on() as reused:
            for _ in range(self.actions):
                self._act()
                self._look()
            self._quieten()
            self._besiege()
            self._order_out()
            self._besiege()
            self._settle(DAY)
        assert [] == reused, "a ratchet position was used twice"

    def note(self, what: str) -> None:
        self.log.append(f"{(self.world.now - self.began) / HOUR:.2f} h: {what}")

    def _one(self, some: list[T]) -> T:
        return some[self.dice.between(0, len(some) - 1)]

    def _act(self) -> None:
        roll = self.dice.between(0, 99)
        person = self._one([*self.honest, self.spare])
        if roll < 35:
            self._attack()
        elif roll < 50:
            self._say(person)
        elif roll < 70:
            self._network(self._one([*self.honest, self.spare, self.hostile.person]))
        elif roll < 80:
            self._time()
        elif roll < 88:
            self._command(person, self._one(["update", "update", "rename", "add", "appoint"]))
        elif roll < 91:
            person.online = not person.online
            self.note(f"{person.name} online={person.online}")
        elif roll < 94:
            self.note(f"{person.name} crashes")
            person.crash()
        elif roll < 96:
            self._wipe()
        elif roll < 98:
            self._lie()

    def _attack(self) -> None:
        before = len(self.hostile.said)
        self.hostile.act()
        for what in self.hostile.said[before:]:
            self.note(f"hostile: {what}")

    def _say(self, person: Person) -> None:
        if person.phase(self.room) != "joined" or person is self.victim:
            return
        text = f"{person.name} #{len(self.said)}"
        self.said.append(Said(person, text, person.members(self.room)))
        person.send(self.room, text)
        self.note(f"says {text}")

    def _network(self, person: Person) -> None:
        if not person.online:
            return
        for _ in range(self.dice.between(1, 6)):
            wants = self.world.reads(person)
            if self.dice.between(0, 1) and wants:
                room, want = self._one(wants)
                self.world.read(person, room, want, limit=self.dice.between(1, 8))
            elif items := self.world.queues(person):
                luck = self.dice.between(0, 9)
                self.world.post(person, self._one(items), lose_request=luck == 0, lose_answer=luck == 1)
            person.engine.tick(self.world.now)

    def _time(self) -> None:
        self.world.pass_time(
            self.dice.between(1, 5_000) if self.dice.between(0, 3) else self.dice.between(10_000, 900_000)
        )
        for person in self.world.people:
            if person.online:
                person.engine.tick(self.world.now)

    def _command(self, person: Person, kind: str) -> None:
        """What an honest person wants of the room. Nobody honest is removed or leaves."""
        if person.phase(self.room) != "joined":
            return
        try:
            with person.engine.step(self.world.now, self.room) as step:
                if kind == "update":
                    commands.update_keys(step, self.room)
                elif kind == "rename":
                    commands.rename(step, self.room, f"room {self.dice.between(0, 9)}")
                elif kind == "add":
                    commands.add_account(step, self.room, self.spare.card)
                elif kind == "appoint":
                    commands.set_admin(step, self.room, self.safe[1].account, admin=True)
                    self.given.add(self.safe[1].account)
        except (NotAllowed, BadRequest, LastAdmin, NotInRoom):
            return
        self.note(f"{person.name} {kind}")

    def _wipe(self) -> None:
        if self.wipes < 2:
            self.wipes += 1
            self.note("relay wiped")
            self.world.relay.wipe()

    def _lie(self) -> None:
        if any(person.relay is not None for person in self.world.people):
            for person in self.world.people:
                person.relay = None
            self.note("relay tells one story again")
            return
        other = self.world.relay.copy()
        for person in self.world.people:
            person.relay = other if self.dice.between(0, 1) else None
        self.note("relay tells two stories: " + " ".join(p.name for p in self.world.people if p.relay))

    def _quieten(self) -> None:
        """From here on the relay is honest and everybody is there, but the hostile one goes on."""
        for person in self.world.people:
            person.relay = None
            person.online = True
        if self.part is Part.COPIED:
            self.hostile.person.online = False
        self.note("the relay is honest, all are online")
        self._since = self.world.now

    def _besiege(self) -> None:
        """It goes on for hours, with time for whatever it set off."""
        for _ in range(self.rounds):
            for _ in range(self.dice.between(1, 4)):
                self._attack()
            self._say(self._one(self.honest))
            self._settle(self._one([MINUTE, 20 * MINUTE, HOUR, 4 * HOUR]))

    def _order_out(self) -> None:
        if not self.target:
            return
        able = [person for person in self.safe if person.phase(self.room) == "joined" and self._is_admin(person)]
        assert able, f"no admin has the room: {self._places()}"
        admin = able[0]
        if self.target not in admin.members(self.room):
            return
        with admin.engine.step(self.world.now, self.room) as step:
            commands.remove_account(step, self.room, self.target)
        self.note(f"{admin.name} orders it out")
        ordered, commits = self.world.now, self.calls[f"{admin.name} commit"]
        while self.world.now < ordered + 2 * REMOVAL_MIN * MINUTE and not self._is_out():
            if self.storms and self.world.now < ordered + STORM_MIN * MINUTE:
                self.hostile.commit_on()
                self.world.settle(span=STORM_MS)
            else:
                self._attack()
                self._settle(MINUTE)
        self.removal_ms = self.world.now - ordered
        self.removal_commits = self.calls[f"{admin.name} commit"] - commits
        assert self._is_out(), "whom an admin ordered out is still in"
        assert self.removal_ms <= REMOVAL_MIN * MINUTE, f"out after {self.removal_ms / MINUTE:.0f} min"
        assert self.removal_commits <= REMOVAL_COMMITS, f"it took {self.removal_commits} commits to remove somebody"

    def _is_admin(self, person: Person) -> bool:
        return person.account in person.info(self.room).admins

    def _is_out(self) -> bool:
        inside = [person for person in self.safe if person.phase(self.room) == "joined"]
        return len(inside) == len(self.safe) and all(self.target not in p.members(self.room) for p in inside)

    def _settle(self, span: int) -> None:
        """Let time pass and look every hour, at least, whether all are together."""
        until = self.world.now + span
        while self.world.now < until:
            before = self.world.now
            self.world.settle(span=min(HOUR, until - self.world.now), most=6_000)
            if self.world.now == before:
                break  # nobody wants anything any more
            self._look()
            if self._together():
                self._since = self.world.now
            self.apart_ms = max(self.apart_ms, self.world.now - self._since)
            assert self.apart_ms <= APART_H * HOUR, f"apart for {self.apart_ms / HOUR:.0f} h: {self._places()}"

    def _places(self) -> dict[str, object]:
        return {
            p.name: (p.phase(self.room), p.phase(self.room) == "joined" and p.epoch(self.room)) for p in self.honest
        }

    def _together(self) -> bool:
        phases = {person.phase(self.room) for person in self.safe}
        return phases == {"joined"} and 1 == len({person.where(self.room) for person in self.safe})

    # -- what must hold ---------------------------------------------------------------------------------------------

    def _choose(self) -> None:
        """Whom the product asks which of two versions is the room finds that out otherwise, and takes the admin's."""
        with self.spare.store.transaction():
            waiting = self.spare.store.get_value(f"room-request:{self.room.hex()}") is not None
        if not waiting:
            return
        with self.spare.engine.step(self.world.now, self.room) as step:
            if invitations.inviter_of(step, self.room).account_id in self.given:
                commands.accept_request(step, self.room)
            else:
                commands.decline_request(step, self.room)
        self.note("spare is asked, and takes the admin's version")

    def _look(self) -> None:
        """At any moment: nobody has a role that nobody gave, and nobody is told anything twice."""
        self._choose()
        for person in self.honest:
            if person.phase(self.room) != "joined":
                continue
            admins = set(person.info(self.room).admins)
            if person is not self.victim:
                assert admins <= self.given, f"{person.name} has an admin whom nobody made one"
                assert admins, f"{person.name} has no admin"

    def check(self) -> None:
        """In the end: all are together and have all that was said, once, and nobody worked too much."""
        assert self._together(), self._places()
        check_end(self)

    def calls_of(self, person: Person) -> int:
        """How many calls of the crate a device has made."""
        return sum(count for name, count in self.calls.items() if name.startswith(f"{person.name} "))

    def calls_per_frame(self) -> float:
        """What the honest device that worked most did for each hostile frame, beyond what it does by itself."""
        most = max(self.calls_of(person) for person in self.safe)
        return max(0.0, most - free_calls(self)) / max(1, self.hostile.frames)

    def _counted(self) -> Watch:
        """Count every call of the crate by every device, and watch the honest ones' ratchets."""
        names = {person.certificate: person.name for person in self.world.people}
        return Watch(self.calls, names, {person.certificate for person in self.safe}, self.hostile.noise)


def schedule_of(seed: int, *, without: frozenset[str] = frozenset()) -> ByzantineSchedule:
    """The schedule of a seed: each part in turn; every third time with storms of commits."""
    parts = list(Part)
    schedule = ByzantineSchedule(seed, parts[seed % len(parts)], storms=seed % 3 == 0)
    schedule.hostile.without = without
    return schedule


_FIELDS: Final = ("name", "world", "identity", "seed", "store", "me", "certificate", "card")
