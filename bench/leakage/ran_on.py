"""What a measurement ran on, and what of this program it measured."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Final

LIBRARIES: Final = ("numpy", "scipy", "networkx", "scikit-learn", "matplotlib")


def ran_on() -> str:
    """The machine, the libraries, and the commit whose client and relay are measured."""
    cpu = next(
        (line.partition(":")[2].strip() for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")),
        platform.machine(),
    )
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    machine = f"{cpu}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, {libraries}"
    return f"{machine}; nullabona at {commit(Path(__file__).parent)}"


def commit(folder: Path) -> str:
    """The commit that ``folder`` is at, with a mark if something was changed since."""
    command = ("git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=7", "--exclude=*")
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return "no commit that is known"
    return said.stdout.strip() or "no commit that is known"


def _lines(path: Path) -> Iterable[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else ()
