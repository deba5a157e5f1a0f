"""The stage of the drill: people and their devices, what they say, and how a profile comes into a thief's hands."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar, Final

from nullabona.drills.actors.actor import Actor, Person
from nullabona.drills.actors.company import Company
from nullabona.drills.reporting.text import Sentences, Tell
from nullabona.drills.search import Kind, Secret
from nullabona.drills.stage.playing import Stage
from nullabona.drills.stolen_device.by_hand import Given, read_on
from nullabona.drills.stolen_device.findings import Later, Stolen
from nullabona.drills.stolen_device.owner import unlock_of
from nullabona.processes.program import ProcessFailed

_say: Final = Sentences("drill_stolen_device")

GROUP: Final = "옥상 텃밭 Roof garden"
PERIOD_S: Final = 2
PASSPHRASE: Final = "seven kettles whistle under the old bridge"  # noqa: S105 - of nobody
_CAST: Final = {
    Person("미나", "mina"): "127.0.0.51",
    Person("준", "jun"): "127.0.0.52",
    Person("하나", "hana"): "127.0.0.53",
    Person("나리", "nari"): "127.0.0.54",
}
KEPT: Final = (
    ("jun", "@mina", "열쇠는 화분 밑에 두고 갈게"),
    ("mina", "@jun", "the tomatoes need water on thursday"),
    ("hana", GROUP, "고추 모종 스무 개 샀어요"),
    ("nari", GROUP, "I can bring the long ladder"),
)
DELETED: Final = ("jun", "@mina", "통장 비밀번호는 이 메시지 읽고 지워 줘")
DELETED_HERE: Final = ("jun", GROUP, "Nobody must know who opened the water valve")
LATE: Final = (
    ("jun", GROUP, "Marigolds keep the whiteflies from the beans"),
    ("jun", GROUP, "물뿌리개는 창고 왼쪽 선반에 있습니다"),
    ("jun", GROUP, "Compost is delivered behind the chimney"),
)
"""Of these one is deleted right before the device is copied; the others are for when it was tidied up in between."""
VANISHING: Final = ("jun", GROUP, "이 말은 금방 없어지니까 머릿속에만 담아 둬")
_TIMER_S: Final = 3


class Owner(Actor):
    """Somebody with devices."""

    PROGRAM: ClassVar[str] = "nullabona.drills.stolen_device.owner"


class Thief(Actor):
    """Somebody with somebody else's profile."""

    PROGRAM: ClassVar[str] = "nullabona.drills.stolen_device.thief"


