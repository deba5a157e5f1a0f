"""The demo's side of a person: starts the process, gives orders, waits for answers."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from nullabona.drills.demo.script import Person
from nullabona.processes.program import python
from nullabona.processes.workers import Worker


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
