"""The drill: a member and one who was removed attack their room; beside it, in others, a member will not go."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from nullabona.drills.actors.actor import Person
from nullabona.drills.insider.findings import Attack, Inside
from nullabona.drills.insider.storming import STORM_LINES, storms
from nullabona.drills.insider.village import HEARD_WITHIN_S, HONEST, Village, slowest
from nullabona.drills.reporting.text import Sentences, Tell
from nullabona.drills.stage.playing import in_folder, playing
from nullabona.processes.program import ProcessFailed

_say: Final = Sentences("drill_insider")

GROUP: Final = "마을 회관 Village hall"
_MACHINE: Final = "127.0.0.69"
LOOK_AFTER_S: Final = 2.0
"""So long after an attack, and after what was said then came, everybody is looked at."""
CLAIMS: Final = 8
FAR: Final = 2_000
BURNING: Final = 60
"""Frames for each leaf."""
_CAST: Final = {
    Person("미나", "mina"): "127.0.0.61",
    Person("준", "jun"): "127.0.0.62",
    Person("소라", "sora"): "127.0.0.63",
    Person("만수", "mansu"): "127.0.0.64",
    Person("단아", "dana"): "127.0.0.65",
}


def play(tell: Tell, only: Sequence[str] = (), holds: Callable[[Inside, str], bool] = lambda *_: True) -> Inside:
    """Play it in a new folder, no more than the lines of ``only`` need that still hold, if any. Raises what goes
    wrong.
    """
    return in_folder(lambda folder: _play(folder, tell, only, holds))


async def _play(folder: Path, tell: Tell, only: Sequence[str], holds: Callable[[Inside, str], bool]) -> Inside:
    """Both halves at once, each with a relay and people of its own: they mostly wait."""
    inside = Inside()
    try:
        async with asyncio.TaskGroup() as both:
            if not only or any(line not in STORM_LINES for line in only):
                both.create_task(_attacks(folder / "attacks", tell, inside, only, holds))
            if not only or any(line in STORM_LINES for line in only):
                both.create_task(storms(folder / "storms", tell, inside))
    except* Exception as failed:  # noqa: BLE001 - the first that went wrong is what is told
        raise failed.exceptions[0] from None
    attacks = [getattr(inside, each.name) for each in fields(inside)]
    away = [each.away_s for each in attacks if isinstance(each, Attack)]
    inside.longest_away = max([inside.longest_away, *away])
    return inside


async def _attacks(
    folder: Path, tell: Tell, inside: Inside, only: Sequence[str], holds: Callable[[Inside, str], bool]
) -> None:
    async with playing(folder) as stage:
        scene = _Scene(Village(stage, _CAST), tell, inside)
        await scene.gather()
        for lines, act in (
            ("R-17 E-30", scene.in_their_names),
            ("E-31", scene.led_away),
            ("E-32", scene.claims),
            ("E-31", scene.invited),
            ("R-17 E-33", scene.dear_frames),
            ("F-11", scene.lured),
        ):
            if not only or any(line in only and holds(inside, line) for line in lines.split()):
                await act()


class _Scene:
    def __init__(self, village: Village, tell: Tell, inside: Inside) -> None:
        self._people, self._tell, self.inside = village, tell, inside
        self._meant: dict[str, Any] = {}
        """How the room stood for its admin before the last attack."""

    async def gather(self) -> None:
        """Five people, of whom one is removed."""
        self._tell(_say("five-people-make"))
        people, names = self._people, [person.handle_name for person in _CAST]
        await people.meet(names)
        await people.befriend("mansu", "jun")
        await people.group(GROUP, *names)
        await people.say([("mina", GROUP, "어서 오세요, welcome")])
        for name in names:
            await people[name].do("hears", texts={GROUP: "어서 오세요, welcome"}, within_s=HEARD_WITHIN_S)
        await people.watch([GROUP], HONEST)
        await people["dana"].do("keep", room=GROUP)
        await people["mina"].do("remove", room=GROUP, handle=people["dana"].handle)
        await people["dana"].do("removed", room=GROUP)
        await self._heard()

    async def in_their_names(self) -> None:
        """A frame of 512 bytes for each device, which says that it is by that device."""
        self._tell(_say("frames-everybody-s-name-one"))

        async def by(name: str) -> dict[str, int]:
            if name == "mansu":
                await self._people[name].do("keep", room=GROUP)
            done: dict[str, int] = await self._people[name].do("name_everybody", room=GROUP, times=1, generation=0)
            return done

        await self._attack(self.inside.named_removed, lambda: by("dana"))
        await self._attack(self.inside.named, lambda: by("mansu"))

    async def led_away(self) -> None:
        """To a branch of its own, by its word and by tickets."""
        self._tell(_say("member-says-room"))
        people = self._people
        victims = {people[name].account: people[name].handle for name in HONEST}

        async def moved() -> dict[str, int]:
            await people["mansu"].do("keep", room=GROUP)
            await people["mansu"].do("say_moved", room=GROUP)
            await people["mansu"].do("sync")
            await (
                self._heard()
            )  # anyone who has that has read his word before, and looks for the branch if they believe it
            await people["mansu"].do("show_the_way", room=GROUP, victims=victims)
            await people["mansu"].do("sync")
            return {"frames": 1 + len(victims), "bytes": 512 + 16_384 * len(victims)}

        await self._attack(self.inside.led, moved)

    async def claims(self) -> None:
        """One after another, that other commits removed somebody."""
        self._tell(_say("member-claims-again"))
        people = self._people

        async def claimed() -> dict[str, int]:
            await people["mansu"].do("keep", room=GROUP)
            await people["mina"].do("renew_keys", room=GROUP)
            await people["mina"].do("settled", room=GROUP)
            sora = people["sora"].account
            done: dict[str, int] = await people["mansu"].do("claim_falsely", room=GROUP, victim=sora, count=CLAIMS)
            return done

        await self._attack(self.inside.claimed, claimed)

    async def invited(self) -> None:
        """Into the room that one is in: first so that one looks for another branch, then to a branch of its own."""
        self._tell(_say("member-invites-somebody"))
        people = self._people

        async def invited() -> dict[str, int]:
            await people["mansu"].do("keep", room=GROUP)
            jun = people["jun"]
            await people["mansu"].do("invite_falsely", room=GROUP, account=jun.account, handle=jun.handle)
            await people["mansu"].do("sync")
            return {"frames": 2, "bytes": 8_192}

        await self._attack(self.inside.invited, invited)

    async def lured(self) -> None:
        """To a machine of the attacker's, by items that name it; connections there are counted."""
        self._tell(_say("member-one-removed"))
        people, came = self._people, self.inside.lured_to

        async def comes(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            came.append(writer.get_extra_info("peername")[0])
            writer.close()

        machine = await asyncio.start_server(comes, _MACHINE, 0)
        host = f"{_MACHINE}:{machine.sockets[0].getsockname()[1]}"

        async def by(name: str, victim: str) -> dict[str, int]:
            done: dict[str, int] = await people[name].do("lure", room=GROUP, victim=people[victim].account, host=host)
            return done

        async with machine:
            await self._attack(self.inside.lured, lambda: by("mansu", "jun"))
            await self._attack(self.inside.lured_removed, lambda: by("dana", "mina"))

    async def dear_frames(self) -> None:
        """Frames that each make a reader advance far through a member's ratchet."""
        self._tell(_say("frames-name-place"))

        async def by(name: str) -> dict[str, int]:
            if name == "mansu":
                await self._people[name].do("keep", room=GROUP)
            order = {"room": GROUP, "times": BURNING, "generation": FAR}
            done: dict[str, int] = await self._people[name].do("name_everybody", **order)
            return done

        await self._attack(self.inside.burned, lambda: by("mansu"))
        await self._attack(self.inside.burned_removed, lambda: by("dana"))

    async def _attack(self, attack: Attack, doing: Callable[[], Awaitable[dict[str, int]]]) -> None:
        """Do it, say something at once, and see how everybody stands."""
        people, attack.begun = self._people, True
        before = {name: await people[name].do("work") for name in HONEST}
        with suppress(ProcessFailed):
            self._meant = await people["mina"].do("stands", room=GROUP)
        meant = self._meant
        with suppress(ProcessFailed):  # who is out of the room, or whose room is elsewhere, can attack it no more
            done = await doing()
            attack.frames, attack.bytes = done["frames"], done["bytes"]
        attack.heard = await self._heard()
        if attack.heard >= 0:
            await asyncio.sleep(LOOK_AFTER_S)
            attack.heard = slowest([attack.heard, await self._heard()])
        for name in HONEST:
            after = await people[name].do("work")
            attack.calls = max(attack.calls, after["calls"] - before[name]["calls"])
            attack.cpu_s = max(attack.cpu_s, after["cpu_s"] - before[name]["cpu_s"])
            try:
                attack.away_s = max(attack.away_s, await people[name].do("longest_away", room=GROUP))
                stands = await people[name].do("stands", room=GROUP)
            except ProcessFailed:  # there is no room of that name any more
                attack.misled.append(name)
                continue
            if stands["phase"] != "joined":
                attack.away.append(name)
            elif any(stands[each] != meant[each] for each in ("admins", "name", "members")):
                attack.misled.append(name)

    async def _heard(self, names: Iterable[str] = HONEST) -> float:
        return (await self._people.heard([GROUP], names))[GROUP]
