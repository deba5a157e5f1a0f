"""A relay that is offered more than its disk takes: it sheds politely, within its memory, and loses nothing it took."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from bench.soak.watch import resident_mib
from nullabona.client.net import Connection, connect, parse_endpoint
from nullabona.drills.process import RelayProcess
from nullabona.relay.core.limits import Limits
from nullabona.wire.messages import Appended, Frames, Refusal
from tests.relay.peers import Box

SLOW_DISK: Final = """
import sys, time
from nullabona.cli import main
from nullabona.relay.store.sqlite import SqliteBoxStore
commit = SqliteBoxStore.commit
def slow(store, batch):
    time.sleep(0.02 + sum(len(body) for _, _, body in batch.frames) / 2e6)
    commit(store, batch)
SqliteBoxStore.commit = slow
main()
"""
"""A relay whose disk takes 2 MB a second, and 20 ms for each batch."""
CONNECTIONS, OUTSTANDING, FRAME = 16, 25, 65_536
"""25 MiB at once, again and again."""
THRICE, REFUSALS = 3, 1_000
"""So many times as much is offered as is taken, when all is answered; the rush ends after so many refusals at least."""
LONGEST_S: Final = 90.0
GROWTH_MIB: Final = 96.0
"""What the queue of such a disk (at first 8 MiB, soon 2), the batch beside it, and SQLite's caches may take."""
RECOVERY_S: Final = 1.0


@dataclass
class Rush:
    """What many writers were answered."""

    boxes: list[Box] = field(default_factory=lambda: [Box() for _ in range(CONNECTIONS)])
    kept: dict[int, dict[int, bytes]] = field(default_factory=dict)
    """By writer: the frames that were acknowledged, by number."""
    refused: Counter[str] = field(default_factory=Counter)
    advised: set[int] = field(default_factory=set)
    offered: int = 0

    @property
    def acknowledged(self) -> int:
        return sum(map(len, self.kept.values()))

    @property
    def is_over(self) -> bool:
        """Whether enough was offered."""
        return self.offered > 2 * THRICE * self.acknowledged > 0 and self.refused.total() > REFUSALS

    async def write(self, connection: Connection, writer: int, until: float) -> None:
        """One of the writers' outstanding requests after another, without a pause whatever the answer is."""
        box, kept = self.boxes[writer], self.kept.setdefault(writer, {})
        while not self.is_over and time.monotonic() < until:
            frame = os.urandom(FRAME)
            self.offered += 1
            answer = await connection.request(box.append(frame), 60.0)
            if isinstance(answer, Appended):
                assert kept.setdefault(answer.seq, frame) is frame
            else:
                assert isinstance(answer, Refusal)
                self.refused[answer.code] += 1
                self.advised.add(answer.retry_after_s)


@contextmanager
def relay(folder: Path, program: str | None = None, listen: str = "127.0.0.1:0") -> Iterator[RelayProcess]:
    """A process on the folder's data; killed in the end."""
    more: dict[str, tuple[str, ...]] = {} if program is None else {"program": ("-c", program)}
    process = RelayProcess(folder / "data", folder / "log", listen, temporary=folder, **more)
    try:
        yield process
    finally:
        process.kill()


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    connection = await connect(parse_endpoint(url))
    try:
        yield connection
    finally:
        await connection.close()


async def rush(process: RelayProcess) -> tuple[Rush, float]:
    """Offer too much; what was answered, and the most memory the relay had meanwhile, in MiB."""
    made, most = Rush(), 0.0
    connections = [await connect(parse_endpoint(process.url)) for _ in range(CONNECTIONS)]
    until = time.monotonic() + LONGEST_S
    writing = [
        asyncio.create_task(made.write(connection, writer, until))
        for writer, connection in enumerate(connections)
        for _ in range(OUTSTANDING)
    ]
    while not all(task.done() for task in writing):
        most = max(most, resident_mib(process.pid))
        await asyncio.wait(writing, timeout=0.05)
    await asyncio.gather(*writing)
    for connection in connections:
        await connection.close()
    return made, most


async def fresh_append(process: RelayProcess) -> float:
    """How long somebody new waits for an append that is taken."""
    async with connected(process.url) as connection:
        began = time.monotonic()
        while isinstance(answer := await connection.request(Box().append(b"x" * 512), 60.0), Refusal):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        assert isinstance(answer, Appended)
        return time.monotonic() - began


async def lost(url: str, made: Rush) -> int:
    """How many of the frames that were acknowledged are not to be read under their number."""
    missing = 0
    async with connected(url) as connection:
        for writer, kept in made.kept.items():
            there: dict[int, bytes] = {}
            while len(there) < max(kept, default=0):
                answer = await connection.request(made.boxes[writer].read(max(there, default=0)), 60.0)
                assert isinstance(answer, Frames)
                there.update(answer.frames)
                if not answer.frames:
                    break
            missing += sum(there.get(seq) != frame for seq, frame in kept.items())
    return missing


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_relay_sheds_what_its_disk_cannot_take(tmp_path: Path) -> None:
    """Refusals say when to come again; memory stays within its bound; afterwards, and after kill -9, all is there."""
    with relay(tmp_path, SLOW_DISK) as process:
        asyncio.run(fresh_append(process))
        before = resident_mib(process.pid)
        made, most = asyncio.run(rush(process))
        waited = asyncio.run(fresh_append(process))
        assert made.offered > THRICE * made.acknowledged > 0
        assert {"busy"} == set(made.refused)
        assert {1} == made.advised
        assert most - before < GROWTH_MIB
        assert waited < RECOVERY_S
        assert 0 == asyncio.run(lost(process.url, made))
        address = process.authority
    with relay(tmp_path, listen=address) as process:
        assert 0 == asyncio.run(lost(process.url, made))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_what_was_taken_before_a_kill_is_there(tmp_path: Path) -> None:
    """Killed with -9 in the middle of the rush: what had been acknowledged until then is read from the next process."""
    with relay(tmp_path, SLOW_DISK) as process:
        address = process.authority

        async def cut_short() -> Rush:
            made = Rush()
            async with connected(process.url) as connection:
                writing = [asyncio.create_task(made.write(connection, 0, time.monotonic() + 60)) for _ in range(24)]
                while made.acknowledged < 60:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
                process.kill()
                await asyncio.wait(writing, timeout=60)
            await asyncio.gather(*writing, return_exceptions=True)
            return made

        made = asyncio.run(cut_short())
    assert made.acknowledged >= 60
    with relay(tmp_path, listen=address) as process:
        assert 0 == asyncio.run(lost(process.url, made))


def test_the_bound_of_the_queue_is_stated(tmp_path: Path) -> None:
    """The figures of spec/relay.md §4.6 are the code's."""
    from nullabona.relay import journal, unsent

    text = " ".join((Path(__file__).parents[2] / "spec/relay.md").read_text("utf-8").split())
    assert f"at least {journal.QUEUE_LEAST // 2**20} MiB" in text
    assert f"its frame and {journal.ENTRY_BYTES} bytes" in text
    assert (
        f"at most {journal.BATCH_FRAMES:,} requests, and no more once it holds {journal.BATCH_BYTES // 2**20} MiB"
        in text
    )
    assert f"more than {unsent.LAG // 1024} KiB unread" in text
    assert (0.5, True) == (journal.QUEUE_S, "in half a second" in text)
    assert Limits().queue_bytes > journal.QUEUE_LEAST
