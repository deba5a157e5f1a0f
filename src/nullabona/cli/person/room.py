"""``nulla room``: rooms and who is in them. ROOM is a name, a contact, an id or the beginning of one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import click

from nullabona.cli.help import group
from nullabona.cli.output import emit, line, note, plain, say, table
from nullabona.cli.person.link import asked, room_link
from nullabona.cli.person.running import in_step, opened, run_async
from nullabona.cli.settings import Settings, as_person, at_home, settings_of
from nullabona.cli.usage import Misused
from nullabona.client.api import Client, RoomSummary

F = TypeVar("F", bound=Callable[..., Any])


@group()
def room() -> None:
    """Rooms: create, members, admins, leave, delete.

    ROOM is a group's name, a contact's handle or its first part, or the beginning of the room's id.
    """


def _changing(command: F) -> F:
    """The options of commands that change a room."""
    no_wait = click.option("--no-wait", is_flag=True, help="Only store it; a later command carries it out.")
    timeout = click.option("--timeout", type=float, metavar="S", help="Longest wait for the server (30).")
    return no_wait(timeout(as_person(command)))


def _change(
    context: click.Context, act: Callable[[Client], Awaitable[None]], *, no_wait: bool, timeout: float | None
) -> None:
    settings = settings_of(context)

    async def work() -> None:
        async with opened(settings, online=not no_wait) as client:
            await act(client)
            if no_wait:
                note(settings, "queued")
                return
            await in_step(settings, client, settings.patience(timeout))
            note(settings, "room-changed")

    run_async(work())


@room.command("list")
@at_home
@click.pass_context
def list_rooms(context: click.Context) -> None:
    """List your rooms, and invitations from strangers."""
    settings = settings_of(context)

    async def work() -> None:
        async with opened(settings, online=False) as client:
            _show(settings, [*client.rooms.all(), *client.rooms.requests()])

    run_async(work())


def _show(settings: Settings, rooms: list[RoomSummary]) -> None:
    if settings.as_json:
        for found in rooms:
            emit(found)
    elif rooms:
        table(
            (
                found.id.hex()[:12],
                found.title,
                say(f"phase-{found.phase}", settings.language),
                say("members-count", settings.language, count=found.members) if found.members else "",
                say("unread", settings.language, count=found.unread) if found.unread else "",
            )
            for found in rooms
        )
    else:
        note(settings, "no-lines")


@room.command()
@click.argument("name")
@click.argument("handles", nargs=-1)
@_changing
@click.pass_context
def create(
    context: click.Context, name: str, handles: tuple[str, ...], *, no_wait: bool, timeout: float | None
) -> None:
    """Create a group called NAME and invite HANDLES."""
    settings = settings_of(context)

    async def work() -> None:
        async with opened(settings, online=not no_wait) as client:
            made = await client.rooms.create_group(name, list(handles))
            if not no_wait:
                await in_step(settings, client, settings.patience(timeout))
            note(settings, "room-created", title=made.title)
            emit(client.rooms.get(made.id)) if settings.as_json else line(made.id.hex())

    run_async(work())


@room.command()
@click.argument("room_name", metavar="ROOM")
@click.argument("handles", nargs=-1, required=True)
@_changing
@click.pass_context
def add(
    context: click.Context, room_name: str, handles: tuple[str, ...], *, no_wait: bool, timeout: float | None
) -> None:
    """Invite HANDLES into a group."""

    async def act(client: Client) -> None:
        for handle in handles:
            await client.rooms.add(room_name, handle)

    _change(context, act, no_wait=no_wait, timeout=timeout)


@room.command()
@click.argument("room_name", metavar="ROOM")
@click.argument("handle")
@_changing
@click.pass_context
def remove(context: click.Context, room_name: str, handle: str, *, no_wait: bool, timeout: float | None) -> None:
    """Remove HANDLE from a group."""
    _change(context, lambda client: client.rooms.remove(room_name, handle), no_wait=no_wait, timeout=timeout)


@room.command()
@click.argument("room_name", metavar="ROOM")
@click.argument("name")
@_changing
@click.pass_context
def rename(context: click.Context, room_name: str, name: str, *, no_wait: bool, timeout: float | None) -> None:
    """Rename a group to NAME."""
    _change(context, lambda client: client.rooms.rename(room_name, name), no_wait=no_wait, timeout=timeout)


@room.command()
@click.argument("room_name", metavar="ROOM")
@click.argument("handle")
@click.option("--dismiss", is_flag=True, help="Remove the role instead.")
@_changing
@click.pass_context
def admin(
    context: click.Context, room_name: str, handle: str, *, dismiss: bool, no_wait: bool, timeout: float | None
) -> None:
    """Make HANDLE an admin of a group."""

    async def act(client: Client) -> None:
        await client.rooms.set_admin(room_name, handle, admin=not dismiss)

    _change(context, act, no_wait=no_wait, timeout=timeout)


@room.command()
@click.argument("room_name", metavar="ROOM")
@_changing
@click.pass_context
def renew(context: click.Context, room_name: str, *, no_wait: bool, timeout: float | None) -> None:
    """Renew this device's keys in a room: a copy of the old keys reads no new messages."""
    _change(context, lambda client: client.rooms.update_keys(room_name), no_wait=no_wait, timeout=timeout)


