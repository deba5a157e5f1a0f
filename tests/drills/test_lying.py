"""The drill ``lying-directory``, played for real: every lie is noticed, by whom it should be and in time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nullabona.drills.lying_directory import unchanged
from nullabona.drills.lying_directory.findings import Caught, line
from nullabona.drills.lying_directory.report import report_of, run
from nullabona.drills.registry import DRILLS
from nullabona.drills.reporting.report import Verdict
from nullabona.drills.reporting.text import Text

PROVES = DRILLS["lying-directory"].proves


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_lie_is_noticed() -> None:
    """A real relay, two real witnesses, real clients: all claims hold, and each lie is told of as it happens."""
    told: list[Text] = []
    report = run(told.append, period=2)
    assert dict.fromkeys(PROVES, Verdict.HELD) == {check.id: check.verdict for check in report.checks}, told
    text = " ".join(report.render("en").split())
    assert "by a mirror where the list left it out" in text
    assert len(report.data["lies"]) == len(told) - 2


def test_a_lie_that_nobody_notices_fails_the_drill() -> None:
    """If one lie of a claim goes uncaught, or is caught by something else, the claim fails and the report says so."""
    lie, by = Text("거짓말", "A lie"), Text("아무도", "nobody")
    for code in ("", "log-stale"):
        caught = Caught("M-10", lie, by, code, frozenset({"card-not-in-log"}), 1.0)
        report = report_of(2, [caught])
        assert (False, False) == (caught.held, report.held)
    assert "NOT NOTICED" in line(Caught("M-10", lie, by, "", frozenset(), 1.0)).en


@pytest.mark.parametrize(
    ("named", "warnings", "read", "held"),
    [(1, 1, True, True), (2, 1, True, False), (1, 2, True, False), (1, 1, False, False)],
)
def test_a_device_that_names_its_handle_or_warns_more_often_fails_the_drill(
    named: int, warnings: int, *, read: bool, held: bool
) -> None:
    """Once because of changes that change nothing, and of lists that it read; the report says how often it was."""
    lie = Text("변경", "A change that changes nothing")
    caught = unchanged.counted("M-08", unchanged.said_of(lie, named, warnings), max(named, warnings), most=1, read=read)
    verdicts = {check.id: check.verdict for check in report_of(2, [caught]).checks}
    assert (held, held) == (caught.held, verdicts["M-08"] is Verdict.HELD)
    assert f"in 3 periods: {named}; warnings: {warnings}" in line(caught).en
    assert read is not ("not every list was read" in line(caught).en)


@pytest.mark.parametrize(("id", "code"), [("M-11", "foreign-entry"), ("M-12", "foreign-entry"), ("M-03", "believed")])
def test_a_lie_that_is_noticed_too_late_fails_the_drill(id: str, code: str) -> None:
    """Two periods and the slack: what is told a moment later breaks the claim, and the report says how late it was."""
    lie, by = Text("거짓말", "A lie"), Text("주인의 기기", "the owner's device")
    for seconds, held in ((14.0, True), (14.1, False)):
        caught = Caught(id, lie, by, code, frozenset({code}), seconds, within_s=14.0)
        verdicts = {check.id: check.verdict for check in report_of(2, [caught]).checks}
        assert (held, held) == (caught.held, verdicts[id] is Verdict.HELD)
        assert held is not ("TOO LATE, after 14 s" in line(caught).en)
    assert "warnings that are due within two periods were allowed 14 s" in " ".join(
        report_of(2, []).render("en").split()
    )


def test_the_report_says_the_three_times() -> None:
    """By a true list, by a mirror, by the look that was drawn; not if one of them was not found in time."""
    lie, by = Text("거짓말", "A lie"), Text("아무도", "nobody")
    found = [
        Caught(id, lie, by, "x", frozenset({"x"}), seconds, within_s=43_214)
        for id, seconds in (("M-11", 1.5), ("M-19", 2.5), ("M-19", 65.0), ("M-06", 36_000.0))
    ]
    for lies, told in ((found, True), (found[:3], False), ([*found[:3], replace(found[3], seconds=43_215.0)], False)):
        text = " ".join(report_of(2, lies).render("en").split())
        assert told is ("after 1.5 s by a true list, after 2.5 s by a mirror" in text)
        assert told is ("after 10.0 h without a mirror" in text)
