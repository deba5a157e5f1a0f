"""The commit that is built: its files, its time and its version.

The source tree is exported by git, so nothing that is only on this machine can get into a release.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Source:
    """A commit, exported to ``tree``. ``epoch`` is the commit's time, which every timestamp of the release is."""

    commit: str
    epoch: int
    tree: Path

    @property
    def version(self) -> str:
        """The version of `nullabona` in this commit."""
        project = tomllib.loads((self.tree / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        return str(project["version"])


def export(repository: Path, tree: Path, commit: str = "HEAD") -> Source:
    """The files of ``commit`` in ``tree``, which is emptied first. Raises `SystemExit` if there is no such commit."""
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    named = _git(repository, "rev-parse", "--verify", f"{commit}^{{commit}}").decode().strip()
    epoch = int(_git(repository, "log", "-1", "--format=%ct", named))
    # git writes modes by its own setting of umask, not by that of the process.
    archive = _git(repository, "-c", "tar.umask=0022", "archive", "--format=tar", named)
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(tree, filter="tar")
    return Source(named, epoch, tree)


def changed(repository: Path) -> list[str]:
    """Tracked files that differ from the commit: a release does not have what they have now."""
    listed = _git(repository, "status", "--porcelain", "--untracked-files=no").decode()
    return [line[3:] for line in listed.splitlines()]


def _git(repository: Path, *words: str) -> bytes:
    # A clone that belongs to somebody else may be built all the same: nothing of its configuration is run.
    command = ["git", "-c", f"safe.directory={repository}", "-C", str(repository), *words]
    environment = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"git {words[0]} failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
