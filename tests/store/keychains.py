"""A keychain in memory that can be told to misbehave."""

from __future__ import annotations

from collections.abc import Iterator

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

SYSTEM = keyring.get_keyring()
"""Chosen before the class below exists: keyring would choose it, too."""


class MemoryKeychain(KeyringBackend):
    """``failing``: every call raises. ``forgetful``: nothing is kept, and nothing said about it."""

    priority = 0.1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}
        self.failing = False
        self.forgetful = False

    def get_password(self, service: str, username: str) -> str | None:
        self._may_fail()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._may_fail()
        if not self.forgetful:
            self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._may_fail()
        if (service, username) not in self.kept:
            raise PasswordDeleteError("there is none")
        del self.kept[service, username]

    def _may_fail(self) -> None:
        if self.failing:
            raise KeyringLocked("the keychain is locked")


@pytest.fixture
def keychain() -> Iterator[MemoryKeychain]:
    """An empty keychain, in the place of the system's."""
    backend = MemoryKeychain()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(SYSTEM)
