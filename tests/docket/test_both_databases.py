"""Which tests of the desk are of one database, and which of both in every run, is written down by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docket.databases import IN_EVERY_RUN, OF_THE_FILE


@pytest.mark.parametrize("name", sorted(OF_THE_FILE | IN_EVERY_RUN))
def test_each_name_is_that_of_a_test(name: str) -> None:
    """A test that was given another name would run on SQLite alone, or only in slow runs, and nobody would notice."""
    file, _, function = name.partition(".")
    text = (Path(__file__).parent / f"{file}.py").read_text("utf-8")
    assert f"def {function}(" in text


def test_no_test_is_of_one_database_and_of_both() -> None:
    """`OF_THE_FILE` would win."""
    assert frozenset() == OF_THE_FILE & IN_EVERY_RUN
