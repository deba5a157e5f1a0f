"""What the drill learned, and which lines of spec/threat-model.md held."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from nullabona.drills.lost_directory.findings import Lost
from nullabona.drills.lost_directory.scenario import DAYS, play
from nullabona.drills.reporting.report import Check, Report
from nullabona.drills.reporting.text import Sentences, Tell, Text

_say: Final = Sentences("drill_lost_directory")

_BACK_WITHIN: Final = 4
"""Periods, and the seconds beside them, within which a device that is online must have put its card back."""
_SLACK_S: Final = 20.0


def run(tell: Tell) -> Report:
    """Play the drill in a new folder. Raises what goes wrong."""
    return report_of(play(tell))


def report_of(lost: Lost) -> Report:
    """The report of what came of it."""
    report = Report("lost-directory", _say("directory-s-machine"))
    report.section(
        _say("how-long-took", period_s=lost.period_s),
        _times(lost),
    )
    report.section(_say("old-copy-record"), _old_copy(lost))
    report.section(_say("did-not-come"), _gone(lost))
    report.checks = [Check.of(id, text, held=_HELD[id](lost)) for id, text in _CLAIMS.items()]
    report.data = msgspec.to_builtins(lost)
    return report


def _times(lost: Lost) -> Iterator[Text]:
    yield _say("messages-said-while", heard=lost.heard, said=lost.said, talked_s=lost.talked_s)
    yield _say("record-entries-served", entries=lost.entries, served_s=lost.served_s)
    for name in ("mina", "jun"):
        seconds = lost.back.get(name, 0.0)
        yield _say("s-device-online", name=name, seconds=seconds)
    yield _say("nari-s-device", nari=lost.back.get("nari", 0.0))


def _old_copy(lost: Lost) -> Iterator[Text]:
    code = lost.refused.error if lost.refused else "-"
    yield _say("copy-entries-nulla", lacking=lost.lacking, entries=lost.entries, code=code)
    forced = lost.forced or _say("not-seen")
    yield _say("taken-anyway", forced=forced, copier_saw=lost.copier_saw, forced_shown=lost.forced_shown)


def _gone(lost: Lost) -> Iterator[Text]:
    yield _say("hold-deleted-handle", dora=lost.before.get("dora", ""))
    yield _say("handle-owner-away", contact_saw=lost.contact_saw)
    gaps = sorted(name for name, codes in lost.told.items() if "record-gap" in codes)
    yield _say("days-registration-history", gaps=", ".join(gaps) or "-")


# -- claims -------------------------------------------------------------------------------------------------------


def _nobody_is_found(lost: Lost) -> bool:
    return bool(lost.unknown and lost.unregistered)


def _handle_was_taken(lost: Lost) -> bool:
    contact_knows = lost.contact_saw == "card-forked" and lost.contact_told
    return lost.after.get("sora") == "" and contact_knows and "card-not-ours" in lost.told.get("sora", [])


def _hold_and_history_are_gone(lost: Lost) -> bool:
    hold_is_gone = lost.before.get("dora") == "handle-taken" and lost.after.get("dora") == ""
    days_are_gone = bool(lost.days) and all(after >= before + DAYS for before, after in lost.days.values())
    return hold_is_gone and days_are_gone and "record-gap" in lost.told.get("nari", [])


def _old_copy_is_the_end(lost: Lost) -> bool:
    return lost.forced == "has-more" and lost.forced_shown != "shown"


def _everybody_was_heard(lost: Lost) -> bool:
    return lost.heard == lost.said > 0


def _cards_are_back(lost: Lost) -> bool:
    soon = _BACK_WITHIN * lost.period_s + _SLACK_S
    online = all(0 < lost.back.get(name, 0.0) <= lost.served_s + soon for name in ("mina", "jun"))
    return online and 0 < lost.back.get("nari", 0.0) <= soon and len(lost.found) == 3 and all(lost.found.values())


def _the_log_goes_on(lost: Lost) -> bool:
    refused = lost.refused is not None and lost.refused.error == "log-behind"
    restored = lost.restored is not None and (lost.restored.code, lost.restored.size) == (0, lost.entries)
    noticed = lost.copier_saw == "log-rolled-back" and _old_copy_is_the_end(lost)
    return refused and noticed and restored and lost.grown > lost.entries and not lost.forged


_HELD: Final[dict[str, Callable[[Lost], bool]]] = {
    "G-01": _nobody_is_found,
    "G-02": _handle_was_taken,
    "G-03": _hold_and_history_are_gone,
    "G-04": _old_copy_is_the_end,
    "G-10": _everybody_was_heard,
    "G-11": _cards_are_back,
    "G-12": _the_log_goes_on,
}
_CLAIMS: Final = {
    "G-01": _say("g-01"),
    "G-02": _say("g-02"),
    "G-03": _say("g-03"),
    "G-04": _say("g-04"),
    "G-10": _say("g-10"),
    "G-11": _say("g-11"),
    "G-12": _say("g-12"),
}  # fmt: skip
