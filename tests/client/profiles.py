"""Profiles to test with: one closed, in which a number is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from nullabona.client.keys import TESTING_COST
from nullabona.client.profile import (
    Passphrase,
    Profile,
    Unlock,
    Unprotected,
    create_profile,
    open_profile,
)
from tests.store.keychains import keychain

__all__ = ["OPEN", "QUICK", "keychain", "path", "put", "value", "visit"]

OPEN = Unprotected()
QUICK = Passphrase("비밀 번호", TESTING_COST)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a closed profile is, in which ``n`` is 1."""
    path = tmp_path / "profile"
    with create_profile(path, OPEN) as profile:
        put(profile, 1)
    return path


def put(profile: Profile, n: int) -> None:
    with profile.store.transaction():
        profile.store.set_value("n", b"%d" % n)


def visit(path: Path, n: int, unlock: Unlock = OPEN) -> None:
    with open_profile(path, unlock) as profile:
        put(profile, n)


def value(path: Path, unlock: Unlock = OPEN) -> bytes | None:
    with open_profile(path, unlock) as profile:
        return profile.store.get_value("n")
