"""The story of the cluster's demo: three people talk, and one part after another is lost, then all of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, ClassVar, Final

from nullabona.drills.actors.actor import Actor, Person
from nullabona.drills.actors.company import GREETING, Company
from nullabona.drills.demo_cluster.cluster import Cluster
from nullabona.drills.demo_cluster.findings import Loss, Outcome
from nullabona.drills.demo_cluster.officer import search
from nullabona.drills.reporting.text import Sentences, Tell
from nullabona.drills.search import Kind, Secret
from nullabona.processes.program import python
from nullabona.processes.servers import RelayProcess

_say: Final = Sentences("drill_demo_cluster")

PEOPLE: Final = {
    Person("하늘", "haneul-seo"): "127.61.18.103",
    Person("보미", "bomi-choi"): "127.77.1.2",
    Person("재원", "jaewon-lim"): "127.201.33.44",
}
"""And where their connections come from."""
_GROUP: Final = "금요일 산책 모임"
_LINES: Final = (
    "금요일 저녁 일곱 시에 도서관 뒷문에서 만나요 ({number})",
    "지도와 손전등은 파란 가방에 넣어 둘게요 ({number})",
    "the blue envelope is under the third flowerpot ({number})",
)
_FILE: Final = ("만나는-장소.txt", "뒷문은 왼쪽 계단 아래, 열쇠는 화분 밑. The key is under the flowerpot.\n" * 20)
_EVERY_S: Final = 1.0


class Walker(Actor):
    """One of the three. Their client trusts the cluster's certificate."""

    PROGRAM: ClassVar[str] = "nullabona.drills.demo_cluster.person"
    authority: ClassVar[Path]

    async def start(self) -> None:
        """Open the profile in a new process."""
        await self.launch(python("-m", self.PROGRAM, str(self.profile), self.address, str(self.authority)))


