"""The drill ``restore``, played for real; and that each observation counts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from nullabona.drills.lost_directory.machine import Restoring
from nullabona.drills.registry import DRILLS
from nullabona.drills.reporting.report import Report, Verdict
from nullabona.drills.restore.findings import Mistakes, Start
from nullabona.drills.restore.report import report_of
from nullabona.processes.program import nulla, run

PROVES = DRILLS["restore"].proves
TOLD = {"mina": ["cards-lost"], "jun": ["record-gap"]}
HELD = Mistakes(
    3, Start(6, "log-older"), Start(6, "log-split"), Start(6, "record-not-begun"), begun=False,
    no_key=Start(1, "record-key-unreadable"), other_key=Start(1, "record-broken"),
    lacking=Restoring(1, "log-behind", 0), whole=[True, True], restored=Restoring(0, "", 12), entries=12, grown=15,
    back={"mina": 4.0, "jun": 5.0}, told=TOLD, evidence=0,
)  # fmt: skip


def failed(report: Report) -> set[str]:
    return {check.id for check in report.checks if check.verdict is Verdict.FAILED}


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_honest_mistakes_end_with_a_sentence() -> None:
    """Real processes throughout: every claim holds, exit code 0, and what each start came to is told."""
    done = run(nulla("drill", "restore", "--json"))
    assert done.out, done.err
    played = json.loads(done.out)
    assert (0, dict.fromkeys(PROVES, "held")) == (done.code, {c["id"]: c["verdict"] for c in played["checks"]})
    assert {"mina", "jun"} == set(played["back"])


@pytest.mark.parametrize(
    ("broken", "id"),
    [
        ({"old_backup": Start(0, "", served=True)}, "G-13"),
        ({"old_backup": Start(1, "log-older")}, "G-13"),
        ({"twin": Start(6, "folder-in-use")}, "G-13"),
        ({"evidence": 1}, "G-13"),
        ({"no_volume": Start(0, "", served=True)}, "G-14"),
        ({"begun": True}, "G-14"),
        ({"no_key": Start(1, "record-broken")}, "G-14"),
        ({"other_key": Start(0, "", served=True)}, "G-14"),
        ({"lacking": Restoring(0, "", 5)}, "G-15"),
        ({"whole": [True, False]}, "G-15"),
        ({"whole": []}, "G-15"),
        ({"restored": Restoring(1, "log-behind", 0)}, "G-15"),
        ({"grown": 12}, "G-15"),
        ({"told": TOLD | {"mina": ["card-not-in-log"]}}, "G-16"),
        ({"told": TOLD | {"jun": ["record-gap", "promise-broken"]}}, "G-16"),
        ({"told": TOLD | {"jun": []}}, "G-16"),
        ({"told": TOLD | {"mina": ["record-gap"]}}, "G-16"),
        ({"back": {"mina": 4.0, "jun": 0.0}}, "G-16"),
    ],
)
def test_whatever_is_missing_fails_its_claim(broken: dict[str, Any], id: str) -> None:
    """Each observation counts: without it exactly the claim that rests on it does not hold."""
    assert set() == failed(report_of(HELD))
    assert {id} == failed(report_of(replace(HELD, **broken)))
