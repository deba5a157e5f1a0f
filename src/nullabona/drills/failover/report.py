"""The report of the drill ``failover``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from nullabona.drills.failover.faults import FAULTS, PLANNED, REFUSED, UNTAKEN
from nullabona.drills.failover.findings import Outcome
from nullabona.drills.failover.scenario import play
from nullabona.drills.reporting.report import Check, Report
from nullabona.drills.reporting.text import Sentences, Tell, Text

_say: Final = Sentences("drill_failover")

LINE: Final = "S-41"
UNPLANNED_S, PLANNED_S = 6.0, 1.0
"""A box is to be without an answer for no longer. What it took is told; a busy machine makes it no claim."""


def run(tell: Tell, *, minutes: float, fault: Sequence[str]) -> Report:
    """Play the drill in a new folder. Raises what goes wrong."""
    return report_of(play(tell, fault or tuple(FAULTS), minutes))


def report_of(outcome: Outcome) -> Report:
    """What came of it."""
    report = Report("failover", _say("title"))
    report.section(_say("rounds"), _rounds(outcome))
    report.section(_say("history"), [_told(outcome)])
    wrong = [
        f"{fault}: {sum(getattr(each.came, what) for each in outcome.of(fault))} {what}"
        for fault in FAULTS
        for what in ("doubled", "hidden")
        if any(getattr(each.came, what) for each in outcome.of(fault))
    ]
    check = Check.of(LINE, _say("claim").with_list("; ".join(wrong)), held=not wrong)
    report.checks = [check.unless(_too_little(outcome))]
    report.data = _encoded(outcome)
    return report


def _aim(fault: str) -> Text:
    if fault in UNTAKEN | REFUSED:
        return _say("no-aim" if fault in UNTAKEN else "refused")
    return _say("aim", bar=PLANNED_S if fault in PLANNED else UNPLANNED_S)


def _rounds(outcome: Outcome) -> Iterator[Text]:
    for fault in FAULTS:
        rounds = outcome.of(fault)
        if not rounds:
            continue
        yield _say(
            "rounds-of",
            fault=_say(f"fault-{fault}"),
            count=len(rounds),
            acknowledged=sum(each.came.acknowledged for each in rounds),
            gone=sum(each.came.gone for each in rounds),
            silence=max(each.came.silence_s for each in rounds),
            aim=_aim(fault),
        )
    if outcome.lacking:
        yield _say("no-network", lacking=outcome.lacking)


def _told(outcome: Outcome) -> Text:
    return _say(
        "told",
        acknowledged=outcome.acknowledged,
        places=outcome.places,
        doubled=outcome.doubled,
        gone=outcome.gone,
        hidden=outcome.hidden,
        minutes=outcome.seconds / 60,
    )


def _too_little(outcome: Outcome) -> Text | None:
    """Why what was played is less than the line speaks of, if it is."""
    lacking = [fault for fault in FAULTS if not outcome.of(fault)]
    if lacking:
        return _say("not-played", faults=", ".join(lacking))
    return None if outcome.gone else _say("nothing-lost")


def _encoded(outcome: Outcome) -> dict[str, Any]:
    return {
        "seconds": round(outcome.seconds, 1),
        "lacking": outcome.lacking,
        "rounds": [
            {
                "fault": each.fault,
                "seconds": round(each.seconds, 2),
                "acknowledged": each.came.acknowledged,
                "places": each.came.places,
                "doubled": each.came.doubled,
                "gone": each.came.gone,
                "hidden": each.came.hidden,
                "silence_s": round(each.came.silence_s, 2),
            }
            for each in outcome.rounds
        ],
    }
