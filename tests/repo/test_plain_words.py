"""Prose in plain English: parts whose sentences were rewritten keep archaic words out.

A verb of place (*lies in*, *stands at*) hides what something is, and *whoever* hides who does it.
"""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
DONE: Final = (
    "CONTRIBUTING.md",
    "SECURITY.md",
    "bench/client/page.py",
    "bench/speed/capacity.py",
    "bench/speed/page.py",
    "docs/capacity.md",
    "docs/client.md",
    "docs/drill-mutants.md",
    "docs/glossary.md",
    "docs/how-to",
    "docs/small-worlds.md",
    "docs/soak.md",
    "docs/speed.md",
    "docs/tutorial.md",
    "spec/app.md",
    "spec/archive.md",
    "spec/console.md",
    "spec/devices.md",
    "spec/directory.md",
    "spec/docket.md",
    "spec/frame.md",
    "spec/log.md",
    "spec/map.md",
    "spec/operator-notice.md",
    "spec/relay.md",
    "spec/relocation.md",
    "spec/room.md",
    "spec/threat-model.md",
    "spec/witness.md",
    "src/nullabona/client/api",
    "src/nullabona/client/core/account",
    "src/nullabona/client/core/automatic.py",
    "src/nullabona/client/core/commands.py",
    "src/nullabona/client/core/contacts",
    "src/nullabona/client/core/delivery",
    "src/nullabona/client/core/devices",
    "src/nullabona/client/core/engine.py",
    "src/nullabona/client/core/files.py",
    "src/nullabona/client/core/group",
    "src/nullabona/client/core/identity",
    "src/nullabona/client/core/incoming",
    "src/nullabona/client/core/model",
    "src/nullabona/client/core/operator_notices",
    "src/nullabona/client/core/relocation",
    "src/nullabona/client/core/restore",
    "src/nullabona/client/core/step.py",
    "src/nullabona/client/core/sync",
    "src/nullabona/client/core/timeline",
    "src/nullabona/client/core/upkeep.py",
    "src/nullabona/client/net",
    "src/nullabona/client/runner",
    "src/nullabona/docket/production",
    "src/nullabona/docket/publishing",
    "src/nullabona/relay",
    "src/nullabona/sequencer",
    "src/nullabona/wire",
)
"""The parts that are held to it; every part that is rewritten joins."""
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


def test_rewritten_parts_stay_plain() -> None:
    """None of their sentences has a word of the list."""
    paths = [path for part in DONE for path in ([ROOT / part] if (ROOT / part).is_file() else (ROOT / part).rglob("*"))]
    found = {
        str(path.relative_to(ROOT)): hits
        for path in paths
        if path.suffix in {".md", ".py"} and (hits := archaic(prose(path)))
    }
    assert {} == found


def test_the_list_bites() -> None:
    """Across a line break, too; and not where the word is meant."""
    assert 3 == len(archaic("Whoever asks is told anew what lies\nin the box."))
    assert [] == archaic("Their relay runs a program that lies on order: it hides frames.")
