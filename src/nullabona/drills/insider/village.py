"""The people of the drill, and what they do all together."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final

from nullabona.drills.actors.actor import Actor, Person
from nullabona.drills.actors.company import Company
from nullabona.drills.stage.playing import Stage
from nullabona.processes.program import ProcessFailed

HEARD_WITHIN_S: Final = 30.0
"""So long a message may take after an attack."""
HONEST: Final = ("mina", "jun", "sora")


class Witness(Actor):
    """An honest person who says how it stands."""

    PROGRAM: ClassVar[str] = "nullabona.drills.insider.witness"


class Insider(Actor):
    """One whose program is their own."""

    PROGRAM: ClassVar[str] = "nullabona.drills.insider.member"


class Village(Company):
    """Those of one half of the drill, at a relay of their own."""

    def __init__(self, stage: Stage, cast: Mapping[Person, str]) -> None:
        super().__init__(stage.people, stage.stack, cast)
        self._relay = stage.relay
        self._said = 0

    def make(self, person: Person, folder: Path, address: str) -> Actor:
        return (Witness if person.handle_name in HONEST else Insider)(person, folder, address)

    async def meet(self, names: Sequence[str]) -> None:
        """They come, and everybody knows the first."""
        await self.enrol(self._relay.authority, self._relay.url, names)
        for name in names[1:]:
            await self.befriend(name, names[0])

    async def watch(self, rooms: Iterable[str], names: Iterable[str]) -> None:
        """From now on these note for how long they are without these rooms."""
        for name in names:
            for room in rooms:
                await self[name].do("watch", room=room)

    async def heard(self, rooms: Sequence[str], names: Iterable[str]) -> dict[str, float]:
        """Mina says something in each room; how long it took there until all of these have it, or -1."""
        self._said += 1
        texts = self.last(rooms)
        waits = [self[name].do("hears", texts=texts, within_s=HEARD_WITHIN_S) for name in names]
        try:
            for room in rooms:
                await self["mina"].do("write", room=room, text=texts[room])
            took: list[dict[str, float]] = await asyncio.gather(*waits)
        except ProcessFailed:  # she is not in the room, or somebody has none of that name
            await asyncio.gather(*waits, return_exceptions=True)
            return dict.fromkeys(rooms, -1.0)
        return {room: slowest([each[room] for each in took]) for room in rooms}

    def last(self, rooms: Iterable[str]) -> dict[str, str]:
        """What she said last in each."""
        return dict.fromkeys(rooms, f"들리나요? {self._said}")


def slowest(took: Sequence[float]) -> float:
    """The longest; -1 if it came to an end for somebody not at all."""
    return -1.0 if min(took) < 0 else max(took)
