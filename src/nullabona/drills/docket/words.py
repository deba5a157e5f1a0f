"""What the drill and the demo's act say of claims, answers and altered packages, in both languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from nullabona.docket.core.records import ClassAnswer
from nullabona.drills.docket.packages import Looked
from nullabona.drills.docket.spoiling import Spoiling
from nullabona.drills.reporting.text import Text
from nullabona.words.demands import ANSWER, DATA_CLASS

CLAIMS: Final[Mapping[str, Text]] = {
    "K-06": Text("A quorum of witnesses that lies together with the operator and back-dates what it signs can rewrite "
                 "the record for whoever saw nothing of it before.",
                 "정족수의 증인이 운영자와 짜고 서명 날짜를 앞당기면, 전에 본 적 없는 사람에게는 기록을 바꿔 보일 수 "
                 "있음."),
    "K-12": Text("Nothing that witnesses saw of the record can be removed, altered, reordered or back-dated without "
                 "verification failing and saying where, unless a quorum of witnesses back-dates what it signs.",
                 "증인이 본 기록을 지우거나, 고치거나, 순서를 바꾸거나, 날짜를 당기면 검증이 실패하고 어디인지 "
                 "알려 줌. 정족수의 증인이 서명 날짜를 앞당기지 않는 한."),
    "K-17": Text("Every demand that was answered at the desk stands in the public log, and was answered in time.",
                 "창구에서 답한 모든 요청이 공개 기록에 있고, 기한 안에 답했음."),
    "K-18": Text("What was handed over is what two people approved; nulla docket package verify refuses any change, "
                 "also where every sum was written anew and other keys signed.",
                 "건넨 것은 두 사람이 승인한 그대로이며, 해시값을 모두 다시 쓰고 다른 열쇠로 서명해도 "
                 "nulla docket package verify는 어떤 변경도 거부함."),
    "K-19": Text("No message, contact or room's name is in any package, page or public file.",
                 "어떤 꾸러미, 페이지, 공개 파일에도 대화 내용, 연락처, 방 이름이 없음."),
    "K-20": Text("A demand cannot be dropped quietly: witnesses refuse the record without it, and the authority's "
                 "receipt names an entry that it lacks.",
                 "요청을 몰래 뺄 수 없음: 증인은 그런 기록에 서명하지 않고, 기관이 받은 접수증이 빠진 항목을 가리킴."),
}  # fmt: skip


_SPOILED: Final[Mapping[Spoiling, Text]] = {
    Spoiling.FILE: Text("A file is altered", "파일 하나를 고침"),
    Spoiling.CERTIFICATE: Text("The certificate is altered, and every sum written anew",
                               "확인서를 고치고 해시값을 모두 다시 씀"),
    Spoiling.SUMS: Text("The decision is dated a day earlier, and every sum written anew",
                        "결정 날짜를 하루 앞당기고 해시값을 모두 다시 씀"),
    Spoiling.SEALS: Text("The same, and everything is signed with other keys of the same names",
                         "거기에 이름이 같은 다른 열쇠로 모두 다시 서명함"),
    Spoiling.NOTE: Text("The same with the custodian's key, and the log's signatures stay as they were",
                        "관리자의 열쇠로 그렇게 하고 기록의 서명은 그대로 둠"),
    Spoiling.ONE_KIND: Text("The same with the custodian's key and one of the log's two kinds of keys",
                            "관리자의 열쇠와 기록의 두 가지 열쇠 중 하나로 그렇게 함"),
    Spoiling.STRANGERS: Text("The same with the custodian's key and strangers' in the log's place",
                             "관리자의 열쇠와 기록 대신 남의 열쇠로 그렇게 함"),
    Spoiling.CUSTODIAN: Text("The same with the log's keys and another custodian's",
                             "기록의 열쇠와 다른 관리자의 열쇠로 그렇게 함"),
}  # fmt: skip


def spoiled_lines(spoiled: Mapping[Spoiling, Looked]) -> Iterator[Text]:
    """What each tool says of a package that was altered, in each way."""
    for spoiling, looked in spoiled.items():
        what, why = _SPOILED[spoiling], looked.problem
        yield Text(
            f"{what.en}: sha256sum {'accepts it' if looked.summed else 'notices'}, the PDF's signature "
            f"{'holds' if looked.signed else 'does not hold'}; nulla docket package verify: {why or 'ACCEPTED'}",
            f"{what.ko}: sha256sum {'통과' if looked.summed else '알아챔'}, PDF 서명 "
            f"{'유효' if looked.signed else '무효'}; nulla docket package verify: {why or '통과'}",
        )


def answer_line(answer: ClassAnswer) -> Text:
    """The answer to one class of data."""
    asked, said = DATA_CLASS[answer.data_class], ANSWER[answer.answer]
    return Text(f"{asked.en}: {said.en.lower()}", f"{asked.ko}: {said.ko}")
