"""What was wrong with a command line, in the language of the person."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

import click

from nullabona.cli.output import remark
from nullabona.words.catalogue import Language, Words

USAGE_WORDS: Final = Words("cli_usage")


class Misused(click.UsageError):
    """A command line that click reads and the command cannot use. ``key`` is of ``words/cli_usage.toml``."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(USAGE_WORDS.say(key, "en", **values))
        self.key, self.values = key, values


def show_misuse(error: click.ClickException, language: Language) -> int:
    """Say on stderr what was wrong, and where the help is; the exit code."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return error.exit_code
    if context is not None:
        for part in context.get_usage().split("\n"):
            remark(part)
        remark(USAGE_WORDS.say("try-help", language, command=context.command_path))
        remark("")
    remark(USAGE_WORDS.say("error", language, text=_said(error, language)))
    return error.exit_code


def _said(error: click.ClickException, language: Language) -> str:
    def say(key: str, **values: object) -> str:
        return USAGE_WORDS.say(key, language, **values)

    if isinstance(error, Misused):
        return say(error.key, **error.values)
    if isinstance(error, click.MissingParameter):
        return say("missing", name=_name(error))
    if isinstance(error, click.BadParameter):
        return _bad_value(error, language)
    if isinstance(error, click.NoSuchOption):
        return _with_guesses(say("no-such-option", name=error.option_name), error.possibilities, language)
    if isinstance(error, click.exceptions.NoSuchCommand):
        group = error.ctx.command if error.ctx is not None else None
        names = group.list_commands(error.ctx) if isinstance(group, click.Group) and error.ctx is not None else []
        guesses = get_close_matches(error.command_name, names)
        return _with_guesses(say("no-such-command", name=error.command_name), guesses, language)
    if isinstance(error, click.BadOptionUsage):
        return say("no-value", name=error.option_name)
    return error.format_message()  # rare: in the words of click


def _bad_value(error: click.BadParameter, language: Language) -> str:
    kind = error.param.type if error.param is not None else None
    if isinstance(kind, click.Choice):
        choices = ", ".join(map(str, kind.choices))
        return USAGE_WORDS.say("bad-choice", language, name=_name(error), choices=choices)
    if isinstance(kind, click.IntRange | click.FloatRange):
        ends = (f"{bound:.15g}" if bound is not None else "" for bound in (kind.min, kind.max))
        return USAGE_WORDS.say("bad-range", language, name=_name(error), range="..".join(ends))
    if kind is click.INT or kind is click.FLOAT:
        return USAGE_WORDS.say("bad-number", language, name=_name(error))
    if isinstance(kind, click.Path | click.File):
        return USAGE_WORDS.say("bad-path", language, name=_name(error))
    return USAGE_WORDS.say("bad-value", language, name=_name(error), text=error.message)


def _name(error: click.BadParameter) -> str:
    if error.param is None:
        hint = error.param_hint
        return hint if isinstance(hint, str) else " / ".join(hint or ())
    hint = error.param.get_error_hint(error.ctx) if error.ctx is not None else error.param.human_readable_name
    return hint.replace("'", "")


def _with_guesses(text: str, guesses: list[str] | None, language: Language) -> str:
    return f"{text} {USAGE_WORDS.say('did-you-mean', language, names=', '.join(guesses))}" if guesses else text
