"""What holds for every test."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import settings

from nullabona.relay.core.space import Disk

if TYPE_CHECKING:
    from tests.postgres.server import PostgresServer

# A machine that is busy with other tests is slow at moments: how long one example took says nothing about the code.
settings.register_profile("nullabona", deadline=None)
settings.load_profile("nullabona")

_PLENTY: Final = 2 * 2**30
"""Bytes that relays of all tests together never need."""

LONGEST: Final = tuple(f"tests/drills/test_{name}.py" for name in ("coerced", "demo", "tap", "loss"))
"""Files whose set-up takes most of a minute."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long go first at one of the workers, everything else as shuffled.

    One that began last would keep one worker at work while all others are done. Workers begin with equal shares of the
    list, and tests are stolen from the end of what a worker has left, so that its first file is hardly ever torn apart.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    shares: list[list[pytest.Item]] = [[] for _ in range(workers)]
    for at, name in enumerate(LONGEST):
        shares[at % workers] += [item for item in items if item.nodeid.startswith(name)]
    others = [item for item in items if not item.nodeid.startswith(LONGEST)]
    size = -(-len(items) // workers)
    for share in shares:
        room = max(0, size - len(share))
        share.extend(others[:room])
        del others[:room]
    items[:] = [item for share in shares for item in share] + others


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
    """Say what failures may be due to where a relay under test would refuse frames: on a disk that is nearly full."""
    disk = os.statvfs(tempfile.gettempdir())
    found = Disk(disk.f_blocks * disk.f_frsize, disk.f_bavail * disk.f_frsize)
    if exitstatus and found.room < _PLENTY:
        terminalreporter.write_line(
            f"The disk of {tempfile.gettempdir()} has {found.free >> 20} MiB free. Relays keep "
            f"{found.reserve >> 20} MiB back, and refuse frames near that: tests may fail because of it."
        )


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for all tests of this process; nothing on it survives a power cut."""
    pytest.importorskip("psycopg", reason="the extra postgres is not installed: make setup")
    module = pytest.importorskip("tests.postgres.server")
    if module.programs() is None:
        pytest.skip("PostgreSQL is not installed: tools/need_programs.sh")
    server: PostgresServer = module.PostgresServer()
    try:
        yield server.make()
    finally:
        server.remove()


@pytest.fixture
def database(postgres: PostgresServer) -> Iterator[str]:
    """The URL of an empty database."""
    with postgres.database() as url:
        yield url
