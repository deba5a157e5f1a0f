"""``nulla relay``: begin and run a relay, and what it may be told."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any, Final

import click

from nullabona.cli.help import group
from nullabona.cli.lazy import Lazy
from nullabona.cli.operator.relay_options import as_serving
from nullabona.cli.operator.relay_settings import refusals, settings_from
from nullabona.cli.operator.sizes import show_sizes
from nullabona.cli.output import emit, line
from nullabona.cli.settings import settings_of, spoken
from nullabona.operating.beginning import begin_relay
from nullabona.operating.directory import SETTINGS, vkeys_of
from nullabona.operating.relay import serve_relay
from nullabona.relay.bucket import KEYS as BUCKET_KEYS
from nullabona.relay.config import KEYS
from nullabona.relay.core.limits import describe

_CARE: Final = "nullabona.cli.operator.relay_care"
PLACES: Final = {
    "check": f"{_CARE}:check",
    "status": f"{_CARE}:status",
    "drain": f"{_CARE}:drain",
    "backup": f"{_CARE}:backup",
    "restore": f"{_CARE}:restore",
    "change-keys": "nullabona.cli.operator.relay_keys:change_keys",
    "install-keys": "nullabona.cli.operator.relay_keys:install_keys_of",
    "engine": "nullabona.cli.operator.relay_engine:engine",
    "token": "nullabona.cli.operator.tokens:token",
    "report": "nullabona.cli.operator.reports:report",
}
"""Commands that need what a serving relay never loads."""


@group(cls=Lazy, places=PLACES)
def relay() -> None:
    """Run a relay, which stores sealed messages, and its directory."""


@relay.command()
@as_serving
@spoken
@click.pass_context
def serve(context: click.Context, /, *, config: Path | None, **flags: Any) -> None:  # noqa: ANN401 - as click gives them
    """Serve boxes and blobs, and the directory of --host, until stopped.

    Prints one line to stdout when it is ready. Logs its start, its stop and its own failures to stderr, and never a
    request. SIGTERM stops it gracefully (exit code 0). SIGHUP makes it reload the TLS certificate. If its data
    disappears while it runs, it stops at once (exit code 3). If its public record is missing or is an old copy, it does
    not start and signs nothing (exit code 6). `nulla relay limits` lists every limit with its unit and default.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(name)s: %(message)s")
    said = settings_of(context)
    with refusals(said):
        serve_relay(settings_from(config, flags), lambda urls: _say_ready(urls, as_json=said.as_json))


@relay.command()
@as_serving
@click.option(
    "--cards-lost",
    is_flag=True,
    help="The record is here but its cards are lost: continue without them. The record then says so to everybody.",
)
@spoken
@click.pass_context
def init(context: click.Context, /, *, config: Path | None, cards_lost: bool, **flags: Any) -> None:  # noqa: ANN401 - as click gives them
    """Begin the public record of a new relay, once, with the options that `serve` will get.

    Run it as the relay's user. It makes the record and its keys, prints the keys for the record's witnesses, one per
    line, and serves nothing. `serve` does not run without it, because a disk that is not mounted must not become a new
    record. Print record.key and lock it away.
    """
    settings = settings_of(context)
    with refusals(settings):
        for text in begin_relay(settings_from(config, flags), cards_lost=cards_lost):
            emit({"vkey": text}) if settings.as_json else line(text)


@relay.command()
@click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help="The relay's data directory.")
@click.option(
    "--record",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where the public record is, if not in the data directory.",
)
@click.option("--host", metavar="HOST[:PORT]", help="The part after the @ in handles registered here.")
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="The relay's configuration file.")
@spoken
@click.pass_context
def vkeys(context: click.Context, /, *, config: Path | None, **flags: Any) -> None:  # noqa: ANN401 - as click gives them
    """Print the keys that verify the directory's public log, one per line, for its witnesses.

    Run it as the relay's user, after `nulla relay init`.
    """
    settings = settings_of(context)
    with refusals(settings):
        for text in vkeys_of(settings_from(config, flags)):
            emit({"vkey": text}) if settings.as_json else line(text)


@relay.command()
@click.option(
    "--people", type=click.IntRange(min=1), metavar="N", help="Instead, print what a relay for N people needs."
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="With --people: write these files into this directory.",
)
@spoken
@click.pass_context
def limits(context: click.Context, /, people: int | None, output: Path | None) -> None:
    """List every setting, and every limit with its default, unit and meaning.

    With --people, print the settings of a relay for that many people: its own, its systemd unit's, nginx's and the
    kernel's.
    """
    settings = settings_of(context)
    if people is None and output is not None:
        raise click.UsageError("--output needs --people")
    if people is not None:
        with refusals(settings):
            show_sizes(people, output, as_json=settings.as_json)
        return
    if settings.as_json:
        for limit in describe():
            emit(limit)
        return
    click.echo("# settings")
    for name, meaning in {**KEYS, **SETTINGS}.items():
        click.echo(f"# {name}: {meaning}")
    click.echo("\n# [blobs]")
    for name, meaning in BUCKET_KEYS.items():
        click.echo(f"# {name}: {meaning}")
    click.echo("\n[limits]")
    for limit in describe():
        click.echo(f"# {limit.meaning} ({limit.unit})\n{limit.name} = {limit.default}")


def _say_ready(urls: list[str], *, as_json: bool) -> None:
    emit({"ready": urls[0], "listen": urls}) if as_json else line(f"ready {' '.join(urls)}")
