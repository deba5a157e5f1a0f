"""What the numbers in a page's history mean is kept for that page, within bounds, until the lock."""

from __future__ import annotations

import pytest

from nullabona.app.session import places as kept
from nullabona.app.session.errors import BadCall
from nullabona.app.session.places import Places


def test_a_page_gets_back_what_it_said() -> None:
    """Its own and nobody else's; the newest meaning of a number."""
    places = Places()
    places.keep(b"one", 1, "home")
    places.keep(b"one", 2, "room")
    places.keep(b"one", 1, "other")
    assert {"2": "room", "1": "other"} == places.of(b"one")
    assert {} == places.of(b"two")
    places.forget()
    assert {} == places.of(b"one")


def test_what_is_kept_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest go; what is exactly as long as it may be is kept, and one character more is refused."""
    monkeypatch.setattr(kept, "MOST_PLACES", 3)
    monkeypatch.setattr(kept, "MOST_PAGES", 2)
    places = Places()
    for at in range(5):
        places.keep(b"one", at, str(at))
    assert {"2": "2", "3": "3", "4": "4"} == places.of(b"one")
    for page in (b"two", b"three"):
        places.keep(page, 1, "x" * kept.LONGEST)
    assert [{}, {"1": "x" * kept.LONGEST}] == [places.of(page) for page in (b"one", b"three")]
    with pytest.raises(BadCall):
        places.keep(b"two", 1, "x" * (kept.LONGEST + 1))
