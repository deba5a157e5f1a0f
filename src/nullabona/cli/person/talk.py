"""``nulla send`` and ``nulla read``."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import click

from nullabona.cli.help import command
from nullabona.cli.output import emit, line, note, say
from nullabona.cli.person.running import in_step, opened, reach, run_async
from nullabona.cli.person.sentences import message_line, warn_of_changes
from nullabona.cli.settings import Settings, as_person, settings_of
from nullabona.cli.usage import Misused
from nullabona.client.api import Client, MessageInfo, errors
from nullabona.words.catalogue import Language

Act = Callable[[Client], Awaitable[bytes]]


@command()
@click.argument("room")
@click.argument("text", required=False)
@click.option("--lines", is_flag=True, help="Each line of stdin is a message of its own.")
@click.option("--file", "files", multiple=True, type=click.Path(path_type=Path), metavar="PATH",
              help="Send a file with TEXT as its caption; may be repeated.")  # fmt: skip
@click.option("--as-file", is_flag=True, help="With --file: send photos unchanged, with their location data.")
@click.option("--reply-to", default="", metavar="ID", help="Reply to this message.")
@click.option("--delivered", is_flag=True,
              help="Wait until every device in the room has said that it has it. A device on which nobody reads says "
                   "so after a quarter of an hour on average: give a longer --timeout.")  # fmt: skip
@click.option("--no-wait", is_flag=True, help="Only store it; a later command sends it.")
@click.option("--timeout", type=float, metavar="S", help="Longest wait for the server (30).")
@as_person
@click.pass_context
def send(
    context: click.Context,
    room: str,
    text: str | None,
    *,
    lines: bool,
    files: tuple[Path, ...],
    as_file: bool,
    reply_to: str,
    delivered: bool,
    no_wait: bool,
    timeout: float | None,
) -> None:
    """Send TEXT to ROOM. Without TEXT, or with -, send stdin. Prints the message's id.

    Waits until the server has it. If that takes too long, it is stored and a later command sends it (exit 4).
    """
    settings = settings_of(context)
    wait = "nothing" if no_wait else "delivered" if delivered else "sent"
    acts = _acts(room, text, files, reply_to, lines=lines, as_file=as_file)
    run_async(_send(settings, room, acts, wait, settings.patience(timeout)))


def _acts(
    room: str, text: str | None, files: tuple[Path, ...], reply_to: str, *, lines: bool, as_file: bool
) -> list[Act]:
    """What to do: one message for each text, or one for each file, the first with the caption."""
    if not files:
        return [_saying(room, said, reply_to) for said in _texts(text, lines=lines)]
    captions = [text or "", *[""] * (len(files) - 1)]
    return [_sending(room, path, said, reply_to, as_file=as_file) for path, said in zip(files, captions, strict=True)]


def _saying(room: str, said: str, reply_to: str) -> Act:
    return lambda client: client.messages.send(room, said, reply_to)


def _sending(room: str, path: Path, said: str, reply_to: str, *, as_file: bool) -> Act:
    return lambda client: client.files.send(
        room, path, caption=said, reply_to=reply_to, as_kind="file" if as_file else None
    )


def _texts(text: str | None, *, lines: bool) -> list[str]:
    if text is not None and text != "-":
        return [text]
    if text is None and sys.stdin.isatty():
        raise Misused("nothing-to-send")
    content = sys.stdin.read()
    return [part for part in content.split("\n") if part.strip()] if lines else [content.rstrip("\n")]


async def _send(settings: Settings, room: str, acts: list[Act], wait: str, wait_s: float) -> None:
    async with opened(settings, online=wait != "nothing") as client:
        ids = [await act(client) for act in acts]
        found = client.rooms.get(room)
        warn_of_changes(settings, client, found.id)
        if found.opening in {"asked", "adding"}:
            note(settings, f"room-{found.opening}")
        try:
            if wait != "nothing":
                await reach(settings, client, wait_s)
            for message in ids:
                await _wait(client, room, message, wait, wait_s)
        finally:
            for message in ids:
                emit({"id": message}) if settings.as_json else line(message.hex())
        note(settings, "queued" if wait == "nothing" else wait)


async def _wait(client: Client, room: str, message: bytes, wait: str, wait_s: float) -> None:
    if wait == "sent":
        await client.messages.wait_sent(room, message, timeout_s=wait_s)
    elif wait == "delivered":
        await client.messages.wait_delivered(room, message, timeout_s=wait_s)


@command()
@click.argument("room")
@click.option("--limit", default=50, metavar="N", help="Show this many of the newest messages.")
@click.option("--before", type=int, metavar="POSITION", help="Show messages before this position (see --json).")
@click.option("--keep-unread", is_flag=True, help="Do not mark them as read.")
@click.option("--offline", is_flag=True, help="Show what this device has, without asking the server.")
@click.option("--timeout", type=float, metavar="S", help="Longest wait for the server (10).")
@as_person
@click.pass_context
def read(
    context: click.Context,
    room: str,
    *,
    limit: int,
    before: int | None,
    keep_unread: bool,
    offline: bool,
    timeout: float | None,
) -> None:
    """Show the messages of ROOM, oldest first, with how many people have not read each."""
    settings = settings_of(context)

    async def work() -> None:
        async with opened(settings, online=not offline) as client:
            if not offline:
                await _catch_up(settings, client, room, settings.patience(timeout, 10.0))
            if not keep_unread and before is None:
                await client.messages.mark_read(room)
            for message in client.messages.page(room, before=before, limit=limit):
                emit(message) if settings.as_json else line(_row(message, settings.language))

    run_async(work())


async def _catch_up(settings: Settings, client: Client, room: str, wait_s: float) -> None:
    """What waits in the room; everything, if the room itself may be what waits."""
    try:
        try:
            await reach(settings, client, wait_s)
            await client.messages.fetch(room, timeout_s=wait_s)
        except errors.NoSuchRoom:
            note(settings, "room-may-come")
            await in_step(settings, client, wait_s)
    except errors.Unreachable:
        out = any(not way.connected for way in client.status().relays)
        note(settings, "offline" if out else "not-all")


def _row(message: MessageInfo, language: Language) -> str:
    at = datetime.fromtimestamp(message.sent_at / 1_000).astimezone().strftime("%m-%d %H:%M")
    if message.notice is not None:
        return f"{at} * {message_line(message, language)}"
    unread = f" ({message.unread_by})" if message.unread_by else ""
    waits = message.mine and message.state not in {"sent", "delivered", "received"}
    state = f" [{say(f'state-{message.state}', language)}]" if waits else ""
    edited = say("edited", language) if message.edited_at else ""
    told = say("told", language, name=message.teller) if message.teller else ""
    late = say("late", language) if message.told_by and not message.teller and not message.mine else ""
    who = f"{message.handle or message.name}: " if message.kind != "told" else "* "
    return f"{at} {who}{message_line(message, language)}{edited}{told}{late}{unread}{state}"
