"""Answers about actions on messages, and about searches."""

from __future__ import annotations

from typing import Final

from nullabona.app.answers.asking import Asker, answers, read_id, read_place
from nullabona.app.presenting.messages import place_of
from nullabona.app.protocol import people_calls
from nullabona.app.protocol import talk_calls as c
from nullabona.app.protocol import views as v
from nullabona.app.protocol.call import Done

MOST_FOUND: Final = 200


def _touched(ask: Asker, room: str, *messages: str) -> Done:
    ask.session.work.changes.message(read_id(room), *map(read_id, messages))
    return Done()


@answers(c.EditMessage)
async def _edit(ask: Asker, call: c.EditMessage) -> Done:
    mentions = [read_id(account) for account in call.mentions]
    await ask.client.messages.edit(read_id(call.room), read_id(call.message), call.text, mentions=mentions)
    return _touched(ask, call.room, call.message)


@answers(c.DeleteMessages)
async def _delete(ask: Asker, call: c.DeleteMessages) -> Done:
    await ask.client.messages.delete(read_id(call.room), [read_id(id) for id in call.messages], for_all=call.for_all)
    return _touched(ask, call.room, *call.messages)


@answers(c.React)
async def _react(ask: Asker, call: c.React) -> Done:
    await ask.client.messages.react(read_id(call.room), read_id(call.message), call.emoji)
    return _touched(ask, call.room, call.message)


@answers(c.Forward)
async def _forward(ask: Asker, call: c.Forward) -> Done:
    for to in call.to:
        sent = await ask.client.messages.forward(
            read_id(call.room), [read_id(id) for id in call.messages], [read_id(to)]
        )
        ask.session.work.changes.message(read_id(to), *sent)
    return Done()


@answers(c.Retry)
async def _retry(ask: Asker, call: c.Retry) -> Done:
    await ask.client.messages.retry(read_id(call.room), read_id(call.message))
    return _touched(ask, call.room, call.message)


@answers(c.Discard)
async def _discard(ask: Asker, call: c.Discard) -> Done:
    await ask.client.messages.discard(read_id(call.room), read_id(call.message))
    return Done()


@answers(c.SendPoll)
async def _send_poll(ask: Asker, call: c.SendPoll) -> v.Message:
    room, views = read_id(call.room), ask.views
    sent = await ask.client.messages.send_poll(room, call.question, call.options, multiple=call.multiple)
    views.sent(sent, call.client)
    ask.session.work.changes.message(room, sent)
    return views.message(room, sent)


@answers(c.Vote)
async def _vote(ask: Asker, call: c.Vote) -> Done:
    await ask.client.messages.vote(read_id(call.room), read_id(call.message), call.choices)
    return _touched(ask, call.room, call.message)


@answers(c.ClosePoll)
async def _close_poll(ask: Asker, call: c.ClosePoll) -> Done:
    await ask.client.messages.close_poll(read_id(call.room), read_id(call.message))
    return _touched(ask, call.room, call.message)


@answers(c.PinMessage)
async def _pin(ask: Asker, call: c.PinMessage) -> Done:
    await ask.client.messages.pin(read_id(call.room), read_id(call.message), on=call.on)
    ask.session.work.changes.room(read_id(call.room), inside=True)
    return _touched(ask, call.room, call.message)


@answers(c.SetTyping)
async def _set_typing(ask: Asker, call: c.SetTyping) -> Done:
    await ask.client.rooms.set_typing(read_id(call.room), on=call.on)
    return Done()


@answers(people_calls.SetTimer)
async def _set_timer(ask: Asker, call: people_calls.SetTimer) -> Done:
    await ask.client.rooms.set_timer(read_id(call.room), call.timer_s)
    return Done()


@answers(people_calls.SetMembersPin)
async def _set_members_pin(ask: Asker, call: people_calls.SetMembersPin) -> Done:
    await ask.client.rooms.set_members_pin(read_id(call.room), on=call.on)
    return Done()


@answers(c.Search)
async def _search(ask: Asker, call: c.Search) -> v.Found:
    limit = max(1, min(call.limit, MOST_FOUND))
    room = read_id(call.room) if call.room else None
    before = read_place(call.before)
    people = (call.person,) if call.person else ()
    since, until = call.since or None, call.until or None
    found = ask.client.messages.search(
        call.text, room=room, before=before, limit=limit + 1, people=people, since=since, until=until
    )
    matches = [ask.views.match(one, place_of(one.cursor)) for one in found[:limit]]
    if room is not None or before is not None or people or since or until:
        return v.Found([], [], matches, len(found) > limit)
    named = ask.client.contacts.find(call.text)
    rooms = [id.hex() for id in named.rooms]
    return v.Found(rooms, [ask.views.people.contact(info) for info in named.contacts], matches, len(found) > limit)


@answers(c.GetMedia)
async def _get_media(ask: Asker, call: c.GetMedia) -> v.Page:
    before = read_place(call.before)
    return ask.views.gallery(read_id(call.room), call.kind, before, max(1, min(call.limit, MOST_FOUND)))
