"""What the drill learned, and which lines of spec/threat-model.md held."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Final

from nullabona.drills.reporting.report import Check, Report, Verdict
from nullabona.drills.reporting.text import Sentences, Tell, Text, joined, or_nothing
from nullabona.drills.search import Finding
from nullabona.drills.stolen_device.findings import Later, Stolen
from nullabona.drills.stolen_device.scenario import play
from nullabona.drills.stolen_device.scene import PERIOD_S

_say: Final = Sentences("drill_stolen_device")

_SLACK_S: Final = 20.0
"""A busy machine's, beside the two periods within which an owner's device must tell of a card it did not make."""


def run(tell: Tell, *, only: Sequence[str] = ()) -> Report:
    """Play the drill in a new folder, no further than the lines of ``only`` need. Raises what goes wrong."""
    return report_of(play(tell, only)).only(only)


def report_of(stolen: Stolen) -> Report:
    """The report of what came of it."""
    report = Report("stolen-device", _say("stolen-device"))
    report.section(_say("locked-files"), _locked(stolen))
    report.section(_say("open-past"), _past(stolen))
    report.section(_say("open-future"), _future(stolen))
    report.section(_say("account-s-secret"), _secret(stolen))
    report.section(
        _say("only-device-account"),
        _elsewhere(stolen),
    )
    report.checks = [_check(id, stolen) for id in _CLAIMS]
    locked, opened = stolen.locked, stolen.opened
    report.data = {
        "locked": {
            "files": locked.files,
            "searched_bytes": locked.searched.bytes,
            "seconds_a_try": round(locked.each_s, 2),
            "kib_a_try": locked.price.memory_kib,
            "passes_a_try": locked.price.passes,
            "keys": locked.keys,
            "found": _labels(locked.findings),
        },
        "opened": {
            "bytes": opened.bytes,
            "kept": opened.kept,
            "memory_searched": opened.memory_read,
            "deleted_found": _labels(opened.deleted),
            "deleted_in_memory": opened.in_memory,
            "deleted_in_index": opened.indexed_gone,
            "just_deleted_found": _labels(opened.late),
            "pages_in_the_log": opened.late_logged,
        },
        "kept_copies": {"revoked": asdict(stolen.future.kept), "removed": asdict(stolen.secret.kept)},
        "asked_for_a_way_back": stolen.future.asked,
        "seconds": {
            "revoked": round(stolen.future.out_s, 1),
            "owner_warned": round(stolen.secret.warned_s, 1),
            "restored_and_thief_out": round(stolen.elsewhere.back_s, 1),
        },
        "period_s": PERIOD_S,
    }
    return report


def _labels(findings: list[Finding]) -> list[str]:
    return sorted({finding.label for finding in findings})


# -- for people ---------------------------------------------------------------------------------------------------


def _locked(stolen: Stolen) -> Iterator[Text]:
    locked = stolen.locked
    found = ", ".join(_labels(locked.findings))
    size = f"{locked.searched.bytes / 1_000_000:.1f} MB"
    yield _say("copied-and-searched", size=size, keys=locked.keys, found=or_nothing(found))
    missed = ", ".join(locked.missed)
    yield _say("search-missed", missed=missed) if missed else _say("search-finds")
    files = ", ".join(f"{name} {size:,} B" for name, size in locked.files.items())
    yield _say("can-seen-files", files=files)
    memory, passes = locked.price.memory_kib // 1_024, locked.price.passes
    yield _say("wrong-passphrases-refused", tried=locked.tried, each_s=locked.each_s, passes=passes, memory=memory)
    picked = locked.picked
    opened = _say("one-opens") if picked.opened else _say("none-opens")
    yield _say("keys-nobody-told", tried=picked.tried, opened=opened)


def _past(stolen: Stolen) -> Iterator[Text]:
    opened = stolen.opened
    found = ", ".join(_labels(opened.deleted))
    yield _say("messages-nobody-deleted", kept=opened.kept, of=opened.of)
    yield _say("deleted-sought", bytes=opened.bytes, found=or_nothing(found))
    words = ", ".join(opened.indexed_gone)
    yield _say("index-words", words=or_nothing(words))
    late = ", ".join(_labels(opened.late))
    yield _say("deleted-late", pages=opened.late_logged, found=or_nothing(late))
    if not opened.memory_read:
        yield _say("memory-running-program")
        return
    there = ", ".join(opened.in_memory)
    yield _say("deleted-in-memory", found=or_nothing(there))


def _future(stolen: Stolen) -> Iterator[Text]:
    future = stolen.future
    yield _say("while-nobody-had")
    yield _say("s-after-owner", out_s=future.out_s)
    yield _copy(future.kept, _say("copy-before-forgot"))
    back = _say("came-back") if future.returned else _say("nobody-let")
    before = _say("had-brought-back")
    if not future.came_back:
        before = _say("had-not-brought")
    yield _say("asked-members-way", asked=future.asked, before=before, back=back)


def _copy(later: Later, what: Text) -> Text:
    """What somebody reads by hand whom a member gives everything but the keys of MLS."""
    stays = _say("copy-one-stayed")
    if not later.control:
        stays = _say("copy-one-stayed-does")
    return _say(
        "given-each-box",
        what=what,
        opened=later.opened,
        opened2=later.opened + later.closed,
        out=later.out,
        rooms=later.rooms,
        stays=stays,
    )


def _secret(stolen: Stolen) -> Iterator[Text]:
    secret = stolen.secret
    warning = secret.warning or _say("not-told")
    yield _say("thief-card", warned_s=secret.warned_s, warning=warning, period_s=PERIOD_S)
    came = _say("came-back-into")
    if not secret.came_back:
        came = _say("did-not-come")
    ended = _say("once-admin-had")
    if not secret.ended:
        ended = _say("removing-account-did")
    yield joined("; ", [came, ended])
    yield _copy(secret.kept, _say("copy-before"))


def _elsewhere(stolen: Stolen) -> Iterator[Text]:
    elsewhere = stolen.elsewhere
    if elsewhere.back_s:
        yield _say("backup-back-her", back_s=elsewhere.back_s)
    else:
        yield _say("backup-stolen-device")
    heard = _say("went-hearing") if elsewhere.words_thief_heard else _say("heard-nothing")
    ended = _say("once-she-had")
    if not (elsewhere.words_ended and elsewhere.words_owner_heard):
        ended = _say("asking-contact-talk")
    yield _say("24-words-alone", heard=heard, ended=ended)


# -- claims -------------------------------------------------------------------------------------------------------


def _check(id: str, stolen: Stolen) -> Check:
    if id == "D-07" and not stolen.opened.memory_read:
        why = _say("memory-not-searched")
        return Check(id, Verdict.UNPROVEN, _CLAIMS[id].because(why))
    if id == "D-23" and not stolen.opened.late:
        why = _say("had-put-away")
        return Check(id, Verdict.UNPROVEN, _CLAIMS[id].because(why))
    found = ", ".join(_labels(_leaks(id, stolen)))
    return Check.of(id, _CLAIMS[id].with_list(found), held=_HELD[id](stolen))


def _leaks(id: str, stolen: Stolen) -> list[Finding]:
    return {"D-10": stolen.locked.findings, "D-11": stolen.opened.deleted}.get(id, [])


def _owner_was_told(stolen: Stolen) -> bool:
    secret = stolen.secret
    return secret.warning == "foreign-entry" and 0 < secret.warned_s <= 2 * PERIOD_S + _SLACK_S


_HELD: Final[dict[str, Callable[[Stolen], bool]]] = {
    "D-01": lambda s: s.opened.kept == s.opened.of > 0 and s.future.heard and s.future.posed,
    "D-02": lambda s: (
        s.locked.tried == s.locked.wrong > 0
        and s.locked.each_s > 0
        and s.locked.price.enough
        and not s.locked.picked.opened
        and not s.locked.picked.alike
    ),
    "D-03": lambda s: s.opened.unprotected,
    "D-04": lambda s: (
        s.opened.secret and _owner_was_told(s) and s.secret.came_back and s.secret.heard and s.secret.ended
    ),
    "D-07": lambda s: s.opened.memory_read,
    "D-08": lambda s: s.elsewhere.words_thief_heard and s.elsewhere.words_ended and s.elsewhere.words_owner_heard,
    "D-10": lambda s: (
        s.locked.searched.bytes > 0
        and not s.locked.findings
        and s.locked.tried > 0
        and s.locked.picked.tried > 0
        and not s.locked.picked.opened
        and s.locked.keys > 0
        and not s.locked.missed
    ),
    "D-11": lambda s: (
        s.opened.kept > 0
        and not s.opened.deleted
        and not s.opened.unread
        and not s.opened.logged
        and s.opened.indexed
        and not s.opened.indexed_gone
    ),
    "D-13": lambda s: (
        s.future.owner_heard
        and s.future.stayed
        and not s.future.heard_after
        and s.future.out_s > 0
        and s.future.kept.worthless
    ),
    "D-14": lambda s: s.future.came_back and s.future.asked > 0 and not s.future.returned,
    "D-20": lambda s: s.elsewhere.back_s > 0 and s.elsewhere.owner_heard and not s.elsewhere.thief_heard,
    "D-23": lambda s: s.opened.late_logged > 0 and bool(s.opened.late),
    "R-14": lambda s: s.secret.kept.worthless,
}
_CLAIMS: Final = {
    "D-01": _say("d-01"),
    "D-02": _say("d-02"),
    "D-03": _say("d-03"),
    "D-04": _say("d-04"),
    "D-07": _say("d-07"),
    "D-08": _say("d-08"),
    "D-10": _say("d-10"),
    "D-11": _say("d-11"),
    "D-13": _say("d-13"),
    "D-14": _say("d-14"),
    "D-20": _say("d-20"),
    "D-23": _say("d-23"),
    "R-14": _say("r-14"),
}
