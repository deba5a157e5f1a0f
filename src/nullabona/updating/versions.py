"""Versions beside each other: a new one is made, tried, and switched to by one rename (spec/release.md §6).

``current`` and ``last`` in the home folder are links to folders of ``versions``. Whatever step is interrupted, the
version that ran before still starts, and the next installation clears up.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from nullabona.errors import UserError
from nullabona.machine.disk import DiskFailed
from nullabona.machine.failures import reason_of
from nullabona.releases.statement import ReleaseFile, Version
from nullabona.releases.wheels import requirements
from nullabona.updating.memory import private_folder

CURRENT: Final = "current"
LAST: Final = "last"
_VERSIONS: Final = "versions"
_FILES: Final = "files"
_REQUIREMENTS: Final = "requirements.txt"
_COMPLETE: Final = "complete"


class TrialFailed(UserError):
    """A version was installed beside the one that runs, and does not do what it must."""

    code = "update-trial-failed"
    default_hint = "the version that ran before still runs; ask those who release, and keep this one"


class NothingToUndo(UserError):
    """There is no version to go back to."""

    code = "update-nothing-to-undo"
    default_hint = "only the version before the last update is kept"


class Tools(Protocol):
    """How an environment is made and used."""

    def make(self, folder: Path) -> None:
        """An environment in ``folder`` without any package of ours. Raises `InstallFailed`."""

    def install(self, folder: Path, files: Path, wanted: Path) -> None:
        """Install what the file ``wanted`` names, out of ``files`` and nothing else. Raises `InstallFailed`."""

    def run(self, folder: Path, words: Sequence[str]) -> tuple[int, str]:
        """``nulla`` of that environment with these words: its exit code and what it printed."""


class Versions:
    """The versions in ``home``. ``between`` is called with the name of each step before it is done, for tests."""

    def __init__(self, home: Path, tools: Tools, between: Callable[[str], None] = lambda _step: None) -> None:
        self._home = private_folder(home)
        self._versions = private_folder(home / _VERSIONS)
        self._tools = tools
        self._between = between

    @property
    def current(self) -> Version | None:
        """The version that starts now; None if none was installed here."""
        return self._target(CURRENT)

    @property
    def last(self) -> Version | None:
        """The version before, if it can be gone back to."""
        last = self._target(LAST)
        return None if last == self.current else last

    def program(self, version: Version) -> Path:
        """The command of a version."""
        return self._versions / version / "bin/nulla"

    def install(
        self, version: Version, files: Mapping[ReleaseFile, bytes], trials: Sequence[Sequence[str]] = ()
    ) -> None:
        """Install ``version`` out of ``files``, try it, and switch to it. ``trials``: commands that must succeed.

        Raises `InstallFailed`, `TrialFailed` or `DiskFailed`; then the version that ran before is still current.
        """
        folder, apart = self._versions / version, self._home / _FILES
        steps: dict[str, Callable[[], None]] = {
            "clear": lambda: self._clear(version),
            "files": lambda: _write(apart, files),
            "make": lambda: self._tools.make(folder),
            "install": lambda: self._tools.install(folder, apart, apart / _REQUIREMENTS),
            "try": lambda: self._try(version, trials),
            "complete": lambda: self._complete(folder),
            "keep-last": self._keep_last,
            "switch": lambda: self._link(CURRENT, version),
            "prune": self._prune,
        }
        for name, step in steps.items():
            self._between(name)
            try:
                step()
            except OSError as error:
                raise DiskFailed(f"an update could not be written: {reason_of(error)}") from error
        self._between("end")

    def undo(self) -> Version:
        """Go back to the version before; it is current now, and there is nothing more to undo.

        Raises `NothingToUndo` or `DiskFailed`.
        """
        last = self.last
        if last is None or not (self._versions / last / _COMPLETE).exists():
            raise NothingToUndo("there is no earlier version here")
        try:
            self._link(CURRENT, last)
        except OSError as error:
            raise DiskFailed(f"the version could not be switched: {reason_of(error)}") from error
        return last

    # -- steps

    def _clear(self, version: Version) -> None:
        """Remove what an interrupted installation left, and an earlier one of this version."""
        if self._target(LAST) == version:
            (self._home / LAST).unlink()
        for path in (self._versions / version, self._home / _FILES):
            if path.exists():
                shutil.rmtree(path)
        private_folder(self._home / _FILES)

    def _try(self, version: Version, trials: Sequence[Sequence[str]]) -> None:
        folder = self._versions / version
        code, said = self._tools.run(folder, ["--version"])
        if code != 0 or version not in said.replace(",", " ").split():
            raise TrialFailed(f"what was installed does not say that it is {version}")
        for words in trials:
            code, _ = self._tools.run(folder, words)
            if code != 0:
                raise TrialFailed(f"{version} does not open a profile of the version that runs here (exit code {code})")

    def _complete(self, folder: Path) -> None:
        (folder / _COMPLETE).write_bytes(b"")
        # After a power cut the link must not lead to files that were never written.
        os.sync()

    def _keep_last(self) -> None:
        current = self.current
        if current is not None:
            self._link(LAST, current)

    def _prune(self) -> None:
        kept = {self._target(CURRENT), self._target(LAST)}
        for path in self._versions.iterdir():
            if path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)
        shutil.rmtree(self._home / _FILES, ignore_errors=True)

    # -- links

    def _target(self, name: str) -> Version | None:
        try:
            return Path(os.readlink(self._home / name)).name  # noqa: PTH115 - the text, whatever it leads to
        except (FileNotFoundError, OSError):
            return None

    def _link(self, name: str, version: Version) -> None:
        """Make the link lead to ``version`` in one step."""
        new = self._home / f".{name}.new"
        with suppress(FileNotFoundError):
            new.unlink()
        new.symlink_to(Path(_VERSIONS) / version, target_is_directory=True)
        new.replace(self._home / name)
        _sync(self._home)


def _write(folder: Path, files: Mapping[ReleaseFile, bytes]) -> None:
    """The files and what pip is told about them. They were checked; from here on nobody else can change them."""
    for file, data in files.items():
        (folder / file.name).write_bytes(data)
    (folder / _REQUIREMENTS).write_text(requirements(files), "utf-8")


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
