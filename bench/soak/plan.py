"""How a soak is shaped and, from its seed, what happens in it; pure."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from nullabona.drills.loss.crowd import name_of

CLIENT_DEEDS: Final = ("room", "device", "kill-clients")
RELAY_DEEDS: Final = ("kill-relay", "wipe-relay", "restart-relay")
DEEDS: Final = CLIENT_DEEDS + RELAY_DEEDS
UNTROUBLED: Final = (0.25, 0.75)
"""The part of a run in which the relay is left alone, so that its memory can be watched for long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How much of everything, and what must hold."""

    seed: int = 1
    minutes: float = 10.0
    deeds: tuple[str, ...] = ()
    """Exactly these, in the place of ``minutes``."""
    crowds: int = 3
    """Processes of whole clients; the last of them is the one that gets killed."""
    accounts: int = 5
    """In each of them."""
    rooms: int = 6
    rate: float = 8.0
    """Lines a second, all whole clients together."""
    line_bytes: int = 600
    wire_pairs: int = 40
    wire_rate: float = 150.0
    """Frames a second, all pairs together."""
    wire_idle: int = 200
    wire_life_s: float = 20.0
    day_s: float = 30.0
    """Three of them fit into the warm-up of ten minutes: so long a relay takes more memory, as it keeps more."""
    calm_s: float = 10.0
    """Between two deeds, once the last one is recovered from."""
    patience_s: float = 120.0
    """Longest recovery: what lacks then is lost."""
    relay_mib_per_hour: float = 60.0
    client_mib_per_hour: float = 60.0
    p50_ratio: float = 2.0
    p99_ratio: float = 3.0
    p50_floor_ms: float = 50.0
    p99_floor_ms: float = 500.0

    @property
    def warm_up_s(self) -> float:
        """What is left out at the beginning of every process' life."""
        return min(120.0, self.minutes * 60.0 / 5)

    def people(self, crowd: int) -> list[str]:
        """The accounts of one crowd."""
        return [name_of(number) for number in range(crowd * self.accounts, (crowd + 1) * self.accounts)]

    @property
    def everybody(self) -> list[str]:
        return [name for crowd in range(self.crowds) for name in self.people(crowd)]


class Plan:
    """What chance decides. The same seed decides the same, however long the run takes."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._dice = random.Random(f"soak {shape.seed}")
        self._deck: list[str] = []
        self._made = 0
        self._list = list(shape.deeds)

    def rooms(self) -> dict[str, list[str]]:
        """The rooms that stay: name and members, the first of them its founder. Everybody is in one."""
        waiting = self._dice.sample(self._shape.everybody, len(self._shape.everybody))
        share = -(-len(waiting) // self._shape.rooms)
        rooms: dict[str, list[str]] = {}
        for number in range(self._shape.rooms):
            first, waiting = waiting[:share], waiting[share:]
            others = [name for name in self._shape.everybody if name not in first]
            more = max(2, 5 - len(first))
            rooms[f"room-{number}"] = first + self._dice.sample(others, min(more, len(others)))
        return rooms

    def deeds(self, fraction: Iterator[float]) -> Iterator[str]:
        """One deed after another. ``fraction`` is how much of the run has passed; the deeds end when it is over."""
        for passed in fraction:
            if self._shape.deeds:
                if not self._list:
                    return
                yield self._list.pop(0)
            elif passed >= 1.0:
                return
            else:
                yield self._draw(relay_too=not UNTROUBLED[0] <= passed < UNTROUBLED[1])

    def guests(self) -> tuple[str, list[str]]:
        """A room that does not stay: its name and its members, the first of them its founder."""
        self._made += 1
        return f"guests-{self._made}", self._dice.sample(self._shape.everybody, min(4, len(self._shape.everybody)))

    def owner(self) -> tuple[str, str]:
        """Who gets a second device, and the device's name."""
        self._made += 1
        name = self._dice.choice(self._shape.everybody)
        return name, f"{name}.{self._made}"

    def _draw(self, *, relay_too: bool) -> str:
        """From a shuffled deck, so that each deed comes as often as the others."""
        if not any(relay_too or deed in CLIENT_DEEDS for deed in self._deck):
            self._deck += self._dice.sample(DEEDS, len(DEEDS))
        place = next(at for at, deed in enumerate(self._deck) if relay_too or deed in CLIENT_DEEDS)
        return self._deck.pop(place)
