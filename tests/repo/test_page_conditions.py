"""Conditions that tests wait for in a page are functions.

Playwright evaluates any other expression again at each frame with `eval`, which the pages' Content-Security-Policy
refuses: such a wait passes only where its condition holds at once, so it fails on a busy machine.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2] / "tests"


def named(tree: ast.Module) -> dict[str, str]:
    """The source of every value that has a name in a module."""
    found = {}
    for node in ast.walk(tree):
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        for target in targets:
            if isinstance(target, ast.Name) and isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                found[target.id] = ast.unparse(node.value)
    return found


def bare_conditions(source: str) -> list[str]:
    """The conditions of a module that are no functions."""
    tree = ast.parse(source)
    values = named(tree)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    waited = [call.args[0] for call in calls if call.func.attr == "wait_for_function"]  # type: ignore[attr-defined]
    given = [values.get(one.id, one.id) if isinstance(one, ast.Name) else ast.unparse(one) for one in waited]
    return [one for one in given if "=>" not in one]


def test_every_condition_is_a_function() -> None:
    """In whatever test drives a browser."""
    sources = {path: path.read_text("utf-8") for path in ROOT.rglob("*.py")}
    waiting = {path: source for path, source in sources.items() if "wait_for_function(" in source}
    found = {str(path.relative_to(ROOT)): bare_conditions(source) for path, source in waiting.items()}
    assert {} == {path: bare for path, bare in found.items() if bare}


def test_what_is_no_function_is_noticed() -> None:
    """Also under a name."""
    source = "page.wait_for_function('a === 1')\nB = 'b'\npage.wait_for_function(B)\npage.wait_for_function('() => c')"
    assert ["'a === 1'", "'b'"] == bare_conditions(source)
