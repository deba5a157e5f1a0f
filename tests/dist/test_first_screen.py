"""The offline folder installs on a machine with nothing but Python, and the app is there at once."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tools.dist import weigh

ROOT: Final = Path(__file__).parents[2]
FIRST_SCREEN_S: Final = 10.0
HEAVIEST: Final = ("cryptography", "pillow")


@pytest.mark.slow
def test_the_first_screen_comes_within_ten_seconds_of_the_installation(release: Path, tmp_path: Path) -> None:
    """No compiler on PATH, no network, an empty environment: the screen for a new account can be used."""
    if not shutil.which("unshare") or subprocess.run(["unshare", "--net", "true"], check=False).returncode:
        pytest.skip("this machine gives no namespaces")
    command = ["unshare", "--net", sys.executable, "-m", "tests.dist.first_screen"]
    command += [str(release / "offline"), str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    took = json.loads(done.stdout)
    assert took["screen_s"] < FIRST_SCREEN_S, took


@pytest.mark.slow
def test_another_file_of_the_same_name_is_refused(release: Path, tmp_path: Path) -> None:
    """A wheel that was exchanged after the release ends the installation, and nothing of it is installed."""
    offline = tmp_path / "offline"
    shutil.copytree(release / "offline", offline)
    exchanged = next(offline.glob("nullabona-0*.whl"))
    exchanged.write_bytes(exchanged.read_bytes() + b"\0")
    command = ["sh", str(offline / "install.sh"), str(tmp_path / "program")]
    done = subprocess.run(command, text=True, capture_output=True, check=False, timeout=300)
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert not (tmp_path / "program/bin/nulla").exists()


@pytest.mark.slow
def test_the_base_has_neither_desk_nor_relay(release: Path, tmp_path: Path) -> None:
    """What only a relay or a legal desk runs is not installed with the messenger."""
    site = weigh.install(release / "offline", tmp_path / "program")
    names = {one.name.partition(" ")[0].lower() for one in weigh.weights(site)}
    assert {"nullabona", "nullabona-mls", *HEAVIEST} <= names
    assert set() == names & {"jinja2", "lxml", "pyhanko", "starlette", "typst", "uvicorn", "uvloop", "webauthn"}
