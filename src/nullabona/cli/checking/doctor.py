"""``nulla doctor``: what is wrong here, and what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from nullabona.cli.checking.telling import route_of, tell
from nullabona.cli.help import command
from nullabona.cli.person.running import client_options, profile_path
from nullabona.cli.settings import Settings, as_person, settings_of
from nullabona.client.api.checkup import check_installation, check_profile, check_server
from nullabona.findings import Finding
from nullabona.system.support import require_server_system

_FILE: Final = click.Path(path_type=Path, dir_okay=False)


@command()
@click.option("--server", "host", metavar="HOST", help="The server of your handle: whether it answers.")
@click.option("--relay", "relay", type=_FILE, metavar="FILE", help="Your relay's configuration file.")
@click.option("--witness", "witness", type=_FILE, metavar="FILE", help="Your witness's configuration file.")
@click.option("--desk", type=click.Path(path_type=Path), metavar="DIR", help="The desk's folder.")
@click.option("--console", metavar="HOST:PORT", help="The address where the running console listens without TLS.")
@click.option("--people", type=click.IntRange(min=1), metavar="N", help="How many people the relay is for.")
@as_person
@click.pass_context
def doctor(
    context: click.Context,
    *,
    host: str | None,
    relay: Path | None,
    witness: Path | None,
    desk: Path | None,
    console: str | None,
    people: int | None,
) -> None:
    """Say what is wrong here, and what to do. It changes nothing.

    Without options it looks at this installation and your profile, and with --server at the server of your handle.

    Where you run servers, name them, and run it as their user: it looks at configuration, certificate, ports, files,
    disk, engine, clock, databases, witnesses and mirrors, asks the running servers, and connects to the relay from
    outside by its name. Exit code 1: something is wrong.
    """
    settings = settings_of(context)
    if not any((relay, witness, desk, console)):
        tell(settings, _of_person(settings, host))
        return
    require_server_system()
    from nullabona.cli.checking.servers import of_servers

    tell(settings, of_servers(route_of(settings), relay, people, witness, desk, console))


def _of_person(settings: Settings, host: str | None) -> Iterator[Finding]:
    yield from check_installation()
    yield from check_profile(profile_path(settings).absolute())
    if host is not None:
        yield asyncio.run(check_server(host.rpartition("@")[2], client_options(settings)))
