"""The page of the measure by roles, from the data of all runs: docs/leakage-roles.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from bench import appends
from bench.leakage.cells.campaign import BY_STEP as BY_STEP_CASES
from bench.leakage.cells.habits import STEPS, TODAY
from bench.leakage.cells.rows import Reported, Run, read
from bench.leakage.role_views import OPERATOR
from bench.leakage.tables import as_markdown
from bench.speed.capacity import BEFORE

HEAD: Final = """# What each operator would learn if several ran the service together

Made by `python -m bench.leakage.cells --page docs/leakage-roles.md` from the data beside it; do not edit it. Each run
below names the command that measured it.

[The other pages](leakage.md) measure one machine with the real client, at one or two messages a day, or a few more,
where people write 40. This page asks two more things: what each *role* of a service learns, and what happens at real
volumes. A relay keeps boxes, a directory answers look-ups, an *ingress* forwards sealed cells and sees network
addresses only. **No ingress exists yet.** *Behind a plain ingress* is the same client whose every request goes through
one in a cell at the same moment: Oblivious HTTP with nothing added. That is measured to know what hiding addresses
gives by itself.

Runs that are not *step by step* were made just before contacts handed one another their cards: who makes a group
looks up everybody in it there.

Figures are average precision over all pairs: 1 is everything, *base* is guessing. The attacker of each row was chosen,
and taught, on other societies. In brackets: the lowest and highest society where there are several.
"""
BY_STEP: Final = """## One operator, step by step

An operator of relay and directory to whom addresses are hidden, and each of the two alone, after each change of the
client; each line has all lines before it. **Today's client is the line "{today}".**
Lines below that are not built. Of cards that contacts hand over (0068) only the look-ups that they save are simulated,
and not the frames that bring them.
Since no ingress exists, addresses are not hidden from anyone today: for what a tap finds with them see the table above.
"""
ASKED_OF_IT: Final = """### What is asked of it

Relay and directory in one hand, addresses hidden; what it may be at most was set before it was measured.
"""
MOST: Final = {(60, 4): 0.15, (60, 30): 0.20, (1_000, 30): 0.010}
"""What is asked of one operator, by people and days."""
REBASED: Final = ("a5e26a8-dirty", "4d8e379-dirty")
"""Commits of working copies, which are not in the history."""
MODEL: Final = """## How it is measured

- **Requests alone.** The real client lives too slowly for 40 messages a day. People talk as in the other measure, and
  their clients ask what the real one asks, by its own constants (`bench/leakage/cells/client.py`): digests, reads,
  receipts, looks, look-ups, weekly keys. Left out: losses, people who join or leave later, and before 0064 the watch of
  one's own handle every ten minutes. *Real client* is a recording of the real one, attacked with what requests alone
  taught.
- **Who sees addresses is taken to know whose they are**, of an ingress and of a relay that clients connect to: a
  telecom does. The other pages let attackers find that out, so their V4 is lower.
- **A relay sees no content in cells, but names of inboxes**: whose inbox is where is on public cards.
- **For a relay alone the other pages' V3 is the better figure**: their attackers also know which room began after which
  request. Those were not brought here.
- **All network links** show what all ingresses together see. **A feed** sees nothing: the design has none. What
  V1 and V2 find on each role's disks is what the other pages say of relay and directory; an ingress has no disk.
- **Attackers**: {attackers}, and one that learns from all of them. *Shared homes* says what living together gives
  away.
- **The ingress that delays** holds each account for 40 seconds in every four minutes and looks who answers when it
  lets go. **The relay that tells false digests** wakes the readers of each box every 30 minutes. Dropped and replayed
  cells are not simulated, nor an active directory. **One in ten helps**: they tell the watcher what is written in their
  rooms; pairs with one of them are left out.
- **Chance.** *95 of 100*: everybody's names exchanged freely. *Within households*: only among those who live
  together, so that the guess still knows which households talk; more than that is about persons. *Whole households*:
  the guess still knows who lives together, and nothing else. *Apart from homes* leaves pairs of one household out of
  the question.
- **Recall** is the share of true pairs named before 1 % of all others are. **People** are those who talk with
  somebody and of whose partners one is scored best. **Days** until that is so for half of them, when the attack is
  repeated after 1, 2, 4, 7, 14, 30, 60 days and at the end, in the first society.
