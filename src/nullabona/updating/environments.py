"""Makes and uses a Python environment for one version: with no network, and no package whose hash is not known."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from nullabona.errors import UserError

_PATIENCE_S: Final = 600
_TRIAL_S: Final = 120
_SAID: Final = 300
"""Characters of what pip said last."""
_FORGOTTEN: Final = ("PIP_", "PYTHON", "NULLA_", "VIRTUAL_ENV")
"""Variables that could lead pip or Python elsewhere, or a trial to a person's profile."""


class InstallFailed(UserError):
    """A version cannot be installed on this machine."""

    code = "update-install-failed"
    default_hint = "nothing was changed; see whether the release has files for this system and this Python"


class PythonEnvironments:
    """`Tools` with the standard library's venv and its pip."""

    def make(self, folder: Path) -> None:
        """As `Tools.make`."""
        self._done([sys.executable, "-I", "-m", "venv", str(folder)])

    def install(self, folder: Path, files: Path, wanted: Path) -> None:
        """As `Tools.install`. Nothing is built, so no code of a package runs before all hashes are checked."""
        pip = [str(folder / "bin/python"), "-I", "-m", "pip", "--isolated", "--disable-pip-version-check", "install"]
        only = ["--no-index", "--find-links", str(files), "--only-binary", ":all:", "--no-cache-dir", "--no-compile"]
        self._done([*pip, *only, "--require-hashes", "-r", str(wanted)])
        # The new version knows what it does not use. If it cannot say, it takes more of the disk and is tried anyway.
        with suppress(OSError, subprocess.TimeoutExpired):
            _run([str(folder / "bin/python"), "-I", "-m", "nullabona.cli.update.slim"], _TRIAL_S)

    def run(self, folder: Path, words: Sequence[str]) -> tuple[int, str]:
        """As `Tools.run`; a program that does not end in time has failed."""
        try:
            done = _run([str(folder / "bin/nulla"), *words], _TRIAL_S)
        except (OSError, subprocess.TimeoutExpired):
            return -1, ""
        return done.returncode, done.stdout

    def _done(self, command: Sequence[str]) -> None:
        try:
            done = _run(command, _PATIENCE_S)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise InstallFailed("Python's own installer does not run here, or takes too long") from error
        if done.returncode != 0:
            # Debian's venv without ensurepip says so on stdout.
            said = " ".join((done.stderr.strip() or done.stdout).split())[-_SAID:]
            raise InstallFailed(f"the release cannot be installed here: {said}")


def _run(command: Sequence[str], patience_s: float) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FORGOTTEN)}
    return subprocess.run(  # noqa: S603 - Python itself, and what was checked
        command,
        env=kept | {"PYTHONUTF8": "1", "PIP_CONFIG_FILE": os.devnull},  # which has pip read no configuration at all
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=patience_s,
        check=False,
    )
