"""A person's commands to their device. Each runs inside a step: it happens wholly or raises (spec/room.md §9)."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from nullabona.client.core import preferences, rooms
from nullabona.client.core.account import own_devices
from nullabona.client.core.contacts import handed_cards, requests
from nullabona.client.core.delivery import reply_boxes
from nullabona.client.core.devices import sync_out
from nullabona.client.core.group import commits, intents, leaving, plan, welcomes
from nullabona.client.core.group.create import create_room
from nullabona.client.core.identity import cards, claims, contact_keys
from nullabona.client.core.incoming import invitations
from nullabona.client.core.incoming.invitations import accept_request, decline_request
from nullabona.client.core.model.errors import BadRequest, LastAdmin, NotAllowed, NotInRoom
from nullabona.client.core.model.facts.rooms import Leaving
from nullabona.client.core.model.intents import AddAccount, RemoveAccount, SetInfo, UpdateKeys
from nullabona.client.core.model.records import Contact, ContactState
from nullabona.client.core.model.room_info import DIRECT, GROUP, RoomInfo
from nullabona.client.core.model.state import JOINED, RoomState
from nullabona.client.core.restore import seeking
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import carrying_over, read_markers
from nullabona.wire.card import Card, verify_card

__all__ = ["accept_request", "decline_request"]

MAX_NAME = 120


@dataclass(frozen=True, slots=True)
class MemberInfo:
    account: bytes
    handle: str
    admin: bool
    devices: int
    me: bool


# -- rooms --------------------------------------------------------------------------------------------------------


def create_group(step: Step, name: str) -> bytes:
    """A new group with this account as its only member and admin. Returns the room's id."""
    _check_name(name)
    timer_s = preferences.profile(step.store).default_timer_s or 0
    info = RoomInfo(1, GROUP, name, step.local.relay, (step.local.account,), timer_s=timer_s, members_pin=True)
    return create_room(step, info).id


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise BadRequest("a room's name has 1 to 120 printable characters")


def _admin_room(step: Step, room_id: bytes) -> RoomState:
    room = rooms.joined_room(step, room_id)
    if room.info.kind == DIRECT:
        raise NotAllowed("a direct room has two people and no name", hint="create a group")
    if step.local.account not in room.info.admins:
        raise NotAllowed("only an admin of the room may do that")
    return room


def add_account(step: Step, room_id: bytes, card: Card) -> None:
    """Add every device of a card's account to a group; its invitation goes out when the commit has won."""
    room = _admin_room(step, room_id)
    if card.account_id in {device.account for device in step.roster(room_id).values()}:
        raise BadRequest(f"{card.handle} is in this room already")
    intents.want(room, cards.add_intent(step, card))


def remove_account(step: Step, room_id: bytes, account: bytes) -> None:
    """Remove every device of an account from a group."""
    room = _admin_room(step, room_id)
    if account == step.local.account:
        raise BadRequest("you cannot remove yourself", hint="leave the room instead")
    _need_member(step, room, account)
    room.intents = [i for i in room.intents if not (isinstance(i, AddAccount) and i.account == account)]
    intents.want(room, RemoveAccount(account))


def _need_member(step: Step, room: RoomState, account: bytes) -> None:
    wanted = {intent.account for intent in room.intents if isinstance(intent, AddAccount)}
    if account not in wanted | {device.account for device in step.roster(room.id).values()}:
        raise BadRequest("that account is not in this room")


def rename(step: Step, room_id: bytes, name: str) -> None:
    room = _admin_room(step, room_id)
    _check_name(name)
    if name != room.info.name:
        intents.want(room, SetInfo(name=name))


def set_admin(step: Step, room_id: bytes, account: bytes, *, admin: bool) -> None:
    """Appoint or dismiss an admin. The last one cannot be dismissed."""
    room = _admin_room(step, room_id)
    _need_member(step, room, account)
    intent = SetInfo(appoint=(account,)) if admin else SetInfo(dismiss=(account,))
    if not admin and set(room.info.admins) == {account}:
        raise LastAdmin("a group needs at least one admin")
    plan.check_change(room, intent)
    intents.want(room, intent)


def update_keys(step: Step, room_id: bytes) -> None:
    """Renew this device's keys in a room now, so that keys an attacker copied before become useless."""
    intents.want(rooms.joined_room(step, room_id), UpdateKeys())


def leave(step: Step, room_id: bytes) -> None:
    """Leave a room: the other members carry it out. Raises `LastAdmin` for the only admin of a group with others."""
    room = rooms.joined_room(step, room_id)
    roster = step.roster(room_id)
    others = {device.account for device in roster.values()} - {step.local.account}
    if len(roster) == 1:
        commits.leave_alone(step, room)
        return
    if (
        others
        and room.info.kind == GROUP
        and set(room.info.admins) & (others | {step.local.account}) == {step.local.account}
    ):
        raise LastAdmin("you are the last admin of this group")
    leaving.say(step, room)
    commits.carry_out_leaving(step, room)
    step.tell(Leaving(room_id))


def members(step: Step, room_id: bytes) -> list[MemberInfo]:
    room = step.room(room_id)
    counts: dict[bytes, tuple[str, int]] = {}
    for device in step.roster(room_id).values():
        counts[device.account] = (device.handle, counts.get(device.account, ("", 0))[1] + 1)
    return sorted(
        (
            MemberInfo(account, handle, account in room.info.admins, count, account == step.local.account)
            for account, (handle, count) in counts.items()
        ),
        key=lambda member: member.handle,
    )


# -- messages -----------------------------------------------------------------------------------------------------


def mark_read(step: Step, room_id: bytes, message_id: bytes) -> None:
    read_markers.mark_read(step, step.room(room_id), message_id)


# -- contacts -----------------------------------------------------------------------------------------------------


