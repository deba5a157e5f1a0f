"""Answers about conversations."""

from __future__ import annotations

from typing import Final

from nullabona.app.answers.asking import Asker, answers, read_id, read_place
from nullabona.app.protocol import talk_calls as c
from nullabona.app.protocol import views as v
from nullabona.app.protocol.call import Done
from nullabona.app.session.errors import BadCall
from nullabona.app.session.views import now_ms

MOST_AT_ONCE: Final = 500


@answers(c.OpenRoom)
async def _open_room(ask: Asker, call: c.OpenRoom) -> c.RoomPage:
    room, views = read_id(call.room), ask.views
    shown = views.room(room)
    first = read_id(shown.first_unread) if shown.first_unread else None
    page = views.page(room, around=first, limit=_limit(call.limit))
    ask.session.pages.open_room(ask.page, room)
    return c.RoomPage(shown, page)


@answers(c.CloseRoom)
async def _close_room(ask: Asker, call: c.CloseRoom) -> Done:
    ask.session.pages.close_room(ask.page, read_id(call.room))
    return Done()


@answers(c.GetMessages)
async def _get_messages(ask: Asker, call: c.GetMessages) -> v.Page:
    return ask.views.page(
        read_id(call.room),
        before=read_place(call.before),
        after=read_place(call.after),
        around=read_id(call.around) if call.around else None,
        limit=_limit(call.limit),
    )


@answers(c.GetUnread)
async def _get_unread(ask: Asker, call: c.GetUnread) -> c.Unread:
    first, last = read_place(call.first), read_place(call.last)
    if first is None or last is None:
        raise BadCall("a range has two places")
    return c.Unread(ask.views.unread(read_id(call.room), first, last))


@answers(c.SendText)
async def _send_text(ask: Asker, call: c.SendText) -> v.Message:
    room, views = read_id(call.room), ask.views
    reply_to = read_id(call.reply_to) if call.reply_to else b""
    mentions = [read_id(account) for account in call.mentions]
    sent = await ask.client.messages.send(room, call.text, reply_to, mentions=mentions)
    views.sent(sent, call.client)
    ask.session.work.changes.message(room, sent)
    return views.message(room, sent)


@answers(c.SendFile)
async def _send_file(ask: Asker, call: c.SendFile) -> v.Message:
    room, views, upload = read_id(call.room), ask.views, ask.session.uploads.get(call.upload)
    sent = await ask.client.files.send(
        room,
        upload.data,
        name=upload.name,
        caption=call.caption,
        reply_to=read_id(call.reply_to) if call.reply_to else b"",
        as_kind=None if call.kind == "photo" else call.kind,
        duration_ms=call.duration_ms,
        levels=bytes(max(0, min(level, 255)) for level in call.levels),
        album=read_id(call.album) if call.album else b"",
    )
    ask.session.uploads.drop(call.upload)
    views.sent(sent, call.client)
    ask.session.work.changes.message(room, sent)
    return views.message(room, sent)


@answers(c.FetchFile)
async def _fetch_file(ask: Asker, call: c.FetchFile) -> Done:
    await ask.client.files.fetch(read_id(call.room), read_id(call.message))
    ask.session.work.changes.message(read_id(call.room), read_id(call.message))
    return Done()


@answers(c.CancelTransfer)
async def _cancel_transfer(ask: Asker, call: c.CancelTransfer) -> Done:
    await ask.client.files.cancel(read_id(call.room), read_id(call.message))
    ask.session.work.changes.message(read_id(call.room), read_id(call.message))
    return Done()


@answers(c.GetText)
async def _get_text(ask: Asker, call: c.GetText) -> c.Words:
    return ask.views.words(read_id(call.room), read_id(call.message))


@answers(c.SetDraft)
async def _set_draft(ask: Asker, call: c.SetDraft) -> Done:
    reply = read_id(call.reply_to) if call.reply_to else b""
    await ask.client.preferences.set_room(read_id(call.room), draft=call.text, draft_reply=reply)
    return Done()


@answers(c.SetRoom)
async def _set_room(ask: Asker, call: c.SetRoom) -> Done:
    room, now = read_id(call.room), now_ms()
    changes: dict[str, object] = {}
    if call.pinned is not None:
        changes["pinned"] = now if call.pinned else 0
    if call.mute_s is not None:
        until = call.mute_s if call.mute_s == "always" else now + 1_000 * call.mute_s
        changes["muted_until"] = until if call.mute_s else None
    for name in ("archived", "marked_unread"):
        if getattr(call, name) is not None:
            changes[name] = getattr(call, name)
    await ask.client.preferences.set_room(room, **changes)
    return Done()


@answers(c.MarkRead)
async def _mark_read(ask: Asker, call: c.MarkRead) -> Done:
    room = read_id(call.room)
    await ask.client.messages.mark_read(room, read_id(call.message) if call.message else b"")
    ask.session.work.changes.room(room)
    return Done()


def _limit(limit: int) -> int:
    return max(1, min(limit, MOST_AT_ONCE))
