"""No module imports, by whatever way round, a module that imports it: not in the product, not in what measures it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repo.test_style import trees


def imports(folder: str) -> dict[str, set[str]]:
    """What each module of a folder imports of the others, also where only types are wanted."""
    asked = {module_name(path): list(import_statements(tree)) for path, tree in trees(folder)}
    files = asked.keys()
    found: dict[str, set[str]] = {}
    for module, statements in asked.items():
        names: set[str] = set()
        for node in statements:
            if isinstance(node, ast.ImportFrom) and node.module:
                names |= {
                    full if (full := f"{node.module}.{each.name}") in files else node.module for each in node.names
                }
            elif isinstance(node, ast.Import):
                names |= {each.name for each in node.names}
        found[module] = (names & files) - {module}
    return found


def import_statements(tree: ast.AST) -> Iterator[ast.stmt]:
    """Every import of a module, wherever it is. Imports are statements, so expressions are passed over."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from import_statements(node)


def module_name(path: Path) -> str:
    """The dotted name of a file; a package's is that of its folder."""
    parts = path.with_suffix("").parts[path.parts[0] == "src" :]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules that reach one another: what is left once all that nothing of the rest needs, or that needs
    nothing of the rest, is taken away, split by who reaches whom.
    """
    left = {node: set(needs) for node, needs in graph.items()}
    while ends := left.keys() - (set[str]().union(*left.values()) & {node for node, needs in left.items() if needs}):
        for node in ends:
            del left[node]
        left = {node: needs & left.keys() for node, needs in left.items()}
    reach = {node: reached(left, node) for node in left}
    groups = {frozenset(other for other in reach[node] if node in reach[other]) for node in left if node in reach[node]}
    return sorted(sorted(group) for group in groups)


def reached(graph: dict[str, set[str]], start: str) -> set[str]:
    """Every module that one needs, directly or not."""
    seen: set[str] = set()
    ahead = [start]
    while ahead:
        new = graph[ahead.pop()] - seen
        seen |= new
        ahead += new
    return seen


def test_circles_are_found() -> None:
    """Two that share nothing are two; whoever only leads there is in none."""
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": {"e"}, "e": {"f", "g"}, "f": {"e"}, "g": set[str]()}
    assert [["b", "c"], ["e", "f"]] == circles(graph)
    assert [] == circles({"a": {"b"}, "b": set()})


@pytest.mark.timeout(300)  # it parses every file, which takes a loaded machine more than a minute
@pytest.mark.parametrize("folder", ["src", "bench", "tools"])
def test_no_modules_import_one_another_in_a_circle(folder: str) -> None:
    """Whoever reads one of them can stop at what it imports."""
    assert [] == circles(imports(folder))
