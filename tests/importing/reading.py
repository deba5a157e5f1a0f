"""Hands lines to a reader as a file would, and takes whatever comes of them."""

from __future__ import annotations

from collections.abc import Sequence

from nullabona.client.importing.kakao import KakaoReader
from nullabona.client.importing.lines import Page
from nullabona.client.importing.records import DayOrder, Item
from nullabona.client.importing.whatsapp import WhatsAppReader

DAY = 86_400_000
MARCH_15 = 1_741_996_800_000
"""The 15th of March 2025, by the wall clock."""
ONE = MARCH_15 + 13 * 3_600_000
"""One in the afternoon of that day."""
MINUTE = 60_000


def page(*lines: str | tuple[str, bool]) -> Page:
    """Lines as they are handed out: each that is a pair says whether it only goes on with the one before."""
    return [line if isinstance(line, tuple) else (line, False) for line in lines]


def kakao(*files: Sequence[str | tuple[str, bool]], name: str = "산책.txt") -> list[Item]:
    """What is in files that follow one another."""
    reader = KakaoReader(name)
    found = [item for lines in files for item in reader.read([page(*lines)])]
    return [*found, *reader.end()]


def whatsapp(*lines: str | tuple[str, bool], name: str = "_chat.txt", order: DayOrder | None = None) -> list[Item]:
    """What is in a file."""
    return list(WhatsAppReader(name, order or DayOrder.DAY_FIRST).read([page(*lines)]))