"""


def write(folder: Path) -> str:
    """All of it."""
    runs = sorted((read(path) for path in folder.glob("*.json")), key=lambda run: (run.accounts, run.days, run.kind))
    stepped = [run for run in runs if run.by_step]
    whole = [run for run in runs if not run.by_step]
    parts = [HEAD, "## Average precision by role\n\n" + _summary(whole)]
    if stepped:
        parts += [BY_STEP.format(today=TODAY), _summary(stepped), ASKED_OF_IT, _asked_of_it(stepped), _costs(stepped)]
    return "\n".join([*parts, MODEL.format(attackers=_attackers(runs)), *(_section(run) for run in runs)])


def _asked_of_it(runs: Sequence[Run]) -> str:
    rows: list[Sequence[str]] = [["society", "client", "at most", "is", "chance (base)", ""]]
    for run in runs:
        most, step = MOST.get((run.accounts, run.days)), _newest(run)
        if most is None or step is None:
            continue
        found = _rows(run, _hidden(step), OPERATOR.name)
        mean, base = (float(np.mean([getattr(row.score, name) for row in found])) for name in ("precision", "base"))
        held = "held" if mean <= most else "**missed**"
        rows.append([_title(run), step, f"{most:.3g}", f"{mean:.4f}", f"{base:.4f}", held])
    return as_markdown(rows) + "\n"


def _newest(run: Run) -> str | None:
    """The last step up to today's client of which a run says something."""
    steps = list(STEPS)
    built = steps[: steps.index(TODAY) + 1]
    return next((step for step in reversed(built) if _rows(run, _hidden(step), OPERATOR.name)), None)


def _hourly(runs: Sequence[Run]) -> str:
    """What boxes that change every hour would give."""
    before, last = list(STEPS)[-2:]
    said = []
    for run in runs:
        found = [[row.score.precision for row in _rows(run, _hidden(step), OPERATOR.name)] for step in (last, before)]
        if all(found):
            said.append(f"{_mean(found[0])} instead of {_mean(found[1])} in *{_title(run)}*")
    return (
        "Boxes that change every hour are measured and not built ([0065](decisions/0065-letters-to-oneself.md)): of one"
        f" operator's figures they make {'; '.join(said)}, which is no clear gain.\n"
    )


def _hidden(step: str) -> str:
    return BY_STEP_CASES[step].name


def _costs(runs: Sequence[Run]) -> str:
    """What each step gains and costs, and what its clients ask for, in the run with most steps, of people who talk
    most.
    """
    run = max(runs, key=lambda each: (len(each.asked), each.pace, each.accounts))
    counted = next(iter(run.asked.values()))
    heading = ["client", "relay and directory", "in time", "otherwise", *(_heading(kind) for kind in counted)]
    rows: list[Sequence[str]] = [heading]
    for name, asked in run.asked.items():
        gain = _mean([row.score.precision for row in _rows(run, _hidden(name), OPERATOR.name)])
        counts = [f"{count:.{2 if kind.startswith('seconds') else 1}f}" for kind, count in asked.items()]
        rows.append([name, gain, STEPS[name].time, STEPS[name].costs, *counts])
    said = (
        f"Average precision of relay and directory in one hand, and what it costs one account, in *{_title(run)}*. A"
        " letter is what is put into an inbox. Seconds are from when something is put into a box until it is first read"
        " there, in the middle of what is read within ten minutes, where somebody is on. (Where there are fewer frames,"
        " fewer reads are under way already when one comes.)"
    )
    return f"### What each step gains and costs\n\n{said}\n\n{as_markdown(rows)}\n\n{_appends()}\n{_hourly(runs)}"


def _heading(kind: str) -> str:
    return kind if kind.startswith("seconds") else f"{kind} a day"


def _appends() -> str:
    """What slim receipts took away, with the real client."""
    kept = appends.read()
    sizes = sorted({room.people for room in kept.rooms} & set(BEFORE))
    said = "; ".join(f"rooms of {size}: {BEFORE[size]:g} before, {kept.each(size):.3g} since" for size in sizes)
    return f"Frames for each message, by slim receipts (0067; `{kept.command}`): {said}.\n"


def _summary(runs: Sequence[Run]) -> str:
    """Each view of each deployment over all runs."""
    keys = dict.fromkeys((row.score.deployment, row.score.view) for run in runs for row in run.reported)
    rows: list[Sequence[str]] = [["deployment", "in one hand", *(_title(run) for run in runs)]]
    for deployment, view in keys:
        cells = [_precision(_rows(run, deployment, view), _places(run)) for run in runs]
        rows.append([deployment, f"**{view}**", *cells])
    chance = [_mean((row.score.base for row in _rows(run, *_first(run))), 4) for run in runs]
    rows.append(["chance (base)", "", *chance])
    return as_markdown(rows) + "\n"


