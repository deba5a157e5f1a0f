"""Answers about people and rooms."""

from __future__ import annotations

from nullabona.app.answers.asking import Asker, answers, full_handle, read_id
from nullabona.app.protocol import people_calls as c
from nullabona.app.protocol import views as v
from nullabona.app.protocol.call import Done
from nullabona.app.session.errors import BadCall


@answers(c.GetContacts)
async def _get_contacts(ask: Asker, _: c.GetContacts) -> c.Contacts:
    return c.Contacts(ask.views.people.contacts())


@answers(c.AskContact)
async def _ask_contact(ask: Asker, call: c.AskContact) -> v.Contact:
    info = await ask.client.contacts.request(full_handle(ask.session, call.handle), call.greeting)
    ask.session.work.changes.people()
    return ask.views.people.contact(info)


@answers(c.AnswerRequest)
async def _answer_request(ask: Asker, call: c.AnswerRequest) -> c.RequestAnswered:
    id, client = read_id(call.id), ask.client
    if any(info.account == id and info.state == "asking" for info in client.contacts.all()):
        waits = await _answer_person(ask, id, call.answer)
    elif any(room.id == id for room in client.rooms.requests()):
        waits = await _answer_room(ask, id, call.answer)
    else:
        raise BadCall("there is no such request any more")
    ask.session.work.changes.people()
    return c.RequestAnswered(waits)


async def _answer_person(ask: Asker, account: bytes, answer: str) -> bool:
    """Whether a yes waits for the record."""
    if answer == "accept":
        return (await ask.client.contacts.accept(account)).answered
    if answer == "delete":
        await ask.client.contacts.decline(account)
    else:
        await ask.client.contacts.block(account)
    return False


async def _answer_room(ask: Asker, room: bytes, answer: str) -> bool:
    """Whether a yes waits for the record."""
    if answer != "accept":
        await ask.client.rooms.decline(room)
        return False
    answered = (await ask.client.rooms.accept(room)).answered
    if not answered:
        ask.session.work.changes.room(room, inside=True)
    return answered


@answers(c.CreateGroup)
async def _create_group(ask: Asker, call: c.CreateGroup) -> v.Chat:
    made = await ask.client.rooms.create_group(call.name, [_named(ask, person) for person in call.people])
    timer = call.timer_s or ask.client.preferences.get().default_timer_s
    if timer:
        await ask.client.rooms.set_timer(made.id, timer)
    ask.session.work.changes.room(made.id, inside=True)
    return ask.views.chat(made.id)


def _named(ask: Asker, person: str) -> bytes | str:
    """The person named by a contact's account or by a handle."""
    for info in ask.client.contacts.all():
        if info.account.hex() == person:
            return info.account
    return full_handle(ask.session, person)


def _member(ask: Asker, room: bytes, person: str) -> bytes | str:
    """As `_named`, but first among the members of a room. A person who is no contact is looked up by handle."""
    for member in ask.client.rooms.members(room):
        if member.account.hex() == person:
            return member.account
    return _named(ask, person)


@answers(c.ChangeMembers)
async def _change_members(ask: Asker, call: c.ChangeMembers) -> Done:
    room = read_id(call.room)
    for person in call.people:
        who = _member(ask, room, person)
        if call.change == "add":
            await ask.client.rooms.add(room, who)
        elif call.change == "remove":
            await ask.client.rooms.remove(room, who)
        else:
            await ask.client.rooms.set_admin(room, who, admin=call.change == "appoint")
    ask.session.work.changes.room(room, inside=True)
    return Done()


@answers(c.RenameRoom)
async def _rename_room(ask: Asker, call: c.RenameRoom) -> Done:
    await ask.client.rooms.rename(read_id(call.room), call.name)
    return Done()


@answers(c.LeaveRoom)
async def _leave_room(ask: Asker, call: c.LeaveRoom) -> Done:
    room = read_id(call.room)
    successor = _member(ask, room, call.successor) if call.successor else b""
    await ask.client.rooms.leave(room, successor=successor)
    ask.session.work.changes.room(room, inside=True)
    return Done()


@answers(c.DeleteChat)
async def _delete_chat(ask: Asker, call: c.DeleteChat) -> Done:
    room = read_id(call.room)
    await ask.client.rooms.delete(room)
    ask.session.work.changes.room(room)
    return Done()
