"""``nulla docket serve``, ``invite`` and ``admit``: the web console, and how officers get their passkeys into it."""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
from pathlib import Path
from typing import Final

import click

from nullabona.cli.docket_open import (
    SURE,
    AtDesk,
    Chosen,
    at_desk,
    now_s,
    open_docket_log,
    outside,
    read_config,
    read_policy_text,
    taxonomy_of,
)
from nullabona.cli.output import emit, line, note
from nullabona.cli.settings import connected, settings_of, spoken
from nullabona.docket.console.doors.refusals import EnrolmentRefused, NotReady
from nullabona.docket.console.doors.signing import VerifyPasskey, credential_of
from nullabona.docket.console.house import House
from nullabona.docket.console.premises import Settings as ConsoleSettings
from nullabona.docket.console.rules.session import ENROLMENT_S
from nullabona.docket.console.run import Listen, Opened, serve_console, site_of
from nullabona.docket.console.store.records import Enrolment
from nullabona.docket.console.store.sqlite import ConsoleStore
from nullabona.docket.core.acts import EnrolDetails, KeyDetails
from nullabona.docket.core.roles import DeskAction
from nullabona.docket.delivery import delivering
from nullabona.docket.desk import Desk
from nullabona.docket.deskwork import DeskDone
from nullabona.docket.ports import Deliver, Publication
from nullabona.docket.staff import NoSuchOfficer
from nullabona.docket.taxonomy import load
from nullabona.machine.hardening import harden
from nullabona.machine.http_client import Route

FOLDER: Final = "console"
_PATH: Final = click.Path(path_type=Path, dir_okay=False)
_ORIGIN: Final = "Where officers reach the console: https://NAME, or http://localhost:PORT."


@click.command()
@click.option("--origin", required=True, metavar="URL", help=_ORIGIN)
@click.option("--listen", default="127.0.0.1:8450", show_default=True, metavar="HOST:PORT", help="Where the socket is.")
@click.option("--tls-cert", type=_PATH, metavar="FILE", help="Speak TLS with this certificate chain.")
@click.option("--tls-key", type=_PATH, metavar="FILE", help="Its private key.")
@click.option("--relay", metavar="URL", help="Where inboxes lie that name no relay (default: the handle's host).")
@click.option("--synced", is_flag=True, help="Let passkeys in that a service copies between devices.")
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
    data, settings = data_of(context), ConsoleSettings(site_of(origin), synced, clock_is_right)
    host, port = _address(listen)
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("a certificate and its key are named together")
    harden()

    deliver = delivering(Route(settings_of(context).ca_file, settings_of(context).proxy), relay)

    def ready(_: House, __: object) -> None:
        line(f"ready {origin}")

    where = Listen(host, port, tls_cert, tls_key)
    asyncio.run(
        serve_console(data / FOLDER, lambda verify: open_served(data, verify, deliver), settings, where, now_s, ready)
    )


@click.command()
@click.argument("officer")
@click.option("--name", required=True, help="What colleagues call them.")
@click.option("--origin", required=True, metavar="URL", help=_ORIGIN)
@click.option("--known", is_flag=True, help="The desk knows them: they bring the identity of their key file or sheet.")
@spoken
@click.pass_context
def invite(context: click.Context, officer: str, name: str, origin: str, *, known: bool) -> None:
    """Make a link with which OFFICER adds passkeys: good once, for a day. It admits nobody."""
    site, now = site_of(origin), now_s()
    store = ConsoleStore(data_of(context) / FOLDER)
    try:
        check_invitable(store, officer, known=known, now=now)
        token = secrets.token_urlsafe(32)
        store.keep_enrolment(token, Enrolment(officer, name, now + ENROLMENT_S, known))
    finally:
        store.close()
    link = f"{site.origin}/enrol#{token}"
    emit({"officer": officer, "link": link, "until_s": now + ENROLMENT_S}) if settings_of(context).as_json else line(
        link
    )


@click.command()
@click.argument("officer")
@spoken
@click.pass_context
def admit(context: click.Context, officer: str) -> None:
    """Propose, with the key file of --officer, that the passkeys of OFFICER count. Another officer confirms."""
    store = ConsoleStore(data_of(context) / FOLDER)
    try:
        with at_desk(context) as at:
            made = propose_admission(at, store, officer)
    finally:
        store.close()
    for done in made:
        emit(done) if settings_of(context).as_json else note(
            settings_of(context), "docket-waits", challenge=done.challenge.hex()
        )


def propose_admission(at: AtDesk, store: ConsoleStore, officer: str) -> list[DeskDone]:
    """A first signature under an applicant, or under each passkey of an officer that the desk does not know yet."""
    passkeys = [one for one in store.passkeys_of(officer) if not one.aside]
    keys = [credential_of(one) for one in passkeys]
    try:
        at.desk.officer(officer)
    except NoSuchOfficer:
        applicant = store.applicant(officer)
        if applicant is None:
            raise EnrolmentRefused("nobody of this name has applied") from None
        details = EnrolDetails(officer, applicant.name, applicant.recipient, tuple(keys))
        return [_proposed(at, DeskAction.ENROL, details)]
    known = {one.key_id for one in at.desk.credentials(officer)}
    return [_proposed(at, DeskAction.ADD_KEY, KeyDetails(officer, key)) for key in keys if key.key_id not in known]


def _proposed(at: AtDesk, action: DeskAction, details: EnrolDetails | KeyDetails) -> DeskDone:
    done = at.sign(at.desk.propose(at.who, action, None, details))
    assert isinstance(done, DeskDone)
    return done


def check_invitable(store: ConsoleStore, officer: str, *, known: bool, now: int) -> None:
    """Whoever has passkeys adds others by themselves, or has lost them all. Raises `EnrolmentRefused` or `NotReady`."""
    if not store.passkeys_of(officer):
        return
    recovery = store.recovery(officer)
    if recovery is None or not known:
        raise EnrolmentRefused(
            "this officer has passkeys",
            hint="they add another one in the console; if all are lost, two admins begin a recovery there",
        )
    if not recovery.ready(now):
        raise NotReady("two admins must vouch, and a day must pass")


def open_served(data: Path, verify: VerifyPasskey, deliver: Deliver | None = None) -> Opened:
    """The desk of a folder with its log and what verifies passkeys."""
    config = read_config(data)
    log = open_docket_log(data, config)
    try:
        given = outside(config, now_s)
        given = dataclasses.replace(given, verifiers={**given.verifiers, "webauthn": verify})
        publication = Publication(log, str(config["origin"]), read_policy_text(Path(config["policy"])))
        return Opened(Desk(data / "desk", taxonomy_of(load()), given, publication), log.close, deliver)
    except BaseException:
        log.release()
        raise


def data_of(context: click.Context) -> Path:
    """The desk's folder."""
    chosen = context.find_object(Chosen)
    if chosen is None or chosen.data is None:
        raise click.UsageError("name the desk's folder: nulla docket --data DIR …")
    return chosen.data


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65_536:
        raise click.UsageError("--listen is HOST:PORT")
    return host.strip("[]"), int(port)
