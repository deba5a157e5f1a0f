"""Every command explains itself in both languages, on a terminal of 80 columns, and says what was typed wrongly."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click
import pytest

from nullabona.cli import main
from nullabona.cli.docket import group as docket_group
from nullabona.cli.help import FRAME, KOREAN, Command, Group, explained, key_of, words_of
from nullabona.cli.root import COMMANDS, SECTIONS
from nullabona.cli.root import run as run_nulla
from nullabona.cli.settings import settings_of
from nullabona.words.catalogue import LANGUAGES, Language
from nullabona.words.columns import width, wrap

HANGUL = re.compile(r"[가-힣]")
COLUMNS = 80


def every_command() -> Iterator[tuple[click.Command, click.Context]]:
    """All of them with the context of a command line, hidden ones too."""
    stack: list[tuple[click.Command, click.Context]] = [
        (main, click.Context(main, info_name="nulla", **main.context_settings))
    ]
    while stack:
        command, context = stack.pop()
        yield command, context
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                inner = command.get_command(context, name)
                assert inner is not None
                stack.append((inner, click.Context(inner, parent=context, info_name=name)))


ALL = list(every_command())
OPTIONS = [
    (option, context)
    for command, context in ALL
    for option in command.get_params(context)
    if isinstance(option, click.Option)
]


def page(command: click.Command, context: click.Context, language: Language) -> str:
    """Its help."""
    settings_of(context).language = language
    return command.get_help(context)


def test_every_command_and_option_is_explained_in_korean() -> None:
    """And every explanation is of a command or an option that exists."""
    named = [words_of(context) for _, context in ALL]
    assert [] == [words for words in named if words not in KOREAN]
    keys = {(words_of(context), option.opts[0]): key_of(option, context) for option, context in OPTIONS}
    assert {} == {where: key for where, key in keys.items() if key is None}
    assert {*named, *keys.values(), "exit-codes"} == set(KOREAN)


def test_korean_translates_what_the_program_says_today() -> None:
    """Beside each Korean sentence is the English that it translates. Where the program says another, Korean is old."""
    said = [(words_of(context), command.help) for command, context in ALL]
    said += [(str(key_of(option, context)), option.help) for option, context in OPTIONS]
    assert [] == [(key, text) for key, text in said if in_lines(text or "") != KOREAN[key].en.split("\n\n")]


def in_lines(text: str) -> list[str]:
    """Its paragraphs, each in one line."""
    return [" ".join(part.split()) for part in inspect.cleandoc(text).split("\n\n")]


def test_no_command_was_left_to_click() -> None:
    """Each is of our class, or its help would be English for everybody."""
    assert [] == [context.command_path for command, context in ALL if not isinstance(command, Command)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_is_wider_than_the_terminal(language: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    """Syllables of Hangul take two columns."""
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    lines = [
        (context.command_path, line) for each, context in ALL for line in page(each, context, language).split("\n")
    ]
    assert [] == [(path, line) for path, line in lines if width(line) > COLUMNS]


def test_korean_help_is_korean() -> None:
    """Every paragraph and every row of a list has Hangul, also what stands around them."""
    for command, context in ALL:
        text = page(command, context, "ko")
        assert text.startswith("사용법: "), context.command_path
        told = [explained(command, context, "ko"), *(KOREAN[str(key_of(*each))].ko for each in OPTIONS)]
        assert [] == [one for one in told if not HANGUL.search(one)]
        assert not re.search(r"Usage|Options:|Commands|\[default|\[env|\[required|Show this", text), text


def test_english_help_is_what_the_program_says() -> None:
    """No Hangul in it."""
    assert [] == [context.command_path for each, context in ALL if HANGUL.search(page(each, context, "en"))]


def test_sections_have_every_command_once() -> None:
    """So that a new one is put where people look for it."""
    for names, sections in ((COMMANDS, SECTIONS), (docket_group._PLACES, docket_group._SECTIONS)):
        listed = [name for section in sections.values() for name in section]
        assert sorted(names) == sorted(listed)
        assert {*sections} <= {*FRAME}


def test_common_options_are_explained_once() -> None:
    """A command's help names them in a line; that of ``nulla`` says what they are for."""
    explained_by_root = page(main, ALL[0][1], "en")
    assert "SOCKS5 proxy" in explained_by_root
    for command, context in ALL[1:]:
        text = page(command, context, "en")
        assert "SOCKS5" not in text
        taken = {name for option in command.params for name in option.opts if str(option.name).startswith("common_")}
        assert taken <= set(re.findall(r"--[a-z-]+", text)), context.command_path


def test_help_lists_by_who_needs_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Four headings, in the language that is named before or after ``--help``."""
    for words in (["--lang", "ko", "--help"], ["--help", "--lang", "ko"], ["--lang=ko", "--help"]):
        assert 0 == ended(words)
        out = capsys.readouterr().out
        assert [FRAME.say(key, "ko") in out for key in SECTIONS] == [True] * 4
    assert 0 == ended(["contact", "add", "--help", "--lang", "ko"])
    assert KOREAN["contact add"].ko in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "ko", "en"),
    [
        (["contact", "ad"], "ad 명령은 없어요. 혹시 add?", "There is no command ad. Did you mean add?"),
        (["contcat"], "contcat 명령은 없어요. 혹시 contact?", "There is no command contcat. Did you mean contact?"),
        (["contact", "add"], "HANDLE: 값이 필요해요.", "HANDLE is missing."),
        (["read", "x", "--limit", "y"], "--limit: 숫자를 쓰세요.", "--limit takes a number."),
        (["drill", "flood", "--minutes", "99"], "0.1..30 사이의 숫자", "--minutes takes a number in 0.1..30."),
        (["relay", "serve", "--registrations-per-day", "x"], "1..10000000 사이의", "takes a number in 1..10000000."),
        (["room", "list", "--foo"], "--foo 옵션은 없어요.", "There is no option --foo."),
        (["account", "phrase", "--words", "x"], "english, korean 가운데", "--words is one of english, korean."),
        (["sync", "--timeout"], "--timeout 뒤에 값을 적으세요.", "--timeout needs a value."),
        (["export", "x"], "채팅방을 적거나 --all을 쓰세요.", "Name rooms, or use --all."),
    ],
    ids=" ".join,
)  # fmt: skip
def test_what_was_typed_wrongly_is_said(words: list[str], ko: str, en: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In the language of the person, with the exit code of wrong usage."""
    for language, said in (("ko", ko), ("en", en)):
        assert 2 == ended(["--lang", language, *words])
        assert said in capsys.readouterr().err


def ended(words: list[str]) -> object:
    """The exit code of a command line."""
    with pytest.raises(SystemExit) as ending:
        run_nulla(words)
    return ending.value.code


def test_the_language_is_not_taken_from_a_message(capsys: pytest.CaptureFixture[str]) -> None:
    """Behind ``--`` everything is text, and another language than these two is refused."""
    assert 2 == ended(["--lang", "en", "contact", "add", "--", "a", "--lang", "ko"])
    assert "Usage: " in capsys.readouterr().err


def test_text_is_broken_between_words() -> None:
    """At the width of the terminal as it is seen; a word that is too long is left whole."""
    assert ["가나 다라", "마바"] == wrap("가나 다라 마바", 9)
    assert ["docs/how-to/answer", "x"] == wrap("docs/how-to/answer x", 10)
    assert isinstance(main, Group)
