"""The app locks when nobody has used it for a while, unless the person said otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from nullabona.app.server.launch import private_folder
from nullabona.app.session import work
from nullabona.app.session.place import Place
from nullabona.app.session.session import Session
from nullabona.client.api import Unprotected
from tests.api.people import QUICK
from tests.app.person import PASSPHRASE

HOUR_S = 3_600.0
SOON_S = 0.01


class Clock:
    """One that is put forward by hand, and knows how often it was looked at."""

    def __init__(self) -> None:
        self.now = 0.0
        self._awaited = 0
        self._looked = asyncio.Event()

    def __call__(self) -> float:
        self._awaited -= 1
        if self._awaited <= 0:
            self._looked.set()
        return self.now

    async def looks(self, times: int) -> None:
        """Wait until it was looked at so often from now on."""
        self._awaited = times
        self._looked.clear()
        await self._looked.wait()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(work, "awake_or_not", clock)
    monkeypatch.setattr(work, "_LONGEST_SLEEP_S", SOON_S)
    return clock


@asynccontextmanager
async def at_work(home: Path, *, protected: bool = True) -> AsyncIterator[Session]:
    """An app with an account that no relay has heard of, and settings that nobody has touched."""
    profile = home / "profile"
    session = Session(Place(profile, private_folder(profile), replace(QUICK, online=False), "", "en", home, home))
    if protected:
        await session.create_profile(PASSPHRASE)
    else:
        await session._open(Unprotected(), create=True)
        session.protected = False
    await session.open_work.client.account.create("mina@relay.example")
    session.open_work.begin()
    try:
        yield session
    finally:
        await session.end()


@pytest.mark.slow
@pytest.mark.parametrize(("slept", "locked"), [(HOUR_S - 1, False), (HOUR_S, True), (9 * HOUR_S, True)])
def test_an_hour_without_use_locks_also_if_the_machine_slept(
    tmp_path: Path, clock: Clock, slept: float, *, locked: bool
) -> None:
    """Nobody chose that. The loop's clock stood still meanwhile, as it does while a laptop is closed."""

    async def run() -> None:
        async with at_work(tmp_path) as session:
            locks: list[bool] = []
            session.open_work._lock = lambda: locks.append(True)
            session.active()
            clock.now += slept
            await clock.looks(1 if locked else 6)
            assert locks == [True] * locked

    asyncio.run(run())


@pytest.mark.slow
def test_use_begins_the_time_anew_and_never_is_never(tmp_path: Path, clock: Clock) -> None:
    """A call at the last moment counts; with 0 chosen no time is long enough."""

    async def run() -> None:
        async with at_work(tmp_path) as session:
            locks: list[bool] = []
            session.open_work._lock = lambda: locks.append(True)
            session.active()
            clock.now += HOUR_S - 1
            session.active()
            clock.now += HOUR_S - 1
            await clock.looks(6)
            assert locks == []
            await session.client.preferences.set(lock_minutes=None)
            session.active()
            assert session.open_work._idle is None

    asyncio.run(run())


@pytest.mark.slow
def test_a_profile_without_passphrase_does_not_lock(tmp_path: Path) -> None:
    """Neither by hand nor when idle: nothing could open it again but what lies beside it. The page says so."""

    async def run() -> None:
        async with at_work(tmp_path, protected=False) as session:
            await session.lock()
            assert ("ready", False) == (session.phase, session.state().protected)

    asyncio.run(run())
