"""Finding messages by their words: cut into overlapping pairs of characters, so that 주말 is found in 이번주말에.

Words are compared without case, width and composition (NFKC, casefold). The cut words are in the encrypted store and
change in the same transaction as the message.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from nullabona.client.core.model.content import Stored
from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.records import Message
from nullabona.client.core.timeline.kinds import found_by, stored

MAX_INDEXED: Final = 20_000
"""Characters of a message that are indexed; the rest is not found."""
SNIPPET: Final = 90
_BEFORE_HIT: Final = 30
_RECENT: Final = 1_000
"""Messages that are looked through for a query of single characters."""
_PAGE: Final = 60
_MAX_TERMS: Final = 12
_START: Final = 1 << 62
_MOST_CACHED: Final = 100_000
_SPAN_MS: Final = 8 * 86_400_000
"""Messages are found by the 8 days they were sent in, and by 16 times that."""
_SPANS_PER_ERA: Final = 16
_PLAIN: Final = re.compile("[!-~\uac00-\ud7a3]+")
_PLAIN_RUN: Final = re.compile("[a-z0-9\uac00-\ud7a3]+")
_FIRST_SIGN: Final = "\u2190"
_LATEST: Final = 4_102_444_800_000
"""The year 2100: a search without end goes so far."""


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


def _signs(plain: str) -> list[str]:
    """The emoji and other signs of a folded text: each is found by itself."""
    return [char for char in plain if char >= _FIRST_SIGN and unicodedata.category(char) == "So"]


def _cut_up(plain: str) -> list[str]:
    return [*(pair for run in _runs(plain) for pair in _pairs(run)), *_signs(plain)]


def grams(text: str) -> str:
    """What a text is found by, separated by spaces, each once."""
    said = unicodedata.normalize("NFC", text[:MAX_INDEXED]).split()
    return " ".join(dict.fromkeys(pair for word in said for pair in _word_pairs(word)))


def index(store: Store, message: Message, body: Stored) -> None:
    """Let ``message``, whose row is there, be found by ``body``."""
    said = found_by(body) if message.shown else ""
    fixed = f"{place_words(message.room, message.account)} {_time_words(message.sent_at)}"
    store.put_words(message.room, message.id, f"{fixed} {grams(said)}" if said else "")


class Cutter:
    """Cuts many texts, faster than one at a time: words come again and again. Forget it when that is done."""

    def __init__(self) -> None:
        self._cut: dict[str, str] = {}
        self._times: dict[int, str] = {}

    def words(self, place: str, at: int, text: str) -> str:
        """Everything a message is found by, some of it repeated; ``place`` is of `place_words`."""
        said = unicodedata.normalize("NFC", text[:MAX_INDEXED]).split()
        days = at // _SPAN_MS
        times = self._times.get(days)
        if times is None:
            times = self._times[days] = _time_words(at)
        cut = self._cut
        try:
            return f"{place} {times} {' '.join([cut[word] for word in said])}"
        except KeyError:
            self._learn(said)
        return f"{place} {times} {' '.join([cut[word] for word in said])}"

    def _learn(self, said: list[str]) -> None:
        if len(self._cut) > _MOST_CACHED:
            self._cut.clear()
        for word in said:
            if word not in self._cut:
                self._cut[word] = " ".join(dict.fromkeys(_word_pairs(word)))


def _word_pairs(word: str) -> list[str]:
    """As of any text; nearly every word is made of what folds to itself."""
    if _PLAIN.fullmatch(word):
        return [pair for run in _PLAIN_RUN.findall(word.lower()) for pair in _pairs(run)]
    return _cut_up(folded(word)[0])


def place_words(room: bytes, person: bytes) -> str:
    """The words that every message of a room has, and every one of a person."""
    return f"{_room_word(room)} {_person_word(person)}"


def _person_word(person: bytes) -> str:
    return f"by{person[:12].hex()}"


def _time_words(at: int) -> str:
    span = max(at, 0) // _SPAN_MS
    return f"span{span} era{span // _SPANS_PER_ERA}"


def _room_word(room: bytes) -> str:
    """A word that every message of a room has, longer than any pair."""
    return f"room{room[:12].hex()}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for besides words: a room, anybody of ``people`` (`person_of`), a time from ``since`` to
    before ``until``, in ms. What is empty or None does not matter.
    """

    room: bytes = b""
    people: tuple[bytes, ...] = ()
    since: int | None = None
    until: int | None = None

    def fits(self, message: Message) -> bool:
        """Whether a message is in the room and of the time; whose it is, its words say."""
        if self.room not in (b"", message.room) or not message.shown:
            return False
        late = self.until is not None and message.sent_at >= self.until
        return not late and (self.since is None or message.sent_at >= self.since)


