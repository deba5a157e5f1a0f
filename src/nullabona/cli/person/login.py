"""Starting ``nulla app`` when the person logs in, in the background and with the options of a process."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from nullabona.processes.program import NULLA
from nullabona.system.autostart import Autostart

_VERSIONS: Final = "versions"
_CURRENT: Final = "current"


class LoginStart:
    """The person's own entry. ``given``: the options that a start has to have, too."""

    def __init__(self, given: Sequence[str]) -> None:
        self._given = given
        self._autostart = Autostart(os.environ, Path.home())

    def is_on(self) -> bool:
        """Whether it starts at log-in."""
        return self._autostart.is_on()

    def switch(self, *, on: bool) -> None:
        """Start at log-in from now on, or no longer. Raises `NoAutostart`."""
        program = [lasting(Path(sys.prefix), Path(sys.executable)), *NULLA]
        self._autostart.switch([*program, "app", *self._given, "--background"] if on else None)


def lasting(prefix: Path, python: Path) -> str:
    """The interpreter, by a name that is good after `nulla update`, too (spec/release.md §6)."""
    current = prefix.parent.parent / _CURRENT
    if prefix.parent.name != _VERSIONS or not current.is_symlink() or not python.is_relative_to(prefix):
        return str(python)
    return str(current / python.relative_to(prefix))
