"""What a person is told unasked: warnings by code, and notifications."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nullabona.words.errors import Language

TOLD: Final[Mapping[str, tuple[tuple[str, str], tuple[str, str]]]] = {
    "card-changed": (
        ("The safety number with {handle} changed.", "Compare it with them before you write something that matters."),
        ("{handle} 님의 안전 번호가 바뀌었어요.", "중요한 이야기를 하기 전에 번호를 서로 비교해 보세요."),
    ),
    "handle-of-contact": (
        ("Somebody else now has the handle {handle}.", "Ask your contact in another way what happened."),
        ("{handle} 아이디를 다른 사람이 쓰고 있어요.", "상대에게 다른 방법으로 무슨 일인지 물어보세요."),
    ),
    "invitation-refused": (
        ("An invitation could not be followed.", "Ask whoever sent it to invite you again."),
        ("초대를 따라갈 수 없었어요.", "초대한 사람에게 다시 초대해 달라고 하세요."),
    ),
    "alone-on-branch": (
        ("Nobody else is in this version of the room.", "Ask its members to add you again."),
        ("이 방에 혼자 남은 것 같아요.", "다른 사람에게 다시 초대해 달라고 하세요."),
    ),
    "no-way-back": (
        ("This device cannot find its way back into a room.", "Ask a member to add you again."),
        ("이 기기가 방으로 돌아가지 못했어요.", "방에 있는 사람에게 다시 초대해 달라고 하세요."),
    ),
    "relay-showed-different-histories": (
        (
            "The relay showed different members different histories.",
            "Your devices sort it out; consider another relay.",
        ),
        ("릴레이가 사람마다 다른 기록을 보여 줬어요.", "기기들이 스스로 바로잡아요. 다른 릴레이를 고려해 보세요."),
    ),
    "room-forked": (
        ("A room had two versions for a while; it is one again.", ""),
        ("방이 잠시 둘로 갈라졌다가 다시 하나가 되었어요.", ""),
    ),
    "ticket-refused": (
        ("A device could not be let back into a room.", ""),
        ("어떤 기기가 방으로 돌아오지 못했어요.", ""),
    ),
    "card-not-found": (
        ("{handle} was not found.", "The invitation waits until the directory shows them."),
        ("{handle} 님을 찾지 못했어요.", "디렉터리에 나타날 때까지 초대가 기다려요."),
    ),
    "card-not-ours": (
        ("The directory shows a card of ours that this device did not make.", "Was the account restored elsewhere?"),
        ("이 기기가 만들지 않은 내 명함이 디렉터리에 있어요.", "다른 기기에서 계정을 복구했나요?"),
    ),
    "card-refused": (
        ("The directory does not take this account's card.", "Choose another handle, or ask the operator."),
        ("디렉터리가 이 계정의 명함을 받지 않았어요.", "다른 아이디를 고르거나 운영자에게 문의하세요."),
    ),
    "refused": (
        ("The relay will not take something of ours ({code}).", ""),
        ("릴레이가 보낸 것을 거절했어요 ({code}).", ""),
    ),
    "change-failed": (
        ("A change of the room could not be made.", "See whether it still makes sense, and try again."),
        ("방을 바꾸지 못했어요.", "아직 필요한 변경인지 보고 다시 시도하세요."),
    ),
    "relay-lost-box": (
        ("The relay lost what it kept of a room; it is being put back.", "Nothing of yours is lost."),
        ("릴레이가 방의 내용을 잃어버려서 다시 채우고 있어요.", "잃어버린 메시지는 없어요."),
    ),
    "relay-untrusted": (
        ("Something stands between this device and the relay.", "Nothing was sent. Try another network."),
        ("이 기기와 릴레이 사이에 무언가 끼어들었어요.", "아무것도 보내지 않았어요. 다른 네트워크를 써 보세요."),
    ),
    "malformed": (
        ("The relay sent something that makes no sense.", "Nothing of it was used."),
        ("릴레이가 이해할 수 없는 것을 보냈어요.", "아무것도 쓰지 않고 버렸어요."),
    ),
}
"""code → ((sentence, hint) in English, in Korean); what stands in braces comes with the warning."""
_OTHER: Final = (
    ("Something is not as it should be ({code}).", ""),
    ("무언가 제대로 되지 않았어요 ({code}).", ""),
)
NOTICES: Final[Mapping[str, tuple[str, str]]] = {
    "message": ("New message", "새 메시지"),
    "file": ("File", "파일"),
    "photo": ("Photo", "사진"),
    "voice": ("Voice message", "음성 메시지"),
    "poll": ("Poll", "투표"),
    "request": ("Somebody wants to talk with you", "새 대화 신청이 왔어요"),
}


class _Known(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


def told(code: str, language: Language, values: Mapping[str, object]) -> tuple[str, str]:
    """The sentence and the hint of a warning."""
    sentence, hint = TOLD.get(code, _OTHER)[language == "ko"]
    known = _Known({"code": code} | {key: str(value) for key, value in values.items()})
    return sentence.format_map(known), hint.format_map(known)


def notice(key: str, language: Language) -> str:
    """A word of a notification."""
    return NOTICES[key][language == "ko"]
