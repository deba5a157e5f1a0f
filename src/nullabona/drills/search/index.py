"""Finds pieces of many forms in a block of bytes, quickly and without a library.

Every eight-byte word of a form at every ``stride``-th place is kept in a set. Words of the block at even places are
looked up in it: one pass in C for any number of forms. What hits is extended to the longest common piece and kept if it
is telling. A stride is odd and small enough that a telling piece always has one kept word at an even place.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from nullabona.drills.search.forms import Form, forms_of, socket_address
from nullabona.drills.search.secret import Kind, Secret

_WORD: Final = 8
_SAMPLED: Final = 2
_LONG: Final = _WORD + _SAMPLED - 1
"""A piece of this length is always found by its words; shorter forms are looked for whole."""
_MOST_PLACES: Final = 256
"""Places of one word that are looked at per block; a report needs no more."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A telling piece of a form at ``offset`` of the block."""

    secret: Secret
    form: str
    offset: int
    data: bytes
    share: float
    """How much of the form it is; 1.0: all of it."""
    origin: int
    """Where all of it would begin; may lie outside the block."""
    whole: tuple[int, int]
    """Which characters of the secret are all in it; see `Form.whole`."""


class _Place(NamedTuple):
    form: Form
    at: int


class Index:
    """The forms of some secrets, ready to be found."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        secrets = list(secrets)
        forms = [form for secret in secrets for form in forms_of(secret)]
        self._short = [form for form in forms if len(form.data) < _LONG]
        self._places: dict[int, list[_Place]] = defaultdict(list)
        for form in forms:
            if len(form.data) >= _LONG:
                self._add(form)
        self._words = frozenset(self._places)
        self._sockets = [
            (secret, re.compile(socket_address(secret), re.DOTALL)) for secret in secrets if secret.kind is Kind.ADDRESS
        ]

    def find(self, block: bytes) -> Iterator[Piece]:
        """Every telling piece in ``block``; overlapping pieces of one form are given once."""
        yield from self._find_long(block)
        for form in self._short:
            for offset in _places(block, form.data):
                whole = form.whole(0, len(form.data))
                yield Piece(form.secret, form.name, offset, form.data, 1.0, offset, whole)
        for secret, pattern in self._sockets:
            for match in pattern.finditer(block):
                whole = (0, len(secret.value))
                yield Piece(secret, "socket address", match.start(), match.group(), 1.0, match.start(), whole)

    def _add(self, form: Form) -> None:
        for at in range(0, len(form.data) - _WORD + 1, _stride(form)):
            word = form.data[at : at + _WORD]
            if word != word[:1] * _WORD:
                self._places[int.from_bytes(word, "little")].append(_Place(form, at))

    def _find_long(self, block: bytes) -> Iterator[Piece]:
        seen: set[tuple[int, int, int]] = set()
        for word in self._hits(block):
            for offset in _places(block, word.to_bytes(_WORD, "little")):
                for form, at in self._places[word]:
                    start, end = _extend(block, offset, form.data, at)
                    key = (id(form), offset - at, start)
                    if key not in seen and end - start >= _LONG and form.weight(start, end) >= form.needed:
                        seen.add(key)
                        piece = form.data[start:end]
                        share = len(piece) / len(form.data)
                        whole = form.whole(start, end)
                        yield Piece(form.secret, form.name, offset - at + start, piece, share, offset - at, whole)

    def _hits(self, block: bytes) -> set[int]:
        hits: set[int] = set()
        for first in range(0, _WORD, _SAMPLED):
            size = max(0, (len(block) - first) // _WORD * _WORD)
            hits |= self._words.intersection(memoryview(block)[first : first + size].cast("Q"))
        return hits


def _stride(form: Form) -> int:
    """The largest odd stride with which no telling piece of ``form`` is missed."""
    stride = max(1, (_least_length(form) - _WORD + 1) // _SAMPLED)
    return stride if stride % 2 else stride - 1


def _least_length(form: Form) -> int:
    """The length of the shortest telling piece of ``form``."""
    least, end = len(form.data), 0
    for start in range(len(form.data)):
        while end < len(form.data) and form.weight(start, end) < form.needed:
            end += 1
        if form.weight(start, end) < form.needed:
            break
        least = min(least, end - start)
    return max(least, _LONG)


def _extend(block: bytes, offset: int, data: bytes, at: int) -> tuple[int, int]:
    """Where in ``data`` the longest piece begins and ends that the block has around ``offset``."""
    start, end = at, at + _WORD
    while start > 0 and offset - (at - start) > 0 and block[offset - (at - start) - 1] == data[start - 1]:
        start -= 1
    while end < len(data) and offset + (end - at) < len(block) and block[offset + (end - at)] == data[end]:
        end += 1
    return start, end


def _places(block: bytes, data: bytes) -> Iterator[int]:
    offset = block.find(data)
    for _ in range(_MOST_PLACES):
        if offset < 0:
            return
        yield offset
        offset = block.find(data, offset + 1)
