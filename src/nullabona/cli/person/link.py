"""Invite links and safety numbers: ``nulla contact link|open|verify`` and ``nulla room link|asked``."""

from __future__ import annotations

from contextlib import suppress

import click

from nullabona.cli.help import command
from nullabona.cli.output import emit, line, note, say
from nullabona.cli.person.running import in_step, opened, run_async
from nullabona.cli.settings import Settings, as_person, at_home, settings_of
from nullabona.cli.usage import Misused
from nullabona.client.api import Client, JoinRequestInfo, LinkInfo, SafetyNumber, errors, qr_rows

_BLOCKS = {("0", "0"): "█", ("0", "1"): "▀", ("1", "0"): "▄", ("1", "1"): " "}
"""Two modules above one another, light on dark: what most terminals are."""


def draw(text: str) -> None:
    """A QR code of ``text`` in half blocks."""
    rows = qr_rows(text)
    rows = (*rows, "0" * len(rows[0])) if len(rows) % 2 else rows
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        line("".join(_BLOCKS[pair] for pair in zip(upper, lower, strict=True)))


async def _make(context: click.Context, room: str | None, hours: int, uses: int, *, qr: bool) -> None:
    settings = settings_of(context)
    async with opened(settings, online=False) as client:
        made = await client.links.make(room, hours=hours, uses=uses)
    _show(made, as_json=settings.as_json, qr=qr)
    if made.expires_at:
        note(settings, "link-made", hours=hours)


def _show(made: LinkInfo, *, as_json: bool, qr: bool) -> None:
    if as_json:
        emit(made)
        return
    line(made.text)
    line(made.web)
    if qr:
        draw(made.text)


@command("link")
@click.option(
    "--hours", default=0, metavar="N", help="Accept anybody who opens it within N hours (default: ask me first)."
)
@click.option("--uses", default=0, metavar="N", help="With --hours: how many people (default: one).")
@click.option("--qr", is_flag=True, help="Draw it as a QR code too.")
@at_home
@click.pass_context
def contact_link(context: click.Context, *, hours: int, uses: int, qr: bool) -> None:
    """Make a link with which somebody can add you."""
    run_async(_make(context, None, hours, uses, qr=qr))


@command("link")
@click.argument("room_name", metavar="ROOM")
@click.option("--hours", default=24, metavar="N", help="How many hours it works (default: 24).")
@click.option("--uses", default=0, metavar="N", help="How many people can use it (default: any number).")
@click.option("--revoke", is_flag=True, help="Revoke every link into the group instead.")
@click.option("--qr", is_flag=True, help="Draw it as a QR code too.")
@at_home
@click.pass_context
def room_link(context: click.Context, room_name: str, *, hours: int, uses: int, revoke: bool, qr: bool) -> None:
    """Make a link into a group of which you are an admin. Your client lets people in while it runs."""
    if not revoke:
        run_async(_make(context, room_name, hours, uses, qr=qr))
        return
    settings = settings_of(context)

    async def work() -> None:
        async with opened(settings, online=False) as client:
            for link in client.links.all(room_name):
                await client.links.revoke(link.id)
            note(settings, "links-revoked")

    run_async(work())


@command("open")
@click.argument("text", metavar="LINK")
@click.option("--greeting", default="", metavar="TEXT", help="A short message for them.")
@click.option("--timeout", default=30.0, metavar="S", help="Longest wait for the servers.")
@as_person
@click.pass_context
def open_link(context: click.Context, text: str, *, greeting: str, timeout: float) -> None:
    """Open a LINK to a person or into a group."""
    settings = settings_of(context)

    async def work() -> None:
        async with opened(settings) as client:
            found = await client.links.open(text, greeting, timeout_s=timeout)
            await client.sync(timeout_s=timeout, arrivals=False)
            note(settings, "group-asked" if found.room else "link-opened", handle=found.handle)
            emit(found) if settings.as_json else line(found.handle)

    run_async(work())


@command()
@click.argument("room_id", metavar="[ID]", required=False)
@click.option("--again", is_flag=True, help="Ask the admin once more.")
@click.option("--withdraw", is_flag=True, help="Cancel the request, or forget one that was refused.")
@click.option("--timeout", type=float, metavar="S", help="Longest wait for the server (30).")
@as_person
@click.pass_context
def asked(context: click.Context, room_id: str | None, *, again: bool, withdraw: bool, timeout: float | None) -> None:
    """List the groups you asked to join through a link, and the answers. ID is the beginning of a group's id."""
    if (again or withdraw) != (room_id is not None) or (again and withdraw):
        raise Misused("asked-id")
    settings = settings_of(context)
    wait_s = settings.patience(timeout)

    async def work() -> None:
        async with opened(settings) as client:
            with suppress(errors.Unreachable):
                await in_step(settings, client, wait_s)
            if room_id is not None:
                await _change_join_request(client, room_id, again=again)
                await in_step(settings, client, wait_s)
            _show_join_requests(settings, client.links.join_requests())

    run_async(work())


async def _change_join_request(client: Client, beginning: str, *, again: bool) -> None:
    found = [request.room for request in client.links.join_requests() if request.room.hex().startswith(beginning)]
    if len(found) != 1:
        raise errors.NoSuchRoom("nobody is being asked to let you into such a group")
    await (client.links.ask_again(found[0]) if again else client.links.withdraw(found[0]))


def _show_join_requests(settings: Settings, found: list[JoinRequestInfo]) -> None:
    for request in found:
        if settings.as_json:
            emit(request)
        else:
            minutes = request.patience_ms // 60_000
            said = say(f"join-request-{request.state}", settings.language, handle=request.handle, minutes=minutes)
            line(f"{request.room.hex()[:12]}  {said}")
    if not found and not settings.as_json:
        note(settings, "no-lines")


def _state(found: SafetyNumber) -> str:
    if found.changed or not (found.verified or found.replaced):
        return "number-changed" if found.changed else "not-verified"
    return "verified" if found.verified else "number-replaced"


@command()
@click.argument("handle")
@click.option("--yes", is_flag=True, help="Remember that you compared the number with them.")
@click.option("--no", "undo", is_flag=True, help="Forget that you compared it.")
@click.option("--confirm", is_flag=True, help="Accept that the handle has other keys now.")
@click.option("--qr", is_flag=True, help="Draw it as a QR code too.")
@at_home
@click.pass_context
def verify(context: click.Context, handle: str, *, yes: bool, undo: bool, confirm: bool, qr: bool) -> None:
    """Show the safety number with HANDLE. If they see another number, somebody is between you."""
    settings = settings_of(context)

    async def work() -> None:
        async with opened(settings, online=False) as client:
            if confirm:
                await client.contacts.confirm(handle)
            if yes or undo:
                await client.contacts.verify(handle, verified=yes)
            found = client.contacts.safety_number(handle)
        if settings.as_json:
            emit(found)
            return
        for start in range(0, len(found.digits), 4):
            line(" ".join(found.digits[start : start + 4]))
        if qr:
            draw(found.code)
        note(settings, _state(found), handle=found.handle, account=found.account.hex()[:12])

    run_async(work())
