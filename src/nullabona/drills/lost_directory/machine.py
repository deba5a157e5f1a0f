"""A directory that can be lost, on a machine of its own; two witnesses that cosign its record, and copies of it."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from nullabona.directory.keys import FILE, open_keys
from nullabona.drills.reporting.report import DrillFailed
from nullabona.drills.stage.witnesses import witnessed
from nullabona.errors import Malformed
from nullabona.log.checkpoint import Checkpoint, parse_checkpoint
from nullabona.log.note import parse_note
from nullabona.log.policy import Policy
from nullabona.log.tiles import Tile, tiles_of
from nullabona.machine.http_client import Route
from nullabona.processes.ports import free_port
from nullabona.processes.program import NULLA, ProcessFailed, Program, nulla, run
from nullabona.processes.servers import RelayProcess
from nullabona.reading import ask_witnesses
from nullabona.sequencer import restore_log
from nullabona.wire.epoch import origin_of

_PATIENCE_S: Final = 60.0
_LOOK_S: Final = 0.05
STUBBORN: Final = (
    NULLA[0], f"from nullabona.drills.stage.stubborn import ask_no_witness; ask_no_witness(); {NULLA[1]}"
)  # fmt: skip
"""In the place of ``nulla``: a relay that asks no witness what it holds."""


@dataclass(frozen=True, slots=True)
class Restoring:
    """What ``nulla log restore`` said."""

    code: int
    error: str
    """The code of its error; empty if there was none."""
    size: int


class DirectoryMachine:
    """The directory's machine. ``keys`` is where its operator keeps a copy of the record's keys: not there."""

    def __init__(self, folder: Path, period_s: int, *, mirrored: bool = False) -> None:
        self.folder = folder
        self.host = f"127.0.0.1:{free_port()}"
        self.period_s = period_s
        self.machine = folder / "machine"
        self.policy = folder / "policy.txt"
        self.keys = folder / "safe" / FILE
        self.vkeys = [signer.verifier.encode() for signer in open_keys(self.keys, origin_of(self.host)).signers]
        self.evidence: tuple[Path, ...] = ()
        """Where its witnesses keep evidence against it."""
        self.mirror = folder / "copy"
        """The copy that gets epochs before the witnesses sign them, if ``mirrored``."""
        self._mirrors = folder / "mirrors.txt"
        self._mirrored = mirrored
        self._mirrors.write_text(f"{self.mirror}\n", "utf-8")
        self._witnesses = folder / "witnesses.txt"
        self._process: RelayProcess | None = None

    @property
    def log_url(self) -> str:
        """Where everybody reads the record."""
        return f"http://{self.host}/log/"

    def name_witnesses(self, lines: str) -> None:
        """Who must cosign the record, in the words of a policy."""
        self._witnesses.write_text(lines, "utf-8")
        self.policy.write_text("".join(f"log {key}\n" for key in self.vkeys) + lines, "utf-8")

    def start(self, program: Sequence[str] = NULLA) -> None:
        """Serve, with the keys out of the safe; ``program`` in the place of ``nulla``."""
        record = self.machine / "record"
        record.mkdir(exist_ok=True, parents=True)
        shutil.copy(self.keys, record / FILE)  # with its mode: a key that others may read is refused
        self._process = RelayProcess(
            self.machine / "relay", *self._options(record), listen=self.host, log=self.folder / "directory.log",
            temporary=self.folder / "temporary", program=program,
        )  # fmt: skip

    def command(self, folder: Path | None = None, listen: str = "") -> Sequence[str]:
        """``nulla relay serve`` on what is in ``folder``, as its unit would run it, whatever is there."""
        at = folder or self.machine
        return nulla("relay", "serve", "--data", str(at / "relay"), "--listen", listen or self.host,
                     *self._options(at / "record"))  # fmt: skip

    def _options(self, record: Path) -> tuple[str, ...]:
        mirrors = ("--mirrors", str(self._mirrors)) if self._mirrored else ()
        return ("--host", self.host, "--record", str(record), "--period", str(self.period_s),
                "--witnesses", str(self._witnesses), *mirrors)  # fmt: skip

    def grow_old(self, days: int) -> None:
        """Make out that every handle was registered so many days earlier: a drill cannot wait for that."""
        with closing(sqlite3.connect(self._cards)) as cards, cards:
            cards.execute("UPDATE card SET registered_day = registered_day - ?", (days,))

    def registered(self) -> dict[str, int]:
        """On which day each handle was registered, as the directory's files have it."""
        with closing(sqlite3.connect(self._cards)) as cards:
            return dict(cards.execute("SELECT name, registered_day FROM card").fetchall())

    @property
    def _cards(self) -> Path:
        return self.machine / "relay" / "cards.db"

    def lose(self) -> None:
        """The machine is carried away while it runs."""
        self.stop()
        shutil.rmtree(self.machine)

    def stop(self) -> None:
        """Without a word. Harmless when repeated."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def said(self) -> str:
        """What the directory wrote into its log so far."""
        return (self.folder / "directory.log").read_text("utf-8")

    async def whole(self, copy: Path) -> bool:
        """Whether somebody's copy has everything that witnesses have cosigned."""
        return await self.cosigned() <= max(size_of(copy), size_of(copy, "pending"))

    async def cosigned(self) -> int:
        """How many entries the witness has cosigned that has cosigned most."""
        policy = Policy.parse(self.policy.read_text("utf-8"))
        words = await ask_witnesses(policy, origin_of(self.host), Route())
        return max((word.checkpoint.size for word in words if word.checkpoint is not None), default=0)

    async def wait_cosigned(self, size: int) -> None:
        """Until a witness has cosigned so many entries."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                while await self.cosigned() < size:  # noqa: ASYNC110 - other processes sign
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError:
            raise DrillFailed("no witness signs the record") from None

    async def restore(self, copy: Path) -> Restoring:
        """``nulla log restore`` with somebody's copy, into the new machine."""
        command = nulla("log", "restore", str(copy), str(self.machine / "record"), "--policy", str(self.policy),
                        "--json")  # fmt: skip
        done = await asyncio.to_thread(run, command)
        told: dict[str, Any] = json.loads(done.out or done.err)
        return Restoring(done.code, str(told.get("error", "")), int(told.get("size", 0)))

    def force(self, copy: Path) -> None:
        """Take a copy whatever it lacks, as an operator could who asks no witness."""
        checkpoint, note = _read_checkpoint(copy)
        restore_log(self.machine / "record", checkpoint, note, list(_tiles(copy, checkpoint.size)))


