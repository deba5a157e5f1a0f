"""What the drill ``docket`` found, as a report: what came, what left, what was looked for, which lies were noticed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from nullabona.drills.docket.findings import Passed
from nullabona.drills.docket.lies import DEEDS, Tried
from nullabona.drills.docket.replay import kinds_of
from nullabona.drills.docket.scenario import play
from nullabona.drills.docket.spoiling import noticed, taken
from nullabona.drills.docket.striking import Struck
from nullabona.drills.docket.tampering import Deed
from nullabona.drills.docket.words import CLAIMS, answer_line, spoiled_lines
from nullabona.drills.reporting.report import Check, Report
from nullabona.drills.reporting.text import Sentences, Tell, Text, as_it_is, joined
from nullabona.words.recounted import FINDINGS

_say: Final = Sentences("drill_docket")

_REASONS: Final = {
    "has-more": _say("signed-longer-record"),
    "status-422": _say("signed-another-record"),
}
"""Why a witness does not sign, in words."""


def run(tell: Tell, *, demands: int | None = None) -> Report:
    """Play the drill in a new folder, with ``demands`` demands or one of every kind. Raises what goes wrong."""
    return report_of(play(tell, demands))


def report_of(played: Passed) -> Report:
    """The report, for people and for machines."""
    report = Report(
        "docket",
        _say("demands-legal-desk", demands=played.demands),
        data=_data(played),
    )
    report.section(_say("came-answered"), _came(played))
    report.section(_say("left-desk"), _left(played))
    report.section(_say("package-altered"), spoiled_lines(played.spoiled))
    report.section(_say("public-record"), _record(played))
    report.section(_say("demand-struck-before"), _unanswered(played.struck))
    for tried in played.lies:
        lie = DEEDS[tried.deed]
        report.section(_say("demand", lie=lie), _noticed(tried))
    report.checks = [Check.of(id, text, held=held) for id, text, held in _claims(played)]
    return report


def _came(played: Passed) -> Iterator[Text]:
    kinds = kinds_of(played.replay.answered)
    places = Counter(each.asked.row.jurisdiction for each in played.replay.answered)
    of = ", ".join(f"{name} {places[name]}" for name in ("KR", "US", "EU"))
    yield _say("demands-kinds-while", demands=played.demands, kinds=len(kinds), of=of, messages=played.messages)
    yield _say("recorded-answered-time", demands=played.demands, in_time=played.in_time)
    answers = Counter(
        answer_line(each) for looked in played.looked if looked.checked for each in looked.checked.manifest.answers
    )
    for line, count in sorted(answers.items(), key=lambda item: item[0].en):
        yield _say("of-a-thing", thing=line, said=count)
    told_, untold = _notices(played)
    yield _say("told-person-notices", told=told_, delivered=played.replay.delivered, barred=untold)


def _notices(played: Passed) -> tuple[int, int]:
    told_ = sum(each.told for each in played.replay.answered)
    return told_, played.demands - told_


def _left(played: Passed) -> Iterator[Text]:
    good = sum(looked.holds for looked in played.looked)
    tools = ", ".join(sorted({tool for looked in played.looked for tool in looked.tools}))
    yield _say("packages-hold-sha256sum", good=good, demands=played.demands, tools=tools)
    for looked in played.looked:
        if looked.problem:
            yield as_it_is(f"{looked.folder.name}: {looked.problem}")
    searched = played.sought.searched
    size = searched.bytes / 1_000_000
    yield _say(
        "secrets-found-mb",
        findings=len(played.sought.findings),
        secrets=played.sought.secrets,
        size=size,
        opened=searched.opened,
    )


def _record(played: Passed) -> Iterator[Text]:
    yield _say("entries-periods-each", size=played.size, periods=played.periods)
    findings = played.verified["findings"]
    yield _say("nulla-docket-verify", findings=len(findings))
    for each in findings:
        yield as_it_is(f"{each['code']}: {each['message']}")
    yield _say("auditor-counts-demands-log", counted=played.counted, shown=played.shown, sealed=played.sealed)


def _unanswered(struck: Struck) -> Iterator[Text]:
    yield _say("entries-struck-desk", slots=struck.slots)
    given = _say("given")
    for asked, code in (
        (_say("receipt"), struck.receipt),
        (_say("releaser-s-signature"), struck.signed),
        (_say("package"), struck.package),
    ):
        yield _say("of-a-thing", thing=asked, said=_say("refused-with", code=code) if code else given)


def _noticed(tried: Tried) -> Iterator[Text]:
    nobody, verdict = _say("nobody-notices"), tried.noticed
    yield _line(_say("other-files-served"), verdict.served, nobody)
    yield _line(_say("signed-again-operator"), verdict.alone, nobody)
    asked = _say("witnesses-asked-sign")
    refusals = [(name, _REASONS.get(why, as_it_is(why))) for name, why in sorted(tried.refused.items())]
    said = joined(", ", [_say("witness-refuses", name=name, why=why) for name, why in refusals]) if refusals else nobody
    yield _say("of-a-thing", thing=asked, said=said)
    yield _line(_say("suppose-they-all"), verdict.helped, nobody)
    yield _line(_say("every-period-date"), verdict.anew, nobody)
    unseen = _say("nobody-notices-saw")
    yield _line(_say("every-period-back"), next(iter(verdict.back_dated), ""), unseen)
    if tried.lacking:
        yield _say("authority-s-receipt")


def _line(case: Text, said: str, nobody: Text) -> Text:
    if not said:
        return _say("of-a-thing", thing=case, said=nobody)
    finding = _say("finding", meaning=FINDINGS[said.partition(":")[0]], message=said)
    return _say("of-a-thing", thing=case, said=finding)


def _claims(played: Passed) -> Iterator[tuple[str, Text, bool]]:
    dropped = [tried for tried in played.lies if tried.deed is Deed.DROP]
    held = {
        "K-06": bool(dropped) and all(tried.passed for tried in dropped),
        "K-12": len(played.lies) == len(Deed) and all(tried.caught for tried in played.lies),
        "K-17": _all_entered(played) and played.struck.unanswered,
        "K-18": all(looked.holds for looked in played.looked)
        and len(played.looked) == played.demands
        and noticed(played.spoiled),
        "K-19": played.sought.clean,
        "K-20": bool(dropped) and all(t.declined and t.lacking and not t.made_up for t in dropped),
    }
    found = {
        "K-12": ", ".join(tried.deed for tried in played.lies if not tried.caught),
        "K-18": ", ".join(taken(played.spoiled)),
        "K-19": played.sought.where,
    }
    for id, text in CLAIMS.items():
        yield id, text.with_list(found.get(id, "")), held[id]


def _all_entered(played: Passed) -> bool:
    """Whether log, desk and figures agree on every demand, and on how many were answered in time."""
    report = played.replay.report
    reported = report is not None and all(row.received == row.in_time for row in report.rows)
    counted = played.demands == played.counted == played.in_time and not played.miscounted
    return counted and reported and bool(played.verified["holds"])


def _data(played: Passed) -> dict[str, Any]:
    return {
        "demands": played.demands,
        "kinds": kinds_of(played.replay.answered),
        "in_time": played.in_time,
        "packages_held": sum(looked.holds for looked in played.looked),
        "found": len(played.sought.findings),
        "searched_bytes": played.sought.searched.bytes,
        "secrets": played.sought.secrets,
        "counted": played.counted,
        "shown": played.shown,
        "sealed_slots": played.sealed,
        "entries": played.size,
        "verified": played.verified,
        "struck": asdict(played.struck),
        "spoiled": {name.value: looked.problem for name, looked in played.spoiled.items()},
        "lies": {
            tried.deed.value: {"caught": tried.caught, "refused": tried.refused, **asdict(tried.noticed)}
            for tried in played.lies
        },
        "seconds": round(played.seconds, 1),
    }
