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
    links,
    messages,
    people,
    rejoin,
    returning,
    seeking,
    watching,
    wishes,
)
from nullabona.client.core.boxes import open_box, receipt_delay
from nullabona.client.core.chat import notices, profiles
from nullabona.client.core.chunks import MISSING, Missing, blob_content
from nullabona.client.core.content import NoticeKind
from nullabona.client.core.devices import inboxes, own, telling
from nullabona.client.core.errors import MlsRefused, NoSuchRoom, PolicyRefused
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
from nullabona.client.core.outgoing import queue_trim
from nullabona.client.core.policy import certificate_of
from nullabona.client.core.records import ContactState
from nullabona.client.core.rejoin import Join
from nullabona.client.core.roominfo import DEVICES, RoomInfo, decode_info
from nullabona.client.core.roominfo import DIRECT as DIRECT_ROOM
from nullabona.client.core.state import AWAY, JOINED, RoomState, UpdateKeys
from nullabona.client.core.step import Step
from nullabona.errors import PeerError
from nullabona.wire.address import BoxSecrets
from nullabona.wire.blob import decode_ref
from nullabona.wire.certificate import DeviceCertificate, open_certificate
from nullabona.wire.messages import POLICY_INBOX, Frames
from nullabona.wire.operator_notice import is_notice
from nullabona.wire.seal import ITEM_DIRECT, ITEM_INDIRECT, open_inbox_frame

_STATE: Final = "inbox"
_SEEN: Final = "inbox"
MAX_WAITING: Final = 64
NOT_FOR_US: Final = "no-key-package"


class WaitingItem(msgspec.Struct, array_like=True):
    """An item whose blob has not come yet: its sealed text is kept as opened."""

    plain: bytes
    since: int


class InboxState(msgspec.Struct):
    """Where this device stands in its account's inbox."""

    read_secret: bytes
    write_secret: bytes
    seed: bytes
    relay: str
    incarnation: bytes = b""
    position: int = 0
    trimmed: int = 0
    trim_at: int = 0
    told: int = 0
    """The position that our account's other devices were told last."""
    waiting: list[WaitingItem] = msgspec.field(default_factory=list)

    @property
    def box(self) -> BoxSecrets:
        return BoxSecrets(POLICY_INBOX, self.read_secret, self.write_secret)

    def __repr__(self) -> str:
        return f"<InboxState position={self.position}>"


_states = msgspec.msgpack.Decoder(InboxState)


def load(step: Step) -> InboxState | None:
    data = step.store.get_value(_STATE)
    return _states.decode(data) if data else None


def save(step: Step, state: InboxState) -> None:
    step.store.set_value(_STATE, msgspec.msgpack.encode(state))


def take_frames(step: Step, state: InboxState, after: int, answer: Frames) -> list[Join]:
    """Process what a read of the inbox brought; returns external joins that were begun."""
    if answer.incarnation != state.incarnation:
        first = not state.incarnation
        state.incarnation = answer.incarnation
        state.trimmed = 0
        if not first:
            state.position = 0
            return []
    if answer.head < after == state.position:
        state.position = state.trimmed = 0
        return []
    joins: list[Join] = []
    if after == state.position:
        for seq, data in answer.frames:
            state.position = max(state.position, seq)
            joins += _take(step, state, data)
        if not answer.frames:
            state.position = max(state.position, answer.head)
    if answer.frames:
        trim_soon(step, state)
    return joins


def trim_soon(step: Step, state: InboxState) -> None:
    """Something was processed, here or on another device of the account: see what can be erased."""
    if state.position > state.trimmed and not state.trim_at:
        state.trim_at = step.within(step.timing.trim) + 1


def upkeep(step: Step, state: InboxState) -> list[Join]:
    """Retry items whose blobs were missing; erase at the relay what has been read."""
    waiting, state.waiting = state.waiting, []
    joins: list[Join] = []
    for item in waiting:
        joins += _open(step, state, item.plain, item.since)
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


