"""The catalogues of sentences are read strictly, and every sentence is said somewhere and stands in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from nullabona.errors import Bug
from nullabona.words import catalogue
from nullabona.words.catalogue import Sentence, Words, parse_words

SOURCE = Path(catalogue.__file__).parents[1]
HELP = {"cli_help", "cli_help_docket", "cli_help_drill", "cli_help_servers", "cli_help_release"}
"""Whose keys are commands and options; tests/cli/test_help.py compares them."""
AREAS = sorted(path.stem for path in Path(catalogue.__file__).parent.glob("*.toml"))
OWN = {area for area in AREAS if area.startswith(("errors", "error_lines", "app_refusals", "findings_where"))} | HELP
"""Whose English is the program's own."""


@pytest.fixture(scope="module")
def is_said() -> Callable[[str], bool]:
    """Whether the program has a string that is the key, or one that is put together and can be it."""
    whole, patterns = set[str](), set[str]()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole |= {node.value, *node.value.split()}
            elif isinstance(node, ast.JoinedStr):
                parts = (re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+" for part in node.values)
                patterns.add("".join(parts))
    for path in SOURCE.rglob("*.html"):
        text = path.read_text("utf-8")
        whole |= set(re.findall(r"""["']([\w.-]+)["']""", text))
        patterns |= {re.escape(name) + r"\..+" for name in re.findall(r"""\bterm\(["'](\w+)["']""", text)}
        patterns |= {re.escape(start) + ".+" for start in re.findall(r"""["']([\w-]+\.[\w.-]*)["']\s*~""", text)}
    keys = (one for one in patterns if re.fullmatch(r"[\w.+\\-]+", one) and re.search(r"\w\\?[.-]|[.-]\w", one))
    put_together = re.compile("|".join(keys))
    return lambda key: key in whole or put_together.fullmatch(key) is not None


@pytest.mark.parametrize(
    "area", [area for area in AREAS if area not in {"errors_bad_request", "errors_hints", "laws", *HELP}]
)
def test_every_sentence_is_said_somewhere(area: str, is_said: Callable[[str], bool]) -> None:
    """A key that no code names is dead."""
    sections = area in {"certificate", "demands"}
    assert [] == [key for key in Words(area) if not is_said(key.rpartition(".")[2] if sections else key)]


@pytest.mark.parametrize("area", [area for area in AREAS if area not in OWN])
def test_every_sentence_is_there_in_both_languages(area: str) -> None:
    """But for those whose English is the program's own."""
    words = Words(area)
    assert [] == [
        key for key, one in words.items() if not (one.ko and one.en) or bool(one.ko_hint) != bool(one.en_hint)
    ]


def test_a_catalogue_is_read_strictly() -> None:
    """It comes with the program: what is wrong in it is a bug."""
    good = '[a]\nko = "{n}개"\nen = "{n} of them"\n'
    assert {"a": Sentence("{n}개", "{n} of them")} == parse_words(good)
    assert "3개" == parse_words(good)["a"].say("ko", n=3)
    for bad in (good.replace("{n} of", "{m} of"), good + "fr = 'x'\n", "[a]\n[a]\n", "[a]\nen = 'x'\n", "a = 1\n", "["):
        with pytest.raises(Bug):
            parse_words(bad)
    with pytest.raises(Bug):
        parse_words(good, good)
