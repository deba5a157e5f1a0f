"""From rows to what a face shows: one look at the store for a whole page of a room."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from nullabona.client.api.files import attachment_info
from nullabona.client.api.import_records import ImportedInfo, MissingInfo
from nullabona.client.api.records import (
    MessageInfo,
    NoticeInfo,
    PollInfo,
    QuoteInfo,
    Reaction,
)
from nullabona.client.core import preferences
from nullabona.client.core.model.content import Deleted, File, Imported, Notice, Poll, Stored, Text
from nullabona.client.core.model.records import Device, Message
from nullabona.client.core.model.room_info import DIRECT
from nullabona.client.core.model.state import JOINED, REJOINING, RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import annotating, kinds
from nullabona.client.core.timeline.annotating import Sheet
from nullabona.client.core.timeline.names import Names, all_names
from nullabona.client.importing.placeholders import placeholder
from nullabona.client.importing.records import LineKind

QUOTED: Final = 200
"""Characters of a message that an answer shows."""


@dataclass(slots=True)
class Look:
    """What is needed again and again while messages of rooms are shown. Good inside one transaction only."""

    step: Step
    names: Names
    receipts: bool
    _rooms: dict[bytes, _RoomLook] = field(default_factory=dict)

    def room(self, room: bytes) -> _RoomLook:
        if room not in self._rooms:
            state, store = self.step.find_room(room), self.step.store
            self._rooms[room] = _RoomLook(state, store.devices(room), store.markers(room))
        return self._rooms[room]


@dataclass(frozen=True, slots=True)
class _RoomLook:
    state: RoomState | None
    devices: list[Device]
    markers: dict[bytes, int]

    @property
    def direct(self) -> bool:
        return self.state is not None and self.state.info.kind == DIRECT

    def unread_by(self, message: Message, me: bytes) -> int:
        """How many accounts of the room, the sender aside, have not read a message yet; 0 in a room that we are out of.

        An account that came later counts as having read what was said before.
        """
        if self.state is None or self.state.phase not in {JOINED, REJOINING}:
            return 0
        accounts = {device.account for device in self.devices} | {me}
        return sum(self.markers.get(account, -1) < message.position for account in accounts - {message.account})


def look_at(step: Step) -> Look:
    """Begin to show messages. Runs in the caller's transaction."""
    return Look(
        step, all_names(step.store, {step.local.account: step.local.handle}), preferences.profile(step.store).receipts
    )


def partner_of(room: RoomState, me: bytes) -> bytes:
    """The other account of a direct room; empty for a group."""
    return next((account for account in room.info.pair if account != me), b"")


def room_title(look: Look, room: RoomState | None) -> str:
    """A group's name, or what the other person of a direct room is called; empty for a room that is not there."""
    if room is None:
        return ""
    partner = partner_of(room, look.step.local.account)
    return look.names.name(partner) if partner else room.info.name


def show(look: Look, message: Message) -> MessageInfo:
    """A message in full: with its quote, reactions, votes and who has not read it."""
    body = kinds.stored(message)
    room = look.room(message.room)
    notes = look.step.store.annotations(message.room, message.id)
    sheet = annotating.sheet_of(message, body, notes, direct=room.direct)
    return _info(look, message, body, sheet, unread_by(look, message), quote=_quote(look, message, body))


def unread_by(look: Look, message: Message) -> int | None:
    """How many have not read a message; None if the person does not take part in read receipts."""
    if not look.receipts:
        return None
    me = look.step.local.account
    return look.room(message.room).unread_by(message, me) if message.kind in kinds.SPOKEN else 0


def show_line(look: Look, message: Message) -> MessageInfo:
    """As the list of rooms shows it: without quote, reactions and votes; ``unread_by`` is None."""
    return _info(look, message, kinds.stored(message), Sheet(), None, quote=None)


def _info(
    look: Look, message: Message, body: Stored, sheet: Sheet, unread: int | None, *, quote: QuoteInfo | None
) -> MessageInfo:
    me = look.step.local.account
    said = body if isinstance(body, Text | File) else None
    said_file = kinds.attachment_of(body)
    imported = _imported(body) if isinstance(body, Imported) else None
    deleted = imported is not None and imported.what == LineKind.DELETED
    return MessageInfo(
        id=message.id,
        room=message.room,
        account=message.account,
        handle=look.names.handle(message.account) if message.account else "",
        mine=message.account == me and message.kind != kinds.NOTICE,
        sent_at=message.sent_at,
        state=str(message.state),
        unread_by=unread,
        position=message.position,
        reply_to=said.reply_to if said is not None else b"",
        text=kinds.words_of(body),
        kind=kinds.DELETED if deleted else message.kind,
        name=look.names.name(message.account) if message.account else imported.author if imported is not None else "",
        quote=quote,
        mentions=said.mentions if said is not None else (),
        mentions_me=message.unread == 2,
        forwarded=said is not None and said.forwarded,
        edited_at=message.edited_at,
        timer_s=message.timer_s,
        expires_at=message.expires_at,
        pinned=sheet.pinned,
        reactions=_reactions(look, sheet),
        poll=_poll(look, message, body, sheet) if isinstance(body, Poll) else None,
        album=body.album if isinstance(body, File) else b"",
        attachment=attachment_info(look.step.store, message, said_file) if said_file is not None else None,
        notice=_notice(look, body) if isinstance(body, Notice) else None,
        deleted_by=body.by if isinstance(body, Deleted) else b"",
        imported=imported,
        told_by=message.told_by,
        teller=look.names.name(message.told_by) if message.told_by not in {b"", message.account} else "",
    )


def _imported(body: Imported) -> ImportedInfo:
    found = placeholder(body.service, body.what, body.text) if body.attachment is None else None
    missing = None if found is None else MissingInfo(body.what, found.name, found.caption, found.count)
    return ImportedInfo(body.service, body.author, body.what, body.precise, missing)


def _quote(look: Look, message: Message, body: Stored) -> QuoteInfo | None:
    if not isinstance(body, Text | File) or not body.reply_to:
        return None
    line = look.step.store.message(message.room, body.reply_to)
    if line is None or not line.shown:
        return QuoteInfo(body.reply_to, b"", "", "gone", "")
    text = kinds.brief(kinds.stored(line))[:QUOTED]
    return QuoteInfo(line.id, line.account, look.names.name(line.account), line.kind, text)


def _reactions(look: Look, sheet: Sheet) -> tuple[Reaction, ...]:
    given: dict[str, list[bytes]] = {}
    for emoji, account in sheet.reactions:
        given.setdefault(emoji, []).append(account)
    return tuple(
        Reaction(emoji, tuple(accounts), tuple(look.names.name(account) for account in accounts))
        for emoji, accounts in given.items()
    )


def _poll(look: Look, message: Message, body: Poll, sheet: Sheet) -> PollInfo:
    names = {account: look.names.name(account) for account in sheet.votes}
    may_close = message.account == look.step.local.account and not sheet.closed
    return PollInfo(body.question, body.options, body.multiple, sheet.votes, names, sheet.closed, may_close)


def _notice(look: Look, body: Notice) -> NoticeInfo:
    return NoticeInfo(
        body.what.value,
        body.account,
        look.names.name(body.account) if body.account else "",
        body.account == look.step.local.account,
        body.others,
        tuple(look.names.name(account) for account in body.others),
        body.text,
    )
