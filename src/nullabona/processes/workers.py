"""Processes that say a line of JSON when they are ready, and one for each order (`nullabona.processes.orders`)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from nullabona.processes.program import ProcessFailed

_PATIENCE_S: Final = 90.0
_LONGEST_LINE: Final = 16 * 1_048_576
_STOP_S: Final = 10.0


class Worker:
    """One such process; it may be started again after it has ended. ``log`` gets its standard error."""

    def __init__(self, name: str, log: Path, patience_s: float = _PATIENCE_S) -> None:
        self.name = name
        self.ready: dict[str, Any] = {}
        """What it said when it was ready."""
        self._log = log
        self._patience_s = patience_s
        self._process: asyncio.subprocess.Process | None = None
        self._order = asyncio.Lock()

    @property
    def runs(self) -> bool:
        """Whether it has a process: not before it is launched, nor after it was stopped."""
        return self._process is not None

    @property
    def pid(self) -> int:
        """Of the process that runs now. Raises `ProcessFailed`."""
        return self._running().pid

    async def launch(self, command: Sequence[str]) -> None:
        """Start a process and wait until it is ready. Raises `ProcessFailed`."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=_LONGEST_LINE,
            )
        self.ready = await self._read("begin")

    async def do(self, deed: str, **order: Any) -> Any:  # noqa: ANN401 - as JSON gives it
        """Tell it to do something; what came of it. One order after another. Raises `ProcessFailed`."""
        async with self._order:
            process = self._running()
            assert process.stdin is not None
            process.stdin.write((json.dumps({"do": deed, **order}) + "\n").encode())
            try:
                await process.stdin.drain()
            except ConnectionError as error:
                raise ProcessFailed(f"{self.name} is gone") from error
            answer = await self._read(deed)
        if "error" in answer:
            raise ProcessFailed(f"{self.name} could not {deed}: {answer['message']} [{answer['error']}]")
        return answer["ok"]

    async def stop(self) -> None:
        """Close its input, which ends it in good order, or by force if it takes too long. Harmless when repeated."""
        process, self._process = self._process, None
        if process is not None:
            assert process.stdin is not None
            process.stdin.close()
            await _gone(process)

    async def terminate(self) -> None:
        """Ask it to end at once, by force if it takes too long. Harmless when repeated."""
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                process.terminate()
            await _gone(process)

    async def kill(self) -> None:
        """End it as a power cut does."""
        process = self._running()
        if process.returncode is None:
            process.kill()
        await process.wait()

    async def _read(self, deed: str) -> dict[str, Any]:
        process = self._running()
        assert process.stdout is not None
        try:
            line = await asyncio.wait_for(process.stdout.readline(), self._patience_s)
        except TimeoutError as error:
            raise ProcessFailed(f"{self.name} does not answer ({deed})") from error
        if not line:
            raise ProcessFailed(f"{self.name}'s process ended ({deed})", hint=f"see {self._log.name}")
        found: dict[str, Any] = json.loads(line)
        return found

    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise ProcessFailed(f"{self.name} does not run")
        return self._process


@asynccontextmanager
async def working(command: Sequence[str], log: Path, *, patience_s: float = _PATIENCE_S) -> AsyncIterator[Worker]:
    """A worker that is ready, until the block ends. Its first line and each answer may take ``patience_s``."""
    worker = Worker(log.stem, log, patience_s)
    try:
        await worker.launch(command)
        yield worker
    finally:
        await worker.terminate()


async def _gone(process: asyncio.subprocess.Process) -> None:
    try:
        await asyncio.wait_for(process.wait(), _STOP_S)
    except TimeoutError:
        process.kill()
        await process.wait()
