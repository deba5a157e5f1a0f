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
from nullabona.docket.console.pages.standing import WHO
from nullabona.operating.desk import opened_desk, read_guidelines, zone_of

PAGE = Path(__file__).parents[2] / "docs/how-to/answer-a-warrant.md"


OUTAGE = """
nulla docket --officer pia.officer outage 0 0 --ko "점검 때문에 늦었습니다" --en "late because of maintenance"
proposal=$(nulla docket officer pending --json | head -n 1 | sed 's/.*"id": *"\\([^"]*\\)".*/\\1/')
nulla docket --officer cora.officer officer confirm $proposal
sleep 4
nulla docket publish-due
"""


KOREAN = Path(__file__).parents[2] / "docs/how-to/answer-a-warrant.ko.md"


COMMANDS = Path(sys.executable).parent
ENVIRONMENT = os.environ | {"PATH": f"{COMMANDS}{os.pathsep}{os.environ['PATH']}", "LANG": "C.UTF-8"}


def run(page: Path, folder: Path, more: str = "") -> subprocess.CompletedProcess[str]:
    """Every block of a page, one after the other."""
    script = "\n".join(re.findall(r"^```sh\n(.*?)^```", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE))
    script = f"{script}{more}".replace("python3", sys.executable)
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_the_korean_page_founds_a_desk_of_six(tmp_path: Path) -> None:
    """Two admins, an auditor, and three who can do everything that a case needs, apart where the rules want it."""
    SqliteCardStore(tmp_path / "relay").close()
    done = run(KOREAN, tmp_path)
    assert 0 == done.returncode, done.stdout + done.stderr
    with opened_desk(tmp_path / "desk") as at:
        roles = {one.id: set(one.roles) for one in at.desk.staff.officers()}
    assert {"ada", "ben", "aud", "ina", "rea", "cora"} == set(roles)
    workers = [roles[name] for name in ("ina", "rea", "cora")]
    assert [] == [action for action, who in WHO.items() if not any(who & mine for mine in workers)]
    assert "Asia/Seoul" == str(zone_of(tmp_path / "desk"))
    assert "+82-2-000-0000" == read_guidelines(tmp_path / "desk/docket.toml").emergency


@pytest.mark.parametrize("name", ["answer-a-warrant.md", "answer-a-warrant.ko.md", "run-the-legal-desk.md"])
def test_the_first_sentence_says_how_many_people(name: str) -> None:
    """Somebody who has five reads no further."""
    first = (PAGE.parent / name).read_text("utf-8").split("\n\n")[1]
    assert re.match(r"A desk needs six people|창구에는 \*\*여섯 사람\*\*이 필요합니다", first)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_warrant_is_answered_as_written(tmp_path: Path) -> None:
    """Every block runs; in the end the case is closed and the public record holds. An outage can be stated then."""
    SqliteCardStore(tmp_path / "relay").close()
    done = run(PAGE, tmp_path, OUTAGE)
    assert 0 == done.returncode or "period-late" in done.stdout, done.stdout + done.stderr
    assert "is now closed" in done.stdout
    public = tmp_path / "desk/log/public"
    found = subprocess.run(
        [COMMANDS / "nulla", "docket", "verify", public, "--policy", tmp_path / "desk/policy", "--json"],
        env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    entries = b"".join(path.read_bytes() for path in public.rglob("*") if "entries" in path.parts and path.is_file())
    assert b"late because of maintenance" in entries
    findings = {finding["code"] for finding in json.loads(found.stdout)["findings"]}
    assert findings <= {"period-late"}, "a slow machine publishes late; nothing else may be wrong"
