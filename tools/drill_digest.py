"""A hash of a drill mutant and of all that its drill is made of: what came of it holds until that changes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from tests.drills.mutants.kinds import Mutant

ROOT: Final = Path(__file__).resolve().parents[1]
SOURCE: Final = ROOT / "src" / "nullabona"
MADE_OF: Final = {
    "tap": ("tap", "operator"),
    "demo": ("demo", "search", "seizure", "warrant", "expert"),
    "coerced-operator": ("coerced_operator", "operator"),
    "loss": ("loss",),
    "stolen-device": ("stolen_device", "removal/hand.py"),
    "removal": ("removal", "warrant"),
    "lying-directory": ("lying_directory", "operator/cards.py"),
    "lost-directory": ("lost_directory",),
    "restore": ("restore", "lost_directory/machine.py"),
    "docket": ("docket",),
    "forced-update": ("forced_update",),
}
"""What is of one drill, and decides what it notices; what all have in common (processes, people) is left out. Of a
drill that is not here its own package counts.
"""


def digest_of(mutant: Mutant, source: Path = SOURCE) -> str:
    """A hash of the mutant and of all that its drill is made of; sentences, comments and layout do not count."""
    found = sha256(repr((mutant.drill, sorted(mutant.fails), mutant.edits, mutant.more, mutant.stuck)).encode())
    for path in _sources(mutant.drill, source / "drills"):
        found.update(_said(path).encode())
    return found.hexdigest()[:16]


@cache
def _said(path: Path) -> str:
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [each for each in body if not _is_words(each)]  # type: ignore[attr-defined]
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            node.value = ""
    return ast.dump(tree)


def _is_words(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _sources(drill: str, drills: Path) -> Iterator[Path]:
    for part in MADE_OF.get(drill, (drill.replace("-", "_"),)):
        path = drills / part
        yield from sorted(path.rglob("*.py")) if path.is_dir() else (path,)
