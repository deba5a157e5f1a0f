"""Sets the stage: two witnesses, and a relay whose record they must cosign; each a process of its own."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nullabona.directory.keys import FILE, open_keys
from nullabona.drills.played import Played, running, witness
from nullabona.wire.epoch import origin_of

WITNESSES: Final = ("newspaper.example", "university.example")


@dataclass(frozen=True, slots=True)
class Stage:
    """What is running."""

    host: str
    operator: Played
    evidence: tuple[Path, ...]
    """Where each witness keeps evidence."""


@asynccontextmanager
async def staged(folder: Path, period_s: int, patience_s: float) -> AsyncIterator[Stage]:
    """Everything, running until the block ends. What the operator is told may take ``patience_s``."""
    host = f"127.0.0.1:{_free_port()}"
    record = folder / "record"
    keys = open_keys(record / FILE, origin_of(host))
    vkeys = [signer.verifier.encode() for signer in keys.signers]
    async with AsyncExitStack() as stack:
        lines = []
        for name in WITNESSES:
            ready = (await stack.enter_async_context(witness(folder / name, name, vkeys))).ready
            lines += [f"witness {name} {ready['vkeys'][0]} {ready['ready']}"]
        policy = folder / "witnesses.txt"
        policy.write_text("\n".join([*lines, f"group both all {' '.join(WITNESSES)}", "quorum both", ""]), "utf-8")
        settings = {"data": str(folder / "relay"), "listen": [host], "host": host, "record": str(record),
                    "period": period_s, "witnesses": str(policy)}  # fmt: skip
        play = ("-m", "nullabona.drills.lying.operator", json.dumps(settings))
        operator = await stack.enter_async_context(running(play, folder / "operator.log", patience_s=patience_s))
        yield Stage(host, operator, tuple(folder / name / "data" / "evidence" for name in WITNESSES))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
