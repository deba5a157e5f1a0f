"""Answers about links, safety numbers, and the person's own settings for contacts."""

from __future__ import annotations

from nullabona.app.answers.asking import Asker, answers, read_id
from nullabona.app.presenting.people import to_person
from nullabona.app.protocol import people_calls as c
from nullabona.app.protocol.call import Done
from nullabona.client.api import ContactInfo, LinkInfo, qr_rows


@answers(c.SetContact)
async def _set_contact(ask: Asker, call: c.SetContact) -> Done:
    account, client = read_id(call.account), ask.client
    if call.nickname is not None:
        await client.contacts.set_nickname(account, call.nickname)
    if call.blocked is not None:
        await _block(ask, account, blocked=call.blocked)
    if call.verified is not None:
        await client.contacts.verify(account, verified=call.verified)
    if call.confirmed:
        await client.contacts.confirm(account)
    known = _known(ask, account)
    ask.session.work.changes.people()
    if known is not None and known.room:
        ask.session.work.changes.room(known.room, inside=True)
    return Done()


async def _block(ask: Asker, account: bytes, *, blocked: bool) -> None:
    if not blocked:
        await ask.client.contacts.unblock(account)
        return
    known = _known(ask, account)
    if known is not None:
        await ask.client.contacts.block(account)


@answers(c.DeleteContact)
async def _delete_contact(ask: Asker, call: c.DeleteContact) -> Done:
    account = read_id(call.account)
    known = _known(ask, account)
    await ask.client.contacts.delete(account)
    ask.session.work.changes.people()
    if known is not None and known.room:
        ask.session.work.changes.room(known.room, inside=True)
    return Done()


def _known(ask: Asker, account: bytes) -> ContactInfo | None:
    return next((info for info in ask.client.contacts.all() if info.account == account), None)


@answers(c.GetSafety)
async def _get_safety(ask: Asker, call: c.GetSafety) -> c.Safety:
    number = ask.client.contacts.safety_number(read_id(call.account))
    known = _known(ask, number.account)
    name = "" if known is None else known.name
    person = to_person(number.account, number.handle, name, me=False, picture=ask.views.people.picture)
    rows = list(qr_rows(number.code))
    return c.Safety(person, list(number.digits), rows, number.verified, number.changed, number.replaced)


@answers(c.ReadCode)
async def _read_code(ask: Asker, call: c.ReadCode) -> c.CodeResult:
    return c.CodeResult(ask.client.contacts.matches_code(read_id(call.account), call.text))


@answers(c.MakeLink)
async def _make_link(ask: Asker, call: c.MakeLink) -> c.LinkView:
    room = read_id(call.room) if call.room else None
    return _link(await ask.client.links.make(room, hours=call.hours, uses=call.uses))


@answers(c.GetLinks)
async def _get_links(ask: Asker, call: c.GetLinks) -> c.Links:
    return c.Links([_link(link) for link in ask.client.links.all(read_id(call.room) if call.room else None)])


def _link(link: LinkInfo) -> c.LinkView:
    rows, uses_left = list(qr_rows(link.text)), -1 if link.uses_left is None else link.uses_left
    return c.LinkView(link.id.hex(), link.text, link.web, rows, link.room.hex(), link.expires_at or 0, uses_left)


@answers(c.RevokeLink)
async def _revoke_link(ask: Asker, call: c.RevokeLink) -> Done:
    await ask.client.links.revoke(read_id(call.id))
    return Done()


@answers(c.ReadLink)
async def _read_link(ask: Asker, call: c.ReadLink) -> c.LinkPreview:
    link = ask.client.links.read(call.text)
    same = [info for info in ask.client.contacts.all() if info.handle == link.handle]
    known = next((info for info in same if info.account == link.account), same[0] if same else None)
    person = None if known is None else ask.views.people.contact(known).person
    room = link.room if link.kind == "room" else known.room if known is not None else b""
    shown = room.hex() if link.state == "known" else ""
    title = ask.views.chat(room).title if shown and link.kind == "room" else ""
    trouble = link.state if link.state in {"own", "other"} else ""
    return c.LinkPreview("room" if link.kind == "room" else "contact", link.handle, person, title, shown, trouble)


@answers(c.FollowLink)
async def _follow_link(ask: Asker, call: c.FollowLink) -> c.Followed:
    opened = await ask.client.links.open(call.text, call.greeting)
    ask.session.work.changes.people()
    return c.Followed(opened.account.hex())


@answers(c.AskAgain)
async def _ask_again(ask: Asker, call: c.AskAgain) -> Done:
    await ask.client.links.ask_again(read_id(call.room))
    return Done()


@answers(c.WithdrawJoinRequest)
async def _withdraw_join_request(ask: Asker, call: c.WithdrawJoinRequest) -> Done:
    await ask.client.links.withdraw(read_id(call.room))
    return Done()
