"""The leakage measure in one command.

``python -m bench.leakage [--accounts N --days D --pace P --seeds K --choice C --out run/leakage]``. Writes data
(`outcome.json`, `edges.csv`), plots and the page into ``--out``; with ``--page docs/leakage.md`` also that page and
its plots beside it. ``--only NAME`` (repeatable) measures those designs; ``--without-ablation`` leaves out ours with
one defence changed; ``--once`` leaves out what repeats attacks on growing parts, for large societies; ``--chosen FILE``
takes the attackers that were chosen for another page (its ``chosen.json``); ``--tap-from DAY`` lets anyone who watches
what passes begin on that day, and reports friends of old and who met under the tap apart; ``--seized DAY`` ends a
longer life on that evening; ``--acquainted``: anyone who makes a group has talked in twos with everybody in it before;
``--untried NAME`` (repeatable) leaves an attacker out, which the page says; ``--draw`` makes tables, plots and page
again from data that is there; ``--processes N`` attacks so many views at once.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path

from threadpoolctl import threadpool_limits

from bench.leakage import page, plots, tables
from bench.leakage.campaign import Outcome, Plan, decode_choice, encode_choice, measure
from bench.leakage.designs import every, is_changed
from bench.leakage.ran_on import ran_on
from bench.leakage.society import Size
from bench.leakage.tournament import NAMES, Choice, Designs


def main(arguments: list[str] | None = None) -> None:
    """Measure, write, and print the tables."""
    options = _parser().parse_args(arguments)
    folder = Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)
    size = Size(options.accounts, options.days, options.pace, options.acquainted)
    plan = Plan(size, options.seeds, 0 if options.chosen else options.choice, min(options.seeds, options.changed),
                over_time=not options.once, tap_from=options.tap_from, seized=options.seized,
                untried=options.untried)  # fmt: skip
    if options.draw:
        outcome = Outcome.read(folder / "outcome.json")
        plan, measured_on = _read_plan(folder)
    else:
        measured_on = ran_on()
        with threadpool_limits(1):  # threads that wait for one another on few cores are slower than one
            chosen = _chosen(options)
            outcome = measure(plan, _wanted(options), _say, chosen, options.processes)
        _write_data(outcome, plan, measured_on, folder)
    drawn = plots.draw(outcome, folder)
    written = page.write(outcome, plan, page.Pictures(drawn), _command(plan, options), measured_on)
    (folder / "leakage.md").write_text(written, encoding="utf-8")
    if options.page:
        _write_page(outcome, plan, Path(options.page), _command(plan, options), measured_on)
    _print(outcome)
    if plan.seeds > 1:  # of one society nothing is won or lost
        print(page.verdict_words(outcome))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=60)
    parser.add_argument("--days", type=int, default=4)
    parser.add_argument("--pace", type=float, default=2.0, help="messages that an account writes a day, at least")
    parser.add_argument("--acquainted", action="store_true", help="who makes a group has talked with all in it before")
    parser.add_argument("--seeds", type=int, default=5, help="societies that are reported")
    parser.add_argument("--choice", type=int, default=2, help="other societies, on which attackers are chosen")
    parser.add_argument("--changed", type=int, default=3, help="of the reported ones, lived with each defence changed")
    parser.add_argument("--out", default="run/leakage")
    parser.add_argument("--page", help="write the page there too")
    parser.add_argument("--only", action="append", help="a design; may be given several times")
    parser.add_argument("--without-ablation", action="store_true")
    parser.add_argument(
        "--once", action="store_true", help="no attacks on growing parts, no telling apart of activities"
    )
    parser.add_argument("--tap-from", type=float, default=0.0, help="the day on which who watches begins to")
    parser.add_argument("--seized", type=int, default=0, help="the machine is seized on this day's evening already")
    parser.add_argument("--untried", action="append", default=[], choices=NAMES, help="an attacker that is left out")
    parser.add_argument("--chosen", help="which attackers are reported, as chosen for another page")
    parser.add_argument("--processes", type=int, default=1, help="views that are attacked at the same time")
    parser.add_argument("--draw", action="store_true", help="from the data in --out, without measuring")
    return parser


def _wanted(options: argparse.Namespace) -> Designs:
    found = {name: design for name, design in every().items() if not (options.without_ablation and is_changed(name))}
    if options.only:
        missing = set(options.only) - set(found)
        if missing:
            sys.exit(f"unknown design: {', '.join(sorted(missing))}; there are {', '.join(found)}")
        found = {name: design for name, design in found.items() if name in options.only}
    return found


def _chosen(options: argparse.Namespace) -> Choice | None:
    if not options.chosen:
        return None
    return decode_choice(json.loads(Path(options.chosen).read_text(encoding="utf-8")))


def _write_data(outcome: Outcome, plan: Plan, measured_on: str, folder: Path) -> None:
    outcome.write(folder / "outcome.json")
    said = json.dumps({"plan": asdict(plan), "ran_on": measured_on})
    (folder / "plan.json").write_text(said + "\n", encoding="utf-8")
    with (folder / "edges.csv").open("w", encoding="utf-8", newline="") as file:
        rows = [asdict(row) for row in outcome.edges]
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _read_plan(folder: Path) -> tuple[Plan, str]:
    kept = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    data = kept["plan"]
    plan = Plan(Size(**data["size"]), data["seeds"], data["choice"], data["changed"])
    plan = replace(plan, over_time=data.get("over_time", True), tap_from=data.get("tap_from", 0.0))
    plan = replace(plan, seized=data.get("seized", 0), untried=data.get("untried", ()))
    return plan, kept["ran_on"]


def _command(plan: Plan, options: argparse.Namespace) -> str:
    """How the page is made again."""
    size = plan.size
    said = f"python -m bench.leakage --accounts {size.accounts} --days {size.days} --pace {size.pace:g}"
    said += " --acquainted" if size.acquainted else ""
    said += f" --seeds {plan.seeds} --choice {plan.choice} --changed {plan.changed}"
    said += f" --chosen {options.chosen}" if options.chosen else ""
    said += f" --tap-from {plan.tap_from:g}" if plan.tap_from else ""
    said += f" --seized {plan.seized}" if plan.seized else ""
    said += "".join(f' --untried "{name}"' for name in plan.untried)
    more = {"--without-ablation": bool(options.without_ablation), "--once": not plan.over_time}
    return " ".join([said, *(flag for flag, wanted in more.items() if wanted)])


def _write_page(outcome: Outcome, plan: Plan, target: Path, command: str, measured_on: str) -> None:
    folder = target.parent / target.stem
    folder.mkdir(parents=True, exist_ok=True)
    pictures = page.Pictures(plots.draw(outcome, folder), f"{target.stem}/")
    if plan.choice:
        chosen = json.dumps(encode_choice(outcome.choice), indent=1)
        (folder / "chosen.json").write_text(chosen + "\n", encoding="utf-8")
    target.write_text(page.write(outcome, plan, pictures, command, measured_on), encoding="utf-8")


def _print(outcome: Outcome) -> None:
    first = tables.first(outcome) if outcome.first else []
    for table in (
        tables.edges(outcome), tables.best_edges(outcome), tables.asked(outcome), tables.met(outcome),
        tables.groups(outcome), first, tables.activity(outcome),
    ):  # fmt: skip
        if len(table) > 1:
            print(tables.as_text(table), end="\n\n")


if __name__ == "__main__":
    main()
