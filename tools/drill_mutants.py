"""Takes defences out of the code, one at a time, and plays the drill that must fail then (tests/drills/mutants.py).

``python tools/drill_mutants.py [--again] [--new] [--jobs N] [WORD...]``: only mutants whose name or drill holds one of
the words. What came of each is kept in `RESULTS` with a hash of the mutant and of its drill's source; it is played
again only if one of them changed, or with ``--again``; with ``--new``, only if it never was. Before its mutants each
drill is played with nothing taken out: if it does not hold then, the machine is too busy, and its mutants are left out.
Exit code 1 if one of those asked for was not noticed.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from nullabona.drills.registry import DRILLS
from tests.drills.mutants import MUTANTS, Mutant

ROOT: Final = Path(__file__).resolve().parents[1]
SOURCE: Final = ROOT / "src" / "nullabona"
RESULTS: Final = ROOT / "tests" / "drills" / "mutants.json"
_NULLA: Final = ("-c", "from nullabona.cli import main; main()", "drill")
_LONGEST_S: Final = 600
_MADE_OF: Final = {
    "tap": ("tap", "operator"),
    "demo": ("demo", "search", "seizure.py", "warrant.py", "places.py", "inventory.py", "inboxes.py"),
    "coerced-operator": ("coerced", "operator"),
    "loss": ("loss",),
    "stolen-device": ("stolen", "removal/hand.py"),
    "removal": ("removal", "warrant.py"),
    "lying-directory": ("lying", "operator/cards.py"),
    "lost-directory": ("lost",),
    "docket": ("docket",),
}
"""What is of one drill, and decides what it notices; what all have in common (processes, people) is left out. Of a
drill that is not here its own package counts.
"""
ADMITTED: Final = frozenset(
    "W-01 W-02 W-03 W-05 W-06 S-01 S-02 S-03 S-04 S-05 T-01 T-02 T-03 T-04 T-21 T-22 X-01 L-01 G-01 G-03 G-04 "
    "D-01 D-03 D-04 D-07 D-08 K-06".split()
)
"""Lines that only admit what somebody can do: no defence stands behind them that could be taken out."""
ONE_CHOSEN: Final = frozenset({"K-19"})
"""Lines for which only one was found: a desk is told nothing of what it must not disclose."""
_SHORTER: Final = {"demo": ("--no-desk",), "docket": ("--demands", "3")}
"""What no mutant of a drill is about is left out."""
_CHAT: Final = """\
Mina: 오늘 저녁에 도서관 앞에서 만나자
Jun: 좋아, 여섯 시에 갈게
Mina: the ticket is in the blue envelope
Dan: I will bring the maps and the lamp
Jun: 지도는 두 장이면 충분해
Mina: 그럼 내일 역에서 출발하자
Dan: the first train leaves at seven
Jun: 늦지 않게 일찍 나올게
Mina: 도시락은 내가 준비할게
Jun: 고마워, 커피는 내가 살게
Mina: see you at the platform
Jun: 플랫폼에서 보자
"""
"""A short conversation: how much is said is not what a mutant of the demo is about."""
_NARROWED: Final = frozenset({"demo", "coerced-operator", "insider", "lying-directory", "removal", "stolen-device"})
"""Drills that can be played for some lines alone."""
_SOONEST: Final = ("D-02", "D-10", "D-13", "E-30", "L-10", "L-02", "W-", "M-10", "X-13")
"""Lines that are known sooner than others that a mutant may break as well, or their beginnings."""


def turns(mutant: Mutant) -> list[tuple[str, ...]]:
    """For which lines a drill is played, one turn after another, until one has failed. All together: the control."""
    lines = sorted(mutant.fails, key=lambda line: (not line.startswith(_SOONEST), line))
    if mutant.drill not in _NARROWED:
        return [()]
    return [tuple(lines[:1]), tuple(lines[1:])] if mutant.edits and len(lines) > 1 else [tuple(lines)]


def lines_of(drill: str) -> frozenset[str]:
    """The lines that a drill puts to the test; the demo plays two others on its way."""
    drills = (drill, "warrant", "seizure") if drill == "demo" else (drill,)
    return frozenset(line for each in drills for line in DRILLS[each])


def measured() -> frozenset[str]:
    """Every line of the drills whose mutants are chosen line by line."""
    return frozenset(line for drill in _MADE_OF for line in lines_of(drill))


_LATE: Final = "nothing within"
_DISTURBED: Final = (_LATE, "does not answer", "[relay-failed]", "(begin) [demo-failed]", "[stage-failed]")
"""A drill that ends so has not begun, or waited for a process that had no time: that shows nothing of a defence."""


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
    def disturbed(self) -> bool:
        """Whether a process did not start or answer in time: nothing can be said of the mutant then."""
        return not self.ended and any(code in self.last for code in _DISTURBED)

    @property
    def noticed(self) -> bool:
        """Whether a line failed that should, or the drill said why it could not go on, where that may be."""
        gave_up = not self.ended and not self.disturbed and self.mutant.stuck
        return bool(self.failed & self.mutant.fails) or gave_up


@dataclass(frozen=True, slots=True)
class Result:
    """The same, as it is kept. ``of``: a hash of what was played."""

    noticed: bool
    failed: tuple[str, ...]
    ended: bool
    seconds: int
    of: str


def edited(mutant: Mutant, source: Path = SOURCE) -> dict[str, str]:
    """The files of ``source`` that the mutant alters, as they are then. Raises `StaleMutant`."""
    texts: dict[str, str] = {}
    for edit in mutant.edits:
        text = texts.get(edit.file) or (source / edit.file).read_text("utf-8")
        if text.count(edit.old) != 1:
            raise StaleMutant(f"{mutant.name}: {edit.file} has {text.count(edit.old)} places for the edit, not one")
        texts[edit.file] = text.replace(edit.old, edit.new)
    return texts


def mutate(mutant: Mutant, source: Path) -> None:
    """Take the defence out of a copy of the code. Raises `StaleMutant`."""
    for file, text in edited(mutant, source).items():
        (source / file).write_text(text, "utf-8")


def play(mutant: Mutant, source: Path = SOURCE) -> Played:
    """Play the mutant's drill against a copy of ``source`` without the defence."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="nullabona-mutant-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / "src" / "nullabona"
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns("page"))
        mutate(mutant, copy)
        temporary = Path(folder) / "tmp"
        temporary.mkdir()
        environment = os.environ | {"PYTHONPATH": str(copy.parent), "TMPDIR": str(temporary), "LANG": "C.UTF-8"}
        if mutant.drill == "demo":
            (Path(folder) / "chat.txt").write_text(_CHAT, "utf-8")
            environment["DEMO_CHAT"] = str(Path(folder) / "chat.txt")
        failed, said, last = frozenset[str](), None, ""
        for lines in turns(mutant):
            only = (word for line in lines for word in ("--only", line))
            more = (*_SHORTER.get(mutant.drill, ()), *only, *mutant.more)
            said, last = _run([sys.executable, *_NULLA, mutant.drill, "--json", *more], environment)
            failed |= _failed(said)
            if said is None or failed & mutant.fails:
                break
    return Played(mutant, failed, said is not None, time.monotonic() - began, last)


