"""Who claims what at which moment: each sender of spec/room.md §15 says everything that it can, at one kind of moment.

The deeds are those of `tests.rooms.byzantine`, each once and in order; what must hold is what schedules check.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from nullabona.client.core.group import branches
from nullabona.client.core.model.branches import Helper, Rejoin
from nullabona.client.core.restore import returning
from tests.rooms.byzantine import Hostile
from tests.rooms.byzantine_bounds import DAY, HOUR, MINUTE, Part
from tests.rooms.byzantine_schedule import ByzantineSchedule
from tests.rooms.hostile import gone, to_inbox
from tests.rooms.world import Person

SENDERS: Final = (Part.PRESENT, Part.OLD_ADMIN, Part.REMOVED, Part.REVOKED, "stranger", "relay")
GONE: Final = "says that it is out"
ITEMS: Final = ("_sends_ticket", "_sends_item", "_sends_item", "_sends_item", "_invites", "_asks", "_garbles_item")
"""What somebody can send who has no secret of the room but its id."""
LIES: Final = ("erases", "loses", "repeats", "spoils", "shows_two")
SETTLE_MS: Final = 30_000


class Moment(StrEnum):
    """In which state one honest device is when the deed reaches it."""

    NORMAL = "normal"
    AWAY = "away"
    LEAVING = "leaving a branch"
    SETTLING = "a box settles"
    RESTORED = "just restored"


class Stranger(Hostile):
    """Somebody who learnt the room's id: what they make is of a room of their own, but says that it is this one."""

    meant: bytes = b""

    def play(self, deed: str) -> None:
        own, self.room = self.room, self.meant
        try:
            super().play(deed)
        finally:
            self.room = own


@dataclass
class Cell:
    """One sender at one moment."""

    sender: str
    moment: Moment
    seed: int = 0

    def __post_init__(self) -> None:
        part = Part(self.sender) if self.sender in set(Part) else Part.REMOVED
        self.schedule = ByzantineSchedule(self.seed, part, storms=False)
        self.world, self.room = self.schedule.world, self.schedule.room
        self.victim: Person = self.schedule.honest[1]
        self.stranger = self._stranger()

    def _stranger(self) -> Stranger:
        eve = self.world.person("eve")
        own = self.world.group(eve)
        found = Stranger(eve, own, self.schedule.honest)
        found.meant = self.room
        return found

    def deeds(self) -> tuple[str, ...]:
        """Everything that this sender can do, each once."""
        if self.sender == "relay":
            return LIES
        if self.sender == "stranger":
            return (GONE, *ITEMS)
        return (GONE, *dict.fromkeys(deed.__name__ for deed in self.schedule.hostile._deeds()))

    def play(self) -> None:
        """All deeds; then an admin orders it out if it is still in; then a quiet day, and all that must hold."""
        schedule = self.schedule
        with schedule._counted().on() as reused:
            for deed in self.deeds():
                schedule.note(f"{self.sender}, {self.moment}: {deed}")
                self._enter()
                self._do(deed)
                schedule._say(schedule.honest[0])
                schedule._settle(5 * MINUTE)
                self._leave()
                schedule._say(self.victim)
                schedule._settle(HOUR)
                self._look()
            schedule._order_out()
            schedule._settle(DAY)
        assert [] == reused, "a ratchet position was used twice"
        self._look()
        schedule.check()

    def _enter(self) -> None:
        victim = self.victim
        if self.moment is Moment.AWAY:
            victim.online = False
        if self.moment in {Moment.NORMAL, Moment.AWAY} or victim.phase(self.room) != "joined":
            return
        with victim.engine.step(self.world.now, self.room) as step:
            room = step.room(self.room)
            if self.moment is Moment.LEAVING:
                helper = Helper(self.schedule.honest[2].account, self.schedule.honest[2].me.handle)
                gone = Rejoin(branches.FORK, max(0, room.epoch - 1), bytes(31) + b"x", [], [helper], step.now)
                branches.begin(step, room, gone)
            elif self.moment is Moment.SETTLING:
                room.current.settle_until = step.now + SETTLE_MS
            else:
                returning.forsake(step, room)

    def _leave(self) -> None:
        self.victim.online = True
        for person in self.world.people:
            person.relay = None

    def _do(self, deed: str) -> None:
        if self.sender == "relay":
            self._lie(deed)
            return
        hostile = self.stranger if self.sender == "stranger" else self.schedule.hostile
        hostile.victims = [self.victim]
        hostile.keep()
        if deed == GONE:
            to_inbox(hostile.person, self.victim, gone(self.victim.world, self.room))
        else:
            hostile.play(deed)

    def _lie(self, deed: str) -> None:
        relay, dice = self.world.relay, self.world.dice
        box = relay.boxes.get(self.schedule.honest[0].where(self.room))
        if deed == "loses":
            relay.wipe()
        elif deed == "shows_two":
            self.victim.relay = relay.copy()
        elif box is None:
            return
        elif deed == "erases":
            box.frames.clear()
        elif deed == "repeats":
            for frame in list(box.frames.values()):
                relay.append(self.schedule.honest[0].where(self.room), frame)
        else:
            box.frames = {seq: dice.bytes(len(frame)) for seq, frame in box.frames.items()}

    def _look(self) -> None:
        """Roles are as they were given, and every honest device has the room's keys."""
        self.schedule._look()
        phases = {person.name: person.phase(self.room) for person in self.schedule.honest}
        assert set(phases.values()) == {"joined"}, phases
