"""A directory that is killed loses nothing that it answered."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from nullabona.processes.program import Program, python
from nullabona.wire.messages import AnyResponse, LookupCard
from tests.directory.test_service import NONE, ask, directory, plain

KILLED = """
import asyncio, sys
from pathlib import Path
from tests.wire.cards import card_bytes
from nullabona.directory.service import open_directory
from nullabona.wire.handle import parse_handle
from nullabona.wire.messages import CardTaken, PublishCard

async def one(service, number):
    handle = parse_handle(f"user-{number}@relay.example")
    if isinstance(await service.publish(PublishCard(card_bytes("mina", handle, day=0))), CardTaken):
        print(number, flush=True)

async def main():
    service = open_directory(Path(sys.argv[1]), "relay.example")
    await service.advance()
    for start in range(0, 10_000, 8):
        await asyncio.gather(*(one(service, start + i) for i in range(8)))

asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.parametrize("answers", [1, 9, 40, 101, 200])
def test_a_kill_loses_nothing_that_was_answered(tmp_path: Path, answers: int) -> None:
    """Kill -9 in the middle of publishing: every card that was answered is there when the directory opens again."""
    process = Program(python("-c", KILLED, str(tmp_path)))
    said = [process.read_line().strip() for _ in range(answers)]
    said += [line.strip() for line in process.kill().out.splitlines(keepends=True) if line.endswith("\n")]

    async def look() -> list[AnyResponse]:
        async with directory(tmp_path) as service:
            return [await ask(service, LookupCard(f"user-{number}")) for number in said]

    assert NONE not in plain(asyncio.run(look()))
