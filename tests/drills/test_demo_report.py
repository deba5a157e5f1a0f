"""What the demo makes of a history that is not as it was said."""

from __future__ import annotations

import pytest

from nullabona.drills.demo.findings import Outcome
from nullabona.drills.demo.report import _report
from nullabona.drills.demo.script import load_script
from nullabona.drills.reporting.report import Verdict

SAID = [["a", "one"], ["b", "two"], ["a", "three"]]
BY_SPEAKER = [SAID[0], SAID[2], SAID[1]]
THERE, AWAY = "Mina/group", "Jun/group"


def outcome(there: list[list[str]], away: list[list[str]], *, came_back: bool = True) -> Outcome:
    """Two histories; the second is of somebody who was away when the relay was emptied."""
    script = load_script()
    removed = f"{script.removed.name}/{script.group}"
    return Outcome(
        script, {THERE: SAID, AWAY: SAID, removed: []}, {THERE: there, AWAY: away, removed: []}, away=AWAY, put_back=1,
        came_back=came_back, relay_exit=3,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("told", "broken"),
    [
        (outcome(SAID, SAID), set()),
        (outcome(SAID, BY_SPEAKER), set()),
        (outcome(BY_SPEAKER, SAID), {"S-20", "S-21"}),
        (outcome(SAID, SAID[::-1]), {"S-20", "S-21"}),
        (outcome(SAID, SAID[:2]), {"S-20", "S-21"}),
        (outcome(SAID, [*SAID, SAID[1]]), {"S-20", "S-21"}),
        (outcome(SAID, SAID, came_back=False), {"S-21"}),
    ],
)
def test_what_comes_back_has_each_speakers_order(told: Outcome, broken: set[str]) -> None:
    """Once each: in order for who was there, and in each speaker's order for who was away."""
    assert broken == {check.id for check in _report(told).checks if check.verdict is Verdict.FAILED}
