"""What the drill learned, and which lines of spec/threat-model.md held."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from nullabona.drills.forced_update.findings import Forced
from nullabona.drills.forced_update.scenario import play
from nullabona.drills.reporting.report import Check, Report
from nullabona.drills.reporting.text import Sentences, Tell, Text
from nullabona.releases.choice import SILENCE_S

_say: Final = Sentences("drill_forced_update")
_WAYS: Final = 7
_STEADY: Final = ("start", "unlogged", "logged-for-one", "old", "fork", "silence", "one-key", "bought-waited")
"""After these the person's own version must run."""
_DAY_S: Final = 86_400


def run(tell: Tell) -> Report:
    """Play the drill in a new folder. Raises what goes wrong."""
    return report_of(play(tell))


def report_of(found: Forced) -> Report:
    """The report of what came of it."""
    facts = msgspec.to_builtins(found)
    report = Report("forced-update", _say("order-to-change-the-program"))
    report.section(_say("what-was-tried"), [_say(f"way-{number + 1}", **facts) for number in range(_WAYS)])
    report.section(_say("what-ran"), _ran(found))
    report.checks = [_check(id, text, found) for id, text in _CLAIMS.items()]
    report.data = facts
    return report


def _ran(found: Forced) -> Iterator[Text]:
    yield _say("installed-in", install_s=found.install_s)
    for after, version in found.runs.items():
        yield _say("ran", after=after, version=version)


def _check(id: str, text: Text, found: Forced) -> Check:
    if id in _CAN:
        return Check.shown(id, text, seen=_CAN[id](found), otherwise=_say("not-shown"))
    return Check.of(id, text, held=_HELD[id](found) and _steady(found))


# -- claims -------------------------------------------------------------------------------------------------------


def _steady(found: Forced) -> bool:
    return all(found.runs.get(after) == "1.1" for after in _STEADY)


def _only_logged(found: Forced) -> bool:
    return (found.unlogged, found.other_bytes) == ("release-not-logged", "release-file-differs")


def _only_newer(found: Forced) -> bool:
    return (found.revoked, found.older) == ("release-revoked", "release-older")


def _one_log(found: Forced) -> bool:
    alone = {found.shown_to_one, found.fork} == {"not-witnessed"}
    return alone and found.witnesses_said in {"log-older", "log-split"} and found.rolled_back == "log-rolled-back"


def _two_keys(found: Forced) -> bool:
    void = {found.one_key, found.bought_one_key} == {"release-not-logged"}
    return void and found.one_key_entered == "release-signed-by-too-few"


def _own_clock(found: Forced) -> bool:
    return {found.waited, found.bought_waited} == {"release-too-new"}


def _released_in_public(found: Forced) -> bool:
    return found.others_saw


def _bought(found: Forced) -> bool:
    installed = found.bought == "" and found.runs.get("bought") == "6.8"
    return installed and found.noticed == "log-forked" and found.proven and found.undone == "1.1"


def _withheld(found: Forced) -> bool:
    return found.silent_after_days == SILENCE_S // _DAY_S + 1 and not found.silent_before


_CAN: Final[dict[str, Callable[[Forced], bool]]] = {
    "U-01": _released_in_public,
    "U-02": _bought,
    "U-03": _withheld,
}
_HELD: Final[dict[str, Callable[[Forced], bool]]] = {
    "U-10": _only_logged,
    "U-11": _only_newer,
    "U-12": _one_log,
    "U-13": _two_keys,
    "U-14": _own_clock,
}
_CLAIMS: Final = {
    "U-01": _say("u-01"),
    "U-02": _say("u-02"),
    "U-03": _say("u-03"),
    "U-10": _say("u-10"),
    "U-11": _say("u-11"),
    "U-12": _say("u-12"),
    "U-13": _say("u-13"),
    "U-14": _say("u-14"),
}
