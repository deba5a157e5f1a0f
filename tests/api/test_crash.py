"""``kill -9`` of client processes at random moments: nothing is lost, nothing is doubled, no order changes."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from nullabona.processes.program import Program, python
from tests.api.people import befriend, opened, people, play, reads, texts, until
from tests.api.service import Service

ROOT = Path(__file__).parents[2]
COUNT = 150


async def talker(profile: Path, room: bytes, count: int) -> Program:
    """A process that writes numbered messages from this profile; it is up."""
    process = Program(python("-m", "tests.api.talker", str(profile), room.hex(), str(count)), cwd=ROOT)
    assert "up\n" == await asyncio.to_thread(lambda: process.first_line)
    return process


@pytest.mark.slow
@pytest.mark.timeout(150)
@pytest.mark.parametrize("seed", range(3))
def test_a_killed_client_goes_on_where_it_stopped(service: Service, tmp_path: Path, seed: int) -> None:
    """However often the sender is killed, the other reads 0, 1, 2, … once each and in order."""
    dice = random.Random(seed)

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            await a.sync(timeout_s=20)
        async with opened(tmp_path / "b") as b:
            for _ in range(6):
                process = await talker(tmp_path / "a", room, COUNT)
                await asyncio.sleep(dice.random() * 0.25)  # killed at any moment, so there is nothing to wait for
                process.kill()
            process = await talker(tmp_path / "a", room, COUNT)
            await reads(b, room, *map(str, range(COUNT)))
            ended = await asyncio.to_thread(process.wait, 60)
            assert ("done\n", 0) == (ended.out, ended.code)
        async with opened(tmp_path / "a") as a:
            assert texts(a, room) == list(map(str, range(COUNT)))

    play(story(), 120)


@pytest.mark.slow
@pytest.mark.timeout(150)
def test_a_killed_reader_reads_everything_once(service: Service, tmp_path: Path) -> None:
    """The reader is killed while messages come in; when it is back it has each once."""
    dice = random.Random(7)

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            await b.sync(timeout_s=20)
        async with opened(tmp_path / "a") as a:
            for number in range(COUNT):
                await a.messages.send(room, str(number))
                if number % 25 == 0:
                    process = await talker(tmp_path / "b", room, 0)
                    await asyncio.sleep(dice.random() * 0.1)  # as above
                    process.kill()
            async with opened(tmp_path / "b") as b:
                await reads(b, room, *map(str, range(COUNT)))
                await until(a, lambda: {m.state for m in a.messages.page(room, limit=1_000) if m.mine} == {"delivered"})

    play(story(), 120)
