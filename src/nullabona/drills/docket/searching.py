"""Looking for what people said in everything that left the desk: packages, pages, public files."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import nullabona.docket
import nullabona.words
from nullabona.drills.search import Chunk, Finding, Hunt, Searched, Secret, files_below

_SHORTEST: Final = 6
_OURS: Final = tuple(Path(package.__path__[0]) for package in (nullabona.docket, nullabona.words))


@dataclass(slots=True)
class Sought:
    """What was looked through and found. ``finds``: the search found each secret where it was planted for it."""

    secrets: int
    searched: Searched = field(default_factory=Searched)
    findings: list[Finding] = field(default_factory=list)
    finds: bool = False

    @property
    def where(self) -> str:
        """What was found, by label and place; never the text."""
        return ", ".join(sorted({f"{found.label} ({found.source})" for found in self.findings}))

    @property
    def clean(self) -> bool:
        """Nothing was found by a search that finds."""
        return self.finds and not self.findings


def seek(secrets: Sequence[Secret], places: Iterable[Path]) -> Sought:
    """Look for ``secrets`` in every file below ``places``. Words of the desk's own program are passed over."""
    hunt, sought = Hunt(secrets), Sought(len(secrets))
    for program in _OURS:
        hunt.learn(files_below(program))
    for place in places:
        sought.findings += hunt.search(files_below(place), sought.searched)
    planted = b"\n".join(_disguised(secret.value) for secret in secrets)
    found = {found.label for found in Hunt(secrets).search([Chunk("planted", 0, planted)], Searched())}
    sought.finds = found == {secret.label for secret in secrets}
    return sought


def _disguised(value: bytes) -> bytes:
    """Inside a longer text in base64; as it is, if that would leave too little of it to be looked for."""
    return base64.b64encode(b"name: " + value + b"!") if len(value) >= _SHORTEST else value
