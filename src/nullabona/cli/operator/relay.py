"""``nulla relay``: run a relay."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click

from nullabona.cli.exits import STAY_STOPPED, show
from nullabona.cli.help import group
from nullabona.cli.log.copies import tell_restored
from nullabona.cli.operator.checking import PATIENCE, route_of, tell
from nullabona.cli.operator.relay_options import as_serving
from nullabona.cli.operator.sizes import show_sizes
from nullabona.cli.operator.tokens import token
from nullabona.cli.output import emit, line, note
from nullabona.cli.settings import Settings, connected, settings_of, spoken
from nullabona.errors import NullabonaError
from nullabona.operating.beginning import begin_relay
from nullabona.operating.checks.relay import check_relay, settled, status_of_relay
from nullabona.operating.directory import FILES, vkeys_of
from nullabona.operating.draining import NotRunning
from nullabona.operating.draining import drain as end_server
from nullabona.operating.keeping import back_up_relay, restore_relay
from nullabona.operating.relay import serve_relay
from nullabona.relay.config import KEYS, read_file
from nullabona.relay.core.limits import describe
from nullabona.relay.store.interface import StoreGone

_GONE: Final = 3
_FOLDER: Final = click.Path(path_type=Path, file_okay=False)


@group()
def relay() -> None:
    """Run a relay, which stores sealed messages, and its directory."""


relay.add_command(token)


@relay.command()
@as_serving
@spoken
@click.pass_context
def serve(context: click.Context, /, *, config: Path | None, **flags: Any) -> None:  # noqa: ANN401 - as click gives them
    """Serve boxes and blobs, and the directory of --host, until stopped.

    Prints one line to stdout when ready. Logs its start, stop and own failures to stderr, and nothing about requests.
    SIGTERM stops it gracefully (exit 0). SIGHUP reloads the TLS certificate. If its data is removed while it runs, it
    stops at once (exit 3). If its record is missing or an old copy, it begins and signs nothing (exit 6).
    `nulla relay limits` lists every limit with its unit and default.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(name)s: %(message)s")
    said = settings_of(context)
    with _refusals(said):
        serve_relay(_settings(config, flags), lambda urls: _say_ready(urls, as_json=said.as_json))


@relay.command()
@as_serving
@click.option(
    "--cards-lost",
    is_flag=True,
    help="The record is here and its cards are lost: go on with no cards. The record then says so to everybody.",
)
@spoken
@click.pass_context
def init(context: click.Context, /, *, config: Path | None, cards_lost: bool, **flags: Any) -> None:  # noqa: ANN401 - as click gives them
    """Begin the public record of a new relay, once, with the options that `serve` will get.

    Run it as the relay's user. It makes the record and its keys, prints the keys, one a line, for the record's
    witnesses, and serves nothing. `serve` refuses to run without it: a disk that is not mounted must not become a new
    record. Print record.key and lock it away.
    """
    settings = settings_of(context)
    with _refusals(settings):
        for text in begin_relay(_settings(config, flags), cards_lost=cards_lost):
            emit({"vkey": text}) if settings.as_json else line(text)


@relay.command()
@as_serving
@click.option("--people", type=click.IntRange(min=1), metavar="N", help="How many people it is for.")
@connected
@click.pass_context
def check(context: click.Context, /, *, config: Path | None, people: int | None, **flags: Any) -> None:  # noqa: ANN401 - as click gives them
    """Say what stands between these options, which `serve` will get, and a relay that people can use.

    Looks at configuration, certificate, ports, files, disk, clock, databases, witnesses and mirrors, and changes
    nothing. Run it as the relay's user. Exit code 1: something is wrong.
    """
    settings = settings_of(context)
    with _refusals(settings):
        tell(settings, check_relay(_settings(config, flags), route_of(settings), people))


@relay.command()
@as_serving
@spoken
@click.pass_context
def status(context: click.Context, /, *, config: Path | None, **flags: Any) -> None:  # noqa: ANN401 - as click gives them
    """Ask the running relay how it is, at the first address where it listens.

    Exit code 1: it does not run, or something is wrong. Its numbers are a minute old at most.
    """
    settings = settings_of(context)
    with _refusals(settings):
        tell(settings, status_of_relay(_settings(config, flags)))


@relay.command()
@as_serving
@PATIENCE
@spoken
@click.pass_context
def drain(context: click.Context, /, *, config: Path | None, timeout: int, **flags: Any) -> None:  # noqa: ANN401 - as click gives them
    """End the running relay slowly: it takes no new connections and says goodbye to clients one after another.

    Returns when it has ended, after some 20 seconds. Run it as the relay's user or as root.
    """
    settings = settings_of(context)
    with _refusals(settings):
        data = settled(_settings(config, flags)).config.data
        if data is None:
            raise NotRunning("a volatile relay has no folder to find it by")
        end_server(data, signal.SIGUSR1, timeout)
        note(settings, "server-drained")


