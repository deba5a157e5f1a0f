"""Programs that start when their person logs in: an entry in a folder or a key that each system's session reads.

Linux: an entry of freedesktop.org's Desktop Application Autostart specification, which starts the program inside the
session, with its bus and its screen. macOS: a launch agent. Windows: a value of the person's ``Run`` key. All of them
belong to the person alone, and only entries of ours are changed or deleted.
"""

from __future__ import annotations

import plistlib
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nullabona.errors import UserError
from nullabona.system.desktop_entries import entry_value, exec_value, replace_text, xdg_folder

NAME: Final = "nullabona"
_OURS: Final = "X-Nullabona-Entry=true"
_AGENT: Final = "org.nullabona.app"


class NoAutostart(UserError):
    """The start at log-in cannot be changed."""

    code = "no-autostart"
    default_hint = "start `nulla app --background` with what your session starts"


@dataclass(frozen=True, slots=True)
class Autostart:
    """The entry of one person. ``environment``: whose ``XDG_CONFIG_HOME`` says where on Linux."""

    environment: Mapping[str, str]
    home: Path

    def is_on(self) -> bool:
        """Whether our entry is there."""
        return _is_on(self)

    def switch(self, command: Sequence[str] | None) -> None:
        """Start with this command at every log-in; None: no longer. Raises `NoAutostart`."""
        try:
            if command is None:
                _remove(self)
            else:
                _write(self, command)
        except OSError as error:
            raise NoAutostart(f"the entry cannot be changed: {error.strerror}") from None
        except ValueError:
            raise NoAutostart("a path has a character that the entry cannot name") from None


if sys.platform == "win32":
    _RUN: Final = r"Software\Microsoft\Windows\CurrentVersion\Run"

    def _is_on(_: Autostart) -> bool:
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, _RUN) as key:
                winreg.QueryValueEx(key, NAME)
        except OSError:
            return False
        return True

    def _write(_: Autostart, command: Sequence[str]) -> None:
        import winreg

        # The interpreter without a console window, where there is one beside ours.
        quiet = Path(command[0]).with_name("pythonw.exe")
        program = str(quiet) if quiet.exists() else command[0]
        with winreg.CreateKey(winreg.HKEY_CURRENT_USER, _RUN) as key:
            winreg.SetValueEx(key, NAME, 0, winreg.REG_SZ, subprocess.list2cmdline([program, *command[1:]]))

    def _remove(_: Autostart) -> None:
        import winreg

        with winreg.CreateKey(winreg.HKEY_CURRENT_USER, _RUN) as key:
            try:
                winreg.DeleteValue(key, NAME)
            except FileNotFoundError:
                return

elif sys.platform == "darwin":

    def _path(start: Autostart) -> Path:
        return start.home / "Library" / "LaunchAgents" / f"{_AGENT}.plist"

    def _is_on(start: Autostart) -> bool:
        return _path(start).exists()

    def _write(start: Autostart, command: Sequence[str]) -> None:
        path = _path(start)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        agent = {"Label": _AGENT, "ProgramArguments": list(command), "RunAtLoad": True, "ProcessType": "Interactive"}
        replace_text(path, plistlib.dumps(agent).decode("utf-8"))

    def _remove(start: Autostart) -> None:
        _path(start).unlink(missing_ok=True)

else:

    def _path(start: Autostart) -> Path:
        folder = xdg_folder(start.environment, "XDG_CONFIG_HOME", start.home / ".config")
        return folder / "autostart" / f"{NAME}.desktop"

    def _is_ours(path: Path) -> bool:
        try:
            return _OURS in path.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return False

    def _is_on(start: Autostart) -> bool:
        return _is_ours(_path(start))

    def _write(start: Autostart, command: Sequence[str]) -> None:
        path = _path(start)
        _check_ours(path)
        lines = [
            "[Desktop Entry]",
            "Type=Application",
            f"Name={NAME}",
            "Comment=Receive messages from log-in on",
            "Comment[ko]=로그인하면 바로 메시지를 받아요",
            f"TryExec={entry_value(command[0])}",
            f"Exec={exec_value(command)}",
            "Terminal=false",
            _OURS,
        ]
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_text(path, "".join(f"{line}\n" for line in lines))

    def _remove(start: Autostart) -> None:
        path = _path(start)
        _check_ours(path)
        path.unlink(missing_ok=True)

    def _check_ours(path: Path) -> None:
        if path.exists() and not _is_ours(path):
            raise NoAutostart(f"{path} was not made by this app")