def _take(step: Step, state: InboxState, data: bytes) -> list[Join]:
    if not step.store.saw(_SEEN, sha256(data).digest(), step.day):
        return []
    try:
        plain = open_inbox_frame(state.seed, state.box.address, data)
    except PeerError:
        return []
    return _open(step, state, plain, step.now)


def _open(step: Step, state: InboxState, plain: bytes, since: int) -> list[Join]:
    data = _content(step, state, plain)
    if isinstance(data, Missing):
        if step.now - since < step.timing.retry_most:
            state.waiting = [*state.waiting, WaitingItem(plain, since)][-MAX_WAITING:]
        return []
    if data is None:
        return []
    if is_notice(data):
        taking.take(step, data)
        return []
    try:
        sender, body = open_item(state.box.address, data)
        return _act(step, state, plain, since, sender, body)
    except PeerError:
        return []


def _content(step: Step, state: InboxState, plain: bytes) -> bytes | Missing | None:
    if plain[:1] == ITEM_DIRECT:
        return plain[1:]
    if plain[:1] != ITEM_INDIRECT:
        return None
    try:
        return blob_content(step, decode_ref(plain[1:]), state.relay, b"")
    except PeerError:
        return None


def _act(
    step: Step, state: InboxState, plain: bytes, since: int, sender: DeviceCertificate, body: ItemBody
) -> list[Join]:
    if isinstance(body, ContactRequest):
        people.request_came(step, sender.account_id, body)
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
        state.waiting = [*state.waiting, WaitingItem(plain, since)][-MAX_WAITING:]
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
        enter(step, opened, info, sender)
    else:
        step.store.set_value(_request_key(item.room), msgspec.msgpack.encode((sender.encode(), pack)))
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
    certificate, pack = msgspec.msgpack.decode(stored, type=tuple[bytes, bytes])
    sender = open_certificate(certificate)
    opened = open_pack(step, pack, sender, room)
    if not claims.want(step, sender.account_id, str(sender.handle), b"", claims.Enter(room)):
        return
    step.store.delete_value(_request_key(room))
    enter(step, opened, decode_info(opened.room_info), sender)


def decline_request(step: Step, room: bytes) -> None:
    """Forget an invitation; an answer that waited for the record is taken back."""
    step.store.delete_value(_request_key(room))
    claims.drop_wish(step, claims.Enter(room))


def inviter_of(step: Step, room: bytes) -> DeviceCertificate:
    """Who invites us into a room. Raises `NoSuchRoom`."""
    stored = step.store.get_value(_request_key(room))
    if stored is None:
        raise NoSuchRoom("nobody invited you into such a room")
    certificate, _ = msgspec.msgpack.decode(stored, type=tuple[bytes, bytes])
    return open_certificate(certificate)


def enter(step: Step, opened: Opened, info: RoomInfo, sender: DeviceCertificate) -> None:
    """Become a member: replaces whatever we knew of that room but its messages."""
    old = step.find_room(opened.group_id)
    if old is not None:
        step.forget_room(opened.group_id)
    group = opened.accept()
    room = RoomState(opened.group_id, info, JOINED, [])
    step.add_room(room)
    open_box(room, group.epoch, group.room_secret())
    committing.sync_roster(step, room, step.me.device)
    room.update_at = step.now + step.chance.between(0, step.timing.update)
    room.tend_at = step.within(committing.TEND_MS) + 1
    if old is not None:
        # A published key package gives the leaf key we had before: what names that key must not hold for long.
        committing.want(room, UpdateKeys())
        messages.resend_unacknowledged(step, room, messages.reached_nobody)
    room.receipt_at = step.within(receipt_delay(step, room))
    wishes.fulfilled(step, room.id)
    if info.kind == DEVICES:
        own.settle_room(step, room.id)
        return
    contact = step.store.contact(sender.account_id)
    if contact is not None and info.kind == DIRECT_ROOM:
        people.set_contact_state(step, contact, ContactState.ACCEPTED, room.id)
    notices.entered(step, room, sender.account_id, NoticeKind.JOINED)
    profiles.tell_soon(step, room)
    step.event("joined", room.id, name=info.name, direct=info.kind == DIRECT_ROOM, handle=str(sender.handle))
