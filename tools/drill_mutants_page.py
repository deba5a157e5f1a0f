"""docs/drill-mutants.md: for each line of the threat model, how many missing defences the drills noticed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.drills.mutants import MUTANTS, Mutant
from tools.drill_mutants import ADMITTED, Result, key_of, load_results, measured

PATH: Final = "docs/drill-mutants.md"
_HEAD: Final = """# What the drills would notice

Made by `tools/drill_mutants_page.py` from `tests/drills/mutants.json`, which `make drill-mutants` writes.

A *mutant* is the code without one defence. Each mutant breaks one or more lines of the
[threat model](../spec/threat-model.md). `make drill-mutants` plays the drill of those lines, and the drill must report
the failure. A mutant is *blind* if its author chose it from the line's words and the code before looking at what the
drill checks, or while attacking the drills. A drill that breaks off counts as noticing only if the mutant can have no
other effect, and never if a process did not answer in time.

A result stays until the mutant or its drill changes and `make drill-mutants` plays it again. Before its mutants, each
drill must hold on the unchanged code. A mutant that breaks several lines is counted once in the score and once at each
of these lines in the table.
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
    """How many mutants have not been played yet, and the lines that no played mutant breaks."""
    rest = [one for one in MUTANTS if key_of(one) not in played]
    if rest:
        shown = {line for one in MUTANTS if key_of(one) in played for line in one.fails}
        unshown = sorted({line for one in rest for line in one.fails} - shown)
        lines = f" No mutant of {', '.join(unshown)} has been played yet." if unshown else ""
        yield f"Planted but not played yet: {len(rest)}.{lines}"


def _stuck(played: list[tuple[Mutant, Result]]) -> str:
    """How many drills only broke off: any broken program does that to a drill, so it proves little."""
    count = sum(result.noticed and not result.failed for _, result in played)
    return f"Of those noticed, {count} made the drill break off before it judged their line."


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
        yield "Section 10 of the threat model says why."
        yield ""
        yield from (f"- `{one.drill}`, {' '.join(sorted(one.fails))}: {one.name}" for one in missed)
        yield ""


def _rest() -> Iterator[str]:
    yield "## Lines without a mutant"
    yield ""
    yield "These lines only admit what somebody can do, so there is no defence to take out:"
    names = sorted(ADMITTED & measured())
    yield from (
        ", ".join(names[at : at + 14]) + ("," if at + 14 < len(names) else ".") for at in range(0, len(names), 14)
    )
