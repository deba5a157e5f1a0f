"""What the drill learned, and which lines of spec/threat-model.md held."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from nullabona.drills.reporting.report import Check, Report
from nullabona.drills.reporting.text import Sentences, Tell, Text
from nullabona.drills.restore.findings import Mistakes, Start
from nullabona.drills.restore.scenario import play
from nullabona.words.warnings import GRAVE

_say: Final = Sentences("drill_restore")
_STAYS: Final = 6
"""The exit code after which a unit does not start again."""
_BACK_WITHIN: Final = 4
"""Periods, and the seconds beside them, within which an owner's card must be back."""
_SLACK_S: Final = 20.0


def run(tell: Tell) -> Report:
    """Play the drill in a new folder. Raises what goes wrong."""
    return report_of(play(tell))


def report_of(found: Mistakes) -> Report:
    """The report of what came of it."""
    report = Report("restore", _say("mistakes-of-an-operator"))
    report.section(_say("what-was-tried"), _starts(found))
    report.section(_say("what-people-saw"), _people(found))
    report.checks = [Check.of(id, text, held=_HELD[id](found)) for id, text in _CLAIMS.items()]
    report.data = msgspec.to_builtins(found)
    return report


def _starts(found: Mistakes) -> Iterator[Text]:
    yield _say("old-backup", **_told(found.old_backup))
    yield _say("second-machine", **_told(found.twin))
    yield _say("missing-volume", **_told(found.no_volume))
    yield _say("lost-key", **_told(found.no_key))
    yield _say("other-key", **_told(found.other_key))
    yield _say("lacking-copy", code=found.lacking.error if found.lacking else "-")
    yield _say("mirror-lacked", times=len(found.whole), lacked=found.whole.count(False))


def _people(found: Mistakes) -> Iterator[Text]:
    for name, seconds in sorted(found.back.items()):
        yield _say("card-is-back", name=name, seconds=seconds)
    for name, codes in sorted(found.told.items()):
        yield _say("was-told", name=name, codes=", ".join(codes) or "-")
    yield _say("evidence-held", evidence=found.evidence)


def _told(start: Start | None) -> dict[str, object]:
    return {"code": start.code if start else "-", "error": (start.error if start else "") or "-"}


# -- claims -------------------------------------------------------------------------------------------------------


def _refused(start: Start | None, *errors: str, code: int = _STAYS) -> bool:
    return start is not None and not start.served and start.code == code and start.error in errors


def _signs_no_second_history(found: Mistakes) -> bool:
    mine = all(_refused(start, "log-older", "log-split") for start in (found.old_backup, found.twin))
    return mine and found.evidence == 0


def _begins_nothing(found: Mistakes) -> bool:
    keys = _refused(found.no_key, "record-key-unreadable", code=1) and _refused(
        found.other_key, "record-broken", code=1
    )
    return keys and _refused(found.no_volume, "record-not-begun") and not found.begun


def _lacks_nothing(found: Mistakes) -> bool:
    copies = found.lacking is not None and found.lacking.error == "log-behind" and bool(found.whole)
    restored = found.restored is not None and found.restored.code == 0
    return copies and all(found.whole) and restored and found.grown > found.entries > 0


def _nobody_is_accused(found: Mistakes) -> bool:
    soon = _BACK_WITHIN * found.period_s + _SLACK_S
    back = len(found.back) == 2 and all(0 < seconds <= soon for seconds in found.back.values())
    told = list(found.told.values())
    said = all("cards-lost" in codes or "record-gap" in codes for codes in told)
    said &= any("cards-lost" in codes for codes in told)
    return back and len(told) == 2 and said and not any(GRAVE.intersection(codes) for codes in told)


_HELD: Final[dict[str, Callable[[Mistakes], bool]]] = {
    "G-13": _signs_no_second_history,
    "G-14": _begins_nothing,
    "G-15": _lacks_nothing,
    "G-16": _nobody_is_accused,
}
_CLAIMS: Final = {"G-13": _say("g-13"), "G-14": _say("g-14"), "G-15": _say("g-15"), "G-16": _say("g-16")}
