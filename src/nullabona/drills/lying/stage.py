"""Sets the stage: two witnesses, and a relay whose record they must cosign; each a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from nullabona.directory.keys import FILE, open_keys
from nullabona.errors import UserError
from nullabona.log.keys import Kind
from nullabona.machine.keyfile import encode_private_key, write_key_file
from nullabona.wire.epoch import origin_of

WITNESSES: Final = ("newspaper.example", "university.example")
_NULLA: Final = "from nullabona.cli import main; main()"
_PATIENCE_S: Final = 60.0
_STOP_S: Final = 10.0


class StageFailed(UserError):
    """A process of the drill did not start, or does not answer."""

    code = "stage-failed"
    default_hint = "its own words are in the log beside its data"


class Played:
    """A process that says a line of JSON when it is ready, and one for each it is told."""

    def __init__(self, process: asyncio.subprocess.Process, ready: dict[str, Any]) -> None:
        self._process = process
        self.ready = ready

    async def do(self, deed: str, **order: Any) -> Any:  # noqa: ANN401 - as JSON gives it
        """Tell it to do something; what came of it."""
        assert self._process.stdin is not None
        self._process.stdin.write((json.dumps({"do": deed, **order}) + "\n").encode())
        return (await _read(self._process))["ok"]


@dataclass(frozen=True, slots=True)
class Stage:
    """What is running."""

    host: str
    operator: Played
    evidence: tuple[Path, ...]
    """Where each witness keeps evidence."""


@asynccontextmanager
async def staged(folder: Path, period_s: int) -> AsyncIterator[Stage]:
    """Everything, running until the block ends."""
    host = f"127.0.0.1:{_free_port()}"
    record = folder / "record"
    keys = open_keys(record / FILE, origin_of(host))
    vkeys = [signer.verifier.encode() for signer in keys.signers]
    async with AsyncExitStack() as stack:
        lines = []
        for name in WITNESSES:
            config = _witness_config(folder / name, name, vkeys)
            command = ("-c", _NULLA, "witness", "serve", "--config", str(config), "--json")
            witness = await stack.enter_async_context(_running(command, folder / f"{name}.log"))
            lines += [f"witness {name} {witness.ready['vkeys'][0]} {witness.ready['ready']}"]
        policy = folder / "witnesses.txt"
        policy.write_text("\n".join([*lines, f"group both all {' '.join(WITNESSES)}", "quorum both", ""]), "utf-8")
        settings = {"data": str(folder / "relay"), "listen": [host], "host": host, "record": str(record),
                    "period": period_s, "witnesses": str(policy)}  # fmt: skip
        play = ("-m", "nullabona.drills.lying.operator", json.dumps(settings))
        operator = await stack.enter_async_context(_running(play, folder / "operator.log"))
        yield Stage(host, operator, tuple(folder / name / "data" / "evidence" for name in WITNESSES))


def _witness_config(folder: Path, name: str, vkeys: list[str]) -> Path:
    folder.mkdir()
    key = folder / "witness.key"
    write_key_file(key, [encode_private_key(Kind.COSIGN_ED25519, name, secrets.token_bytes(32))])
    lines = ['data = "data"', 'key = "witness.key"', 'listen = ["127.0.0.1:0"]', "[[log]]"]
    config = folder / "witness.toml"
    config.write_text("\n".join([*lines, f"vkeys = {json.dumps(vkeys)}", ""]), "utf-8")
    return config


@asynccontextmanager
async def _running(command: tuple[str, ...], log: Path) -> AsyncIterator[Played]:
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=out,
            env=os.environ.copy(),
        )
    try:
        yield Played(process, await _read(process))
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


async def _read(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_PATIENCE_S):
            line = await process.stdout.readline()
        found: dict[str, Any] = json.loads(line)
    except (TimeoutError, ValueError) as error:
        raise StageFailed("a process of the drill does not answer") from error
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
