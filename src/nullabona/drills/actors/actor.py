"""The drill's side of a person: starts the process, gives orders, waits for answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from nullabona.processes.program import python
from nullabona.processes.workers import Worker


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who speaks, and the name part of their handle."""

    name: str
    handle_name: str


class Actor(Worker):
    """One person, in a process of their own whose connections come from ``address``."""

    PROGRAM: ClassVar[str] = "nullabona.drills.actors.person"

    def __init__(self, person: Person, folder: Path, address: str) -> None:
        super().__init__(person.name, folder / f"{person.handle_name}.log")
        self.person = person
        self.address = address
        self.handle = ""
        self.together = False
        """Whether their rooms share a connection, from the next start on."""
        self.account = ""
        self.profile = folder / person.handle_name

    async def start(self) -> None:
        """Open the profile in a new process."""
        together = ("together",) if self.together else ()
        await self.launch(python("-m", self.PROGRAM, str(self.profile), self.address, *together))

    async def enrol(self, host: str, relay: str) -> str:
        """Start, and make an account at the directory of ``host`` with rooms on ``relay``; its 24 words."""
        self.handle = f"{self.person.handle_name}@{host}"
        await self.start()
        made = await self.do("create", handle=self.handle, relay=relay)
        self.account = made["account"]
        return str(made["phrase"])
