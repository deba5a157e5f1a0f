"""The story of the drill: people talk, the directory is lost, they go on, it is rebuilt; how long each step takes."""

from __future__ import annotations

import asyncio
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from nullabona.drills.actors.actor import Person
from nullabona.drills.actors.company import Company
from nullabona.drills.lost_directory.findings import Lost
from nullabona.drills.lost_directory.machine import (
    STUBBORN,
    Copier,
    DirectoryMachine,
    running_directory,
    size_of,
    wait_grown,
)
from nullabona.drills.reporting.text import Sentences, Tell
from nullabona.drills.stage.playing import Stage, in_folder, playing
from nullabona.processes.program import ProcessFailed

_say: Final = Sentences("drill_lost_directory")

PERIOD_S: Final = 3
DAYS: Final = 40
"""The handles are made out to have been registered so many days ago."""
_HEARD_WITHIN_S: Final = 30.0
_POLL_S: Final = 0.1
_GONE_S: Final = 2.0
"""So long a directory that is gone is asked."""
GROUP: Final = "장날 장보기 Market day"
_CAST: Final = {
    Person("미나", "mina"): "127.0.0.31",
    Person("준", "jun"): "127.0.0.32",
    Person("나리", "nari"): "127.0.0.33",
    Person("소라", "sora"): "127.0.0.34",
    Person("도라", "dora"): "127.0.0.35",
    Person("Newcomer", "newcomer"): "127.0.0.36",
    Person("Quick", "quick"): "127.0.0.37",
    Person("Late", "late"): "127.0.0.38",
}
_BEFORE: Final = (("mina", "@jun", "장은 다섯 시에 보자"), ("nari", GROUP, "I bring the baskets"))
_MEANWHILE: Final = (
    ("mina", "@jun", "디렉터리가 안 되네, 그래도 얘기는 되지?"),
    ("jun", "@mina", "응, 잘 들려"),
    ("mina", GROUP, "두부랑 대파는 내가 살게"),
    ("jun", GROUP, "and I take the rice"),
)


def play(tell: Tell, period_s: int = PERIOD_S) -> Lost:
    """Play it in a new folder. Raises what goes wrong."""
    return in_folder(lambda folder: _play(folder, tell, period_s))


async def _play(folder: Path, tell: Tell, period_s: int) -> Lost:
    async with playing(folder) as stage:
        tell(_say("relay-directory-another"))
        machine = await stage.stack.enter_async_context(running_directory(folder / "machine", period_s))
        scene = _Scene(stage, machine, tell)
        await scene.live()
        await scene.lose()
        await scene.try_old_copy()
        await scene.restore()
        await scene.come_back()
        return await scene.take_stock()


