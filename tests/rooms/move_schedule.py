"""Random schedules in which relays die for good and accounts move, while all else goes on and goes wrong as before."""

from __future__ import annotations

from dataclasses import dataclass

from nullabona.client.core.model import move_orders
from nullabona.client.core.model.errors import NotAllowed
from nullabona.client.core.model.proofs import BadProof
from nullabona.client.core.relocation import moving
from tests.rooms.moves import THREE, TWO, burn, move, state_of
from tests.rooms.schedule import Schedule
from tests.rooms.world import RELAY, Person

HOUR = 3_600_000
DAY = 24 * HOUR


@dataclass
class MoveSchedule(Schedule):
    """As `Schedule`; at most ``deaths`` relays die, and `THREE` never does."""

    deaths: int = 1
    moves: int = 4

    def _act(self) -> None:
        roll = self.dice.between(0, 19)
        if roll == 0 and self.deaths:
            self._burn()
        elif roll <= 2 and self.moves:
            self._move(self.everybody[self.dice.between(0, len(self.everybody) - 1)])
        else:
            super()._act()

    def _burn(self) -> None:
        alive = [url for url in (RELAY, TWO) if url not in self.world.dead and url in self.world.relays]
        if alive:
            self.deaths -= 1
            url = alive[self.dice.between(0, len(alive) - 1)]
            self.note(f"{url} is gone")
            burn(self.world, url)

    def _move(self, person: Person, url: str = "") -> None:
        choices = [each for each in (RELAY, TWO, THREE) if each not in self.world.dead and each != person.me.relay]
        if not choices:
            return
        url = url or choices[self.dice.between(0, len(choices) - 1)]
        self.moves -= 1
        self.note(f"{person.name} moves to {url}")
        move(self.world, person, url)

    def _network(self, person: Person) -> None:
        if person.online:
            self.world.tell_ways(person)
            for scout in person.engine.take_scouts():
                self.world.scout(person, scout)
            self.world.fetch(person)
        super()._network(person)

    def _calm(self) -> None:
        """Whoever finds their relay, or a room that they may move, at a dead relay does what people do then."""
        for person in self.everybody:
            person.online = True
            person.relay = None
        self.note("calm")
        for _ in range(3):
            for person in self.everybody:
                self._come_to_rest(person)
            self.world.settle(span=6 * HOUR, most=1_000)
        self.world.settle(span=4 * DAY, most=4_000)
        self.world.quiet()

    def _come_to_rest(self, person: Person) -> None:
        if person.me.relay in self.world.dead:
            self._move(person, THREE)
        if person.phase(self.room) == "joined" and state_of(person, self.room).relay in self.world.dead:
            self._take_along(person)

    def _take_along(self, person: Person) -> None:
        try:
            with person.engine.step(self.world.now, self.room) as step:
                moving.issue(step, step.room(self.room), step.local.relay)
        except (NotAllowed, BadProof):
            return
        self.note(f"{person.name} takes the room along to {person.me.relay}")

    def check(self) -> None:
        """Besides all else: everybody has the room at one relay, and it is not a dead one."""
        super().check()
        inside = [person for person in self.everybody if person.phase(self.room) == "joined"]
        homes = {state_of(person, self.room).relay for person in inside}
        assert len(homes) <= 1, f"at several relays: { {p.name: state_of(p, self.room).relay for p in inside} }"
        assert not homes & self.world.dead or not self._may_move(inside), f"at a dead relay: {homes}"

    def _may_move(self, inside: list[Person]) -> bool:
        return any(move_orders.may_move(state_of(person, self.room).info, person.account) for person in inside)
