"""Finding messages by their words: cut into overlapping pairs of characters, so that 주말 is found in 이번주말에.

Words are compared without case, width and composition (NFKC, casefold). The cut words lie in the encrypted store and
change in the same transaction as the message.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from nullabona.client.core.chat.kinds import found_by, stored
from nullabona.client.core.content import Stored
from nullabona.client.core.ports import Store
from nullabona.client.core.records import Message

MAX_INDEXED: Final = 20_000
"""Characters of a message that are found; what lies behind them is not."""
SNIPPET: Final = 90
_BEFORE_HIT: Final = 30
_RECENT: Final = 1_000
"""Messages that are looked through for a query of single characters."""
_PAGE: Final = 60
_MAX_TERMS: Final = 12
_START: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that fits, a piece of it, and where in the piece the hits are. ``number`` is where to go on."""

    message: Message
    number: int
    snippet: str
    matches: tuple[tuple[int, int], ...]


def folded(text: str) -> tuple[str, list[int]]:
    """``text`` as it is compared, and for each of its characters the place it came from."""
    chars: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        for each in unicodedata.normalize("NFKC", char).casefold():
            chars.append(each)
            places.append(place)
    return "".join(chars), places


def _runs(text: str) -> Iterator[str]:
    """The words of a folded text: letters and digits between anything else."""
    run: list[str] = []
    for char in text:
        if char.isalnum():
            run.append(char)
        elif run:
            yield "".join(run)
            run = []
    if run:
        yield "".join(run)


def _pairs(run: str) -> list[str]:
    return [run[start : start + 2] for start in range(len(run) - 1)]


def grams(text: str) -> str:
    """What a text is found by, separated by spaces, each once."""
    plain, _ = folded(unicodedata.normalize("NFC", text[:MAX_INDEXED]))
    return " ".join(dict.fromkeys(pair for run in _runs(plain) for pair in _pairs(run)))


def index(store: Store, message: Message, body: Stored) -> None:
    """Let ``message``, whose row is there, be found by ``body``."""
    cut = grams(found_by(body)) if message.shown else ""
    store.put_words(message.room, message.id, f"{_room_word(message.room)} {cut}" if cut else "")


def _room_word(room: bytes) -> str:
    """A word that every message of a room has, longer than any pair."""
    return f"room{room[:12].hex()}"


def find(store: Store, text: str, room: bytes, before: int | None, limit: int) -> list[Hit]:
    """Shown messages that contain every word of ``text``, newest first. ``room`` empty: everywhere."""
    plain = unicodedata.normalize("NFC", text)
    terms = [folded(term)[0] for term in plain.split()][:_MAX_TERMS]
    terms = [term for term in terms if term]
    if not terms:
        return []
    pairs = dict.fromkeys(pair for term in terms for run in _runs(term) for pair in _pairs(run))
    upto = _START if before is None else before
    # The room's word comes first: FTS5 walks along the first one, and of all words that is the rarest.
    match = " AND ".join(f'"{word}"' for word in [*([_room_word(room)] if room else []), *pairs]) if pairs else ""
    hits: list[Hit] = []
    seen = 0
    while len(hits) < limit and (pairs or seen < _RECENT):
        if pairs:
            page = store.find_words(match, before=upto, limit=_PAGE)
        else:
            page = store.recent_messages(before=upto, limit=_PAGE)
        hits += _among(page, terms, room)
        seen += len(page)
        if len(page) < _PAGE:
            break
        upto = page[-1][0]
    return hits[:limit]


def _among(page: list[tuple[int, Message]], terms: list[str], room: bytes) -> list[Hit]:
    found = (_hit(number, message, terms) for number, message in page if message.shown and room in (b"", message.room))
    return [hit for hit in found if hit is not None]


def _hit(number: int, message: Message, terms: list[str]) -> Hit | None:
    text = unicodedata.normalize("NFC", found_by(stored(message)))
    plain, places = folded(text)
    spans: list[tuple[int, int]] = []
    for term in terms:
        start = plain.find(term)
        if start < 0:
            return None
        while start >= 0:
            spans.append((places[start], places[start + len(term) - 1] + 1))
            start = plain.find(term, start + len(term))
    return Hit(message, number, *_cut(text, sorted(spans)))


def _cut(text: str, spans: list[tuple[int, int]]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """A piece of the text around its first hit, on one line, and the hits in it, none overlapping."""
    start = max(0, spans[0][0] - _BEFORE_HIT) if len(text) > SNIPPET else 0
    piece = text[start : start + SNIPPET]
    matches: list[tuple[int, int]] = []
    for first, last in spans:
        low, high = max(first - start, matches[-1][1] if matches else 0), min(last - start, len(piece))
        if low < high:
            matches.append((low, high))
    return "".join(" " if char.isspace() else char for char in piece), tuple(matches)
