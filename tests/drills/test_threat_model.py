"""Every line of spec/threat-model.md is proved by a drill or a test, or says that it is not; each drill has lines."""

from __future__ import annotations

from importlib import import_module
from inspect import signature
from pathlib import Path

import pytest

from nullabona.drills.registry import DRILLS
from tools import threat_model

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / threat_model.PATH).read_text(encoding="utf-8")


def test_every_line_says_how_it_is_known() -> None:
    """Nothing is claimed without a drill, a test, or the word unproven and a reason."""
    assert [] == threat_model.faults(PAGE)


def test_the_table_is_what_the_lines_say() -> None:
    """The page is what its generator makes."""
    assert threat_model.page() == PAGE


def test_every_adversary_can_and_cannot_do_something() -> None:
    """A model without admissions is an advertisement."""
    ids = [claim.id for claim in threat_model.claims(PAGE)]
    for letter in "WSTXLGRDN":
        assert {"0", "1"} <= {id[2] for id in ids if id[0] == letter}, letter


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("- **W-99** Read minds.\n", "W-99: says neither drill, test nor unproven"),
        ("- **W-99** Read minds. — drill: telepathy\n", "W-99: is not put to the test by a drill telepathy"),
        ("- **W-99** Read minds. — drill: warrant\n", "W-99: is not put to the test by a drill warrant"),
        ("- **W-99** Read minds. — test: tests/x.py::test_y\n", "W-99: there is no test tests/x.py::test_y"),
        ("- **minds** Read them. — unproven: yet\n", "minds: is no id"),
        ("- **W-01** Again. — drill: warrant\n", "W-01: stands 2 times"),
    ],
)
def test_a_line_that_breaks_a_rule_is_told(line: str, fault: str) -> None:
    """The check bites: each way to break the page is reported."""
    assert [fault] == threat_model.faults(PAGE + "\n" + line)


def test_a_drill_without_its_line_is_told() -> None:
    """Taking a line away that a drill proves is reported."""
    without = PAGE.replace("**S-10**", "**S-98**", 1)
    assert [
        "S-98: is not put to the test by a drill seizure",
        "S-10: drill seizure names it, the page does not",
    ] == threat_model.faults(without)


def test_every_drill_names_lines() -> None:
    """A drill without an id proves nothing."""
    assert all(drill.proves for drill in DRILLS.values())


@pytest.mark.parametrize("name", DRILLS)
def test_every_drill_is_asked_what_it_takes(name: str) -> None:
    """Its options are the arguments of ``report.run`` in its folder, and all that it plays is a report."""
    drill = DRILLS[name]
    run = import_module(f"nullabona.drills.{drill.folder}.report").run
    _, *arguments = signature(run).parameters
    assert sorted(arguments) == sorted(str(option.name) for option in drill.options)
