"""Versions beside each other: a new one is made, tried, and switched to by one rename (spec/release.md §6).

``current`` and ``last`` in the home folder are links to folders of ``versions``. Without ``current`` the program runs
that came onto the machine in another way. Whatever step is interrupted, the version that ran before still starts, and
the next installation clears up.
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
from nullabona.updating.holding import is_held
from nullabona.updating.layout import COMPLETE, CURRENT, LAST, RELEASE, VERSIONS
from nullabona.updating.memory import private_folder

_FILES: Final = "files"
_BEFORE_SWITCH: Final = frozenset({"clear", "files", "make", "install", "try", "complete", "keep-last", "switch"})
_REQUIREMENTS: Final = "requirements.txt"


class TrialFailed(UserError):
    """A version was installed beside the one that runs, and does not do what it must."""

    code = "update-trial-failed"
    default_hint = "the version that ran before still runs. Tell those who release"


class InstallStopped(UserError):
    """An installation was stopped before it switched, as when the app ends."""

    code = "update-stopped"
    default_hint = "the version that ran before still runs; install again"


class VersionRuns(UserError):
    """A version would be installed again while a process runs from it."""

    code = "update-version-runs"
    default_hint = "close every nullabona that still runs this version, then install it again"


class NothingToUndo(UserError):
    """There is no version to go back to."""

    code = "update-nothing-to-undo"
    default_hint = "what runs here came in another way, for example as a package: change it there"


class Tools(Protocol):
    """How an environment is made and used."""

    def make(self, folder: Path) -> None:
        """An environment in ``folder`` without any package of ours. Raises `InstallFailed`."""

    def install(self, folder: Path, files: Path, wanted: Path) -> None:
        """Install what the file ``wanted`` names, out of ``files`` and nothing else. Raises `InstallFailed`."""

    def run(self, folder: Path, words: Sequence[str]) -> tuple[int, str]:
        """``nulla`` of that environment with these words: its exit code and what it printed."""


class Versions:
    """The versions in ``home``, which take the place of ``first``: the program that came onto the machine before any.

    ``between`` is called with the name of each step before it is done, for tests.
    """

    def __init__(
        self, home: Path, tools: Tools, between: Callable[[str], None] = lambda _step: None, *, first: Version = ""
    ) -> None:
        self._home = private_folder(home)
        self._versions = private_folder(home / VERSIONS)
        self._tools = tools
        self._between = between
        self.first = first
        self._stopped = False
        self.running: Version | None = None
        """The version that this process runs from, if an update installed it: it is not removed under its feet."""

    @property
    def current(self) -> Version | None:
        """The version that starts now; None if none was installed here."""
        return self._target(CURRENT)

    @property
    def starts(self) -> Version | None:
        """The version that the first program hands over to; None if it runs itself, as when it was changed since."""
        current = self.current
        return current if current is not None and self.in_place_of(current) == self.first else None

    @property
    def last(self) -> Version | None:
        """The version before, if it can be gone back to: the first program would hand over to it."""
        current, last = self.current, self._target(LAST)
        if current is None or last is None or last == current:
            return None
        return last if self.in_place_of(last) == self.first else None

    def running_in(self, prefix: Path) -> Version | None:
        """The version whose environment ``prefix`` is; None if it is none that was installed here completely."""
        folder = prefix.resolve()
        ours = folder.parent == self._versions.resolve() and (folder / COMPLETE).exists()
        return folder.name if ours else None

    def in_place_of(self, version: Version) -> Version | None:
        """Which first program a version was installed over; None if it is not complete."""
        try:
            return (self._versions / version / COMPLETE).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    def statement_of(self, version: Version) -> str | None:
        """The digest of the release whose files these are; None if it is not complete."""
        try:
            return (self._versions / version / RELEASE).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    def program(self, version: Version) -> Path:
        """The command of a version."""
        return self._versions / version / "bin/nulla"

    def install(
        self,
        version: Version,
        files: Mapping[ReleaseFile, bytes],
        trials: Sequence[Sequence[str]] = (),
        statement: str = "",
    ) -> None:
        """Install ``version`` out of ``files``, try it, and switch to it. ``trials``: commands that must succeed.
        ``statement``: the digest of the release that names these files.

        Raises `VersionRuns`, `InstallFailed`, `TrialFailed`, `InstallStopped` or `DiskFailed`; then the version
        that ran before is still current.
        """
        folder, apart = self._versions / version, self._home / _FILES
        if version == self.running or is_held(folder):
            raise VersionRuns(f"{version} still runs, as before it was undone, and cannot be installed over itself")
        steps: dict[str, Callable[[], None]] = {
            "clear": lambda: self._clear(version),
            "files": lambda: _write(apart, files),
            "make": lambda: self._tools.make(folder),
            "install": lambda: self._tools.install(folder, apart, apart / _REQUIREMENTS),
            "try": lambda: self._try(version, trials),
            "complete": lambda: self._complete(folder, statement),
            "keep-last": self._keep_last,
            "switch": lambda: self._link(CURRENT, version),
            "prune": self._prune,
        }
        try:
            for name, step in steps.items():
                self._between(name)
                if self._stopped and name in _BEFORE_SWITCH:
                    raise InstallStopped("an installation was stopped")
                step()
        except OSError as error:
            self._discard(version)
            raise DiskFailed(f"an update could not be written: {reason_of(error)}") from error
        except UserError:
            self._discard(version)
            raise
        self._between("end")

    def stop(self) -> None:
        """Have `install` in another thread end before its next step, if it has not switched yet."""
        self._stopped = True

    def undo(self) -> Version | None:
        """Go back to the version before; it is current now. None: to the program that no update installed.

        Raises `NothingToUndo` or `DiskFailed`.
        """
        if self.current is None:
            raise NothingToUndo("no update has been installed here")
        last = self.last
        try:
            if last is None:
                (self._home / CURRENT).unlink()
                _sync(self._home)
            else:
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

    def _discard(self, version: Version) -> None:
        """Leave nothing of what failed: a full disk must not stay full because of it."""
        if version not in {self._target(CURRENT), self._target(LAST)}:
            shutil.rmtree(self._versions / version, ignore_errors=True)
        shutil.rmtree(self._home / _FILES, ignore_errors=True)

    def _try(self, version: Version, trials: Sequence[Sequence[str]]) -> None:
        folder = self._versions / version
        code, said = self._tools.run(folder, ["--version"])
        if code != 0 or version not in said.replace(",", " ").split():
            raise TrialFailed(f"what was installed does not say that it is {version}")
        for words in trials:
            code, _ = self._tools.run(folder, words)
            if code != 0:
                raise TrialFailed(f"{version} does not open a profile of the version that runs here (exit code {code})")

    def _complete(self, folder: Path, statement: str) -> None:
        (folder / RELEASE).write_text(statement, "utf-8")
        (folder / COMPLETE).write_text(self.first, "utf-8")
        # After a power cut the link must not lead to files that were never written.
        os.sync()

    def _keep_last(self) -> None:
        current = self.current
        if current is not None:
            self._link(LAST, current)

    def _prune(self) -> None:
        kept = {self._target(CURRENT), self._target(LAST), self.running}
        for path in self._versions.iterdir():
            if path.name not in kept and not is_held(path):
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
        new.symlink_to(Path(VERSIONS) / version, target_is_directory=True)
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
