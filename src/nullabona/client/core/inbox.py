"""The account's inbox: requests, invitations, tickets. Each item is acted on once (spec/room.md §9)."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import msgspec

from nullabona.client.core import (
    claims,
    committing,
    files,
    healing,
    leaving,
    links,
    members,
    messages,
    people,
    receipts,
    rejoin,
    relocating,
    replies,
    returning,
    seeking,
    watching,
    wishes,
)
from nullabona.client.core.boxes import open_box
from nullabona.client.core.chat import notices, profiles
from nullabona.client.core.chunks import MISSING, Missing, blob_content
from nullabona.client.core.content import NoticeKind
from nullabona.client.core.devices import inboxes, own, telling
from nullabona.client.core.errors import MlsRefused, NoSuchRoom, PolicyRefused
from nullabona.client.core.inbox_places import FormerInbox, InboxState, WaitingItem, forget_former
from nullabona.client.core.items import (
    ContactRequest,
    FileRequest,
    Gone,
    Invitation,
    ItemBody,
    LinkRefusal,
    LinkUse,
    RoomsAsked,
    RoomsTold,
    Ticket,
    TicketRequest,
    decode_pack,
    open_item,
)
from nullabona.client.core.mlsport import Invitation as Opened
from nullabona.client.core.operator import taking
from nullabona.client.core.outgoing import drop_trims, queue_trim
from nullabona.client.core.policy import certificate_of
from nullabona.client.core.records import ContactState
from nullabona.client.core.rejoin import Join
from nullabona.client.core.roominfo import DEVICES, RoomInfo, decode_info
from nullabona.client.core.roominfo import DIRECT as DIRECT_ROOM
from nullabona.client.core.state import AWAY, JOINED, RoomState, UpdateKeys
from nullabona.client.core.step import Step
from nullabona.errors import PeerError
from nullabona.wire.address import Address
from nullabona.wire.blob import decode_ref
from nullabona.wire.certificate import DeviceCertificate, open_certificate
from nullabona.wire.messages import Frames
from nullabona.wire.operator_notice import is_notice
from nullabona.wire.seal import ITEM_DIRECT, ITEM_INDIRECT, open_inbox_frame

MAX_WAITING: Final = 64
NOT_FOR_US: Final = "no-key-package"


def take_frames(
    step: Step, state: InboxState, after: int, answer: Frames, relay: str, reply: Address | None = None
) -> list[Join]:
    """Process what a read of the inbox, or of the box ``reply``, at ``relay`` brought; returns external joins that were
    begun.
    """
    if reply is not None:
        frames = replies.take_frames(step, reply, after, answer)
        return [join for data in frames for join in _take(step, state, data, relay, reply)]
    place = state.at(relay)
    if place is None or not _same_box(state, place, after, answer):
        return []
    joins: list[Join] = []
    if after == place.position:
        for seq, data in answer.frames:
            place.position = max(place.position, seq)
            joins += _take(step, state, data, relay)
        if not answer.frames:
            place.position = max(place.position, answer.head)
    if answer.frames and place is state:
        trim_soon(step, state)
    forget_former(step, state)
    return joins


def _same_box(state: InboxState, place: InboxState | FormerInbox, after: int, answer: Frames) -> bool:
    """Notice a box that was lost or made anew; False if there is nothing to read in this answer."""
    anew = answer.incarnation != place.incarnation
    known = bool(place.incarnation)
    place.incarnation = answer.incarnation
    shorter = answer.head < after == place.position
    if place is state and (anew or shorter):
        state.trimmed = 0
    if (anew and known) or shorter:
        place.position = 0
        return False
    return True


def trim_soon(step: Step, state: InboxState) -> None:
    """Something was processed, here or on another device of the account: see what can be erased."""
    if state.position > state.trimmed and not state.trim_at:
        state.trim_at = step.within(step.timing.trim) + 1


def upkeep(step: Step, state: InboxState) -> list[Join]:
    """Retry items whose blobs were missing; erase at the relay what has been read."""
    waiting, state.waiting = state.waiting, []
    joins: list[Join] = []
    for item in waiting:
        joins += _open(step, state, item)
    if state.trim_at and state.trim_at <= step.now:
        state.trim_at = 0
        if state.told != state.position:
            state.told = state.position
            telling.tell_inbox(step, state.incarnation, state.position)
        upto = inboxes.erasable(step, state.incarnation, state.position)
        if upto > state.trimmed:
            queue_trim(step, state.relay, state.box, upto)
            state.trimmed = upto
    return joins


def _take(step: Step, state: InboxState, data: bytes, relay: str, place: Address | None = None) -> list[Join]:
    """``place``: the reply box in which it lay; None: the inbox."""
    frame = sha256(data).digest()
    if not step.store.saw(inboxes.SEEN, frame, step.day):
        return []
    try:
        plain = open_inbox_frame(state.seed, place or state.box.address, data)
    except PeerError:
        return []
    return _open(step, state, WaitingItem(plain, step.now, relay, place or b"", frame))


def _open(step: Step, state: InboxState, item: WaitingItem) -> list[Join]:
    data = _content(step, item.plain, item.relay or state.relay)
    if isinstance(data, Missing):
        if step.now - item.since < step.timing.retry_most:
            state.waiting = [*state.waiting, item][-MAX_WAITING:]
        return []
    if data is None:
        return []
    if is_notice(data):
        taking.take(step, data)
        return []
    try:
        sender, body = open_item(Address(item.place or state.box.address), data)
        return _act(step, state, item, sender, body)
    except PeerError:
        return []


def _content(step: Step, plain: bytes, relay: str) -> bytes | Missing | None:
    if plain[:1] == ITEM_DIRECT:
        return plain[1:]
    if plain[:1] != ITEM_INDIRECT:
        return None
    try:
        return blob_content(step, decode_ref(plain[1:]), relay, b"")
    except PeerError:
        return None


def _act(step: Step, state: InboxState, item: WaitingItem, sender: DeviceCertificate, body: ItemBody) -> list[Join]:
    if isinstance(body, ContactRequest):
        people.request_came(step, sender.account_id, body)
        inboxes.note_request(step, sender.account_id, item.frame)
    elif isinstance(body, TicketRequest):
        healing.help_back(step, sender, body)
    elif isinstance(body, Ticket):
        return _ticket(step, sender, body)
    elif isinstance(body, LinkUse):
        links.use_came(step, sender.account_id, body)
    elif isinstance(body, LinkRefusal):
        wishes.refused(step, sender.account_id, body)
    elif isinstance(body, FileRequest):
        files.asked_back(step, sender.account_id, body)
    elif isinstance(body, Gone):
        _told_gone(step, sender, body.room)
    elif isinstance(body, RoomsAsked | RoomsTold):
        seeking.heard(step, sender, body)
    elif _invited(step, sender, body) is MISSING:
        state.waiting = [*state.waiting, item][-MAX_WAITING:]
    return []


def _told_gone(step: Step, sender: DeviceCertificate, id: bytes) -> None:
    room = step.find_room(id)
    if room is None:
        return
    away = room.phase == AWAY
    if returning.told_gone(room, sender.account_id) if away else healing.told_gone(step, sender, room):
        _out(step, room)


def _out(step: Step, room: RoomState) -> None:
    if room.phase in {JOINED, AWAY}:
        committing.leave_room(step, room)
    else:
        watching.stop(step, room)


def _ticket(step: Step, sender: DeviceCertificate, ticket: Ticket) -> list[Join]:
    room = step.find_room(ticket.room)
    if room is None:
        return []
    known = {d.account for d in step.roster(room.id).values()}
    known |= {helper.account for helper in room.heal.helpers} if room.heal is not None else set()
    if sender.account_id not in known:
        return []
    join = rejoin.start(step, room, ticket)
    return [join] if join is not None else []


class HeldInvitation(msgspec.Struct, array_like=True, frozen=True):
    """A stranger's invitation that waits for the person."""

    certificate: bytes
    pack: bytes
    order: bytes = b""