@room.command()
@click.argument("room_name", metavar="ROOM")
@_changing
@click.pass_context
def leave(context: click.Context, room_name: str, *, no_wait: bool, timeout: float | None) -> None:
    """Leave a room. Another member's device carries it out. A message to a contact opens your room with them again."""

    async def act(client: Client) -> None:
        await client.rooms.leave(room_name)
        note(settings_of(context), "leaving")

    _change(context, act, no_wait=no_wait, timeout=timeout)


@room.command()
@click.argument("room_name", metavar="ROOM")
@click.option("--yes", is_flag=True, help="Do not ask whether to delete it.")
@_changing
@click.pass_context
def delete(context: click.Context, room_name: str, *, yes: bool, no_wait: bool, timeout: float | None) -> None:
    """Delete a room that you have left, with its messages and files, here and on your other devices.

    This cannot be undone. The other people keep what they have.
    """
    settings = settings_of(context)
    if not yes and not settings.interactive:
        raise Misused("delete-needs-yes")
    if not yes and not click.confirm(say("ask-delete-room", settings.language, room=room_name), err=True):
        note(settings, "room-kept")
        return

    async def work() -> None:
        async with opened(settings, online=not no_wait) as client:
            await client.rooms.delete(room_name)
            if not no_wait:
                await in_step(settings, client, settings.patience(timeout))
            note(settings, "room-deleted")

    run_async(work())


@room.command()
@click.argument("room_name", metavar="ROOM")
@_changing
@click.pass_context
def accept(context: click.Context, room_name: str, *, no_wait: bool, timeout: float | None) -> None:
    """Accept a stranger's invitation into the room with this id."""
    settings = settings_of(context)

    async def act(client: Client) -> None:
        if (await client.rooms.accept(room_name)).answered:
            note(settings, "enter-waits")

    _change(context, act, no_wait=no_wait, timeout=timeout)


@room.command()
@click.argument("room_name", metavar="ROOM")
@at_home
@click.pass_context
def decline(context: click.Context, room_name: str) -> None:
    """Decline a stranger's invitation. They are not told."""
    settings = settings_of(context)

    async def work() -> None:
        async with opened(settings, online=False) as client:
            await client.rooms.decline(room_name)
            note(settings, "declined")

    run_async(work())


@room.command()
@click.argument("room_name", metavar="ROOM")
@at_home
@click.pass_context
def members(context: click.Context, room_name: str) -> None:
    """List the members of a room."""
    settings = settings_of(context)

    async def work() -> None:
        async with opened(settings, online=False) as client:
            found = client.rooms.members(room_name)
        if settings.as_json:
            for member in found:
                emit(member)
        else:
            table(
                (member.handle, say("admin", settings.language) if member.admin else "", str(member.devices))
                for member in found
            )

    run_async(work())


@room.command()
@click.argument("room_name", metavar="ROOM")
@at_home
@click.pass_context
def info(context: click.Context, room_name: str) -> None:
    """Show everything about a room."""
    settings = settings_of(context)

    async def work() -> None:
        async with opened(settings, online=False) as client:
            details = client.rooms.details(room_name)
        if settings.as_json:
            emit(details)
        else:
            flat = plain(details)
            table((name, str(value)) for name, value in {**flat.pop("summary"), **flat}.items())

    run_async(work())


room.add_command(room_link)
room.add_command(asked)
