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
README, MODEL, SECURITY = "README.md", "spec/threat-model.md", "SECURITY.md"
VIEWS: Final = "| design | V1 | V2 | V3 | V4 | V5 |"
GROUPS: Final = "| design | view | attacker | B³-F1 of groups | by chance | epochs chained |"
DEFENCES: Final = "| ours | societies | V2 edges | V3 edges |"
ASKED: Final = "| of ours, without addresses | average precision |"
HINDSIGHT: Final = "| design | view | attacker | best F1 | best in hindsight | its average precision |"
FIRST: Final = "| design | view | median messages until the first right guess |"
PAIRS: Final = "| view | attacker |"
CHOSEN: Final = "| {0} | **"
SNAPSHOTS: Final = "| view | society | attacker | average precision | by chance: mean, 95 of 100 |"
ACTIVITY: Final = "| traffic of | balanced accuracy |"


class At(NamedTuple):
    """A cell of a page: the table that begins so, the row that begins so (or has it, where a bracket begins it), the
    column of that name. ``number``: which of the cell's numbers. ``under``: how the heading begins that is above the
    table, if several tables begin so.
    """

    page: str
    table: str
    row: str
    column: str
    number: int = 0
    under: str = ""


OURS: Final = "| ours |"


def in_row(name: str, column: int) -> str:
    """What finds a figure in the table of the README, by the end of its row's name."""
    return rf"{name} " + r"\| [\d.]+ " * column + r"\| ([\d.]+) \|"


ROLE: Final = "| deployment | in one hand | real client"
STEP: Final = "| deployment | in one hand | requests alone"
MONTH: Final = "requests alone: 60 people, 30 days"
NAMED: Final = "| clients connect themselves | **relay** |"
HIDDEN: Final = "| behind a plain ingress, no cover | **relay** |"
LIES: Final = "| the same; the relay tells false"
CARDS: Final = "(0068) | **relay** |"
CARDS_OF: Final = "(0068) | relay |"
BOTH_OF: Final = "(0068) | relay and directory |"
OPERATOR: Final = "({0}) | **relay and directory** |"
LIVED_ON: Final = "| deployment | in one hand | attacker |"
BY_CHANCE: Final = "95 of 100 by chance"
SMALL: Final = "## Requests alone: 60 people, 30 days, 40 messages a day, step by step"
LARGER: Final = "## Requests alone: 1,000 people, 30 days"
THOUSAND: Final = "requests alone: 1,000 people, 30 days"


