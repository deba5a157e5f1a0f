"""The Debian packages: installed by dpkg in an empty Debian 12 and 13, started, taken away; and what lintian says."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from nullabona.processes.program import Program

SUITES: Final = ("bookworm", "trixie")
"""Debian 12 and 13."""
NAMES: Final = ("nullabona", "nullabona-relay", "nullabona-desk")
_INCLUDED: Final = "python3"


def of(release: Path, name: str) -> Path:
    """The package of this name for this machine."""
    machine = subprocess.run(
        ["dpkg", "--print-architecture"], capture_output=True, text=True, check=True
    ).stdout.strip()
    return next(release.glob(f"{name}_*_{machine}.deb"))


def inside(root: Path, *command: str) -> list[str]:
    """A command in the root, whose only network is its loopback."""
    return [
        "unshare",
        "--net",
        "sh",
        "-c",
        'ip link set lo up && exec "$@"',
        "sh",
        "chroot",
        str(root),
        "/usr/bin/env",
        "-i",
        "LANG=C.UTF-8",
        "HOME=/tmp",
        "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
        *command,
    ]


def said(root: Path, *command: str) -> str:
    """What a command in the root prints. Fails with what it said if it fails."""
    done = subprocess.run(inside(root, *command), text=True, capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Path]]:
    """Debian's smallest system with Python, in a folder for each suite; made once, whatever the order of the tests."""
    if not shutil.which("mmdebstrap"):
        pytest.skip("needs root and mmdebstrap: tools/need_programs.sh dist")
    made: dict[str, Path] = {}

    def system(suite: str) -> Path:
        if suite not in made:
            root = tmp_path_factory.mktemp(suite) / "root"
            options = ["--variant=minbase", f"--include={_INCLUDED}", '--aptopt=Apt::Install-Recommends "false"']
            command = ["mmdebstrap", "--quiet", "--mode=root", *options, suite, str(root)]
            subprocess.run(command, check=True, timeout=1_800)
            made[suite] = root
        return made[suite]

    yield system
    for root in made.values():
        shutil.rmtree(root)


@pytest.fixture(params=SUITES)
def system(systems: Callable[[str], Path], request: pytest.FixtureRequest) -> Path:
    """The system of one suite."""
    return systems(request.param)


@pytest.fixture
def installed(system: Path, release: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """The system with the package of the test's parameter, which is taken away again without a trace."""
    package = of(release, request.param)
    shutil.copy2(package, system / "tmp")
    before = listing(system)
    said(system, "dpkg", "--install", f"/tmp/{package.name}")
    yield system
    said(system, "dpkg", "--purge", request.param)
    assert before == listing(system)


def listing(root: Path) -> set[str]:
    """Every file below /etc, /usr and /opt."""
    return {str(path) for top in ("etc", "opt", "usr") for path in (root / top).rglob("*") if not path.is_dir()}


def only(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("installed", [name], indirect=True)


@pytest.mark.slow
@only("nullabona")
def test_the_messenger_starts_where_only_python_is(installed: Path) -> None:
    """Its command is there, its bytecode is made, and the app says where its page is."""
    assert "nulla" in said(installed, "nulla", "--help")
    assert list((installed / "usr/lib/nullabona").rglob("*.pyc"))
    command = inside(installed, "sh", "-c", "exec nulla --json app --no-browser")
    with Program(command, env={}) as app:
        assert '"url"' in app.first_line


@pytest.mark.slow
@only("nullabona-relay")
def test_the_relay_serves_and_has_no_client(installed: Path) -> None:
    """A record begins, the relay listens, and nothing that decrypts is among its files."""
    serving = ("--data", "/tmp/relay", "--listen", "127.0.0.1:0", "--behind-proxy", "--host", "relay.example")
    said(installed, "nulla-relay", "init", *serving)
    with Program(inside(installed, "nulla-relay", "serve", *serving), env={}) as relay:
        assert re.fullmatch(r"ready http://127\.0\.0\.1:\d+\n", relay.first_line)
    site = installed / "usr/lib/nullabona-relay/lib/python3/site-packages"
    assert (site / "nullabona/relay").is_dir()
    assert [] == [
        name for name in ("nullabona/client", "nullabona/app/page", "nullabona_mls", "PIL") if (site / name).exists()
    ]
    assert "serve" in said(installed, "nulla-witness", "--help"), "with nothing of the desk's"
    unit = (installed / "usr/lib/systemd/system/nullabona-relay.service").read_text("utf-8")
    assert "ExecStart=/usr/lib/nullabona-relay/bin/nulla relay serve " in unit
    assert "/opt/" not in unit


@pytest.mark.slow
@only("nullabona-desk")
def test_the_desk_has_its_commands(installed: Path) -> None:
    """The legal desk's commands are there, and one that needs its libraries works."""
    assert "serve" in said(installed, "nulla-docket", "--help")
    assert re.fullmatch(
        r"[0-9a-f]{64}\s*", said(installed, "nulla-docket", "package", "key", "Example", "/tmp/custodian.pem")
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_lintian_has_nothing_to_say(release: Path, name: str) -> None:
    """No error and no warning but those that the package argues with."""
    if not shutil.which("lintian"):
        pytest.skip("there is no lintian: tools/need_programs.sh dist")
    command = ["lintian", "--fail-on", "error,warning", "--allow-root", str(of(release, name))]
    done = subprocess.run(command, text=True, capture_output=True, check=False, timeout=900)
    assert done.returncode == 0, done.stdout
