"""``nulla device``: the account's devices; let one in, revoke one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import click

from nullabona.cli.help import group
from nullabona.cli.output import emit, line, note, say
from nullabona.cli.person.account import new_profile
from nullabona.cli.person.link import draw
from nullabona.cli.person.running import opened, opened_or_new, run_async
from nullabona.cli.settings import Settings, as_person, at_home, settings_of
from nullabona.client.api import Client, DeviceInfo, DeviceLink, HistoryCame, LinkedInto, errors

_SHORT = 8
_SETTLE_S = 60.0
_SOON_S = 20.0


@group()
def device() -> None:
    """Your devices: list, link, join, name, remove."""


@device.command("list")
@at_home
@click.pass_context
def list_devices(context: click.Context) -> None:
    """List the devices of your account."""
    settings = settings_of(context)

    async def work() -> None:
        async with opened(settings, online=False) as client:
            found = client.devices.all()
        if settings.as_json:
            emit([_plain(each) for each in found])
            return
        for each in found:
            here = say("this-device", settings.language) if each.this else ""
            line(f"{each.id.hex()[:_SHORT]}  {each.name or '—'}  {here}".rstrip())

    run_async(work())


def _plain(found: DeviceInfo) -> dict[str, object]:
    return {"id": found.id.hex(), "name": found.name, "since_day": found.since, "this": found.this}


@device.command()
@click.option("--yes", is_flag=True, help="Accept the first device that uses the code, without asking.")
@as_person
@click.pass_context
def link(context: click.Context, *, yes: bool) -> None:
    """Show a code for one new device. On that device, run: nulla device join HANDLE CODE.

    The code works for ten minutes, for one device, while this command runs.
    """
    settings = settings_of(context)
    run_async(_link(settings, yes=yes))


async def _link(settings: Settings, *, yes: bool) -> None:
    async with opened(settings) as client, client.devices.link() as linking:
        _show_code(settings, linking)
        name = await linking.candidate()
        if not (yes or _agreed(settings, name)):
            await linking.refuse()
            raise errors.LinkDeclined("the device was not let in", hint="nothing was given to it")
        let_in = await linking.accept()
        called = name or let_in.id.hex()[:_SHORT]
        note(settings, "device-in", name=called)
        try:
            await linking.handed_over()
            await client.sync(timeout_s=_SOON_S)
        except errors.PendingStill:
            note(settings, "link-later", name=called)
        if settings.as_json:
            emit(_plain(let_in))


def _show_code(settings: Settings, linking: DeviceLink) -> None:
    code = linking.code
    if settings.as_json:
        number = " ".join(linking.number)
        shown = {"handle": str(code.handle), "code": code.digits, "link": code.text, "number": number}
        emit({**shown, "expires_at_ms": linking.expires_at})
        return
    draw(code.text)
    line(code.digits)
    note(settings, "link-code", handle=str(code.handle))
    note(settings, "link-number", number=" ".join(linking.number))


def _agreed(settings: Settings, name: str) -> bool:
    asked = say("link-agree", settings.language).format(name=name or "?")
    return settings.interactive and bool(click.confirm(asked, err=True))


def _is_right(settings: Settings, into: LinkedInto) -> bool:
    """Whether this device is about to be one of the right account."""
    number = " ".join(into.number)
    if not settings.interactive:
        return into.in_record
    if not into.in_record:
        note(settings, "link-not-in-record", handle=into.handle)
    asked = say("link-same-number", settings.language).format(handle=into.handle, number=number)
    return bool(click.confirm(asked, err=True))


@device.command()
@click.argument("handle")
@click.argument("code", nargs=-1, required=True)
@click.option("--name", default="", metavar="TEXT", help="A name for this device, shown on your other devices.")
@click.option("--yes", is_flag=True, help="Do not ask whether both screens show the same number.")
@new_profile
@as_person
@click.pass_context
def join(
    context: click.Context,
    handle: str,
    code: tuple[str, ...],
    *,
    name: str,
    yes: bool,
    protection: str | None,
    timeout: float,
) -> None:
    """Make this a device of the account HANDLE, with the CODE (or link) that another of its devices shows.

    First you are asked whether the other device shows the same number. Without a terminal the public record decides: a
    handle that it does not show is refused, unless you use --yes.
    """
    settings = settings_of(context)
    run_async(_join(settings, (handle, " ".join(code), name), timeout, protection or "passphrase", yes=yes))


async def _join(settings: Settings, what: tuple[str, str, str], wait_s: float, protection: str, *, yes: bool) -> None:
    handle, code, name = what

    async def confirm(into: LinkedInto) -> bool:
        return yes or _is_right(settings, into)

    async with opened_or_new(settings, protection) as client:
        me = await client.devices.join(
            code, handle=handle, name=name, on_waiting=lambda: note(settings, "link-waiting"), confirm=confirm
        )
        note(settings, "device-joined", handle=me.handle)
        with suppress(errors.PendingStill):
            await client.devices.wait_linked(timeout_s=wait_s)
            await client.sync(timeout_s=wait_s)
        await _history(settings, client, wait_s)
        emit(me) if settings.as_json else line(me.handle)


async def _history(settings: Settings, client: Client, wait_s: float) -> None:
    """Show how much of what was said before has come; what is missing comes with the next commands."""
    with suppress(TimeoutError):
        async with asyncio.timeout(wait_s):
            async for event in client.events(after=0):
                if isinstance(event, HistoryCame):
                    note(settings, "history-whole" if event.whole else "history-so-far", count=event.messages)
                    if event.whole:
                        return
    note(settings, "history-later")


@device.command()
@click.argument("which", metavar="DEVICE")
@click.argument("name")
@as_person
@click.pass_context
def name(context: click.Context, which: str, name: str) -> None:
    """Name DEVICE (its name, or the beginning of its id) NAME on all your devices."""
    settings = settings_of(context)

    async def work() -> None:
        async with _found(settings, which) as (client, found):
            await client.devices.rename(found.id, name)

    run_async(work())


@device.command()
@click.argument("which", metavar="DEVICE")
@as_person
@click.pass_context
def remove(context: click.Context, which: str) -> None:
    """Remove DEVICE from every room. It reads no new messages and keeps the old ones.

    If it was stolen and unlocked, it also holds your account's secret: create a new account.
    """
    settings = settings_of(context)

    async def work() -> None:
        async with _found(settings, which) as (client, found):
            await client.devices.remove(found.id)
            note(settings, "device-out", name=found.name or found.id.hex()[:_SHORT])

    run_async(work())


@asynccontextmanager
async def _found(settings: Settings, which: str) -> AsyncIterator[tuple[Client, DeviceInfo]]:
    """The one device that is meant; what is done inside is told to the others before this ends."""
    async with opened(settings) as client:
        fitting = [
            each for each in client.devices.all() if which == each.name or each.id.hex().startswith(which.lower())
        ]
        if len(fitting) != 1:
            code = errors.Ambiguous if fitting else errors.BadRequest
            raise code(f"{len(fitting)} of your devices are called {which!r}", hint="see: nulla device list")
        yield client, fitting[0]
        with suppress(errors.PendingStill, asyncio.TimeoutError):
            await client.sync(timeout_s=_SETTLE_S)
