"""One or several texts of one layout, read as chats and lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nullabona.client.importing import kakao, kakao_csv, telegram, whatsapp
from nullabona.client.importing.lines import pages
from nullabona.client.importing.records import DayOrder, Item, Layout, Reading
from nullabona.client.importing.sources import Source


def read(sources: Sequence[Source], layout: Layout, reading: Reading) -> Iterator[Item]:
    """The chats and lines of sources that follow one another. Raises what opening and reading them raises."""
    if layout == kakao.LAYOUT:
        reader = kakao.KakaoReader(sources[0].name, reading.names)
        for source in sources:
            with source.open() as stream:
                yield from reader.read(pages(stream))
        yield from reader.end()
        return
    for source in sources:
        with source.open() as stream:
            if layout == telegram.LAYOUT:
                yield from telegram.read(stream)
            elif layout == kakao_csv.LAYOUT:
                yield from kakao_csv.read(pages(stream), source.name)
            else:
                order = reading.order or DayOrder.DAY_FIRST
                yield from whatsapp.WhatsAppReader(source.name, order, reading.names).read(pages(stream))


def orders(source: Source, layout: Layout, said: DayOrder | None = None) -> list[DayOrder]:
    """The orders in which the source's dates may be written; at most one where there is nothing to ask.

    What the person ``said`` counts wherever the dates can be in that order: of several files not all may be in it.
    """
    if layout not in {whatsapp.IOS, whatsapp.ANDROID}:
        return []
    with source.open() as stream:
        return whatsapp.orders(pages(stream), said)
