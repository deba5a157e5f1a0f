"""The drives that a person has mounted, as places for backups."""

from __future__ import annotations

import os
import re
import string
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

_ABOVE: Final = ("/media", "/run/media", "/mnt")
"""Where desktops and people mount drives on Linux."""
_ESCAPED: Final = re.compile(r"\\([0-7]{3})")
MOST: Final = 16


def drives(mounts: Path = Path("/proc/self/mountinfo")) -> list[Path]:
    """Mounted drives that this person may write to, at most `MOST`. What cannot be asked is none."""
    if sys.platform == "win32":
        home = Path.home().drive.upper()
        found = [Path(f"{letter}:\\") for letter in string.ascii_uppercase if f"{letter}:" != home]
    elif sys.platform == "darwin":
        found = _within(Path("/Volumes"))
    else:
        found = mounted(mounts)
    return [path for path in found if _is_writable(path)][:MOST]


def mounted(mounts: Path) -> list[Path]:
    """The mount points below `_ABOVE` that Linux lists, sorted."""
    found = set[Path]()
    with suppress(OSError):
        for line in mounts.read_text("utf-8", "surrogateescape").splitlines():
            fields = line.split(" ")
            if len(fields) > 4:
                point = _ESCAPED.sub(lambda code: chr(int(code[1], 8)), fields[4])
                if point.startswith(tuple(f"{above}/" for above in _ABOVE)):
                    found.add(Path(point))
    return sorted(found)


def _within(folder: Path) -> list[Path]:
    with suppress(OSError):
        return sorted(path for path in folder.iterdir() if os.path.ismount(path))  # Path.is_mount raises on Windows
    return []


def _is_writable(path: Path) -> bool:
    with suppress(OSError):
        return path.is_dir() and os.access(path, os.W_OK)
    return False
