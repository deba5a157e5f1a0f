"""Where a program keeps a person's data on each system."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path


def data_folder(*, environment: Mapping[str, str], home: Path, platform: str = sys.platform) -> Path:
    """The folder of this program among the system's folders for programs' data. It may not exist yet."""
    if platform == "win32":
        base = Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        wanted = Path(environment.get("XDG_DATA_HOME", ""))
        base = wanted if wanted.is_absolute() else home / ".local" / "share"
    return base / "nullabona"


def default_profile_path(
    name: str = "default", *, environment: Mapping[str, str], home: Path, platform: str = sys.platform
) -> Path:
    """The default folder of profiles."""
    return data_folder(environment=environment, home=home, platform=platform) / "profiles" / name
