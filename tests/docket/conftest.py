"""A founded desk of its own, in SQLite and in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from nullabona.operating.desk_places import DeskPlaces
from tests.docket.databases import IN_EVERY_RUN, OF_THE_FILE, LoosePlaces
from tests.docket.desks import Clock, Office
from tests.docket.publishing import PublicOffice


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk_places(kept_in: str, request: pytest.FixtureRequest, tmp_path: Path) -> DeskPlaces:
    """Where the desk of this test has its rows. A test that takes it is one of both databases."""
    return LoosePlaces(tmp_path, request.getfixturevalue("database") if kept_in == "postgres" else None)


@pytest.fixture
def lasting_database() -> Iterator[str]:
    """The URL of an empty database that a standby follows, which is what commands ask for."""
    pytest.importorskip("psycopg", reason="the extra postgres is not installed: make setup")
    if pytest.importorskip("tests.postgres.server").programs() is None:
        pytest.skip("PostgreSQL is not installed: tools/need_programs.sh")
    pair = import_module("tests.postgres.test_standby").Pair()
    yield pair.first.url(pair.name)
    pair.remove()


@pytest.fixture
def office(desk_places: DeskPlaces, clock: Clock) -> Iterator[Office]:
    made = Office(desk_places.desk(begins=True), clock)
    yield made
    made.desk.close()


@pytest.fixture
def public_office(desk_places: DeskPlaces, tmp_path: Path, clock: Clock) -> Iterator[PublicOffice]:
    made = PublicOffice(tmp_path, clock, store=desk_places)
    yield made
    made.stop()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test with a desk is one of both databases, but for those that look into SQLite's file."""
    if "kept_in" not in metafunc.fixturenames:
        return
    name = f"{metafunc.module.__name__.rpartition('.')[2]}.{metafunc.function.__name__}"
    kept: list[object] = ["sqlite"]
    if name not in OF_THE_FILE:
        kept.append(pytest.param("postgres", marks=() if name in IN_EVERY_RUN else pytest.mark.slow))
    # Of a module, so that the tests of a file may share one desk.
    metafunc.parametrize("kept_in", kept, scope="module")
