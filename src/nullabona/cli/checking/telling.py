"""Says findings as they come."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import click

from nullabona.cli.output import emit, line
from nullabona.cli.settings import Settings
from nullabona.findings import Finding, Level
from nullabona.machine.http_client import Route
from nullabona.words.catalogue import Words
from nullabona.words.errors import detailed, reason

_WORDS: Final = Words("checks", "checks_engine")
_WRONG: Final = 1
PATIENCE: Final = click.option(
    "--timeout",
    type=click.IntRange(min=1),
    default=60,
    show_default=True,
    help="How many seconds to wait until it has stopped.",
)
"""Of a command that ends a server."""


def route_of(settings: Settings) -> Route:
    """How others are reached: soon, because somebody waits."""
    return Route(settings.ca_file, settings.proxy, timeout_s=10.0)


def tell(settings: Settings, findings: Iterable[Finding]) -> None:
    """Say each finding as it comes, with what to do; ends the command with exit code 1 if something is wrong."""
    failed = False
    for each in findings:
        failed |= each.level is Level.WRONG
        said, hint = _sentences(settings, each)
        if settings.as_json:
            values = {name: value if isinstance(value, int) else str(value) for name, value in each.values.items()}
            emit({"finding": each.key, "level": each.level.value, "message": said, "hint": hint, "values": values})
            continue
        line(_WORDS.say(f"level-{each.level.value}", settings.language, text=said))
        if hint and each.level is not Level.GOOD:
            line(_WORDS.say("to-do", settings.language, text=hint))
    if failed:
        raise click.exceptions.Exit(_WRONG)


def _sentences(settings: Settings, finding: Finding) -> tuple[str, str]:
    if finding.error is not None:
        return detailed(finding.error, settings.language)
    sentence, language = _WORDS[finding.key], settings.language
    values = {name: reason(str(value), language) or value for name, value in finding.values.items()}
    return sentence.say(language, **values), sentence.hint.say(language, **values)
