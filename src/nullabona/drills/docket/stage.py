"""Sets the stage: two witnesses as processes, keys of a log that they know, and a thread for the desk."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from nullabona.docket.core.cadence import Cadence
from nullabona.drills.docket.office import HOST, Grounds
from nullabona.drills.stage.witnesses import witnessed
from nullabona.log.keys import Kind, parse_vkey, vkey
from nullabona.machine.keyfile import encode_private_key, parse_private_key
from nullabona.sequencer import WitnessAddress

T = TypeVar("T")


class Apart:
    """The thread that the desk works in, while people's processes are listened to in the loop."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)

    async def do(self, work: Callable[..., T], *values: object) -> T:
        """What ``work`` gives, done there."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *values)


@asynccontextmanager
async def grounded(folder: Path, directory: Path, cadence: Cadence, host: str = HOST) -> AsyncIterator[Grounds]:
    """A log's keys, named after the handles' host, and its witnesses, which run until the block ends."""
    kinds = (Kind.ED25519, Kind.COSIGN_MLDSA44)
    keys = tuple(encode_private_key(kind, f"{host}/docket", secrets.token_bytes(32)) for kind in kinds)
    vkeys = [vkey(parse_private_key(line)) for line in keys]
    async with witnessed(folder, vkeys) as witnesses:
        addresses = tuple(WitnessAddress(each.url, (parse_vkey(each.vkey),)) for each in witnesses.processes)
        policy = "".join(f"log {key}\n" for key in vkeys) + witnesses.policy
        yield Grounds(folder, keys, addresses, policy, directory, cadence)
