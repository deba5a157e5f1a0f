"""docs/drill-mutants.md: how many of the defences that were taken out of the code the drills noticed, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.drills.mutants import MUTANTS, Mutant
from tools.drill_mutants import ADMITTED, Result, key_of, load_results, measured

PATH: Final = "docs/drill-mutants.md"
_HEAD: Final = """# What the drills would notice

Made by `tools/drill_mutants_page.py` from `tests/drills/mutants.json`, which `make drill-mutants` writes.

A *mutant* is the code without one defence. Of each the drill is played whose line of the
[threat model](../spec/threat-model.md) it breaks; the drill has to say so. *Blind* are those that were chosen from the
line's words and the code, before anybody looked at what the drill checks, or by somebody who attacked the drills. A
drill that does not come to its end counts as noticing only where nothing else can come of the mutant, and not if a
process did not answer in time. A result stays until `make drill-mutants` plays it again, because the mutant or its
drill has changed; before that the drill has to hold with nothing taken out. One mutant may break several lines: it is
counted once in the score and once at each of them in the table.
"""


def page() -> str:
    """The whole text of the page."""
    results = load_results()
    played = [(one, results[key_of(one)]) for one in MUTANTS if key_of(one) in results]
    noticed = sum(result.noticed for _, result in played)
    blind = [result for one, result in played if one.blind]
    of_blind = sum(result.noticed for result in blind)
    score = [
        f"**{noticed} of {len(played)} were noticed**; of the {len(blind)} blind ones {of_blind}. {_stuck(played)}",
        *_unplayed({key_of(one) for one, _ in played}),
    ]
    return "\n".join([_HEAD, *score, "", *_table(played), "", *_missed(played), *_rest()]) + "\n"


def _unplayed(played: set[str]) -> Iterator[str]:
    """How many were planted and not played so far, and the lines that none which was played breaks."""
    rest = [one for one in MUTANTS if key_of(one) not in played]
    if rest:
        shown = {line for one in MUTANTS if key_of(one) in played for line in one.fails}
        unshown = sorted({line for one in rest for line in one.fails} - shown)
        lines = f" Nothing was played yet of {', '.join(unshown)}." if unshown else ""
        yield f"Planted and not played yet: {len(rest)}.{lines}"


def _stuck(played: list[tuple[Mutant, Result]]) -> str:
    """How many drills failed by not coming to their end alone, which a broken program does that shows nothing."""
    count = sum(result.noticed and not result.failed for _, result in played)
    return f"Of the noticed, {count} made the drill break off before it judged their line."


def _table(played: list[tuple[Mutant, Result]]) -> Iterator[str]:
    yield "| line | drill | planted | noticed | of them blind | noticed |"
    yield "|---|---|---|---|---|---|"
    for drill in dict.fromkeys(one.drill for one, _ in played):
        for line in sorted({line for one, _ in played if one.drill == drill for line in one.fails}):
            of = [(one, result) for one, result in played if one.drill == drill and line in one.fails]
            blind = [result for one, result in of if one.blind]
            yield (
                f"| {line} | `{drill}` | {len(of)} | {sum(result.noticed for _, result in of)} "
                f"| {len(blind)} | {sum(result.noticed for result in blind)} |"
            )


def _missed(played: list[tuple[Mutant, Result]]) -> Iterator[str]:
    missed = [one for one, result in played if not result.noticed]
    if missed:
        yield "## Not noticed"
        yield ""
        yield "Why not is said in section 10 of the threat model."
        yield ""
        yield from (f"- `{one.drill}`, {' '.join(sorted(one.fails))}: {one.name}" for one in missed)
        yield ""


def _rest() -> Iterator[str]:
    yield "## Lines without a mutant"
    yield ""
    yield "These only admit what somebody can do, so that there is no defence behind them that could be taken out:"
    names = sorted(ADMITTED & measured())
    yield from (
        ", ".join(names[at : at + 14]) + ("," if at + 14 < len(names) else ".") for at in range(0, len(names), 14)
    )
