"""Warnings as the page says them: as everywhere, but for hints that name a command of a terminal elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nullabona.words.catalogue import Language
from nullabona.words.telling import told

HINTS: Final[Mapping[str, tuple[str, str]]] = {
    "log-forked": (
        "It cannot be trusted. The evidence is kept on this device; the Privacy page saves it.",
        "믿을 수 없는 디렉터리예요. 증거를 이 기기에 남겼고, ‘개인정보’ 화면에서 저장할 수 있어요.",
    ),
    "log-replaced": (
        "Ask its operator in another way. Only if they began a new one, say so on the Privacy page.",
        "운영자에게 다른 방법으로 물어보세요. 새로 시작한 것이 맞을 때만 ‘개인정보’ 화면에서 새 기록을 받아들이세요.",
    ),
    "promise-broken": (
        "The signed promise is kept as evidence; the Privacy page saves it. Compare safety numbers.",
        "서명된 약속을 증거로 남겼고, ‘개인정보’ 화면에서 저장할 수 있어요. 안전 번호를 비교하세요.",
    ),
    "operator-notice-unchecked": (
        "It is not shown. Ask your operator in another way whether there is a notice for you.",
        "보여 주지 않아요. 나에게 보낸 통지가 있는지 운영자에게 다른 방법으로 물어보세요.",
    ),
    "operator-notice-unwitnessed": (
        "It is not shown. It may keep a log for you that nobody else sees; the Privacy page saves the evidence.",
        "보여 주지 않아요. 나에게만 다른 기록부를 보여 주는 것일 수 있어요. ‘개인정보’ 화면에서 증거를 저장하세요.",
    ),
    "docket-forked": (
        "It cannot be trusted. The evidence is kept on this device; the Privacy page saves it.",
        "믿을 수 없는 기록부예요. 증거를 이 기기에 남겼고, ‘개인정보’ 화면에서 저장할 수 있어요.",
    ),
    "docket-rolled-back": (
        "It cannot be trusted. The evidence is kept on this device; the Privacy page saves it.",
        "믿을 수 없는 기록부예요. 증거를 이 기기에 남겼고, ‘개인정보’ 화면에서 저장할 수 있어요.",
    ),
    "docket-unproven": (
        "It may keep a log for you that nobody else sees. Ask why; the Privacy page saves what it signed.",
        "나에게만 다른 기록부를 보여 주는 것일 수 있어요. 까닭을 물어보세요. ‘개인정보’ 화면에서 증거를 저장하세요.",
    ),
}
"""code → (English, Korean)."""
IDENTITY_CHANGED: Final = (
    (
        "The handle {handle} leads to other keys than those you know.",
        "Ask them in another way, then see their profile.",
    ),
    ("{handle} 아이디의 열쇠가 알던 것과 달라요.", "다른 방법으로 물어본 뒤 그 사람의 프로필을 보세요."),
)


def warned(code: str, language: Language, values: Mapping[str, object]) -> tuple[str, str]:
    """The sentence and the hint of a warning."""
    if code == "identity-changed":
        sentence, hint = IDENTITY_CHANGED[language == "ko"]
        return sentence.format(**values), hint
    sentence, hint = told(code, language, values)
    return sentence, HINTS[code][language == "ko"] if code in HINTS else hint
