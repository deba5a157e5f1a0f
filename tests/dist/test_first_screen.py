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
BASE_BYTES: Final = 60_000_000
"""On disk beside Python and its installer: what the wheels bring. Bytecode is counted apart."""
BYTECODE_BYTES: Final = 10_000_000
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
    sys.stdout.write(f"\n{took}\n")
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


@pytest.mark.slow
def test_the_base_is_small(release: Path, tmp_path: Path) -> None:
    """Less than 60 MB of files, and bytecode of the messenger's modules only; every package of it is named."""
    found = weigh.weights(weigh.install(release / "offline", tmp_path / "program"))
    assert sum(one.files for one in found) < BASE_BYTES, weigh.table(found)
    assert 1_000_000 < sum(one.bytecode for one in found) < BYTECODE_BYTES, weigh.table(found)


@pytest.mark.slow
def test_the_base_is_small_by_pip_alone(release: Path, tmp_path: Path) -> None:
    """Without pictures, and with nothing removed from what the wheels bring; there is no decoder of pictures in it."""
    site = weigh.install_by_pip(release / "offline", tmp_path / "program", "requirements-base.txt")
    found = weigh.weights(site)
    assert sum(one.files for one in found) < BASE_BYTES, weigh.table(found)
    assert not (site / "PIL").exists()
    sys.stdout.write(f"\n{weigh.table(found)}\n")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["requirements-relay.txt", "requirements-docket.txt"])
def test_servers_have_no_decoder_of_pictures(release: Path, name: str) -> None:
    """Neither is in the list that a relay, a witness or a desk is installed from."""
    assert "pillow" in (release / "offline/requirements.txt").read_text("utf-8")
    assert "pillow" not in (release / "offline" / name).read_text("utf-8")
