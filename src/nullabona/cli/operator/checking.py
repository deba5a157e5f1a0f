"""``nulla doctor``, and how `check` and `status` say what they found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import click

from nullabona.cli.help import command
from nullabona.cli.output import emit, line
from nullabona.cli.settings import Settings, connected, settings_of
from nullabona.errors import NullabonaError
from nullabona.machine.http_client import Route
from nullabona.machine.settings import parse_endpoint
from nullabona.operating.checks.finding import Finding, Level, refused
from nullabona.operating.checks.others import check_desk, check_witness, status_of_desk, status_of_witness
from nullabona.operating.checks.relay import check_relay, outside_of_relay, status_of_relay
from nullabona.operating.directory import FILES
from nullabona.relay.config import read_file
from nullabona.words.catalogue import Words
from nullabona.words.errors import detailed, reason

_WORDS: Final = Words("checks")
_FILE: Final = click.Path(path_type=Path, dir_okay=False)
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


@command()
@click.option("--relay", "relay", type=_FILE, metavar="FILE", help="Your relay's configuration file.")
@click.option("--witness", "witness", type=_FILE, metavar="FILE", help="Your witness's configuration file.")
@click.option("--desk", type=click.Path(path_type=Path), metavar="DIR", help="The desk's folder.")
@click.option("--console", metavar="HOST:PORT", help="The address where the running console listens without TLS.")
@click.option("--people", type=click.IntRange(min=1), metavar="N", help="How many people the relay is for.")
@connected
@click.pass_context
def doctor(
    context: click.Context,
    *,
    relay: Path | None,
    witness: Path | None,
    desk: Path | None,
    console: str | None,
    people: int | None,
) -> None:
    """Check everything that you run here, and say what is wrong and what to do.

    Run it on the servers' machine, as the servers' user. It looks at configuration, certificate, ports, files, disk,
    clock, databases, witnesses and mirrors, asks the running servers, and connects to the relay from outside by its
    name. It changes nothing. Exit code 1: something is wrong.
    """
    settings = settings_of(context)
    route = route_of(settings)
    looks: list[Iterable[Finding]] = []
    if relay is not None:
        looks += [_of_relay(relay, route, people)]
    if witness is not None:
        looks += [check_witness(witness), status_of_witness(witness)]
    if desk is not None:
        looks += [check_desk(desk, route)]
    if console is not None:
        looks += [status_of_desk(parse_endpoint(console), secure=False)]
    if not looks:
        raise click.UsageError("name what you run: --relay FILE, --witness FILE or --desk DIR")
    tell(settings, _each_once(chain.from_iterable(looks)))


def _each_once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """What keeps a server from starting is said once, not by each look that meets it."""
    said = set()
    for each in findings:
        if each.error is not None:
            refusal = (each.error.code, each.error.message)
            if refusal in said:
                continue
            said.add(refusal)
        yield each


def _of_relay(file: Path, route: Route, people: int | None) -> Iterator[Finding]:
    """A file that cannot be read does not keep `doctor` from the other servers."""
    try:
        given = read_file(file, FILES)
    except NullabonaError as error:
        yield refused(error)
        return
    yield from chain(check_relay(given, route, people), status_of_relay(given), outside_of_relay(given, route))
