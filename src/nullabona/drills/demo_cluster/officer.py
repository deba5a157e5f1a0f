"""An officer takes all machines of a cluster at once, running, and searches their disks and memory."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import chain
from typing import Final

from nullabona.drills.demo_cluster.cluster import Machine
from nullabona.drills.demo_cluster.findings import Taken
from nullabona.drills.search import (
    Bare,
    Chunk,
    Hunt,
    MemoryDenied,
    NoProcess,
    Secret,
    files_below,
    memory_chunks,
    program_files,
)

_SHARED: Final = "memory zero"
"""What PostgreSQL's processes share; it is read once."""
_SEARCHERS: Final = 2
_NEW_PROCESS: Final = multiprocessing.get_context("spawn")
"""Threads run here, which a fork would not take along."""


def search(machines: Iterable[Machine], secrets: Sequence[Secret], control: int) -> list[Taken]:
    """Look for the secrets on all machines. ``control`` is the process of a relay that nobody ever used."""
    hunt = Hunt(secrets)
    with suppress(MemoryDenied):  # then no other memory can be read either, and each machine says so
        hunt.learn(memory_chunks(control))
    hunt.learn(program_files())
    with ProcessPoolExecutor(_SEARCHERS, _NEW_PROCESS) as pool:
        return list(pool.map(partial(_take, hunt, secrets), machines))


def _take(hunt: Hunt, secrets: Sequence[Secret], machine: Machine) -> Taken:
    taken, disk, memory = Taken(machine), Bare.of(secrets), Bare.of(secrets)
    files = chain.from_iterable(map(files_below, machine.folders))
    taken.findings += hunt.search(disk.watch(_written(files)), taken.disk)
    try:
        for pid in machine.pids:
            chunks = _own(pid, shared=pid not in machine.sharing)
            taken.findings += hunt.search(memory.watch(chunks), taken.memory)
    except MemoryDenied:
        taken.denied = True
    taken.findings += [*disk.findings, *memory.findings]
    return taken


def _written(chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    """Without blocks of zeros, of which a database's log is full."""
    return (chunk for chunk in chunks if chunk.data.count(0) < len(chunk.data))


def _own(pid: int, *, shared: bool) -> Iterator[Chunk]:
    """The memory of a process; nothing if it has just ended, as PostgreSQL's sessions do."""
    try:
        chunks = memory_chunks(pid)
    except NoProcess:
        return
    yield from (chunk for chunk in chunks if shared or not chunk.source.startswith(_SHARED))
