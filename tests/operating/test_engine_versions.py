"""Versions of an engine's server that must not move slots: `engine check` names them, and names no others."""

from __future__ import annotations

import pytest

from nullabona.operating.engine.versions import mended_in, parsed


@pytest.mark.parametrize("version", ["8.1.0", "8.1.1", "8.1.3"])
def test_valkey_before_8_1_4_is_named(version: str) -> None:
    """Debian 13's is 8.1.1; the version of Redis that Valkey says as well is not looked at."""
    assert "8.1.4" == mended_in({"valkey_version": version, "redis_version": "7.2.4"})


@pytest.mark.parametrize("version", ["7.2.5", "8.0.9", "8.1.4", "8.1.10", "9.0.0"])
def test_other_versions_of_valkey_are_not(version: str) -> None:
    assert mended_in({"valkey_version": version, "redis_version": "7.2.4"}) is None


@pytest.mark.parametrize(
    ("version", "mended"), [("7.0.15", None), ("7.4.9", None), ("8.0.0", "8.4"), ("8.3.1", "8.4"), ("8.4.0", None)]
)
def test_redis_from_8_0_on_is_named(version: str, mended: str | None) -> None:
    """Debian 12's is 7.0.15."""
    assert mended == mended_in({"redis_version": version})


@pytest.mark.parametrize("said", ["", "unstable", "-1", "8", "8.x"])
def test_what_is_no_version_does_no_harm(said: str) -> None:
    """It is read as far as it goes."""
    assert mended_in({"redis_version": said}) in {None, "8.4"}
    assert all(part >= 0 for part in parsed(said))


def test_a_node_that_says_nothing_is_not_named() -> None:
    assert mended_in({}) is None
