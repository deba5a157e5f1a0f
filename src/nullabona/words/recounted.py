"""What a finding of `nulla docket verify` means, and where it lies, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from nullabona.words.errors import ERRORS_KO, Language

FINDINGS: Final[Mapping[str, tuple[str, str]]] = {
    "log-broken": (
        "the files, the checkpoint and the policy do not agree",
        "파일, 체크포인트, 정책이 서로 맞지 않음",
    ),
    "genesis-missing": ("the log does not begin as this log does", "기록이 처음부터 이 기록이 아님"),
    "cadence-broken": ("a beat or slot is missing, doubled or out of order", "칸이 빠졌거나 겹쳤거나 순서가 바뀜"),
    "period-late": ("a period was not witnessed in time", "한 주기가 제때 증인의 서명을 받지 못함"),
    "period-early": ("a period was witnessed before it had ended", "주기가 끝나기 전에 서명됨"),
    "period-unwitnessed": ("witnesses saw nothing, or something else", "증인이 보지 않았거나 다른 것을 봄"),
    "opening-wrong": ("an opening does not fit its slot", "공개한 내용이 봉인한 것과 다름"),
    "event-late": ("an event was entered too late", "사건을 너무 늦게 기록함"),
    "case-broken": ("a part of a case is missing", "요청의 처리 과정 일부가 빠짐"),
    "slot-overdue": ("a slot is sealed beyond its horizon", "봉인 기한이 지난 칸이 있음"),
    "band-broken": ("the number of sealed slots is no multiple of the band", "봉인된 칸 수가 정해진 단위에 맞지 않음"),
    "reseal-wrong": ("a renewal does not fit what it renews", "다시 봉인한 것이 원래 칸과 맞지 않음"),
    "report-wrong": ("a report does not recount", "보고한 수치가 다시 센 것과 다름"),
    "outage-wrong": ("an outage is stated of periods to come", "아직 오지 않은 때의 장애를 밝힘"),
    "answer-late": ("a demand was answered too late", "기한을 넘겨 답한 요청이 있음"),
}
"""By code, in the order of spec/docket.md §8."""


def meaning(code: str, language: Language) -> str:
    """What a finding with ``code`` means."""
    en, ko = FINDINGS[code]
    return ko if language == "ko" else en


WHERE_KO: Final[Mapping[str, str]] = {
    "log": "{why}",
    "entries": "항목이 체크포인트가 서명한 것과 다름: 빠졌거나 바뀌었거나 옮겨진 것이 있음",
    "entries-from": "항목이 체크포인트가 서명한 것과 다름: 빠졌거나 바뀌었거나 옮겨진 것이 있음, {period}회차부터 "
    "(항목 {first}~{last})",
    "file": "{path}: {why}",
    "shrunk": "기록의 항목이 {size}개뿐인데 전에는 {before}개였음",
    "forked": "전에 본 항목 {before}개짜리 기록을 잇지 않음: 기록이 두 갈래임",
    "no-genesis": "기록의 첫 항목이 시작 진술이 아님",
    "other-genesis": "시작 진술이 다른 기록의 것임",
    "second-genesis": "{period}회차에 시작 진술이 또 있음",
    "checkpoint": "{period}회차: {why}",
    "other-checkpoint": "{period}회차: 그때 증인이 본 것은 다른 기록임",
    "unexpected": "항목 {entry}에서 시작하는 {period}회차: {period}회차가 올 자리에 {came}회차가 옴",
    "short": "항목 {entry}에서 시작하는 {period}회차: 도중에 끊김",
    "misplaced": "항목 {entry}에서 시작하는 {period}회차: {slot}번 칸이 제자리에 없음",
    "unreadable": "항목 {entry}에서 시작하는 {period}회차: {why}",
    "twice": "같은 봉인 값이 기록에 두 번 있음",
    "no-checkpoint": "{period}회차에는 정책이 믿는 체크포인트가 없음",
    "late": "{period}회차는 정해진 시간보다 {seconds}초 늦게 증인의 서명을 받음",
    "early": "{period}회차는 끝나기도 전에 증인의 서명을 받음",
    "missing": "{period}회차가 기록에 없음, {seconds}초 전에 나왔어야 함",
    "opens-nothing": "{period}회차가 아직 기록에 없는 칸을 엶: {of}회차 {slot}번 칸",
    "opened-twice": "{of}회차 {slot}번 칸을 두 번 엶",
    "opened-wrong": "{period}회차가 말하는 {of}회차 {slot}번 칸의 내용이 봉인한 것과 다름",
    "renewed-out-of-place": "{period}회차가 {of}회차 {slot}번 칸을 엉뚱한 때에 다시 봉인함",
    "renewed-again": "이미 다시 봉인했거나 연 {of}회차 {slot}번 칸을 또 다시 봉인함",
    "renewed-together": "{of}회차 {slot}번 칸을 다른 칸을 다시 봉인한 칸에 함께 봉인함",
    "renewal-unstated": "{of}회차 {slot}번 칸은 밝힌 다시 봉인이 아님",
    "overdue": "{term} 반기의 칸 {count}개가 기한이 지나도 봉인되어 있음, 첫째는 {of}회차 {slot}번 칸",
    "band": "{term} 반기의 칸 {count}개를 다시 봉인함, {band}의 배수가 아님",
    "outage-to-come": "{period}회차가 아직 오지 않은 때의 장애를 밝힘",
    "number-twice": "사건 {case}에 번호가 같은 일이 둘 있음",
    "dated-after": "사건 {case}의 {n}번째 일이 자기 칸보다 나중 날짜임",
    "entered-late": "사건 {case}의 {n}번째 일을 {periods}회차 늦게 기록함",
    "opened-late": "사건 {case}의 {n}번째 일을 {periods}회차 늦게 공개함",
    "not-in-time": "사건 {case}에 기한 안에 답하지 않음",
    "no-beginning": "사건 {case}의 {n}번째 일이 사건이 시작하는 자리가 아님",
    "never-entered": "사건 {case}의 {n}번째 일 앞의 일이 기록에 없음",
    "withheld": "사건 {case}의 {n}번째 일 앞의 일을 감춤 ({of}회차 {slot}번 칸)",
    "other-before": "사건 {case}의 {n}번째 일 앞의 일이 말한 것과 다름",
    "other-instrument": "사건 {case}의 요청 종류가 바뀜",
    "closed-in-part": "사건 {case}: 끝났는데 전부 보이지 않음",
    "closed-unanswered": "사건 {case}: 회신 없이 끝남",
    "reported-twice": "{term} 보고서가 둘임",
    "reported-ahead": "{term} 보고서가 아직 오지 않은 것을 셈",
    "unreported": "{term} 보고서: 기록에 {instrument} 요청 {count}건이 있는데 보고하지 않음",
    "reported-less": "{term} 보고서: {instrument}: 기록에 보이는 것이 보고한 것보다 많음 ({fields})",
    "reported-beyond": "{term} 보고서: {instrument}: 봉인되어 있을 수 있는 것보다 많이 보고함 ({fields})",
    "no-sum": "{term} 보고서: {instrument}: 결과를 더해도 받은 수가 되지 않음",
    "other-row": "{term} 보고서: {instrument}: 모든 요청이 공개되었는데 수치가 다름",
    "reported-more": "{term} 보고서: 보고한 요청 {count}건이 공개되지 않았는데 봉인된 칸은 {sealed}개뿐임",
}
"""By key, as `nullabona.docket.core.findings` has them in English."""


class Located(Protocol):
    """A finding: where something lies, and, if another part said why, the code of that."""

    @property
    def key(self) -> str: ...
    @property
    def values(self) -> Mapping[str, object]: ...
    @property
    def cause(self) -> str: ...
    @property
    def message(self) -> str: ...


def where(found: Located, language: Language) -> str:
    """Where and how something does not hold."""
    if language != "ko":
        return found.message
    why = ERRORS_KO[found.cause][0] if found.cause in ERRORS_KO else found.values.get("why", "")
    return WHERE_KO[found.key].format_map({**found.values, "why": why})
