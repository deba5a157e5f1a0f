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
from nullabona.drills.reporting.text import Tell, Text
from nullabona.words.recounted import FINDINGS

_REASONS: Final = {
    "has-more": Text("it signed a longer record", "더 긴 기록에 이미 서명함"),
    "status-422": Text("it signed another record", "이미 서명한 기록과 다름"),
}
"""Why a witness does not sign, in words."""


def run(tell: Tell, *, demands: int | None = None) -> Report:
    """Play the drill in a new folder, with ``demands`` demands or one of every kind. Raises what goes wrong."""
    return report_of(play(tell, demands))


def report_of(played: Passed) -> Report:
    """The report, for people and for machines."""
    report = Report(
        "docket",
        Text(f"{played.demands} demands at the legal desk", f"법무 창구에 온 요청 {played.demands}건"),
        data=_data(played),
    )
    report.section("What came, and what was answered", "들어온 것과 답한 것", _came(played))
    report.section("What left the desk", "창구에서 나간 것", _left(played))
    report.section("A package is altered", "꾸러미를 고치면", spoiled_lines(played.spoiled))
    report.section("The public record", "공개 기록", _record(played))
    report.section("A demand, and it is struck before it is in the record", "요청 하나: 기록에 오르기 전에 지움",
                   _unanswered(played.struck))  # fmt: skip
    for tried in played.lies:
        lie = DEEDS[tried.deed]
        report.section(f"A demand, and {lie.en}", f"요청 하나: {lie.ko}", _noticed(tried))
    report.checks = [Check.of(id, text, held=held) for id, text, held in _claims(played)]
    return report


def _came(played: Passed) -> Iterator[Text]:
    kinds = kinds_of(played.replay.answered)
    places = Counter(each.asked.row.jurisdiction for each in played.replay.answered)
    of = ", ".join(f"{name} {places[name]}" for name in ("KR", "US", "EU"))
    yield Text(f"{played.demands} demands of {len(kinds)} kinds ({of}), while {played.messages} messages were said",
               f"{len(kinds)}가지 요청 {played.demands}건 ({of}), 그동안 오간 메시지 {played.messages}개")  # fmt: skip
    yield Text(f"{played.demands} recorded, {played.in_time} answered in time",
               f"기록 {played.demands}건, 기한 안에 답함 {played.in_time}건")  # fmt: skip
    answers = Counter(answer_line(each) for looked in played.looked if looked.checked
                      for each in looked.checked.manifest.answers)  # fmt: skip
    for line, count in sorted(answers.items(), key=lambda item: item[0].en):
        yield Text(f"{line.en}: {count}", f"{line.ko}: {count}")
    told_, barred = _notices(played)
    yield Text(f"{told_} told to the person, {played.replay.delivered} notices put into inboxes; {barred} barred",
               f"당사자에게 알림 {told_}건(우편함에 {played.replay.delivered}건), 알릴 수 없음 {barred}건")  # fmt: skip


def _notices(played: Passed) -> tuple[int, int]:
    told_ = sum(each.told for each in played.replay.answered)
    return told_, played.demands - told_


def _left(played: Passed) -> Iterator[Text]:
    good = sum(looked.holds for looked in played.looked)
    tools = ", ".join(sorted({tool for looked in played.looked for tool in looked.tools}))
    yield Text(f"{good} of {played.demands} packages hold: sha256sum -c, {tools}, nulla docket package verify",
               f"꾸러미 {played.demands}개 중 {good}개 확인됨: sha256sum -c, {tools}, "
               "nulla docket package verify")  # fmt: skip
    for looked in played.looked:
        if looked.problem:
            yield Text(f"{looked.folder.name}: {looked.problem}", f"{looked.folder.name}: {looked.problem}")
    searched = played.sought.searched
    size = searched.bytes / 1_000_000
    yield Text(f"{len(played.sought.findings)} of {played.sought.secrets} secrets found in {size:.1f} MB of packages, "
               f"pages and public files ({searched.opened} compressed streams opened)",
               f"꾸러미·페이지·공개 파일 {size:.1f} MB에서 비밀 {played.sought.secrets}개 중 "
               f"{len(played.sought.findings)}개 발견 (압축 {searched.opened}개를 풂)")  # fmt: skip


