"""The story of the demo, step by step, on real processes. Tells what it does while it does it."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any, Final

from nullabona.drills.actors.actor import Actor, Person
from nullabona.drills.demo.findings import Outcome
from nullabona.drills.demo.script import DM, Line, Script
from nullabona.drills.reporting.text import Sentences, Tell, Text
from nullabona.drills.search import Hunt, Kind, Secret
from nullabona.drills.seizure.report import Scene, run_seizure
from nullabona.drills.warrant.report import run_warrant
from nullabona.extras import installed
from nullabona.processes.program import ProcessFailed
from nullabona.processes.servers import ANY_PORT, RelayProcess, delete_data

_say: Final = Sentences("drill_demo")

ADDRESSES: Final = ("127.61.18.103", "127.77.1.2", "127.201.33.44", "127.154.9.87", "127.33.210.5", "127.99.14.201")
"""Where the people's connections come from; loopback addresses that nothing else uses."""
_GREETING: Final = "안녕! 여기서 얘기하자 (let's talk here)"

_WHOLE: Final = frozenset({"S-20", "S-21", "R-10"})
"""Lines that need the whole story."""


class Story:
    """Plays a script in a new folder. ``tell`` is called before each step. ``desk``: with the legal desk."""

    def __init__(self, script: Script, folder: Path, tell: Tell, *, desk: bool = True) -> None:
        self._script = script
        self._desk = desk and installed("docket")
        self._folder = folder
        self._tell = tell
        self._data = folder / "relay"
        self._temporary = folder / "relay-tmp"
        self._log = folder / "relay.log"
        self._phrases: dict[str, str] = {}
        self._keys: dict[str, str] = {}
        """Private keys, by whose and which; in hexadecimal."""
        self._spoken: Counter[str] = Counter()
        """Lines that were said, by where."""
        self.outcome = Outcome(script)
        self._actors = {
            person: Actor(person, folder / "people", address)
            for person, address in zip(script.people, ADDRESSES, strict=False)
        }
        self._early, self._missed, self._late = split_after(script)
        self._relay: RelayProcess | None = None

    async def play(self, only: Sequence[str] = ()) -> Outcome:
        """Everything, or what the lines of ``only`` need: those of the officers are known after their first visit.
        Raises what goes wrong; a claim that does not hold is in the outcome, not raised.
        """
        whole = not only or any(line in _WHOLE for line in only)
        (self._folder / "people").mkdir()
        async with AsyncExitStack() as stack:
            stack.callback(self._stop_relay)
            for actor in self._actors.values():
                stack.push_async_callback(actor.stop)
            await self._gather_people()
            await self._talk()
            await self._demands_come()
            await self._officers_come(seize=whole or any(line.startswith("S-") for line in only))
            if whole:
                await self._lose_everything()
                await self._take_stock()
        return self.outcome

    def cast(self) -> dict[str, Any]:
        """The people and the paths of their data, for continuing with them."""
        assert self._relay is not None
        people = [{"name": actor.name, "profile": str(actor.profile.resolve())} for actor in self._actors.values()]
        return {"relay": {"address": self._relay.authority, "data": str(self._data.resolve())}, "people": people}

    # -- people -------------------------------------------------------------------------------------------------

    async def _gather_people(self) -> None:
        self._tell(_say("relay-starts-nothing"))
        self._relay = self._start_relay(ANY_PORT)
        names = ", ".join(person.name for person in self._script.people)
        self._tell(_say("make-accounts-each", names=names))
        await asyncio.gather(*(self._enrol(actor, self._relay) for actor in self._actors.values()))
        first, *others = self._actors.values()
        self._tell(_say("they-ask-one"))
        await asyncio.gather(*(other.do("ask", handle=first.handle, greeting=_GREETING) for other in others))
        for other in others:
            await first.do("accept", handle=other.handle)
            await first.do("befriended", handle=other.handle)
            await other.do("befriended", handle=first.handle)

    async def _enrol(self, actor: Actor, relay: RelayProcess) -> None:
        self._phrases[actor.name] = await actor.enrol(relay.authority, relay.url)
        keys = await actor.do("private_keys")
        self._keys |= {f"{which} of {actor.name}": key for which, key in keys.items()}

    def _present(self) -> list[Actor]:
        """Who is in the group at the end."""
        return [actor for person, actor in self._actors.items() if person != self._script.removed]

    # -- talk ---------------------------------------------------------------------------------------------------

    async def _talk(self) -> None:
        script = self._script
        first, second, *_ = self._actors.values()
        self._tell(_say("talk-messages", name=first.name, name2=second.name, dm=len(script.dm)))
        await self._say(script.dm)
        people = len(self._actors)
        self._tell(_say("group-messages", people=people, before=len(script.before)))
        await first.do("group", name=script.group, handles=[actor.handle for actor in self._actors.values()][1:])
        for actor in self._actors.values():
            await actor.do("joined", room=script.group, members=people)
        await self._say(script.before)
        await self._all_have(self._actors.values(), len(script.before))
        await self._remove(first)

    async def _remove(self, admin: Actor) -> None:
        script, out = self._script, self._actors[self._script.removed]
        early = self._early
        self._tell(_say("removed-group-others", name=out.name, early=len(early)))
        await admin.do("remove", room=script.group, handle=out.handle)
        with suppress(ProcessFailed):  # what they then go on to see is for the report
            await out.do("removed", room=script.group)
        await self._say(early)
        await self._all_have(self._present(), len(script.before) + len(early))

    async def _say(self, lines: Sequence[Line]) -> None:
        """Say one line after the other. Each speaker has the earlier lines first, or the order would be random."""
        for line in lines:
            actor, room = self._actors[line.speaker], self._room_of(line)
            await actor.do("has", room=room, count=self._spoken[line.where])
            await actor.do("say", room=room, text=line.text)
            self._spoken[line.where] += 1

    def _room_of(self, line: Line) -> str:
        if line.where != DM:
            return self._script.group
        first, second, *_ = self._actors.values()
        return (second if line.speaker == first.person else first).handle

    async def _all_have(self, actors: Iterable[Actor], count: int) -> None:
        await asyncio.gather(*(actor.do("has", room=self._script.group, count=count) for actor in actors))

    # -- the legal desk ------------------------------------------------------------------------------------------

    async def _demands_come(self) -> None:
        if not self._desk:
            self._tell(_say("legal-desk-not"))
            return
        from nullabona.drills.docket.act import run_act

        first, *_ = self._actors.values()
        said = self._secrets(but=first)
        told = [*filter(Hunt(said).finds, said)]
        self.outcome.docket = [await run_act(self._folder / "desk", self._data, first.handle, told, self._tell)]

    # -- officers -----------------------------------------------------------------------------------------------

    async def _officers_come(self, *, seize: bool) -> None:
        await self._somebody_is_away()
        self._tell(_say("officers-come-warrant"))
        self.outcome.warrants = [run_warrant(self._data, actor.handle) for actor in self._actors.values()]
        if not seize:
            return
        self._seize(_say("officers-seize-machine"))

    async def _somebody_is_away(self) -> None:
        """Who was removed ends their program; then somebody asks them, so that something waits in one inbox."""
        out, (_, asking, *_) = self._actors[self._script.removed], [*self._present(), *self._present()]
        await out.stop()
        self._tell(_say("away-asks-them", name=out.name, name2=asking.name))
        await asking.do("ask", handle=out.handle, greeting=_GREETING)
        await asking.do("sync")

    def _seize(self, saying: Text) -> None:
        assert self._relay is not None
        self._tell(saying)
        unused = self._folder / "unused"
        with RelayProcess(unused, log=self._folder / "unused.log", temporary=self._temporary) as control:
            scene = Scene(
                data=self._data,
                secrets=self._secrets(),
                pid=self._relay.pid,
                logs=(self._log,),
                temporary=(self._temporary,),
                control=control.pid,
            )
            self.outcome.seizures.append(run_seizure(scene))
        shutil.rmtree(unused)

    def _secrets(self, but: Actor | None = None) -> list[Secret]:
        """What nobody may find. ``but``: somebody whose names the demand itself says."""
        script = self._script
        texts = [Secret.text(Kind.TEXT, f"message {n}", line.text) for n, line in enumerate(script.lines, 1)]
        texts.append(Secret.text(Kind.TEXT, "greeting", _GREETING))
        people = [person for person in script.people if but is None or person != but.person]
        names = {name for person in people for name in (person.name, person.handle_name)}
        labelled = [Secret.text(Kind.NAME, f"name {n}", name) for n, name in enumerate(sorted(names), 1)]
        phrases = [Secret.text(Kind.PHRASE, f"phrase of {name}", words) for name, words in self._phrases.items()]
        addresses = [
            Secret.text(Kind.ADDRESS, f"address of {actor.name}", actor.address) for actor in self._actors.values()
        ]
        keys = [Secret(Kind.KEY, label, bytes.fromhex(key)) for label, key in self._keys.items()]
        return [*texts, Secret.text(Kind.ROOM, "group's name", script.group), *labelled, *phrases, *keys, *addresses]

    # -- loss ---------------------------------------------------------------------------------------------------

    async def _lose_everything(self) -> None:
        assert self._relay is not None
        missed, late = self._missed, self._late
        absent = self._absent()
        said = len(self._script.before) + len(self._early) + len(missed)
        await absent.stop()
        self.outcome.away = f"{absent.name}/{self._script.group}"
        self._tell(_say("goes-offline-misses", name=absent.name, missed=len(missed)))
        await self._say(missed)
        gone = await self._some_leave(absent, said)
        self.outcome.put_back = len(missed)
        delete_data(self._data)
        self.outcome.relay_exit = self._relay.wait().code
        self._tell(_say("relay-starts-again", late=len(late)))
        self._relay = self._start_relay(self._relay.authority)
        await asyncio.gather(absent.start(), self._actors[self._script.removed].start())
        self.outcome.came_back = await self._comes_to_have(absent, said)
        await asyncio.gather(*(actor.start() for actor in gone))
        if self.outcome.came_back:
            await self._say(late)
            await self._all_have(self._present(), said + len(late))

    async def _some_leave(self, absent: Actor, said: int) -> list[Actor]:
        """All but one who spoke meanwhile go, once they have everything: what they said comes back only from who stays,
        and what that one said only from its speaker.
        """
        speakers = {line.speaker for line in self._missed}
        there = [actor for actor in self._present() if actor is not absent]
        await self._all_have(there, said)
        await asyncio.gather(*(actor.do("sync") for actor in there))
        stays = next(actor for actor in there if actor.person in speakers)
        gone = [actor for actor in there if actor is not stays]
        await asyncio.gather(*(actor.stop() for actor in gone))
        return gone

    async def _comes_to_have(self, actor: Actor, count: int) -> bool:
        """Wait until somebody has so many messages of the group; False if they do not come, which is for the report."""
        try:
            await actor.do("has", room=self._script.group, count=count)
        except ProcessFailed:
            return False
        return True

    def _absent(self) -> Actor:
        """Somebody who does not speak while they are offline."""
        speakers = {line.speaker for line in self._missed}
        return next(actor for actor in self._present() if actor.person not in speakers)

    async def _take_stock(self) -> None:
        script = self._script
        await asyncio.gather(*(actor.do("sync") for actor in self._present()))
        self._seize(_say("new-relay-seized-searched"))
        self._tell(_say("everybody-s-history"))
        for actor in self._actors.values():
            lines = script.before if actor.person == script.removed else script.before + script.after
            await self._compare(actor, script.group, lines)
        first, second, *_ = self._actors.values()
        after = {line.text for line in script.after}
        elsewhere = await self._actors[script.removed].do("history", room=first.handle)
        self.outcome.told = sum(text in after for _, text in elsewhere)
        await self._compare(first, second.handle, script.dm)
        await self._compare(second, first.handle, script.dm)

    async def _compare(self, actor: Actor, room: str, lines: Sequence[Line]) -> None:
        key = f"{actor.name}/{room}"
        self.outcome.expected[key] = [[self._actors[line.speaker].account, line.text] for line in lines]
        self.outcome.got[key] = await actor.do("history", room=room)

    # -- the relay ----------------------------------------------------------------------------------------------

    def _start_relay(self, listen: str) -> RelayProcess:
        return RelayProcess(self._data, listen=listen, log=self._log, temporary=self._temporary)

    def _stop_relay(self) -> None:
        if self._relay is not None:
            self._relay.stop()


def split_after(script: Script) -> tuple[tuple[Line, ...], tuple[Line, ...], tuple[Line, ...]]:
    """What is said after the removal: before the loss, while somebody is offline, after the loss.

    The middle is the longest run in the second half in which one of those present does not speak.
    """
    after = script.after
    present = [person for person in script.people if person != script.removed]
    runs = [_silence(after, start, person) for person in present for start in range(len(after) // 2, len(after))]
    start, end = max(runs, key=lambda run: (run[1] - run[0], -run[0]))
    return after[:start], after[start:end], after[end:]


def _silence(lines: Sequence[Line], start: int, person: Person) -> tuple[int, int]:
    """From ``start`` on, until ``person`` speaks."""
    end = start
    while end < len(lines) and lines[end].speaker != person:
        end += 1
    return start, end
