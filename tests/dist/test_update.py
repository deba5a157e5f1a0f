"""The release that was built is one that `nulla update` installs: from the log to a program that opens a profile."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from nullabona.client.api import PROFILE_VERSION
from nullabona.client.api.trial import trial
from nullabona.machine.http_client import Route
from nullabona.releases.drafting import describe
from nullabona.updating.home import Home, now_s
from nullabona.updating.update import Here
from tests.releases import signing
from tests.updating.places import PublicLog
from tools.dist import sums


@pytest.mark.slow
def test_a_release_that_was_built_is_installed_and_tried(release: Path, tmp_path: Path) -> None:
    """Every wheel of the offline folder is in the statement; those of this machine and this Python are installed."""
    offline = release / "offline"
    version = json.loads((release / "BUILD.json").read_text("utf-8"))["version"]
    files = tuple(describe(path.name, path.stat().st_size, sums.sha256(path)) for path in sorted(offline.glob("*.whl")))
    statement = signing.release(0, version, files=files, reads=(PROFILE_VERSION, PROFILE_VERSION))
    log = PublicLog(tmp_path / "log", signing.entry(statement), now_s=now_s())
    here = Here(version="0", python=sys.version_info[:2], profile=PROFILE_VERSION, now_s=now_s())

    async def install(home: Home) -> None:
        followed = await home.begin(log.pinned())
        await home.install(followed, version, trial, place=str(offline))

    with Home(tmp_path / "program", here, Route()) as home:
        asyncio.run(install(home))
    program = tmp_path / "program/current/bin/nulla"
    command, environment = [str(program), "doctor", "--json"], {"HOME": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    found = [json.loads(line)["finding"] for line in done.stdout.splitlines()]
    assert {"program-here", "libraries-here"} <= {*found}
    assert set() == {"page-missing", "pictures-missing"} & {*found}
    packages = {path.name.partition("-")[0].lower() for path in (tmp_path / "program").rglob("*.dist-info")}
    assert {"nullabona", "nullabona_mls", "cryptography", "pillow"} <= packages
    assert set() == packages & {"jinja2", "typst", "uvloop", "webauthn"}
