"""Where a server's program is: in the folder of `install.sh`, on the path, or not here."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from bench.peers.interface import NotFound

INSTALLED = Path(__file__).parents[2] / ".cache" / "peers"
"""What `bench/peers/install.sh` builds itself."""


def program(*names: str) -> Path:
    """The first of these programs that is here. Raises `NotFound`."""
    for name in names:
        own = INSTALLED / name
        if own.exists():
            return own
        found = shutil.which(name, path="/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin")
        if found:
            return Path(found)
    raise NotFound(f"{' or '.join(names)} is not installed (bench/peers/install.sh)")


def said_version(command: Iterable[object], pattern: str) -> str:
    """What the first group of ``pattern`` matches in what ``command`` prints."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60, check=False)
    match = re.search(pattern, done.stdout + done.stderr)
    return match.group(1) if match else "unknown"


def debian_version(package: str) -> str:
    """The version of an installed Debian package. Raises `NotFound`."""
    program("dpkg-query")
    command = ["dpkg-query", "-W", "-f", "${db:Status-Abbrev} ${Version}", package]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or not done.stdout.startswith("ii"):
        raise NotFound(f"the package {package} is not installed (bench/peers/install.sh)")
    return done.stdout.split()[-1]
