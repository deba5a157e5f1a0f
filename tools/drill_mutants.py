"""Takes defences out of the code, one at a time, and plays the drill that must fail then (tests/drills/mutants.py).

``python tools/drill_mutants.py [WORD...]``: only mutants whose name or drill holds one of the words. Exit code 1 if one
was not noticed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.drills.mutants import MUTANTS, Mutant

SOURCE: Final = Path(__file__).resolve().parents[1] / "src" / "nullabona"
_NULLA: Final = ("-c", "from nullabona.cli import main; main()", "drill")
_LONGEST_S: Final = 300


class StaleMutant(Exception):
    """An edit does not fit the code any more."""


@dataclass(frozen=True, slots=True)
class Played:
    """What came of one mutant."""

    mutant: Mutant
    failed: frozenset[str]
    """Lines of the threat model that did not hold."""
    ended: bool
    """Whether the drill came to its end."""
    seconds: float
    last: str = ""
    """The last that a drill said that did not come to its end."""

    @property
    def noticed(self) -> bool:
        """Whether the drill failed as it should."""
        return bool(self.failed & self.mutant.fails) or (not self.ended and self.mutant.stuck)


def mutate(mutant: Mutant, source: Path) -> None:
    """Take the defence out of a copy of the code. Raises `StaleMutant`."""
    for edit in mutant.edits:
        path = source / edit.file
        text = path.read_text("utf-8")
        if text.count(edit.old) != 1:
            raise StaleMutant(f"{mutant.name}: {edit.file} has {text.count(edit.old)} places for the edit, not one")
        path.write_text(text.replace(edit.old, edit.new), "utf-8")


def play(mutant: Mutant) -> Played:
    """Play the mutant's drill against a copy of the code without the defence."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="nullabona-mutant-") as folder:
        copy = Path(folder) / "src" / "nullabona"
        shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("page"))
        mutate(mutant, copy)
        temporary = Path(folder) / "tmp"
        temporary.mkdir()
        environment = os.environ | {"PYTHONPATH": str(copy.parent), "TMPDIR": str(temporary), "LANG": "C.UTF-8"}
        command = [sys.executable, *_NULLA, mutant.drill, "--json", *mutant.more]
        try:
            ran = subprocess.run(
                command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=_LONGEST_S, check=False
            )
            said = json.loads(ran.stdout) if ran.stdout else None
            last = " / ".join(ran.stderr.decode(errors="replace").split("\n")[-4:]).strip(" /")
        except subprocess.TimeoutExpired:
            said, last = None, f"nothing within {_LONGEST_S} s"
    return Played(mutant, _failed(said), said is not None, time.monotonic() - began, last)


def _failed(said: dict[str, Any] | None) -> frozenset[str]:
    if said is None:
        return frozenset()
    reports = said.get("reports", [said])
    checks = (check for report in reports for check in report["checks"])
    return frozenset(check["id"] for check in checks if check["verdict"] == "failed")


def _line(played: Played) -> str:
    mark = "✓" if played.noticed else "✗ NOT NOTICED"
    ended = "held" if played.ended else f"the drill did not come to its end: {played.last}"
    how = ", ".join(sorted(played.failed)) or ended
    return f"{mark} {played.mutant.name} -> {played.mutant.drill}: {how} ({played.seconds:.0f} s)"


def main() -> None:
    """Play what was asked for."""
    words = sys.argv[1:]
    chosen = [one for one in MUTANTS if not words or any(word in f"{one.drill} {one.name}" for word in words)]
    missed = 0
    for mutant in chosen:
        played = play(mutant)
        missed += not played.noticed
        print(_line(played), flush=True)
    print(f"{len(chosen) - missed} of {len(chosen)} were noticed")
    sys.exit(1 if missed or not chosen else 0)


if __name__ == "__main__":
    main()
