"""The two witnesses that must cosign the log of a drill, each a process of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nullabona.processes.servers import WitnessProcess

WITNESSES: Final = ("newspaper.example", "university.example")


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Both, running."""

    processes: tuple[WitnessProcess, ...]
    policy: str
    """The lines of a policy that needs both of them; the log itself is not named."""
    evidence: tuple[Path, ...]
    """Where each keeps evidence against the log."""


@asynccontextmanager
async def witnessed(folder: Path, vkeys: Sequence[str], mirrored: str = "") -> AsyncIterator[Witnesses]:
    """Both know the log with these keys, and run until the block ends. ``mirrored``: whose map the first mirrors."""
    async with AsyncExitStack() as stack:
        started = []
        for name, url in zip(WITNESSES, (mirrored, ""), strict=True):
            started.append(await asyncio.to_thread(WitnessProcess, folder / name, name, vkeys, mirrored=url))
            stack.callback(started[-1].stop)
        lines = [f"witness {name} {one.vkey} {one.url}" for name, one in zip(WITNESSES, started, strict=True)]
        policy = "\n".join([*lines, f"group both all {' '.join(WITNESSES)}", "quorum both", ""])
        yield Witnesses(tuple(started), policy, tuple(folder / name / "data" / "evidence" for name in WITNESSES))
