"""The places in each page's history, kept until the lock: browsers write their history to disk (spec/app.md §3).

A page's history holds only numbers. Their meaning (a room, a person) is kept here in memory, so that a reloaded page
finds its place. The process itself reads nothing of it.
"""

from __future__ import annotations

from typing import Final

from nullabona.app.session.errors import BadCall

MOST_PLACES: Final = 64
"""Of one page; the oldest go first."""
MOST_PAGES: Final = 32
LONGEST: Final = 2_048


class Places:
    """The places of all pages."""

    def __init__(self) -> None:
        self._kept: dict[bytes, dict[str, str]] = {}

    def keep(self, page: bytes, at: int, place: str) -> None:
        """Remember what a number in the history of a page means. Raises `BadCall` if it is too long."""
        if len(place) > LONGEST:
            raise BadCall("that place is too long")
        places = self._kept.pop(page, {})
        places.pop(str(at), None)
        places[str(at)] = place
        if len(places) > MOST_PLACES:
            del places[next(iter(places))]
        self._kept[page] = places
        if len(self._kept) > MOST_PAGES:
            del self._kept[next(iter(self._kept))]

    def of(self, page: bytes) -> dict[str, str]:
        """What the numbers in a page's history mean."""
        return dict(self._kept.get(page, {}))

    def forget(self) -> None:
        """Forget all of them."""
        self._kept.clear()
