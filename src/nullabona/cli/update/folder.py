"""Where a person's versions are."""

from __future__ import annotations

import os
from pathlib import Path

from nullabona.system.folders import data_folder


def updates_folder(given: Path | None = None) -> Path:
    """The folder of this person's versions: ``given``, that of NULLA_UPDATES, or the one beside the profiles."""
    named = os.environ.get("NULLA_UPDATES")
    usual = Path(named) if named else data_folder(environment=os.environ, home=Path.home()) / "program"
    return (given or usual).absolute()