def size_of(copy: Path, note: str = "checkpoint") -> int:
    """How many entries somebody's copy has; 0 if it is none yet. ``note``: under which checkpoint."""
    with suppress(OSError, Malformed):
        return _read_checkpoint(copy, note)[0].size
    return 0


async def wait_grown(copy: Path, size: int) -> int:
    """Until the copy has more than ``size`` entries; how many."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            while (found := size_of(copy)) <= size:  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(_LOOK_S)
    except TimeoutError:
        raise DrillFailed("the record does not grow") from None
    return found


@asynccontextmanager
async def running_directory(folder: Path, period_s: int, *, mirrored: bool = False) -> AsyncIterator[DirectoryMachine]:
    """A directory and its witnesses, running until the block ends. Witnesses' evidence is in their folders."""
    machine = await asyncio.to_thread(DirectoryMachine, folder, period_s, mirrored=mirrored)
    async with AsyncExitStack() as stack:
        witnesses = await stack.enter_async_context(witnessed(folder, machine.vkeys))
        machine.name_witnesses(witnesses.policy)
        machine.evidence = witnesses.evidence
        stack.callback(machine.stop)
        await asyncio.to_thread(machine.start)
        yield machine


class Copier:
    """Somebody who keeps a copy of the record. A record that goes back or over to another history ends it."""

    def __init__(self, machine: DirectoryMachine, copy: Path) -> None:
        self.copy = copy
        self._command = nulla("log", "mirror", machine.log_url, str(copy), "--policy", str(machine.policy),
                              "--every", "1", "--json")  # fmt: skip
        self._process: Program | None = None

    async def start(self) -> None:
        """Copy from now on."""
        self._process = Program(self._command)

    async def stop(self) -> None:
        """Copy no more. Harmless when repeated."""
        if self._process is not None:
            await asyncio.to_thread(self._process.stop)

    async def ended(self) -> str:
        """Wait until it ends by itself; with which code of an error."""
        assert self._process is not None
        try:
            said = (await asyncio.to_thread(self._process.wait, _PATIENCE_S)).err
        except ProcessFailed:
            return ""
        return str(json.loads(said.splitlines()[-1]).get("error", ""))


def _read_checkpoint(copy: Path, name: str = "checkpoint") -> tuple[Checkpoint, bytes]:
    note = (copy / "public" / name).read_bytes()
    return parse_checkpoint(parse_note(note).text), note


def _tiles(copy: Path, size: int) -> list[tuple[Tile, bytes]]:
    return [(tile, (copy / "public" / tile.path).read_bytes()) for tile in tiles_of(size)]
