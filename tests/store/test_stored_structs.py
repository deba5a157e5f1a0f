"""Formats stay as they are: what is stored or sent has the fields, limits, defaults and tags that it had."""

from __future__ import annotations

import pytest

from tests.store.stored_structs import GOLDEN, PACKAGES, structs, text


@pytest.mark.reads(*PACKAGES)
def test_every_struct_that_is_kept_is_as_it_was() -> None:
    """A difference is a change of a format: read old data with it, say how, and write the list anew."""
    assert GOLDEN.read_text("utf-8").splitlines() == text().splitlines()


def test_the_list_is_of_something() -> None:
    """Rooms, archives, journals and the wire are in it."""
    found = {struct.__module__.split(".")[1] for struct in structs()}
    assert (True, {"client", "docket", "wire"}) == (len(structs()) > 100, found)
