"""``kill -9`` of client processes at random moments: nothing is lost, nothing is doubled, no order changes."""

from __future__ import annotations

import asyncio
import random
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path

import pytest

from tests.api.people import befriend, opened, people, play, reads, texts, until
from tests.api.service import Service

ROOT = Path(__file__).parents[2]
COUNT = 150


async def talker(profile: Path, room: bytes) -> Process:
    """A process that writes numbered messages from this profile."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.api.talker", str(profile), room.hex(), str(COUNT)), cwd=ROOT, stdout=PIPE
    )


async def cut_off(process: Process) -> None:
    """As a power cut does."""
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()


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
                process = await talker(tmp_path / "a", room)
                assert process.stdout is not None
                assert b"up\n" == await process.stdout.readline()
                await asyncio.sleep(dice.random() * 0.25)  # killed at any moment, so there is nothing to wait for
                await cut_off(process)
            process = await talker(tmp_path / "a", room)
            await reads(b, room, *map(str, range(COUNT)))
            out, _ = await process.communicate()
            assert (b"up\ndone\n", 0) == (out, process.returncode)
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
                await a.send(room, str(number))
                if number % 25 == 0:
                    process = await asyncio.create_subprocess_exec(
                        *(sys.executable, "-m", "tests.api.talker", str(tmp_path / "b"), room.hex(), "0"),
                        cwd=ROOT,
                        stdout=PIPE,
                    )
                    assert process.stdout is not None
                    await process.stdout.readline()
                    await asyncio.sleep(dice.random() * 0.1)  # as above
                    await cut_off(process)
            async with opened(tmp_path / "b") as b:
                await reads(b, room, *map(str, range(COUNT)))
                await until(a, lambda: {m.state for m in a.history(room, limit=1_000) if m.mine} == {"delivered"})

    play(story(), 120)