@relay.command()
@click.argument("folder", type=_FOLDER)
@as_serving
@spoken
@click.pass_context
def backup(context: click.Context, /, *, folder: Path, config: Path | None, **flags: Any) -> None:  # noqa: ANN401 - as click gives them
    """Write the relay's key, its settings and a checked copy of its record into the new FOLDER, and read it again.

    The relay may run. Boxes, files and cards are left out: they come back from people's devices, and must never come
    back from a backup. Keep the folder where nobody else reads it: it holds the key.
    """
    settings = settings_of(context)
    with _refusals(settings):
        size = back_up_relay(_settings(config, flags), config, folder)
        emit({"folder": str(folder), "size": size}) if settings.as_json else note(settings, "relay-kept", size=size)


@relay.command()
@click.argument("folder", type=_FOLDER)
@click.option("--record-from", metavar="WHERE", help="A newer copy of the record: a mirror's URL or folder.")
@as_serving
@connected
@click.pass_context
def restore(
    context: click.Context,
    /,
    *,
    folder: Path,
    record_from: str | None,
    config: Path | None,
    **flags: Any,  # noqa: ANN401 - as click gives them
) -> None:
    """Make a lost relay again from the backup in FOLDER, with the options that `serve` will get.

    Refuses a record that lacks what a witness or a mirror has: name the newest mirror with --record-from, and the
    backup gives the key. The cards are told to be lost, as with `init --cards-lost`. Then start it.
    """
    settings = settings_of(context)
    with _refusals(settings):
        tell_restored(settings, restore_relay(_settings(config, flags), folder, record_from, route_of(settings)))


@contextmanager
def _refusals(settings: Settings) -> Iterator[None]:
    """Say what a service refuses, and exit: 3 if its data is gone while it ran, 6 if it must stay stopped, else 1."""
    try:
        yield
    except NullabonaError as error:
        code = show(error, as_json=False, language=settings.language)
        sys.exit(_GONE if isinstance(error, StoreGone) else code if code == STAY_STOPPED else 1)


@relay.command()
@click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help="The relay's data directory.")
@click.option("--record", type=click.Path(path_type=Path), metavar="DIR", help="Where the record lies, if not in it.")
@click.option("--host", metavar="HOST[:PORT]", help="What stands after the @ in handles registered here.")
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="The relay's configuration.")
@spoken
@click.pass_context
def vkeys(context: click.Context, /, *, config: Path | None, **flags: Any) -> None:  # noqa: ANN401 - as click gives them
    """Print the keys that verify the directory's public log, one a line, for its witnesses.

    Run it as the relay's user, after `nulla relay init`.
    """
    settings = settings_of(context)
    with _refusals(settings):
        for text in vkeys_of(_settings(config, flags)):
            emit({"vkey": text}) if settings.as_json else line(text)


@relay.command()
@click.option("--people", type=click.IntRange(min=1), metavar="N", help="What a relay for N people needs, instead.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="With --people: write the files below this directory.",
)
@spoken
@click.pass_context
def limits(context: click.Context, /, people: int | None, output: Path | None) -> None:
    """List every setting, and every limit with its default, unit and meaning.

    With --people: the settings of the relay, of its unit, of nginx and of the kernel for so many people.
    """
    settings = settings_of(context)
    if people is None and output is not None:
        raise click.UsageError("--output needs --people")
    if people is not None:
        with _refusals(settings):
            show_sizes(people, output, as_json=settings.as_json)
        return
    if settings.as_json:
        for limit in describe():
            emit(limit)
        return
    click.echo("# settings")
    for name, meaning in KEYS.items():
        click.echo(f"# {name}: {meaning}")
    click.echo("# host: what stands after the @ in handles registered here (its directory's name)")
    click.echo("# period: seconds between two epochs of the directory's public record")
    click.echo("# changes_per_s: cards and statements that the directory takes a second (200; of new handles 5)")
    click.echo("# registration: who may register a handle: open (default), token or paused")
    click.echo("# registration_keys: file with the public keys whose registration tokens are taken, one a line")
    click.echo("# registrations_per_day: new handles that the directory takes a day, and at once after a quiet day")
    click.echo("# record: directory of the public record and its keys; its loss is noticed by everybody")
    click.echo("# witnesses: file with the witness, group and quorum lines of a tlog-policy")
    click.echo("# mirrors: file with the URLs or folders of the record's mirrors, which get an epoch before witnesses")
    click.echo("# without_witness: names of witnesses that are gone, so that a start does not wait for what they hold")
    click.echo("# docket: file with the log lines of the operator's docket, for clients to check operator notices with")
    click.echo("# docket_files: the public folder of that docket's log, for clients to follow")
    click.echo("\n[limits]")
    for limit in describe():
        click.echo(f"# {limit.meaning} ({limit.unit})\n{limit.name} = {limit.default}")


def _settings(config: Path | None, flags: dict[str, Any]) -> dict[str, Any]:
    settings = {} if config is None else read_file(config, FILES)
    given = {name: value for name, value in flags.items() if value}
    if "data" in given:
        settings.pop("volatile", None)
    if "volatile" in given:
        settings.pop("data", None) if "data" not in given else None
    settings |= {name: str(value) if isinstance(value, Path) else value for name, value in given.items()}
    return settings


def _say_ready(urls: list[str], *, as_json: bool) -> None:
    emit({"ready": urls[0], "listen": urls}) if as_json else line(f"ready {' '.join(urls)}")
