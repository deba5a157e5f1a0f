"""What an export says by itself, in Korean and English."""

from __future__ import annotations

from datetime import tzinfo
from typing import Final

from nullabona.client.api.records import MessageInfo
from nullabona.words.catalogue import Language, Words
from nullabona.words.imported_lines import missing_words
from nullabona.words.room_notices import room_notice

EXPORT: Final = Words("exporting")
phrase: Final = EXPORT.say


def whose_word(info: MessageInfo, language: Language) -> str:
    """What an export says about a line that was handed over after a restore; nothing about any other."""
    if info.teller:
        return phrase("told", language, name=info.teller)
    return phrase("late", language) if info.told_by and not info.mine else ""


def of_line(info: MessageInfo, language: Language, zone: tzinfo | None = None) -> str:
    """The text of a line, or what is written for one that has no text itself."""
    if info.notice is not None:
        return room_notice(info.notice, language, zone)
    if info.kind == "deleted":
        return phrase("deleted", language)
    missing = info.imported.missing if info.imported is not None else None
    return missing_words(missing, language) if missing is not None else info.text
