"""Processes of a drill that say a line of JSON when they are ready, and one for each that they are told."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from nullabona.errors import UserError
from nullabona.log.keys import Kind
from nullabona.machine.keyfile import encode_private_key, write_key_file

NULLA: Final = ("-c", "from nullabona.cli import main; main()")
"""The program, for this Python."""
_PATIENCE_S: Final = 60.0
_LONGEST_LINE: Final = 16 * 1_048_576
_STOP_S: Final = 10.0


class StageFailed(UserError):
    """A process of the drill did not start, or does not answer."""

    code = "stage-failed"
    default_hint = "its own words are in the log beside its data"


class Played:
    """A process that says a line of JSON when it is ready, and one for each it is told."""

    def __init__(self, process: asyncio.subprocess.Process, ready: dict[str, Any], patience_s: float) -> None:
        self._process = process
        self._patience_s = patience_s
        self._telling = asyncio.Lock()
        self.ready = ready

    @property
    def pid(self) -> int:
        return self._process.pid

    async def kill(self) -> None:
        """End it without a word."""
        self._process.kill()
        await self._process.wait()

    async def do(self, deed: str, **order: Any) -> Any:  # noqa: ANN401 - as JSON gives it
        """Tell it to do something; what came of it. One order after another. Raises `StageFailed` if it could not."""
        assert self._process.stdin is not None
        async with self._telling:
            self._process.stdin.write((json.dumps({"do": deed, **order}) + "\n").encode())
            said = await _read(self._process, self._patience_s)
        if "error" in said:
            raise StageFailed(f"a process of the drill could not {deed}: {said['message']} [{said['error']}]")
        return said["ok"]


@asynccontextmanager
async def witness(folder: Path, name: str, vkeys: Sequence[str]) -> AsyncIterator[Played]:
    """A witness of the log with these keys, until the block ends. Evidence comes to lie in ``data/evidence`` there."""
    config = _witness_config(folder, name, vkeys)
    command = (*NULLA, "witness", "serve", "--config", str(config), "--json")
    async with running(command, folder.with_name(f"{folder.name}.log")) as found:
        yield found


def _witness_config(folder: Path, name: str, vkeys: Sequence[str]) -> Path:
    folder.mkdir()
    key = folder / "witness.key"
    write_key_file(key, [encode_private_key(Kind.COSIGN_ED25519, name, secrets.token_bytes(32))])
    lines = ['data = "data"', 'key = "witness.key"', 'listen = ["127.0.0.1:0"]', "[[log]]"]
    config = folder / "witness.toml"
    config.write_text("\n".join([*lines, f"vkeys = {json.dumps(list(vkeys))}", ""]), "utf-8")
    return config


@asynccontextmanager
async def running(command: tuple[str, ...], log: Path, *, patience_s: float = _PATIENCE_S) -> AsyncIterator[Played]:
    """A process of this Python, ready, until the block ends. ``log`` gets what else it says.

    Its first word and each of its answers may take ``patience_s``.
    """
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=out,
            env=os.environ.copy(),
            limit=_LONGEST_LINE,
        )
    try:
        yield Played(process, await _read(process, patience_s), patience_s)
    finally:
        await _stop(process)


async def _stop(process: asyncio.subprocess.Process) -> None:
    """In good order, or by force if it takes too long."""
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(_STOP_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def _read(process: asyncio.subprocess.Process, patience_s: float) -> dict[str, Any]:
    assert process.stdout is not None
    try:
        async with asyncio.timeout(patience_s):
            line = await process.stdout.readline()
        found: dict[str, Any] = json.loads(line)
    except (TimeoutError, ValueError) as error:
        raise StageFailed("a process of the drill does not answer") from error
    return found
