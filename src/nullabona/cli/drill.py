"""``nulla drill``: play an adversary for real and print what was learned. Each command is a row of the registry."""

from __future__ import annotations

import json
import time
from typing import Any, Final

import click

from nullabona.cli.drills_together import Came, Turn, play_all
from nullabona.cli.exits import FAILED, OK, show
from nullabona.cli.help import Command, group
from nullabona.cli.settings import Settings, settings_of, spoken
from nullabona.drills.registry import DRILLS, Drill
from nullabona.drills.reporting.report import Played, Verdict
from nullabona.drills.reporting.text import Sentences, Text, as_it_is
from nullabona.errors import NullabonaError
from nullabona.words.catalogue import Language
from nullabona.words.columns import pad

_WORDS: Final = Sentences("drill_reporting")
_NAME: Final = 18


@group()
@spoken
def drill() -> None:
    """Play an adversary for real and print what was learned.

    Exit code 0: every claim held. 1: a claim failed, or the drill could not be played. A claim that could not be looked
    at is "not proven" and no failure.
    """


def _command(row: Drill) -> Command:
    def play(**options: Any) -> None:  # noqa: ANN401 - what the row names
        context = click.get_current_context()
        settings = settings_of(context)
        played = _play(row, settings, options)
        _say(played, settings)
        context.exit(OK if played.held else FAILED)

    return spoken(Command(row.name, callback=play, params=list(row.options), help=row.about))


for _each in DRILLS.values():
    drill.add_command(_command(_each))


@drill.command("all")
@click.option("--jobs", type=click.IntRange(1, 64), default=3, show_default=True, metavar="N",
              help="How many drills play at a time. Those that measure time play alone.")  # fmt: skip
@spoken
@click.pass_context
def all_drills(context: click.Context, jobs: int) -> None:
    """Every drill, each against processes of its own, and a page at the end.

    The demo plays warrant, seizure, removal of a member and loss in one story. Several drills play at a time; those
    that measure time follow one by one.
    """
    settings, began, held = settings_of(context), time.monotonic(), True
    turns = [
        Turn(row.name, _command(row).make_context(row.name, list(words), parent=context).params,
             settings.language, settings.as_json)
        for row in DRILLS.values() for words in row.in_all
    ]  # fmt: skip
    rows: list[str] = []
    for came in play_all(turns, jobs):
        if came.played is not None:
            _say(came.played, settings)
        rows.append(_line(came, settings.language))
        held = held and came.played is not None and came.played.held
    if not settings.as_json:
        verdict = _WORDS("held") if held else _WORDS("not-all-held")
        rows.append(_row(_WORDS("all-them"), [verdict], time.monotonic() - began, settings.language, held=held))
        click.echo("\n".join(["", *rows]))
    context.exit(OK if held else FAILED)


def _play(row: Drill, settings: Settings, options: dict[str, Any]) -> Played:
    """Play it; ends the command if it cannot be played."""

    def tell(text: Text) -> None:
        click.echo(f"▸ {text.in_(settings.language)}", err=True)

    try:
        return row.run(tell, **options)
    except NullabonaError as error:
        show(error, as_json=settings.as_json, language=settings.language)
        raise click.exceptions.Exit(FAILED) from None


def _say(played: Played, settings: Settings) -> None:
    encoded = json.dumps(played.encode(), ensure_ascii=False) if settings.as_json else ""
    click.echo(encoded or played.render(settings.language))


def _line(came: Came, language: Language) -> str:
    """One drill's line on the page at the end."""
    name, played = as_it_is(came.turn.name), came.played
    if played is None:
        return _row(name, [_WORDS("not-played")], came.seconds, language, held=False)
    verdict = _WORDS("held") if played.held else _WORDS("not-all-held")
    count = sum(check.verdict is Verdict.HELD for check in played.checks)
    texts = [verdict, _WORDS("claims", count=count)]
    for kind, key in ((Verdict.FAILED, "claims-failed"), (Verdict.UNPROVEN, "claims-not-proven")):
        if ids := " ".join(check.id for check in played.checks if check.verdict is kind):
            texts.append(_WORDS(key, ids=ids))
    return _row(name, texts, came.seconds, language, held=played.held)


def _row(title: Text, texts: list[Text], seconds: float, language: Language, *, held: bool) -> str:
    said = ", ".join(text.in_(language) for text in texts)
    return f"{'✓' if held else '✗'} {pad(title.in_(language), _NAME)} {seconds:4.0f} s   {said}"
