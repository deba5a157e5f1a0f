"""The story of the drill: hundreds of people in rooms, talk without a pause, and a relay that is carried away."""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from nullabona.drills.loss.crowd import Line
from nullabona.drills.loss.findings import Outcome, Size
from nullabona.drills.reporting.text import Sentences, Tell
from nullabona.drills.stage.playing import in_folder
from nullabona.processes.program import python
from nullabona.processes.servers import ANY_PORT, RelayProcess, delete_data
from nullabona.processes.workers import Worker, working

_say: Final = Sentences("drill_loss")

_CROWDS: Final = 2
"""Processes that the people are spread over."""
_SMALLEST, _LARGEST = 3, 12
_POLL_S: Final = 0.2
_AWAY_S: Final = 2.0
"""So long before the seizure some people go away; what is said from then on waits for them on the machine."""
_GONE_S: Final = 3.0
"""Between the seizure and the empty relay at the same name."""
_PATIENCE_S: Final = 300.0
_IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder with a name of its own is made there
"""Where profiles lie, if there is such a place and it has room: in life each has a disk of its own, and here all would
share the relay's. The relay's own files are where temporary files are."""
_PROFILE_BYTES: Final = 8 * 1_048_576
"""What a profile takes at most, with its logs, of so short a life."""
_TAKEN: Final = _say("machine-carried-away")
_TAKEN_RENAMED: Final = _say("machine-carried-away-while")


def play(tell: Tell, size: Size) -> Outcome:
    """Play it in a new folder. Raises what goes wrong."""
    shared = _IN_MEMORY if _has_room(size) else None
    with tempfile.TemporaryDirectory(prefix="nullabona-drill-", dir=shared) as profiles:
        outcome = in_folder(lambda folder: _play(folder, Path(profiles), tell, size))
    return replace(outcome, in_memory=shared is not None)


def _has_room(size: Size) -> bool:
    return _IN_MEMORY.is_dir() and shutil.disk_usage(_IN_MEMORY).free >= size.accounts * _PROFILE_BYTES


async def _play(folder: Path, profiles: Path, tell: Tell, size: Size) -> Outcome:
    async with AsyncExitStack() as stack:
        scene = _Scene(folder, profiles, size, stack)
        return await scene.play(tell)


