"""Measures that keep the code readable: size, docstrings, reasons."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "tests", "drills", "bench", "fuzz", "tools")
MAX_FUNCTION = 60
MAX_FILE = 400
MAX_RUST = 1_850


@cache
def texts() -> dict[Path, str]:
    """Every Python file of the project."""
    files = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if "__pycache__" not in path.parts)
    return {path.relative_to(ROOT): path.read_text(encoding="utf-8") for path in files}


def trees(folder: str = "") -> Iterator[tuple[Path, ast.Module]]:
    """The files of a folder, or of all of them, parsed. One at a time: the collector would go through all, again and
    again.
    """
    for path, text in texts().items():
        if folder in {"", path.parts[0]}:
            yield path, ast.parse(text)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a module. Functions are statements, so expressions are passed over."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
        if isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from functions(node)


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_no_function_is_longer_than_a_page() -> None:
    """No function has more than 60 lines, decorators and docstring included."""
    long = [
        f"{path}:{node.lineno} {node.name} {node.end_lineno - node.lineno + 1}"
        for path, tree in trees()
        for node in functions(tree)
        if node.end_lineno is not None and node.end_lineno - node.lineno + 1 > MAX_FUNCTION
    ]
    assert long == []


def test_no_file_is_longer_than_one_concept() -> None:
    """No Python or Rust source file has more than 400 lines."""
    rust = [path.relative_to(ROOT) for path in (ROOT / "crates/mls/src").rglob("*.rs")]
    assert [f"{path} {lines(ROOT / path)}" for path in [*texts(), *rust] if lines(ROOT / path) > MAX_FILE] == []


def test_the_rust_seam_stays_small() -> None:
    """All Rust of the project has fewer than 1,850 lines: it turns bytes into bytes, what is decided is Python."""
    rust = [path for path in (ROOT / "crates").rglob("*.rs") if "target" not in path.relative_to(ROOT).parts]
    assert 0 < sum(lines(path) for path in rust) < MAX_RUST


def test_every_module_says_what_it_is() -> None:
    """Each module and package has a docstring; an empty ``__init__.py`` is none of either."""
    assert [
        str(path) for path, text in texts().items() if not text.startswith('"""') and not _says(ast.parse(text))
    ] == []


def _says(tree: ast.Module) -> bool:
    return not tree.body or bool(ast.get_docstring(tree))


def test_no_module_has_a_name_that_says_nothing() -> None:
    """One word per idea: no utils, helpers, manager or common."""
    empty = re.compile(r"(^|_)(utils?|helpers?|managers?|common|misc)(_|$)")
    assert [str(path) for path in texts() if empty.search(path.stem)] == []


def test_every_skip_has_a_reason() -> None:
    """``pytest.skip``, ``skipif`` and ``xfail`` say why in words; ``importorskip`` names what is missing itself."""
    perhaps = ((path, text) for path, text in texts().items() if "skip" in text or "xfail" in text)
    assert [where for path, text in perhaps for where in _silent_skips(path, ast.parse(text))] == []


def _silent_skips(path: Path, tree: ast.Module) -> list[str]:
    found = []
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in {"skip", "xfail"} and id(node) not in called:
            if ast.unparse(node).startswith("pytest.mark."):
                found.append(f"{path}:{node.lineno} {ast.unparse(node)}")
        elif isinstance(node, ast.Call) and _is_skip(ast.unparse(node.func)) and not _reason(node):
            found.append(f"{path}:{node.lineno} {ast.unparse(node)}")
    return found


def _is_skip(name: str) -> bool:
    kinds = ("skip", "skipif", "xfail")
    return name in {f"pytest.{kind}" for kind in kinds} | {f"pytest.mark.{kind}" for kind in kinds}


def _reason(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    named = any(keyword.arg == "reason" for keyword in call.keywords)
    return named or (name in {"pytest.skip", "pytest.xfail", "pytest.mark.skip"} and bool(call.args))


@pytest.mark.parametrize(
    ("source", "silent"),
    [
        ("import pytest\npytest.skip()", True),
        ("import pytest\npytest.skip('no nginx')", False),
        ("import pytest\n@pytest.mark.skip\ndef f(): ...", True),
        ("import pytest\n@pytest.mark.skipif(True)\ndef f(): ...", True),
        ("import pytest\n@pytest.mark.skipif(True, reason='no nginx')\ndef f(): ...", False),
    ],
)
def test_a_silent_skip_is_noticed(source: str, *, silent: bool) -> None:
    """The check above can tell a skip with a reason from one without."""
    assert silent == bool(_silent_skips(Path("x.py"), ast.parse(source)))
