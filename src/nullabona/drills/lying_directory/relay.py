"""The relay of the drill, whose record two witnesses must cosign; each is a process of its own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from nullabona.directory.keys import FILE, open_keys
from nullabona.drills.stage.witnesses import witnessed
from nullabona.processes.ports import free_port
from nullabona.processes.program import python
from nullabona.processes.workers import Worker, working
from nullabona.wire.epoch import origin_of


@dataclass(frozen=True, slots=True)
class LyingRelay:
    """A relay that lies, and what its witnesses keep."""

    host: str
    operator: Worker
    evidence: tuple[Path, ...]
    """Where each witness keeps evidence."""


@asynccontextmanager
async def lying_relay(
    folder: Path, period_s: int, patience_s: float, *, mirrored: bool = False
) -> AsyncIterator[LyingRelay]:
    """Everything, running until the block ends. What the operator is told may take ``patience_s``.

    ``mirrored``: one of the witnesses mirrors the map.
    """
    host = f"127.0.0.1:{free_port()}"
    record = folder / "record"
    keys = open_keys(record / FILE, origin_of(host))
    vkeys = [signer.verifier.encode() for signer in keys.signers]
    async with AsyncExitStack() as stack:
        witnesses = await stack.enter_async_context(witnessed(folder, vkeys, f"http://{host}/" if mirrored else ""))
        policy = folder / "witnesses.txt"
        policy.write_text(witnesses.policy, "utf-8")
        settings = {"data": str(folder / "relay"), "listen": [host], "host": host, "record": str(record),
                    "period": period_s, "witnesses": str(policy)}  # fmt: skip
        play = python("-m", "nullabona.drills.lying_directory.operator", json.dumps(settings))
        operator = await stack.enter_async_context(working(play, folder / "operator.log", patience_s=patience_s))
        yield LyingRelay(host, operator, witnesses.evidence)