class Story:
    """Plays it on a cluster that was not started yet. ``tell`` is called before each step."""

    def __init__(self, cluster: Cluster, tell: Tell) -> None:
        self._cluster = cluster
        self._tell = tell
        self._files: list[tuple[str, str]] = []
        self.outcome = Outcome(people=len(PEOPLE))

    async def play(self) -> Outcome:
        """Everything. Raises what goes wrong; a claim that does not hold is in the outcome, not raised."""
        await self._start()
        async with AsyncExitStack() as stack:
            Walker.authority = self._cluster.authority
            self._company = Company(self._cluster.folder / "people", stack, PEOPLE, Walker)
            self._first, self._second, self._third = self._company.members.values()
            await self._meet()
            await self._talk()
            await self._lose_parts()
            await self._officer_comes()
            await self._lose_everything()
            await self._take_stock()
        return self.outcome

    # -- beginning

    async def _start(self) -> None:
        began, cluster = time.monotonic(), self._cluster
        self._tell(_say("starting"))
        await _together(cluster.start_engine, cluster.start_bucket, cluster.start_names)
        await _together(lambda: cluster.start_relay(0), lambda: cluster.start_relay(1))
        await asyncio.to_thread(cluster.start_proxy)
        self.outcome.began_s = time.monotonic() - began
        self._tell(_say("started", seconds=self.outcome.began_s))

    async def _meet(self) -> None:
        names = list(self._company.members)
        self._tell(_say("meeting", names=", ".join(actor.name for actor in self._everybody)))
        await self._company.enrol(self._cluster.names.authority, self._cluster.url, names)
        for other in names[1:]:
            await self._company.befriend(names[0], other)
        await self._company.group(_GROUP, names[0], *names[1:])

    async def _talk(self) -> None:
        self._tell(_say("talking", every=_EVERY_S))
        for actor, lines in zip(self._everybody, _LINES, strict=True):
            await actor.do("talk", room=_GROUP, lines=lines, every_s=_EVERY_S)
        await self._send_file(self._first, "early")
        await self._fetch("kept", self._second)

    # -- losing

    async def _lose_parts(self) -> None:
        cluster = self._cluster
        self._tell(_say("primary"))
        victim = await self._lose("primary", lambda: cluster.lose_primary()[0])
        await asyncio.to_thread(victim.start)
        self._tell(_say("relay"))
        await self._lose("relay", cluster.lose_relay)
        await self._fetch("relay", self._third)
        await asyncio.to_thread(cluster.bring_back_relay)
        await self._send_file(self._third, "late")
        self._tell(_say("restart"))
        await self._lose("restart", cluster.restart_relay)
        self._tell(_say("store"))
        await self._lose("store", cluster.fail_over_store)
        await self._look_up()

    async def _look_up(self) -> None:
        """Everybody looks up everybody else's card, and compares the record with what they saw of it before."""
        pairs = [(one, other) for one in self._everybody for other in self._everybody if one is not other]
        found = [await one.do("look_up", handle=other.handle) for one, other in pairs]
        self.outcome.found_again = not any(found)

    async def _lose(self, part: str, deed: Callable[[], Any]) -> Any:  # noqa: ANN401 - what the deed gives
        began, before = time.monotonic(), await self._each("said")
        came = await asyncio.to_thread(deed)
        away_s = time.monotonic() - began
        await self._each("says_more", than=max(map(len, before)))
        lines = await self._caught_up()
        loss = Loss(part, away_s, time.monotonic() - began, lines)
        self.outcome.losses.append(loss)
        self._tell(_say("caught-up", away=loss.away_s, seconds=loss.caught_up_s, lines=lines))
        return came

    async def _lose_everything(self) -> None:
        cluster = self._cluster
        self._tell(_say("everything"))

        def empty() -> None:
            cluster.empty()
            for which in range(2):
                cluster.start_relay(which)

        await self._lose("everything", empty)
        await self._fetch("everything", self._first)

    async def _caught_up(self) -> int:
        """Wait until everybody has what was said until now; how many lines that is."""
        said = [line for lines in await self._each("said") for line in lines]
        await self._each("has_all", room=_GROUP, lines=said)
        return len(said)

    # -- files

    async def _send_file(self, sender: Actor, name: str) -> None:
        text = f"{name} {_FILE[1]}"
        self._files.append((await sender.do("sends_file", room=_GROUP, name=_FILE[0], text=text), text))

    async def _fetch(self, when: str, actor: Actor) -> None:
        """Somebody fetches the file that was sent last."""
        message, text = self._files[-1]
        read = await actor.do("opens_file", room=_GROUP, message=message, size=len(text.encode()))
        self.outcome.files.append((when, read == text))

    # -- the officer

    async def _officer_comes(self) -> None:
        self._tell(_say("officer"))
        outcome, cluster = self.outcome, self._cluster
        outcome.secrets = [*self._planted(), *await self._keys()]
        outcome.boxes, outcome.objects = await asyncio.to_thread(lambda: (cluster.boxes(), cluster.objects()))

        def look() -> None:
            with RelayProcess(None) as control:
                outcome.taken = search(cluster.machines(), outcome.secrets, control.pid)

        await asyncio.to_thread(look)

    def _planted(self) -> list[Secret]:
        lines = [line.partition("(")[0] for line in _LINES]
        texts = [*lines, GREETING, *_FILE]
        phrases = self._company.phrases
        return [
            *(Secret.text(Kind.TEXT, f"text {number}", text) for number, text in enumerate(texts, 1)),
            Secret.text(Kind.ROOM, "group's name", _GROUP),
            *(Secret.text(Kind.NAME, f"name of {actor.name}", actor.person.handle_name) for actor in self._everybody),
            *(Secret.text(Kind.PHRASE, f"phrase of {name}", phrase) for name, phrase in phrases.items()),
            *(Secret.text(Kind.ADDRESS, f"address of {actor.name}", actor.address) for actor in self._everybody),
        ]

    async def _keys(self) -> list[Secret]:
        found: Sequence[dict[str, str]] = await self._each("private_keys")
        return [
            Secret(Kind.KEY, f"{which} of {actor.name}", bytes.fromhex(key))
            for actor, keys in zip(self._everybody, found, strict=True)
            for which, key in keys.items()
        ]

    # -- the end

    async def _take_stock(self) -> None:
        self._tell(_say("comparing"))
        outcome = self.outcome
        said = await self._each("quiet")
        outcome.said = {actor.name: lines for actor, lines in zip(self._everybody, said, strict=True)}
        await self._caught_up()
        shown = await self._each("counts", room=_GROUP)
        warned = await self._each("warned", after=0)
        for actor, lines, codes in zip(self._everybody, shown, warned, strict=True):
            outcome.shown[actor.name], outcome.warned[actor.name] = lines, codes["codes"]

    @property
    def _everybody(self) -> list[Actor]:
        return list(self._company.members.values())

    async def _each(self, deed: str, **order: Any) -> list[Any]:  # noqa: ANN401 - as JSON gives it
        return list(await asyncio.gather(*(actor.do(deed, **order) for actor in self._everybody)))


async def _together(*deeds: Callable[[], None]) -> None:
    """Do them at the same time; all have ended when this returns or raises."""
    made: list[Coroutine[Any, Any, None]] = [asyncio.to_thread(deed) for deed in deeds]
    came = await asyncio.gather(*made, return_exceptions=True)
    for each in came:
        if isinstance(each, BaseException):
            raise each
