"""What the drill and the demo's act say of claims and answers, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nullabona.docket.core.records import ClassAnswer
from nullabona.drills.text import Text
from nullabona.words.demands import ANSWER, DATA_CLASS

CLAIMS: Final[Mapping[str, Text]] = {
    "K-12": Text("Nothing that witnesses saw of the record can be removed, altered, reordered or back-dated without "
                 "verification failing and saying where.",
                 "증인이 본 기록을 지우거나, 고치거나, 순서를 바꾸거나, 날짜를 당기면 검증이 실패하고 "
                 "어디인지 알려 줌."),
    "K-17": Text("Every demand that came to the desk stands in the public log, and was answered in time.",
                 "데스크에 온 모든 요청이 공개 기록에 있고, 기한 안에 답했음."),
    "K-18": Text("What was handed over is what two people approved; sha256sum and readers of PDF signatures notice any "
                 "change.",
                 "건넨 것은 두 사람이 승인한 그대로이며, 바뀌면 sha256sum과 PDF 서명 검사기가 알아챔."),
    "K-19": Text("No message, contact or room's name is in any package, page or public file.",
                 "어떤 꾸러미, 페이지, 공개 파일에도 대화 내용, 연락처, 방 이름이 없음."),
    "K-20": Text("A demand cannot be dropped quietly: witnesses refuse the record without it, and the authority's "
                 "receipt names an entry that it lacks.",
                 "요청을 몰래 뺄 수 없음: 증인은 그런 기록에 서명하지 않고, 기관이 받은 접수증이 빠진 항목을 가리킴."),
}  # fmt: skip


def answer_line(answer: ClassAnswer) -> Text:
    """The answer to one class of data."""
    asked, said = DATA_CLASS[answer.data_class], ANSWER[answer.answer]
    return Text(f"{asked.en}: {said.en.lower()}", f"{asked.ko}: {said.ko}")
