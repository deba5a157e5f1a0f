"""Where an app runs: its folders, its client's options, and what of the machine it can change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from nullabona.app.protocol import views as v
from nullabona.client.api import Options
from nullabona.system.drives import drives


class AtLogin(Protocol):
    """The start of this program at log-in, with the options of this process."""

    def is_on(self) -> bool: ...
    def switch(self, *, on: bool) -> None:
        """Raises `UserError`."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """The app's folders and its client's options."""

    profile: Path
    folder: Path
    options: Options
    host: str
    """The host named by ``--relay``, for handles without a host, or empty."""
    language: v.Language
    updates: Path
    """The folder of the program's versions."""
    home: Path
    """The home folder: backups and exports go to its folder for downloads, or to itself."""
    drives: Callable[[], list[Path]] = drives
    """The mounted drives that backups can go to."""
    at_login: AtLogin | None = None
    """None: this process cannot change it."""
