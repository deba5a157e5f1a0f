"""Drills say sentences of the catalogue, each with the values that it takes, and no sentence stands in their code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from nullabona import drills
from nullabona.cli import drill as command
from nullabona.drills.reporting.text import Sentences, Text, joined
from nullabona.words.catalogue import Words

FOLDER = Path(drills.__file__).parent
FILES = [*FOLDER.rglob("*.py"), Path(command.__file__)]


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Area and call of every sentence of a module."""
    speakers = {
        target.id: str(ast.literal_eval(node.value.args[0]))
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Call)
        for target in [node.target]
        if isinstance(target, ast.Name) and ast.unparse(node.value.func) == "Sentences"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in speakers:
            yield speakers[node.func.id], node


def keys(expression: ast.expr) -> list[str]:
    """The keys that a first argument can be."""
    if isinstance(expression, ast.IfExp):
        return [*keys(expression.body), *keys(expression.orelse)]
    return [expression.value] if isinstance(expression, ast.Constant) and isinstance(expression.value, str) else []


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_sentences_are_said_with_their_values(path: Path) -> None:
    """A value too few would end a drill of half an hour at its report; one too many is said nowhere."""
    for area, call in calls(ast.parse(path.read_text("utf-8"))):
        words = Words(area)
        for key in keys(call.args[0]):
            places = set(re.findall(r"(?<!\{)\{(\w+)", words[key].en))
            given = {keyword.arg for keyword in call.keywords}
            assert given == places or None in given, (key, given, places)


def test_no_sentence_stands_in_the_code() -> None:
    """Only `Sentences` makes a `Text` of two languages; Korean elsewhere is what people in a drill say."""
    made = {
        path.relative_to(FOLDER.parents[0]).as_posix()
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Text"
    }
    assert {"drills/reporting/text.py"} == made


def test_a_value_in_both_languages_is_said_in_each() -> None:
    """A sentence within a sentence, and several with a mark between them."""
    say = Sentences("drill_reporting")
    assert Text("지켜짐 발견됨: 3", "held FOUND: 3") == say("with-found", text=say("held"), found=3)
    assert Text("지켜짐; 없음", "held; nothing") == joined("; ", [say("held"), say("nothing")])