_held = msgspec.msgpack.Decoder(HeldInvitation)


# -- invitations --------------------------------------------------------------------------------------------------


def _request_key(room: bytes) -> str:
    return f"room-request:{room.hex()}"


def _invited(step: Step, sender: DeviceCertificate, item: Invitation) -> Missing | None:
    """Act on an invitation: join, hold it for the person, or ignore it. `MISSING` if its blob has not come."""
    contact = step.store.contact(sender.account_id)
    if contact is not None and contact.state is ContactState.BLOCKED:
        return None
    pack = blob_content(step, item.blob, item.relay, b"")
    if isinstance(pack, Missing):
        return pack
    old = step.find_room(item.room)
    if old is not None and old.phase == JOINED and not _may_replace(step, old, sender):
        return None
    if not step.store.saw("invitation", item.id, step.day):
        return None
    own_device = sender.account_id == step.me.account
    trusted = own_device or (contact is not None and contact.state in {ContactState.ACCEPTED, ContactState.REQUESTED})
    wished = wishes.judged(step, item.room, sender.account_id)
    trusted = trusted if wished is None else wished
    try:
        opened = open_pack(step, pack or b"", sender, item.room)
    except PeerError as refused:
        others = own.others(step) or (old is not None and old.phase == AWAY)
        if isinstance(refused, MlsRefused) and refused.reason == NOT_FOR_US and others:
            return None  # for another device of our account, which reads the same inbox, or for what this one was
        if trusted or old is not None:
            # For them we are in the room now: only if they remove and add us again do we come in. Strangers get no say.
            handle = str(sender.handle)
            step.event("warning", item.room, code="invitation-refused", handle=handle, reason=refused.code)
        return None
    info = decode_info(opened.room_info)
    if trusted or old is not None:
        enter(step, opened, info, sender, item.order)
    else:
        held = HeldInvitation(sender.encode(), pack or b"", item.order)
        step.store.set_value(_request_key(item.room), msgspec.msgpack.encode(held))
        if not claims.standing(step, sender.account_id):
            claims.came(step, sender.account_id, str(sender.handle))
        step.event("room-request", item.room, handle=str(sender.handle), account=sender.account_id, name=info.name)
    return None


