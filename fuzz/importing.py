"""Fuzz what people bring from other messengers: texts of every layout, archives, pieces of JSON.

Any bytes give chats and lines, every field within its bounds and storable, or one of the errors of
``nullabona.client.importing.errors``; nothing else, however the bytes are split.
"""

from __future__ import annotations

import contextlib
import io
import random
import zipfile
from typing import Final

from fuzz._harness import fuzz, mutate
from nullabona.client.core.model.content import Imported, decode_body, encode_body
from nullabona.client.importing import kakao, kakao_csv, telegram, whatsapp
from nullabona.client.importing.errors import ExportUnreadable, ExportUnsafe, NotAnExport
from nullabona.client.importing.exports import examine
from nullabona.client.importing.lines import pages
from nullabona.client.importing.placing import Placer, position_at
from nullabona.client.importing.records import (
    EARLIEST,
    LATEST,
    MAX_AUTHOR,
    MAX_MEDIA,
    MAX_TEXT,
    MAX_TITLE,
    Chat,
    DayOrder,
    Item,
    Line,
    Reading,
)
from nullabona.client.importing.sources import Given
from tests.importing.writing import FORMS, Said

REFUSALS: Final = (ExportUnreadable, ExportUnsafe, NotAnExport)
START: Final = 1_742_000_040_000
SEEDS: Final = {
    form.name: form.write(
        [Said(START + n * 3_600_000, who, f"말 {n}\n줄") for n, who in enumerate(("민아", "준호", "민아"))]
    )
    for form in FORMS
}


class Dripping:
    """Bytes in parts of any size."""

    def __init__(self, data: bytes, rng: random.Random) -> None:
        self._stream = io.BytesIO(data)
        self._rng = rng

    def read(self, size: int, /) -> bytes:
        return self._stream.read(self._rng.randint(1, max(1, min(size, 3_000))))


def check(items: list[Item]) -> None:
    """Everything that was read can be stored."""
    placer = Placer(b"salt", "key")
    for item in items:
        if isinstance(item, Chat):
            assert len(item.title) <= MAX_TITLE
            item.title.encode()
        elif isinstance(item, Line):
            assert EARLIEST <= item.at < LATEST
            assert len(item.text) <= MAX_TEXT
            assert len(item.author) <= MAX_AUTHOR
            assert len(item.media) <= MAX_MEDIA
            body = Imported("kakaotalk", item.author, item.text, item.kind)
            assert body == decode_body(encode_body(body))
            assert position_at(item.at) < 0
            assert [16] == [len(id) for id, _ in placer.place([item])]


def kakao_text(rng: random.Random) -> None:
    data = mutate(rng, SEEDS[rng.choice([name for name in SEEDS if name[:3] in {"win", "and", "ios"}])])
    reader = kakao.KakaoReader("Talk-1.txt")
    check([*reader.read(pages(Dripping(data, rng))), *reader.end()])


def kakao_table(rng: random.Random) -> None:
    check(list(kakao_csv.read(pages(Dripping(mutate(rng, SEEDS["macos"]), rng)), "x.csv")))


def whatsapp_text(rng: random.Random) -> None:
    data = mutate(rng, SEEDS[rng.choice([name for name in SEEDS if name.startswith("whatsapp")])])
    reader = whatsapp.WhatsAppReader("_chat.txt", rng.choice(list(DayOrder)))
    check(list(reader.read(pages(Dripping(data, rng)))))
    assert whatsapp.orders(pages(Dripping(data, rng)))


def telegram_json(rng: random.Random) -> None:
    data = mutate(rng, SEEDS[rng.choice(["telegram", "telegram-all"])])
    with contextlib.suppress(ExportUnreadable):
        check(list(telegram.read(Dripping(data, rng))))


def anything(rng: random.Random) -> None:
    """Through the same door as a person's files, sometimes packed."""
    data, name = (
        mutate(rng, SEEDS[rng.choice(list(SEEDS))]),
        rng.choice(["x.txt", "x.csv", "result.json", "x"]),
    )
    if rng.randrange(3) == 0:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{name}.txt", data)
        data, name = mutate(rng, packed.getvalue()), "x.zip"
    try:
        for export in examine([Given(name, data=data)], Reading()):
            check([line for _, line in export.lines()])
    except REFUSALS:
        pass


if __name__ == "__main__":
    fuzz("importing", __doc__, (kakao_text, kakao_table, whatsapp_text, telegram_json, anything))
