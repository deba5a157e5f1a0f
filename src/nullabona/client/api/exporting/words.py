"""What an export says by itself, in Korean and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nullabona.client.api.records import MessageInfo, NoticeInfo
from nullabona.client.core.content import NoticeKind
from nullabona.words.errors import Language
from nullabona.words.exporting import EXPORT
from nullabona.words.relays import relay_name

_AT: Final = {"en": 0, "ko": 1}


def phrase(key: str, language: Language, values: Mapping[str, object] | None = None) -> str:
    """A sentence; what is filled in is not interpreted."""
    text = EXPORT[key][_AT[language]]
    for name, value in (values or {}).items():
        text = text.replace("{" + name + "}", str(value))
    return text


def notice(info: NoticeInfo, language: Language) -> str:
    """What happened, in a sentence."""
    key = f"notice-{info.what}"
    if (info.me or not info.name) and f"{key}-nobody" in EXPORT:
        key = f"{key}-nobody"
    text = relay_name(info.text) if info.what == NoticeKind.RELAY_CHANGED else info.text
    values = {"others": ", ".join(info.names), "text": text, "name": info.name}
    return phrase(key if key in EXPORT else "notice-other", language, values).strip()


def of_line(info: MessageInfo, language: Language) -> str:
    """What stands where a line has no words of its own."""
    if info.notice is not None:
        return notice(info.notice, language)
    return phrase("deleted", language) if info.kind == "deleted" else info.text
