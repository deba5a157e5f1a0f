"""Cards in memory only: for tests, and for a directory whose operator wants nothing on disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from nullabona.directory.core.records import Change, Keep, Known, StoredCard
from nullabona.errors import Bug


@dataclass
class _Tables:
    cards: dict[str, StoredCard] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    held: dict[bytes, int] = field(default_factory=dict)

    def known(self, name: str, skeleton: str, mark: bytes) -> Known:
        return Known(self.cards.get(name), self.names.get(skeleton), self.held.get(mark))

    def copy(self) -> _Tables:
        return _Tables(dict(self.cards), dict(self.names), dict(self.held))


class MemoryCardStore:
    """Keeps cards until the process ends."""

    def __init__(self) -> None:
        self._committed = _Tables()
        self._open: _Tables | None = None

    def find(self, name: str) -> StoredCard | None:
        return self._committed.cards.get(name)

    def committed(self, name: str, skeleton: str, mark: bytes) -> Known:
        return self._committed.known(name, skeleton, mark)

    def known(self, name: str, skeleton: str, mark: bytes) -> Known:
        return (self._open or self._committed).known(name, skeleton, mark)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._open = self._committed.copy()
        try:
            yield
            self._committed = self._open
        finally:
            self._open = None

    def apply(self, change: Change) -> None:
        tables = self._writing()
        if isinstance(change, Keep):
            tables.cards[change.card.name] = change.card
            tables.names[change.card.skeleton] = change.card.name
            return
        erased = tables.cards.pop(change.name)
        del tables.names[erased.skeleton]
        tables.held[change.hold.mark] = change.hold.until_day

    def release(self, today: int) -> None:
        tables = self._writing()
        tables.held = {mark: day for mark, day in tables.held.items() if day >= today}

    def scrub(self) -> None:
        """Nothing lingers in memory beyond the values themselves."""

    def close(self) -> None:
        self._committed = _Tables()

    def _writing(self) -> _Tables:
        if self._open is None:
            raise Bug("a change outside a transaction")
        return self._open
