"""Answers about people and rooms."""

from __future__ import annotations

from typing import Final

from nullabona.app.desk.asking import Asker, Handlers, full_handle, read_id
from nullabona.app.desk.errors import BadCall
from nullabona.app.protocol import people_calls as c
from nullabona.app.protocol import views as v
from nullabona.app.protocol.call import Done


async def _get_contacts(ask: Asker, _: c.GetContacts) -> c.Contacts:
    return c.Contacts(ask.looks.faces.contacts())


async def _ask_contact(ask: Asker, call: c.AskContact) -> v.Contact:
    info = await ask.client.request_contact(full_handle(ask.desk, call.handle), call.greeting)
    ask.desk.work.changes.people()
    return ask.looks.faces.contact(info)


async def _answer_request(ask: Asker, call: c.AnswerRequest) -> v.RequestAnswered:
    id, client = read_id(call.id), ask.client
    handle = next((info.handle for info in client.contacts() if info.account == id and info.state == "asking"), "")
    if handle:
        waits = await _answer_person(ask, handle, call.answer)
    elif any(room.id == id for room in client.room_requests()):
        waits = await _answer_room(ask, id, call.answer)
    else:
        raise BadCall("there is no such request any more")
    ask.desk.work.changes.people()
    return v.RequestAnswered(waits)


async def _answer_person(ask: Asker, handle: str, answer: str) -> bool:
    """Whether a yes waits for the record."""
    if answer == "accept":
        return (await ask.client.accept_contact(handle)).answered
    if answer == "delete":
        await ask.client.decline_contact(handle)
    else:
        await ask.client.block_contact(handle)
    return False


async def _answer_room(ask: Asker, room: bytes, answer: str) -> bool:
    """Whether a yes waits for the record."""
    if answer != "accept":
        await ask.client.decline_room_request(room)
        return False
    answered = (await ask.client.accept_room_request(room)).answered
    if not answered:
        ask.desk.work.changes.room(room, inside=True)
    return answered


async def _create_group(ask: Asker, call: c.CreateGroup) -> v.Chat:
    made = await ask.client.create_group(call.name, [_handle(ask, person) for person in call.people])
    timer = call.timer_s or ask.client.preferences().default_timer_s
    if timer:
        await ask.client.set_timer(made.id, timer)
    ask.desk.work.changes.room(made.id, inside=True)
    return ask.looks.chat(made.id)


def _handle(ask: Asker, person: str) -> str:
    """The handle of a person who is named by handle or account."""
    for info in ask.client.contacts():
        if info.account.hex() == person:
            return info.handle
    return full_handle(ask.desk, person)


def _member(ask: Asker, room: bytes, person: str) -> str:
    for member in ask.client.members(room):
        if member.account.hex() == person:
            return member.handle
    return _handle(ask, person)


async def _change_members(ask: Asker, call: c.ChangeMembers) -> Done:
    room = read_id(call.room)
    for person in call.people:
        handle = _member(ask, room, person)
        if call.change == "add":
            await ask.client.add(room, handle)
        elif call.change == "remove":
            await ask.client.remove(room, handle)
        else:
            await ask.client.set_admin(room, handle, admin=call.change == "appoint")
    ask.desk.work.changes.room(room, inside=True)
    return Done()


async def _rename_room(ask: Asker, call: c.RenameRoom) -> Done:
    await ask.client.rename(read_id(call.room), call.name)
    return Done()


async def _leave_room(ask: Asker, call: c.LeaveRoom) -> Done:
    room = read_id(call.room)
    await ask.client.leave(room)
    ask.desk.work.changes.room(room, inside=True)
    return Done()


ANSWERS: Final[Handlers] = {
    c.GetContacts: _get_contacts,
    c.AskContact: _ask_contact,
    c.AnswerRequest: _answer_request,
    c.CreateGroup: _create_group,
    c.ChangeMembers: _change_members,
    c.RenameRoom: _rename_room,
    c.LeaveRoom: _leave_room,
}
