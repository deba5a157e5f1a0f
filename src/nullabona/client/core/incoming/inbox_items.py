"""The account's inbox: requests, invitations, tickets. We act on each item once (spec/room.md §9)."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Final, assert_never

import msgspec

from nullabona.client.core import acquaintance
from nullabona.client.core.contacts import join_requests, links, requests
from nullabona.client.core.delivery import reply_boxes
from nullabona.client.core.delivery.blobs import MISSING, Missing, blob_content
from nullabona.client.core.delivery.outbox import queue_trim
from nullabona.client.core.devices import shared_inbox, sync_out
from nullabona.client.core.devices.inbox_state import FormerInbox, InboxState, WaitingItem, forget_former, load, save
from nullabona.client.core.group import branches, commits
from nullabona.client.core.identity import carried, device_certificates
from nullabona.client.core.incoming import invitations
from nullabona.client.core.model.commit_policy import certificate_of
from nullabona.client.core.model.inbox_items import (
    ContactRequest,
    FileRequest,
    Gone,
    Invitation,
    ItemBody,
    LinkRefusal,
    LinkUse,
    OwnLetter,
    RoomsAsked,
    RoomsTold,
    Ticket,
    TicketRequest,
    open_item,
)
from nullabona.client.core.model.records import Device
from nullabona.client.core.model.requests import RoomAnswer
from nullabona.client.core.model.room_info import DEVICES, DIRECT
from nullabona.client.core.model.state import JOINED, REJOINING, RoomState
from nullabona.client.core.operator_notices import taking
from nullabona.client.core.restore import returning, seeking
from nullabona.client.core.step import Step
from nullabona.client.core.sync import rejoin, removal_watch, tickets
from nullabona.client.core.sync.rejoin import Join
from nullabona.client.core.timeline import file_messages
from nullabona.errors import PeerError
from nullabona.wire.address import Address
from nullabona.wire.blob import decode_ref
from nullabona.wire.certificate import DeviceCertificate, open_certificate
from nullabona.wire.messages import Frames
from nullabona.wire.operator_notice import is_notice
from nullabona.wire.seal import ITEM_DIRECT, ITEM_INDIRECT, open_answer, open_inbox_frame

MAX_WAITING: Final = 256
"""Most waiting items of accounts that we know, and most of all other accounts."""
MOST_OF_ONE: Final = 64
"""Most waiting items of one account that we know: it can add us to that many rooms at once."""
GONE_DAYS: Final = 2
"""For so many days we believe *gone*, as far as clocks differ: an older answer may be from before we came back."""
MOST_CHUNKS: Final = 34
"""We fetch no item with more chunks in its blob: the largest item takes as many."""
LEAST_WAIT_MS: Final = 60_000
"""An item waits at least so long: a box that says what it is good for has to be read first."""
_invitations = msgspec.msgpack.Decoder(Invitation)


def take_frames(
    step: Step, state: InboxState, after: int, answer: Frames, relay: str, reply: Address | None = None
) -> list[Join]:
    """Process the answer to a read of the inbox, or of the box ``reply``, at ``relay``; returns the joins begun."""
    if reply is not None:
        frames = reply_boxes.take_frames(step, reply, after, answer)
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
    if place is state:
        state.head = answer.head
        state.read_at = step.now if state.position >= state.head else state.read_at
        if answer.frames:
            trim_soon(step, state)
    forget_former(step, state)
    return joins


def _same_box(state: InboxState, place: InboxState | FormerInbox, after: int, answer: Frames) -> bool:
    """Notice a box that was lost or re-created; False if this answer has nothing to read."""
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
    """Schedule a trim: this or another device of the account has processed items."""
    if state.position > state.trimmed and not state.trim_at:
        state.trim_at = step.within(step.timing.trim) + 1


def upkeep(step: Step, state: InboxState) -> list[Join]:
    """Retry items whose blobs were missing; erase processed items at the relay."""
    waiting, state.waiting = state.waiting, []
    joins: list[Join] = []
    for item in waiting:
        joins += _open(step, state, item)
    if step.due(state.trim_at):
        state.trim_at = None
        if state.told != state.position:
            state.told = state.position
            sync_out.tell_inbox(step, state.incarnation, state.position)
        upto = shared_inbox.erasable(step, state.incarnation, state.position)
        if upto > state.trimmed:
            queue_trim(step, state.relay, state.box, upto)
            state.trimmed = upto
    return joins


def _take(step: Step, state: InboxState, data: bytes, relay: str, place: Address | None = None) -> list[Join]:
    """``place``: the reply box that contained it; None: the inbox."""
    frame = sha256(data).digest()
    if not step.store.saw(shared_inbox.SEEN, frame, step.day):
        return []
    try:
        plain = open_inbox_frame(state.seed, place or state.box.address, data)
    except PeerError:
        return []
    return _open(step, state, WaitingItem(plain, step.now, relay, place or b"", frame))


def take_answers(step: Step) -> list[Join]:
    """Process the answers that this step found in boxes of rooms like items of the inbox (spec/room.md §7.1).

    Returns the joins begun.
    """
    answers, step.answers = step.answers, []
    state = load(step) if answers else None
    if state is None:
        return []
    joins = [join for answer in answers for join in _answered(step, state, answer)]
    save(step, state)
    return joins


def _answered(step: Step, state: InboxState, answer: RoomAnswer) -> list[Join]:
    frame = sha256(answer.sealed).digest()
    try:
        plain = open_answer(state.seed, answer.place, answer.sealed)
    except PeerError:
        return []
    if not step.store.saw(shared_inbox.SEEN, frame, step.day):
        return []
    return _open(step, state, WaitingItem(plain, step.now, answer.relay, answer.place, frame))


def _open(step: Step, state: InboxState, item: WaitingItem) -> list[Join]:
    if item.by:
        sender = open_certificate(item.by)
        heard = _act(step, state, item, sender, _invitations.decode(item.plain))
        return _wait(step, state, item, sender.account_id) if isinstance(heard, Missing) else heard
    data = _content(step, item.plain, item.relay or state.relay)
    if isinstance(data, Missing):
        return _wait(step, state, item)
    if data is None:
        return []
    if is_notice(data):
        taking.take(step, data)
        return []
    try:
        sender, body = open_item(Address(item.place or state.box.address), data)
        heard = _act(step, state, item, sender, body)
    except PeerError:
        return []
    return _wait(step, state, item, sender.account_id) if isinstance(heard, Missing) else heard


def handed(step: Step, room: RoomState, device: Device, invitation: Invitation) -> None:
    """Process an invitation from the direct room with its sender, or from the room that our own devices share, like one
    in the inbox (spec/room.md §9).
    """
    state, kind = load(step), DEVICES if device.account == step.local.account else DIRECT
    if state is None or room.info.kind != kind:
        return
    leaf = next(each for each in step.group(room).members() if each.signature_key == device.signature_key)
    plain = msgspec.msgpack.encode(invitation)
    _open(step, state, WaitingItem(plain, step.now, state.relay, by=certificate_of(leaf).encode()))
    save(step, state)


def _wait(step: Step, state: InboxState, item: WaitingItem, sender: bytes = b"") -> list[Join]:
    """Keep an item while what it needs is being fetched, for a few minutes at most.

    Items of accounts that we know wait apart from all others, and few per account, so that no account displaces
    another's items.
    """
    if step.now - item.since < max(step.timing.retry_most, LEAST_WAIT_MS):
        item.account = sender if sender and acquaintance.handle_of(step, sender) else b""
        if item.account:
            state.waiting = _making_room(state.waiting, MOST_OF_ONE, lambda each: each.account == item.account)
        state.waiting = _making_room(state.waiting, MAX_WAITING, lambda each: bool(each.account) == bool(item.account))
        state.waiting.append(item)
    return []


def _making_room(waiting: list[WaitingItem], most: int, alike: Callable[[WaitingItem], bool]) -> list[WaitingItem]:
    """``waiting`` without its oldest item that is ``alike``, if one more would make more than ``most`` of those."""
    spare = sum(map(alike, waiting)) + 1 - most
    oldest = next((each for each in waiting if alike(each)), None) if spare > 0 else None
    return [each for each in waiting if each is not oldest]


def _content(step: Step, plain: bytes, relay: str) -> bytes | Missing | None:
    if plain[:1] == ITEM_DIRECT:
        return plain[1:]
    if plain[:1] != ITEM_INDIRECT:
        return None
    try:
        ref = decode_ref(plain[1:])
        return blob_content(step, ref, relay, b"") if len(ref.chunks) <= MOST_CHUNKS else None
    except PeerError:
        return None


def _act(  # noqa: C901, PLR0912 - one case for each kind of item
    step: Step, state: InboxState, item: WaitingItem, sender: DeviceCertificate, body: ItemBody
) -> list[Join] | Missing:
    """Act on an item. Returns the joins begun; `MISSING` if something must be fetched or looked up first.

    We ignore a blocked account, except when it asks for a ticket into a group where nobody else can help it.
    """
    if isinstance(body, OwnLetter):
        return []
    if acquaintance.is_blocked(step.store, sender.account_id) and not isinstance(body, TicketRequest):
        return []
    match body:
        # What answers a request of ours: each is believed only from those whom we asked.
        case Ticket():
            return _ticket(step, item, sender, body)
        case Gone():
            return _told_gone(step, item, sender, body)
        case LinkRefusal():
            return _refused(step, item, sender, body)
        case RoomsTold():
            return _told_rooms(step, item, sender, body)
        case Invitation():
            brought = carried.signed_by_named(sender, body)
            waits = invitations.invited(step, sender, brought, item.since, at=state.relays) is MISSING
            return MISSING if waits else []
        # What asks us for something.
        case ContactRequest():
            requests.request_came(step, sender.account_id, carried.signed_by_named(sender, body))
            shared_inbox.note_request(step, sender.account_id, item.frame)
        case TicketRequest():
            if not body.box:  # else it was to be asked in a box of the room, which only its members can do
                tickets.help_back(step, sender, body)
        case LinkUse():
            links.use_came(step, sender.account_id, carried.signed_by_named(sender, body))
        case FileRequest():
            file_messages.asked_back(step, sender, body)
        case RoomsAsked():
            seeking.came(step, sender)
        case _:
            assert_never(body)
    return []


def _refused(step: Step, item: WaitingItem, sender: DeviceCertificate, said: LinkRefusal) -> list[Join] | Missing:
    """An account says that a link is no longer valid: we believe only the one that we asked."""
    asked = join_requests.handle_of(step, said.room, sender.account_id)
    believed = device_certificates.believed(step, sender, item.since, known_as=asked) if asked else False
    if believed is None:
        return MISSING
    if believed:
        join_requests.refused(step, sender.account_id, said)
    return []


def _told_rooms(step: Step, item: WaitingItem, sender: DeviceCertificate, said: RoomsTold) -> list[Join] | Missing:
    """A contact that we asked lists the rooms that we share."""
    believed = (
        device_certificates.believed(step, sender, item.since) if seeking.is_asked(step, sender.account_id) else False
    )
    if believed is None:
        return MISSING
    if believed:
        seeking.told(step, sender, said)
    return []


def _told_gone(step: Step, item: WaitingItem, sender: DeviceCertificate, said: Gone) -> list[Join] | Missing:
    """We are out of a room, or another device of this account is, which shares the inbox with us."""
    of_all = said.device == b"" and sender.account_id != step.local.account
    if (not of_all and said.device != step.local.device) or abs(step.day - said.day) > GONE_DAYS:
        return []
    room = step.find_room(said.room)
    if room is None or room.rejoin is None or not tickets.may_answer(step, room, sender.account_id):
        return []
    believed = device_certificates.believed(step, sender, item.since, room.id)
    if believed is None:
        return MISSING
    away = room.phase == REJOINING
    if believed and (returning if away else tickets).told_gone(step, room, sender.account_id):
        _out(step, room)
    return []


def _out(step: Step, room: RoomState) -> None:
    if room.phase in {JOINED, REJOINING}:
        commits.leave_room(step, room)
    else:
        removal_watch.stop(step, room)


def _ticket(step: Step, item: WaitingItem, sender: DeviceCertificate, ticket: Ticket) -> list[Join] | Missing:
    room = step.find_room(ticket.room)
    if room is not None and room.rejoin is None and device_certificates.in_room(step, sender, room.id):
        branches.shown(step, room, ticket)
        return []
    if room is None or room.rejoin is None or not tickets.may_answer(step, room, sender.account_id):
        return []
    believed = device_certificates.believed(step, sender, item.since, room.id)
    if believed is None:
        return MISSING
    join = rejoin.start(step, room, ticket, sender.account_id) if believed else None
    return [join] if join is not None else []
