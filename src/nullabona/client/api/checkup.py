"""What `nulla doctor` looks at for a person: the installation, the profile, the server. It changes nothing."""

from __future__ import annotations

import re
import shutil
import sys
import webbrowser
from collections.abc import Iterator
from importlib import metadata, resources
from pathlib import Path
from typing import Final

from nullabona.client.api.finding_handles import is_handle_free
from nullabona.client.api.session import Options
from nullabona.client.examining import examine_profile
from nullabona.client.net.errors import RelayUntrusted, TimedOut, Unreachable
from nullabona.errors import NullabonaError
from nullabona.extras import installed
from nullabona.findings import Finding, good, refused, warning, wrong

OLDEST_PYTHON: Final = (3, 11)
SHORT_MIB: Final = 100
"""Below so much free space a profile soon stores nothing any more."""
SOON_SHORT_MIB: Final = 1_000
_DISTRIBUTION: Final = re.compile(r"[A-Za-z0-9._-]+")
_NAME: Final = "nobody-of-this-name"
"""A handle to ask for: whether it is free does not matter, only that the directory can say so."""


def check_installation() -> Iterator[Finding]:
    """Whether the program is complete, and what it needs of the machine is there."""
    python = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] < OLDEST_PYTHON:
        yield wrong("python-old", version=python, oldest="3.11")
    else:
        yield good("program-here", version=metadata.version("nullabona"), python=python, folder=sys.prefix)
    yield from _libraries()
    if not installed("pictures"):
        yield warning("pictures-missing")
    page = resources.files("nullabona.app") / "page/index.html"
    if not page.is_file():
        yield wrong("page-missing")
    try:
        webbrowser.get()
    except webbrowser.Error:
        yield warning("browser-missing")


def _libraries() -> Iterator[Finding]:
    """Every library that the client is built on: an update that was interrupted, or a half-removed package."""
    missing = [name for name in _required() if not _is_here(name)]
    if missing:
        yield wrong("libraries-missing", names=", ".join(missing))
        return
    try:
        import nullabona.client.mls  # noqa: F401 - its Rust half may be for another kind of machine
    except ImportError:
        yield wrong("mls-broken")
    else:
        yield good("libraries-here")


def _required() -> list[str]:
    """The names of the base installation's libraries; extras and other systems' are marked by a semicolon."""
    lines = metadata.requires("nullabona") or []
    return [found[0] for line in lines if ";" not in line and (found := _DISTRIBUTION.match(line))]


def _is_here(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def check_profile(path: Path) -> Iterator[Finding]:
    """Whether a profile is there, its own, and can be opened by this version; its content stays closed."""
    folder = path if path.exists() else path.parent
    if not path.exists():
        yield warning("profile-none", folder=path)
    else:
        try:
            protection, is_open = examine_profile(path)
        except NullabonaError as error:
            yield refused(error)
            return
        yield good("profile-here", folder=path)
        if protection == "unprotected":
            yield warning("profile-unprotected")
        if is_open:
            yield good("profile-open")
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free // 2**20
    if free < SHORT_MIB:
        yield wrong("profile-disk-short", free=free, folder=folder)
    elif free < SOON_SHORT_MIB:
        yield warning("profile-disk-soon-short", free=free, folder=folder)
    else:
        yield good("disk-free", free=free, folder=folder)


async def check_server(host: str, options: Options) -> Finding:
    """Whether the directory of ``host`` answers, over a connection and with a record that the app would accept."""
    try:
        await is_handle_free(f"{_NAME}@{host}", options)
    except (Unreachable, TimedOut) as error:
        if isinstance(error, RelayUntrusted):
            return refused(error)
        return wrong("server-silent", host=host)
    except NullabonaError as error:
        return refused(error)
    return good("server-answers", host=host)
