"""The story of the drill ``tap``: the relay's program is exchanged for one that listens; then people live on."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from nullabona.drills.actors.actor import Actor, Person
from nullabona.drills.actors.company import Company
from nullabona.drills.operator.recording import read_tape
from nullabona.drills.reporting.text import Sentences, Tell
from nullabona.drills.search import Kind, Secret
from nullabona.drills.stage.playing import Stage, playing
from nullabona.drills.tap.findings import Heard
from nullabona.drills.tap.listening import Listened, Pair
from nullabona.drills.warrant.report import run_warrant
from nullabona.processes.program import ProcessFailed, Program

_say: Final = Sentences("drill_tap")

_ADDRESSES: Final = ("127.31.7.19", "127.90.4.2", "127.12.200.8", "127.66.1.77", "127.140.9.3", "127.5.88.41")
_PEOPLE: Final = (
    Person("한미나", "mina"),
    Person("서준", "jun"),
    Person("Dan", "dan"),
    Person("유소라", "sora"),
    Person("하늘", "hani"),
    Person("Leo", "leo"),
)
_CONTACTS: Final = (("mina", "jun"), ("mina", "dan"), ("mina", "sora"), ("sora", "hani"), ("sora", "leo"))
_GROUPS: Final = {"여름 여행 2026": ("mina", "jun", "dan"), "Reading circle 독서": ("sora", "hani", "leo")}
_TALK: Final = (
    ("mina", "@jun", "내일 병원 예약이 열한 시라서 조금 늦을 것 같아"),
    ("jun", "@mina", "괜찮아, 끝나고 정문 앞에서 만나자"),
    ("mina", "여름 여행 2026", "제주도 숙소는 바다 쪽으로 예약했어요"),
    ("dan", "여름 여행 2026", "I can drive from the airport if somebody shares the petrol"),
    ("jun", "여름 여행 2026", "비행기 표는 금요일까지 결제해야 해"),
    ("sora", "Reading circle 독서", "이번 달 책은 한강의 소설로 정했습니다"),
    ("leo", "Reading circle 독서", "Has anybody a spare copy? The library has a waiting list"),
    ("hani", "Reading circle 독서", "두 권 있으니 목요일에 가져갈게요"),
    ("mina", "@sora", "그 기자가 물어본 이야기는 아무에게도 하지 마"),
    ("sora", "@mina", "알겠어, 여기서만 이야기하자"),
    ("dan", "여름 여행 2026", "Shall we bring the small tent or the large one?"),
)
_TOGETHER: Final = ("hani", "leo")
_PERIOD_S: Final = 10
"""Of the directory's record. Nobody asks before their card is in it: an account's first minutes are another story."""
_CALM_S: Final = 2.0
"""Seconds for which a wake may be under way: a relay keeps it for a device that waits again within the second."""
_LOOKS_S: Final = 180.0
"""A look takes some hundredths of a second. A relay that hangs answers never."""
_GREETING: Final = "안녕하세요, 우리 아는 사이죠?"
_ANSWER: Final = "그럼요, 오랜만이에요! 잘 지냈어요?"
_FILE: Final = ("sora", "Reading circle 독서", "토론 질문.txt")
_QUESTION: Final = "왜 그는 돌아오지 않았는가? Why did the narrator keep the letter for eleven years?"
_FILE_TEXT: Final = _QUESTION + "".join(f"\n{number}. " + "?" * number for number in range(300))


async def hear(folder: Path, tell: Tell) -> Heard:
    """Play it all in ``folder``."""
    program = ("-m", "nullabona.drills.operator.recording", str(folder / "tape"))
    async with playing(folder, "--period", str(_PERIOD_S), program=program) as stage:
        tell(_say("operator-made-run"))
        scene = _Scene(stage)
        await scene.gather(tell)
        before = scene.inbox_counts()
        await scene.befriend()
        asked = scene.inbox_counts()
        await scene.renew()
        await scene.open_groups()
        formed = scene.inbox_counts()
        tell(_say("they-talk-two"))
        await scene.talk()
        tell(_say("operator-looks-into"))
        await scene.remember()
        return scene.heard(asked["jun"] - before["jun"], sum(formed.values()) - sum(asked.values()))


def play(tell: Tell) -> tuple[Heard, tempfile.TemporaryDirectory[str]]:
    """Play it in a new folder, which the caller removes."""
    folder = tempfile.TemporaryDirectory(prefix="nullabona-drill-")
    try:
        return asyncio.run(hear(Path(folder.name), tell)), folder
    except BaseException:
        folder.cleanup()
        raise


def memory_of(relay: Program) -> list[str]:
    """What ties a wake token to a box in the memory of a relay of `nullabona.drills.operator.recording`. Raises
    `ProcessFailed` if it could not look, or has ended.
    """
    try:
        answer = relay.tell("look")
    except BrokenPipeError:
        answer = ""
    if not answer:
        raise ProcessFailed(f"the relay ended when it was to look into its memory: {relay.wait().code}")
    told: dict[str, Any] = json.loads(answer)
    if "failed" in told:
        raise ProcessFailed(f"the relay could not look into its memory: {told['failed']}")
    return list(told["ties"])


class _Scene:
    """The people, the relay with the tape, and what they do."""

    def __init__(self, stage: Stage) -> None:
        self.tape = stage.folder / "tape"
        self._relay = stage.relay
        self._company = Company(stage.people, stage.stack, dict(zip(_PEOPLE, _ADDRESSES, strict=True)), Actor)
        self._people = self._company.members
        for name in _TOGETHER:
            self._people[name].together = True
        self._rooms: set[str] = set()
        self._remembered: list[str] | None = None
        self._grouped_at = 0.0

    def handle(self, name: str) -> str:
        """The whole handle of somebody."""
        return self._people[name].handle

    def inbox_counts(self) -> dict[str, int]:
        """The last number that a warrant shows to have been given out in each one's inbox."""
        return {
            name: int(run_warrant(self._relay.data, self.handle(name)).data["inbox"]["number"]) for name in self._people
        }

    async def gather(self, tell: Tell) -> None:
        """Accounts."""
        tell(_say("six-people-make"))
        await self._company.enrol(self._relay.authority, self._relay.url, self._people)
        await asyncio.gather(*(actor.do("proven") for actor in self._people.values()))

    async def befriend(self) -> None:
        """Contacts, who have said a word to one another."""
        for one, other in _CONTACTS:
            await self._befriend(one, other)

    async def renew(self) -> None:
        """A new card of everybody, as there is one each week; who will make a group has those of the others."""
        numbers = dict(
            zip(
                self._people,
                await asyncio.gather(*(actor.do("renew_card") for actor in self._people.values())),
                strict=True,
            )
        )
        guests = [(maker, other) for maker, *others in _GROUPS.values() for other in others]
        await asyncio.gather(
            *(
                self._people[maker].do("knows_card", handle=self.handle(other), number=numbers[other])
                for maker, other in guests
            )
        )

    async def open_groups(self) -> None:
        """The groups, with everybody in them."""
        self._grouped_at = time.monotonic()
        for group, members in _GROUPS.items():
            await self._company.group(group, *members)

    async def talk(self) -> None:
        """Everything that is said; half way one goes away and comes back."""
        half = len(_TALK) // 2
        await self._company.say(_TALK[:half])
        leo = self._people["leo"]
        await leo.stop()
        await leo.start()
        await self._company.say(_TALK[half:])
        who, room, name = _FILE
        await self._people[who].do("send_file", room=room, name=name, text=_FILE_TEXT)
        await asyncio.gather(*(actor.do("sync") for actor in self._people.values()))
        for actor in self._people.values():
            self._rooms.update(await actor.do("room_ids"))

    async def remember(self) -> None:
        """Take it once nothing is under way, because the server of a request knows its content."""
        await asyncio.sleep(_CALM_S)
        try:
            self._remembered = await asyncio.wait_for(asyncio.to_thread(memory_of, self._relay), _LOOKS_S)
        except TimeoutError as error:
            raise ProcessFailed("the relay does not say what it remembers") from error

    def heard(self, grew: int, invited: int) -> Heard:
        """What came of it."""
        said: dict[str, int] = {}
        for name in [*(name for name, _, _ in _TALK), *(asked for _, asked in _CONTACTS)]:
            said[self.handle(name)] = said.get(self.handle(name), 0) + 1
        return Heard(
            self.tape,
            Listened.of(read_tape(self.tape)),
            self._secrets(),
            self._true(),
            {name: actor.handle for name, actor in self._people.items()},
            said,
            self._people[_FILE[0]].address,
            grew,
            invited,
            self.handle("jun"),
            frozenset(self._people[name].address for name in _TOGETHER),
            self._remembered,
            [(self.handle(asker), self.handle(asked)) for asker, asked in _CONTACTS],
            {actor.handle: actor.address for actor in self._people.values()},
            frozenset(frozenset(others) for _, *others in _GROUPS.values()),
            {self._people[maker].address: frozenset(others) for maker, *others in _GROUPS.values()},
            self._grouped_at,
        )

    async def _befriend(self, asker: str, asked: str) -> None:
        await self._company.befriend(asker, asked, _GREETING)
        await self._company.say([(asked, f"@{asker}", _ANSWER)])
        await self._people[asker].do("has", room=self.handle(asked), count=1)

    def _secrets(self) -> list[Secret]:
        texts = [Secret.text(Kind.TEXT, f"message {n}", text) for n, (_, _, text) in enumerate(_TALK, 1)]
        more = {"file": _QUESTION, "file's name": _FILE[2], "greeting": _GREETING, "answer": _ANSWER}
        texts += [Secret.text(Kind.TEXT, label, text) for label, text in more.items()]
        rooms = [Secret.text(Kind.ROOM, f"name of room {n}", name) for n, name in enumerate(_GROUPS, 1)]
        phrases = [
            Secret.text(Kind.PHRASE, f"phrase {n}", words) for n, words in enumerate(self._company.phrases.values(), 1)
        ]
        ids = [Secret(Kind.KEY, f"id of room {n}", bytes.fromhex(id)) for n, id in enumerate(sorted(self._rooms), 1)]
        return [*texts, *rooms, *phrases, *ids]

    def _true(self) -> frozenset[Pair]:
        rooms = [*_CONTACTS, *_GROUPS.values()]
        return frozenset(
            frozenset((self.handle(one), self.handle(other))) for room in rooms for one, other in combinations(room, 2)
        )
