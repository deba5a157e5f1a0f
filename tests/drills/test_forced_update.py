"""The drill ``forced-update``, played for real; and that each observation counts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from nullabona.drills.forced_update.findings import Forced
from nullabona.drills.forced_update.report import report_of
from nullabona.drills.registry import DRILLS
from nullabona.drills.reporting.report import Report, Verdict
from nullabona.processes.program import nulla, run

PROVES = DRILLS["forced-update"].proves
MINE = ("start", "unlogged", "logged-for-one", "old", "fork", "silence", "one-key", "bought-waited")
RUNS = {**dict.fromkeys(MINE, "1.1"), "bought": "6.8", "undone": "1.1"}
HELD = Forced(
    install_s=5.0, runs=RUNS, unlogged="release-not-logged", other_bytes="release-file-differs", one_size=True,
    in_bundle="log-differs", shown_to_one="not-witnessed", with_one_witness="not-witnessed",
    with_forged_witnesses="note-invalid", waited="release-too-new", others_saw=True, revoked="release-revoked",
    older="release-older", older_for_unknown="release-older", witnesses_said="log-older", fork="not-witnessed",
    rolled_back="log-rolled-back", silent_after_days=15, silent_before=False,
    one_key_entered="release-signed-by-too-few", one_key="release-not-logged", half_a_key="release-not-logged",
    forged_key="release-not-logged", new_keys="release-not-logged", released_after="", seen_after=True,
    bought_one_key="release-not-logged", bought_other_log="release-keys-unknown", bought_waited="release-too-new",
    bought="", noticed="log-forked", proven=True, found_at_first="release-too-new", proof_counts="",
    proof_dated_back="release-too-new", proof_of_less="proof-invalid", undone="1.1",
)  # fmt: skip


def verdicts(report: Report, verdict: Verdict) -> set[str]:
    """The claims that came out so."""
    return {check.id for check in report.checks if check.verdict is verdict}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_seven_ways_to_change_the_program_of_one_person() -> None:
    """Real witnesses, keys and environments: every claim holds, what is possible is shown, exit code 0."""
    done = run(nulla("drill", "forced-update", "--json"))
    assert done.out, done.err
    played = json.loads(done.out)
    assert (0, dict.fromkeys(PROVES, "held")) == (done.code, {c["id"]: c["verdict"] for c in played["checks"]})
    assert RUNS == played["runs"]


@pytest.mark.parametrize(
    ("broken", "id"),
    [
        ({"unlogged": ""}, "U-10"),
        ({"other_bytes": ""}, "U-10"),
        ({"one_size": False}, "U-10"),
        ({"in_bundle": ""}, "U-10"),
        ({"revoked": ""}, "U-11"),
        ({"older": "-"}, "U-11"),
        ({"older_for_unknown": ""}, "U-11"),
        ({"shown_to_one": ""}, "U-12"),
        ({"with_one_witness": ""}, "U-12"),
        ({"with_forged_witnesses": ""}, "U-12"),
        ({"fork": "log-forked"}, "U-12"),
        ({"witnesses_said": ""}, "U-12"),
        ({"rolled_back": ""}, "U-12"),
        ({"one_key": ""}, "U-13"),
        ({"one_key_entered": ""}, "U-13"),
        ({"half_a_key": ""}, "U-13"),
        ({"forged_key": ""}, "U-13"),
        ({"new_keys": ""}, "U-13"),
        ({"released_after": "release-out-of-turn"}, "U-13"),
        ({"seen_after": False}, "U-13"),
        ({"bought_one_key": ""}, "U-13"),
        ({"bought_other_log": ""}, "U-13"),
        ({"waited": ""}, "U-14"),
        ({"bought_waited": ""}, "U-14"),
        ({"found_at_first": ""}, "U-14"),
        ({"proof_counts": "release-too-new"}, "U-14"),
        ({"proof_dated_back": ""}, "U-14"),
        ({"proof_of_less": ""}, "U-14"),
        ({"noticed": ""}, "U-02"),
        ({"proven": False}, "U-02"),
        ({"undone": "6.8"}, "U-02"),
        ({"silent_after_days": 0}, "U-03"),
        ({"silent_before": True}, "U-03"),
    ],
)
def test_whatever_is_missing_fails_its_claim(broken: dict[str, Any], id: str) -> None:
    """Each observation counts: without it exactly the claim that rests on it does not hold."""
    assert set() == verdicts(report_of(HELD), Verdict.FAILED)
    assert {id} == verdicts(report_of(replace(HELD, **broken)), Verdict.FAILED)


@pytest.mark.parametrize("after", MINE)
def test_another_program_that_runs_fails_every_cannot(after: str) -> None:
    """Whatever was refused before: what starts decides."""
    report = report_of(replace(HELD, runs=RUNS | {after: "6.6"}))
    assert {"U-10", "U-11", "U-12", "U-13", "U-14"} == verdicts(report, Verdict.FAILED)


@pytest.mark.parametrize(
    ("broken", "id"),
    [
        ({"others_saw": False}, "U-01"),
        ({"bought": "log-forked"}, "U-02"),
        ({"runs": RUNS | {"bought": "1.1"}}, "U-02"),
    ],
)
def test_what_is_admitted_has_to_be_shown(broken: dict[str, Any], id: str) -> None:
    """Else the report says that it was not."""
    assert set() == verdicts(report_of(HELD), Verdict.UNPROVEN)
    assert {id} == verdicts(report_of(replace(HELD, **broken)), Verdict.UNPROVEN)
