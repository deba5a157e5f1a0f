"""The tool that plants mutants: what it changes, what it leaves alone, and which tests it asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.mutants import __main__ as mutants
from tools.mutants import equal
from tools.mutants.reach import Reach
from tools.mutants.sites import changes

SOURCE = Path(__file__).parents[2] / "src"


def made(code: str) -> set[str]:
    """Every text that a change makes of a piece of code."""
    return {change.apply(code.encode()).decode() for change in changes(code.encode())}


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("a < b", {"a <= b"}),
        ("a not in b", {"a in b"}),
        ("a is b", {"a is not b"}),
        ("a and b", {"a or b"}),
        ("a - b", {"a + b"}),
        ("not a", {"a"}),
        ("x = 7", {"x = 8"}),
        ("x = True", {"x = False"}),
        ("min(a, b)", {"max(a, b)", "pass"}),
        ("f(a)", {"pass"}),
        ("x.y = a", {"pass"}),
        ("raise A", {"pass"}),
        ("[a for a in b if c]", {"[a for a in b if True]"}),
        ("x = a if b else c", {"x = a if not (b) else c"}),
        ("while a:\n    break", {"while not (a):\n    break", "while a:\n    continue"}),
        ("def f():\n    return a", {"def f():\n    return None"}),
        ("가 < b", {"가 <= b"}),
    ],
)
def test_each_kind_of_change_is_made(code: str, wanted: set[str]) -> None:
    """A change replaces what it means to, and the rest stands as it stood, whatever its letters weigh in bytes."""
    assert wanted == made(code)


@pytest.mark.parametrize(
    "code",
    [
        '"""Words, 7 of them."""',
        "assert a < b",
        "from a import b",
        "def f(x: int | None) -> int | None: ...",
        "if TYPE_CHECKING:\n    f(1)",
        "__all__ = [1]",
        "x = cast(int, 7)",
        'x = f"{a + 1}"',
    ],
)
def test_what_no_test_should_notice_is_left_alone(code: str) -> None:
    """Docstrings, annotations, assertions for the type checker and the words of messages have no mutants."""
    assert set() == made(code)


def test_every_change_of_the_project_can_be_parsed() -> None:
    """The population is large, and each of its mutants is Python."""
    assert len(mutants.population(["nullabona.docket.core"])) > 500


def test_the_quickest_test_of_a_line_is_asked_first() -> None:
    """By line, or by module for what runs on import alone; a line that no test runs has none."""
    reach = Reach(
        {"a.py": {3: {"", "slow", "quick"}, 4: {""}}}, {"slow": 2.0, "quick": 0.1}, {"a.py": {"slow", "quick"}}
    )
    asked = [reach.tests("a.py", 3), reach.tests("a.py", 4), reach.tests("other/b.py", 1)]
    assert [["quick", "slow"], ["quick", "slow"], []] == asked


def test_every_equivalent_mutant_is_one_and_has_a_reason() -> None:
    """A row names a change that the tool makes, and says why nobody could notice it."""
    assert equal.stale(equal.rows(), SOURCE) == []


def test_a_row_may_be_of_some_places_alone() -> None:
    """Elsewhere in the file the same change is a mutant like any other; without a reason a row is none."""
    source = b"due = 0 < at <= now\nfew = 0 < count <= most\n"
    row: equal.Row = {"file": "a/", "old": "0", "new": "1", "around": "at <= now", "why": "no time is so early"}
    found = [change for change in changes(source) if equal.is_argued([row], "a/b.py", source, change)]
    assert [(1, "1")] == [(change.line, change.new) for change in found]
    assert [] == [change for change in changes(source) if equal.is_argued([row], "b/a.py", source, change)]
    unargued: equal.Row = {**row, "why": "so"}
    assert [unargued] == equal.stale([unargued], SOURCE)
