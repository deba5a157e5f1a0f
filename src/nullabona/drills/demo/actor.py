"""The demo's side of a person: starts the process, gives orders, waits for answers."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any, ClassVar, Final

from nullabona.drills.demo.script import Person
from nullabona.errors import UserError

_ANSWER_S: Final = 90.0
_STOP_S: Final = 10.0
_LONGEST_LINE: Final = 4_194_304


class Failed(UserError):
    """A person of the demo could not do what they were told."""

    code = "demo-failed"


class Actor:
    """One person, in a process of their own whose connections come from ``address``."""

    PROGRAM: ClassVar[str] = "nullabona.drills.demo.person"

    def __init__(self, person: Person, folder: Path, address: str) -> None:
        self.person = person
        self.address = address
        self.handle = ""
        self.together = False
        """Whether every request of theirs goes on a connection of its own, from the next start on."""
        self.account = ""
        self.profile = folder / person.handle_name
        self._log = folder / f"{person.handle_name}.log"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def name(self) -> str:
        return self.person.name

    @property
    def pid(self) -> int:
        """Of the process that runs now. Raises `Failed`."""
        return self._running().pid

    async def start(self) -> None:
        """Open the profile in a new process."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", self.PROGRAM, str(self.profile), self.address, *(["together"] * self.together)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=_LONGEST_LINE,
            )
        await self._answer("begin")

    async def do(self, deed: str, **order: Any) -> Any:  # noqa: ANN401 - as JSON gives it
        """Tell the person to do something; what came of it. Raises `Failed`."""
        process = self._running()
        assert process.stdin is not None
        process.stdin.write((json.dumps({"do": deed, **order}) + "\n").encode())
        try:
            await process.stdin.drain()
        except ConnectionError as error:
            raise Failed(f"{self.name} is gone") from error
        return await self._answer(deed)

    async def stop(self) -> None:
        """End the process in good order, or by force if it takes too long. Harmless when repeated."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), _STOP_S)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _answer(self, deed: str) -> Any:  # noqa: ANN401 - as JSON gives it
        process = self._running()
        assert process.stdout is not None
        try:
            line = await asyncio.wait_for(process.stdout.readline(), _ANSWER_S)
        except TimeoutError as error:
            raise Failed(f"{self.name} does not answer ({deed})") from error
        if not line:
            raise Failed(f"{self.name}'s process ended ({deed})", hint=f"see {self._log.name}")
        answer = json.loads(line)
        if "error" in answer:
            raise Failed(f"{self.name} could not {deed}: {answer['message']} [{answer['error']}]")
        return answer["ok"]

    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise Failed(f"{self.name} is offline")
        return self._process
