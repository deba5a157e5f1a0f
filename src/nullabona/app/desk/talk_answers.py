"""Answers about conversations."""

from __future__ import annotations

from typing import Final

from nullabona.app.desk.asking import Asker, Handlers, read_id
from nullabona.app.desk.errors import BadCall
from nullabona.app.protocol import talk_calls as c
from nullabona.app.protocol import views as v
from nullabona.app.protocol.call import Done
from nullabona.app.showing.messages import position_of

MOST_AT_ONCE: Final = 500


async def _open_room(ask: Asker, call: c.OpenRoom) -> c.RoomPage:
    room, looks = read_id(call.room), ask.looks
    shown = looks.room(room)
    page = looks.page(room, before=None, limit=_limit(call.limit))
    ask.desk.hub.open_room(ask.page, room)
    return c.RoomPage(shown, page)


async def _close_room(ask: Asker, call: c.CloseRoom) -> Done:
    ask.desk.hub.close_room(ask.page, read_id(call.room))
    return Done()


async def _get_messages(ask: Asker, call: c.GetMessages) -> v.Page:
    return ask.looks.page(read_id(call.room), before=_place(call.before), limit=_limit(call.limit))


async def _send_text(ask: Asker, call: c.SendText) -> v.Message:
    room, looks = read_id(call.room), ask.looks
    reply_to = read_id(call.reply_to) if call.reply_to else b""
    sent = await ask.client.send(room, call.text, reply_to)
    looks.sent(sent, call.client)
    ask.desk.work.changes.message(room, sent)
    return looks.message(room, sent)


async def _mark_read(ask: Asker, call: c.MarkRead) -> Done:
    room = read_id(call.room)
    await ask.client.mark_read(room, read_id(call.message) if call.message else b"")
    ask.desk.work.changes.room(room)
    return Done()


def _limit(limit: int) -> int:
    return max(1, min(limit, MOST_AT_ONCE))


def _place(place: str) -> int | None:
    try:
        return position_of(place) if place else None
    except ValueError:
        raise BadCall("that is no place") from None


ANSWERS: Final[Handlers] = {
    c.OpenRoom: _open_room,
    c.CloseRoom: _close_room,
    c.GetMessages: _get_messages,
    c.SendText: _send_text,
    c.MarkRead: _mark_read,
}
