"""What kind of export a text is, told by what it says, not by its name."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from typing import Final

from nullabona.client.importing import kakao, kakao_csv, telegram, whatsapp
from nullabona.client.importing.errors import NotAnExport
from nullabona.client.importing.lines import encoding_of
from nullabona.client.importing.records import Layout
from nullabona.client.importing.sources import Source

HEAD: Final = 65_536
_LINES: Final = 400
_TELEGRAM: Final = re.compile(
    r'"(?:messages|chats|left_chats|personal_information|about|sessions|contacts|other_data|type|name)"\s*:'
)


def detect(source: Source) -> Layout:
    """How ``source`` is written. Raises `NotAnExport`, or what opening it raises."""
    with source.open() as stream:
        head = stream.read(HEAD)
    found = layout_of(head)
    if found is None:
        raise NotAnExport(f"{source.name} is no export that is known here")
    return found


def layout_of(head: bytes) -> Layout | None:
    """The layout of what begins with ``head``; None if it is none."""
    text = codecs.getincrementaldecoder(encoding_of(head))(errors="replace").decode(head)
    begin = text.lstrip("\ufeff \t\r\n")
    if begin.startswith("{"):
        return telegram.LAYOUT if _TELEGRAM.search(begin) else None
    lines = text.replace("\r\n", "\n").split("\n")[:_LINES]
    if kakao_csv.is_header(lines[0]):
        return kakao_csv.LAYOUT
    found: Counter[Layout] = Counter()
    for line in lines:
        layout = kakao.LAYOUT if kakao.is_line(line) else whatsapp.layout_of(line)
        if layout is not None:
            found[layout] += 1
    return found.most_common(1)[0][0] if found else None
