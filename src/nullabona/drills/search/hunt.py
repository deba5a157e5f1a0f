"""One hunt for some secrets through many sources: what was searched, what was found where. Never the text itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Final

from nullabona.drills.search.index import Index, Piece
from nullabona.drills.search.secret import Kind, Secret
from nullabona.drills.search.sources import Chunk
from nullabona.drills.search.unpack import unpack

_DEEPEST: Final = 2
"""How many layers of compression are opened."""


@dataclass(slots=True)
class Finding:
    """A secret in one form in one source."""

    label: str
    kind: Kind
    source: str
    form: str
    offset: int
    """Of the first place."""
    places: int
    share: float
    """How much of the secret the largest piece is; 1.0: all of it."""


@dataclass(slots=True)
class Searched:
    """How much was searched."""

    sources: set[str] = field(default_factory=set)
    bytes: int = 0
    opened: int = 0
    """Compressed streams that were opened."""
    seconds: float = 0.0
    passed_over: int = 0
    """Places that were not counted because a relay that never met anybody has the same words."""


class Hunt:
    """Looks for secrets. ``learn`` first from what cannot hold them, then ``search``."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        self._index = Index(secrets)
        self._common: dict[str, set[tuple[int, int]]] = defaultdict(set)
        """Which characters of a secret, by its label, are words that a clean source has too."""

    def finds(self, secret: Secret) -> bool:
        """Whether one of its secrets is found where it stands as it is: what would turn up by chance, as two letters
        do, is not looked for, and proves nothing by not being found.
        """
        written = b"\n" + secret.value + b"\n"
        return any(piece.secret == secret for piece in self._index.find(written))

    def learn(self, chunks: Iterable[Chunk]) -> None:
        """Take a source that cannot hold the secrets: words that it shares with them by chance no longer count.

        A piece is passed over if it is, in whatever form, no character more than here: a program's own words are in its
        memory as text and as the file they were read from, and chance adds half a letter to what is left of either.
        """
        for chunk in chunks:
            for piece, _ in self._pieces(chunk.data):
                self._common[piece.secret.label].add(piece.whole)

    def search(self, chunks: Iterable[Chunk], searched: Searched) -> list[Finding]:
        """What of the secrets is in ``chunks``, most telling first; ``searched`` is added to."""
        began = monotonic()
        findings: dict[tuple[str, str, str], Finding] = {}
        seen: set[tuple[str, str, str, int]] = set()
        for chunk in chunks:
            searched.sources.add(chunk.source)
            searched.bytes += len(chunk.data)
            for piece, way in self._pieces(chunk.data, searched):
                if self._is_common(piece):
                    searched.passed_over += 1
                    continue
                form = f"{piece.form}{way}"
                origin = (piece.secret.label, chunk.source, form, chunk.offset + piece.origin)
                _note(findings, piece, chunk, form, fresh=origin not in seen)
                seen.add(origin)
        searched.seconds += monotonic() - began
        return sorted(findings.values(), key=lambda found: (-found.share, found.source, found.label))

    def _is_common(self, piece: Piece) -> bool:
        first, last = piece.whole
        return first < last and any(
            begins <= first and last <= ends for begins, ends in self._common.get(piece.secret.label, ())
        )

    def _pieces(
        self, block: bytes, searched: Searched | None = None, way: str = "", depth: int = 0
    ) -> Iterator[tuple[Piece, str]]:
        for piece in self._index.find(block):
            yield piece, way
        if depth == _DEEPEST:
            return
        for opened in unpack(block):
            if searched is not None:
                searched.opened += 1
            for piece, inner in self._pieces(opened.data, searched, f"{way} in {opened.name}", depth + 1):
                yield replace(piece, offset=opened.offset, origin=opened.offset), inner


def _note(findings: dict[tuple[str, str, str], Finding], piece: Piece, chunk: Chunk, form: str, *, fresh: bool) -> None:
    label, kind = piece.secret.label, piece.secret.kind
    found = findings.setdefault(
        (label, chunk.source, form), Finding(label, kind, chunk.source, form, chunk.offset + piece.offset, 0, 0.0)
    )
    found.places += fresh
    found.share = max(found.share, piece.share)
