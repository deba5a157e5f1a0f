"""A session bus for each test, and programs on it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.desktop.service import ALL, Recorder
from tests.desktop.session_bus import session_bus


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bus of this test's own, which is that of this process, too."""
    if shutil.which("dbus-daemon") is None:
        pytest.skip("dbus-daemon is not installed (tools/need_programs.sh)")
    with tempfile.TemporaryDirectory(prefix="bus") as folder, session_bus(Path(folder)) as found:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", found)
        yield found


@pytest.fixture
def notifications(address: str) -> Iterator[Callable[..., Recorder]]:
    """Starts a notification service with all abilities, or those that are named."""
    made: list[Recorder] = []

    def start(abilities: tuple[str, ...] = ALL) -> Recorder:
        made.append(Recorder(address, abilities))
        return made[-1]

    yield start
    for one in made:
        one.close()
