"""The desk's unit keeps everything that the relay's unit keeps, but that it may call witnesses."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"


def directives(name: str) -> list[str]:
    """The lines of a unit's service section that set something."""
    text = (DEPLOY / name).read_text("utf-8").partition("[Service]")[2].partition("[Install]")[0]
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_the_unit_is_as_hard_as_the_relays() -> None:
    """What differs is named here, with what it is instead."""
    relay, desk = directives("nullabona-relay.service"), directives("nullabona-desk.service")
    assert {
        (
            "ExecStart=/opt/nullabona/.venv/bin/nulla docket --data %S/nullabona-desk serve "
            "--origin https://desk.example --listen 127.0.0.1:8450"
        ),
        "StateDirectory=nullabona-desk",
        "SocketBindAllow=tcp:8450",
        "LimitNOFILE=4096",
        "RestartPreventExitStatus=6",
    } == set(desk) - set(relay)
    gone = {line.partition("=")[0] for line in set(relay) - set(desk)}
    assert gone == {
        "ExecStart", "IPAddressAllow", "IPAddressDeny", "LimitNOFILE", "RestartPreventExitStatus", "SocketBindAllow",
        "StateDirectory",
    }  # fmt: skip


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """`systemd-analyze verify` finds nothing to say."""
    if not (tool := shutil.which("systemd-analyze")):
        pytest.skip("systemd-analyze is not installed")
    copy = tmp_path / "nullabona-desk.service"
    text = (DEPLOY / copy.name).read_text("utf-8")
    copy.write_text(text.replace("/opt/nullabona/.venv/bin/nulla", sys.executable))
    result = subprocess.run([tool, "verify", copy], capture_output=True, text=True, check=False, timeout=30)
    assert (0, "") == (result.returncode, result.stderr)
