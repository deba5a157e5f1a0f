"""A folder of its own for the story of a drill, and the relay that it is about."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from nullabona.processes.program import NULLA
from nullabona.processes.servers import RelayProcess

T = TypeVar("T")


def in_folder(story: Callable[[Path], Coroutine[Any, Any, T]]) -> T:
    """Run a story in a folder that is removed afterwards. Raises what goes wrong."""
    with TemporaryDirectory(prefix="nullabona-drill-") as folder:
        return asyncio.run(story(Path(folder)))


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a story is played."""

    folder: Path
    relay: RelayProcess
    stack: AsyncExitStack
    """What is entered here ends before the relay."""

    @property
    def people(self) -> Path:
        """Where everybody's profile is."""
        return self.folder / "people"


@asynccontextmanager
async def playing(folder: Path, *more: str, program: Sequence[str] = NULLA) -> AsyncIterator[Stage]:
    """A relay that leaves what it writes in ``folder``, until the block ends; ``more`` are options of it."""
    async with AsyncExitStack() as stack:
        relay = await asyncio.to_thread(
            RelayProcess, folder / "relay", *more, log=folder / "relay.log", temporary=folder / "relay-tmp",
            program=program,
        )  # fmt: skip
        stack.callback(relay.stop)
        yield Stage(folder, relay, stack)
