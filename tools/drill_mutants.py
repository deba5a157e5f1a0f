"""Takes defences out of the code, one at a time, and plays the drill that must fail then (tests/drills/mutants.py).

``python tools/drill_mutants.py [--again] [--new] [--jobs N] [WORD...]``: only mutants whose name or drill holds one of
the words. What came of each is kept in `RESULTS` with a hash of the mutant and of its drill's source; it is played
again only if one of them changed, or with ``--again``; with ``--new``, only if it never was. Before its mutants each
drill is played with nothing taken out: if it does not hold then, the machine is too busy, and its mutants are left out.
Exit code 1 if one of those asked for was not noticed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from nullabona.drills.registry import DRILLS
from nullabona.processes.program import nulla
from tests.drills.mutants import MUTANTS, Mutant
from tools.drill_digest import MADE_OF, ROOT, SOURCE, digest_of

RESULTS: Final = ROOT / "tests" / "drills" / "mutants.json"
_LONGEST_S: Final = 600
ADMITTED: Final = frozenset(
    "W-01 W-02 W-03 W-05 W-06 S-01 S-02 S-03 S-04 S-05 S-34 T-01 T-02 T-03 T-04 X-01 L-01 G-01 G-03 G-04 "
    "D-01 D-03 D-04 D-07 D-08 K-06 U-01".split()
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
Sora: 나는 물이랑 간식을 챙길게
Jun: 지도는 두 장이면 충분해
Mina: 그럼 내일 역에서 출발하자
Dan: the first train leaves at seven
Sora: 표는 미리 사 둘게
Jun: 늦지 않게 일찍 나올게
Mina: 도시락은 내가 준비할게
Jun: 고마워, 커피는 내가 살게
Mina: see you at the platform
Jun: 플랫폼에서 보자
Sora: 그래, 이따 만나
"""
"""A short conversation: how much is said is not what a mutant of the demo is about."""
_NARROWED: Final = frozenset({"demo", "coerced-operator", "insider", "lying-directory", "removal", "stolen-device"})
"""Drills that can be played for some lines alone."""
_SEVERAL: Final = "several"
_SOONEST: Final = ("D-02", "D-10", "D-13", "E-30", "L-10", "L-02", "W-", "M-10", "X-13")
"""Lines that are known sooner than others that a mutant may break as well, or their beginnings."""


def turns(mutant: Mutant) -> list[tuple[str, ...]]:
    """For which lines a drill is played, one turn after another, until one has failed. All together: the control."""
    lines = sorted(mutant.fails, key=lambda line: (not line.startswith(_SOONEST), line))
    if mutant.drill not in _NARROWED:
        return [()]
    one_by_one = mutant.edits and mutant.name != _SEVERAL and len(lines) > 1
    return [tuple(lines[:1]), tuple(lines[1:])] if one_by_one else [tuple(lines)]


def lines_of(drill: str) -> frozenset[str]:
    """The lines that a drill puts to the test; the demo plays two others on its way."""
    drills = (drill, "warrant", "seizure") if drill == "demo" else (drill,)
    return frozenset(line for each in drills for line in DRILLS[each].proves)


def measured() -> frozenset[str]:
    """Every line of the drills whose mutants are chosen line by line."""
    return frozenset(line for drill in MADE_OF for line in lines_of(drill))


_LATE: Final = "nothing within"
_DISTURBED: Final = (
    _LATE, "does not answer", "did not start", "goes on although", "(begin)", "drill-failed",
    "relay could not", "operator could not", "crowd-",
)  # fmt: skip
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
    words: Mapping[str, str] = field(default_factory=dict)
    """What it said of each line that did not hold."""

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
        words: dict[str, str] = {}
        said, last = None, ""
        for lines in turns(mutant):
            only = (word for line in lines for word in ("--only", line))
            more = (*_SHORTER.get(mutant.drill, ()), *only, *mutant.more)
            said, last = _run([*nulla("drill", mutant.drill), "--json", *more], environment)
            words |= _failed(said)
            if said is None or words.keys() & mutant.fails:
                break
    return Played(mutant, frozenset(words), said is not None, time.monotonic() - began, last, words)


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


def _failed(said: dict[str, Any] | None) -> dict[str, str]:
    reports = [] if said is None else said.get("reports", [said])
    checks = (check for report in reports for check in report["checks"])
    return {check["id"]: check["en"] for check in checks if check["verdict"] == "failed"}


# -- several at once ----------------------------------------------------------------------------------------------


def bundles(mutants: Iterable[Mutant], source: Path = SOURCE) -> list[list[Mutant]]:
    """Those that can share a run: a line names each by its trace, and no two by the same, or at one place of code."""
    found: list[list[Mutant]] = []
    for mutant in mutants:
        for bundle in found if mutant.trace else ():
            if bundle[0].trace and _fit([*bundle, mutant], source):
                bundle.append(mutant)
                break
        else:
            found.append([mutant])
    return found


def _fit(bundle: Sequence[Mutant], source: Path) -> bool:
    lines = [(line, mutant.trace) for mutant in bundle for line in _first_of(mutant)]
    try:
        edited(together(bundle), source)
    except StaleMutant:
        return False
    of_one_kind = len({(mutant.drill, mutant.more) for mutant in bundle}) == 1
    return of_one_kind and len({*lines}) == len(lines) and len({line.startswith("W-") for line, _ in lines}) == 1


def _first_of(mutant: Mutant) -> tuple[str, ...]:
    return turns(mutant)[0] or tuple(sorted(mutant.fails))


def together(bundle: Sequence[Mutant]) -> Mutant:
    """All of them in one program, for the lines that are known soonest."""
    edits = tuple(edit for each in bundle for edit in each.edits)
    lines = frozenset(line for each in bundle for line in _first_of(each))
    return Mutant(_SEVERAL, bundle[0].drill, lines, edits, bundle[0].more)


def play_together(bundle: Sequence[Mutant], source: Path = SOURCE) -> list[Played]:
    """Play them in one run. Whoever's line does not name their own trace there is played alone."""
    if len(bundle) == 1:
        return [play(bundle[0], source)]
    all_of_them = play(together(bundle), source)
    print(_line(all_of_them), flush=True)
    return [told_apart(each, all_of_them, len(bundle)) or play(each, source) for each in bundle]


def told_apart(mutant: Mutant, played: Played, count: int) -> Played | None:
    """What a run of ``count`` mutants says of one of them, if it does."""
    words = {line: said for line, said in played.words.items() if line in mutant.fails and mutant.trace in said}
    return Played(mutant, frozenset(words), played.ended, played.seconds / count, words=words) if words else None


# -- what is kept -------------------------------------------------------------------------------------------------


def key_of(mutant: Mutant) -> str:
    """The name under which its result is kept."""
    return f"{mutant.drill}: {mutant.name}"


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
                for several in pool.map(partial(play_together, source=source), bundles(group, source)):
                    for played in several:
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
