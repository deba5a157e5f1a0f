"""Rooms: direct ones and groups, their members, and what changes them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from nullabona.client.api.contacts import Contacts, prove
from nullabona.client.api.errors import TimedOut
from nullabona.client.api.finding import (
    find_contact,
    find_member,
    find_room,
    is_prefix,
    room_requests,
    room_states,
)
from nullabona.client.api.records import Member, MessageInfo, RoomDetails, RoomSummary
from nullabona.client.api.reopening import opening
from nullabona.client.api.session import Session
from nullabona.client.api.showing import Look, look_at, partner_of, show_line
from nullabona.client.core import commands, conversation, deleting, preferences
from nullabona.client.core import rooms as core_rooms
from nullabona.client.core.account import own_devices
from nullabona.client.core.commands import MemberInfo
from nullabona.client.core.contacts import handed_cards
from nullabona.client.core.identity import claims
from nullabona.client.core.incoming import invitations
from nullabona.client.core.model.content import File
from nullabona.client.core.model.errors import NoSuchContact, NoSuchRoom
from nullabona.client.core.model.facts.account import Warned
from nullabona.client.core.model.facts.people import RoomRequested
from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.records import Contact, Message
from nullabona.client.core.model.room_info import DEVICES, DIRECT
from nullabona.client.core.model.state import JOINED, REMOVED, RoomState, decode_state
from nullabona.client.core.step import DAY_MS, Step
from nullabona.client.core.timeline import kinds, notices
from nullabona.client.core.timeline.names import Names
from nullabona.client.net import EndpointRefused
from nullabona.client.runner import now_ms
from nullabona.errors import PeerError
from nullabona.wire.card import Card, CardForked, verify_card

_PHOTO: Final = "photo"
_LISTS_S: Final = 5.0
_ALBUM_MOST: Final = 30
"""So many of the newest photos are looked through for those of the newest line's album."""