def request_contact(step: Step, card: Card, own_card: bytes, greeting: str, token: bytes = b"") -> Contact:
    """See `requests.request_contact`. Raises `BadRequest`; `CardForked` if another account has a contact's handle."""
    if card.account_id == step.local.account:
        raise BadRequest("that is your own handle")
    if len(greeting) > 500:
        raise BadRequest("a greeting has at most 500 characters")
    contact_keys.need_seen(step, card)
    contact = requests.request_contact(step, card, own_card, greeting, token)
    if contact.state is ContactState.REQUESTED:
        seeking.want(step, contact.account, contact.handle)
    if contact.state in {ContactState.REQUESTED, ContactState.ACCEPTED}:
        sync_out.note_contact(step, contact.account)
    return contact


def accept_contact(step: Step, account: bytes) -> Contact:
    """Accept a request: open the direct room and invite them into it. Accepting again changes nothing.

    Until the public record has proven their identity, the answer waits and the contact is returned unchanged. Raises
    `CardRefuted` if the record contradicts their identity.
    """
    contact = requests.need_contact(step, account)
    if contact.state is ContactState.ACCEPTED:
        return contact
    if contact.state is not ContactState.ASKING:
        raise BadRequest(f"{contact.handle} has not asked to talk to you")
    if not claims.want(step, contact.account, contact.handle, contact.card, claims.Accept()):
        sync_out.note_contact(step, contact.account)
        return contact
    return accept(step, contact)


def accept(step: Step, contact: Contact) -> Contact:
    """Open the direct room with a contact whom the record has proven, or enter theirs if they have opened one since
    they asked. Opens none if all their devices are in one with us, as before we deleted the contact. Raises
    `CardTooOld`, and then nothing has changed.
    """
    invitations.enter_held(step, contact.account)
    theirs = requests.need_contact(step, contact.account)
    if theirs.state is ContactState.ACCEPTED:
        return theirs
    card = verify_card(contact.card, today=step.day)
    shared = rooms.talking_in(step, contact.account)
    if shared is not None and _has_all(step, shared, card):
        welcomes.invite_again(step, shared, contact.account, reply_boxes.take_note(step, contact.account))
        return requests.set_contact_state(step, contact, ContactState.ACCEPTED, shared.id)
    intent = cards.add_intent(step, card)
    intent = msgspec.structs.replace(intent, reply=reply_boxes.take_note(step, contact.account))
    room = room_for_two(step, contact) or _new_room_for_two(step, contact)
    intents.want(room, intent)
    reply_boxes.wait_no_more(step, contact.account)  # they may have accepted us, too, at the same time
    accepted = requests.set_contact_state(step, contact, ContactState.ACCEPTED, room.id)
    carrying_over.carry_over(step, room)
    return accepted


def _has_all(step: Step, room: RoomState, card: Card) -> bool:
    """Whether all devices of an account are members: one that was restored meanwhile asks because it is not."""
    members = {device.device for device in step.roster(room.id).values()}
    return all(device.certificate.device_id in members for device in card.devices)


def room_for_two(step: Step, contact: Contact) -> RoomState | None:
    """Our direct room with the contact, if we are in it, are not leaving it and need no rejoin."""
    room = step.find_room(contact.room) if contact.room else None
    if room is None or room.phase != JOINED or room.rejoin is not None or rooms.leaving(step, room.id):
        return None
    return room if contact.account in room.info.pair else None


def _new_room_for_two(step: Step, contact: Contact) -> RoomState:
    pair = tuple(sorted((step.local.account, contact.account)))
    timer_s = preferences.profile(step.store).default_timer_s or 0
    return create_room(step, RoomInfo(1, DIRECT, "", step.local.relay, (), pair, timer_s))


def must_reopen(step: Step, room: RoomState) -> bool:
    """Whether a direct room has to be opened again before the person writes there: `reopen` does that."""
    return rooms.is_over(step, room) and not rooms.is_reopening(step, room)


def reopen(step: Step, room_id: bytes, own_card: bytes) -> None:
    """The person writes in a direct room that one of the two has left: open it again with the same contact.

    If they have left, we add them: their devices come back if the person still has us as a contact, otherwise it is
    asked. If we have left, we ask them to talk again, and what is written waits for their answer. Raises `NotInRoom`
    for an account that is no contact, is blocked, or asks us; `CardTooOld`.
    """
    room = step.room(room_id)
    contact = step.store.contact(rooms.other_of(step, room))
    if contact is None or contact.state not in {ContactState.ACCEPTED, ContactState.REQUESTED}:
        raise NotInRoom("one of you has left this room, and you are not contacts", hint="send a contact request")
    if own_devices.is_signed_out(step.store):
        raise NotInRoom("you are not in this room any more")
    card = verify_card(contact.card, today=step.day)
    if room.phase == JOINED and not rooms.leaving(step, room_id):
        intents.want(room, cards.add_intent(step, card))
    elif contact.state is ContactState.ACCEPTED:
        request_contact(step, card, own_card, "")


def decline_contact(step: Step, account: bytes) -> None:
    """Forget a request; they may ask again."""
    contact = requests.need_contact(step, account)
    if contact.state is ContactState.ASKING:
        step.store.drop_contact(contact.account)
        reply_boxes.drop(step, contact.account)
        claims.forget(step, contact.account)
        handed_cards.forget(step, contact)
        sync_out.note_contact(step, contact.account)


def block_contact(step: Step, account: bytes) -> None:
    """Ignore what they send, and drop what this device would send them automatically."""
    contact = requests.set_contact_state(step, requests.need_contact(step, account), ContactState.BLOCKED)
    requests.say_no_more(step, account)
    handed_cards.drop_waiting(step, account)
    step.find_room(contact.room)  # marks the room as touched: its reads change
