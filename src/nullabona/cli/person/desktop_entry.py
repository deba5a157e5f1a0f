"""Invite links of other programs open in the app: a desktop entry for the scheme ``nullabona`` (spec/app.md §2.2).

In the person's own folders only, as freedesktop.org's Desktop Entry and MIME Applications specifications say.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from nullabona import app
from nullabona.errors import UserError
from nullabona.processes.program import run
from nullabona.system.desktop_entries import entry_value, exec_value, replace_text, xdg_folder

NAME: Final = "nullabona.desktop"
_OURS: Final = "X-Nullabona-Entry=true"
_SCHEME: Final = "x-scheme-handler/nullabona"
_TOOL_S: Final = 20.0


class LinksNotOpened(UserError):
    """Links cannot be made to open in this app here."""

    code = "links-not-opened"
    default_hint = "paste links into the app, or use `nulla app LINK`"


class DesktopEntry:
    """The entry of one person. ``environment``: whose ``XDG_DATA_HOME`` and ``XDG_CONFIG_HOME`` say where."""

    def __init__(self, environment: Mapping[str, str], home: Path, platform: str = sys.platform) -> None:
        if platform != "linux":
            raise LinksNotOpened("links can be registered on a Linux desktop only")
        self._environment = environment
        self.folder = xdg_folder(environment, "XDG_DATA_HOME", home / ".local" / "share") / "applications"
        self._defaults = xdg_folder(environment, "XDG_CONFIG_HOME", home / ".config") / "mimeapps.list"
        self.path = self.folder / NAME

    def register(self, command: Sequence[str], *, terminal: bool) -> None:
        """Links open with ``command`` from now on, which gets the link last. Raises `LinksNotOpened`.

        ``terminal``: it runs in one, so that the person can end it.
        """
        self._check_ours()
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_text(self.path, _entry(command, terminal=terminal))
        except ValueError:
            raise LinksNotOpened("a path has a character that a desktop entry cannot name") from None
        except OSError as error:
            raise LinksNotOpened(f"{self.path} cannot be written: {error.strerror}") from None
        self._tell(("update-desktop-database", str(self.folder)), ("xdg-mime", "default", NAME, _SCHEME))

    def unregister(self) -> bool:
        """Undo it; whether there was something to undo. Raises `LinksNotOpened`."""
        self._check_ours()
        there = self.path.exists()
        try:
            self.path.unlink(missing_ok=True)
            self._drop_default()
        except OSError as error:
            raise LinksNotOpened(f"{error.filename} cannot be written: {error.strerror}") from None
        if there:
            self._tell(("update-desktop-database", str(self.folder)))
        return there

    def _check_ours(self) -> None:
        """An entry of somebody else, a package's perhaps, is not touched."""
        try:
            text = self.path.read_text("utf-8")
        except FileNotFoundError:
            return
        except (OSError, UnicodeDecodeError):
            text = ""
        if _OURS not in text.splitlines():
            raise LinksNotOpened(f"{self.path} was not made by this app")

    def _drop_default(self) -> None:
        """The line that `xdg-mime` wrote for the entry; what else the person chose stays."""
        try:
            lines = self._defaults.read_text("utf-8").splitlines(keepends=True)
        except (FileNotFoundError, UnicodeDecodeError):
            return
        kept = [line for line in lines if line.strip().rstrip(";") != f"{_SCHEME}={NAME}"]
        if kept != lines:
            replace_text(self._defaults, "".join(kept))

    def _tell(self, *commands: Sequence[str]) -> None:
        """Desktops read the entry by an index that these programs renew; where they are missing, at the next login."""
        for name, *more in commands:
            found = shutil.which(name, path=self._environment.get("PATH"))
            if found is not None:
                with suppress(OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
                    run([found, *more], env=self._environment, patience_s=_TOOL_S)


def _entry(command: Sequence[str], *, terminal: bool) -> str:
    icon = Path(app.__file__).with_name("page") / "icon.svg"
    lines = [
        "[Desktop Entry]",
        "Type=Application",
        "Name=nullabona",
        "Comment=Messenger",
        "Comment[ko]=메신저",
        f"TryExec={entry_value(command[0])}",
        f"Exec={exec_value(command)} %u",
        f"Icon={entry_value(str(icon))}",
        f"Terminal={'true' if terminal else 'false'}",
        "Categories=Network;InstantMessaging;",
        f"MimeType={_SCHEME};",
        _OURS,
    ]
    return "".join(f"{line}\n" for line in lines)
