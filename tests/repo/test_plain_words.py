"""Prose in plain English: archaic words stay out of programs, pages and catalogues.

A verb of place (*lies in*, *stands at*) hides what something is, and *whoever* hides who does it.
"""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PARTS: Final = ("ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "SECURITY.md", "bench", "docs", "spec", "src")
"""What is held to it."""
KEPT: Final = ("docs/decisions",)
"""Records are never rewritten."""
ARCHAIC: Final = re.compile(
    r"\b(anew|likewise|whoever|whomever|whosoever|nought|lets? go of|thereof|hereby"
    r"|(lies|lie|lay) (in|on|at|there|beside)|(stands?|stood) (in|on|at|there|beside))\b",
    re.IGNORECASE,
)
ALLOWED: Final = (
    "with ``anew``, until",  # the name of a parameter
    "a program that lies on order",  # it tells lies, which is what the drill is about
)
"""Phrases in which such a word is meant; each says why."""


def prose(path: Path) -> str:
    """The whole of a page; of a program its comments and strings."""
    text = path.read_text("utf-8")
    if path.suffix != ".py":
        return text
    kinds = {tokenize.COMMENT, tokenize.STRING}
    return "\n".join(t.string for t in tokenize.generate_tokens(io.StringIO(text).readline) if t.type in kinds)


def archaic(text: str) -> list[str]:
    """The archaic words in a text, with some words around each."""
    plain = " ".join(text.split())
    for phrase in ALLOWED:
        plain = plain.replace(phrase, "")
    return [plain[max(0, hit.start() - 30) : hit.end() + 30] for hit in ARCHAIC.finditer(plain)]


def test_all_prose_is_plain() -> None:
    """No sentence has a word of the list."""
    paths = [
        path for part in PARTS for path in ([ROOT / part] if (ROOT / part).is_file() else (ROOT / part).rglob("*"))
    ]
    found = {
        str(path.relative_to(ROOT)): hits
        for path in paths
        if path.suffix in {".md", ".py", ".toml", ".html"} and not str(path.relative_to(ROOT)).startswith(KEPT)
        if "node_modules" not in path.parts and (hits := archaic(prose(path)))
    }
    assert {} == found


def test_the_list_bites() -> None:
    """Across a line break, too; and not where the word is meant."""
    assert 3 == len(archaic("Whoever asks is told anew what lies\nin the box."))
    assert [] == archaic("Their relay runs a program that lies on order: it hides frames.")
