"""Exports as the person gave them: files that belong together, what they are, and what is in them. Stores nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Final

from nullabona.client.importing import kakao, whatsapp
from nullabona.client.importing.detecting import detect
from nullabona.client.importing.reading import orders, read
from nullabona.client.importing.records import Chat, Layout, Line, Reading
from nullabona.client.importing.sources import Given, Source, sources_handed, sources_of
from nullabona.client.importing.surveying import ChatSurvey, survey

_PART: Final = re.compile(r"(.+?)-(\d{1,4})(\.txt)", re.IGNORECASE)
_CHUNK: Final = 1 << 20
_MOST_NAMES: Final = 20
"""Names with a colon in them that are looked for; each finding costs another reading."""
_ENDS: Final = {
    kakao.LAYOUT: kakao.ENDS_A_NAME,
    whatsapp.IOS: whatsapp.ENDS_A_NAME,
    whatsapp.ANDROID: whatsapp.ENDS_A_NAME,
}
"""What ends an author's name where nothing else does."""
Tell = Callable[[int], bool]


@dataclass(frozen=True, slots=True)
class Export:
    """Files that are read as one, and the chats in them."""

    sources: tuple[Source, ...]
    layout: Layout
    reading: Reading
    digest: bytes
    chats: tuple[ChatSurvey, ...]
    ambiguous: bool
    """Its dates can be written in several orders, and nobody has said in which."""

    @property
    def name(self) -> str:
        return self.sources[0].name

    def lines(self) -> Iterator[tuple[int, Line]]:
        """Every line, with the number of its chat. Raises what reading raises."""
        number = -1
        for item in read(self.sources, self.layout, self.reading):
            if isinstance(item, Chat):
                number += 1
            elif isinstance(item, Line):
                yield number, item


def examine(paths: Sequence[Path] | Sequence[Given], reading: Reading, tell: Tell | None = None) -> list[Export]:
    """Everything in ``paths``, read once. Raises `NotAnExport`, `ExportUnreadable`, `ExportUnsafe` or `Stopped`."""
    handed = [each for each in paths if isinstance(each, Given)]
    found = [source for path in dict.fromkeys(paths) if isinstance(path, Path) for source in sources_of(path)]
    found += sources_handed(handed) if handed else []
    return [_export(together, reading, tell) for together in _together(found)]


def _together(sources: Sequence[Source]) -> list[list[Source]]:
    """Sources of which one goes on where another ends (``-1``, ``-2``) in that order, all others alone, as given."""
    keyed = sorted((*_part(source), place) for place, source in enumerate(sources))
    groups = [[place for *_, place in group] for _, group in groupby(keyed, key=lambda one: one[0])]
    return [[sources[place] for place in group] for group in sorted(groups, key=min)]


def _part(source: Source) -> tuple[str, int]:
    name = unicodedata.normalize("NFC", source.name)
    found = _PART.fullmatch(name)
    return (
        (f"{source.folder}/{found.group(1)}{found.group(3)}", int(found.group(2)))
        if found
        else (f"{source.folder}/{name}", 0)
    )


def _export(sources: list[Source], reading: Reading, tell: Tell | None) -> Export:
    layout = detect(sources[0])
    found = orders(sources[0], layout, reading.order)
    chosen = Reading(found[0]) if found else reading
    ends = _ENDS.get(layout, "")
    chats = survey(read(sources, layout, chosen), sources[0].media, tell=tell, ends=ends)
    while len(chosen.names) < _MOST_NAMES:
        names = {name for chat in chats for name in chat.longer_names(ends)} - {*chosen.names}
        if not names:
            break
        chosen = replace(chosen, names=tuple(sorted({*names, *chosen.names}, key=len, reverse=True)))
        chats = survey(read(sources, layout, chosen), sources[0].media, tell=tell, ends=ends)
    return Export(tuple(sources), layout, chosen, _digest(sources, chosen), tuple(chats), len(found) > 1)


def _digest(sources: Sequence[Source], reading: Reading) -> bytes:
    """Says whether files are the same, and are read in the same way."""
    whole = sha256(f"nullabona export v1 {reading.order}".encode())
    for source in sources:
        part = sha256()
        with source.open() as stream:
            while data := stream.read(_CHUNK):
                part.update(data)
        whole.update(part.digest())
    return whole.digest()
