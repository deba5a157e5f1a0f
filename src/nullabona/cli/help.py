"""The help of every command, in the language of the person.

English is in the program, at the command and the option that it explains. Korean is in ``words/cli_help*.toml`` under
the command's words, and those of an option: ``contact add --greeting``. An option that means the same in several
commands is there once, as ``contact --timeout`` or ``--timeout``.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import click

from nullabona.cli.settings import COMMON, settings_of
from nullabona.words.catalogue import Language, Words, translated
from nullabona.words.columns import pad, width, wrap

KOREAN: Final = Words("cli_help", "cli_help_docket", "cli_help_drill", "cli_help_servers", "cli_help_release")
"""What is said in the program itself, in Korean."""
FRAME: Final = Words("cli_help_frame")
"""Headings, and what stands for a command in the list of its group; in both languages."""
_NAMES: Final = 26
"""Most columns for the names of options, which get a line alone if they are longer."""
_KNOWN: Final = {"default": "default", "env var": "env-var", "required": "required"}
_EXTRA: Final = re.compile(rf"^({'|'.join(_KNOWN)})")
_AS_IT_IS: Final = "\b"
"""Begins a paragraph whose lines are kept, as click has it."""


class Command(click.Command):
    """A command that explains itself in the language of the person."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write(_page(self, ctx, formatter.width))

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write(_usage(self, ctx, formatter.width))


class Group(Command, click.Group):
    """A group of such commands. ``sections`` is its list under headings: a key of `FRAME` → names."""

    command_class = Command
    group_class = type

    def __init__(self, *more: Any, sections: dict[str, tuple[str, ...]] | None = None, **named: Any) -> None:  # noqa: ANN401 - what click gives
        super().__init__(*more, **named)
        self.sections = sections

    def summary(self, ctx: click.Context, name: str, language: Language) -> str:
        """What the list of this group says of the command: the first sentence of its help."""
        command = self.get_command(ctx, name)
        assert command is not None
        text = explained(command, click.Context(command, parent=ctx, info_name=name), language)
        return re.split(r"(?<=[^.]\.)\s", text.replace("\n", " "), maxsplit=1)[0]


def command(name: str | None = None, **more: Any) -> Callable[[Callable[..., Any]], Command]:  # noqa: ANN401 - as click
    """A `Command` of a function."""
    return click.command(name, cls=Command, **more)


def group(name: str | None = None, **more: Any) -> Callable[[Callable[..., Any]], Group]:  # noqa: ANN401 - as click
    """A `Group` of a function; ``cls`` may name a subclass."""
    return click.group(name, **{"cls": Group, **more})


def words_of(ctx: click.Context) -> str:
    """The command's words as the catalogue has them: without ``nulla``, which is ``nulla``."""
    names = [str(ctx.info_name)] if ctx.parent else []
    while ctx.parent is not None and ctx.parent.parent is not None:
        ctx = ctx.parent
        names.insert(0, str(ctx.info_name))
    return " ".join(names) or "nulla"


def explained(command: click.Command, ctx: click.Context, language: Language) -> str:
    """What a command does."""
    return translated(KOREAN, words_of(ctx), inspect.cleandoc(command.help or ""), language)


def key_of(option: click.Option, ctx: click.Context) -> str | None:
    """Where the catalogue explains an option: under the most of the command's words; None if nowhere."""
    name, words = max(option.opts, key=len), words_of(ctx).split()
    keys = (" ".join([*words[:most], name]) for most in range(len(words), -1, -1))
    return next((key for key in keys if key in KOREAN), None)


def _page(command: Command, ctx: click.Context, columns: int) -> str:
    language = settings_of(ctx).language
    blocks = [_usage(command, ctx, columns)]
    blocks += [_text(explained(command, ctx, language), columns)]
    options = [one for one in command.get_params(ctx) if isinstance(one, click.Option) and not one.hidden]
    shown = [one for one in options if not (ctx.parent and _is_common(one))]
    blocks += [_section("options", [_record(one, ctx, language) for one in shown], columns, language)]
    if ctx.parent and (common := [max(one.opts, key=len) for one in options if _is_common(one)]):
        names = ", ".join(common)
        blocks += ["\n".join(wrap(FRAME.say("common", language, options=names), columns)) + "\n"]
    if isinstance(command, Group):
        blocks += _lists(command, ctx, columns, language)
    if command.epilog:
        blocks += [_text(translated(KOREAN, "exit-codes", inspect.cleandoc(command.epilog), language), columns)]
    return "\n".join(block for block in blocks if block)


def _is_common(option: click.Option) -> bool:
    return str(option.name).startswith(COMMON)


def _usage(command: click.Command, ctx: click.Context, columns: int) -> str:
    language = settings_of(ctx).language
    pieces = {
        "[OPTIONS]": FRAME.say("usage-options", language),
        "COMMAND [ARGS]...": FRAME.say("usage-command", language),
    }
    start = FRAME.say("usage", language) + " "
    rest = [ctx.command_path, *(pieces.get(one, one) for one in command.collect_usage_pieces(ctx))]
    rest = [one if width(one) < columns // 2 else one.replace("|", " | ") for one in rest]  # a list of choices
    first, *more = wrap(" ".join(rest), columns - width(start)) or [""]
    return "".join(f"{line}\n" for line in (start + first, *(" " * width(start) + line for line in more)))


def _text(text: str, columns: int) -> str:
    return "\n".join(_paragraph(one, columns) for one in text.split("\n\n") if one.strip())


def _paragraph(text: str, columns: int) -> str:
    kept = text.lstrip("\n").startswith(_AS_IT_IS)
    lines = text.strip(f"\n{_AS_IT_IS}").split("\n") if kept else wrap(text, columns - 2)
    return "".join(f"  {line}\n" for line in lines)


def _record(option: click.Option, ctx: click.Context, language: Language) -> tuple[str, str]:
    record = option.get_help_record(ctx)
    assert record is not None  # it is not hidden
    names, own = record
    key = key_of(option, ctx)
    explained_as = translated(KOREAN, key or "", "", language)
    if not explained_as:
        return names, own
    # click adds what it knows in brackets: a default, a variable, whether it must be there.
    said = own.removeprefix(option.help or "").strip().removeprefix("[").removesuffix("]")
    extra = (_EXTRA.sub(lambda found: FRAME.say(_KNOWN[found[1]], language), one) for one in said.split("; ") if one)
    return names, explained_as + "".join(f" [{one}]" for one in extra)


def _lists(group: Group, ctx: click.Context, columns: int, language: Language) -> Iterable[str]:
    for heading, names in (group.sections or {"commands": tuple(group.list_commands(ctx))}).items():
        yield _section(heading, [(name, group.summary(ctx, name, language)) for name in names], columns, language)


def _section(heading: str, rows: Sequence[tuple[str, str]], columns: int, language: Language) -> str:
    """Names beside what they are; nothing if there are none."""
    if not rows:
        return ""
    wide = min(_NAMES, max(width(name) for name, _ in rows))
    lines = [FRAME.say(heading, language)]
    for name, text in rows:
        said = wrap(text, columns - wide - 4) or [""]
        if width(name) > wide:
            lines.append(f"  {name}")
        else:
            lines.append(f"  {pad(name, wide)}  {said.pop(0)}".rstrip())
        lines += [" " * (wide + 4) + line for line in said]
    return "".join(f"{line}\n" for line in lines)
