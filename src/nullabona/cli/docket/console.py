"""``nulla docket serve``, ``invite`` and ``admit``: the web console, and how officers get their passkeys into it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from nullabona.cli.docket.chosen import LISTEN, SURE, at_desk, data_of
from nullabona.cli.help import command
from nullabona.cli.output import emit, line, note
from nullabona.cli.settings import connected, settings_of, spoken
from nullabona.cli.usage import Misused
from nullabona.docket.administration import DeskDone
from nullabona.docket.cases.delivery import delivering
from nullabona.docket.console.passkeys import inviting
from nullabona.docket.console.request.console import Settings as ConsoleSettings
from nullabona.docket.console.run import Listen, site_of
from nullabona.docket.console.store.opening import open_rows
from nullabona.machine.http_client import Route
from nullabona.machine.tls import Tls
from nullabona.operating.console import run_console
from nullabona.operating.desk import CONFIG, now_s, read_config, zone_of
from nullabona.operating.desk_places import DeskPlaces, places_of

_PATH: Final = click.Path(path_type=Path, dir_okay=False)
_ORIGIN: Final = "The address where officers reach the console: https://NAME, or http://localhost:PORT."


@command()
@click.option("--origin", required=True, metavar="URL", help=_ORIGIN)
@LISTEN
@click.option("--tls-cert", type=_PATH, metavar="FILE", help="Speak TLS with this certificate chain.")
@click.option("--tls-key", type=_PATH, metavar="FILE", help="The certificate's private key.")
@click.option("--relay", metavar="URL", help="The relay for inboxes that name none (default: the handle's host).")
@click.option("--synced", is_flag=True, help="Also accept passkeys that a service copies between devices.")
@SURE
@connected
@click.pass_context
def serve(
    context: click.Context,
    origin: str,
    listen: str,
    tls_cert: Path | None,
    tls_key: Path | None,
    relay: str | None,
    *,
    synced: bool,
    clock_is_right: bool,
) -> None:
    """Serve the legal desk's console, and publish every period that is due."""
    data, settings = (
        data_of(context),
        ConsoleSettings(site_of(origin), synced, clock_is_right, zone_of(data_of(context))),
    )
    host, port = _address(listen)
    if (tls_cert is None) != (tls_key is None):
        raise Misused("certificate-and-key")
    deliver = delivering(Route(settings_of(context).ca_file, settings_of(context).proxy), relay)
    where = Listen(host, port, Tls(tls_cert, tls_key) if tls_cert and tls_key else None)
    run_console(data, settings, where, deliver, lambda: line(f"ready {origin}"))


@command()
@click.argument("officer")
@click.option("--name", required=True, help="What colleagues call them.")
@click.option("--origin", required=True, metavar="URL", help=_ORIGIN)
@click.option(
    "--known",
    is_flag=True,
    help="The desk knows the officer already, who keeps the identity of their key file or sheet.",
)
@spoken
@click.pass_context
def invite(context: click.Context, officer: str, name: str, origin: str, *, known: bool) -> None:
    """Make a link with which OFFICER adds passkeys. It works once, within a day, and admits nobody by itself."""
    site, places = site_of(origin), _places(context)
    places.check_founded()
    store = open_rows(places.console())
    try:
        token, enrolment = inviting.invite(store, officer, name, now_s(), known=known)
    finally:
        store.close()
    link = f"{site.origin}/enrol#{token}"
    if settings_of(context).as_json:
        emit({"officer": officer, "link": link, "until_s": enrolment.until_s})
    else:
        line(link)


@command()
@click.argument("officer")
@spoken
@click.pass_context
def admit(context: click.Context, officer: str) -> None:
    """Propose, with the key file of --officer, to accept the passkeys of OFFICER. Another officer confirms."""
    store = open_rows(_places(context).console())
    try:
        with at_desk(context) as at:
            asked = inviting.admission(at.desk, store, officer)
            made = [at.sign(at.desk.propose(at.who, action, None, details)) for action, details in asked]
    finally:
        store.close()
    for done in made:
        assert isinstance(done, DeskDone)
        emit(done) if settings_of(context).as_json else note(
            settings_of(context), "docket-waits", challenge=done.challenge.hex()
        )


def _places(context: click.Context) -> DeskPlaces:
    data = data_of(context)
    if not (data / CONFIG).exists():
        DeskPlaces(data).check_founded()  # says that no desk is there, rather than that a file is missing
    return places_of(data, read_config(data))


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65_536:
        raise Misused("listen-syntax")
    return host.strip("[]"), int(port)
