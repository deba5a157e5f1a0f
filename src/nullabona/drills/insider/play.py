"""The story of the drill: a member and one who was put out attack their room; then three members will not go."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, ClassVar, Final, TypeAlias

from nullabona.drills.cast.company import Company
from nullabona.drills.demo.actor import Actor, Failed
from nullabona.drills.demo.script import Person
from nullabona.drills.insider.outcome import Attack, Inside, Storm
from nullabona.drills.process import RelayProcess
from nullabona.drills.text import Text

Tell: TypeAlias = Callable[[Text], None]

GROUP: Final = "마을 회관 Village hall"
RATES: Final = (2.0, 5.0, 20.0)
"""Commits a second."""
PATIENCE_S: Final = 30.0
"""So long a message may take after an attack."""
REMOVED_WITHIN_S: Final = 60.0
"""Within this whom an admin orders out is out."""
AHEAD: Final = 4
"""So many commits lie ahead of everybody before the order."""
LOOK_AFTER_S: Final = 2.0
"""So long after an attack, and after what was said then came, everybody is looked at."""
BACK_WITHIN_S: Final = 60.0
CLAIMS: Final = 8
FAR: Final = 2_000
BURNING: Final = 60
"""Frames for each leaf."""
_HONEST: Final = ("mina", "jun", "sora")
_CAST: Final = {
    Person("미나", "mina"): "127.0.0.61",
    Person("준", "jun"): "127.0.0.62",
    Person("소라", "sora"): "127.0.0.63",
    Person("만수", "mansu"): "127.0.0.64",
    Person("단아", "dana"): "127.0.0.65",
}


class Witness(Actor):
    """An honest person who says how it stands."""

    PROGRAM: ClassVar[str] = "nullabona.drills.insider.witness"


class Insider(Actor):
    """One whose program is their own."""

    PROGRAM: ClassVar[str] = "nullabona.drills.insider.member"


class Village(Company):
    """Those of this drill."""

    def make(self, person: Person, folder: Path, address: str) -> Actor:
        return (Witness if person.handle_name in _HONEST else Insider)(person, folder, address)


def play(tell: Tell) -> Inside:
    """Play it in a folder of its own. Raises what goes wrong."""
    with tempfile.TemporaryDirectory(prefix="nullabona-drill-") as folder:
        return asyncio.run(_play(Path(folder), tell))


async def _play(folder: Path, tell: Tell) -> Inside:
    async with AsyncExitStack() as stack:
        temporary = folder / "relay-tmp"
        await asyncio.to_thread(temporary.mkdir)
        relay = await asyncio.to_thread(RelayProcess, folder / "relay", folder / "relay.log", temporary=temporary)
        stack.callback(relay.stop)
        scene = _Scene(folder, stack, relay, tell)
        await scene.gather()
        await scene.in_their_names()
        await scene.led_away()
        await scene.claims()
        await scene.dear_frames()
        for rate in RATES:
            await scene.storm(rate)
        await scene.end()
        return scene.inside


class _Scene:
    def __init__(self, folder: Path, stack: AsyncExitStack, relay: RelayProcess, tell: Tell) -> None:
        self._people = Village(folder / "people", stack, _CAST)
        self._relay, self._tell = relay, tell
        self._said = 0
        self._watched: list[str] = []
        self._meant: dict[str, Any] = {}
        """How the room stood for its admin before the last attack."""
        self.inside = Inside()

    async def gather(self) -> None:
        """Five people, of whom one is put out."""
        self._tell(Text("Five people make a group; one of them is put out, and keeps every secret",
                        "다섯 사람이 그룹을 만들고, 한 명을 내보냅니다. 그는 비밀을 모두 간직합니다"))  # fmt: skip
        people, names = self._people, [person.handle_name for person in _CAST]
        await people.enrol(self._relay.authority, self._relay.url, names)
        for name in names[1:]:
            await people.befriend(name, "mina")
        await people.befriend("mansu", "jun")
        await people.group(GROUP, *names)
        await people.say([("mina", GROUP, "어서 오세요, welcome")])
        for name in names:
            await people[name].do("hears", room=GROUP, text="어서 오세요, welcome", within_s=PATIENCE_S)
        await self._watch(GROUP)
        await people["dana"].do("keep", room=GROUP)
        await people["mina"].do("remove", room=GROUP, handle=people["dana"].handle)
        await people["dana"].do("removed", room=GROUP)
        await self._heard_by(GROUP, _HONEST)

    # -- attacks on one room

    async def in_their_names(self) -> None:
        """A frame of 512 bytes for each device, which says that it is by that device."""
        self._tell(Text("Frames in everybody's name, by the one who was put out, then by a member",
                        "모두의 이름을 쓴 프레임을, 내보낸 사람이 먼저, 다음에는 참여자가 넣습니다"))  # fmt: skip

        async def by(name: str) -> dict[str, int]:
            if name == "mansu":
                await self._people[name].do("keep", room=GROUP)
            done: dict[str, int] = await self._people[name].do("name_everybody", room=GROUP, times=1, generation=0)
            return done

        await self._attack(self.inside.named_removed, lambda: by("dana"))
        await self._attack(self.inside.named, lambda: by("mansu"))

    async def led_away(self) -> None:
        """To a branch of its own, by its word and by tickets."""
        self._tell(Text("A member says that the room moved, and shows everybody the way to a branch that it rules",
                        "한 참여자가 방이 옮겨 갔다며, 자기가 관리자인 갈래로 모두를 이끕니다"))  # fmt: skip
        people = self._people
        victims = {people[name].account: people[name].handle for name in _HONEST}

        async def moved() -> dict[str, int]:
            await people["mansu"].do("keep", room=GROUP)
            await people["mansu"].do("take_over", room=GROUP, victims=victims)
            await people["mansu"].do("sync")
            return {"frames": 1 + len(victims), "bytes": 512 + 16_384 * len(victims)}

        await self._attack(self.inside.led, moved)

    async def claims(self) -> None:
        """One after another, that other commits put somebody out; and an invitation to whoever looks for these."""
        self._tell(Text("A member claims, again and again, that another commit put somebody out",
                        "한 참여자가 다른 커밋이 누군가를 내보냈다고 거듭 주장합니다"))  # fmt: skip
        people = self._people

        async def claimed() -> dict[str, int]:
            await people["mansu"].do("keep", room=GROUP)
            await people["mina"].do("renew_keys", room=GROUP)
            await people["mina"].do("settled", room=GROUP)
            sora = people["sora"].account
            done: dict[str, int] = await people["mansu"].do("claim_falsely", room=GROUP, victim=sora, count=CLAIMS)
            return done

        async def invited() -> dict[str, int]:
            await people["mansu"].do("keep", room=GROUP)
            jun = people["jun"]
            await people["mansu"].do("invite_falsely", room=GROUP, account=jun.account, handle=jun.handle)
            await people["mansu"].do("sync")
            return {"frames": 1, "bytes": 4_096}

        await self._attack(self.inside.claimed, claimed)
        await self._attack(self.inside.invited, invited)

    async def dear_frames(self) -> None:
        """Frames that make a reader walk far through somebody's ratchet, each time anew."""
        self._tell(Text("Frames that name a place far ahead in somebody's ratchet, by a member and from outside",
                        "래칫의 먼 위치를 대는 프레임을, 참여자와 내보낸 사람이 넣습니다"))  # fmt: skip

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
        people = self._people
        before = {name: await people[name].do("work") for name in _HONEST}
        with suppress(Failed):
            self._meant = await people["mina"].do("stands", room=GROUP)
        meant = self._meant
        with suppress(Failed):  # who is out of the room, or whose room is elsewhere, can attack it no more
            done = await doing()
            attack.frames, attack.bytes = done["frames"], done["bytes"]
        heard = await self._heard_by(GROUP, _HONEST)
        await asyncio.sleep(LOOK_AFTER_S)
        later = await self._heard_by(GROUP, _HONEST)
        attack.heard = -1.0 if later < 0 else max(heard, later) if heard >= 0 else -1.0
        for name in _HONEST:
            after = await people[name].do("work")
            attack.calls = max(attack.calls, after["calls"] - before[name]["calls"])
            attack.cpu_s = max(attack.cpu_s, after["cpu_s"] - before[name]["cpu_s"])
            try:
                attack.away_s = max(attack.away_s, await people[name].do("longest_away", room=GROUP))
                stands = await people[name].do("stands", room=GROUP)
            except Failed:  # there is no room of that name any more
                attack.astray.append(name)
                continue
            if stands["phase"] != "joined":
                attack.away.append(name)
            elif any(stands[each] != meant[each] for each in ("admins", "name", "members")):
                attack.astray.append(name)

    async def _heard_by(self, room: str, names: Iterable[str]) -> float:
        """Mina says something; how long it took until all of these have it, or -1."""
        self._said += 1
        text = f"들리나요? {self._said}"
        waits = [self._people[name].do("hears", room=room, text=text, within_s=PATIENCE_S) for name in names]
        try:
            await self._people["mina"].do("write", room=room, text=text)
            took: list[float] = await asyncio.gather(*waits)
        except Failed:  # she is not in the room, or somebody has none of that name
            await asyncio.gather(*waits, return_exceptions=True)
            return -1.0
        return -1.0 if min(took) < 0 else max(took)

    # -- storms

    async def storm(self, rate: float) -> None:
        """A member commits so many times a second and is ordered out meanwhile; another one is away all the time."""
        self._tell(Text(f"A member commits {rate:.0f} times a second while an admin puts it out",
                        f"한 참여자가 1초에 {rate:.0f}번 커밋하는 동안 관리자가 내보냅니다"))  # fmt: skip
        people, storm, room = self._people, Storm(rate), f"{GROUP} {rate:.0f}"
        self.inside.storms.append(storm)
        await people.group(room, "mina", "jun", "sora", "mansu")
        await self._heard_by(room, _HONEST)
        await self._watch(room, ("mina", "jun"))
        await people["mansu"].do("keep", room=room)
        await people["sora"].stop()
        await people["mansu"].do("storm", room=room, rate=rate, ahead=AHEAD)
        await people["mina"].do("order_out", room=room, handle=people["mansu"].handle)
        storm.removed_s = await self._out(room)
        storm.heard = await self._heard_by(room, ("jun",))
        storm.commits = await people["mansu"].do("calm")
        await self._returns(storm, room)

    async def _out(self, room: str) -> float:
        account = self._people["mansu"].account
        waits = [
            self._people[name].do("out", room=room, account=account, within_s=REMOVED_WITHIN_S)
            for name in ("mina", "jun")
        ]
        took: list[float] = await asyncio.gather(*waits)
        return -1.0 if min(took) < 0 else max(took)

    async def _returns(self, storm: Storm, room: str) -> None:
        """Who was away comes back, and has what was said since."""
        sora, text = self._people["sora"], f"들리나요? {self._said}"
        await sora.start()
        if storm.heard >= 0:
            storm.back_s = await sora.do("hears", room=room, text=text, within_s=BACK_WITHIN_S)
        storm.back_calls = (await sora.do("work"))["calls"]
        await self._watch(room, ("sora",))

    # -- in the end

    async def _watch(self, room: str, names: Iterable[str] = _HONEST) -> None:
        for name in names:
            await self._people[name].do("watch", room=room)
        self._watched.append(room)

    async def end(self) -> None:
        """For how long anybody was without a room."""
        for name in _HONEST:
            for room in dict.fromkeys(self._watched):
                away: Any = await self._people[name].do("longest_away", room=room)
                self.inside.longest_away = max(self.inside.longest_away, away)
        attacks = [getattr(self.inside, each.name) for each in fields(self.inside)]
        self.inside.longest_away = max(
            self.inside.longest_away, *(each.away_s for each in attacks if isinstance(each, Attack))
        )
