"""The app's state outside the encrypted profile, for the lock screen. Never content.

``app.json`` in the profile's launch directory: the language and theme of the lock screen, whether the 24 words still
have to be checked, the relay that was chosen until there is an account, the port of a relay that the app runs,
whether nothing is to be notified, and whether the start at log-in was offered.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import msgspec

from nullabona.app.protocol.views import Language, Theme

_FILE: Final = "app.json"


class AppState(msgspec.Struct, frozen=True, omit_defaults=True):
    """The content of ``app.json``."""

    language: Language | None = None
    theme: Theme = "system"
    unconfirmed: bool = False
    """The account was made here and its 24 words were not checked yet."""
    put_off: bool = False
    """The check of the 24 words was postponed, so the app reminds of it."""
    unregistered: bool = False
    """The account is being made here, and its directory has not taken it yet, or refused it."""
    relay: str = ""
    """What stands after the @ of a handle that is chosen here; empty once there is an account."""
    no_alerts: bool = False
    """The person wants no notifications, not even of the lock."""
    asked_at_login: bool = False
    """The person was asked whether the app is to start at log-in."""
    local_relay: int = 0
    """The port of the relay that runs on this machine for trying; 0: there is none."""


def read_app_state(folder: Path) -> AppState:
    """The stored state; a missing or damaged file counts as an empty one."""
    try:
        return msgspec.json.decode((folder / _FILE).read_bytes(), type=AppState)
    except (OSError, msgspec.DecodeError):
        return AppState()


def write_app_state(folder: Path, app_state: AppState) -> None:
    """Replace the stored state atomically."""
    draft = folder / f"{_FILE}.new"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.encode(app_state))
    draft.replace(folder / _FILE)