class Rooms:
    """Rooms. ``room`` is an id, the start of one in hex, a name, or a contact's handle."""

    def __init__(self, session: Session, contacts: Contacts) -> None:
        self._session = session
        self._contacts = contacts

    def all(self) -> list[RoomSummary]:
        """Every room of the list, oldest first: without `RoomSummary.hidden` ones."""
        with self._session.view() as step:
            look = look_at(step)
            return [summary_of(look, room, last=True) for room in room_states(step.store) if not is_hidden(step, room)]

    def requests(self) -> list[RoomSummary]:
        """Rooms that strangers invited us to, which wait to be accepted or declined."""
        with self._session.view() as step:
            return [_requested(step, asked) for asked in room_requests(step.store).values()]

    def get(self, room: bytes | str) -> RoomSummary:
        """One room. Raises `NoSuchRoom` or `Ambiguous`."""
        with self._session.view() as step:
            return summary_of(look_at(step), _load(step.store, find_room(step.store, room)), last=True)

    def details(self, room: bytes | str) -> RoomDetails:
        """As `get`, with technical details: relay, epoch, number of devices, address of the box."""
        with self._session.view() as step:
            store = step.store
            state = _load(store, find_room(store, room))
            box = state.current.keys.box.address if state.boxes else b""
            epoch = state.epoch if state.boxes else 0
            return RoomDetails(
                summary_of(look_at(step), state, last=False),
                state.relay,
                epoch,
                len(store.devices(state.id)),
                box,
                state.rejoin is not None,
                _earlier(step, state),
            )

    def members(self, room: bytes | str) -> list[Member]:
        """The accounts in a room, by handle."""
        with self._session.view() as step:
            found, names = commands.members(step, find_room(step.store, room)), look_at(step).names
        return _members(found, names)

    def members_of(self, rooms: Iterable[bytes]) -> dict[bytes, list[Member]]:
        """As `members`, for several rooms in one transaction."""
        with self._session.view() as step:
            names = look_at(step).names
            return {room: _members(commands.members(step, room), names) for room in rooms}

    async def create_group(self, name: str, who: Sequence[bytes | str] = ()) -> RoomSummary:
        """Create a group with this account as admin, and invite everybody in ``who``. Raises as `add`."""
        cards = await self._fresh_cards(who)
        with self._session.step() as step:
            room = commands.create_group(step, name)
            for card in cards:
                commands.add_account(step, room, card)
        return self.get(room)

    async def add(self, room: bytes | str, who: bytes | str) -> None:
        """Invite an account into a group. `wait_changed` waits until it was added.

        Raises `NoSuchRoom`, `NotAllowed`, `UnknownHandle`, `CardForked`, or `TimedOut` for a stranger whose directory
        is out of reach.
        """
        target = self.get(room).id
        (card,) = await self._fresh_cards([who])
        with self._session.step(target) as step:
            commands.add_account(step, target, card)

    async def remove(self, room: bytes | str, who: bytes | str) -> None:
        """Remove an account from a group: it cannot read what is sent later. Raises `NotAllowed`, `NoSuchContact`."""
        with self._session.step() as step:
            target = find_room(step.store, room)
            commands.remove_account(step, target, find_member(step.store, target, who))

    async def rename(self, room: bytes | str, name: str) -> None:
        """Rename a group. Raises `NotAllowed` or `BadRequest`."""
        with self._session.step() as step:
            commands.rename(step, find_room(step.store, room), name)

    async def set_admin(self, room: bytes | str, who: bytes | str, *, admin: bool = True) -> None:
        """Appoint or dismiss an admin of a group. Raises `NotAllowed`, `LastAdmin`."""
        with self._session.step() as step:
            target = find_room(step.store, room)
            commands.set_admin(step, target, find_member(step.store, target, who), admin=admin)

    async def leave(self, room: bytes | str, *, successor: bytes | str = b"", timeout_s: float | None = 30.0) -> None:
        """Ask to leave. The next member that is online carries it out (`Left`).

        The last admin of a group names a ``successor``, who is made admin first. Raises `LastAdmin`, `NotInRoom`, or
        `PendingStill` if the successor is not an admin in time: then nobody has left.
        """
        if successor:
            await self.set_admin(room, successor)
            await self.wait_changed(room, timeout_s=timeout_s)
        with self._session.step() as step:
            commands.leave(step, find_room(step.store, room))

    async def delete(self, room: bytes | str) -> None:
        """Erase a chat that we are out of, or asked to leave, here and on our other devices. Nobody else is told.

        Raises `NoSuchRoom`, or `BadRequest` for a room that we are in or that is imported history.
        """
        with self._session.step() as step:
            deleting.delete_chat(step, find_room(step.store, room))

    async def update_keys(self, room: bytes | str) -> None:
        """Replace this device's keys in a room now, so that keys copied earlier become useless."""
        with self._session.step() as step:
            commands.update_keys(step, find_room(step.store, room))

    async def set_timer(self, room: bytes | str, seconds: int) -> None:
        """Set how many seconds new messages live once read; 0: for ever. `wait_changed` waits until it applies."""
        with self._session.step() as step:
            conversation.set_timer(step, find_room(step.store, room), seconds)

    async def set_members_pin(self, room: bytes | str, *, on: bool) -> None:
        """Let every member of a group pin messages, or its admins alone. `wait_changed` waits until it applies.

        Raises `NotAllowed` for others than admins, `BadRequest` in a room of two.
        """
        with self._session.step() as step:
            conversation.set_members_pin(step, find_room(step.store, room), on=on)

    async def set_typing(self, room: bytes | str, *, on: bool) -> None:
        """Tell the room that the person is typing or has stopped. Sent at most every 5 s, and only if they allow it."""
        with self._session.step() as step:
            conversation.say_typing(step, step.room(find_room(step.store, room)), on=on)

    def typing(self, room: bytes | str) -> list[bytes]:
        """The accounts that are typing in the room now."""
        with self._session.look() as store:
            target = find_room(store, room)
        return self._session.runner.writing(target)

    async def accept(self, room: bytes | str) -> RoomSummary:
        """Join a room that a stranger invited us to (`RoomRequested`), once the public record confirms who they are.

        Until the record confirms them, the answer is stored (``answered``). Raises as `Contacts.accept`.
        """
        with self._session.view() as step:
            target = _request(step.store, room)
            inviter = invitations.inviter_of(step, target)
        await prove(self._session, inviter.account_id, str(inviter.handle), 10.0)
        with self._session.step() as step:
            commands.accept_request(step, target)
        waiting = next((found for found in self.requests() if found.id == target), None)
        return waiting or self.get(target)

    async def decline(self, room: bytes | str) -> None:
        """Delete the invitation. Its sender is not told. Raises `NoSuchRoom`."""
        with self._session.step() as step:
            commands.decline_request(step, _request(step.store, room))

    async def wait_changed(self, room: bytes | str, *, timeout_s: float | None = 30.0) -> None:
        """Wait until all our changes of the room were carried out or given up. Raises `PendingStill`."""
        target = self.get(room).id

        def done() -> bool | None:
            with self._session.look() as store:
                state = _load(store, target)
            return None if state.pending is not None or state.intents else True

        await self._session.until(done, timeout_s, "the room has not changed")

    async def _fresh_cards(self, who: Sequence[bytes | str]) -> list[Card]:
        """The cards to add these with: a contact's if it is known to be the newest, else the one that is looked up now,
        or a contact's known one if the directory is out of reach.

        Using that one gives a warning, as it may still list a device that they have removed since. If a contact's
        handle leads to another account now, that one is not added in their place: `CardForked`.
        """
        found = [self._contact(one) for one in who]
        # All before the first look-up, which may bring a newer epoch whose list was not read.
        kept = await self._newest_cards([known.account for known in found if known is not None])
        return [
            kept[known.account] if known is not None and known.account in kept else await self._looked_up(one, known)
            for one, known in zip(who, found, strict=True)
        ]

    def _contact(self, who: bytes | str) -> Contact | None:
        with self._session.look() as store:
            try:
                return find_contact(store, who)
            except NoSuchContact:
                if isinstance(who, bytes):
                    raise
                return None

    async def _newest_cards(self, accounts: Sequence[bytes]) -> dict[bytes, Card]:
        """Newest cards of contacts, as far as they are known without a look-up (spec/room.md §9.3)."""
        with self._session.view() as step:
            known = {account: handed_cards.newest_of(step, account) for account in accounts}
        if self._session.options.online and any(may_be for _, may_be in known.values()):
            with suppress(PeerError, EndpointRefused, TimeoutError):
                async with asyncio.timeout(_LISTS_S):
                    await self._session.runner.read_lists()
            with self._session.view() as step:
                known = {account: handed_cards.newest_of(step, account) for account in accounts}
        return {account: card for account, (card, _) in known.items() if card is not None}

    async def _looked_up(self, who: bytes | str, known: Contact | None) -> Card:
        try:
            card = await self._contacts.look_up(known.handle if known is not None else str(who), timeout_s=10.0)
        except TimedOut:
            if known is None or not known.card:
                raise
            with self._session.step() as step:
                step.tell(Warned(code="card-from-before", detail={"handle": known.handle}))
            return verify_card(known.card, today=now_ms() // DAY_MS)
        if known is not None and card.account_id != known.account:
            raise CardForked(f"{known.handle} leads to another account than the one that you know")
        return card


def _requested(step: Step, asked: RoomRequested) -> RoomSummary:
    waits = any(claims.Enter(asked.room) in claim.pending for claim in claims.claims(step))
    standing = claims.standing(step, asked.account)
    return RoomSummary(
        asked.room,
        asked.name,
        direct=False,
        phase="request",
        members=0,
        unread=0,
        admin=False,
        changing=False,
        record=standing,
        answered=waits,
        asks=claims.asks(step, asked.account),
    )


def _members(found: list[MemberInfo], names: Names) -> list[Member]:
    return [Member(m.account, m.handle, m.admin, m.devices, m.me, names.name(m.account)) for m in found]


def _earlier(step: Step, room: RoomState) -> tuple[bytes, ...]:
    """The rooms in which the two of a direct room talked before."""
    others = [other for other in room_states(step.store) if other.id != room.id] if room.info.kind == DIRECT else []
    return tuple(
        other.id
        for other in others
        if other.info.pair == room.info.pair
        and core_rooms.is_over(step, other)
        and not preferences.is_deleted(step.store, other.id)
    )


def _load(store: Store, room: bytes) -> RoomState:
    data = store.load_room(room)
    state = decode_state(data) if data is not None else None
    if state is None or state.info.kind == DEVICES:
        raise NoSuchRoom("this profile has no such room")
    return state


def summary_of(look: Look, room: RoomState, *, last: bool) -> RoomSummary:
    store, me, info, phase = look.step.store, look.step.local.account, room.info, room.phase
    read = store.marker(room.id, me)
    unread, mentions = store.count_unread(room.id, -1 if read is None else read)
    newest = _last_line(store, room.id) if last else None
    line, photos, joined = None, 1, phase == JOINED
    if newest is not None:
        line = show_line(look, newest)
        if line.album:
            line, photos = _with_album(look, newest, line)
    partner = partner_of(room, me)
    signed_out = phase == REMOVED and own_devices.is_signed_out(store)
    return RoomSummary(
        id=room.id,
        title=look.names.name(partner) if partner else info.name,
        direct=info.kind == DIRECT,
        phase="signed-out" if signed_out else phase,
        members=store.member_count(room.id) if joined else 0,
        unread=unread,
        admin=me in info.admins,
        changing=room.pending is not None or bool(room.intents),
        mentions=mentions,
        failed=store.count_failed(room.id),
        timer_s=info.timer_s,
        members_pin=info.members_pin,
        may_pin=joined and info.may_pin(me),
        partner=partner,
        last=line,
        photos=photos,
        leaving=joined and core_rooms.leaving(look.step, room.id),
        opening=opening(look.step, room) if partner else "",
        hidden=is_hidden(look.step, room),
    )


def is_hidden(step: Step, room: RoomState) -> bool:
    """Whether a room has no row in the list: see `RoomSummary.hidden`."""
    if deleting.is_out(step, room) and preferences.is_deleted(step.store, room.id):
        return True
    contact = step.store.contact(other) if (other := core_rooms.other_of(step, room)) else None
    if contact is None or contact.room in {b"", room.id} or not core_rooms.is_over(step, room):
        return False
    newer = step.find_room(contact.room)
    return newer is not None and newer.phase == JOINED


def _with_album(look: Look, newest: Message, line: MessageInfo) -> tuple[MessageInfo, int]:
    """The newest ``line``, of an album, with the words that came with any of its photos; how many those are."""
    rows = look.step.store.messages_of(newest.room, _PHOTO, before=newest.position + 1, limit=_ALBUM_MOST)
    together = [row for row in rows if row.account == newest.account and _is_of(row, line.album)]
    said = [words for row in together if (words := kinds.words_of(kinds.stored(row)))]
    return replace(line, text=said[-1] if said else ""), len(together)


def _is_of(row: Message, album: bytes) -> bool:
    """Whether a photo belongs to an album of its account."""
    body = kinds.stored(row)
    return isinstance(body, File) and body.album == album


def _last_line(store: Store, room: bytes) -> Message | None:
    """The newest line that is more than a device's coming or going."""
    line = store.last_message(room)
    while line is not None and notices.is_quiet(line):
        before = store.messages(room, before=line.position, limit=1)
        line = before[0] if before else None
    return line


def _request(store: Store, wanted: bytes | str) -> bytes:
    """The id of an invitation that waits for the person. Raises `NoSuchRoom`."""
    for room in room_requests(store):
        if room == wanted or (isinstance(wanted, str) and is_prefix(room, wanted)):
            return room
    raise NoSuchRoom("nobody invited you into such a room", hint="give the id that the request named")