class Scene:
    """People, their devices, a relay with a directory, and a thief."""

    def __init__(self, stage: Stage, tell: Tell) -> None:
        self._folder, self._stack, self._relay, self._tell = stage.folder, stage.stack, stage.relay, tell
        self._people = Company(stage.people, stage.stack, _CAST, Owner)
        self._laptop = Owner(Person("미나의 노트북", "laptop"), stage.people, "127.0.0.55")
        self._laptop_id = ""
        self._phrase = ""
        self._keys: dict[str, str] = {}
        self._erased: list[Secret] = []
        self._quiet: list[Path] = []
        """Copies of the device with the passphrase: once it was idle, and when it was off."""
        self._thief: Actor | None = None
        self.stolen = Stolen()
        stage.stack.push_async_callback(self._laptop.stop)

    # -- before

    async def gather(self) -> None:
        """Accounts, contacts, a group; and a second device of Mina's, with a passphrase."""
        people, relay = self._people, self._relay
        self._tell(_say("four-people-make"))
        await people.enrol(relay.authority, relay.url, people.members)
        for name in ("mina", "hana", "nari"):
            await people.befriend(name, "jun")
        await people.group(GROUP, "jun", "mina", "hana", "nari")
        self._laptop.profile.with_name("laptop.passphrase").write_text(PASSPHRASE, "utf-8")
        await self._laptop.start()
        code = await people["mina"].do("offer")
        joined = asyncio.create_task(self._laptop.do("join", name="laptop", **code))
        await people["mina"].do("admit")
        self._laptop_id = await joined
        await self._laptop.do("back", rooms=2)
        await people["jun"].do("devices_in", room=GROUP, count=5)

    async def talk(self) -> None:
        """What stays, what is deleted, and what disappears by itself; the second device has seen all of it."""
        people, laptop, jun = self._people, self._laptop, self._people["jun"]
        mina = people["mina"]
        self._tell(_say("they-talk-some"))
        await people.say([*KEPT, DELETED, DELETED_HERE, *LATE])
        for who, where, text in (*KEPT, DELETED, DELETED_HERE, *LATE):
            await laptop.do("heard", room=self._room_of(who, where), text=text)
        await jun.do("timer", room=GROUP, seconds=_TIMER_S)
        await laptop.do("timed", room=GROUP, seconds=_TIMER_S)
        await people.say([VANISHING])
        await laptop.do("heard", room=GROUP, text=VANISHING[2])
        for member in (mina, laptop, people["hana"], people["nari"]):
            await member.do("heard", room=GROUP, text=VANISHING[2])
            await member.do("read", room=GROUP)
        await jun.do("erase", room=mina.handle, text=DELETED[2], for_all=True)
        await laptop.do("gone", room=jun.handle, text=DELETED[2])
        await laptop.do("erase", room=GROUP, text=DELETED_HERE[2], for_all=False)
        await laptop.do("gone", room=GROUP, text=VANISHING[2])
        await jun.do("timer", room=GROUP, seconds=0)
        await people.settle(people.members)
        await laptop.do("sync")
        await people["hana"].do("backup", path=str(self._folder / "hana.age"))

    # -- inside

    def _the_thief(self) -> Actor:
        assert self._thief is not None
        return self._thief

    def _everything(self) -> list[Secret]:
        people = self._people
        names = [name for person in _CAST for name in (person.name, f"{person.handle_name}@")]
        return [
            *secrets_of("message", (*KEPT, *LATE)),
            *secrets_gone(),
            Secret.text(Kind.ROOM, "the group's name", GROUP),
            Secret.text(Kind.PHRASE, "the passphrase", PASSPHRASE),
            *(Secret.text(Kind.NAME, f"name {n}", name) for n, name in enumerate(names, 1)),
            *(Secret.text(Kind.PHRASE, f"phrase {n}", words) for n, words in enumerate(people.phrases.values(), 1)),
            *(
                Secret(Kind.KEY, f"id of account {n}", bytes.fromhex(actor.account))
                for n, actor in enumerate(people.members.values(), 1)
            ),
            *self._private_keys(),
        ]

    def _private_keys(self) -> list[Secret]:
        """Those of the stolen device."""
        return [Secret(Kind.KEY, label, bytes.fromhex(key)) for label, key in self._keys.items()]

    def _room_of(self, who: str, where: str) -> str:
        """What a room is called on Mina's devices."""
        if not where.startswith("@"):
            return where
        return self._people["jun" if who == "mina" else who].handle

    async def _steal(self, name: str, passphrase: str = "") -> Actor:
        """A process of the thief's with a copy of a profile that is off."""
        folder = self._folder / "thief"
        folder.mkdir(exist_ok=True)
        source = self._folder / "people" / name
        await asyncio.to_thread(shutil.copytree, source, folder / name)
        if passphrase:
            (folder / f"{name}.passphrase").write_text(passphrase, "utf-8")
        thief = Thief(Person(f"도둑 ({name})", name), folder, "127.0.0.56")
        self._stack.push_async_callback(thief.stop)
        await thief.start()
        return thief

    async def _copied(self, profile: Path, name: str) -> Path:
        """A copy of a profile as it is now, its passphrase beside it."""
        copy = self._folder / name
        await asyncio.to_thread(shutil.copytree, profile, copy)
        beside = profile.with_name(f"{profile.name}.passphrase")
        if beside.exists():
            await asyncio.to_thread(shutil.copy, beside, copy.with_name(f"{name}.passphrase"))
        return copy

    @asynccontextmanager
    async def _set_aside(self, actor: Actor, name: str) -> AsyncIterator[Path]:
        """A copy of a profile whose program is off until the block ends: nothing of its own is missing in the copy."""
        await actor.stop()
        yield await self._copied(actor.profile, name)
        await actor.start()

    async def _read_on(self, gives: Actor, rooms: Mapping[str, str], out: Path, stays: Path) -> Later:
        """A member gives away what came in ``rooms``: what copies of one who was removed, and of one who stays, read.

        Each room's name is followed by what was said there since, by neither of the two.
        """
        later, controls = Later(rooms=len(rooms), opened=0), []
        for room, text in rooms.items():
            told = await gives.do("give_away", room=room)
            given = [await Given.fetched(self._relay.url, epoch) for epoch in told["epochs"]]
            id = bytes.fromhex(told["room"])
            copies = [await asyncio.to_thread(read_on, copy, unlock_of(copy), id, given) for copy in (out, stays)]
            later.out += copies[0].out
            later.opened += max(copies[0].opened, copies[0].has(text))
            later.closed += copies[0].closed
            controls.append(copies[1].has(text))
        later.control = all(controls)
        return later

    async def _machine_of_the_thief(self) -> Actor:
        """A new device made from the content of the stolen one: its rooms, its contacts, and the account's secret."""
        copy = self._folder / "copy-off"
        reader = Thief(Person("도둑", "copy-off"), self._folder, "127.0.0.56")
        self._stack.push_async_callback(reader.stop)
        await reader.start()
        backup = self._folder / "stolen.age"
        await reader.do("backup", path=str(backup))
        await reader.stop()
        await asyncio.to_thread(shutil.rmtree, copy)
        return await self._from_backup("thief-machine", backup, self._phrase, start=False)

    async def _from_backup(self, name: str, backup: Path, phrase: str, *, start: bool = True) -> Actor:
        person = Owner(Person(name, name), self._folder / "people", "127.0.0.57")
        self._stack.push_async_callback(person.stop)
        await _restore(person.profile, backup, phrase)
        if start:
            await person.start()
        return person

    async def _thief_is_out(self, fresh: Actor, name: str) -> None:
        """Until there is one device of ``name``'s in each of her rooms, her new one, and Jun has heard of it.

        That there are as many as before her device was stolen says nothing by itself: so many there were all the time.
        """
        jun = self._people["jun"]
        for room, on_his, count in ((jun.handle, self._people[name].handle, 2), (GROUP, GROUP, 3)):
            await fresh.do("devices_in", room=room, count=count)
            await jun.do("in_box", room=on_his, box=await fresh.do("box", room=room))

    async def _say_after(self, in_group: str, between: str) -> None:
        await self._people.say([("jun", GROUP, in_group), ("jun", "@mina", between)])

    @staticmethod
    async def _hears(actor: Actor, room: str, text: str) -> bool:
        with suppress(ProcessFailed):
            await actor.do("heard", room=room, text=text)
            return True
        return False

    async def _has_any(self, actor: Actor, *parts: str) -> bool:
        """Whether any room of this profile contains one of these pieces."""
        said: list[str] = await actor.do("everything")
        return any(part in text for part in parts for text in said)


async def _restore(profile: Path, backup: Path, phrase: str) -> None:
    from nullabona.client.api import Unprotected, phrase_key, restore_backup

    await restore_backup(profile, Unprotected(), [backup], phrase_key(phrase))


def secrets_of(label: str, lines: Sequence[tuple[str, str, str]]) -> list[Secret]:
    """What was said in these lines."""
    return [Secret.text(Kind.TEXT, f"{label} {n}", text) for n, (_, _, text) in enumerate(lines, 1)]


def secrets_gone() -> list[Secret]:
    """What must not be found, in no profile."""
    lines: dict[str, Any] = {
        "deleted for all": DELETED,
        "deleted here": DELETED_HERE,
        "disappeared": VANISHING,
    }
    return [Secret.text(Kind.TEXT, label, text) for label, (_, _, text) in lines.items()]
