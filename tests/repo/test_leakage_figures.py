"""What README and threat model say in figures of what leaks is what the pages of the leakage measure have."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, NamedTuple

import pytest

ROOT: Final = Path(__file__).parents[2]
TODAY, ROLES = "docs/leakage-today.md", "docs/leakage-roles.md"
REST: Final = "docs/leakage-at-rest.md"
USUAL, LONG, LARGE = "docs/leakage.md", "docs/leakage-long.md", "docs/leakage-large.md"
README, MODEL = "README.md", "spec/threat-model.md"
VIEWS: Final = "| design | V1 | V2 | V3 | V4 | V5 |"
GROUPS: Final = "| design | view | attacker | B³-F1 of groups | by chance | epochs chained |"
DEFENCES: Final = "| ours | societies | V2 edges | V3 edges |"
ASKED: Final = "| of ours, without addresses | average precision |"
HINDSIGHT: Final = "| design | view | attacker | best F1 | best in hindsight | its average precision |"
SNAPSHOTS: Final = "| view | society | attacker | average precision | by chance: mean, 95 of 100 |"
ACTIVITY: Final = "| traffic of | balanced accuracy |"


class At(NamedTuple):
    """A cell of a page: the table that begins so, the row that begins so (or has it, where a bracket begins it), the
    column of that name.
    """

    page: str
    table: str
    row: str
    column: str


OURS: Final = "| ours |"


def in_row(name: str, column: int) -> str:
    """What finds a figure in the table of the README, by the end of its row's name."""
    return rf"{name} " + r"\| [\d.]+ " * column + r"\| ([\d.]+) \|"


ROLE: Final = "| deployment | in one hand | real client"
STEP: Final = "| deployment | in one hand | requests alone"
MONTH: Final = "requests alone: 60 people, 30 days"
NAMED: Final = "| clients connect themselves | **relay** |"
LIES: Final = "| the same; the relay tells false"
CARDS: Final = "(0068) | **relay** |"
OPERATOR: Final = "({0}) | **relay and directory** |"


