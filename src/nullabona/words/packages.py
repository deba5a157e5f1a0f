"""What is said about a package that was checked, in Korean and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nullabona.words.errors import Language

SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    "answer-of": ("the answer of {operator} to demand {number}", "{operator}의 {number} 요청에 대한 답변입니다"),
    "files-hold": (
        "every file is the one that was listed; statement and certificate say what the manifest says",
        "모든 파일이 목록과 같고, 진술서와 확인서가 목록(manifest)대로입니다",
    ),
    "signed": ("signed with {keys} kinds of keys of the operator", "운영자의 {keys}가지 열쇠로 서명되었습니다"),
    "certificate-signed": (
        "the certificate is signed by {custodian}",
        "확인서에 서명한 인증서: {custodian}",
    ),
    "in-the-log": (
        "the demand stands in the docket log, cosigned by: {witnesses}",
        "요청이 기록부에 올라 있으며 다음이 함께 서명했습니다: {witnesses}",
    ),
    "custody": ("{lines} lines of custody, in order", "보관 이력 {lines}줄이 순서대로입니다"),
    "policy-own": (
        "not shown: that the policy in the package is the operator's; compare it and use --policy",
        "확인하지 못함: 꾸러미에 든 정책이 운영자의 것인지. 비교한 뒤 --policy를 쓰세요",
    ),
    "custodian-own": (
        "not shown: that the certificate's key is the operator's; compare its hash and use --custodian",
        "확인하지 못함: 확인서의 열쇠가 운영자의 것인지. 해시를 비교한 뒤 --custodian을 쓰세요",
    ),
    "no-timestamp": (
        "no time-stamp token: the date rests on the witnesses' cosignatures",
        "시각 인증 토큰 없음: 날짜는 증인들의 서명 시각에 근거합니다",
    ),
    "outside-the-desk": (
        "cannot be shown by any package: that nothing was handed over outside the desk",
        "어떤 꾸러미로도 확인할 수 없음: 창구 밖에서 넘겨진 것이 없는지",
    ),
}
PROVEN: Final = ("answer-of", "files-hold", "signed", "certificate-signed", "in-the-log", "custody")
UNPROVEN: Final = ("policy-own", "custodian-own", "no-timestamp", "outside-the-desk")


def sentence(key: str, language: Language, **values: object) -> str:
    """The sentence of ``key`` with its values."""
    english, korean = SENTENCES[key]
    return (korean if language == "ko" else english).format_map(values)
