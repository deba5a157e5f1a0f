"""The measure by roles in one command: ``python -m bench.leakage.cells --accounts 60 --days 90``.

Writes ``FOLDER/NAME.json`` and makes the page again from all such files (``--page`` alone only does that). ``--seeds``
societies are reported, ``--taught`` others choose and teach the attackers. ``--steps``: one operator who sees no
addresses, after each change of the client (`habits`). ``--lived``: the reported one is a recording of the real client
(`bench.leakage.record`), attacked with what requests alone taught. ``--no-active``, ``--no-time``: without what
interferes, without the repeats on growing parts. ``--only NAME``: those views alone.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from bench.leakage.cells import page
from bench.leakage.cells.campaign import BY_STEP, CASES, DIRECT, PLAIN, Case, Society, of_steps, of_town, report, teach
from bench.leakage.cells.counting import counted
from bench.leakage.cells.rows import Run
from bench.leakage.cells.simulate import record
from bench.leakage.cells.talking import Crowd, Town, make
from bench.leakage.ran_on import ran_on
from bench.leakage.record import recorded
from bench.leakage.society import Size
from bench.leakage.society import make as make_lived
from bench.leakage.trace import Recording


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write."""
    options = _parser().parse_args(arguments)
    folder = Path(options.folder)
    if options.accounts:
        with threadpool_limits(1):
            _measure(options).write(folder / f"{_name(options)}.json")
    if options.page:
        Path(options.page).write_text(page.write(folder), encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=0)
    parser.add_argument("--days", type=int, default=4)
    parser.add_argument("--pace", type=float, default=40.0, help="messages that an account writes a day")
    parser.add_argument("--seeds", type=int, default=1, help="societies that are reported")
    parser.add_argument("--taught", type=int, default=2, help="others that choose and teach the attackers")
    parser.add_argument("--lived", action="store_true", help="report a recording of the real client")
    parser.add_argument("--steps", action="store_true", help="one operator without addresses, step by step")
    parser.add_argument("--step", action="append", help="with --steps: this one alone; may be given several times")
    parser.add_argument("--no-active", action="store_true")
    parser.add_argument("--no-time", action="store_true")
    parser.add_argument("--only", action="append", help="a view; may be given several times")
    parser.add_argument("--folder", default="docs/leakage-roles")
    parser.add_argument("--page", help="make this page from all runs in the folder")
    return parser


def _name(options: argparse.Namespace) -> str:
    kind = "lived" if options.lived else "steps" if options.steps else "requests"
    return f"{kind}-{options.accounts}x{options.days}x{options.pace:g}"


def _command(options: argparse.Namespace) -> str:
    said = f"python -m bench.leakage.cells --accounts {options.accounts} --days {options.days} --pace {options.pace:g}"
    said += f" --seeds {options.seeds} --taught {options.taught}"
    flags = {
        "--lived": options.lived,
        "--steps": options.steps,
        "--no-active": options.no_active,
        "--no-time": options.no_time,
    }
    said += "".join(f" {flag}" for flag, given in flags.items() if given)
    said += "".join(f' --step "{name}"' for name in options.step or ())
    return said + "".join(f' --only "{name}"' for name in options.only or ())


def _cases(options: argparse.Namespace) -> list[Case]:
    cases = [DIRECT, PLAIN] if options.no_active or options.lived else list(CASES)
    if options.steps:
        cases = [case for name, case in BY_STEP.items() if not options.step or name in options.step]
    if options.only:
        cases = [replace(case, views=[view for view in case.views if view.name in options.only]) for case in cases]
    return [case for case in cases if case.views]


def _measure(options: argparse.Namespace) -> Run:
    begun = time.process_time()
    crowd = Crowd(options.accounts, options.days, options.pace)
    taught = [101 + number for number in range(options.taught)]
    seeds = [1 + number for number in range(options.seeds)]
    cases = _cases(options)
    society = of_steps if options.steps else of_town
    chosen, learned = teach(cases, (society(make(seed, crowd)) for seed in taught), _say)
    asked = dict[str, dict[str, float]]()
    scores, reported, said = [], [], []
    for seed in seeds:
        its, messages = _lived(seed, crowd) if options.lived else _alone(seed, crowd, society)
        said.append(messages / crowd.accounts / crowd.days)
        watched = [_counting(case, asked) for case in cases] if options.steps and seed == seeds[0] else cases
        found = report(watched, its, chosen, learned, _say, over_time=not options.no_time and seed == seeds[0])
        scores += found[0]
        reported += found[1]
        if options.lived:
            alike = make(seed, replace(crowd, pace=said[-1]))
            asked = {
                "real client": counted(its.recording, its.days),
                "requests alone": counted(record(alike), its.days),
            }
    names = {f"{case}: {view}": name for (case, view), name in chosen.items()}
    return Run(
        _name(options), "real client" if options.lived else "requests alone", crowd.accounts, crowd.days, crowd.pace,
        float(np.mean(said)), seeds, taught, _command(options), ran_on(), time.process_time() - begun, scores, reported,
        names, asked,
    )  # fmt: skip


def _counting(case: Case, found: dict[str, dict[str, float]]) -> Case:
    """The case; ``found`` gets what one account asks for a day on average."""
    [step] = [name for name, each in BY_STEP.items() if each.name == case.name]

    def made(its: Society) -> Recording:
        recording = case.made(its)
        found[step] = counted(recording, its.days)
        return recording

    return replace(case, made=made)


def _alone(seed: int, crowd: Crowd, society: Callable[[Town], Society]) -> tuple[Society, int]:
    town = make(seed, crowd)
    return society(town), len(town.said.t)


def _lived(seed: int, crowd: Crowd) -> tuple[Society, int]:
    """The recording of the real client, from the cache if it is there."""
    size = Size(crowd.accounts, crowd.days, crowd.pace)
    society = make_lived(seed, size)
    household = np.array([account.household for account in society.accounts], np.int64)
    said = sum(intent.kind.name in {"SAY", "FILE"} for intent in society.intents)
    return Society(seed, recorded(seed, size), household, crowd.days), said


def _say(text: str) -> None:
    print(f"{time.process_time():6.0f} s of CPU: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
