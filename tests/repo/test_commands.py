"""What the pages tell people to type exists: make targets, commands and their options."""

from __future__ import annotations

import importlib
import re
import subprocess
from pathlib import Path

import click
import pytest

from tools import check_generated

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PROMISED = ("demo", "test", "check", "drill", "fuzz", "bench")


def make_targets() -> set[str]:
    """The targets that `make help` lists."""
    result = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(re.findall(r"(?m)^  make ([a-z-]+) +\S", result.stdout))


def commands() -> list[tuple[Path, list[str]]]:
    """Every use of ``nulla`` in code of the pages: the words up to the first that is no subcommand or option."""
    use = re.compile(r"(?:`|^ {4}.*?)\bnulla ((?:relay|drill|account|room|log|witness|--)[^`\n]*)", flags=re.MULTILINE)
    texts = {page: page.read_text(encoding="utf-8").replace("\\\n", " ") for page in PAGES}
    return [(page, words.split()) for page, text in texts.items() for words in use.findall(text)]


def test_make_help_lists_every_promised_target() -> None:
    """help, and everything that the README and CONTRIBUTING promise, is a target with a sentence."""
    assert {"help", *PROMISED} - make_targets() == set()


def test_make_targets_in_the_pages_exist() -> None:
    """`make something` in a page is a target that `make help` lists."""
    used = {
        (page.name, target)
        for page in PAGES
        for target in re.findall(r"(?:`| {4}|&& )make ([a-z][a-z-]*)", page.read_text(encoding="utf-8"))
    }
    assert {(page, target) for page, target in used if target not in make_targets()} == set()


def test_commands_in_the_pages_exist() -> None:
    """`nulla …` in a page names subcommands and options that the command has."""
    root = getattr(importlib.import_module("nullabona.cli"), "main", None)
    if not isinstance(root, click.Command):
        pytest.skip("the command nulla does not exist yet")
    wrong = [
        f"{page.relative_to(ROOT)}: nulla {' '.join(words)}" for page, words in commands() if not known(root, words)
    ]
    assert wrong == []


def known(command: click.Command, words: list[str]) -> bool:
    """Whether ``words`` begin with subcommands of ``command`` and name only options that the last one has."""
    context = click.Context(command)
    rest = list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        inner = command.get_command(context, rest.pop(0))
        if inner is None:
            return False
        command, context = inner, click.Context(inner, parent=context)
    options = {name for parameter in command.get_params(context) for name in parameter.opts}
    return all(word.partition("=")[0] in options for word in rest if word.startswith("--"))


def test_generated_pages_are_fresh() -> None:
    """docs/errors.md and every other page made from code says what the code says now (`make generate`)."""
    assert check_generated.stale() == []


def test_a_stale_page_is_noticed(tmp_path: Path) -> None:
    """A page that differs by one line, or is missing, is named."""
    generator = check_generated.GENERATORS[0]
    page = tmp_path / generator.PATH
    page.parent.mkdir(parents=True)
    page.write_text(generator.page() + "\n", encoding="utf-8")
    assert [generator.PATH, generator.PATH] == [
        check_generated.stale(tmp_path)[0],
        check_generated.stale(tmp_path / "x")[0],
    ]
