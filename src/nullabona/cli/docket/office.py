"""``nulla docket`` on the desk itself: founding it, officers, authorities, second signatures, the journal."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import get_args

import click
from msgspec import to_builtins

from nullabona.cli.docket.chosen import at_desk, data_of
from nullabona.cli.docket.show import say_done
from nullabona.cli.docket.times import read_time, when, zone_here
from nullabona.cli.help import command, group
from nullabona.cli.output import emit, line, note, say, table
from nullabona.cli.settings import Settings, settings_of, spoken
from nullabona.cli.usage import Misused
from nullabona.docket.administration import NoSuchProposal
from nullabona.docket.core.acts import AuthorityDetails, ObjectDetails, Officer, RevokeDetails, RoleDetails
from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.deputies import DeputyDetails, EndDeputyDetails
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.records import Authority
from nullabona.docket.core.roles import DeskAction, Role
from nullabona.docket.core.timers import too_short_timers
from nullabona.docket.keeping.founding import First, found
from nullabona.errors import UserError
from nullabona.machine.keyfile import write_key_file
from nullabona.operating.desk import OpenedDesk, now_s, read_config
from nullabona.operating.desk_places import places_of
from nullabona.operating.docket_log import check_origin
from nullabona.operating.officer_file import decode_enrolment, encode_enrolment, new_officer, read_enrolment
from nullabona.wire.demands import Branch

SHORTEST_PERIOD_S = 120
"""The console and the unit publish once a minute, and witnesses take their time."""
AGE = "age1"
"""What a recipient begins with; anything else is the name of a file."""


class PeriodTooShort(UserError):
    """A desk that publishes once a minute misses the windows of such periods, which the record shows for ever."""

    code = "docket-period-too-short"
    default_hint = "choose 120 seconds or more (an hour is usual); to try things out, add --trial"


_ROLE = click.Choice([role.value for role in Role])


@command()
@click.option(
    "--first",
    multiple=True,
    required=True,
    metavar="FILE:ROLE,ROLE",
    help="A file with an officer's word (or their own file), and their roles.",
)
@click.option(
    "--outside",
    multiple=True,
    required=True,
    metavar="FILE",
    help="A file with the word of the person who opens slots outside the server room.",
)
@click.option("--pointer-key", type=click.Path(path_type=Path), required=True, help="Where to write the auditor's key.")
@click.option(
    "--period", type=click.IntRange(1), default=3600, show_default=True, help="Seconds of a period, at least 120."
)
@click.option("--trial", is_flag=True, help="Allow a shorter period for a trial. It will often be late.")
@click.option("--slots", type=int, default=8, show_default=True, help="Slots in each period.")
@click.option("--band", type=int, default=32, show_default=True, help="Slots that stay sealed at a horizon.")
@spoken
@click.pass_context
def init(context: click.Context, first: tuple[str, ...], outside: tuple[str, ...], pointer_key: Path, period: int,
         slots: int, band: int, *, trial: bool) -> None:  # fmt: skip
    """Found a desk in the folder of --data, which holds its docket.toml. Move the pointer key off this machine."""
    data = data_of(context)
    config = read_config(data)
    check_origin(str(config["origin"]), Path(config["directory"]))
    if period < SHORTEST_PERIOD_S and not trial:
        raise PeriodTooShort(f"a period of {period} seconds: the least is {SHORTEST_PERIOD_S}")
    officers = tuple(_first(text) for text in first)
    start = now_s() // period * period
    cadence = Cadence(start_s=start, period_s=period, slots=slots, band=band, window_s=min(600, period))
    _warn(settings_of(context), cadence)
    readers = tuple(text if text.startswith(AGE) else read_enrolment(Path(text)).recipient for text in outside)
    places = places_of(data, config)
    places.begin(str(config["origin"]))
    key = found(places.desk(begins=True), officers, readers, cadence, now_s, secrets.token_bytes)
    write_key_file(pointer_key, [key.hex()])
    note(settings_of(context), "docket-founded", path=pointer_key)


def _warn(settings: Settings, cadence: Cadence) -> None:
    """Say which kinds of demands, in force now, this cadence leaves less than half of their time."""
    from nullabona.docket.taxonomy import load

    short = [row.id for row in load().newest() if any(too_short_timers(row.instrument(), cadence))]
    if short:
        note(settings, "docket-cadence-slow", instruments=", ".join(short), minutes=cadence.longest_wait_s // 60)


def _first(text: str) -> First:
    path, _, roles = text.rpartition(":")
    try:
        return First(read_enrolment(Path(path)), tuple(Role(role) for role in roles.split(",")))
    except ValueError:
        raise Misused("role-unknown", roles=", ".join(Role)) from None


@group()
def officer() -> None:
    """Officers and their roles. Every change needs two signatures."""


@officer.command("new")
@click.argument("name")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="Your file. Do not keep it on the desk's machine.",
)
@spoken
@click.pass_context
def new_command(context: click.Context, name: str, output: Path) -> None:
    """Make your officer file, and print the word with which admins enrol you."""
    made = new_officer(name, output)
    word = encode_enrolment(made.enrolment())
    emit({"officer": name, "enrolment": word}) if settings_of(context).as_json else line(word)


@officer.command("list")
@spoken
@click.pass_context
def list_officers(context: click.Context) -> None:
    """List present and former officers."""
    with at_desk(context) as at:
        found_all = at.desk.staff.officers()
    if settings_of(context).as_json:
        for each in found_all:
            standing = [to_builtins(one) for one in each.deputyships]
            emit({"officer": each.id, "roles": list(each.roles), "active": each.active, "deputyships": standing})
        return
    table([(each.id, ", ".join(each.roles), _standing(context, each)) for each in found_all])


def _standing(context: click.Context, officer: Officer) -> str:
    """Whether the officer is gone, or for whom they act now."""
    language, zone = settings_of(context).language, zone_here(context)
    found = officer.deputyships if officer.active else ()
    said = [say("officer-deputy", language, absent=one.absent, until=when(one.until_s, zone)) for one in found]
    return ", ".join(said) if officer.active else "gone"


@officer.command()
@click.argument("word")
@spoken
@click.pass_context
def enrol(context: click.Context, word: str) -> None:
    """Propose a new officer; another admin or counsel confirms."""
    with at_desk(context) as at:
        say_done(context, at, at.sign(at.desk.propose(at.who, DeskAction.ENROL, None, decode_enrolment(word))))


@officer.command()
@click.argument("name")
@click.option("--why", required=True, help="The reason.")
@spoken
@click.pass_context
def revoke(context: click.Context, name: str, why: str) -> None:
    """Propose to revoke an officer."""
    with at_desk(context) as at:
        say_done(context, at, at.sign(at.desk.propose(at.who, DeskAction.REVOKE, None, RevokeDetails(name, why))))


@officer.command()
@click.argument("name")
@click.option("--for", "absent", required=True, metavar="OFFICER", help="The officer who is absent.")
@click.option("--from", "since", metavar="TIME", help="When it begins. Default: now.")
@click.option("--until", metavar="TIME", help="When it ends: 2027-01-31, or 2027-01-31T18:00.")
@click.option("--end", is_flag=True, help="End it now instead.")
@spoken
@click.pass_context
def deputy(context: click.Context, name: str, absent: str, since: str | None, until: str | None, *, end: bool) -> None:
    """Propose that NAME acts for an absent officer for a time. Another admin or counsel confirms."""
    if end == bool(until):
        raise Misused("deputy-until")
    with at_desk(context) as at:
        if until is None:
            proposal = at.desk.propose(at.who, DeskAction.END_DEPUTY, None, EndDeputyDetails(name, absent))
        else:
            zone = zone_here(context)
            span = now_s() if since is None else read_time(since, zone), read_time(until, zone)
            proposal = at.desk.propose(at.who, DeskAction.APPOINT_DEPUTY, None, DeputyDetails(name, absent, *span))
        say_done(context, at, at.sign(proposal))


@officer.command()
@click.argument("name")
@click.argument("role", type=_ROLE)
@click.option("--take", is_flag=True, help="Withdraw the role instead.")
@spoken
@click.pass_context
def role(context: click.Context, name: str, role: str, *, take: bool) -> None:
    """Propose to grant a role, or with --take to withdraw it."""
    action = DeskAction.TAKE_ROLE if take else DeskAction.GRANT_ROLE
    with at_desk(context) as at:
        say_done(context, at, at.sign(at.desk.propose(at.who, action, None, RoleDetails(name, Role(role)))))


@officer.command()
@spoken
@click.pass_context
def pending(context: click.Context) -> None:
    """List what waits for a second signature."""
    with at_desk(context) as at:
        waiting = at.desk.pending()
    for each in waiting:
        values = {"id": each.challenge.hex(), "action": each.action, "about": each.subject, "by": each.proposed_by}
        emit(values) if settings_of(context).as_json else line(
            "  ".join([values["id"][:16], *list(values.values())[1:]])
        )


@officer.command()
@click.argument("proposal")
@spoken
@click.pass_context
def confirm(context: click.Context, proposal: str) -> None:
    """Give the second signature. PROPOSAL is the id that `pending` shows, or its beginning."""
    with at_desk(context) as at:
        say_done(context, at, at.sign(at.desk.propose_confirm(at.who, _waiting(at, proposal))))


@officer.command("object")
@click.argument("proposal")
@click.option("--why", required=True, help="The reason.")
@spoken
@click.pass_context
def object_command(context: click.Context, proposal: str, why: str) -> None:
    """Object to another key for an officer, within a day. PROPOSAL is the id that `pending` shows."""
    with at_desk(context) as at:
        details = ObjectDetails(_waiting(at, proposal), why)
        say_done(context, at, at.sign(at.desk.propose(at.who, DeskAction.OBJECT, None, details)))


def _waiting(at: OpenedDesk, beginning: str) -> bytes:
    """The challenge of the one proposal that begins so. Raises `NoSuchProposal`."""
    hits = [each.challenge for each in at.desk.pending() if each.challenge.hex().startswith(beginning.lower())]
    if len(hits) != 1:
        raise NoSuchProposal("nothing of that name waits for a second signature")
    return hits[0]


@officer.command()
@click.argument("case")
@click.argument("name")
@spoken
@click.pass_context
def share(context: click.Context, case: str, name: str) -> None:
    """Give the key of a case to an officer who joined later."""
    from nullabona.cli.docket.case import find

    with at_desk(context) as at:
        at.desk.share(at.who, find(at, case), name)


@group()
def authority() -> None:
    """The call-back registry: how to reach authorities, as the desk itself found out."""


@authority.command("add")
@click.argument("id")
@click.option("--name", required=True, help="The authority's name.")
@click.option(
    "--jurisdiction",
    type=click.Choice(["KR", "US", "EU"]),
    required=True,
    help="The state that the authority belongs to.",
)
@click.option(
    "--branch",
    type=click.Choice(get_args(Branch)),
    metavar="BRANCH",
    required=True,
    help=f"What sort of authority it is: {', '.join(get_args(Branch))}.",
)
@click.option("--call-back", required=True, help="A number or domain that you found out yourself.")
@click.option(
    "--recipient", default="", metavar="AGE1…", help="Encrypt packages to this key, which you got in the same call."
)
@spoken
@click.pass_context
def add_authority(
    context: click.Context, id: str, name: str, jurisdiction: str, branch: Branch, call_back: str, recipient: str
) -> None:
    """Propose an authority for the registry; a reviewer or counsel confirms."""
    with at_desk(context) as at:
        day, by = now_s() // DAY, at.who.officer
        made = Authority(id, name, jurisdiction, call_back, day, by, recipient, branch)  # type: ignore[arg-type]
        proposal = at.desk.propose(at.who, DeskAction.REGISTER_AUTHORITY, None, AuthorityDetails(made))
        say_done(context, at, at.sign(proposal))


@authority.command("list")
@spoken
@click.pass_context
def list_authorities(context: click.Context) -> None:
    """List the registry of authorities."""
    with at_desk(context) as at:
        for each in at.desk.staff.authorities():
            emit(to_builtins(each)) if settings_of(context).as_json else line(
                f"{each.id}  {each.name}  {each.call_back}"
            )
