"""docs/limits.md from the constants of the packages whose numbers affect a person's messages or a verdict."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from types import ModuleType
from typing import Final

import nullabona

PATH = "docs/limits.md"
PACKAGES: Final = ("client.core", "client.importing", "client.archive", "docket.core", "app.presenting")

_HEAD = """\
# Limits, times and sizes

Made from the code by `make generate`; do not edit. The page lists every named number of the client's core, of the
readers of exports and backups, of the docket's core and of the app's views. A name that ends in `_MS` is in
milliseconds, `_S` in seconds, `_DAYS` in days; a number without a unit is a count. A change of a number changes this
page too, so no limit changes unseen. The page of [spec/](../spec) about each part says what its numbers are for.
"""


def page() -> str:
    """The whole text of docs/limits.md."""
    return "\n".join([_HEAD, *(_section(package) for package in PACKAGES)])


def _section(package: str) -> str:
    folder = Path(nullabona.__path__[0]) / package.replace(".", "/")
    rows = [row for file in sorted(folder.rglob("*.py")) for row in _rows(package, folder, file)]
    return "\n".join([f"## `{package}`\n", "| in | name | value | |", "|---|---|--:|---|", *rows, ""])


def _rows(package: str, folder: Path, file: Path) -> Iterator[str]:
    place = ".".join(file.relative_to(folder).with_suffix("").parts)
    name = f"nullabona.{package}.{place}".removesuffix(".__init__")
    module = importlib.import_module(name)
    body = ast.parse(file.read_text("utf-8")).body
    for name, found, said in (*_constants(module, body), *_defaults(module, body)):
        if value := _written(found):
            yield f"| {place} | `{name}` | {value} | {said} |"


def _constants(module: ModuleType, body: list[ast.stmt]) -> Iterator[tuple[str, object, str]]:
    for at, statement in enumerate(body):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
            yield statement.target.id, getattr(module, statement.target.id), _said(body[at + 1 : at + 2])


def _defaults(module: ModuleType, body: list[ast.stmt]) -> Iterator[tuple[str, object, str]]:
    """The defaults of dataclass fields, such as the times of `Timing`. 0 and 1 are start values, not limits."""
    for statement in body:
        if isinstance(statement, ast.ClassDef) and is_dataclass(cls := getattr(module, statement.name)):
            said = {
                each.target.id: _said(statement.body[at + 1 : at + 2])
                for at, each in enumerate(statement.body)
                if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
            }
            for each in fields(cls):
                if each.default not in {0, 1, MISSING}:
                    yield f"{statement.name}.{each.name}", each.default, said.get(each.name, "")


def _written(found: object) -> str:
    """A number, or several, as text; empty for anything else."""
    match found:
        case bool():
            return ""
        case int() | float() as number:
            return f"{number:,}"
        case tuple() | frozenset() as several if several and all(type(each) is int for each in several):
            return " ".join(f"{each:,}" for each in (sorted(several) if isinstance(several, frozenset) else several))
        case _:
            return ""


def _said(following: list[ast.stmt]) -> str:
    """The docstring below a constant, on one line."""
    match following:
        case [ast.Expr(value=ast.Constant(value=str(text)))]:
            return " ".join(text.split()).replace("|", "\\|")
        case _:
            return ""