def _run(command: list[str], environment: dict[str, str]) -> tuple[dict[str, Any] | None, str]:
    """What the drill says, and if it says nothing, its last words."""
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    try:
        out, err = process.communicate(timeout=_LONGEST_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.communicate()
        return None, f"nothing within {_LONGEST_S} s"
    last = " / ".join(err.decode(errors="replace").split("\n")[-4:]).strip(" /")
    return (json.loads(out) if out else None), last


def _failed(said: dict[str, Any] | None) -> frozenset[str]:
    if said is None:
        return frozenset()
    reports = said.get("reports", [said])
    checks = (check for report in reports for check in report["checks"])
    return frozenset(check["id"] for check in checks if check["verdict"] == "failed")


# -- what is kept -------------------------------------------------------------------------------------------------


def key_of(mutant: Mutant) -> str:
    """The name under which its result is kept."""
    return f"{mutant.drill}: {mutant.name}"


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
    for part in _MADE_OF.get(drill, (drill.replace("-", "_"),)):
        path = drills / part
        yield from sorted(path.rglob("*.py")) if path.is_dir() else (path,)


def load_results() -> dict[str, Result]:
    """Everything that is kept."""
    if not RESULTS.exists():
        return {}
    rows: dict[str, dict[str, Any]] = json.loads(RESULTS.read_text("utf-8"))
    return {key: Result(**row | {"failed": tuple(row["failed"])}) for key, row in rows.items()}


def _keep(results: dict[str, Result]) -> None:
    known = {key_of(mutant) for mutant in MUTANTS}
    rows = {key: asdict(result) for key, result in sorted(results.items()) if key in known}
    RESULTS.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", "utf-8")


# -- playing ------------------------------------------------------------------------------------------------------


def control_of(mutants: Sequence[Mutant]) -> Mutant:
    """Nothing is taken out: what the drill of these says then it says of the code, or of a busy machine."""
    one = mutants[0]
    return Mutant("nothing is taken out", one.drill, frozenset().union(*(each.fails for each in mutants)), (), one.more)


def groups_of(mutants: Iterable[Mutant]) -> list[list[Mutant]]:
    """Those that one control can stand for: of one drill, with the same arguments."""
    groups: dict[tuple[str, tuple[str, ...]], list[Mutant]] = {}
    for mutant in mutants:
        groups.setdefault((mutant.drill, mutant.more), []).append(mutant)
    return list(groups.values())


def _holds(mutants: Sequence[Mutant], source: Path) -> bool:
    control = play(control_of(mutants), source)
    held = control.ended and not control.failed
    how = "held" if held else f"{', '.join(sorted(control.failed)) or control.last}: {len(mutants)} are left out"
    print(f"{'·' if held else '?'} nothing is taken out -> {control.mutant.drill}: {how} ({control.seconds:.0f} s)",
          flush=True)  # fmt: skip
    return held


def _line(played: Played) -> str:
    mark = "? NOT PLAYED" if played.disturbed else "✓" if played.noticed else "✗ NOT NOTICED"
    ended = "held" if played.ended else f"the drill did not come to its end: {played.last}"
    how = ", ".join(sorted(played.failed)) or ended
    return f"{mark} {played.mutant.name} -> {played.mutant.drill}: {how} ({played.seconds:.0f} s)"


def _play_all(mutants: Iterable[Mutant], jobs: int, results: dict[str, Result]) -> None:
    """Play them all against the code as it is now, and keep what came of each at once."""
    with tempfile.TemporaryDirectory(prefix="nullabona-mutants-") as folder:
        source = Path(folder) / "nullabona"
        shutil.copytree(SOURCE, source, ignore=shutil.ignore_patterns("page"))
        with ThreadPoolExecutor(jobs) as pool:
            for group in groups_of(mutants):
                if not _holds(group, source):
                    continue
                for played in pool.map(partial(play, source=source), group):
                    _note(played, source, results)


def _note(played: Played, source: Path, results: dict[str, Result]) -> None:
    print(_line(played), flush=True)
    if played.disturbed:
        return
    results[key_of(played.mutant)] = Result(
        played.noticed, tuple(sorted(played.failed)), played.ended, round(played.seconds),
        digest_of(played.mutant, source),
    )  # fmt: skip
    _keep(load_results() | results)


def main() -> None:
    """Play what was asked for and is not known yet; then say what is known of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*")
    parser.add_argument("--again", action="store_true", help="also those whose result is known")
    parser.add_argument("--new", action="store_true", help="only those that were never played")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="so many at a time")
    asked = parser.parse_args()
    words: list[str] = asked.words
    chosen = [one for one in MUTANTS if not words or any(word in f"{one.drill} {one.name}" for word in words)]
    results = load_results()
    stale = [one for one in chosen if asked.again or not is_known(one, results)]
    if asked.new:
        stale = [one for one in stale if key_of(one) not in results]
    fresh: dict[str, Result] = {}
    _play_all(stale, asked.jobs, fresh)
    results |= fresh
    known = [one for one in chosen if key_of(one) in results]
    missed = [one for one in known if not results[key_of(one)].noticed]
    for one in missed:
        print(f"not noticed: {one.drill}: {one.name}")
    print(f"{len(known) - len(missed)} of {len(known)} were noticed; {len(fresh)} were played just now, and "
          f"{len(chosen) - len(known)} never")  # fmt: skip
    sys.exit(1 if missed or not known else 0)


def is_known(mutant: Mutant, results: dict[str, Result]) -> bool:
    """Whether its result is of the mutant and the drill as they are."""
    known = results.get(key_of(mutant))
    return known is not None and known.of == digest_of(mutant)


if __name__ == "__main__":
    main()
