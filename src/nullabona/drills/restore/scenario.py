"""The story of the drill: one record, two witnesses, a mirror, two people, and every mistake of an honest operator."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from nullabona.directory.keys import FILE, open_keys
from nullabona.drills.actors.actor import Person
from nullabona.drills.actors.company import Company
from nullabona.drills.lost_directory.machine import (
    Copier,
    DirectoryMachine,
    running_directory,
    size_of,
    wait_grown,
)
from nullabona.drills.reporting.report import DrillFailed
from nullabona.drills.reporting.text import Sentences, Tell
from nullabona.drills.restore.findings import Mistakes, Start
from nullabona.drills.stage.playing import Stage, in_folder, playing
from nullabona.processes.ports import free_port
from nullabona.processes.program import ProcessFailed, run
from nullabona.wire.epoch import origin_of

_say: Final = Sentences("drill_restore")

PERIOD_S: Final = 3
_REFUSES_S: Final = 60.0
"""A start that is refused ends within this time; one that goes on serving is stopped then."""
_DEATHS: Final = 2
_TRIES: Final = 10
_CODE: Final = re.compile(r"\[([a-z-]+)\]$", re.MULTILINE)
_CAST: Final = {Person("미나", "mina"): "127.0.0.41", Person("준", "jun"): "127.0.0.42"}


def play(tell: Tell, period_s: int = PERIOD_S) -> Mistakes:
    """Play it in a new folder. Raises what goes wrong."""
    return in_folder(lambda folder: _play(folder, tell, period_s))


async def _play(folder: Path, tell: Tell, period_s: int) -> Mistakes:
    async with playing(folder) as stage:
        machine = await stage.stack.enter_async_context(running_directory(folder / "machine", period_s, mirrored=True))
        scene = _Scene(stage, machine, tell)
        await scene.live()
        await scene.put_back_a_backup()
        await scene.start_a_twin()
        await scene.miss_the_volume()
        await scene.lose_the_key()
        await scene.lose_the_machine()
        return await scene.take_stock()


class _Scene:
    def __init__(self, stage: Stage, machine: DirectoryMachine, tell: Tell) -> None:
        self._stage, self._machine, self._tell = stage, machine, tell
        self._company = Company(stage.people, stage.stack, _CAST)
        self._old = Copier(machine, machine.folder / "copy-old")
        self._mirror = Copier(machine, machine.mirror)
        for copier in (self._old, self._mirror):
            stage.stack.push_async_callback(copier.stop)
        self._aside = machine.folder / "aside"
        self._marks: dict[str, int] = {}
        self.found = Mistakes(machine.period_s)

    async def live(self) -> None:
        """Two people in the record, a mirror of it, and a copy that stops early."""
        people, machine = self._company, self._machine
        self._tell(_say("people-and-record"))
        for copier in (self._old, self._mirror):
            await copier.start()
        await people.enrol(machine.host, self._stage.relay.url, ("mina", "jun"))
        await people.befriend("jun", "mina")
        for name in ("mina", "jun"):
            await people[name].do("in_record")
            self._marks[name] = await people[name].do("mark")
        await self._old.stop()

    async def put_back_a_backup(self) -> None:
        """What the operator copied some epochs ago is put in the place of what is there."""
        self._tell(_say("backup-is-put-back"))
        machine = self._machine
        await asyncio.to_thread(machine.stop)
        await asyncio.to_thread(shutil.copytree, machine.machine, machine.folder / "backup")
        await self._go_on(2)
        await asyncio.to_thread(machine.stop)
        machine.machine.rename(self._aside)
        (machine.folder / "backup").rename(machine.machine)
        self.found.old_backup = await self._start()
        await asyncio.to_thread(shutil.rmtree, machine.machine)
        self._aside.rename(machine.machine)

    async def start_a_twin(self) -> None:
        """The machine runs, and so does another one that was made of a copy of it."""
        self._tell(_say("two-machines"))
        machine = self._machine
        twin = machine.folder / "twin"
        await asyncio.to_thread(shutil.copytree, machine.machine, twin)
        await self._go_on(1)
        self.found.twin = await self._start(twin, f"127.0.0.1:{free_port()}")

    async def miss_the_volume(self) -> None:
        """The machine starts, and its disk is not there."""
        self._tell(_say("volume-is-missing"))
        machine = self._machine
        await asyncio.to_thread(machine.stop)
        machine.machine.rename(self._aside)
        self.found.no_volume = await self._start()
        self.found.begun = machine.machine.exists() and any(machine.machine.rglob("*.db"))
        await asyncio.to_thread(shutil.rmtree, machine.machine, ignore_errors=True)
        self._aside.rename(machine.machine)

    async def lose_the_key(self) -> None:
        """The record is there without its key; then with another one."""
        self._tell(_say("key-is-lost"))
        key = self._machine.machine / "record" / FILE
        key.unlink()
        self.found.no_key = await self._start()
        await asyncio.to_thread(open_keys, key, origin_of(self._machine.host))
        self.found.other_key = await self._start()
        key.unlink()

    async def lose_the_machine(self) -> None:
        """It dies in the moment in which witnesses have signed, twice; the last time its disks are gone, too."""
        found, machine = self.found, self._machine
        self._tell(_say("machine-is-lost"))
        for _ in range(_DEATHS):
            await self._go_on(1)
            await machine.wait_cosigned(await machine.cosigned() + 1)
            await asyncio.to_thread(machine.stop)
            found.whole.append(await machine.whole(self._mirror.copy))
        await self._be_watched("mina")
        await self._mirror.stop()
        found.entries = size_of(self._mirror.copy, "pending")
        await asyncio.to_thread(machine.lose)
        found.lacking = await machine.restore(self._old.copy)
        found.restored = await machine.restore(self._mirror.copy)
        self._tell(_say("restored-from-mirror"))
        began = time.monotonic()
        await asyncio.to_thread(machine.start)
        await self._mirror.start()
        for name in ("mina", "jun"):
            found.back[name] = 0.0
            with suppress(ProcessFailed):
                await self._company[name].do("happens", kind="published", after=self._marks[name])
                found.back[name] = time.monotonic() - began

    async def _be_watched(self, name: str) -> None:
        """The machine stops when this person's device has looked through all that it closed.

        That device sees how the record goes on. Others see a gap: without the cards nobody can prove them the epochs
        in between.
        """
        for _ in range(_TRIES):
            await self._go_on(1)
            seen = await self._company[name].do("watch_record")
            await asyncio.to_thread(self._machine.stop)
            if seen >= max(size_of(self._mirror.copy), size_of(self._mirror.copy, "pending")):
                return
        raise DrillFailed("no device was up to date when the machine was lost")

    async def take_stock(self) -> Mistakes:
        """What everybody was told, and what the witnesses hold."""
        found, machine = self.found, self._machine
        found.grown = await wait_grown(self._mirror.copy, found.entries + 1)
        for name in ("mina", "jun"):
            await self._company[name].do("in_record")
            events = await self._company[name].do("happened", after=self._marks[name])
            found.told[name] = sorted({event["code"] for event in events if event["kind"] == "warning"})
        found.evidence = sum(1 for folder in machine.evidence for _ in folder.rglob("*.json"))
        return found

    async def _go_on(self, epochs: int) -> int:
        """Start the machine, and wait until the mirror has so many epochs more; how many entries it has."""
        size = size_of(self._mirror.copy)
        await asyncio.to_thread(self._machine.start)
        return await wait_grown(self._mirror.copy, size + epochs - 1)

    async def _start(self, folder: Path | None = None, listen: str = "") -> Start:
        """``nulla relay serve`` as a unit runs it, in another folder perhaps."""
        return await asyncio.to_thread(_started, self._machine.command(folder, listen))


def _started(command: Sequence[str]) -> Start:
    try:
        ended = run(command, patience_s=_REFUSES_S)
    except subprocess.TimeoutExpired:
        return Start(0, "", served=True)
    found = _CODE.search(ended.err)
    return Start(ended.code, found[1] if found else "")
