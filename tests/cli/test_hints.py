"""Hints that an error is given where it is raised: each of them in Korean, too, with its values."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import nullabona
from nullabona.errors import Malformed, NullabonaError
from nullabona.machine.database import PostgresFailed, StandbySilent
from nullabona.machine.postgres.session import LockTaken
from nullabona.machine.settings import BadConfig
from nullabona.words.errors import HINTS, in_words

SOURCE = Path(nullabona.__file__).parent
GIVEN = re.compile(r"\bhint\s*=")


def literals(node: ast.expr, names: dict[str, ast.expr]) -> Iterator[str]:
    """The texts that an expression can be, with a 7 in the place of each value; none for what is not written there."""
    match node:
        case ast.Name(id=name) if name in names:
            yield from literals(names[name], {})
        case ast.Constant(value=str(text)) if text:
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in parts)
        case ast.IfExp(body=first, orelse=second):
            yield from literals(first, names)
            yield from literals(second, names)
        case _:
            return


def raised() -> Iterator[tuple[str, str]]:
    """File and text of every hint that is given to an error."""
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text("utf-8")
        if not GIVEN.search(text):
            continue  # every worker of the suite reads all files as it starts: only some need a tree
        tree = ast.parse(text)
        names = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                if isinstance(target, ast.Name):
                    names[target.id] = node.value
        for node in ast.walk(tree):
            for keyword in node.keywords if isinstance(node, ast.Call) else []:
                if keyword.arg == "hint":
                    yield from ((path.relative_to(SOURCE).as_posix(), text) for text in literals(keyword.value, names))


RAISED = sorted(set(raised()))


HANDED_ON = {PostgresFailed.default_hint, StandbySilent.default_hint, LockTaken.default_hint}
"""Hints of PostgreSQL's errors, which a store's own error takes over (`nullabona.machine.database.failure`)."""


def test_hints_are_found_where_they_are_given() -> None:
    """The list below is not empty because nobody looks."""
    assert len(RAISED) > 60


@pytest.mark.parametrize(("file", "hint"), RAISED)
def test_every_hint_is_said_in_korean(file: str, hint: str) -> None:
    """Also those that name an option or a value."""
    error = BadConfig("something", hint=hint)
    said = in_words(error, "ko")[1]
    assert re.search("[가-힣]", said) or said.startswith("pip install"), file
    assert hint == in_words(error, "en")[1]


@pytest.mark.parametrize("pattern", HINTS)
def test_every_translation_is_of_a_hint_that_is_given(pattern: str) -> None:
    """One whose English has changed is dead."""
    assert any(re.fullmatch(pattern, hint) for hint in [*(hint for _, hint in RAISED), *HANDED_ON])


@pytest.mark.parametrize("pattern", HINTS)
def test_a_hint_has_the_values_of_its_english(pattern: str) -> None:
    """A value that one of them lacks would be lost."""
    assert set(re.compile(pattern).groupindex) == set(re.findall(r"\{(\w+)\}", HINTS[pattern].ko))


def test_the_hint_of_a_kind_is_said_where_an_error_has_no_other() -> None:
    """What an error is given goes first; without words of its own it is said as it is."""

    class Kind(NullabonaError):
        code = "profile-in-use"
        default_hint = "close it"

    own = in_words(Kind("busy"), "ko")[1]
    assert re.search("[가-힣]", own)
    assert own == in_words(Kind("busy", hint="of this we know nothing"), "ko")[1]
    assert "새 폴더를 지정하세요." == in_words(Kind("busy", hint="name a new folder"), "ko")[1]
    assert ("", "x") == (in_words(Malformed("x", hint=""), "en")[1], in_words(Malformed("x"), "en")[0])
