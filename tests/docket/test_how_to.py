"""The how-tos of the desk are run as they are written: every command block, with a witness that is a process."""

from __future__ import annotations

import json
import re
from contextlib import closing
from pathlib import Path

import pytest

from nullabona.directory.store.sqlite import SqliteCardStore
from nullabona.docket.console.pages.standing import WHO
from nullabona.operating.desk import open_desk, read_guidelines, zone_of
from nullabona.processes.ports import free_port
from tests.docket.pages import HOW_TO, Shell, blocks

OUTAGE = """
nulla docket --officer pia.officer outage 0 0 --ko "점검 때문에 늦었습니다" --en "late because of maintenance"
proposal=$(nulla docket officer pending | cut -d ' ' -f 1)
nulla docket --officer cora.officer officer confirm $proposal
"""


def elsewhere() -> dict[str, str]:
    """The witness of the pages at a port that is free here."""
    return {"127.0.0.1:8451": f"127.0.0.1:{free_port()}"}


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_the_korean_page_founds_a_desk_of_six(tmp_path: Path) -> None:
    """Two admins, an auditor, and three who can do everything that a case needs, apart where the rules want it."""
    SqliteCardStore(tmp_path / "relay").close()
    with Shell(tmp_path, elsewhere()) as shell:
        page = blocks("answer-a-warrant.ko.md")
        for block in page[: 1 + next(at for at, block in enumerate(page) if "docket init" in block)]:
            shell.run(block)
    with closing(open_desk(tmp_path / "desk")) as at:
        roles = {one.id: set(one.roles) for one in at.desk.staff.officers()}
    assert {"ada", "ben", "aud", "ina", "rea", "cora"} == set(roles)
    workers = [roles[name] for name in ("ina", "rea", "cora")]
    assert [] == [action for action, who in WHO.items() if not any(who & mine for mine in workers)]
    assert "Asia/Seoul" == str(zone_of(tmp_path / "desk"))
    assert "+82-2-000-0000" == read_guidelines(tmp_path / "desk/docket.toml").emergency


@pytest.mark.parametrize("name", ["answer-a-warrant.md", "answer-a-warrant.ko.md", "run-the-legal-desk.md"])
def test_the_first_sentence_says_how_many_people(name: str) -> None:
    """Somebody who has five reads no further."""
    first = (HOW_TO / name).read_text("utf-8").split("\n\n")[1]
    assert re.match(r"A desk needs six people|창구에는 \*\*여섯 사람\*\*이 필요합니다", first)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_warrant_is_answered_as_written(tmp_path: Path) -> None:
    """Every block runs, with its witness. In the end the case is closed, the receipt is proven by the witness, the
    auditor counts one demand, and the public record holds. An outage can be stated then.
    """
    SqliteCardStore(tmp_path / "relay").close()
    public = tmp_path / "desk/log/public"
    with Shell(tmp_path, elsewhere()) as shell:
        said = [shell.run(block) for block in [*blocks("answer-a-warrant.md"), OUTAGE]]
        shell.run(f"until grep -rqs 'because of maintenance' {public}; do sleep 1; done")
        shown = json.loads(shell.run("nulla docket check-receipt answer/data/receipt.json --policy desk/policy --json"))
        audited = json.loads(
            shell.run("nulla docket audit desk/log/public --policy desk/policy --pointer-key auditor.pointer --json")
        )
    assert "is now closed" in "".join(said)
    assert ["newspaper"] == list(shown["witnesses"])
    assert (1, []) == (sum(audited["demands"].values()), audited["slots_wrong"])
    assert "demands opened: 1." in "".join(said)
