"""Makes the table of spec/threat-model.md from the page's lines; every line has to say how it is known.

Only the part between the two marks is generated; people write the rest. The build fails if `faults` finds any.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nullabona.drills.registry import DRILLS

PATH = "spec/threat-model.md"
_ROOT: Final = Path(__file__).resolve().parent.parent
_BEGIN: Final = "<!-- table -->\n"
_END: Final = "<!-- end of table -->"
_ITEM: Final = re.compile(r"(?m)^- \*\*([^*]+)\*\* ((?:.+\n?)(?:  .+\n?)*)")
_ID: Final = re.compile(r"[A-Z]-\d\d")
_PROOF: Final = re.compile(r"— (drill|test|unproven): (.+)$")


@dataclass(frozen=True, slots=True)
class Claim:
    """One line of the page. ``how`` is ``drill``, ``test``, ``unproven`` or empty."""

    id: str
    how: str
    what: str


def claims(text: str) -> list[Claim]:
    """Every line of a page's text that has an id."""
    return [_claim(id, " ".join(body.split())) for id, body in _ITEM.findall(text)]


def _claim(id: str, body: str) -> Claim:
    proof = _PROOF.search(body)
    return Claim(id, proof[1], proof[2]) if proof else Claim(id, "", "")


def page() -> str:
    """The whole page with its table replaced."""
    text = (_ROOT / PATH).read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}{_table(claims(text))}{_END}{after}"


def _table(found: list[Claim]) -> str:
    rows = [f"| {claim.id} | {_proof(claim)} |" for claim in found]
    return "\n".join(["", "| id | how it is known |", "|---|---|", *rows, "", ""])


def _proof(claim: Claim) -> str:
    if claim.how == "unproven":
        return "unproven"
    return f"drill `{claim.what}`" if claim.how == "drill" else f"test `{claim.what.rpartition('::')[2]}`"


def faults(text: str, root: Path = _ROOT) -> list[str]:
    """What is wrong with the page's lines: unknown proofs, ids twice, drills and lines that do not name each other."""
    found = claims(text)
    counts = Counter(claim.id for claim in found)
    return [
        *(f"{id}: stands {count} times" for id, count in counts.items() if count > 1),
        *(f"{claim.id}: {fault}" for claim in found if (fault := _fault(claim, root))),
        *(f"{id}: drill {name} names it, the page does not" for name, id in _unnamed(found)),
    ]


def _fault(claim: Claim, root: Path) -> str:
    if not _ID.fullmatch(claim.id):
        return "is no id"
    if not claim.how:
        return "says neither drill, test nor unproven"
    if claim.how == "drill":
        known = claim.what in DRILLS and claim.id in DRILLS[claim.what].proves
        return "" if known else f"is not put to the test by a drill {claim.what}"
    if claim.how == "test":
        return "" if _exists(claim.what, root) else f"there is no test {claim.what}"
    return ""


def _exists(test: str, root: Path) -> bool:
    file, _, name = test.partition("::")
    path = root / file
    return path.is_file() and re.search(rf"(?m)^def {re.escape(name)}\(", path.read_text(encoding="utf-8")) is not None


def _unnamed(found: list[Claim]) -> Iterator[tuple[str, str]]:
    proved = {(claim.what, claim.id) for claim in found if claim.how == "drill"}
    return ((name, id) for name, drill in DRILLS.items() for id in drill.proves if (name, id) not in proved)
