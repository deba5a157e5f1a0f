"""The words of notifications."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nullabona.words.errors import Language

NOTICES: Final[Mapping[str, tuple[str, str]]] = {
    "message": ("New message", "새 메시지"),
    "file": ("File", "파일"),
    "photo": ("Photo", "사진"),
    "voice": ("Voice message", "음성 메시지"),
    "poll": ("Poll", "투표"),
    "operator-notice": ("Your operator was asked for data about you", "운영자가 나에 관한 자료를 요청받았어요"),
    "request": ("Somebody wants to talk with you", "새 대화 요청이 왔어요"),
}


def notice(key: str, language: Language) -> str:
    """A word of a notification."""
    return NOTICES[key][language == "ko"]
