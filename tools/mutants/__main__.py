"""``python -m tools.mutants``: plants random changes in the source, and says which of them no test noticed.

Exit code 1 if fewer are noticed than ``--least`` asks for. The first run measures which test runs which line, which
takes as long as the tests do; ``--fresh`` measures again.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Final

from tools.mutants import equal, reach, sites
from tools.mutants.trial import ROOT, SOURCE, Bench, Mutant, Tried

PACKAGES: Final = (
    "nullabona.client.core",
    "nullabona.docket.core",
    "nullabona.client.importing",
    "nullabona.app.presenting",
    "nullabona.client.archive",
)
"""What is sampled unless other packages are named: where a person's words, or a verdict, depend on each line."""
TESTS: Final = tuple(
    f"tests/{name}"
    for name in (
        "api app archive cli client core directory docket importing log machine media mls net operator "
        "reading record rooms sequencer store wire witness"
    ).split()
)
REACH: Final = ROOT / ".cache" / "mutants"


def measure(folder: Path, tests: list[str], packages: list[str], jobs: int) -> None:
    """Run the tests once and write down which line of the packages each of them runs."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    print("measuring which test runs which line (once; --fresh measures again)", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tools.mutants.reach", "-n", str(jobs), "--timeout", "600"]
    environment = os.environ | {
        reach.FOLDER: str(folder),
        "NULLABONA_REACH_PACKAGES": " ".join(packages),
        "PYTHONPATH": os.pathsep.join([str(SOURCE), str(ROOT)]),
    }
    subprocess.run([*command, *tests], cwd=ROOT, env=environment, check=False, stdout=subprocess.DEVNULL)


def population(packages: list[str]) -> list[Mutant]:
    """Every mutant of these packages, but those that are argued to be equivalent."""
    argued = equal.rows()
    if old := equal.stale(argued, SOURCE):
        raise SystemExit(
            f"{old[0]['file']} no longer has {old[0]['old']!r}\nhint: take the row out of tools/mutants/equivalent"
        )
    found = []
    for package in packages:
        place = SOURCE / package.replace(".", "/")
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]:
            source, file = path.read_bytes(), str(path.relative_to(SOURCE))
            found += [
                Mutant(file, change)
                for change in sites.changes(source)
                if not equal.is_argued(argued, file, source, change)
            ]
    return found


def try_all(sample: list[Mutant], known: reach.Reach, jobs: int, most_s: float, *, inside: bool = False) -> list[Tried]:
    """Try each mutant of a sample, in several processes, and print those that were not noticed."""
    results: list[Tried] = []

    def part(number: int) -> None:
        bench = Bench(Path(folder) / str(number), known, most_s, inside=inside)
        for tried in bench.tried(sample[number::jobs]):
            if tried.verdict == "passed over":
                continue
            results.append(tried)
            if tried.verdict != "caught":
                print(f"{tried.verdict}: {tried.mutant.describe()} ({tried.tests} tests)", flush=True)
            elif len(results) % 25 == 0:
                print(f"  {len(results)} of {len(sample)}", flush=True)

    with tempfile.TemporaryDirectory(prefix="nullabona-mutants-") as folder, ThreadPoolExecutor(jobs) as pool:
        for done in [pool.submit(part, number) for number in range(jobs)]:
            done.result()
    return results


def report(results: list[Tried], seed: int, seconds: float) -> float:
    """Print the score by package and in all; the share that was noticed."""
    print(f"\nseed {seed}, {len(results)} mutants, {seconds / 60:.0f} min")
    planted: Counter[str] = Counter()
    caught: Counter[str] = Counter()
    for tried in results:
        package = next((name for name in PACKAGES if tried.mutant.file.startswith(name.replace(".", "/"))), "other")
        planted[package] += 1
        caught[package] += tried.verdict == "caught"
    for package, number in sorted(planted.items()):
        print(f"  {package:<30} {caught[package]:4} of {number:4}  {caught[package] / number:6.1%}")
    share = caught.total() / max(1, planted.total())
    print(f"  {'all':<30} {caught.total():4} of {planted.total():4}  {share:6.1%}")
    return share


def main() -> None:
    """Plant a sample and report; see the module's docstring."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("packages", nargs="*", help="dotted packages or modules (default: the five of decision 0039)")
    parser.add_argument("--seed", type=int, default=None, help="the sample; drawn and printed if it is not given")
    parser.add_argument("--count", type=int, default=300, help="how many mutants (default 300)")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="how many at a time (default: every core)"
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="of tests for a mutant at most (default 60)")
    parser.add_argument("--least", type=float, default=0.95, help="the share that has to be noticed (default 0.95)")
    parser.add_argument("--tests", nargs="+", default=list(TESTS), help="which tests are asked (default: nearly all)")
    parser.add_argument("--inside", action="store_true", help="only changes within functions: quick, for one file")
    parser.add_argument("--fresh", action="store_true", help="measure anew which test runs which line")
    given = parser.parse_args()
    packages = list(given.packages or PACKAGES)
    folder = REACH / sha256(repr((packages, given.tests)).encode()).hexdigest()[:12]
    if given.fresh or not list(folder.glob("*.coverage")):
        measure(folder, given.tests, packages, given.jobs)
    known = reach.load(folder, SOURCE)
    if not known.lines:
        raise SystemExit("no test ran a line that is measured\nhint: make setup, then make mutants MUTANTS=--fresh")
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10**6)
    everything = population(packages)
    print(f"seed {seed}: {min(given.count, len(everything))} of {len(everything)} mutants", flush=True)
    sample = random.Random(seed).sample(everything, min(given.count, len(everything)))  # noqa: S311 (no secret)
    began = time.monotonic()
    results = try_all(sample, known, given.jobs, given.seconds, inside=given.inside)
    sys.exit(report(results, seed, time.monotonic() - began) < given.least)


if __name__ == "__main__":
    main()
