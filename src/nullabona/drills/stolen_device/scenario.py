"""The story of the drill: a device is taken twice, locked and open; then its owner, and its thief, do what they can."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Container, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from nullabona.client.core.model.errors import WrongPassphrase
from nullabona.client.core.timeline.search import grams
from nullabona.client.profile import Passphrase, open_profile
from nullabona.drills.actors.actor import Actor, Person
from nullabona.drills.actors.person import WAIT_S
from nullabona.drills.reporting.text import Sentences, Tell
from nullabona.drills.search import Hunt, Kind, MemoryDenied, Searched, Secret, files_below, memory_chunks
from nullabona.drills.stage.playing import in_folder, playing
from nullabona.drills.stolen_device.findings import Stolen
from nullabona.drills.stolen_device.owner import ACCOUNT_SECRET, STORE_KEY, unlock_of
from nullabona.drills.stolen_device.pages import decrypted
from nullabona.drills.stolen_device.picking import pick
from nullabona.drills.stolen_device.price import price_of
from nullabona.drills.stolen_device.scene import (
    GROUP,
    KEPT,
    LATE,
    PASSPHRASE,
    PERIOD_S,
    Owner,
    Scene,
    secrets_gone,
    secrets_of,
)
from nullabona.processes.program import ProcessFailed

_say: Final = Sentences("drill_stolen_device")

_TRIES: Final = 3
_NOTHING_COMES_S: Final = 3.0
"""Seconds to wait for what must not arrive, after the intended recipient has it."""
_ASKING_S: Final = 6.0
"""How long is waited for a way back, after all were asked."""
_IDLE_WITHIN_S: Final = 30.0
_LOOK_S: Final = 0.05


_ACTS: Final = (
    ("take_it_locked", "D-02 D-10"),
    ("take_it_open", "D-07 D-11 D-23"),
    ("nobody_noticed", "D-01"),
    ("revoke", "D-13 D-14"),
    ("use_the_secret", "D-04 R-14"),
    ("restored_from_a_backup", "D-03 D-20"),
    ("restored_from_words", "D-08"),
)
"""Each act with the lines that nothing after it is about."""


def play(tell: Tell, only: Container[str] = ()) -> Stolen:
    """Play it in a new folder, no further than the lines of ``only`` need, if any. Raises what goes wrong."""
    return in_folder(lambda folder: _play(folder, tell, _until(only)))


def _until(only: Container[str]) -> int:
    """How many acts these lines need; without lines, all of them."""
    needed = [number for number, (_, lines) in enumerate(_ACTS, 1) if any(line in only for line in lines.split())]
    return max(needed, default=len(_ACTS))


async def _play(folder: Path, tell: Tell, acts: int) -> Stolen:
    async with playing(folder, "--period", str(PERIOD_S)) as stage:
        scene = _Acts(stage, tell)
        await scene.gather()
        await scene.talk()
        for act, _ in _ACTS[:acts]:
            await getattr(scene, act)()
        return scene.stolen


class _Acts(Scene):
    """What is done with the devices."""

    # -- the past

    async def take_it_locked(self) -> None:
        """Copied while its program runs, once it is idle, and after it has ended: searched, and tried."""
        self._tell(_say("device-passphrase-copied"))
        await self._look_into_memory()
        self._keys = await self._laptop.do("keys")
        copies = [await self._copied_right_after(), await self._copied_when_idle()]
        await self._laptop.stop()
        copies.append(await self._copied(self._laptop.profile, "copy-off"))
        locked, hunt = self.stolen.locked, Hunt(self._everything())
        locked.keys = len(self._keys)
        for copy in copies:
            locked.findings += await asyncio.to_thread(hunt.search, files_below(copy), locked.searched)
        locked.files = {path.name: path.stat().st_size for path in sorted(copies[-1].iterdir())}
        locked.price = await asyncio.to_thread(price_of, copies[-1], PASSPHRASE)
        locked.picked = await asyncio.to_thread(pick, copies[-1], self._folder / "of-the-thief")
        wrong = [*(f"{PASSPHRASE} {number}" for number in range(_TRIES)), *_near(PASSPHRASE)]
        locked.wrong = len(wrong)
        for text in wrong:
            began = time.monotonic()
            try:
                (await asyncio.to_thread(open_profile, copies[-1], Passphrase(text))).close()
            except WrongPassphrase:
                locked.tried += 1
            locked.each_s = max(locked.each_s, time.monotonic() - began)
        self._quiet = copies[1:]

    async def _copied_right_after(self) -> Path:
        """While its program runs, at the moment at which something has been deleted, before it is tidied up."""
        opened, copy = self.stolen.opened, Path()
        for number, (_, room, text) in enumerate(LATE, 1):
            self._erased.append(Secret.text(Kind.TEXT, f"just deleted {number}", text))
            await self._laptop.do("erase", room=room, text=text, for_all=False)
            copy = await self._copied(self._laptop.profile, f"copy-running-{number}")
            pages = await asyncio.to_thread(decrypted, copy, unlock_of(copy))
            opened.late_logged = pages.logged
            opened.late = Hunt(self._erased[-1:]).search(pages.chunks, Searched())
            if opened.late:
                break
        return copy

    async def _copied_when_idle(self) -> Path:
        """Once its program has put its write-ahead log away, as it does when nothing happens."""
        log = self._laptop.profile / "store.db-wal"
        with suppress(TimeoutError):
            async with asyncio.timeout(_IDLE_WITHIN_S):
                while log.exists() and log.stat().st_size:  # noqa: ASYNC110 - the program tells nobody
                    await asyncio.sleep(_LOOK_S)
        return await self._copied(self._laptop.profile, "copy-idle")

    def _decrypt(self, copies: Sequence[Path]) -> None:
        """With the passphrase, by hand: every page of what was copied in good order, last when it was off."""
        locked, opened = self.stolen.locked, self.stolen.opened
        gone, there = Hunt([*secrets_gone(), *self._erased]), Hunt([*secrets_of("kept", KEPT), *self._private_keys()])
        found: set[str] = set()
        opened.unread = opened.logged = 0
        for copy in copies:
            pages = decrypted(copy, unlock_of(copy))
            opened.deleted += gone.search(pages.chunks, Searched())
            opened.bytes += pages.bytes
            opened.unread += pages.unread
            opened.logged += pages.logged
            found = {finding.label for finding in there.search(pages.chunks, Searched()) if finding.share == 1.0}
        kept = {secret.label for secret in secrets_of("kept", KEPT)}
        opened.kept, opened.of = len(found & kept), len(KEPT)
        opened.secret = ACCOUNT_SECRET in found
        locked.missed = sorted((kept | self._keys.keys()) - {STORE_KEY} - found)

    async def take_it_open(self) -> None:
        """With the passphrase every page is read; a program of the thief's has the index and the account's secret."""
        self._tell(_say("taken-open-every"))
        opened = self.stolen.opened
        await asyncio.to_thread(self._decrypt, self._quiet)
        self._thief = thief = await self._steal("laptop", PASSPHRASE)
        told = await thief.do("secret")
        self._phrase = told["phrase"]
        opened.secret &= told["secret"] == self._keys[ACCOUNT_SECRET]
        terms, shown = set(await thief.do("indexed")), _words(await thief.do("everything"))
        opened.indexed = _words([text for _, _, text in KEPT]) <= terms & shown
        opened.indexed_gone = [
            secret.label
            for secret in (*secrets_gone(), *self._erased)
            if (_words([secret.value.decode()]) - shown) & terms
        ]

    async def _look_into_memory(self) -> None:
        opened, hunt = self.stolen.opened, Hunt(secrets_gone())
        try:
            chunks = memory_chunks(self._laptop.pid)
            found = await asyncio.to_thread(hunt.search, chunks, Searched())
        except MemoryDenied:
            return
        opened.memory_read = True
        opened.in_memory = sorted({finding.label for finding in found})

    # -- the future

    async def nobody_noticed(self) -> None:
        """The thief listens, and speaks as the owner."""
        self._tell(_say("nobody-has-noticed"))
        people, future, thief = self._people, self.stolen.future, self._the_thief()
        await people.say(
            [("jun", GROUP, "내일 아침 일곱 시에 물을 줍니다"), ("jun", "@mina", "can you come at seven?")]
        )
        future.heard = await self._hears(thief, GROUP, "내일 아침 일곱 시에 물을 줍니다")
        future.heard &= await self._hears(thief, people["jun"].handle, "can you come at seven?")
        await thief.do("say", room=GROUP, text="저는 내일 못 가요, 열쇠는 누가 갖고 있죠?")
        line = [people["mina"].account, "저는 내일 못 가요, 열쇠는 누가 갖고 있죠?"]
        future.posed = await self._hears(people["jun"], GROUP, line[1])
        future.posed &= line in await people["jun"].do("history", room=GROUP)
        with suppress(ProcessFailed):
            await thief.do("ask_back")
            await thief.do("back", rooms=2)
            future.came_back = await self._is_there(thief)

    async def _is_there(self, thief: Actor) -> bool:
        """Whether it comes to be where the others are, in both of its rooms: their messages go into the same box."""
        jun, rooms = self._people["jun"], ((self._people["jun"].handle, self._people["mina"].handle), (GROUP, GROUP))
        until = time.monotonic() + WAIT_S
        for here, there in rooms:
            while await thief.do("box", room=here) != await jun.do("box", room=there):
                if time.monotonic() > until:
                    return False
                await asyncio.sleep(_LOOK_S)
        return True

    async def revoke(self) -> None:
        """The owner revokes the device; the thief asks to be let in again."""
        self._tell(_say("owner-revokes-device"))
        people, future, thief = self._people, self.stolen.future, self._the_thief()
        async with self._set_aside(people["jun"], "copy-of-jun") as stays:
            pass
        async with self._set_aside(thief, "copy-taken") as taken:
            began = time.monotonic()
            await people["mina"].do("revoke", device=self._laptop_id)
            await people["jun"].do("devices_in", room=GROUP, count=4)
            await people["jun"].do("devices_in", room=people["mina"].handle, count=2)
            future.out_s = time.monotonic() - began
        await self._say_after("도둑이 든 것 같아요, 자물쇠를 바꿉시다", "I have changed the lock")
        future.owner_heard = await self._hears(people["mina"], GROUP, "도둑이 든 것 같아요, 자물쇠를 바꿉시다")
        said = {GROUP: "새 열쇠는 제가 들고 갈게요", people["jun"].handle: "bring the spare bolts"}
        await people.say([("mina", GROUP, said[GROUP]), ("mina", "@jun", said[people["jun"].handle])])
        await asyncio.sleep(_NOTHING_COMES_S)
        future.stayed = await thief.do("inside") == len(said)
        future.heard_after = await self._has_any(thief, "자물쇠", "changed the lock", *said.values())
        future.kept = await self._read_on(people["mina"], said, taken, stays)
        await thief.do("ask_back")
        future.asked = await thief.do("asked")
        future.returned = await thief.do("let_in", within_s=_ASKING_S)
        await thief.stop()

    async def use_the_secret(self) -> None:
        """With the account's secret the thief makes a card for a machine of their own, and comes back with that."""
        self._tell(_say("thief-uses-account"))
        people, secret = self._people, self.stolen.secret
        machine = await self._machine_of_the_thief()
        mark, began = await people["mina"].do("mark"), time.monotonic()
        await machine.start()
        with suppress(ProcessFailed):
            told = await people["mina"].do("happens", kind="warning", code="foreign-entry", after=mark)
            secret.warned_s, secret.warning = time.monotonic() - began, told["code"]
        with suppress(ProcessFailed):
            await machine.do("back", rooms=2)
            secret.came_back = True
        await self._say_after("새 자물쇠 번호는 종이에만 적을게요", "see you on the roof")
        secret.heard = await self._hears(machine, GROUP, "새 자물쇠 번호는 종이에만 적을게요")
        async with (
            self._set_aside(machine, "copy-of-the-machine") as taken,
            self._set_aside(people["hana"], "copy-of-hana") as stays,
        ):
            await people["jun"].do("remove", room=GROUP, handle=people["mina"].handle)
        said = {GROUP: "미나 계정은 뺐어요, 새 계정으로 다시 초대할게요"}
        await people.say([("jun", GROUP, said[GROUP])])
        await people["hana"].do("heard", room=GROUP, text=said[GROUP])
        secret.kept = await self._read_on(people["jun"], said, taken, stays)
        await asyncio.sleep(_NOTHING_COMES_S)
        secret.ended = not await self._has_any(machine, "미나 계정은 뺐어요")
        await machine.stop()

    async def restored_from_a_backup(self) -> None:
        """Another person's one device is taken open; she comes back from a backup on another machine."""
        self._tell(_say("another-s-only"))
        people, elsewhere = self._people, self.stolen.elsewhere
        await people["hana"].stop()
        thief = await self._steal("hana")
        self.stolen.opened.unprotected = await self._has_any(thief, KEPT[2][2])
        began = time.monotonic()
        fresh = await self._from_backup("hana-again", self._folder / "hana.age", people.phrases["hana"])
        with suppress(ProcessFailed):
            await fresh.do("back", rooms=2)
            await self._thief_is_out(fresh, "hana")
            elsewhere.back_s = time.monotonic() - began
        await people.say([("jun", GROUP, "하나 씨 새 기기 축하해요"), ("jun", "@hana", "is it really you?")])
        elsewhere.owner_heard = await self._hears(fresh, GROUP, "하나 씨 새 기기 축하해요")
        await asyncio.sleep(_NOTHING_COMES_S)
        elsewhere.thief_heard = await self._has_any(thief, "하나 씨 새 기기", "is it really you?")
        await thief.stop()

    async def restored_from_words(self) -> None:
        """A third one has her words only."""
        self._tell(_say("third-one-has"))
        people, elsewhere = self._people, self.stolen.elsewhere
        await people["nari"].stop()
        thief = await self._steal("nari")
        fresh = Owner(Person("나리의 새 기기", "nari-again"), self._folder / "people", "127.0.0.58")
        self._stack.push_async_callback(fresh.stop)
        await fresh.start()
        await fresh.do("restore", phrase=people.phrases["nari"], handle=people["nari"].handle)
        await fresh.do("in_record")
        await people.say([("jun", GROUP, "나리 씨 거기 있어요?")])
        elsewhere.words_thief_heard = await self._hears(thief, GROUP, "나리 씨 거기 있어요?")
        await fresh.do("ask", handle=people["jun"].handle, greeting="저 나리예요, 기기를 잃어버렸어요")
        with suppress(ProcessFailed):
            await fresh.do("back", rooms=2)
            await self._thief_is_out(fresh, "nari")
        await people.say([("jun", GROUP, "나리 씨 다시 오셨네요")])
        elsewhere.words_owner_heard = await self._hears(fresh, GROUP, "나리 씨 다시 오셨네요")
        await asyncio.sleep(_NOTHING_COMES_S)
        elsewhere.words_ended = not await self._has_any(thief, "나리 씨 다시 오셨네요")
        await thief.stop()


def _near(passphrase: str) -> tuple[str, ...]:
    """Wrong ones that have much in common with it: its beginning, its end, its letters."""
    first, *_, last = passphrase.split()
    cut = len(passphrase) // 2
    return passphrase[:-1], passphrase[1:], passphrase[:cut], first, last, passphrase.swapcase(), passphrase[::-1]


def _words(texts: Iterable[str]) -> set[str]:
    """What an index finds these texts by."""
    return {word for text in texts for word in grams(text).split()}