SAID: Final = (
    (README, in_row("network addresses and boxes", 0), At(TODAY, VIEWS, OURS, "V4")),
    (README, in_row("network addresses and boxes", 1), At(USUAL, VIEWS, OURS, "V4")),
    (README, in_row("network addresses and boxes", 2), At(LONG, VIEWS, OURS, "V4")),
    (README, in_row("network addresses and boxes", 3), At(LARGE, VIEWS, OURS, "V4")),
    (README, in_row("boxes alone", 0), At(TODAY, VIEWS, OURS, "V3")),
    (README, in_row("boxes alone", 1), At(USUAL, VIEWS, OURS, "V3")),
    (README, in_row("boxes alone", 2), At(LONG, VIEWS, OURS, "V3")),
    (README, in_row("boxes alone", 3), At(LARGE, VIEWS, OURS, "V3")),
    (README, in_row("chance", 0), At(TODAY, VIEWS, "| chance", "V3")),
    (README, in_row("chance", 1), At(USUAL, VIEWS, "| chance", "V3")),
    (README, in_row("chance", 2), At(LONG, VIEWS, "| chance", "V3")),
    (README, in_row("chance", 3), At(LARGE, VIEWS, "| chance", "V3")),
    (README, in_row("look-ups: new friendships", 0), At(TODAY, ASKED, "| look", "average")),
    (README, in_row("look-ups: new friendships", 1), At(USUAL, ASKED, "| look", "average")),
    (README, in_row("look-ups: new friendships", 2), At(LONG, ASKED, "| look", "average")),
    (README, in_row("look-ups: new friendships", 3), At(LARGE, ASKED, "| look", "average")),
    (MODEL, r"more than half of them, an average precision of ([\d.]+)", At(TODAY, VIEWS, OURS, "V4")),
    (README, r"leakage-roles.md\): ([\d.]+) in four days", At(ROLES, ROLE, NAMED, "real client")),
    (README, r"a B³-F1 of ([\d.]+), where guessing", At(TODAY, GROUPS, "| ours | V3 |", "B³-F1")),
    (README, r"where guessing gives ([\d.]+)\.", At(TODAY, GROUPS, "| ours | V3 |", "by chance")),
    (MODEL, r"whose addresses are whose: ([\d.]+) in four days", At(ROLES, ROLE, NAMED, "real client")),
    (MODEL, r"In 38 societies it is ([\d.]+) where", At(REST, "| view | attacker |", "| V1 | **", "average precision")),
    (MODEL, r"where chance gives ([\d.]+), which cannot", At(REST, "| view | attacker |", "| V1 | **", "by chance")),
    (MODEL, r"average precision of ([\d.]+) from memory", At(TODAY, VIEWS, OURS, "V2")),
    (MODEL, r"it is ([\d.]+) there, where 95 of 100", At(ROLES, STEP, CARDS, "requests alone: 1,000 people, 30 days")),
    (MODEL, r"and ([\d.]+) among 10,000 in one day", At(ROLES, STEP, CARDS, "requests alone: 10,000 people, 1 day")),
    (MODEL, r"an average precision of ([\d.]+) in thirty days; without lies", At(ROLES, ROLE, LIES, MONTH)),
    (MODEL, r"apart with a balanced accuracy of ([\d.]+),", At(TODAY, ACTIVITY, OURS, "balanced accuracy")),
    (MODEL, r"reached a B³-F1 of ([\d.]+), where", At(TODAY, GROUPS, "| ours | V3 |", "B³-F1")),
    (MODEL, r"B³-F1 of [\d.]+, where ([\d.]+) is chance", At(TODAY, GROUPS, "| ours | V3 |", "by chance")),
    (MODEL, r"and ([\d.]+) where it is [\d.]+ in a society of 1,000", At(LARGE, GROUPS, "| ours | V3 |", "B³-F1")),
    (MODEL, r"and [\d.]+ where it is ([\d.]+) in a society of", At(LARGE, GROUPS, "| ours | V3 |", "by chance")),
    (MODEL, r"an average precision of ([\d.]+) in four days", At(TODAY, VIEWS, OURS, "V3")),
    (MODEL, r"before decision 0061 of ([\d.]+) in four days", At(USUAL, VIEWS, OURS, "V3")),
    (MODEL, r"Since then it reaches ([\d.]+) in four days", At(TODAY, ASKED, "| look", "average")),
    (MODEL, r"addresses hidden it fell from ([\d.]+) to", At(ROLES, STEP, OPERATOR.format("0064"), MONTH)),
    (MODEL, r"fell from [\d.]+ to ([\d.]+) in thirty days", At(ROLES, STEP, OPERATOR.format("0063"), MONTH)),
    (MODEL, r"in four days and ([\d.]+) in thirty", At(LONG, VIEWS, OURS, "V3")),
    (MODEL, r"in a society of 1,000 in thirty days ([\d.]+),", At(LARGE, VIEWS, OURS, "V3")),
    (MODEL, r"and ([\d.]+) by the best of 32", At(LARGE, HINDSIGHT, "| ours | V3 |", "its average precision")),
    (MODEL, r"rooms on one connection give ([\d.]+)", At(USUAL, DEFENCES, "| with rooms together |", "V3 edges")),
    (MODEL, r"instead of reply boxes ([\d.]+) ", At(USUAL, DEFENCES, "| without reply boxes |", "V3 edges")),
    (MODEL, r"average precision of ([\d.]+) this way in four days", At(USUAL, ASKED, "| look", "average")),
    (MODEL, r"and of ([\d.]+) in a society of 1,000 in thirty", At(LARGE, ASKED, "| look", "average")),
    (MODEL, r"of 1,000 they reached ([\d.]+), as did", At(LARGE, SNAPSHOTS, "| V1 | 1 |", "average precision")),
    (MODEL, r"([\d.]+) where everybody comes `--fast`", At(USUAL, DEFENCES, "| with rooms together |", "V2 edges")),
)  # fmt: skip


@pytest.mark.parametrize(("document", "said", "at"), SAID, ids=[said for _, said, _ in SAID])
def test_a_figure_is_that_of_its_page(document: str, said: str, at: At) -> None:
    """Rounded to as many places as it has there."""
    text = " ".join((ROOT / document).read_text("utf-8").split())
    found = re.findall(said, text)
    assert len(found) == 1, "this sentence is not there, or more than once"
    places = len(found[0].partition(".")[2])
    assert float(found[0]) == pytest.approx(figure(at), abs=0.5 * 10**-places + 1e-9)


@pytest.mark.parametrize(
    ("said", "page"), [(r"other designs give ([\d.]+) or more", LONG), (r"models give ([\d.]+) or more", LARGE)]
)
def test_no_model_gives_less_than_is_said(said: str, page: str) -> None:
    """Without addresses; in the usual society, too."""
    [least] = re.findall(said, " ".join((ROOT / MODEL).read_text("utf-8").split()))
    models = ("plaintext server", "account queues", "pair queues", "static group ids")
    values = [figure(At(each, VIEWS, f"| {name} |", "V3")) for each in (page, USUAL) for name in models]
    assert min(values) >= float(least) - 0.005


def figure(at: At) -> float:
    """The figure in a cell, without the interval behind it."""
    lines = (ROOT / at.page).read_text("utf-8").splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith(at.table))
    row = next(line for line in lines[begin:] if line.startswith(at.row) or (at.row.startswith("(") and at.row in line))
    column = next(number for number, name in enumerate(_cells(lines[begin])) if name.startswith(at.column))
    return float(_cells(row)[column].split()[0])


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")[1:-1]]
