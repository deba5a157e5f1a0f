"""Looks at a profile from outside, for a person who asks what is wrong: nothing is opened, and nothing changes."""

from __future__ import annotations

from pathlib import Path

from nullabona.client.core.model.errors import ProfileInUse, StoreDamaged
from nullabona.client.profile import LOCK, STORE, must_be_private, profile_protection
from nullabona.client.store.keyslot import Protection
from nullabona.client.store.lock import ProfileLock


def examine_profile(path: Path) -> tuple[Protection, bool]:
    """How a profile is protected, and whether a process has it open; nothing is opened or changed.

    Raises `ProfileMissing`, `ProfileExposed`, `StoreDamaged`, `StoreTooNew` or `StoreFailed`.
    """
    kind = profile_protection(path)
    must_be_private(path)
    if not (path / STORE).exists():
        raise StoreDamaged("the profile's messages are missing")
    if not (path / LOCK).exists():
        return kind, False
    try:
        ProfileLock(path / LOCK).release()
    except ProfileInUse:
        return kind, True
    return kind, False
