"""How the browser gets in: a private file that forwards to the page with a launch token, and is deleted after use.

A token on a command line could be read by other users of the machine, so the browser is given a file's name only.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Final

from nullabona.app.server.guard import LAUNCH_S, Guard
from nullabona.errors import UserError

_FOLDER: Final = "app"
_SUFFIX: Final = ".html"
_PAGE: Final = """<!doctype html>
<html><head><meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>nullabona</title>
<meta http-equiv="refresh" content="0; url={url}"></head>
<body><a href="{url}">nullabona</a></body></html>
"""


class Exposed(UserError):
    """The directory for launch files belongs to somebody else, or others may look into it."""

    code = "launch-exposed"
    default_hint = "delete it, or make it readable by you only"


def private_folder(profile: Path) -> Path:
    """The directory of the profile's launch files and of the socket of its running app, beside the profile.

    Made if need be, for its owner alone. Raises `Exposed`.
    """
    profile.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = profile.with_name(f".{profile.name}.{_FOLDER}")
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if folder.is_symlink() or status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise Exposed(f"{folder} may be reached by others")
    return folder


class Launches:
    """The launch files of a running app: each goes when its token was traded, or is too old to be."""

    def __init__(self, folder: Path, guard: Guard, url: Callable[[], str]) -> None:
        self._folder = folder
        self._guard = guard
        self._url = url
        self._files: dict[str, Path] = {}
        clear_launches(folder)

    def new(self) -> Path:
        """A file that only its owner may read and that forwards a browser to the page."""
        token = self._guard.new_launch()
        path = self._folder / f"open-{secrets.token_hex(8)}{_SUFFIX}"
        target = escape(self.address(token), quote=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(_PAGE.format(url=target))
        self._files[token] = path
        asyncio.get_running_loop().call_later(LAUNCH_S, self.used, token)
        return path

    def address(self, token: str) -> str:
        """The page with a launch token."""
        return f"{self._url()}#launch={token}"

    def used(self, token: str) -> None:
        """Delete the file of a token that was traded or is too old."""
        path = self._files.pop(token, None)
        if path is not None:
            path.unlink(missing_ok=True)


def clear_launches(folder: Path) -> None:
    """Delete every launch file that is left."""
    for path in folder.glob(f"open-*{_SUFFIX}"):
        path.unlink(missing_ok=True)
