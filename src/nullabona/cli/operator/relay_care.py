"""``nulla relay check``, ``status``, ``drain``, ``backup`` and ``restore``: looking after a relay."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any, Final

import click

from nullabona.cli.checking.telling import PATIENCE, route_of, tell
from nullabona.cli.help import command
from nullabona.cli.log.copies import tell_restored
from nullabona.cli.operator.relay_options import as_serving
from nullabona.cli.operator.relay_settings import refusals, settings_from
from nullabona.cli.output import emit, note
from nullabona.cli.settings import connected, settings_of, spoken
from nullabona.operating.checks.relay import check_relay, settled, status_of_relay
from nullabona.operating.draining import NotRunning
from nullabona.operating.draining import drain as end_server
from nullabona.operating.keeping import back_up_relay, restore_relay

_FOLDER: Final = click.Path(path_type=Path, file_okay=False)


@command()
@as_serving
@click.option("--people", type=click.IntRange(min=1), metavar="N", help="How many people the relay is for.")
@connected
@click.pass_context
def check(context: click.Context, /, *, config: Path | None, people: int | None, **flags: Any) -> None:  # noqa: ANN401 - as click gives them
    """Say what is still missing before people can use a relay with these options, which `serve` will get.

    Looks at configuration, certificate, ports, files, disk, engine, clock, databases, witnesses and mirrors, and
    changes nothing. Run it as the relay's user. Exit code 1: something is wrong.
    """
    settings = settings_of(context)
    with refusals(settings):
        tell(settings, check_relay(settings_from(config, flags), route_of(settings), people))


@command()
@as_serving
@spoken
@click.pass_context
def status(context: click.Context, /, *, config: Path | None, **flags: Any) -> None:  # noqa: ANN401 - as click gives them
    """Ask the running relay how it is, at the first address where it listens.

    Exit code 1: it is not running, or something is wrong. Its numbers are at most a minute old.
    """
    settings = settings_of(context)
    with refusals(settings):
        tell(settings, status_of_relay(settings_from(config, flags)))


@command()
@as_serving
@PATIENCE
@spoken
@click.pass_context
def drain(context: click.Context, /, *, config: Path | None, timeout: int, **flags: Any) -> None:  # noqa: ANN401 - as click gives them
    """Stop the running relay slowly: it takes no new connections and closes those of clients one after another.

    Returns when the relay has stopped, after about 20 seconds. Run it as the relay's user or as root.
    """
    settings = settings_of(context)
    with refusals(settings):
        data = settled(settings_from(config, flags)).config.data
        if data is None:
            raise NotRunning("a volatile relay has no folder to find it by")
        end_server(data, signal.SIGUSR1, timeout)
        note(settings, "server-drained")


@command()
@click.argument("folder", type=_FOLDER)
@as_serving
@spoken
@click.pass_context
def backup(context: click.Context, /, *, folder: Path, config: Path | None, **flags: Any) -> None:  # noqa: ANN401 - as click gives them
    """Write the relay's key, its settings and a checked copy of its record into the new FOLDER, and read them back.

    The relay may be running. Boxes, files and cards are left out: people's devices bring them back, and a backup must
    never do so. The folder holds the key, so keep it where nobody else can read it.
    """
    settings = settings_of(context)
    with refusals(settings):
        size = back_up_relay(settings_from(config, flags), config, folder)
        emit({"folder": str(folder), "size": size}) if settings.as_json else note(settings, "relay-kept", size=size)


@command()
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
    """Rebuild a lost relay from the backup in FOLDER, with the options that `serve` will get.

    Refuses a record that lacks entries which a witness or a mirror has. Then name the newest mirror with --record-from;
    the key still comes from the backup. The record says that the cards are lost, as after `init --cards-lost`. Start
    the relay afterwards.
    """
    settings = settings_of(context)
    with refusals(settings):
        tell_restored(settings, restore_relay(settings_from(config, flags), folder, record_from, route_of(settings)))
