"""What the drill learned, and which lines of spec/threat-model.md held."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from nullabona.drills.removal.findings import Hunted, Removal
from nullabona.drills.removal.scenario import BLOCKED_S, NAMED, play
from nullabona.drills.reporting.report import Check, Report, Verdict
from nullabona.drills.reporting.text import Sentences, Tell, Text, or_nothing
from nullabona.drills.search import Kind

_say: Final = Sentences("drill_removal")


def run(tell: Tell, *, only: Sequence[str] = ()) -> Report:
    """Play the drill in a new folder, no more than the lines of ``only`` need. Raises what goes wrong."""
    return report_of(play(tell, only)).only(only)


def report_of(removal: Removal) -> Report:
    """The report of what came of it."""
    report = Report("removal", _say("order-find-delete"))
    report.section(_say("looked-exact-words"), _sought(removal))
    report.section(_say("everybody-s-names"), _named(removal))
    report.section(_say("member-turned-informant"), _hunted(removal))
    report.section(_say("member-removed-before"), _out(removal))
    report.checks = [_check(id, removal) for id in _CLAIMS]
    report.data = {
        "searched_bytes": removal.sought.searched.bytes,
        "memory_searched": removal.sought.memory,
        "found": sorted({f"{found.label} in {found.source}" for found in removal.sought.findings}),
        "hunted": {name: msgspec.to_builtins(hunted) or {} for name, hunted in _all_hunted(removal).items()},
        "blocked": {"for_s": BLOCKED_S, "state": removal.blocked, "came_when_sent_again": removal.again},
        "removed_member": msgspec.to_builtins(removal.out),
    }
    return report


def _all_hunted(removal: Removal) -> dict[str, Hunted | None]:
    return {"frame": removal.frame, "spoiled": removal.spoiled, "box": removal.box, "trimmed": removal.trimmed,
            "chunk": removal.chunk}  # fmt: skip


# -- for people ---------------------------------------------------------------------------------------------------


def _sought(removal: Removal) -> Iterator[Text]:
    size = f"{removal.sought.searched.bytes / 1_000_000:.1f} MB"
    found = ", ".join(sorted({finding.label for finding in removal.sought.findings}))
    yield _say("sought-in", size=size, found=or_nothing(found))
    if not removal.sought.memory:
        yield _say("memory-not-searched-no")


def _named(removal: Removal) -> Iterator[Text]:
    for report in removal.warrants:
        waiting = report.data["inbox"]["waiting"]
        yield _say("public-card-inbox", handle=report.data["handle"], waiting=waiting)


_WHAT: Final = {
    "frame": _say("message-s-ciphertext"),
    "spoiled": _say("another-message-s"),
    "box": _say("box-s-address"),
    "trimmed": _say("box-s-secrets"),
    "chunk": _say("picture-s-hash"),
}


def _hunted(removal: Removal) -> Iterator[Text]:
    for name, hunted in _all_hunted(removal).items():
        if hunted is not None:
            yield _describe(_WHAT[name], hunted)
    state = _say("did-not-get") if removal.blocked != "here" else _say("had")
    again = _say("came-once-when")
    if not removal.again:
        again = _say("did-not-come")
    yield _say("second-picture-hashes", blocked_s=BLOCKED_S, state=state, again=again)
    if removal.reported is not None:
        yield _say("reports-erased", erased=removal.reported.erased, forged=removal.reported.forged)


def _describe(what: Text, hunted: Hunted) -> Text:
    kept = _say("those-had-kept")
    if not hunted.kept:
        kept = _say("those-had-lost")
    came = _say("had-away-had", seconds=hunted.seconds)
    if not hunted.arrived:
        came = _say("did-not-come-had")
    elif not hunted.in_order:
        came = _say("another-order-than", came=came)
    told = f"; {', '.join(hunted.told)}" if hunted.told else ""
    return _say("hunted", what=what, erased=hunted.erased, kept=kept, came=came, told=told)


def _out(removal: Removal) -> Iterator[Text]:
    out = removal.out
    yield _say("she-read-frames", read=out.read, filled=out.filled)
    yield _say("she-has-messages", had=out.had)
    if out.emptied:
        yield _say("once-everybody-had")
    else:
        yield _say("her-box-not")


# -- claims -------------------------------------------------------------------------------------------------------


def _check(id: str, removal: Removal) -> Check:
    held = _HELD[id](removal)
    if held and id in _IN_MEMORY and not removal.sought.memory:
        why = _say("memory-not-searched")
        return Check(id, Verdict.UNPROVEN, _CLAIMS[id].because(why))
    return Check.of(id, _CLAIMS[id].with_list("" if held else ", ".join(_discovered(id, removal))), held=held)


def _discovered(id: str, removal: Removal) -> Iterator[str]:
    """What was found or computed, where a line says that nothing can be."""
    labels = sorted({finding.label for finding in removal.sought.findings})
    if id == "X-11":
        yield from (label for label in labels if "the picture" in label)
        if removal.computed_chunk:
            yield "the chunk of a picture that is known"
    elif id == "X-12":
        yield from (label for label in labels if NAMED in label)
        if removal.computed_box:
            yield "the box of two people who are known"
    elif id == "X-04" and removal.opened_alike:
        yield "boxes that open alike"
    elif id == "X-03" and not removal.other_hashes:
        yield "the same hashes when it is sent once more"
    elif id == "X-16" and removal.reported is not None:
        yield f"pieces that no key of the report opens: {removal.reported.forged}"
    elif id == "X-17" and removal.reported is not None:
        yield from removal.reported.more


def _found(removal: Removal, *kinds: Kind) -> bool:
    return any(finding.kind in kinds for finding in removal.sought.findings)


def _labelled(removal: Removal, words: str) -> bool:
    return any(words in finding.label for finding in removal.sought.findings)


def _hit(hunted: Hunted | None) -> bool:
    return hunted is not None and hunted.erased > 0


def _survived(hunted: Hunted | None) -> bool:
    return hunted is not None and hunted.erased > 0 and hunted.kept and hunted.arrived


def _told(hunted: Hunted | None, code: str) -> bool:
    return hunted is not None and code in hunted.told


_SOME: Final = 2
"""Boxes that can have something in common."""
_IN_MEMORY: Final = frozenset({"X-10", "X-11"})
_HELD: Final[dict[str, Callable[[Removal], bool]]] = {
    "X-01": lambda r: len(r.warrants) == 4 and all("inbox" in report.data for report in r.warrants),
    "X-02": lambda r: _survived(r.chunk),
    "X-03": lambda r: r.blocked not in {"", "here"} and r.blocked_kept and r.again and r.other_hashes,
    "X-04": lambda r: _hit(r.frame) and _hit(r.spoiled) and _hit(r.box) and (r.boxes < _SOME or r.opened_alike == 0),
    "X-06": lambda r: r.reported is not None and r.reported.erased > 0 and r.reported.kept,
    "X-10": lambda r: r.sought.able and not _found(r, Kind.TEXT, Kind.ROOM) and not _labelled(r, "the message"),
    "X-11": lambda r: r.sought.able and not _labelled(r, "the picture") and not r.computed_chunk,
    "X-12": lambda r: len(r.warrants) == 4 and not r.yielded and not _labelled(r, NAMED) and not r.computed_box,
    "X-13": lambda r: all(_survived(hunted) for hunted in (r.frame, r.box, r.trimmed)),
    "X-14": lambda r: _survived(r.spoiled) and not r.reworded,
    "X-15": lambda r: _told(r.box, "relay-lost-box") and _told(r.spoiled, "relay-showed-different-histories"),
    "X-16": lambda r: r.reported is not None and r.reported.forged == 0,
    "X-17": lambda r: r.reported is not None and not r.reported.more,
    "R-02": lambda r: (
        min(r.out.read, r.out.filled, r.out.had) > 0 and r.out.erased and not r.out.later and not r.out.knows
    ),
}
_CLAIMS: Final = {
    "X-01": _say("x-01"),
    "X-02": _say("x-02"),
    "X-03": _say("x-03"),
    "X-04": _say("x-04"),
    "X-06": _say("x-06"),
    "X-10": _say("x-10"),
    "X-11": _say("x-11"),
    "X-12": _say("x-12"),
    "X-13": _say("x-13"),
    "X-14": _say("x-14"),
    "X-15": _say("x-15"),
    "X-16": _say("x-16"),
    "X-17": _say("x-17"),
    "R-02": _say("r-02"),
}  # fmt: skip
