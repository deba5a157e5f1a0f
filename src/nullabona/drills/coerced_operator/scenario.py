"""The story of the drill: each lie is told for real while people talk; what they notice and lose is written down."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from nullabona.drills.actors.actor import Actor, Person
from nullabona.drills.actors.company import Company
from nullabona.drills.coerced_operator.alone import Telling
from nullabona.drills.coerced_operator.findings import DEEDS, HALF, NOTICED, Alone, Outcome, Told, once
from nullabona.drills.operator.lies import APART, BARE, CARDS, PROMISED, SPOIL, STANDING
from nullabona.drills.reporting.text import Sentences, Tell, Text, as_it_is
from nullabona.drills.stage.playing import in_folder
from nullabona.processes.program import ProcessFailed, python
from nullabona.processes.servers import ANY_PORT
from nullabona.processes.workers import Worker, working

_say: Final = Sentences("drill_coerced_operator")

_ADDRESSES: Final = ("127.21.4.1", "127.21.4.2", "127.21.4.3", "127.21.4.4")
_PEOPLE: Final = (Person("한미나", "mina"), Person("서준", "jun"), Person("유소라", "sora"), Person("Leo", "leo"))
_GROUP: Final = "우리 동네 neighbours"
_POLL_S: Final = 0.05
_LEAST_LIES: Final = 3
_PATIENCE_S: Final = 120.0
"""So long may nothing more come to anybody, once the relay is honest, until what is missing counts as lost. To this
comes as long again as the lie lasted, for the reason of `_NOTICE_S`; and it begins again with each message that comes,
as a machine that is very busy may take minutes for what takes seconds elsewhere.
"""
_LIE_S: Final = 60.0
"""A lie that nobody was told within this time is an error of the drill, or of a machine that is very busy."""
_NOTICE_S: Final = 60.0
"""So long after everybody has everything may it take until those are told who have to be told of two histories: some
seconds, and far more on a machine that is very busy. To this comes as long again as the lie lasted: the pauses between
two announcements of a branch double, so that those who were kept apart meet again after as long as they were.
"""


def _never(_: Sequence[Told]) -> bool:
    return False


async def tell_lies(
    folder: Path,
    tell: Tell,
    lies: Sequence[str] = tuple(DEEDS),
    enough: Callable[[Sequence[Told]], bool] = _never,
    *,
    alone: bool = True,
) -> Outcome:
    """Tell every lie, one after the other, until ``enough`` came of them; between two of them the relay is honest.

    ``alone``: before that, tell single connections of activity.
    """
    async with AsyncExitStack() as stack:
        tell(_say("operator-made-run"))
        play = python("-m", "nullabona.drills.operator.lies", "relay", "serve", "--data", str(folder / "relay"))
        serve = (*play, "--listen", ANY_PORT, "--json")
        relay = await stack.enter_async_context(working(serve, folder / "relay.log"))
        scene = _Scene(relay, folder / "people", stack)
        await scene.gather()
        found = None
        if alone:
            found = await scene.tell_alone()
            tell(describe_alone(found))
        told: list[Told] = []
        for name in lies:
            one = await scene.lie(name)
            told.append(one)
            tell(describe(one))
            if not one.whole or enough(told):
                break
        return Outcome(told, found)


def play(
    tell: Tell,
    lies: Sequence[str] = tuple(DEEDS),
    enough: Callable[[Sequence[Told]], bool] = _never,
    *,
    alone: bool = True,
) -> Outcome:
    """Play it in a new folder."""
    return in_folder(lambda folder: tell_lies(folder, tell, lies, enough, alone=alone))


def describe(told: Told) -> Text:
    """One line of the report."""
    deed = DEEDS[told.name]
    codes = "; ".join(", ".join(each) or "-" for each in (told.halves if told.name == APART else [told.codes]))
    after = f"{told.seconds:.1f}"
    shown, forged = told.came_through, told.forged
    warnings = _say("warnings-apart", codes=codes) if told.name == APART else as_it_is(codes)
    end = _say("everybody-whole", after=after) if told.whole else _say("something-missing")
    values = {"lies": told.answers, "shown": shown, "forged": forged, "warnings": warnings, "end": end}
    return _say("lies-told", deed=deed, **values)


def describe_alone(found: Alone) -> Text:
    """The same, of what single connections were told."""
    read = _say("read-after", seconds=found.read_s) if found.read_s is not None else _say("not-read")
    caught = _say("caught-after", seconds=found.caught_s) if found.caught and found.proven else _say("not-caught")
    believed = ", ".join(found.believed) if found.believed else _say("nothing-read")
    return _say("told-alone", read=read, caught=caught, believed=believed)


class _Scene:
    """Four people in a group, at a relay that obeys."""

    def __init__(self, relay: Worker, folder: Path, stack: AsyncExitStack) -> None:
        self._relay = relay
        self._company = Company(folder, stack, dict(zip(_PEOPLE, _ADDRESSES, strict=True)), Actor)
        self._people = list(self._company.members.values())
        self._said: list[list[str]] = []
        self._seen: dict[str, int] = {}
        self._letters = 0
        """What was put into inboxes by the end of the lie before: what comes late is counted with the next."""

    async def gather(self) -> None:
        """Accounts, contacts, the group."""
        company, (first, *others) = self._company, self._company.members
        url = str(self._relay.ready["ready"])
        await company.enrol(url.split("://", 1)[1].split("/", 1)[0], url, company.members)
        for other in others:
            await company.befriend(other, first, "hello")
        await company.group(_GROUP, first, *others)
        await self._say("전에 before")
        await self._all(_PATIENCE_S)

    async def tell_alone(self) -> Alone:
        """Tell single connections of activity. What people are warned of by that is not counted for later lies."""
        found = await Telling(self._relay, self._people).tell()
        await self._warned()
        return found

    async def lie(self, name: str) -> Told:
        """Tell one lie while everybody speaks; then be honest until everybody has everything."""
        apart = [actor.address for actor in self._people[HALF:]] if name == APART else []
        await self._begin_epoch()
        await self._warned()
        had, lied = await self._shown(), time.monotonic()
        await self._relay.do("lie", name=name, apart=apart)
        await self._say(name)
        if name == APART:
            await self._talk_apart()
        for actor in (self._people[1], self._people[3]) if name not in {SPOIL, APART} else ():
            await actor.do("renew_keys", room=_GROUP)
        looked = await self._look_up() if name == CARDS else []
        answers = await self._until_told()
        shown = await self._shown()
        await self._relay.do("lie", name="")
        began = time.monotonic()
        await self._say(f"{name} 뒤 after")
        await self._all(_PATIENCE_S + began - lied)
        seconds = time.monotonic() - began
        forged = sum(line not in self._said for lines in shown.values() for line in lines)
        came = sum(self._of_others(actor, shown) - self._of_others(actor, had) for actor in self._people)
        before, self._letters = self._letters, int(await self._relay.do("letters"))
        whole, warned = await self._whole(), await self._warned()
        told = Told(name, answers, came, forged, warned, seconds, whole, tuple(looked), self._letters - before)
        return await self._until_noticed(told, _NOTICE_S + began - lied) if name in NOTICED else told

    async def _begin_epoch(self) -> None:
        """Until everybody is in an epoch that began while the relay was honest.

        Of two histories people are told once for each epoch. They may hear of those of the lie before at any time: in
        the epoch in which they were, however, and not in this one.
        """
        await self._people[1].do("renew_keys", room=_GROUP)
        began = time.monotonic()
        while time.monotonic() - began < _PATIENCE_S:
            await asyncio.gather(*(actor.do("settled", room=_GROUP) for actor in self._people))
            first, *others = [await actor.do("epoch", room=_GROUP) for actor in self._people]
            if others == [first] * len(others):
                return
            await asyncio.sleep(_POLL_S)
        raise ProcessFailed("the people do not come to the same epoch")

    async def _look_up(self) -> list[str]:
        """What comes of looking at the cards that are shown: `Told.looked`. A contact's, and one of who is none; each
        with the promise of the true card, with none, and as if it were in the record.
        """
        first, second, _, fourth = self._people
        looked = []
        for what in (PROMISED, BARE, STANDING):
            await self._relay.do("pass_for", what=what)
            for looker, handle in ((second, first.handle), (fourth, first.handle), (fourth, second.handle)):
                looked.append(await looker.do("look_up", handle=handle))
        return looked

    @staticmethod
    def _of_others(actor: Actor, shown: dict[str, list[list[str]]]) -> int:
        return sum(line[0] != actor.account for line in shown[actor.name])

    async def _say(self, text: str) -> None:
        for number in range(len(self._people)):
            await self._write(number, f"{text} {number}")

    async def _write(self, number: int, line: str) -> None:
        actor = self._people[number]
        await actor.do("write", room=_GROUP, text=line)
        self._said.append([actor.account, line])

    async def _talk_apart(self) -> None:
        """Until each half is in an epoch of its own and has what it said itself, and the true history is the longer.

        Who is shown less than before is told that it is gone, and need not see that there were two.
        """
        (first, second), deceived = self._people[:HALF], self._people[HALF:]
        said, began = len(self._said), time.monotonic()
        await deceived[-1].do("renew_keys", room=_GROUP)
        await asyncio.gather(*(actor.do("settled", room=_GROUP) for actor in deceived))
        await self._have(said - HALF, deceived)
        while not await self._relay.do("longer") and time.monotonic() - began < _LIE_S:
            await self._write(0, f"{APART} more {len(self._said)}")
            await self._have(len(self._said) - HALF, [first, second])
        await second.do("renew_keys", room=_GROUP)
        await asyncio.gather(*(actor.do("settled", room=_GROUP) for actor in (first, second)))

    async def _until_told(self) -> int:
        """Until the lie was told a few times; how often it was."""
        count, began = 0, time.monotonic()
        while count < _LEAST_LIES and time.monotonic() - began < _LIE_S:  # the relay has no way to tell by itself
            await asyncio.sleep(_POLL_S)
            count = int(await self._relay.do("count"))
        return count

    async def _until_noticed(self, told: Told, within_s: float) -> Told:
        """Until those were told of two histories who have to be, or for so long that they are not."""
        began = time.monotonic()
        while not told.noticed and time.monotonic() - began < within_s:
            await asyncio.sleep(_POLL_S)
            more = await self._warned()
            told = replace(told, warned=tuple(once([*had, *new]) for had, new in zip(told.warned, more, strict=True)))
        return told

    async def _all(self, patience_s: float) -> None:
        """Until everybody has everything, or nobody was shown anything more for so long that it is lost."""
        shown, since = 0, time.monotonic()
        while not await self._have(len(self._said)) and time.monotonic() - since < patience_s:
            count = sum(map(len, (await self._shown()).values()))
            if count > shown:
                shown, since = count, time.monotonic()

    async def _have(self, count: int, people: Sequence[Actor] = ()) -> bool:
        """Wait until people, by default all, have so many messages; False if somebody does not come to have them."""
        deeds = (actor.do("has", room=_GROUP, count=count) for actor in people or self._people)
        came = await asyncio.gather(*deeds, return_exceptions=True)
        for wrong in came:
            if isinstance(wrong, BaseException) and not isinstance(wrong, ProcessFailed):
                raise wrong
        return not any(came)

    async def _shown(self) -> dict[str, list[list[str]]]:
        return {actor.name: await actor.do("history", room=_GROUP) for actor in self._people}

    async def _whole(self) -> bool:
        wanted = sorted(self._said)
        return all(sorted(lines) == wanted for lines in (await self._shown()).values())

    async def _warned(self) -> tuple[tuple[str, ...], ...]:
        """What each person was warned of since this was asked last."""
        return tuple([once(await self._warnings(actor)) for actor in self._people])

    async def _warnings(self, actor: Actor) -> list[str]:
        said: dict[str, Any] = await actor.do("warned", after=self._seen.get(actor.name, 0))
        self._seen[actor.name] = int(said["last"])
        return list(said["codes"])
