"""The how-to of the desk is run as it is written, against a real directory's files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nullabona.directory.store.sqlite import SqliteCardStore

PAGE = Path(__file__).parents[2] / "docs/how-to/answer-a-warrant.md"


OUTAGE = """
nulla docket --officer pia.officer outage 0 0 --ko "점검 때문에 늦었습니다" --en "late because of maintenance"
proposal=$(nulla docket officer pending --json | head -n 1 | sed 's/.*"id": *"\\([^"]*\\)".*/\\1/')
nulla docket --officer cora.officer officer confirm $proposal
sleep 4
nulla docket publish-due
"""


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_warrant_is_answered_as_written(tmp_path: Path) -> None:
    """Every block runs; in the end the case is closed and the public record holds. An outage can be stated then."""
    SqliteCardStore(tmp_path / "relay").close()
    commands = Path(sys.executable).parent
    script = "\n".join(re.findall(r"^```sh\n(.*?)^```", PAGE.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE))
    script = f"{script}{OUTAGE}".replace("python3", sys.executable)
    environment = os.environ | {"PATH": f"{commands}{os.pathsep}{os.environ['PATH']}", "LANG": "C.UTF-8"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert 0 == done.returncode or "period-late" in done.stdout, done.stdout + done.stderr
    assert "is now closed" in done.stdout
    public = tmp_path / "desk/log/public"
    found = subprocess.run(
        [commands / "nulla", "docket", "verify", public, "--policy", tmp_path / "desk/policy", "--json"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    entries = b"".join(path.read_bytes() for path in public.rglob("*") if "entries" in path.parts and path.is_file())
    assert b"late because of maintenance" in entries
    findings = {finding["code"] for finding in json.loads(found.stdout)["findings"]}
    assert findings <= {"period-late"}, "a slow machine publishes late; nothing else may be wrong"
