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
    """Files that take long go first, everything else as shuffled.

    One that began last would keep one worker at work while all others are done. Tests are stolen from the end of what a
    worker has to do, so at the front no file is torn apart, whose set-up two workers would then do.
    """
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


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
