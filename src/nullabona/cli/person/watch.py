"""``nulla follow``, ``nulla sync`` and ``nulla status``."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import click

from nullabona.cli.help import command
from nullabona.cli.output import emit, line, note, remark, say, table
from nullabona.cli.person.running import in_step, opened, run_async
from nullabona.cli.person.sentences import message_line, still_wrong, warning_line
from nullabona.cli.settings import Settings, as_person, settings_of
from nullabona.client.api import (
    CardChecked,
    Client,
    Event,
    EventsForgotten,
    JoinRequestChanged,
    MessageReceived,
    OperatorNoticeChanged,
    Status,
    Warned,
    errors,
    events,
)
from nullabona.words.catalogue import Language
from nullabona.words.relays import relay_name

SPOKEN = frozenset(
    "joined member-added member-removed room-changed removed left contact-request contact-accepted room-request "
    "relay-lost-box relay-moved room-moved rejoined events-forgotten identity-changed".split()
)
"""Kinds of events that people are told of in a sentence."""


@command()
@click.argument("room", required=False)
@click.option("--after", type=int, metavar="ID", help="Start after this event (0: from the beginning).")
@click.option("--count", type=int, metavar="N", help="Exit after this many lines.")
@click.option("--messages", is_flag=True, help="Messages only.")
@as_person
@click.pass_context
def follow(context: click.Context, room: str | None, *, after: int | None, count: int | None, messages: bool) -> None:
    """Show what happens in ROOM, or everywhere, until you press Ctrl-C.

    Without ROOM and --after it continues where the last `nulla follow` stopped, so you miss nothing.
    """
    settings = settings_of(context)
    run_async(_until_signal(_follow(settings, room, after, count, messages=messages)))


async def _until_signal(work: object) -> None:
    """Ctrl-C and SIGTERM are how following ends: nothing went wrong."""
    assert asyncio.iscoroutine(work)
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task


async def _follow(
    settings: Settings, room: str | None, after: int | None, count: int | None, *, messages: bool
) -> None:
    async with opened(settings) as client:
        only = client.rooms.get(room).id if room is not None else None
        if only is not None and after is None:
            after = client.last_event()
        shown = 0
        async for event in client.events(after=after):
            if only is not None and getattr(event, "room", None) != only:
                continue
            if messages and not isinstance(event, MessageReceived | EventsForgotten):
                continue
            shown += _show(settings, client, event)
            if count is not None and shown >= count:
                return


def _show(settings: Settings, client: Client, event: Event) -> int:
    """Say one event; how many lines that took."""
    if settings.as_json:
        emit(event)
        return 1
    text = _sentence(settings, client, event)
    if text is None:
        return 0
    line(text)
    return 1


def _sentence(settings: Settings, client: Client, event: Event) -> str | None:
    room = _title(client, getattr(event, "room", b""))
    if isinstance(event, MessageReceived):
        return f"[{room}] {event.handle}: {_words(settings, client, event)}"
    worth = _worth_telling(event)
    if worth is not None:
        return warning_line(*worth, settings.language, published=client.me.published)
    if event.kind == "message-state" and getattr(event, "state", "") == "failed":
        return say("event-failed", settings.language, room=room)
    if isinstance(event, JoinRequestChanged) and event.state in {"used", "expired", "closed"}:
        return say("event-join-request-refused", settings.language, handle=event.handle)
    if isinstance(event, OperatorNoticeChanged) and not event.put_away:
        return say("event-operator-notice", settings.language)
    if isinstance(event, CardChecked):
        return say(f"event-card-checked-{event.standing}", settings.language, handle=event.handle)
    if event.kind not in SPOKEN:
        return None
    values = {name: getattr(event, name, "") for name in ("handle", "greeting", "name")}
    values["name"] = values["name"] or room
    values["relay"] = relay_name(getattr(event, "relay", ""))
    return say(f"event-{event.kind}", settings.language, room=room, id=getattr(event, "room", b"").hex()[:12], **values)


def _worth_telling(event: Event) -> tuple[str, Mapping[str, Any]] | None:
    """The code and the values of what has a finished sentence (`nullabona.words.warnings`)."""
    match event:
        case Warned():
            return event.code, event.detail
        case events.SignedOut():
            return "signed-out", {}
        case events.HistoryCame(whole=True):
            return "history-whole", {"count": event.messages}
        case events.RequestRefused():
            return "refused", {"code": event.code}
        case events.ChangeFailed():
            return "change-failed", {}
        case _:
            return None


def _words(settings: Settings, client: Client, event: MessageReceived) -> str:
    """As the message is now; it may have been edited or be gone."""
    try:
        return message_line(client.messages.get(event.room, event.message), settings.language)
    except errors.UserError:
        return event.text


def _title(client: Client, room: bytes) -> str:
    try:
        return client.rooms.get(room).title or room.hex()[:12]
    except errors.UserError:
        return room.hex()[:12]


@command()
@click.option("--timeout", type=float, metavar="S", help="Longest wait, then exit 4 (30; with --private 300).")
@as_person
@click.pass_context
def sync(context: click.Context, *, timeout: float | None) -> None:
    """Send and receive everything that is waiting, then exit."""
    settings = settings_of(context)

    async def work() -> None:
        async with opened(settings) as client:
            await in_step(settings, client, settings.patience(timeout), receipts=True)
            note(settings, "synced")
            found = client.status()
            if settings.as_json:
                emit(found)
                return
            for sentence in still_wrong(found, settings.language):
                remark(sentence)

    run_async(work())


@command()
@click.option("--timeout", default=5.0, metavar="S", help="Longest wait for the relay.")
@as_person
@click.pass_context
def status(context: click.Context, *, timeout: float) -> None:
    """Show whether relays are connected, what is still to be sent, and which warnings remain."""
    settings = settings_of(context)

    async def work() -> None:
        async with opened(settings) as client:
            with suppress(errors.Unreachable):
                await client.sync(timeout_s=timeout, receipts=False)
            found = client.status()
        if settings.as_json:
            emit(found)
            return
        table(_rows(found, settings.language))
        for sentence in still_wrong(found, settings.language):
            line(sentence)

    run_async(work())


def _rows(found: Status, language: Language) -> list[tuple[str, str]]:
    """The status as a table; why a relay is out of reach by its code."""
    published = say("status-yes" if found.published else "status-no", language)
    rows = [
        (say("status-handle", language), found.handle),
        (say("status-published", language), published),
        (say("status-outbox", language), str(found.outbox)),
    ]
    for way in found.relays:
        state = say("status-connected" if way.connected else "status-not-connected", language)
        why = f" [{way.error}]" if way.error and not way.connected else ""
        rows.append((way.relay, f"{say(f'lane-{way.lane}', language)}: {state}{why}"))
    return rows
