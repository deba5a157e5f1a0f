"""``nulla follow``, ``nulla sync`` and ``nulla status``."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, TypeAlias, assert_never

import click

from nullabona.cli.help import command
from nullabona.cli.output import emit, line, note, remark, say, table
from nullabona.cli.person.running import in_step, opened, run_async
from nullabona.cli.person.sentences import message_line, still_wrong, warning_line
from nullabona.cli.settings import Settings, as_person, settings_of
from nullabona.client.api import Client, Event, EventsForgotten, MessageReceived, Status, errors
from nullabona.client.api import events as e
from nullabona.system.interrupts import ENDINGS, on_signals
from nullabona.words.catalogue import Language
from nullabona.words.relays import relay_name

_Worth: TypeAlias = e.Warned | e.SignedOut | e.HistoryCame | e.RequestRefused | e.ChangeFailed
_Silent: TypeAlias = (
    e.MessageChanged
    | e.MessageGone
    | e.NoticeAdded
    | e.ReadMarker
    | e.Typing
    | e.Transfer
    | e.ContactChanged
    | e.ProfileChanged
    | e.RoomRequestGone
    | e.LinkUsed
    | e.EpochChanged
    | e.Leaving
    | e.Published
    | e.PreferencesChanged
    | e.DevicesChanged
    | e.ConnectionChanged
    | e.OtherEvent
)


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
    on_signals(ENDINGS, task.cancel)
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


def _sentence(settings: Settings, client: Client, event: Event) -> str | None:  # noqa: C901 - a case a kind of event
    """The line that people are told of an event; None: of this one they are told nothing."""
    values: dict[str, str] = {}
    match event:
        case MessageReceived():
            return f"[{_title(client, event.room)}] {event.handle}: {_words(settings, client, event)}"
        case e.Warned() | e.SignedOut() | e.HistoryCame() | e.RequestRefused() | e.ChangeFailed():
            worth = _worth_telling(event)
            return worth and warning_line(*worth, settings.language, published=client.me.published)
        case e.CardChecked():
            return say(f"event-card-checked-{event.standing}", settings.language, handle=event.handle)
        case e.MessageStateChanged():
            key = "event-failed" if event.state == "failed" else None
        case e.JoinRequestChanged():
            key = "event-join-request-refused" if event.state in {"used", "expired", "closed"} else None
            values = {"handle": event.handle}
        case e.OperatorNoticeChanged():
            key = None if event.put_away else "event-operator-notice"
        case (
            e.Joined() | e.Removed() | e.Left() | e.RoomChanged() | e.Rejoined() | e.RelayLostBox() | EventsForgotten()
        ):
            key = f"event-{event.kind}"
        case e.MemberAdded() | e.MemberRemoved() | e.ContactAccepted() | e.IdentityChanged():
            key, values = f"event-{event.kind}", {"handle": event.handle}
        case e.ContactRequested():
            key, values = f"event-{event.kind}", {"handle": event.handle, "greeting": event.greeting}
        case e.RoomRequested():
            name = event.name or _title(client, event.room)
            key, values = f"event-{event.kind}", {"handle": event.handle, "name": name, "id": event.room.hex()[:12]}
        case e.RelayMoved() | e.RoomMoved():
            key, values = f"event-{event.kind}", {"relay": relay_name(event.relay)}
        case _:
            _silent(event)
            key = None
    return None if key is None else say(key, settings.language, room=_title(client, event.room), **values)


def _silent(event: _Silent) -> None:
    """What the rooms show, or what nobody needs to be told of."""
    match event:
        case e.MessageChanged() | e.MessageGone() | e.NoticeAdded() | e.ReadMarker() | e.Typing() | e.Transfer():
            pass
        case e.ContactChanged() | e.ProfileChanged() | e.RoomRequestGone() | e.LinkUsed() | e.EpochChanged():
            pass
        case e.Leaving() | e.Published() | e.PreferencesChanged() | e.DevicesChanged():
            pass
        case e.ConnectionChanged() | e.OtherEvent():
            pass
        case _:
            assert_never(event)


def _worth_telling(event: _Worth) -> tuple[str, Mapping[str, Any]] | None:
    """The code and the values of what has a finished sentence (`nullabona.words.warnings`)."""
    match event:
        case e.Warned():
            return event.code, event.detail
        case e.SignedOut():
            return "signed-out", {}
        case e.HistoryCame():
            return ("history-whole", {"count": event.messages}) if event.whole else None
        case e.RequestRefused():
            return "refused", {"code": event.code}
        case e.ChangeFailed():
            return "change-failed", {}
        case _:
            assert_never(event)


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
@click.option("--timeout", type=float, metavar="S", help="Longest wait, then exit 4 (30).")
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
@click.option("--timeout", default=5.0, metavar="S", help="Longest wait for the server.")
@as_person
@click.pass_context
def status(context: click.Context, *, timeout: float) -> None:
    """Show whether servers are connected, what is still to be sent, and which warnings remain."""
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
