"""The names that tests give to people: a directory takes none that looks like one it has."""

from __future__ import annotations

import itertools

import pytest

from nullabona.wire.lookalikes import resembles_reserved, skeleton
from tests.api import people
from tests.api.people import new_name


def test_no_two_of_a_service_look_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are, and whatever a test calls them: an `ann` with one letter was an `a` with two."""
    monkeypatch.setattr(people, "_names", itertools.count(1))
    names = [new_name(name) for name in [*["ann"] * 9, *["a", "b", "mina", "미나"] * 100, *["a"] * 100]]
    assert (len(names), 0) == (len({skeleton(name) for name in names}), sum(map(resembles_reserved, names)))
