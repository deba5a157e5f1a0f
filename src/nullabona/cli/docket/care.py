"""``nulla docket check``, ``status``, ``drain``, ``backup`` and ``restore``: looking after a desk."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Final

import click

from nullabona.cli.checking.telling import PATIENCE, route_of, tell
from nullabona.cli.docket.chosen import LISTEN, data_of
from nullabona.cli.help import command
from nullabona.cli.output import emit, note
from nullabona.cli.settings import connected, settings_of, spoken
from nullabona.machine.settings import parse_endpoint
from nullabona.operating.checks.others import check_desk, status_of_desk
from nullabona.operating.console import FOLDER
from nullabona.operating.desk import now_s, read_config
from nullabona.operating.desk_keeping import back_up_desk, read_identity, restore_desk
from nullabona.operating.desk_places import places_of
from nullabona.operating.draining import drain as end_server

_FILE: Final = click.Path(path_type=Path, dir_okay=False)


@command()
@connected
@click.pass_context
def check(context: click.Context) -> None:
    """Say what is still missing before the desk in this folder can record and publish. Changes nothing.

    Run it as the desk's user. Exit code 1: something is wrong.
    """
    settings = settings_of(context)
    tell(settings, check_desk(data_of(context), route_of(settings)))


@command()
@LISTEN
@click.option("--tls", is_flag=True, help="The console speaks TLS itself.")
@spoken
@click.pass_context
def status(context: click.Context, listen: str, *, tls: bool) -> None:
    """Ask the running console how it is. Exit code 1: it is not running, or something is wrong."""
    tell(settings_of(context), status_of_desk(parse_endpoint(listen), secure=tls))


@command()
@PATIENCE
@spoken
@click.pass_context
def drain(context: click.Context, timeout: int) -> None:
    """Stop the running console: it finishes the batch that it is publishing, and signs everybody out.

    Returns when the console has stopped. Run it as the desk's user or as root.
    """
    end_server(data_of(context) / FOLDER, signal.SIGTERM, timeout)
    note(settings_of(context), "server-drained")


@command()
@click.argument("file", type=_FILE)
@click.option(
    "--recipient",
    required=True,
    metavar="AGE1…",
    help="Who can open it: a public key from age-keygen, whose private key is kept elsewhere.",
)
@spoken
@click.pass_context
def backup(context: click.Context, file: Path, recipient: str) -> None:
    """Write the desk's whole folder into the new FILE, encrypted. The desk must be stopped.

    The file holds the desk, its log, the console, docket.toml and the keys, all of one moment. Keep the newest two.
    Keep no copy for longer than the register is kept. For a desk in PostgreSQL, the file holds no rows: copy the
    server.
    """
    settings = settings_of(context)
    data = data_of(context)
    count, in_database = back_up_desk(data, file, recipient, now_s()), places_of(data, read_config(data)).store
    kept = "desk-kept" if in_database is None else "desk-kept-without-rows"
    emit({"file": str(file), "files": count}) if settings.as_json else note(settings, kept, count=count)


@command()
@click.argument("file", type=_FILE)
@click.option("--identity", type=_FILE, required=True, metavar="FILE", help="The age identity file that opens it.")
@connected
@click.pass_context
def restore(context: click.Context, file: Path, identity: Path) -> None:
    """Restore the desk from a backup into the new folder of --data.

    Refuses a copy that lacks what a witness has cosigned, and a copy that no witness can compare. The rows of a desk in
    PostgreSQL must be in its database, which is compared. Afterwards publish once, before the console runs:
    nulla docket publish-due --clock-is-right.
    """
    settings = settings_of(context)
    count = restore_desk(file, read_identity(identity), data_of(context), route_of(settings))
    emit({"files": count}) if settings.as_json else note(settings, "desk-restored", count=count)