class _Scene:
    def __init__(self, stage: Stage, machine: DirectoryMachine, tell: Tell) -> None:
        self._relay, self._machine, self._tell = stage.relay.url, machine, tell
        self._company = Company(stage.people, stage.stack, _CAST)
        self._old, self._new = (Copier(machine, machine.folder / name) for name in ("copy-old", "copy"))
        for copier in (self._old, self._new):
            stage.stack.push_async_callback(copier.stop)
        self._marks: dict[str, int] = {}
        self._lost_at = 0.0
        self.lost = Lost(machine.period_s)

    async def live(self) -> None:
        """Accounts, contacts, a group, some words; a deleted account; copies of the record, one of which stops."""
        people, machine = self._company, self._machine
        self._tell(_say("five-people-make"))
        for copier in (self._old, self._new):
            await copier.start()
        await people.enrol(machine.host, self._relay, ("mina", "jun", "nari", "sora", "dora"))
        for name in ("jun", "nari", "sora"):
            await people.befriend(name, "mina")
        await people.group(GROUP, "mina", "jun", "nari")
        await people.say(_BEFORE)
        await people["dora"].do("delete")
        await self._old.stop()
        self.lost.lacking = size_of(self._old.copy)
        await people.settle(("mina", "jun", "nari", "sora"))
        for name in ("mina", "jun", "nari", "sora"):
            await people[name].do("in_record")
        await self._stop_some("dora")
        quick = people["quick"]
        await quick.start()
        self.lost.before["dora"] = await self._claim("dora")
        await self._stop_some("sora", "nari")

    async def lose(self) -> None:
        """The machine is carried away right after an epoch was copied; those who are there talk on."""
        lost, people = self.lost, self._company
        for name in ("mina", "jun"):
            self._marks[name] = await people[name].do("mark")
        await asyncio.to_thread(self._machine.grow_old, DAYS)
        days = await asyncio.to_thread(self._machine.registered)
        lost.days = {name: (day, 0) for name, day in days.items()}
        lost.entries = await self._pull_the_plug(max(lost.lacking + 1, size_of(self._new.copy)))
        await asyncio.to_thread(self._machine.lose)
        self._lost_at = time.monotonic()
        self._tell(_say("directory-s-machine-gone", entries=lost.entries))
        await people.say(_MEANWHILE)
        lost.said = len(_MEANWHILE)
        await people.settle(("mina", "jun"))
        with suppress(TimeoutError):
            async with asyncio.timeout(_HEARD_WITHIN_S):
                while lost.heard < lost.said:
                    lost.heard = await self._heard()
                    await asyncio.sleep(_POLL_S)
        lost.talked_s = self._since_loss()
        found = await people["jun"].do("find", handle=people["sora"].handle, within_s=_GONE_S)
        lost.unknown = found.get("error", "")
        late = people["late"]
        await late.start()
        handle = f"late@{self._machine.host}"
        lost.unregistered = await late.do("claim", handle=handle, relay=self._relay, within_s=_GONE_S)
        await late.stop()

    async def try_old_copy(self) -> None:
        """A copy that lacks entries: the program refuses it; by a changed program it is taken, and nobody signs it."""
        lost, machine, people = self.lost, self._machine, self._company
        self._tell(_say("operator-takes-old", lacking=lost.lacking))
        kept = machine.folder / "copy-kept"
        await asyncio.to_thread(shutil.copytree, self._new.copy, kept)
        lost.refused = await machine.restore(self._old.copy)
        await asyncio.to_thread(machine.force, self._old.copy)
        await asyncio.to_thread(machine.start, STUBBORN)
        shown = await people["jun"].do("find", handle=people["mina"].handle, within_s=3.0)
        lost.forced_shown = shown.get("error", "shown")
        lost.copier_saw = await self._new.ended()
        if not lost.copier_saw:  # it went on with a shorter record, and lacks what it had: the drill goes on with that
            await self._new.stop()
            await asyncio.to_thread(shutil.rmtree, self._new.copy)
            kept.rename(self._new.copy)
        lost.forced = "has-more" if "has-more" in machine.said() else ""
        await asyncio.to_thread(machine.lose)
        for name in ("mina", "jun"):
            self._marks[name] = await people[name].do("mark")

    async def restore(self) -> None:
        """From the copy that lacks nothing."""
        lost, machine = self.lost, self._machine
        self._tell(_say("operator-takes-newest"))
        lost.restored = await machine.restore(self._new.copy)
        await asyncio.to_thread(machine.start)
        await self._new.start()
        await wait_grown(self._new.copy, lost.entries)
        lost.served_s = self._since_loss()
        for name in ("mina", "jun"):
            lost.back[name] = await self._put_back(name, self._lost_at)

    async def come_back(self) -> None:
        """Who was away comes back; of two who are still away, others take the handles."""
        lost, people = self.lost, self._company
        self._tell(_say("owners-devices-put"))
        began = time.monotonic()
        await people["nari"].start()
        lost.back["nari"] = await self._put_back("nari", began)
        lost.after["dora"] = await self._claim("dora")
        newcomer = people["newcomer"]
        await newcomer.start()
        lost.after["sora"] = await newcomer.do("claim", handle=people["sora"].handle, relay=self._relay)
        shown = await people["mina"].do("find", handle=people["sora"].handle)
        lost.contact_saw = shown.get("error", "")
        since = await people["mina"].do("happened", after=self._marks["mina"])
        lost.contact_told = any(event["kind"] == "identity-changed" for event in since)
        await people["sora"].start()
        with suppress(ProcessFailed):
            await people["sora"].do("happens", kind="warning", code="card-not-ours", after=0)

    async def take_stock(self) -> Lost:
        """Who finds whom, and what everybody was told."""
        lost, people = self.lost, self._company
        for name in ("mina", "jun", "nari"):
            shown = await people["newcomer"].do("find", handle=people[name].handle)
            lost.found[name] = shown.get("account") == people[name].account
        for name in ("mina", "jun", "nari", "sora", "newcomer", "quick"):
            events = await people[name].do("happened", after=self._marks.get(name, 0))
            lost.told[name] = sorted({event["code"] for event in events if event["kind"] == "warning"})
        days = await asyncio.to_thread(self._machine.registered)
        lost.days = {name: (day, days[name]) for name, (day, _) in lost.days.items() if name in days}
        lost.grown = await wait_grown(self._new.copy, lost.entries + 1)
        return lost

    # -- inside

    async def _pull_the_plug(self, size: int) -> int:
        """At a moment at which the newest copy lacks nothing; how many entries it has. G-04 is the other moment."""
        while True:
            found = await wait_grown(self._new.copy, size)
            await asyncio.to_thread(self._machine.stop)
            if await self._machine.whole(self._new.copy):
                return found
            await asyncio.to_thread(self._machine.start)
            size = found

    async def _heard(self) -> int:
        """How many of the words said meanwhile have reached those they were for."""
        here = {"@jun": "jun", "@mina": "mina", GROUP: ""}
        count = 0
        for who, where, text in _MEANWHILE:
            listener = here[where] or ("jun" if who == "mina" else "mina")
            room = self._company[who].handle if where.startswith("@") else where
            lines: list[list[Any]] = await self._company[listener].do("history", room=room)
            count += sum(line[1] == text for line in lines) == 1
        return count

    async def _claim(self, name: str) -> str:
        """Somebody else wants the handle; empty: they have it."""
        quick, handle = self._company["quick"], self._company[name].handle
        return str(await quick.do("claim", handle=handle, relay=self._relay))

    async def _put_back(self, name: str, began: float) -> float:
        """How long it took until the directory had somebody's card again; 0: it was not waited for any longer."""
        with suppress(ProcessFailed):
            await self._company[name].do("happens", kind="published", after=self._marks[name])
            return time.monotonic() - began
        return 0.0

    async def _stop_some(self, *names: str) -> None:
        for name in names:
            if name in {"sora", "nari"}:
                self._marks[name] = await self._company[name].do("mark")
            await self._company[name].stop()

    def _since_loss(self) -> float:
        return time.monotonic() - self._lost_at
