"""The drill ``removal``, played for real; and that it fails on a planted leak, and without what puts messages back."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from nullabona.drills.registry import DRILLS
from nullabona.drills.removal import scenario as plays
from nullabona.drills.removal.findings import Hunted, Out, Removal
from nullabona.drills.removal.operator import Operator, Sought
from nullabona.drills.removal.report import report_of
from nullabona.drills.removal.reported import Reported
from nullabona.drills.reporting.report import Check, Report, Verdict
from nullabona.drills.reporting.text import Text
from nullabona.drills.search import Kind, Searched, Secret
from nullabona.drills.search.hunt import Finding
from nullabona.processes.program import nulla, run
from tests.drills.lacking import lack

PROVES = DRILLS["removal"].proves

COMMAND = nulla("drill", "removal", "--json")
DIFFERENT, LOST = ["relay-showed-different-histories"], ["relay-lost-box"]


def failed(report: Report) -> set[str]:
    return {check.id for check in report.checks if check.verdict is Verdict.FAILED}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_nothing_can_be_found_and_nobody_loses_a_message() -> None:
    """Real processes throughout: every claim holds, exit code 0; memory is searched where that is allowed."""
    done = run(COMMAND)
    assert done.out, done.err
    played = json.loads(done.out)
    wanted = dict.fromkeys(PROVES, "held")
    if os.geteuid() != 0:
        wanted |= dict.fromkeys(("X-10", "X-11"), "unproven")
    assert (0, wanted) == (done.code, {c["id"]: c["verdict"] for c in played["checks"]})
    assert ([], 5) == (played["found"], sum(hunted["arrived"] for hunted in played["hunted"].values()))


def warrant(verdict: Verdict = Verdict.HELD) -> Report:
    report = Report("warrant", Text("", ""), data={"handle": "mina@relay.example", "inbox": {"waiting": 0}})
    report.checks = [Check("W-10", verdict, Text("", ""))]
    return report


def removal(**broken: Any) -> Removal:  # noqa: ANN401 - a field's value
    """An outcome in which everything held, but for ``broken``."""
    values: dict[str, Any] = {
        "sought": Sought([], Searched(), memory=True, able=True),
        "secrets": {},
        "out": Out(6, 3, 2, later=False, knows=0, emptied=True, erased=True),
        "warrants": [warrant() for _ in range(4)],
        "frame": Hunted(1, kept=True, arrived=True, seconds=1.0, told=DIFFERENT),
        "spoiled": Hunted(1, kept=True, arrived=True, seconds=1.0, told=DIFFERENT),
        "box": Hunted(9, kept=True, arrived=True, seconds=1.0, in_order=False, told=LOST),
        "trimmed": Hunted(9, kept=True, arrived=True, seconds=1.0, told=DIFFERENT),
        "chunk": Hunted(1, kept=True, arrived=True, seconds=1.0),
        "blocked": "moving", "blocked_kept": True, "again": True, "other_hashes": True,
        "boxes": 3,
        "reported": Reported(forged=0, erased=1, more=[], kept=True),
    }  # fmt: skip
    return Removal(**(values | broken))


def hunted(**broken: Any) -> Hunted:  # noqa: ANN401 - a field's value
    values: dict[str, Any] = {"erased": 1, "kept": True, "arrived": True, "seconds": 1.0, "told": DIFFERENT}
    return Hunted(**(values | broken))


def found(kind: Kind, label: str = "it") -> Sought:
    return Sought([Finding(label, kind, "stray", "utf-8", 0, 1, 1.0)], Searched(), memory=True, able=True)


@pytest.mark.parametrize(
    ("broken", "ids"),
    [
        ({"sought": found(Kind.TEXT)}, {"X-10"}),
        ({"sought": found(Kind.KEY, "the picture as taken, part 1")}, {"X-11"}),
        ({"sought": found(Kind.KEY, "hash of the message")}, {"X-10"}),
        ({"sought": found(Kind.KEY, "hash of the handle of 미나")}, {"X-12"}),
        ({"computed_chunk": True}, {"X-11"}),
        ({"computed_box": True}, {"X-12"}),
        ({"opened_alike": 1}, {"X-04"}),
        ({"reworded": True}, {"X-14"}),
        ({"sought": Sought([], Searched(), memory=True, able=False)}, {"X-10", "X-11"}),
        ({"warrants": [warrant(Verdict.FAILED)] * 4}, {"X-12"}),
        ({"frame": hunted(arrived=False)}, {"X-13"}),
        ({"frame": hunted(kept=False)}, {"X-13"}),
        ({"spoiled": hunted(told=[])}, {"X-15"}),
        ({"trimmed": hunted(told=[])}, set()),
        ({"frame": hunted(told=[])}, set()),
        ({"frame": hunted(erased=0)}, {"X-04", "X-13"}),
        ({"spoiled": hunted(arrived=False)}, {"X-14"}),
        ({"box": hunted(arrived=False, told=LOST)}, {"X-13"}),
        ({"trimmed": hunted(arrived=False)}, {"X-13"}),
        ({"chunk": hunted(arrived=False)}, {"X-02"}),
        ({"blocked": "here"}, {"X-03"}),
        ({"other_hashes": False}, {"X-03"}),
        ({"reported": None}, {"X-06", "X-16", "X-17"}),
        ({"reported": Reported(forged=1, erased=1, more=[], kept=True)}, {"X-16"}),
        ({"reported": Reported(forged=0, erased=0, more=[], kept=True)}, {"X-06"}),
        ({"reported": Reported(forged=0, erased=1, more=[], kept=False)}, {"X-06"}),
        ({"reported": Reported(forged=0, erased=1, more=["who said it"], kept=True)}, {"X-17"}),
        ({"out": Out(6, 3, 2, later=True, knows=0, emptied=True, erased=True)}, {"R-02"}),
        ({"out": Out(6, 3, 2, later=False, knows=1, emptied=True, erased=True)}, {"R-02"}),
    ],
)
def test_whatever_is_missing_fails_its_claim(broken: dict[str, Any], ids: set[str]) -> None:
    """Each observation counts: without it exactly the claims that rest on it do not hold."""
    assert set() == failed(report_of(removal()))
    assert ids == failed(report_of(removal(**broken)))


def test_memory_that_was_not_searched_is_not_proven() -> None:
    """It is said, and it is no failure; a leak on the disk still is one."""
    report = report_of(removal(sought=Sought([], Searched(), able=True)))
    assert {"X-10", "X-11"} == {check.id for check in report.checks if check.verdict is Verdict.UNPROVEN}
    assert "NOT searched" in report.render("en")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_planted_leak_fails_the_drill(monkeypatch: pytest.MonkeyPatch) -> None:
    """A relay that kept the words in its log, and the picture in a file, would be found out."""
    seek = Operator.seek

    def leaky(self: Operator, wanted: Iterable[Secret], unused: int | None = None) -> Sought:
        wanted = list(wanted)
        Path(self._log).write_bytes(next(secret.value for secret in wanted if secret.kind is Kind.TEXT))
        (self.data / "blobs" / "stray").write_bytes(
            next(s.value for s in wanted if s.label.endswith("have it, part 1"))
        )
        return seek(self, wanted, unused)

    monkeypatch.setattr(Operator, "seek", leaky)
    for step in ("one_frame", "other_bytes", "whole_box", "by_a_member", "list_of_hashes", "nothing_left"):
        monkeypatch.setattr(plays._Scene, step, _nothing)
    assert {"X-10", "X-11"} <= failed(report_of(plays.play(lambda _: None)))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_drill_fails_if_nobody_puts_anything_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Members whose devices keep nothing for others lose what is erased, and the drill says so."""
    lack(monkeypatch, "frames are put back")
    for step in ("by_a_member", "list_of_hashes", "nothing_left"):
        monkeypatch.setattr(plays._Scene, step, _nothing)
    assert {"X-02", "X-13", "X-14"} <= failed(report_of(plays.play(lambda _: None)))


async def _nothing(*_: object) -> None:
    """A step that the test does without."""
