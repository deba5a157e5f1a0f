"""A relay and its witness on this machine, and what the runbook says of their troubles."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from nullabona.processes.ports import free_port
from nullabona.processes.program import Ended, nulla, run
from nullabona.processes.servers import RelayProcess, WitnessProcess

RUNBOOK = Path(__file__).parents[2] / "docs/how-to/runbook.md"
_QUOTED = re.compile(r"`([^`]+)`")
MOST_S = 60


class Place:
    """A relay with a witness that signs, and the options of both."""

    def __init__(self, folder: Path, *, witness: bool = True) -> None:
        self.folder, self.data = folder, folder / "data"
        self.at = f"127.0.0.1:{free_port()}"
        self.options = ("--host", self.at, "--period", "1", "--witnesses", str(folder / "witnesses"))
        (folder / "witnesses").write_text("quorum none\n")
        made = self.run("init")
        if not witness:
            return
        self.witness = WitnessProcess(folder / "w", "w.example/w", made.out.split())
        (folder / "witnesses").write_text(f"witness w {self.witness.vkey} {self.witness.url}\nquorum w\n")

    def run(self, *words: str) -> Ended:
        return run(nulla("relay", *words, "--data", str(self.data), "--listen", self.at, *self.options))

    def relay(self, *more: str, log: Path | None = None) -> RelayProcess:
        return RelayProcess(self.data, *self.options, *more, listen=self.at, log=log, begin=False)

    @property
    def size(self) -> int:
        """How many entries are published."""
        checkpoint = self.data / "record/public/checkpoint"
        return int(checkpoint.read_text().split("\n")[1]) if checkpoint.exists() else 0

    def grows(self, least: int) -> None:
        """Return once so many entries are published."""
        end = monotonic() + MOST_S
        while self.size < least:
            assert monotonic() < end


def entries() -> dict[str, set[str]]:
    """The headings of the runbook's entries, each with the words that it says one sees."""
    parts = re.split(r"^### ", RUNBOOK.read_text("utf-8"), flags=re.MULTILINE)[1:]
    found = {}
    for part in parts:
        see = part.partition("**You see**")[2].partition("- **Why**")[0]
        found[part.partition("\n")[0]] = {" ".join(each.split()) for each in _QUOTED.findall(see)}
    return found


def until(true: Callable[[], bool]) -> None:
    """Return once it is so."""
    end = monotonic() + MOST_S
    while not true():
        assert monotonic() < end
