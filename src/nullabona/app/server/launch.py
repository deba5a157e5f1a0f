"""Opens the page in a browser: a private file forwards to it with a launch token, and is deleted after use.

Other users of the machine could read a token on a command line, so the browser gets only the name of a file.
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
from nullabona.system.files import create_private
from nullabona.system.ownership import is_private

_FOLDER: Final = "app"
_SUFFIX: Final = ".html"
_PAGE: Final = """<!doctype html>
<html><head><meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>nullabona</title>
<meta http-equiv="refresh" content="0; url={url}"></head>
<body><a href="{url}">nullabona</a></body></html>
"""


class Exposed(UserError):
    """The directory for launch files belongs to another user, or is readable by others."""

    code = "launch-exposed"
    default_hint = "delete it, or make it readable by you only"


def private_folder(profile: Path) -> Path:
    """The directory of the profile's launch files and of the socket of its running app, beside the profile.

    Created if missing, for its owner only. Raises `Exposed`.
    """
    profile.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = profile.with_name(f".{profile.name}.{_FOLDER}")
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if folder.is_symlink() or not is_private(status):
        raise Exposed(f"{folder} may be reached by others")
    return folder


class Launches:
    """The launch files of a running app: each is deleted once its token was traded or has expired."""

    def __init__(self, folder: Path, guard: Guard, url: Callable[[], str]) -> None:
        self._folder = folder
        self._guard = guard
        self._url = url
        self._files: dict[str, Path] = {}
        clear_launches(folder)

    def new(self) -> Path:
        """A file, readable only by its owner, that forwards a browser to the page."""
        token = self._guard.new_launch()
        path = self._folder / f"open-{secrets.token_hex(8)}{_SUFFIX}"
        target = escape(self.address(token), quote=True)
        with os.fdopen(create_private(path), "w", encoding="utf-8") as file:
            file.write(_PAGE.format(url=target))
        self._files[token] = path
        asyncio.get_running_loop().call_later(LAUNCH_S, self.used, token)
        return path

    def address(self, token: str) -> str:
        """The page with a launch token."""
        return f"{self._url()}#launch={token}"

    def used(self, token: str) -> None:
        """Delete the file of a traded or expired token."""
        path = self._files.pop(token, None)
        if path is not None:
            path.unlink(missing_ok=True)


def clear_launches(folder: Path) -> None:
    """Delete every remaining launch file."""
    for path in folder.glob(f"open-*{_SUFFIX}"):
        path.unlink(missing_ok=True)
