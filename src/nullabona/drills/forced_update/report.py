"""What the drill learned, and which lines of spec/threat-model.md held."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from nullabona.drills.forced_update.findings import Forced
from nullabona.drills.forced_update.scenario import play
from nullabona.drills.reporting.report import Check, Report
from nullabona.drills.reporting.text import Sentences, Tell, Text

_say: Final = Sentences("drill_forced_update")
_WAYS: Final = ("way-1", "way-2", "way-2-proofs", "way-3", "way-4", "way-5", "way-6", "way-7")
_STEADY: Final = ("start", "unlogged", "logged-for-one", "old", "fork", "silence", "one-key", "bought-waited")
"""After these the person's own version must run."""
_SILENT_DAYS: Final = 14


def run(tell: Tell) -> Report:
    """Play the drill in a new folder. Raises what goes wrong."""
    return report_of(play(tell))


def report_of(found: Forced) -> Report:
    """The report of what came of it."""
    facts = msgspec.to_builtins(found)
    report = Report("forced-update", _say("order-to-change-the-program"))
    report.section(_say("what-was-tried"), [_say(way, **_as_told(facts)) for way in _WAYS])
    report.section(_say("what-ran"), _ran(found))
    report.checks = [_check(id, text, found) for id, text in _CLAIMS.items()]
    report.data = facts
    return report


def _as_told(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts with a mark for each that is so or not."""
    marked = {name: "✓" if value else "✗" for name, value in facts.items() if isinstance(value, bool)}
    return {**facts, **marked, "proof_counts": facts["proof_counts"] or "✓"}


def _ran(found: Forced) -> Iterator[Text]:
    yield _say("installed-in", install_s=found.install_s)
    for after, version in found.runs.items():
        yield _say("ran", after=after, version=version)


def _check(id: str, text: Text, found: Forced) -> Check:
    if id in _CAN and not _CAN[id](found):
        return Check.shown(id, text, seen=False, otherwise=_say("not-shown"))
    return Check.of(id, text, held=_HELD[id](found) and (id in _ADMITTED or _steady(found)))


# -- claims -------------------------------------------------------------------------------------------------------


def _steady(found: Forced) -> bool:
    return all(found.runs.get(after) == "1.1" for after in _STEADY)


def _only_logged(found: Forced) -> bool:
    files = (found.unlogged, found.other_bytes) == ("release-not-logged", "release-file-differs")
    return files and found.one_size and found.in_bundle == "log-differs"


def _only_newer(found: Forced) -> bool:
    older = {found.older, found.older_for_unknown} == {"release-older"}
    return found.revoked == "release-revoked" and older


def _one_log(found: Forced) -> bool:
    alone = {found.shown_to_one, found.with_one_witness, found.fork} == {"not-witnessed"}
    alone = alone and found.with_forged_witnesses == "note-invalid"
    return alone and found.witnesses_said in {"log-older", "log-split"} and found.rolled_back == "log-rolled-back"


def _two_keys(found: Forced) -> bool:
    tried = (found.one_key, found.half_a_key, found.forged_key, found.new_keys, found.bought_one_key)
    void = set(tried) == {"release-not-logged"} and found.bought_other_log == "release-keys-unknown"
    goes_on = found.released_after == "" and found.seen_after
    return void and goes_on and found.one_key_entered == "release-signed-by-too-few"


def _own_clock(found: Forced) -> bool:
    waiting = (found.waited, found.bought_waited, found.found_at_first, found.proof_dated_back)
    return set(waiting) == {"release-too-new"} and (found.proof_of_less, found.proof_counts) == ("proof-invalid", "")


def _released_in_public(found: Forced) -> bool:
    return found.others_saw


def _bought(found: Forced) -> bool:
    return found.bought == "" and found.runs.get("bought") == "6.8"


def _told(found: Forced) -> bool:
    return found.noticed == "log-forked" and found.proven and found.undone == "1.1"


def _told_of_silence(found: Forced) -> bool:
    return found.silent_after_days == _SILENT_DAYS + 1 and not found.silent_before


_CAN: Final[dict[str, Callable[[Forced], bool]]] = {"U-01": _released_in_public, "U-02": _bought}
"""What has to be shown before anything can be said of it. Releases and revocations can always be withheld."""
_ADMITTED: Final = frozenset({"U-01", "U-02", "U-03"})
_HELD: Final[dict[str, Callable[[Forced], bool]]] = {
    "U-01": _released_in_public,
    "U-02": _told,
    "U-03": _told_of_silence,
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