def _may_replace(step: Step, room: RoomState, sender: DeviceCertificate) -> bool:
    """A room we are in is replaced only while we look for the winning branch, and by a member."""
    accounts = {device.account for device in step.roster(room.id).values()}
    return room.heal is not None and sender.account_id in accounts


def open_pack(step: Step, pack: bytes, sender: DeviceCertificate, room: bytes) -> Opened:
    """The verified invitation in a pack. Raises `PeerError` if anything about it is not what it says."""
    parts = decode_pack(pack)
    opened = step.mls.open_welcome(parts.welcome, parts.tree)
    if opened.group_id != room or opened.sender.signature_key != sender.device_key:
        raise MlsRefused("an invitation is not from whom it says", "wrong-group")
    accounts = {certificate_of(leaf).account_id for leaf in opened.members}
    info = decode_info(opened.room_info)
    if info.kind == DIRECT_ROOM and not {step.me.account, sender.account_id} | accounts <= set(info.pair):
        raise PolicyRefused("a direct room with somebody else in it")
    if info.kind == DEVICES and accounts != {step.me.account}:
        raise PolicyRefused("a room for the devices of one account with somebody else in it")
    return opened


def accept_request(step: Step, room: bytes) -> None:
    """The person agreed to join a room that a stranger invited them to.

    While the record has not proven who invites, that waits. Raises `NoSuchRoom` if nobody did, `CardRefuted` if the
    record says otherwise of the inviter, `PeerError` if the invitation does not hold any more.
    """
    stored = step.store.get_value(_request_key(room))
    if stored is None:
        raise NoSuchRoom("nobody invited you into such a room")
    held = _held.decode(stored)
    sender = open_certificate(held.certificate)
    opened = open_pack(step, held.pack, sender, room)
    if not claims.want(step, sender.account_id, str(sender.handle), b"", claims.Enter(room)):
        return
    step.store.delete_value(_request_key(room))
    enter(step, opened, decode_info(opened.room_info), sender, held.order)


def decline_request(step: Step, room: bytes) -> None:
    """Forget an invitation; an answer that waited for the record is taken back."""
    step.store.delete_value(_request_key(room))
    claims.drop_wish(step, claims.Enter(room))


def inviter_of(step: Step, room: bytes) -> DeviceCertificate:
    """Who invites us into a room. Raises `NoSuchRoom`."""
    stored = step.store.get_value(_request_key(room))
    if stored is None:
        raise NoSuchRoom("nobody invited you into such a room")
    return open_certificate(_held.decode(stored).certificate)


def enter(step: Step, opened: Opened, info: RoomInfo, sender: DeviceCertificate, order: bytes = b"") -> None:
    """Become a member: replaces whatever we knew of that room but its messages. ``order``: see `relocating.arrive`."""
    old = step.find_room(opened.group_id)
    if old is not None:
        step.forget_room(opened.group_id)
        leaving.forget(step, opened.group_id)
    group = opened.accept()
    room = RoomState(opened.group_id, info, JOINED, [])
    step.add_room(room)
    relocating.arrive(step, room, group.members(), order)
    open_box(room, group)
    members.sync(step, room, step.me.device)
    room.update_at = step.now + step.chance.between(0, step.timing.update)
    room.tend_at = step.within(committing.TEND_MS) + 1
    if old is not None:
        drop_trims(step, {old.relay} - {room.relay})
        # A published key package gives the leaf key we had before: what names that key must not hold for long.
        committing.want(room, UpdateKeys())
        messages.resend_unacknowledged(step, room, messages.reached_nobody)
    room.receipt_at = step.within(receipts.delay(step, room))
    wishes.fulfilled(step, room.id)
    if info.kind == DEVICES:
        own.settle_room(step, room.id)
        return
    if info.kind == DIRECT_ROOM:
        _answered(step, room, sender.account_id)
    notices.entered(step, room, sender.account_id, NoticeKind.JOINED)
    profiles.tell_soon(step, room)
    step.event("joined", room.id, name=info.name, direct=info.kind == DIRECT_ROOM, handle=str(sender.handle))


def _answered(step: Step, room: RoomState, sender: bytes) -> None:
    """We are in a direct room: by the other's invitation, or by that of a device of ours, which has their answer."""
    contact = step.store.contact(sender)
    if contact is not None:
        people.set_contact_state(step, contact, ContactState.ACCEPTED, room.id)
    people.found_again(step, room)