def _record(played: Passed) -> Iterator[Text]:
    yield Text(f"{played.size} entries in {played.periods} periods, each cosigned by two witnesses",
               f"{played.periods}개 주기에 항목 {played.size}개, 주기마다 증인 둘이 서명")  # fmt: skip
    findings = played.verified["findings"]
    yield Text(f"nulla docket verify: {len(findings)} findings", f"nulla docket verify: 문제 {len(findings)}건")
    for each in findings:
        yield Text(f"{each['code']}: {each['message']}", f"{each['code']}: {each['message']}")
    yield Text(f"The auditor counts {played.counted} demands from the log alone; the public sees {played.shown} of "
               f"them, and {played.sealed} sealed slots of which it may not know yet",
               f"감사인이 기록만으로 센 요청 {played.counted}건. 누구나 보는 것은 그중 {played.shown}건, "
               f"아직 알 수 없는 봉인된 칸 {played.sealed}개")  # fmt: skip


def _unanswered(struck: Struck) -> Iterator[Text]:
    yield Text(f"{struck.slots} of its entries are struck from the desk's database",
               f"창구의 데이터베이스에서 그 항목 {struck.slots}개를 지움")  # fmt: skip
    given = Text("GIVEN", "내줌")
    for asked, code in (
        (Text("The receipt", "접수증"), struck.receipt),
        (Text("The releaser's signature under the hand-over", "건네기 위한 승인자의 서명"), struck.signed),
        (Text("The package", "꾸러미"), struck.package),
    ):
        yield Text(f"{asked.en}: {f'refused, {code}' if code else given.en}",
                   f"{asked.ko}: {f'거부, {code}' if code else given.ko}")  # fmt: skip


def _noticed(tried: Tried) -> Iterator[Text]:
    nobody, verdict = Text("NOBODY NOTICES", "아무도 모름"), tried.noticed
    yield _line(Text("Other files are served", "파일만 바꾸면"), verdict.served, nobody)
    yield _line(Text("Signed anew by the operator alone", "운영자 혼자 다시 서명하면"), verdict.alone, nobody)
    asked = Text("The witnesses are asked to sign it", "증인에게 서명을 청하면")
    said = [(name, _REASONS.get(why, Text(why, why))) for name, why in sorted(tried.refused.items())]
    yield Text(
        f"{asked.en}: {', '.join(f'{name} refuses, {why.en}' for name, why in said) or nobody.en}",
        f"{asked.ko}: {', '.join(f'{name} 거절, {why.ko}' for name, why in said) or nobody.ko}",
    )
    yield _line(Text("Suppose that they all sign the whole anew", "증인이 모두 전체에 다시 서명하더라도"),
                verdict.helped, nobody)  # fmt: skip
    yield _line(Text("And every period, with the date of that day", "주기마다 그날 날짜로 다시 서명하더라도"),
                verdict.anew, nobody)  # fmt: skip
    unseen = Text("nobody notices who saw nothing of it before", "전에 본 적 없는 사람은 모름")
    yield _line(Text("And every period, back-dated", "주기마다 날짜를 앞당겨 서명하면"),
                next(iter(verdict.back_dated), ""), unseen)  # fmt: skip
    if tried.lacking:
        yield Text("The authority's receipt is a witnessed proof of an entry that is not there any more",
                   "기관이 받은 접수증은 이제 없는 항목을 증인의 서명으로 증명함")  # fmt: skip


def _line(case: Text, said: str, nobody: Text) -> Text:
    if not said:
        return Text(f"{case.en}: {nobody.en}", f"{case.ko}: {nobody.ko}")
    return Text(f"{case.en}: {said}", f"{case.ko}: {FINDINGS[said.partition(':')[0]].ko} ({said})")


def _claims(played: Passed) -> Iterator[tuple[str, Text, bool]]:
    dropped = [tried for tried in played.lies if tried.deed is Deed.DROP]
    held = {
        "K-06": bool(dropped) and all(tried.passed for tried in dropped),
        "K-12": len(played.lies) == len(Deed) and all(tried.caught for tried in played.lies),
        "K-17": _all_entered(played) and played.struck.unanswered,
        "K-18": all(looked.holds for looked in played.looked) and len(played.looked) == played.demands
                and noticed(played.spoiled),
        "K-19": played.sought.clean,
        "K-20": bool(dropped) and all(t.declined and t.lacking and not t.made_up for t in dropped),
    }  # fmt: skip
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
        "lies": {tried.deed.value: {"caught": tried.caught, "refused": tried.refused, **asdict(tried.noticed)}
                 for tried in played.lies},
        "seconds": round(played.seconds, 1),
    }  # fmt: skip
