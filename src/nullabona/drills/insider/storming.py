"""Members who will not go: each commits without pause in a room of its own while an admin orders it out.

All rooms storm at once: what passes is mostly waiting, and each shares the machine with the others' commits.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from nullabona.drills.actors.actor import Person
from nullabona.drills.insider.findings import Inside, Storm
from nullabona.drills.insider.village import Village, slowest
from nullabona.drills.reporting.text import Sentences, Tell
from nullabona.drills.stage.playing import playing

_say: Final = Sentences("drill_insider")

STORM_LINES: Final = frozenset({"E-34", "E-35"})
RATES: Final = (2.0, 5.0, 20.0)
"""Commits a second, each in a room of its own."""
REMOVED_WITHIN_S: Final = 60.0
"""Within this whom an admin orders out is out. Here and below, what others took from a processor is not counted."""
BACK_WITHIN_S: Final = 180.0
AHEAD: Final = 4
"""So many commits lie ahead of everybody before the order."""
_CAST: Final = {
    Person("미나", "mina"): "127.0.0.66",
    Person("준", "jun"): "127.0.0.67",
    Person("소라", "sora"): "127.0.0.68",
    Person("만수", "mansu"): "127.0.0.69",
}
_THERE: Final = ("mina", "jun")


async def storms(folder: Path, tell: Tell, inside: Inside) -> None:
    """A member commits 2, 5 and 20 times a second and is ordered out meanwhile; another one is away all the time."""
    async with playing(folder) as stage:
        people = Village(stage, _CAST)
        by_room = {f"광장 {rate:.0f} Square": Storm(rate) for rate in RATES}
        inside.storms = list(by_room.values())
        rooms = list(by_room)
        await people.meet([person.handle_name for person in _CAST])
        for room in rooms:
            await people.group(room, "mina", "jun", "sora", "mansu")
        await people.heard(rooms, ("jun", "sora"))
        await people.watch(rooms, _THERE)
        tell(_say("elsewhere-member-commits"))
        for room in rooms:
            await people["mansu"].do("keep", room=room)
        await people["sora"].stop()
        await _ordered_out(people, by_room)
        await _returns(people, by_room, inside)
        for name in ("mina", "jun", "sora"):
            for room in rooms:
                away: float = await people[name].do("longest_away", room=room)
                inside.longest_away = max(inside.longest_away, away)


async def _ordered_out(people: Village, by_room: dict[str, Storm]) -> None:
    rooms, mansu = list(by_room), people["mansu"]
    for room, storm in by_room.items():
        await mansu.do("storm", room=room, rate=storm.rate, ahead=AHEAD)
    for room in rooms:
        await people["mina"].do("order_out", room=room, handle=mansu.handle)
    gone = {"rooms": rooms, "account": mansu.account, "within_s": REMOVED_WITHIN_S}
    took: list[dict[str, float]] = await asyncio.gather(*(people[name].do("out", **gone) for name in _THERE))
    heard = await people.heard(rooms, ("jun",))
    for room, storm in by_room.items():
        storm.removed_s = slowest([each[room] for each in took])
        storm.heard = heard[room]
        storm.commits = await mansu.do("calm", room=room)


async def _returns(people: Village, by_room: dict[str, Storm], inside: Inside) -> None:
    """Who was away comes back, and has what was said since."""
    sora, texts = people["sora"], people.last(room for room, storm in by_room.items() if storm.heard >= 0)
    await sora.start()
    back: dict[str, float] = await sora.do("hears", texts=texts, within_s=BACK_WITHIN_S)
    for room, took in back.items():
        by_room[room].back_s = took
    inside.back_calls = (await sora.do("work"))["calls"]
    await people.watch(by_room, ("sora",))
