"""Random schedules: people do what people do while everything that can go wrong goes wrong; then it must all hold."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from nullabona.client.core import commands
from nullabona.client.core.model.errors import BadRequest, LastAdmin, NotAllowed, NotInRoom
from nullabona.client.core.step import DAY_MS, Timing
from tests.rooms.hostile import warnings
from tests.rooms.world import Person, World


@dataclass
class Said:
    """A message as its sender sent it: who the sender thought was in the room."""

    sender: Person
    id: bytes
    text: str
    roster: set[bytes]
    at: int


@dataclass
class Schedule:
    """One random history of a group of ``size`` people with ``spare`` more who may be added."""

    seed: int
    size: int = 4
    spare: int = 1
    actions: int = 60
    lies: bool = True
    timing: Timing | None = None
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world = World(self.seed, timing=self.timing)
        self.dice = self.world.dice
        self.said: list[Said] = []
        self.removed: set[bytes] = set()
        self.wipes = 0
        self.split = False
        names = [f"p{index:02}" for index in range(self.size + self.spare)]
        self.everybody = [self.world.person(name) for name in names]
        founders = self.everybody[: self.size]
        for person in self.everybody:
            for other in self.everybody:
                if person is not other:
                    self.world.befriend(person, other)
        self.room = self.world.group(*founders)
        self.ever: set[bytes] = {person.account for person in founders}
        if self.size > 3 and self.dice.between(0, 1):
            self._command(founders[0], "appoint", founders[1])
            self.world.settle(span=60_000)

    def note(self, what: str) -> None:
        self.log.append(f"{self.world.now % 10_000_000}: {what}")

    # -- playing --------------------------------------------------------------------------------------------------

    def play(self) -> None:
        for _ in range(self.actions):
            self._act()
        self._calm()

    def _act(self) -> None:
        roll = self.dice.between(0, 99)
        person = self.everybody[self.dice.between(0, len(self.everybody) - 1)]
        if roll < 22:
            self._say(person)
        elif roll < 55:
            self._network(person)
        elif roll < 68:
            self._time()
        elif roll < 84:
            self._change(person)
        elif roll < 90:
            person.online = not person.online
            self.note(f"{person.name} online={person.online}")
        elif roll < 94:
            self.note(f"{person.name} crashes")
            person.crash()
        elif roll < 97:
            self._wipe()
        elif self.lies:
            self._lie()

    def _say(self, person: Person) -> None:
        if person.phase(self.room) != "joined":
            return
        text = f"{person.name} #{len(self.said)}"
        roster = person.members(self.room)
        id = person.send(self.room, text)
        self.note(f"says {text}")
        self.said.append(Said(person, id, text, roster, self.world.now))

    def _network(self, person: Person) -> None:
        """A few reads and appends, with answers lost on the way."""
        for _ in range(self.dice.between(1, 6)):
            if not person.online:
                return
            if self.dice.between(0, 1):
                wants = self.world.reads(person)
                room, want = wants[self.dice.between(0, len(wants) - 1)]
                self.world.read(person, room, want, limit=self.dice.between(1, 8))
            else:
                items = self.world.queues(person)
                if items:
                    item = items[self.dice.between(0, len(items) - 1)]
                    luck = self.dice.between(0, 9)
                    self.world.post(person, item, lose_request=luck == 0, lose_answer=luck == 1)
            person.engine.tick(self.world.now)

    def _time(self) -> None:
        ms = self.dice.between(1, 5_000) if self.dice.between(0, 4) else self.dice.between(10_000, 900_000)
        self.world.pass_time(ms)
        for person in self.everybody:
            if person.online:
                person.engine.tick(self.world.now)

    def _change(self, person: Person) -> None:
        if person.phase(self.room) != "joined":
            return
        other = self.everybody[self.dice.between(0, len(self.everybody) - 1)]
        kinds = ["update", "update", "rename", "add", "add", "remove", "appoint", "leave"]
        self._command(person, kinds[self.dice.between(0, len(kinds) - 1)], other)

    def _command(self, person: Person, kind: str, other: Person) -> None:
        room = self.room
        try:
            with person.engine.step(self.world.now, room) as step:
                if kind == "update":
                    commands.update_keys(step, room)
                elif kind == "rename":
                    commands.rename(step, room, f"room {self.dice.between(0, 9)}")
                elif kind == "add":
                    commands.add_account(step, room, other.card)
                    self.ever.add(other.account)
                elif kind == "remove":
                    commands.remove_account(step, room, other.account)
                elif kind == "appoint":
                    commands.set_admin(step, room, other.account, admin=True)
                elif kind == "leave" and self.dice.between(0, 3) == 0:
                    commands.leave(step, room)
        except (NotAllowed, BadRequest, LastAdmin, NotInRoom):
            return
        self.note(f"{person.name} {kind} {other.name}")

    def _wipe(self) -> None:
        if self.wipes < 3:
            self.wipes += 1
            self.note("relay wiped")
            self.world.relay.wipe()

    def _lie(self) -> None:
        if self.split:
            for person in self.everybody:
                person.relay = None
            self.split = False
            self.note("relay tells one story again")
        else:
            other = self.world.relay.copy()
            for person in self.everybody:
                if self.dice.between(0, 1):
                    person.relay = other
            self.split = True
            self.note("relay tells two stories: " + " ".join(p.name for p in self.everybody if p.relay))

    def _calm(self) -> None:
        for person in self.everybody:
            person.online = True
            person.relay = None
        self.note("calm")
        self.world.settle(span=3 * DAY_MS, most=3_000)
        if self._is_somebody_out_unawares():
            # They ask 43 hours after their branch's last epoch began (spec/room.md §7). That may have been on the
            # second of these days.
            self.world.settle(span=2 * DAY_MS, most=3_000)
        if self._is_somebody_left_with_who_is_out():
            # The others refuse to come to a device that their branch removed, and whoever is there takes it for
            # company. So they find nobody following at their next commit: keys are renewed within 9 days, and 43 hours
            # later they ask.
            self.world.settle(span=11 * DAY_MS, most=12_000)

    def _alone(self) -> list[Person]:
        """Those who are on a branch on which nobody else is."""
        inside = self._inside()
        branches = Counter(person.where(self.room) for person in inside)
        return [person for person in inside if len(branches) > 1 and branches[person.where(self.room)] == 1]

    def _is_somebody_left_with_who_is_out(self) -> bool:
        """Whether somebody is alone on a branch that has, besides, an account whose device went."""
        out = {person.account for person in self.everybody if person.phase(self.room) in {"left", "removed"}}
        return any(out & set(person.members(self.room)) for person in self._alone())

    def _is_somebody_out_unawares(self) -> bool:
        """Whether somebody is alone on a branch, while another one, on which they never were, has removed them."""
        inside = self._inside()
        return any(one.account not in other.members(self.room) for one in self._alone() for other in inside)

    def _inside(self) -> list[Person]:
        return [person for person in self.everybody if person.phase(self.room) == "joined"]

    def _stranded(self) -> list[Person]:
        """Those whom nobody can prove the room's branch: all admins of theirs are out (threat model, L-09)."""
        inside, alone = self._inside(), self._alone()
        accounts = {person.account for person in inside}
        return [person for person in alone if not accounts & set(person.info(self.room).admins)]

    # -- what must hold -------------------------------------------------------------------------------------------

    def check(self) -> None:
        stranded = self._stranded()
        assert all("ticket-refused" in warnings(person, self.room) for person in stranded)
        inside = [person for person in self._inside() if person not in stranded]
        rosters = {p.name: p.members(self.room) for p in inside}
        # Who is in: everybody who agrees with the roster they are in.
        if not inside:
            return
        counts = Counter(person.where(self.room) for person in inside)
        assert len(counts) == 1, (
            f"not converged: { {p.name: (p.epoch(self.room), p.where(self.room)[:4].hex()) for p in inside} }"
        )
        names = {frozenset(roster) for roster in rosters.values()}
        assert len(names) == 1, "rosters differ"
        final = set(next(iter(names))) - {person.account for person in stranded}
        assert {p.account for p in inside} == final, "somebody is listed who is not in, or in and not listed"
        self._check_messages(inside)

    def _check_messages(self, inside: list[Person]) -> None:
        for person in inside:
            texts = person.texts(self.room)
            doubled = [text for text, count in Counter(texts).items() if count > 1]
            assert not doubled, f"{person.name} sees twice: {doubled}"
            shown = [data["message"] for kind, room, data in person.events() if kind == "message" and room == self.room]
            assert len(shown) == len(set(shown)), f"{person.name} was told twice"
        present = {person.account for person in inside}
        for said in self.said:
            for person in self.everybody:
                has = said.text in person.texts(self.room)
                if person.account not in said.roster:
                    continue
                was_in_throughout = person.account in present and said.sender.account in present
                if was_in_throughout and not self._left_meanwhile(person) and not self._left_meanwhile(said.sender):
                    assert has, f"{person.name} lost {said.text}"
        for said in self.said:
            for person in self.everybody:
                if person.account not in said.roster and said.text in person.texts(self.room):
                    self._check_shown_to_outsider(said, person)

    def _left_meanwhile(self, person: Person) -> bool:
        """Whether the person was ever removed or left (and perhaps came back)."""
        return any(kind in {"removed", "left"} and room == self.room for kind, room, _ in person.events())

    def _check_shown_to_outsider(self, said: Said, person: Person) -> None:
        """Somebody not in the sender's room may see a message only if they were added (again) and it was sent anew."""
        joined = [kind for kind, room, _ in person.events() if room == self.room and kind in {"joined", "rejoined"}]
        began_inside = person in self.everybody[: self.size]
        assert len(joined) >= (2 if began_inside else 1), f"{person.name} was shown {said.text} after being removed"