SAID: Final = (
    (README, in_row("network addresses and boxes", 0), At(TODAY, VIEWS, OURS, "V4")),
    (README, in_row("network addresses and boxes", 1), At(USUAL, VIEWS, OURS, "V4")),
    (README, in_row("network addresses and boxes", 2), At(LONG, VIEWS, OURS, "V4")),
    (README, in_row("network addresses and boxes", 3), At(LARGE, VIEWS, OURS, "V4")),
    (README, in_row("boxes alone", 0), At(TODAY, VIEWS, OURS, "V3")),
    (README, in_row("boxes alone", 1), At(USUAL, VIEWS, OURS, "V3")),
    (README, in_row("boxes alone", 2), At(LONG, VIEWS, OURS, "V3")),
    (README, in_row("boxes alone", 3), At(LARGE, VIEWS, OURS, "V3")),
    (README, in_row("both, the default\\)", 0), At(TODAY, VIEWS, OURS, "V5")),
    (README, in_row("both, the default\\)", 1), At(USUAL, VIEWS, OURS, "V5")),
    (README, in_row("both, the default\\)", 2), At(LONG, VIEWS, OURS, "V5")),
    (README, in_row("both, the default\\)", 3), At(LARGE, VIEWS, OURS, "V5")),
    (README, in_row("chance", 0), At(TODAY, VIEWS, "| chance", "V3")),
    (README, in_row("chance", 1), At(USUAL, VIEWS, "| chance", "V3")),
    (README, in_row("chance", 2), At(LONG, VIEWS, "| chance", "V3")),
    (README, in_row("chance", 3), At(LARGE, VIEWS, "| chance", "V3")),
    (README, in_row("look-ups: new friendships", 0), At(TODAY, ASKED, "| look", "average")),
    (README, in_row("look-ups: new friendships", 1), At(USUAL, ASKED, "| look", "average")),
    (README, in_row("look-ups: new friendships", 2), At(LONG, ASKED, "| look", "average")),
    (README, in_row("look-ups: new friendships", 3), At(LARGE, ASKED, "| look", "average")),
    (MODEL, r"an average precision of ([\d.]+) for pairs \(V4\)", At(TODAY, VIEWS, OURS, "V4")),
    (MODEL, r"and of ([\d.]+) if the relay is also", At(TODAY, VIEWS, OURS, "V5")),
    (MODEL, r"\(V5\), where ([\d.]+) is chance", At(TODAY, VIEWS, "| chance", "V4")),
    (MODEL, r"for half of all after some (\d+) messages", At(TODAY, FIRST, "| ours | V4 |", "median")),
    (README, r"for half of all after some (\d+) messages", At(TODAY, FIRST, "| ours | V4 |", "median")),
    (MODEL, r"and ([\d.]+) of simulated requests in thirty days at 40", At(ROLES, ROLE, NAMED, MONTH)),
    (SECURITY, r"a B³-F1 of ([\d.]+), where guessing", At(TODAY, GROUPS, "| ours | V3 |", "B³-F1")),
    (SECURITY, r"where guessing gives ([\d.]+)\.", At(TODAY, GROUPS, "| ours | V3 |", "by chance")),
    (README, r"leakage-roles.md\): ([\d.]+) in four days", At(ROLES, ROLE, NAMED, "real client")),
    (README, r"a B³-F1 of ([\d.]+), where guessing", At(TODAY, GROUPS, "| ours | V3 |", "B³-F1")),
    (README, r"where guessing gives ([\d.]+)\.", At(TODAY, GROUPS, "| ours | V3 |", "by chance")),
    (MODEL, r"guesses nearly all pairs: ([\d.]+) in four days", At(ROLES, ROLE, NAMED, "real client")),
    (MODEL, r"average precision of ([\d.]+) from the disk", At(TODAY, VIEWS, OURS, "V1")),
    (MODEL, r"average precision of ([\d.]+) from disk and memory", At(TODAY, VIEWS, OURS, "V2")),
    (MODEL, r"it is ([\d.]+) from the disk where", At(REST, PAIRS, CHOSEN.format("V1"), "average precision")),
    (MODEL, r"from the disk where chance gives ([\d.]+),", At(REST, PAIRS, CHOSEN.format("V1"), "by chance")),
    (MODEL, r"it is ([\d.]+) from both where", At(REST, PAIRS, CHOSEN.format("V2"), "average precision")),
    (MODEL, r"from both where chance gives ([\d.]+),", At(REST, PAIRS, CHOSEN.format("V2"), "by chance")),
    (MODEL, r"it is ([\d.]+) among 1,000 people in thirty", At(ROLES, STEP, CARDS, THOUSAND)),
    (MODEL, r"chances end at ([\d.]+), and [\d.]+ among 10,000", At(ROLES, LIVED_ON, CARDS_OF, BY_CHANCE, 1, LARGER)),
    (MODEL, r"client that is ([\d.]+), and [\d.]+ in one of two", At(ROLES, STEP, OPERATOR.format("0068"), MONTH)),
    (MODEL, r"and ([\d.]+) in one of two societies", At(ROLES, STEP, OPERATOR.format("0068"), MONTH, 2)),
    (MODEL, r"chances end at ([\d.]+) on average", At(ROLES, LIVED_ON, BOTH_OF, BY_CHANCE, 1, SMALL)),
    (MODEL, r"Among 1,000 people it is ([\d.]+) in thirty", At(ROLES, STEP, OPERATOR.format("0068"), THOUSAND)),
    (MODEL, r"chances end at ([\d.]+) \(\[docs/leakage-roles", At(ROLES, LIVED_ON, BOTH_OF, BY_CHANCE, 1, LARGER)),
    (MODEL, r"and ([\d.]+) among 10,000 in one day", At(ROLES, STEP, CARDS, "requests alone: 10,000 people, 1 day")),
    (MODEL, r"an average precision of ([\d.]+) with them in thirty", At(ROLES, ROLE, LIES, MONTH)),
    (MODEL, r"and of ([\d.]+) without, where", At(ROLES, ROLE, HIDDEN, MONTH)),
    (MODEL, r"without, where ([\d.]+) is chance", At(ROLES, ROLE, "| chance", MONTH)),
    (MODEL, r"apart with a balanced accuracy of ([\d.]+),", At(TODAY, ACTIVITY, OURS, "balanced accuracy")),
    (MODEL, r"reached a B³-F1 of ([\d.]+), where", At(TODAY, GROUPS, "| ours | V3 |", "B³-F1")),
    (MODEL, r"B³-F1 of [\d.]+, where ([\d.]+) is chance", At(TODAY, GROUPS, "| ours | V3 |", "by chance")),
    (MODEL, r"and ([\d.]+) where it is [\d.]+ in a society of 1,000", At(LARGE, GROUPS, "| ours | V3 |", "B³-F1")),
    (MODEL, r"and [\d.]+ where it is ([\d.]+) in a society of", At(LARGE, GROUPS, "| ours | V3 |", "by chance")),
    (MODEL, r"an average precision of ([\d.]+) in four days", At(TODAY, VIEWS, OURS, "V3")),
    (MODEL, r"of 33 in hindsight of ([\d.]+) ", At(TODAY, HINDSIGHT, "| ours | V3 |", "its average precision")),
    (MODEL, r"Before decision 0061 it was ([\d.]+) in four days", At(USUAL, VIEWS, OURS, "V3")),
    (MODEL, r"Since then it reaches ([\d.]+) in four days", At(TODAY, ASKED, "| look", "average")),
    (MODEL, r"without addresses, it fell from ([\d.]+) to", At(ROLES, STEP, OPERATOR.format("0064"), MONTH)),
    (MODEL, r"fell from [\d.]+ to ([\d.]+) in thirty days", At(ROLES, STEP, OPERATOR.format("0063"), MONTH)),
    (MODEL, r"in four days and ([\d.]+) in thirty", At(LONG, VIEWS, OURS, "V3")),
    (MODEL, r"in a society of 1,000 in thirty days ([\d.]+),", At(LARGE, VIEWS, OURS, "V3")),
    (MODEL, r"and ([\d.]+) by the best of 32", At(LARGE, HINDSIGHT, "| ours | V3 |", "its average precision")),
    (MODEL, r"rooms on one connection give ([\d.]+)", At(USUAL, DEFENCES, "| with rooms together |", "V3 edges")),
    (MODEL, r"instead of reply boxes ([\d.]+) ", At(USUAL, DEFENCES, "| without reply boxes |", "V3 edges")),
    (MODEL, r"average precision of ([\d.]+) this way in four days", At(USUAL, ASKED, "| look", "average")),
    (MODEL, r"and of ([\d.]+) in a society of 1,000 in thirty", At(LARGE, ASKED, "| look", "average")),
    (MODEL, r"decision 0061, they reached ([\d.]+), as did", At(LARGE, SNAPSHOTS, "| V1 | 1 |", "average precision")),
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


@pytest.mark.parametrize("view", ["V1", "V2"])
def test_what_is_at_rest_is_above_chance_in_as_many_societies(view: str) -> None:
    """And the best in hindsight is no better than what was chosen beforehand, as it says."""
    text = " ".join((ROOT / MODEL).read_text("utf-8").split())
    link = r"\(\[docs/leakage-today.md\]\(../docs/leakage-today.md\), "
    said = re.findall(rf"best of 33 in hindsight: above chance in (\d+) of (\d+) societies {link}{view}\)", text)
    page = (ROOT / TODAY).read_text("utf-8")
    assert said == re.findall(rf"- \*\*{view}\*\*: the guess is above chance in (\d+) of (\d+) societies\.", page)
    assert len(said) == 1
    hindsight = figure(At(TODAY, HINDSIGHT, f"| ours | {view} |", "its average precision"))
    assert hindsight == pytest.approx(figure(At(TODAY, VIEWS, OURS, view)), abs=0.0005)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (README, r"guesses a friend of (\d+) people in 100"),
        (SECURITY, r"in four days and for (\d+) people in 100"),
        (MODEL, r"For (\d+) of 100 people it guesses"),
    ],
)
def test_as_many_people_are_guessed_as_the_page_says(document: str, said: str) -> None:
    """Those of whom a tap that sees addresses names somebody with whom they talk."""
    [people] = re.findall(said, " ".join((ROOT / document).read_text("utf-8").split()))
    share = figure(At(TODAY, FIRST, "| ours | V4 |", "people guessed rightly"))
    assert int(people) == pytest.approx(100 * share, abs=0.5)


def figure(at: At) -> float:
    """The figure in a cell, without the interval behind it unless ``number`` is of that."""
    lines = (ROOT / at.page).read_text("utf-8").splitlines()
    above = next(number for number, line in enumerate(lines) if line.startswith(at.under))
    begin = next(number for number in range(above, len(lines)) if lines[number].startswith(at.table))
    row = next(line for line in lines[begin:] if line.startswith(at.row) or (at.row.startswith("(") and at.row in line))
    column = next(number for number, name in enumerate(_cells(lines[begin])) if name.startswith(at.column))
    return float(re.findall(r"[\d.]+", _cells(row)[column])[at.number])


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")[1:-1]]
