"""A relay for the whole run, and two contacts who are in no command at the moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.api.people import befriend, new_name, people, play
from tests.api.service import Service


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A relay that nobody kills."""
    with Service(tmp_path_factory.mktemp("relay") / "data") as running:
        yield running


@pytest.fixture
def doomed(tmp_path: Path) -> Iterator[Service]:
    """A relay of the test's own."""
    with Service(tmp_path / "relay") as running:
        yield running


@dataclass(frozen=True, slots=True)
class Pair:
    """Two profiles that share a direct room."""

    mina: Path
    junho: Path
    mina_handle: str
    junho_handle: str
    room: str

    @property
    def mina_name(self) -> str:
        """Her handle's first part, by which he may call her."""
        return self.mina_handle.partition("@")[0]

    @property
    def junho_name(self) -> str:
        return self.junho_handle.partition("@")[0]


@pytest.fixture
def pair(service: Service, tmp_path: Path) -> Pair:
    """Made through the API, because that is faster than eight processes."""

    async def story() -> Pair:
        async with people(service, tmp_path, "mina", "준호") as (mina, junho):
            room = await befriend(mina, junho)
            for client in (mina, junho):
                await client.sync(timeout_s=20)
            return Pair(tmp_path / "mina", tmp_path / "준호", mina.me.handle, junho.me.handle, room.hex())

    return play(story())


@pytest.fixture
def name() -> str:
    """A name nobody has yet."""
    return new_name("solo")
