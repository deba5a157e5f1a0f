"""What a finding of `nulla docket verify` means, in both languages; the finding itself says where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nullabona.words.errors import Language

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