def find(store: Store, text: str, wanted: Wanted, before: int | None, limit: int) -> list[Hit]:
    """Shown messages that contain every word of ``text`` and are wanted, newest first."""
    plain = unicodedata.normalize("NFC", text)
    terms = [folded(term)[0] for term in plain.split()][:_MAX_TERMS]
    match = _match(terms, wanted)
    if not terms and not match:
        return []
    upto = _START if before is None else before
    hits: list[Hit] = []
    seen = 0
    while len(hits) < limit and (match or seen < _RECENT):
        if match:
            page = store.find_words(match, before=upto, limit=_PAGE)
        else:
            page = store.recent_messages(before=upto, limit=_PAGE)
        hits += _among(page, terms, wanted)
        seen += len(page)
        if len(page) < _PAGE:
            break
        upto = page[-1][0]
    return hits[:limit]


def _match(terms: list[str], wanted: Wanted) -> str:
    """What FTS5 is asked; empty if the words say too little for that."""
    pairs = dict.fromkeys(pair for term in terms for run in _runs(term) for pair in _pairs(run))
    pairs = pairs or dict.fromkeys(sign for term in terms for sign in _signs(term))
    # The room's word comes first: FTS5 walks along the first one, and of all words that is the rarest.
    parts = [f'"{_room_word(wanted.room)}"'] if wanted.room else []
    if wanted.people:
        parts.append(_any(_person_word(person) for person in wanted.people))
    if wanted.since is not None or wanted.until is not None:
        parts.append(_any(_spans(wanted)))
    if not pairs and not wanted.people and wanted.since is None and wanted.until is None:
        return ""
    return " AND ".join([*parts, *(f'"{pair}"' for pair in pairs)])


def _any(words: Iterable[str]) -> str:
    return f"({' OR '.join(f'{chr(34)}{word}{chr(34)}' for word in words)})"


def _spans(wanted: Wanted) -> list[str]:
    """The words of a stretch of time: whole eras, and spans at both ends."""
    first = max(wanted.since or 0, 0) // _SPAN_MS
    last = max(min(_LATEST if wanted.until is None else wanted.until - 1, _LATEST), 0) // _SPAN_MS
    found = []
    while first <= last:
        if first % _SPANS_PER_ERA == 0 and first + _SPANS_PER_ERA - 1 <= last:
            found.append(f"era{first // _SPANS_PER_ERA}")
            first += _SPANS_PER_ERA
        else:
            found.append(f"span{first}")
            first += 1
    return found or ["span0"]


def _among(page: list[tuple[int, Message]], terms: list[str], wanted: Wanted) -> list[Hit]:
    found = (_hit(number, message, terms) for number, message in page if wanted.fits(message))
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
    """A piece of the text around its first hit, on one line, and the hits in it, none overlapping.

    It begins with a whole word, if a word begins between there and the hit.
    """
    start = max(0, spans[0][0] - _BEFORE_HIT) if spans and len(text) > SNIPPET else 0
    if start and not text[start - 1].isspace():
        start = next((at + 1 for at in range(start, spans[0][0]) if text[at].isspace()), start)
    piece = text[start : start + SNIPPET]
    matches: list[tuple[int, int]] = []
    for first, last in spans:
        low, high = max(first - start, matches[-1][1] if matches else 0), min(last - start, len(piece))
        if low < high:
            matches.append((low, high))
    return "".join(" " if char.isspace() else char for char in piece), tuple(matches)
