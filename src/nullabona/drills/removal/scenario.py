"""The story of the drill: what was said and shown, how it is hunted, and who has it afterwards all the same."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar, Final

from PIL import Image

from nullabona.drills.actors.actor import Actor, Person
from nullabona.drills.actors.company import Company
from nullabona.drills.removal.computing import boxes_of, chunks_of
from nullabona.drills.removal.findings import Hunted, Out, Removal
from nullabona.drills.removal.hand import Hand
from nullabona.drills.removal.operator import Operator, Sought
from nullabona.drills.removal.reported import act_on_reports
from nullabona.drills.reporting.text import Sentences, Tell
from nullabona.drills.search import Kind, Searched, Secret
from nullabona.drills.stage.playing import in_folder
from nullabona.drills.warrant.report import run_warrant
from nullabona.processes.program import ProcessFailed
from nullabona.processes.servers import RelayProcess

_say: Final = Sentences("drill_removal")

GROUP: Final = "마을 회관 Village hall"
_CAST: Final = {
    Person("미나", "mina"): "127.0.0.41",
    Person("준", "jun"): "127.0.0.42",
    Person("소라", "sora"): "127.0.0.43",
    Person("단아", "dana"): "127.0.0.44",
}
WANTED: Final = "시장님 영수증은 파란 서랍 둘째 칸에 있어요"
SPOILED: Final = "The second receipt is under the clock, behind the mirror"
_INSTEAD: Final = "The second receipt was burnt last week, in the oven here"
"""What is put in the place of these words, if they stand anywhere."""
_BOX: Final = ("내일 회의는 열 시로 바뀌었어요", "bring the ledger please", "서류는 제가 복사해 둘게요")
_TRIMMED: Final = ("비가 오면 회관 안에서 해요", "the door code is the old one")
_JUNK: Final = 3
BLOCKED_S: Final = 5.0
"""How long a list of hashes is watched to keep a picture away."""
_TRIMMED_WITHIN_S: Final = 30.0
_TOLD_WITHIN_S: Final = 30.0
_POLL_S: Final = 0.1
_OTHERWISE: Final = "relay-showed-different-histories"
_LOST: Final = "relay-lost-box"


_HASH: Final = "hash of"
NAMED: Final = "hash of the handle of"


class Member(Actor):
    """Somebody who can hand things over."""

    PROGRAM: ClassVar[str] = "nullabona.drills.removal.insider"


_SOUGHT: Final = ("X-01", "X-10", "X-11", "X-12")
_ACTS: Final = {
    "one_frame": "X-02 X-04 X-13",
    "other_bytes": "X-04 X-14 X-15",
    "whole_box": "X-04 X-13 X-15",
    "by_a_member": "X-13",
    "list_of_hashes": "X-03",
    "by_report": "X-06 X-16 X-17",
    "nothing_left": "R-02",
}
"""What is done after the search, with the lines that it is about."""


def play(tell: Tell, only: Sequence[str] = ()) -> Removal:
    """Play it in a new folder, no more than the lines of ``only`` need, if any. Raises what goes wrong."""
    return in_folder(lambda folder: _play(folder, tell, only))


async def _play(folder: Path, tell: Tell, only: Sequence[str]) -> Removal:
    async with AsyncExitStack() as stack:
        operator = await asyncio.to_thread(Operator, folder)
        stack.callback(operator.close)
        scene = _Scene(folder, stack, operator, tell)
        await scene.gather()
        out = await scene.remove_one()
        await scene.talk()
        sought = not only or any(line in only for line in _SOUGHT)
        removal = await scene.search(out) if sought else Removal(Sought([], Searched()), {}, out)
        for act, lines in _ACTS.items():
            if not only or any(line in only for line in lines.split()):
                await getattr(scene, act)(removal)
        return removal


class _Scene:
    def __init__(self, folder: Path, stack: AsyncExitStack, operator: Operator, tell: Tell) -> None:
        self._folder, self._operator, self._tell = folder, operator, tell
        self._people = Company(folder / "people", stack, _CAST, Member)
        self._photo = ""
        self._said = 0
        """Lines that were said in the group."""
        self._marks: dict[str, int] = {}
        """The last event of each who is there, before the operator does something."""
        self._old_box: dict[str, Any] = {}

    async def gather(self) -> None:
        """Four people, one group."""
        people, relay = self._people, self._operator.relay
        self._tell(_say("four-people-make"))
        await people.enrol(relay.authority, relay.url, ("mina", "jun", "sora", "dana"))
        for name in ("jun", "sora", "dana"):
            await people.befriend(name, "mina")
        await people.group(GROUP, "mina", "jun", "sora", "dana")
        await self._say([("dana", "안녕하세요, 단아예요"), ("mina", "welcome everybody")], people.members)

    async def remove_one(self) -> Out:
        """A member is removed, and tries the box of their time at once."""
        self._tell(_say("one-removed-she"))
        people = self._people
        (self._old_box,) = (await people["dana"].do("boxes", room=GROUP))[-1:]
        await people["mina"].do("remove", room=GROUP, handle=people["dana"].handle)
        hand = Hand.of(self._operator.relay.url, self._old_box)
        out = Out(read=len(await hand.read()), filled=await hand.fill(_JUNK))
        await people["dana"].do("removed", room=GROUP)
        await people.settle(("mina", "jun", "sora"))
        return out

    async def talk(self) -> None:
        """What the order is about: words and a picture, while one of them is away."""
        self._tell(_say("while-one-away"))
        people = self._people
        await people["sora"].stop()
        await self._say([("mina", WANTED)])
        self._photo = await self._send_photo("one", seed=1)
        await people["jun"].do("photo", room=GROUP, message=self._photo)
        await people.settle(("mina", "jun"))

    async def search(self, out: Out) -> Removal:
        """Given the exact words, the exact picture, and everybody's names."""
        self._tell(_say("order-names-words"))
        people, operator = self._people, self._operator
        kept = self._folder / "kept.jpg"
        await people["jun"].do("keep_photo", room=GROUP, message=self._photo, path=str(kept))
        wanted = [Secret.text(Kind.TEXT, "the message", WANTED), Secret.text(Kind.ROOM, "the room's name", GROUP)]
        wanted += [Secret(Kind.KEY, f"{_HASH} the message", sha256(WANTED.encode()).digest())]
        pictures = {"as taken": self._folder / "one.png", "as members have it": kept}
        for name, path in pictures.items():
            wanted += _pieces(f"the picture {name}", path.read_bytes())
        for actor in people.members.values():
            wanted.append(Secret(Kind.KEY, f"{NAMED} {actor.name}", sha256(actor.handle.encode()).digest()))
        unused = self._folder / "unused"
        control = await asyncio.to_thread(
            RelayProcess, unused, log=self._folder / "unused.log", temporary=self._folder / "relay-tmp"
        )
        try:
            sought = await asyncio.to_thread(operator.seek, wanted, control.pid)
        finally:
            control.stop()
        warrants = [run_warrant(operator.data, actor.handle) for actor in people.members.values()]
        secrets = {"text": 1, "room": 1, "picture": len(wanted) - 3 - len(warrants), "names": len(warrants)}
        removal = Removal(sought, secrets, out, warrants)
        removal.computed_chunk = any(operator.hold_chunk(chunks_of(path.read_bytes())) for path in pictures.values())
        removal.computed_box = operator.hold_box(boxes_of(bytes.fromhex(a.account) for a in people.members.values()))
        return removal

    async def one_frame(self, removal: Removal) -> None:
        """A member hands over the very bytes of the message, and the hashes of the picture."""
        self._tell(_say("member-turns-informant"))
        people, operator = self._people, self._operator
        frame = await people["jun"].do("frame_of", room=GROUP, text=WANTED)
        chunks = await people["jun"].do("chunks_of", room=GROUP, message=self._photo)
        hit = operator.erase_blobs(chunks)
        erased = await asyncio.to_thread(operator.erase_frame, frame)
        began = time.monotonic()
        removal.frame = await self._return(erased, [WANTED])
        there = await people["sora"].do("photo", room=GROUP, message=self._photo)
        kept = await people["jun"].do("photo", room=GROUP, message=self._photo, within_s=1.0)
        removal.chunk = Hunted(hit, kept == "here", there == "here", time.monotonic() - began)

    async def other_bytes(self, removal: Removal) -> None:
        """Other bytes are put in a frame's place."""
        self._tell(_say("another-message-s-ciphertext"))
        await self._people["sora"].stop()
        await self._say([("mina", SPOILED)])
        frame = await self._people["jun"].do("frame_of", room=GROUP, text=SPOILED)
        spoiled = await asyncio.to_thread(self._operator.spoil_frame, frame, SPOILED, _INSTEAD)
        removal.spoiled = await self._return(spoiled, [SPOILED], _OTHERWISE)
        removal.reworded = _INSTEAD in await self._people["sora"].do("texts", room=GROUP)

    async def whole_box(self, removal: Removal) -> None:
        """The room's whole box is erased by its address."""
        self._tell(_say("informant-gives-box"))
        await self._people["sora"].stop()
        await self._say([(("mina", "jun")[n % 2], text) for n, text in enumerate(_BOX)])
        given = await self._people["jun"].do("boxes", room=GROUP)
        given += await self._people["jun"].do("boxes", room=self._people["mina"].handle)
        opened = [box[half] for box in given for half in ("read", "write")]
        removal.boxes, removal.opened_alike = len(given), len(opened) - len(set(opened))
        (box,) = (await self._people["jun"].do("boxes", room=GROUP))[-1:]
        erased = await asyncio.to_thread(self._operator.erase_box, box["address"])
        removal.box = await self._return(erased, list(_BOX), _LOST, without="mina")

    async def by_a_member(self, removal: Removal) -> None:
        """A member empties the box without any operator."""
        self._tell(_say("informant-empties-box"))
        await self._people["sora"].stop()
        await self._say([("mina", text) for text in _TRIMMED])
        (box,) = (await self._people["jun"].do("boxes", room=GROUP))[-1:]
        hand = Hand.of(self._operator.relay.url, box)
        there = len(await hand.read())
        erased = there if await hand.erase() else 0
        removal.trimmed = await self._return(erased, list(_TRIMMED))

    async def list_of_hashes(self, removal: Removal) -> None:
        """The operator keeps a list of hashes and erases what is on it whenever it comes."""
        self._tell(_say("hashes-second-picture"))
        people, operator = self._people, self._operator
        await people["sora"].stop()
        photo = await self._send_photo("two", seed=2)
        await people["jun"].do("photo", room=GROUP, message=photo)
        chunks = await people["jun"].do("chunks_of", room=GROUP, message=photo)
        with operator.blocking(chunks):
            await people["sora"].start()
            removal.blocked = await people["sora"].do("photo", room=GROUP, message=photo, within_s=BLOCKED_S)
            kept = [await people[name].do("photo", room=GROUP, message=photo, within_s=1.0) for name in ("mina", "jun")]
            removal.blocked_kept = kept == ["here", "here"]
            again = await people["mina"].do("forward_photo", room=GROUP, message=photo, to=GROUP)
            removal.again = await people["sora"].do("photo", room=GROUP, message=again) == "here"
        fresh = await people["mina"].do("chunks_of", room=GROUP, message=again)
        removal.other_hashes = bool(fresh) and not set(fresh) & set(chunks)

    async def by_report(self, removal: Removal) -> None:
        """A member reports words, and a picture; a stranger who was told hashes reports the picture, too."""
        self._tell(_say("member-reports"))
        people, operator = self._people, self._operator
        photo = await self._send_photo("three", seed=3)
        await people["jun"].do("photo", room=GROUP, message=photo)
        words, picture = self._folder / "words.report", self._folder / "picture.report"
        await people["jun"].do("report", room=GROUP, path=str(words), text=WANTED)
        await people["jun"].do("report", room=GROUP, path=str(picture), photo=photo)
        names = [GROUP, *(name for actor in people.members.values() for name in (actor.handle, actor.account))]
        removal.reported = await asyncio.to_thread(
            act_on_reports, operator.data, words.read_bytes(), picture.read_bytes(), WANTED, names
        )
        kept = [await people[name].do("photo", room=GROUP, message=photo, within_s=1.0) for name in ("mina", "jun")]
        removal.reported.kept = kept == ["here", "here"]

    async def nothing_left(self, removal: Removal) -> None:
        """What the removed member has, and whether the box of their time was emptied: nobody needs it any more."""
        people, out = self._people, removal.out
        said = await people["dana"].do("texts", room=GROUP)
        out.had, out.later = len(said), any(text in said for text in (WANTED, SPOILED, *_BOX, *_TRIMMED))
        mine = {box["address"] for box in await people["dana"].do("boxes", room=GROUP)}
        out.knows = len(mine & {box["address"] for box in (await people["mina"].do("boxes", room=GROUP))[-1:]})
        await people.settle(("mina", "jun", "sora"))
        hand = Hand.of(self._operator.relay.url, self._old_box)
        out.emptied = await hand.empty_within(_TRIMMED_WITHIN_S)
        await hand.fill(1)
        out.erased = await hand.erase() and not await hand.read()

    # -- inside

    async def _return(self, erased: int, texts: list[str], code: str = "", without: str = "") -> Hunted:
        """Who was away comes back; whether everybody has these texts once, in order, and is told of ``code``, if any.

        ``without``: somebody who goes meanwhile, so that what they said can come from others alone.
        """
        people, sora = self._people, self._people["sora"]
        there = [await people[name].do("texts", room=GROUP) for name in ("mina", "jun")]
        kept = all(_once(found, texts) for found in there)
        if without:
            await people[without].stop()
        began = time.monotonic()
        await sora.start()
        self._marks["sora"] = await sora.do("mark")
        with suppress(ProcessFailed):
            await sora.do("has", room=GROUP, count=len(there[0]))
        seconds = time.monotonic() - began
        found = await sora.do("texts", room=GROUP)
        if without:
            await people[without].start()
        arrived, in_order = _once(found, texts), _in_order(found, texts)
        await people.settle(("mina", "jun", "sora"))
        return Hunted(erased, kept, arrived, seconds, in_order, await self._told(code) if code else [])

    async def _told(self, code: str) -> list[str]:
        """What they were told of the relay since: it takes until somebody else has said what they saw.

        That a box was lost is told to those who knew it: who was away may have come into the room's next one since.
        """
        told: set[str] = set()
        with suppress(TimeoutError):
            async with asyncio.timeout(_TOLD_WITHIN_S):
                while code not in told:
                    for name, mark in self._marks.items():
                        events = await self._people[name].do("happened", after=mark)
                        told |= {event.get("code", "") or event["kind"] for event in events}
                    await asyncio.sleep(_POLL_S)
        return sorted(told & {_OTHERWISE, _LOST})

    async def _say(self, lines: Sequence[tuple[str, str]], present: Iterable[str] = ("mina", "jun")) -> None:
        """Lines of who says what in the group, until all who are there have all of them."""
        people = self._people
        await people.say([(who, GROUP, text) for who, text in lines])
        self._said += len(lines)
        for name in present:
            await people[name].do("has", room=GROUP, count=self._said)
        await people.settle(present)
        self._marks = {name: await people[name].do("mark") for name in present}

    async def _send_photo(self, name: str, seed: int) -> str:
        path = self._folder / f"{name}.png"
        await asyncio.to_thread(_paint, path, seed)
        return str(await self._people["mina"].do("send_photo", room=GROUP, path=str(path)))


def _once(found: list[str], texts: list[str]) -> bool:
    return all(found.count(text) == 1 for text in texts)


def _in_order(found: list[str], texts: list[str]) -> bool:
    return [text for text in found if text in texts] == texts


def _paint(path: Path, seed: int) -> None:
    """A picture that looks like no other."""
    noise = random.Random(seed).randbytes(160 * 120 * 3)  # noqa: S311 - a picture, no secret
    Image.frombytes("RGB", (160, 120), noise).save(path)


def _pieces(label: str, data: bytes) -> list[Secret]:
    """Parts of the middle of a file, and its hash: enough to find it in any form and under any name."""
    third = len(data) // 3
    parts = [Secret(Kind.KEY, f"{label}, part {n}", data[n * third : n * third + 64]) for n in (1, 2)]
    return [*parts, Secret(Kind.KEY, f"hash of {label}", sha256(data).digest())]
