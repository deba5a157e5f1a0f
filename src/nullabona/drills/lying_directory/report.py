"""The report of the drill: how each lie was noticed, by whom and after how long, and what that says of each line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nullabona.drills.lying_directory.findings import SLACK_S, Caught, line, within
from nullabona.drills.lying_directory.scenario import play
from nullabona.drills.reporting.report import Check, Report
from nullabona.drills.reporting.text import Sentences, Tell, Text

_say: Final = Sentences("drill_lying_directory")


def run(tell: Tell, *, period: int, only: Sequence[str] = ()) -> Report:
    """Play the drill in a new folder, no more than the lines of ``only`` need, if any. Raises what fails."""
    return report_of(period, play(tell, period, only)).only(only)


def report_of(period_s: int, lies: Sequence[Caught]) -> Report:
    """What came of all of them."""
    report = Report(
        "lying-directory",
        _say("directory-lies-notices"),
        data={
            "period_s": period_s,
            "lies": [
                {"id": each.id, "code": each.code, "held": each.held, "seconds": round(each.seconds, 2)}
                for each in lies
            ],
        },
    )
    report.section(
        _say("period-s-operator", period_s=period_s),
        [*(line(each) for each in lies), _in_time(period_s), *_three_times(lies)],
    )  # fmt: skip
    for id, text in _CLAIMS.items():
        of = [each for each in lies if each.id == id]
        report.checks.append(Check.of(id, text, held=bool(of) and all(each.held for each in of)))
    return report


def _three_times(lies: Sequence[Caught]) -> list[Text]:
    """When a false card of the own handle is found: by a true list, by a mirror, and without either."""
    first = {each.id: each for each in reversed(lies) if each.held}
    if not {"M-06", "M-11", "M-19"} <= first.keys():
        return []
    listed, mirror, look = (first[id].seconds for id in ("M-11", "M-19", "M-06"))
    return [_say("three-times", listed=listed, mirror=mirror, hours=look / 3_600)]


def _in_time(period_s: int) -> Text:
    return _say("has-told-within", within=within(period_s), slack_s=SLACK_S)


_CLAIMS: Final = {
    "M-03": _say("m-03"),
    "M-06": _say("m-06"),
    "M-08": _say("m-08"),
    "M-10": _say("m-10"),
    "M-11": _say("m-11"),
    "M-12": _say("m-12"),
    "M-13": _say("m-13"),
    "M-14": _say("m-14"),
    "M-15": _say("m-15"),
    "M-18": _say("m-18"),
    "M-19": _say("m-19"),
}  # fmt: skip
