"""Checks all cards once a day for those not renewed for a year (spec/directory.md §6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from nullabona.directory.core.decide import decide_lapse
from nullabona.directory.core.records import Place
from nullabona.directory.store.interface import CardStore
from nullabona.wire.handle import Handle, parse_handle

AT_ONCE: Final = 256
"""Cards checked in one transaction."""


class Lapsing:
    """``place`` gives the position of a handle's entry in the record. Every method runs in the writer's thread."""

    def __init__(self, store: CardStore, host: str, place: Callable[[Handle], Place]) -> None:
        self._store = store
        self._host = host
        self._place = place
        self._day = -1
        self._name = ""

    def some(self, today: int) -> bool:
        """Check some cards, each once a day; False if none is left today. Raises `StoreFailed`."""
        if today == self._day:
            return False
        cards = self._store.cards_after(self._name, AT_ONCE)
        lapsed = [erase for card in cards if (erase := decide_lapse(card, host=self._host, today=today))]
        if lapsed:
            with self._store.transaction():
                for erase in lapsed:
                    self._store.apply(erase, self._place(parse_handle(f"{erase.name}@{self._host}")))
        if len(cards) < AT_ONCE:
            self._day, self._name = today, ""
            return False
        self._name = cards[-1].name
        return True
