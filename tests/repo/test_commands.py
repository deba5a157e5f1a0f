"""What the pages tell people to type exists: make targets, commands and their options."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import click
import pytest

from nullabona.cli import main
from nullabona.cli.person.backup import FileOrCommand
from nullabona.cli.root import COMMANDS
from tools import check_generated

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(page for folder in ("docs", "spec") for page in (ROOT / folder).rglob("*.md"))])
PROMISED = ("demo", "test", "check", "drill", "fuzz", "bench")


def make_targets() -> set[str]:
    """The targets that `make help` lists."""
    result = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(re.findall(r"(?m)^  make ([a-z-]+) +\S", result.stdout))


def commands() -> list[tuple[Path, list[str]]]:
    """Every use of ``nulla`` in code of the pages: the words behind it, to the end of the code, line or comment."""
    use = re.compile(
        rf"(?:`|^(?: {{4}}.*?)?(?:\S*/)?)nulla ((?:--|(?:{'|'.join(COMMANDS)})(?![\w-]))[^`\n|;)]*)", re.MULTILINE
    )
    texts = {page: page.read_text(encoding="utf-8").replace("\\\n", " ") for page in PAGES}
    return [(page, words.partition(" #")[0].split()) for page, text in texts.items() for words in use.findall(text)]


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
    used = commands()
    assert set(COMMANDS) <= {word for _, words in used for word in words}
    assert [] == [
        f"{page.relative_to(ROOT)}: nulla {' '.join(words)}" for page, words in used if not known(main, words)
    ]


def known(command: click.Command, words: list[str]) -> bool:
    """Whether ``words`` begin with subcommands of ``command``, and name only options of those."""
    context, rest = click.Context(command), without_options(command, words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        try:
            name, inner, rest = command.resolve_command(context, rest)
        except click.UsageError:
            return rest[0].isupper() or not rest[0].isascii()  # a placeholder
        assert inner is not None
        command, context = inner, click.Context(inner, parent=context, info_name=name)
        if isinstance(command, FileOrCommand) and rest and rest[0] not in command.commands:
            rest = ["make", *rest]
        rest = without_options(command, rest) if isinstance(command, click.Group) else rest
    options = {
        name for parameter in command.get_params(context) for name in (*parameter.opts, *parameter.secondary_opts)
    }
    return all(word.rstrip(",.").partition("=")[0] in options for word in rest if word.startswith("--"))


def without_options(group: click.Command, words: list[str]) -> list[str]:
    """What follows the options of a group, each of which takes one word unless it is a switch."""
    takes = {name: not each.is_flag for each in group.params if isinstance(each, click.Option) for name in each.opts}
    rest = list(words)
    while isinstance(group, click.Group) and len(rest) > 1 and rest[0] in takes:
        rest = rest[1 + takes[rest[0]] :]
    return rest


@pytest.mark.parametrize(
    "words",
    [
        "relay limit",
        "record evidence --into DIR",
        "--profil DIR status",
        "docket --oficer FILE list",
        "backup check --file X",
    ],
)
def test_a_command_that_does_not_exist_is_noticed(words: str) -> None:
    """A misspelt subcommand, and a misspelt option of a command, of a group and of all."""
    assert not known(main, words.split())


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