class _Scene:
    """The relay, who has the directory of the handles, the crowds and the rooms."""

    def __init__(self, folder: Path, profiles: Path, size: Size, stack: AsyncExitStack) -> None:
        self._folder, self._profiles, self._size, self._stack = folder, profiles, size, stack
        self._rooms = _rooms(size)
        self._crowds: list[Worker] = []
        self._relay = self._start("relay", ANY_PORT)
        stack.callback(self._stop)
        self._directory = self._relay
        if size.renamed:
            self._directory = self._start("directory", ANY_PORT)
            stack.callback(self._directory.stop)

    async def play(self, tell: Tell) -> Outcome:
        """Everything."""
        began = time.monotonic()
        tell(_say("people-make-accounts", accounts=self._size.accounts, rooms=self._size.rooms))
        await self._gather()
        setup_s = time.monotonic() - began
        tell(_say("they-talk-messages", rate=self._size.rate))
        rate = self._size.rate / len(self._crowds)
        await self._each("talk", rooms=self._rooms, rate=rate)
        talking = time.monotonic()
        await asyncio.sleep(max(0.0, self._size.before_s - _AWAY_S))
        away = sum(await self._each("leave", rooms=self._rooms))
        await asyncio.sleep(_AWAY_S)
        await self._lacking(await self._said())
        waiting = sum(await self._each("waiting"))
        tell(_TAKEN_RENAMED if self._size.renamed else _TAKEN)
        gap_s = await self._seize()
        answered = time.monotonic()
        lacking, recovery_s, movers = await self._recover(tell, answered)
        await self._each("quiet")
        silent = time.monotonic()
        said = await self._said()
        await self._lacking(said)
        all_s = await self._until_none_lacks(silent)
        slowest_s = max(await self._each("slowest", rooms=self._rooms, said=said, since=answered))
        found = await self._each("check", rooms=self._rooms, said=said)
        missing, twice, forged = (sum(one[what] for one in found) for what in ("missing", "twice", "forged"))
        memory = sum(await self._each("memory")) / 1_024
        return Outcome(
            self._size,
            len(said),
            self._due(said),
            away,
            waiting,
            lacking,
            gap_s,
            recovery_s,
            movers,
            all_s,
            slowest_s,
            missing,
            twice,
            forged,
            setup_s,
            silent - talking,
            memory,
        )

    async def _gather(self) -> None:
        share = self._size.accounts // _CROWDS
        for first in range(0, self._size.accounts, share):
            folder = self._profiles / f"crowd-{first}"
            folder.mkdir()
            count = min(share, self._size.accounts - first)
            play = python("-m", "nullabona.drills.loss.crowd", str(folder), str(first), str(count))
            crowd = await self._stack.enter_async_context(
                working(play, self._folder / f"crowd-{first}.log", patience_s=_PATIENCE_S)
            )
            self._crowds.append(crowd)
        host = self._directory.authority
        await self._each("create", relay=self._relay.url, host=host)
        await self._each("open_rooms", rooms=self._rooms, host=host)
        await self._each("joined", rooms=self._rooms)

    async def _seize(self) -> float:
        """Take the machine, and put an empty one there; after how many seconds that answered."""
        began = time.monotonic()
        data, listen = self._relay.data, self._relay.authority
        delete_data(data)
        self._relay.kill()
        await asyncio.sleep(_GONE_S)
        self._relay = self._start("another", ANY_PORT) if self._size.renamed else self._start("relay", listen)
        return time.monotonic() - began

    async def _recover(self, tell: Tell, answered: float) -> tuple[int, float, int]:
        """How much was lacking when the empty relay answered, how long until that was made good, how many had moved.

        They go on talking meanwhile: what is said later is not counted, but delivered as well.
        """
        lacking = await self._lacking(await self._said())
        await self._each("come_back")
        movers = 0
        if self._size.renamed:
            movers = sum(await self._each("move", rooms=self._rooms, relay=self._relay.url))
        seconds = await self._until_none_lacks(answered)
        tell(_say("deliveries-lacking-they", lacking=lacking, seconds=seconds))
        await asyncio.sleep(self._size.after_s)
        return lacking, seconds, movers

    async def _said(self) -> list[Line]:
        return [line for lines in await self._each("said") for line in lines]

    async def _until_none_lacks(self, began: float) -> float:
        """How long after ``began`` none of the expected lines lacks: or so long that something is lost."""
        while True:
            lacking = sum(await self._each("lacking"))
            seconds = time.monotonic() - began
            if not lacking or seconds > self._size.patience_s:
                return seconds
            await asyncio.sleep(_POLL_S)

    async def _lacking(self, said: list[Line]) -> int:
        """How many of these lines lack; they are what is expected from now on."""
        await self._each("expect", rooms=self._rooms, said=said)
        return sum(await self._each("lacking"))

    def _due(self, said: list[Line]) -> int:
        """How many lines of others everybody has to be shown, all together."""
        return sum(len(self._rooms[title]) - 1 for title, *_ in said)

    async def _each(self, deed: str, **order: Any) -> list[Any]:  # noqa: ANN401 - as JSON gives it
        return list(await asyncio.gather(*(crowd.do(deed, **order) for crowd in self._crowds)))

    def _stop(self) -> None:
        self._relay.stop()

    def _start(self, name: str, listen: str) -> RelayProcess:
        folder = self._folder
        return RelayProcess(
            folder / name,
            "--period",
            str(self._size.period_s),
            listen=listen,
            log=folder / f"{name}.log",
            temporary=folder / "temporary",
        )


def _rooms(size: Size) -> dict[str, list[int]]:
    """Who is in which room: everybody in one at least, if there are rooms enough."""
    dice = random.Random(size.accounts)  # noqa: S311 - who sits with whom
    rooms: dict[str, list[int]] = {}
    waiting = dice.sample(range(size.accounts), size.accounts)
    for number in range(size.rooms):
        count = min(size.accounts, dice.randint(_SMALLEST, _LARGEST))
        first, waiting = waiting[: count // 2 + 1], waiting[count // 2 + 1 :]
        others = [one for one in range(size.accounts) if one not in first]
        rooms[f"모임 {number} room"] = [*first, *dice.sample(others, count - len(first))]
    return rooms
