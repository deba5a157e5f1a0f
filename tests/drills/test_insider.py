"""The report of the drill ``insider``: each observation counts. The drill itself is played by `make drill`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nullabona.drills.insider.findings import Attack, Inside, Storm
from nullabona.drills.insider.report import MOST_BACK_CALLS, report_of
from nullabona.drills.registry import DRILLS
from nullabona.drills.reporting.report import Report, Verdict

PROVES = DRILLS["insider"].proves

GOOD = Attack(begun=True, frames=180, bytes=92_160, heard=0.4, calls=200, cpu_s=0.3)
STORM = Storm(5.0, commits=30, removed_s=4.0, heard=0.2, back_s=5.0)


def inside(**broken: Any) -> Inside:  # noqa: ANN401 - a field's value
    """An outcome in which everything held, but for ``broken``."""
    names = (
        "named",
        "named_removed",
        "led",
        "invited",
        "claimed",
        "burned",
        "burned_removed",
        "lured",
        "lured_removed",
    )
    values: dict[str, Any] = {name: replace(GOOD) for name in names}
    values["storms"] = [replace(STORM, rate=rate) for rate in (2.0, 5.0, 20.0)]
    return Inside(**(values | broken))


def failed(report: Report) -> set[str]:
    return {check.id for check in report.checks if check.verdict is Verdict.FAILED}


@pytest.mark.parametrize(
    ("broken", "ids"),
    [
        ({"named_removed": replace(GOOD, away=["jun"])}, {"R-17"}),
        ({"burned_removed": replace(GOOD, cpu_s=2.0)}, {"R-17"}),
        ({"named": replace(GOOD, away_s=0.1)}, {"E-30"}),
        ({"named": replace(GOOD, frames=0)}, {"E-30"}),
        ({"led": replace(GOOD, misled=["mina"])}, {"E-31"}),
        ({"invited": replace(GOOD, misled=["jun"])}, {"E-31"}),
        ({"claimed": replace(GOOD, heard=-1.0)}, {"E-32"}),
        ({"burned": replace(GOOD, cpu_s=2.0)}, {"E-33"}),
        ({"burned": replace(GOOD, calls=2_000)}, {"E-33"}),
        ({"lured": replace(GOOD, heard=-1.0)}, {"F-11"}),
        ({"lured_removed": replace(GOOD, frames=0)}, {"F-11"}),
        ({"lured_to": ["127.0.0.62"]}, {"F-11"}),
        ({"storms": [STORM, replace(STORM, removed_s=-1.0)]}, {"E-34"}),
        ({"storms": [STORM, replace(STORM, back_s=-1.0)]}, {"E-35"}),
        ({"back_calls": MOST_BACK_CALLS + 1}, {"E-35"}),
        ({"storms": []}, {"E-34", "E-35"}),
    ],
)
def test_whatever_is_missing_fails_its_claim(broken: dict[str, Any], ids: set[str]) -> None:
    """Each observation counts: without it exactly the claims that rest on it do not hold."""
    assert set() == failed(report_of(inside()))
    assert ids == failed(report_of(inside(**broken)))


def test_the_figures_stand_in_the_report() -> None:
    """Time to removal at each rate, longest time away, work for a hostile byte; for people and for machines."""
    report = report_of(inside(longest_away=1.5))
    figures = report.data["figures"]
    assert {"2": 4.0, "5": 4.0, "20": 4.0} == figures["removal_s"]
    assert (1.5, 1.67, 1.11, 3.3) == tuple(
        figures[name] for name in ("longest_away_s", "ms_a_frame", "calls_a_frame", "us_a_byte")
    )
    assert "4.0 s (20/s)" in report.render("en")
    assert set(PROVES) == {check.id for check in report.checks}


def test_what_could_not_be_tried_is_said() -> None:
    """An attack for which there was no room any more proves nothing."""
    report = report_of(inside(claimed=Attack(begun=True)))
    assert {"E-32"} == failed(report)
    assert "COULD NOT BE TRIED" in report.render("en")


def test_what_was_not_asked_for_is_not_spoken_of() -> None:
    """Of one line alone, nothing else is played."""
    text = report_of(Inside(claimed=replace(GOOD))).render("en")
    assert "Repeated claims that other commits won" in text
    assert "NOT" not in text.partition("Claims put to the test")[0]
    assert "Time to removal" not in text
