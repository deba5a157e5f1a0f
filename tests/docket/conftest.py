"""A founded desk of its own, in SQLite and in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

import pytest

from nullabona.docket.store.opening import DeskPlace
from nullabona.machine.postgres.place import PostgresPlace
from nullabona.operating.desk_places import DeskPlaces
from tests.docket.desks import Clock, Office
from tests.docket.publishing import PublicOffice

T = TypeVar("T")
OF_THE_FILE: Final = frozenset(
    {
        # Copies of a folder, and what is in its file.
        "test_copies.test_both_from_one_copy_go_on",
        "test_copies.test_one_of_them_put_back_alone_is_refused",
        "test_copies.test_a_log_that_is_gone_is_not_begun_anew",
        "test_kept.test_every_column_and_file_is_declared",
        "test_kept.test_a_carried_away_desk_says_nothing_of_a_case",
        "test_kept.test_nothing_is_entered_in_a_database_that_was_carried_away",
        "test_publication.test_a_slot_knows_its_place",
        # Opens the file beside the desk; tests/docket/test_postgres.py tries the same in PostgreSQL.
        "test_four_eyes.test_sql_does_not_get_around_it",
        "test_four_eyes.test_the_right_person_is_not_refused",
        # Takes a trigger away.
        "test_matrix.test_the_database_allows_exactly_the_table",
    }
)
"""Tests that are of SQLite alone."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def office(kept_in: str, request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Office]:
    made = Office(places(kept_in, request, tmp_path).desk(begins=True), clock)
    yield made
    made.desk.close()


@pytest.fixture
def public_office(kept_in: str, request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[PublicOffice]:
    made = PublicOffice(tmp_path, clock, store=places(kept_in, request, tmp_path))
    yield made
    made.stop()


class LoosePlaces(DeskPlaces):
    """Nobody asks whether the server of a test could forget what it committed."""

    def desk(self, *, begins: bool = False) -> DeskPlace:
        return loose(super().desk(begins=begins))

    def log(self, *, begins: bool = False) -> PostgresPlace | None:
        return loose(super().log(begins=begins))


def loose(place: T) -> T:
    """The same place, without that question."""
    if isinstance(place, PostgresPlace):
        return replace(place, unsafe_without_standby=True)
    return place


def places(kept_in: str, request: pytest.FixtureRequest, folder: Path) -> DeskPlaces:
    """Where a desk of this test is."""
    if kept_in == "sqlite":
        return DeskPlaces(folder)
    return LoosePlaces(folder, request.getfixturevalue("database"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test with a desk is one of both databases, but for those that look into SQLite's file."""
    if "kept_in" not in metafunc.fixturenames:
        return
    kept: list[object] = ["sqlite"]
    if f"{metafunc.module.__name__.rpartition('.')[2]}.{metafunc.function.__name__}" not in OF_THE_FILE:
        kept.append(pytest.param("postgres", marks=pytest.mark.slow))
    metafunc.parametrize("kept_in", kept)
