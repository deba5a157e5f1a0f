"""What a line says that stands for something the export does not have: how many photos, which file, what beside it.

Its text stays as the other messenger wrote it; a face shows what it means instead. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from nullabona.client.importing import kakao_words, whatsapp
from nullabona.client.importing.records import LineKind

STANDING: Final = frozenset({LineKind.PHOTO, LineKind.VIDEO, LineKind.VOICE, LineKind.FILE, LineKind.STICKER})
_NUMBER: Final = re.compile(r"\d{1,3}")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """``name`` of the file, if the export gives one; ``caption``: what was said beside it; ``count``: how many."""

    name: str = ""
    caption: str = ""
    count: int = 1


def placeholder(service: str, what: str, text: str) -> Placeholder | None:
    """What a line of this kind stands for; None if it stands for nothing but its words."""
    if what not in STANDING:
        return None
    if service == "telegram":  # which writes what it is beside the text, not into it
        return Placeholder(caption=text)
    if service == "whatsapp":
        first, _, rest = text.partition("\n")
        name = whatsapp.attached(first)
        return Placeholder(name, rest if name else "")
    name = kakao_words.meaning(text)[1] if what == LineKind.FILE else ""
    number = _NUMBER.search(text) if what in {LineKind.PHOTO, LineKind.VIDEO} and "." not in text else None
    return Placeholder(name, "", int(number.group()) if number else 1)