def _places(run: Run) -> int:
    return 3 if run.accounts < 500 else 4


def _first(run: Run) -> tuple[str, str]:
    return run.reported[0].score.deployment, run.reported[0].score.view


def _title(run: Run) -> str:
    return f"{run.kind}: {run.accounts:,} people, {run.days} days, {run.said:.0f} messages a day"


def _rows(run: Run, deployment: str, view: str) -> list[Reported]:
    return [row for row in run.reported if (row.score.deployment, row.score.view) == (deployment, view)]


def _precision(rows: Sequence[Reported], places: int) -> str:
    return _mean([row.score.precision for row in rows], places) if rows else "\N{EN DASH}"


def _mean(values: Iterable[float], places: int = 3) -> str:
    found = list(values)
    mean = f"{np.mean(found):.{places}f}"
    return mean if len(found) < 2 else f"{mean} ({min(found):.{places}f}\N{EN DASH}{max(found):.{places}f})"


def _section(run: Run) -> str:
    keys = dict.fromkeys((row.score.deployment, row.score.view) for row in run.reported)
    heading = [
        "deployment", "in one hand", "attacker", "average precision", "95 of 100 by chance", "within households",
        "whole households", "apart from homes (base)", "recall", "people (by chance)", "days",
    ]  # fmt: skip
    rows: list[Sequence[str]] = [heading]
    for deployment, view in keys:
        rows.append([deployment, view, *_cells(run, _rows(run, deployment, view))])
    societies = f"societies {', '.join(map(str, run.seeds))}; taught by {', '.join(map(str, run.taught))}"
    rebased = ", a working copy that was rebased since" if run.ran_on.endswith(REBASED) else ""
    made = f"`{run.command}`: {run.seconds:.0f} s of CPU; {societies}. {run.ran_on}{rebased}."
    title = f"{_title(run)[0].upper()}{_title(run)[1:]}{', step by step' if run.by_step else ''}"
    return f"## {title}\n\n{made}\n\n{as_markdown(rows)}\n\n{_by_day(run)}{_compared(run)}"


def _compared(run: Run) -> str:
    """Of a recording: what the real client asks for, beside what its requests alone do at the same volume."""
    if run.by_step or not run.asked:
        return ""
    kinds = [kind for kind in next(iter(run.asked.values())) if not kind.startswith("seconds")]
    rows: list[Sequence[str]] = [["of one account a day", *kinds]]
    rows += [[name, *(f"{asked[kind]:.1f}" for kind in kinds)] for name, asked in run.asked.items()]
    why = (
        "Requests alone leave out the frames by which rooms are made, keys renewed and profiles sent, and the first"
        " look-ups of an account."
    )
    return f"\n{as_markdown(rows)}\n\n{why}\n"


def _cells(run: Run, rows: Sequence[Reported]) -> list[str]:
    places = _places(run)
    first = rows[0]
    apart = f"{_mean((row.apart for row in rows), places)} ({first.apart_base:.{places}f})"
    people = f"{_mean([row.score.people for row in rows], 2)} ({np.mean([row.people_by_chance for row in rows]):.2f})"
    return [
        first.score.attacker,
        _mean([row.score.precision for row in rows], places),
        f"{np.mean([row.low for row in rows]):.{places}f}\N{EN DASH}{np.mean([row.high for row in rows]):.{places}f}",
        _mean([row.within for row in rows], places),
        _mean([row.homes for row in rows], places),
        apart,
        _mean([row.score.recall for row in rows], 2),
        people,
        _days(first),
    ]


def _days(row: Reported) -> str:
    if not row.found_by:
        return "\N{EN DASH}"
    return "never" if row.median_days is None else f"{row.median_days:.0f}"


def _by_day(run: Run) -> str:
    """The share of people of whom a partner was named, by day."""
    rows = [row for row in run.reported if row.found_by]
    if not rows:
        return ""
    table: list[Sequence[str]] = [["people with a partner named by day", *rows[0].found_by]]
    for row in rows:
        name = f"{row.score.deployment}: {row.score.view}"
        table.append([name, *(f"{share:.2f}" for share in row.found_by.values())])
    return as_markdown(table) + "\n"


def _attackers(runs: Sequence[Run]) -> str:
    names = dict.fromkeys(score.attacker for run in runs for score in run.scores)
    return ", ".join(f"*{name}*" for name in names if not name.startswith("learned"))
