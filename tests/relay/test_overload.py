"""A relay that is offered more than its disk takes: it sheds politely, within its memory, and loses nothing it took."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

import pytest

from bench.soak.watch import resident_mib
from nullabona.client.net import Carrier, Endpoint, connect, parse_endpoint
from nullabona.processes.program import NULLA
from nullabona.processes.servers import RelayProcess
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
THRICE: Final = 3
"""So many times as much is offered as is taken, when all is answered."""
SHORT_QUEUE: Final = 2**20
"""Bytes of a queue that such a disk takes in half a second: with it a short rush shows what a long one does."""
LONGEST_S, SHORT_LONGEST_S = 90.0, 20.0
GROWTH_MIB, SHORT_GROWTH_MIB = 96.0, 48.0
"""What the queue of such a disk (at first 8 MiB, soon 2; a short one 1), the batch beside it, and SQLite's caches may
take. It is less than was offered in all, so that what is refused may not stay."""
RECOVERY_S: Final = 1.0
AFTERMATH_S: Final = 10.0
"""So soon after nothing more is offered, all that was taken is answered, and somebody new is served."""
Dial: TypeAlias = Callable[[Endpoint], Awaitable[Carrier]]
"""How a writer reaches the relay."""


@dataclass(kw_only=True)
class Rush:
    """What many writers were answered. It is over when so many frames were taken and so many refused, at least."""

    taken: int
    refusals: int
    growth_mib: float
    """So much more memory the relay may need meanwhile."""
    longest_s: float
    """It ends then, if it is not over before."""
    boxes: list[Box] = field(default_factory=lambda: [Box() for _ in range(CONNECTIONS)])
    kept: dict[int, dict[int, bytes]] = field(default_factory=dict)
    """By writer: the frames that were acknowledged, by number."""
    refused: Counter[str] = field(default_factory=Counter)
    advised: set[int] = field(default_factory=set)
    offered: int = 0
    offered_at: float = 0.0
    """When the last frame was offered."""
    _over: bool = field(default=False, init=False)

    @property
    def acknowledged(self) -> int:
        return sum(map(len, self.kept.values()))

    def enough(self) -> bool:
        """Whether it is over; once it is, it stays so, although what waits may yet be taken."""
        much = self.acknowledged >= self.taken and self.refused.total() >= self.refusals
        self._over = self._over or (much and self.offered > 2 * THRICE * self.acknowledged)
        return self._over

    async def write(self, carrier: Carrier, writer: int, until: float) -> None:
        """One of the writers' outstanding requests after another, without a pause whatever the answer is."""
        box, kept = self.boxes[writer], self.kept.setdefault(writer, {})
        while not self.enough() and time.monotonic() < until:
            frame = os.urandom(FRAME)
            self.offered += 1
            self.offered_at = time.monotonic()
            answer = await carrier.request(box.append(frame), 60.0)
            if isinstance(answer, Appended):
                assert kept.setdefault(answer.seq, frame) is frame
            else:
                assert isinstance(answer, Refusal)
                self.refused[answer.code] += 1
                self.advised.add(answer.retry_after_s)


def long_rush() -> Rush:
    """Until the queue has learned how slow the disk is: ten seconds at least."""
    return Rush(taken=300, refusals=1_000, growth_mib=GROWTH_MIB, longest_s=LONGEST_S)


def short_rush() -> Rush:
    """A second or two."""
    return Rush(taken=20, refusals=800, growth_mib=SHORT_GROWTH_MIB, longest_s=SHORT_LONGEST_S)


@contextmanager
def relay(
    folder: Path, program: str | None = None, listen: str = "127.0.0.1:0", queue: int | None = None
) -> Iterator[RelayProcess]:
    """A process on the folder's data, with at most so many bytes queued; killed in the end."""
    more: tuple[str, ...] = ()
    if queue is not None:
        config = folder / "relay.toml"
        config.write_text(f"[limits]\nqueue_bytes = {queue}\n")
        more = ("--config", str(config))
    command = NULLA if program is None else ("-c", program)
    process = RelayProcess(folder / "data", *more, listen=listen, log=folder / "log", temporary=folder, program=command)
    try:
        yield process
    finally:
        process.kill()


@asynccontextmanager
async def connected(url: str, dial: Dial = connect) -> AsyncIterator[Carrier]:
    carrier = await dial(parse_endpoint(url))
    try:
        yield carrier
    finally:
        await carrier.close()


async def rush(process: RelayProcess, made: Rush, dial: Dial = connect) -> float:
    """Offer too much, and note what is answered; the most memory that the relay had meanwhile, in MiB."""
    most = 0.0
    carriers = [await dial(parse_endpoint(process.url)) for _ in range(CONNECTIONS)]
    until = time.monotonic() + made.longest_s
    writing = [
        asyncio.create_task(made.write(carrier, writer, until))
        for writer, carrier in enumerate(carriers)
        for _ in range(OUTSTANDING)
    ]
    while not all(task.done() for task in writing):
        most = max(most, resident_mib(process.pid))
        await asyncio.wait(writing, timeout=0.05)
    await asyncio.gather(*writing)
    for carrier in carriers:
        await carrier.close()
    return most


async def fresh_append(process: RelayProcess, dial: Dial = connect) -> float:
    """How long somebody new waits for an append that is taken."""
    async with connected(process.url, dial) as carrier:
        began = time.monotonic()
        while isinstance(answer := await carrier.request(Box().append(b"x" * 512), 60.0), Refusal):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        assert isinstance(answer, Appended)
        return time.monotonic() - began


def check_sheds(process: RelayProcess, made: Rush, dial: Dial = connect) -> None:
    """Offer too much: refusals say when to come again, memory stays within its bound, and soon all is as before."""
    asyncio.run(fresh_append(process, dial))
    before = resident_mib(process.pid)
    most = asyncio.run(rush(process, made, dial))
    waited = asyncio.run(fresh_append(process, dial))
    assert time.monotonic() - made.offered_at < AFTERMATH_S
    assert waited < RECOVERY_S
    assert made.offered > THRICE * made.acknowledged > 0
    assert {"busy"} == set(made.refused)
    assert {1} == made.advised
    assert most - before < made.growth_mib < made.offered * FRAME / 2**20
    assert 0 == asyncio.run(lost(process.url, made))


async def lost(url: str, made: Rush) -> int:
    """How many of the frames that were acknowledged are not to be read under their number."""
    missing = 0
    async with connected(url) as carrier:
        for writer, kept in made.kept.items():
            there: dict[int, bytes] = {}
            while len(there) < max(kept, default=0):
                answer = await carrier.request(made.boxes[writer].read(max(there, default=0)), 60.0)
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
        check_sheds(process, made := long_rush())
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
            made = long_rush()
            async with connected(process.url) as carrier:
                writing = [asyncio.create_task(made.write(carrier, 0, time.monotonic() + 60)) for _ in range(24)]
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


def test_a_short_rush_is_shed(tmp_path: Path) -> None:
    """The same in seconds, with a small queue: this is never left out."""
    with relay(tmp_path, SLOW_DISK, queue=SHORT_QUEUE) as process:
        check_sheds(process, short_rush())


def test_the_bound_of_the_queue_is_stated(tmp_path: Path) -> None:
    """The figures of spec/relay.md §4.6 are the code's."""
    from nullabona.relay import unsent
    from nullabona.relay.shelves import journal

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
