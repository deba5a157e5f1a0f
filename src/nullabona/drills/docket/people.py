"""Those who go on talking while the desk works: three people, a relay, a group; all in processes of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from nullabona.drills.actors.actor import Actor, Person
from nullabona.drills.actors.company import Company
from nullabona.drills.search import Kind, Secret
from nullabona.drills.stage.playing import playing
from nullabona.processes.servers import RelayProcess

GROUP: Final = "북극곰 독서 모임 Polar readers"
PEOPLE: Final = (Person("미나", "mina"), Person("권준서", "junseokwon"), Person("박하린", "harinpark"))
_ADDRESSES: Final = ("127.0.0.21", "127.78.1.2", "127.202.33.44")
_GREETING: Final = "혹시 지난주에 얘기한 책 아직 갖고 있어요?"
_LINES: Final = (
    "내일 세 시에 시청 앞에서 봐요",
    "the seventh draft is under the blue stone",
    "어제 병원 다녀온 얘기는 우리끼리만 알고 있자",
    "bring the ledger to the boathouse, not the copy",
    "다음 달 회의록은 종이로만 남기기로 했어요",
    "nobody else needs to know who paid for the lanterns",
)


@dataclass(slots=True)
class Talk:
    """People who talk. ``said``: what is to be found nowhere."""

    relay: RelayProcess
    data: Path
    actors: list[Actor]
    phrases: list[str]
    said: list[str] = field(default_factory=lambda: [_GREETING])

    @property
    def here(self) -> str:
        """The handle that demands are about."""
        return self.actors[0].handle

    async def go_on(self) -> None:
        """One more message by each, in the group, and one between two."""
        for actor in self.actors:
            await self._say(actor, GROUP)
        first, second, *_ = self.actors
        await self._say(second, first.handle)

    async def everybody_has_it(self) -> None:
        """Until nothing that was said is on its way any more."""
        await asyncio.gather(*(actor.do("sync") for actor in self.actors))

    def secrets(self) -> list[Secret]:
        """Messages, room, contacts, phrases and addresses; not the handle that the demands name themselves."""
        texts = [Secret.text(Kind.TEXT, f"message {n}", text) for n, text in enumerate(self.said, 1)]
        names = [name for person in PEOPLE[1:] for name in (person.name, person.handle_name)]
        labelled = [Secret.text(Kind.NAME, f"contact {n}", name) for n, name in enumerate(names, 1)]
        phrases = [Secret.text(Kind.PHRASE, f"phrase {n}", words) for n, words in enumerate(self.phrases, 1)]
        addresses = [Secret.text(Kind.ADDRESS, f"address {n}", text) for n, text in enumerate(_ADDRESSES, 1)]
        return [*texts, Secret.text(Kind.ROOM, "group's name", GROUP), *labelled, *phrases, *addresses]

    async def _say(self, actor: Actor, room: str) -> None:
        text = f"{_LINES[len(self.said) % len(_LINES)]} ({len(self.said)})"
        await actor.do("say", room=room, text=text)
        self.said.append(text)


@asynccontextmanager
async def talking(folder: Path) -> AsyncIterator[Talk]:
    """A relay, and people on it who know one another, until the block ends."""
    async with playing(folder) as stage:
        people, relay = (
            Company(stage.people, stage.stack, dict(zip(PEOPLE, _ADDRESSES, strict=True)), Actor),
            stage.relay,
        )
        await people.enrol(relay.authority, relay.url, people.members)
        first, *others = people.members
        for other in others:
            await people.befriend(other, first, _GREETING)
        await people.group(GROUP, first, *others)
        yield Talk(relay, relay.data, list(people.members.values()), list(people.phrases.values()))
