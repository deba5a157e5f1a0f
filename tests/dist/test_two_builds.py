"""Two builds of one commit are the same, bit for bit: another user, folder and time change nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

import pytest

from tools.dist import sums

ROOT: Final = Path(__file__).parents[2]
DIFFERENT: Final[dict[str, str]] = {}
"""What two builds are known to differ in, and why. Nothing does."""


def _somebody_else(home: Path) -> tuple[list[str], dict[str, str]]:
    """How another person would run it: words before the command, and the environment.

    Only what was downloaded before is shared, as it is compared with its hash either way.
    """
    (home / ".cargo").mkdir(parents=True)
    own = Path.home()
    for name in ("registry", "git"):
        if (own / ".cargo" / name).exists():
            (home / ".cargo" / name).symlink_to(own / ".cargo" / name)
    environment = {
        **os.environ,
        "HOME": str(home),
        "CARGO_HOME": str(home / ".cargo"),
        "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", str(own / ".rustup")),
        "PIP_CACHE_DIR": os.environ.get("PIP_CACHE_DIR", str(own / ".cache/pip")),
        "NPM_CONFIG_CACHE": os.environ.get("NPM_CONFIG_CACHE", str(own / ".npm")),
        "LANG": "ko_KR.UTF-8",
        "LOGNAME": "somebody",
        "TZ": "Asia/Seoul",
        "USER": "somebody",
        "CFLAGS": "-O0",
        "PYTHONHASHSEED": "7",
    }
    before: list[str] = []
    # Another number of a user who owns the same files: so neither Python nor Rust has to be installed again for them.
    other = ["unshare", "--user", "--map-user=4321", "--map-group=4321"]
    if shutil.which("unshare") and not subprocess.run([*other, "true"], capture_output=True, check=False).returncode:
        before += other
    if shutil.which("faketime"):
        before += ["faketime", "-f", "+33d"]
        environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1"
    return before, environment


@pytest.mark.slow
def test_another_build_has_the_same_bytes(release: Path, tmp_path: Path) -> None:
    """In another folder, a month later, in another zone and language, by a user of another name, number and umask."""
    before, environment = _somebody_else(tmp_path / "home of somebody")
    commit = json.loads((release / "BUILD.json").read_text("utf-8"))["commit"]
    out, work = tmp_path / "another folder", tmp_path / "where somebody else builds it"
    where = ["--commit", commit, "--out", str(out), "--work", str(work)]
    command = [*before, sys.executable, "-m", "tools.dist", "build", *where]
    done = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, check=False, umask=0o077)
    assert done.returncode == 0, done.stderr
    one, other = (sums.files(folder) for folder in (release, tmp_path / "another folder"))
    assert list(one) == list(other)
    differing = {name for name in one if sums.sha256(one[name]) != sums.sha256(other[name])}
    assert DIFFERENT.keys() == differing, "\n".join(_why(one[name], other[name]) for name in sorted(differing))


def _why(one: Path, other: Path) -> str:
    """What differs in two files, as far as diffoscope finds it."""
    if not shutil.which("diffoscope"):
        return f"{one.name} differs; diffoscope would say in what"
    command = ["diffoscope", "--text", "-", "--max-text-report-size", "4000", str(one), str(other)]
    return subprocess.run(command, text=True, capture_output=True, check=False).stdout


def test_it_is_said_in_what_two_files_differ(tmp_path: Path) -> None:
    """By diffoscope where it is; else that it is not."""
    files = [tmp_path / "one.txt", tmp_path / "other.txt"]
    for file in files:
        file.write_text(f"made by {file.stem}\n")
    said = _why(*files)
    assert "+made by other" in said if shutil.which("diffoscope") else "diffoscope would say" in said


@pytest.mark.slow
def test_the_sums_are_those_of_the_files(release: Path) -> None:
    """`sha256sum --check` finds every file of the release as it was built, and there is none without a sum."""
    listed = (release / sums.NAME).read_text(encoding="utf-8").splitlines()
    assert [f"{sums.sha256(path)}  {name}" for name, path in sums.files(release).items()] == listed


@pytest.mark.slow
def test_no_path_of_the_builder_is_in_the_wheels(release: Path) -> None:
    """Neither the clone's folder nor the home of who built it can be found in a file of our own wheels."""
    own = [str(ROOT).encode(), f"{Path.home()}/".encode()]
    found = []
    for wheel in release.glob("nullabona*.whl"):
        with zipfile.ZipFile(wheel) as files:
            found += [(name, path) for name in files.namelist() for path in own if path in files.read(name)]
    assert found == []


@pytest.mark.slow
def test_wheels_have_their_bill_of_materials(release: Path) -> None:
    """Each of our wheels has one CycloneDX file where PEP 770 says."""
    found = {}
    for wheel in release.glob("nullabona*.whl"):
        with zipfile.ZipFile(wheel) as files:
            found[wheel.name.partition("-")[0]] = [name for name in files.namelist() if "/sboms/" in name]
    assert {
        "nullabona": ["nullabona-0.1.0.dist-info/sboms/nullabona.cdx.json"],
        "nullabona_mls": ["nullabona_mls-0.1.0.dist-info/sboms/nullabona-mls.cdx.json"],
    } == found
