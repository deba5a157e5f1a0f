"""Invitations into rooms: come in, hold them for the person, or ignore them (spec/room.md §9)."""

from __future__ import annotations

from typing import Final

from nullabona.client.core import acquaintance, rooms
from nullabona.client.core.account import own_devices
from nullabona.client.core.contacts import held_invitations, join_requests, requests
from nullabona.client.core.delivery import receipts
from nullabona.client.core.delivery.blobs import MISSING, Missing, blob_content
from nullabona.client.core.delivery.box_log import open_box
from nullabona.client.core.delivery.outbox import drop_trims
from nullabona.client.core.devices import sync_out
from nullabona.client.core.group import branch_history, evidence, intents, members, redo
from nullabona.client.core.identity import claims, device_certificates
from nullabona.client.core.model.branches import Helper, Rejoin
from nullabona.client.core.model.commit_policy import certificate_of
from nullabona.client.core.model.content import NoticeKind
from nullabona.client.core.model.errors import MlsRefused, NoSuchRoom, PolicyRefused
from nullabona.client.core.model.inbox_items import Invitation, decode_pack
from nullabona.client.core.model.mls_port import Invitation as Opened
from nullabona.client.core.model.records import Contact, ContactState
from nullabona.client.core.model.room_info import DEVICES, RoomInfo, decode_info
from nullabona.client.core.model.room_info import DIRECT as DIRECT_ROOM
from nullabona.client.core.model.state import JOINED, REJOINING, RemoveAccount, RoomState, UpdateKeys
from nullabona.client.core.model.sync_items import DeclineItem
from nullabona.client.core.relocation import moving
from nullabona.client.core.restore import returning, seeking
from nullabona.client.core.step import Step
from nullabona.client.core.sync import arrivals, invited_elsewhere, tickets
from nullabona.client.core.timeline import notices, profiles, sending
from nullabona.errors import PeerError
from nullabona.wire.certificate import DeviceCertificate, open_certificate

NOT_FOR_US: Final = "no-key-package"
MOST_CHUNKS: Final = 8
"""A stranger's invitation of more chunks is not fetched. 8 MiB are enough for a room of two thousand devices."""
_INVITATION: Final = "invitation"
_TOLD_BY: Final = "told-by-invitation"


def invited(
    step: Step, sender: DeviceCertificate, item: Invitation, since: int, *, at: frozenset[str]
) -> Missing | None:
    """Act on an invitation: join, hold it for the person, or ignore it. `MISSING` if something must be got first.

    It came into our inbox, which is read at the relays ``at``, at ``since`` in ms. Nothing that somebody names is asked
    for elsewhere, nor much of a stranger's there; and who is no stranger must be the account's device still.
    """
    contact = step.store.contact(sender.account_id)
    old = step.find_room(item.room)
    if old is not None and old.phase == JOINED and not _may_replace(step, old, sender):
        return _from_elsewhere(step, old, sender, item, since, at)
    trusted = _trusted(step, sender, contact, item.room)
    known_as = _known_as(step, sender, item.room) if trusted or old is not None else ""
    if known_as:
        rooms = item.room, contact.room if contact is not None else b""
        believed = device_certificates.believed(step, sender, since, *rooms, known_as=known_as)
    else:
        believed = len(item.blob.chunks) <= MOST_CHUNKS
    if not believed or item.relay not in at:
        return MISSING if believed is None else None
    pack = blob_content(step, item.blob, item.relay, b"")
    if isinstance(pack, Missing):
        return pack
    if step.store.saw(_INVITATION, item.id, step.day):
        _come(step, sender, item, pack or b"", trusted=trusted, known=bool(known_as))
    return None


def _from_elsewhere(
    step: Step, room: RoomState, sender: DeviceCertificate, item: Invitation, since: int, at: frozenset[str]
) -> Missing | None:
    """Nothing takes the place of a room that we are in; but a device of it that invites us may be on another branch.

    Where nobody whom we know has shown up but who let us in, there are then two words for what the room is.
    """
    inside = device_certificates.in_room(step, sender, room.id)
    contests = arrivals.unconfirmed(step, room, sender.account_id) and _trusted(
        step, sender, step.store.contact(sender.account_id), room.id
    )
    if item.relay not in at or not (inside or contests):
        return None
    known_as = acquaintance.handle_of(step, sender.account_id)
    if (
        contests
        and (believed := device_certificates.believed(step, sender, since, room.id, known_as=known_as)) is not True
    ):
        return MISSING if believed is None else None
    pack = blob_content(step, item.blob, item.relay, b"")
    if isinstance(pack, Missing):
        return pack
    if pack is None or not step.store.saw(_TOLD_BY, item.id, step.day):
        return None
    if inside:
        invited_elsewhere.invited(step, room, sender, branch_history.history_of(pack))
    if contests:
        _contested(step, room, sender, item, pack)
    return None


def _contested(step: Step, room: RoomState, sender: DeviceCertificate, item: Invitation, pack: bytes) -> None:
    """Somebody invites us into a room in which we have met nobody but who let us in. Both cannot be the room.

    Whom even that one names as an admin is believed. Else only a person can find out, and is told.
    """
    try:
        opened = open_pack(step, pack, sender, room.id)
    except PeerError:
        return
    info = decode_info(opened.room_info)
    if not _may_add(step, info, sender) or branch_history.is_ours(room, opened, branch_history.history_of(pack)):
        return
    step.store.saw(_INVITATION, item.id, step.day)
    if evidence.vouches(step, room.info, sender.account_id):
        enter(step, opened, info, sender, item.order, pack)
        return
    step.event("warning", room.id, code="two-versions", handle=str(sender.handle))
    held_invitations.hold(step, sender, item, pack, info, contested=True)


def _may_add(step: Step, info: RoomInfo, sender: DeviceCertificate) -> bool:
    """Whether who invites us may have added us, as the room is where they lead."""
    return sender.account_id == step.me.account or sender.account_id in info.deciders


def _known_as(step: Step, sender: DeviceCertificate, room: bytes) -> str:
    """By which handle to look the inviter up; empty: it is a stranger, whatever it says of itself.

    It may be new in a room that we knew. Then its own word counts for a directory that we have to do with anyway.
    """
    account, claimed = sender.account_id, sender.handle
    told = [member for each in returning.expected(step) if each.room == room for member in each.members]
    met = [*told, *(Helper(each.account, each.handle) for each in step.roster(room).values())]
    known = acquaintance.handle_of(step, account) or join_requests.handle_of(step, room, account)
    known = known or next((each.handle for each in met if each.account == account), "")
    return known or (str(claimed) if acquaintance.uses_host(step, claimed.authority) else "")


def _come(step: Step, sender: DeviceCertificate, item: Invitation, pack: bytes, *, trusted: bool, known: bool) -> None:
    """Where an invitation leads, or whether the person is asked."""
    old = step.find_room(item.room)
    try:
        opened = open_pack(step, pack, sender, item.room)
    except PeerError as refused:
        others = own_devices.others(step) or (old is not None and old.phase == REJOINING)
        if isinstance(refused, MlsRefused) and refused.reason == NOT_FOR_US and others:
            return  # for another device of our account, which reads the same inbox, or for what this one was
        if trusted or known:
            # For them we are in the room now: only if they remove and add us again do we come in. Strangers get no say.
            handle = str(sender.handle)
            step.event("warning", item.room, code="invitation-refused", handle=handle, reason=refused.code)
        return
    info = decode_info(opened.room_info)
    if old is not None and not _as_known(step, old, sender, opened, info):
        trusted = trusted and known and old.phase != REJOINING
    elif old is not None:
        trusted = known
    if trusted and (old is not None or _may_add(step, info, sender)):
        enter(step, opened, info, sender, item.order, pack)
    else:
        held_invitations.hold(step, sender, item, pack, info)


def _as_known(step: Step, old: RoomState, sender: DeviceCertificate, opened: Opened, info: RoomInfo) -> bool:
    """Whether an invitation leads into the room as we know it, or is by somebody who may say what it is.

    Into one that we are out of only by such a one; and nobody may say of it what no commit could make of it.
    """
    if not evidence.may_be(info, old.info):
        return False
    if old.phase not in {JOINED, REJOINING}:
        return evidence.vouches(step, old.info, sender.account_id)
    rejoin = old.rejoin or Rejoin("invited", 0, b"", [], [], step.now)
    try:
        evidence.check_branch(step, old, rejoin, sender.account_id, info, opened.members)
    except MlsRefused:
        return False
    return True


def _trusted(step: Step, sender: DeviceCertificate, contact: Contact | None, room: bytes) -> bool:
    """Whether our account wants to be where this one invites it; not if it asked somebody else to be let in."""
    wished = join_requests.judged(step, room, sender.account_id)
    if wished is not None:
        return wished
    if join_requests.awaits_another(step, room, sender.account_id):
        return False
    known = contact is not None and contact.state in {ContactState.ACCEPTED, ContactState.REQUESTED}
    return known or sender.account_id == step.me.account or _expected(step, sender, room)


def _expected(step: Step, sender: DeviceCertificate, room: bytes) -> bool:
    """Whether another device of ours told us that our account is in that room, and the sender may say what it is."""
    told = [decode_info(each.info) for each in returning.expected(step) if each.room == room]
    return any(evidence.vouches(step, info, sender.account_id) for info in told)


def _may_replace(step: Step, room: RoomState, sender: DeviceCertificate) -> bool:
    """A room we are in is replaced only while we look for the winning branch, and by who may say what it is: nobody
    else may let us in.
    """
    rejoin, account = room.rejoin, sender.account_id
    return rejoin is not None and evidence.vouches(step, room.info, account) and tickets.may_answer(step, room, account)


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
    waiting = held_invitations.load(step, room)
    if waiting is None:
        raise NoSuchRoom("nobody invited you into such a room")
    sender = open_certificate(waiting.certificate)
    opened = open_pack(step, waiting.pack, sender, room) if not waiting.told else None
    if not claims.want(step, sender.account_id, str(sender.handle), b"", claims.Enter(room)):
        return
    held_invitations.drop(step, room)
    old = step.find_room(room)
    if opened is None:
        seeking.go_there(step, sender.account_id, waiting.told)
    else:
        enter(step, opened, decode_info(opened.room_info), sender, waiting.order, waiting.pack)
    if waiting.contested and old is not None:
        arrivals.disbelieve(step, room, old.let_in_by or old.told_by)


def enter_held(step: Step, account: bytes) -> None:
    """We asked or accepted an account that had invited us into a room of two: we go there, if that holds still."""
    room = step.store.get_value(requests.invited_by(account))
    if room is not None:
        step.store.delete_value(requests.invited_by(account))
        if _held_of(step, room) == account:
            enter_too(step, room)


def enter_wished(step: Step, room: bytes) -> None:
    """We follow a link into a group into which its giver had invited us already."""
    if join_requests.judged(step, room, _held_of(step, room)):
        enter_too(step, room)


def enter_told(step: Step, room: bytes, info: RoomInfo) -> None:
    """Another device of ours is in the room, which is as ``info`` says: an invitation that waits here is taken if it is
    of somebody who could have added us there. Else it leads elsewhere, and goes.
    """
    if evidence.vouches(step, info, _held_of(step, room)):
        enter_too(step, room)
    else:
        held_invitations.drop(step, room)


def _held_of(step: Step, room: bytes) -> bytes:
    """The account whose invitation into a room waits for the person; empty: none does."""
    waiting = held_invitations.load(step, room)
    return b"" if waiting is None else open_certificate(waiting.certificate).account_id


def enter_too(step: Step, room: bytes) -> None:
    """Our account is in a room, or trusts who invites it there: if an invitation waits for the person, it is taken.

    By whoever is in the room already, or was, it is dropped: it leads to where the room was then.
    """
    waiting, old = held_invitations.load(step, room), step.find_room(room)
    if waiting is None or waiting.told or (waiting.contested and old is not None and old.phase == JOINED):
        return
    held_invitations.drop(step, room)
    if old is not None and old.phase != REJOINING:
        return
    sender = open_certificate(waiting.certificate)
    try:
        opened = open_pack(step, waiting.pack, sender, room)
    except PeerError:
        return
    enter(step, opened, decode_info(opened.room_info), sender, waiting.order, waiting.pack)


def decline_request(step: Step, room: bytes) -> None:
    """Forget an invitation, on all devices; an answer that waited for the record is taken back."""
    waiting = held_invitations.load(step, room)
    if waiting is not None and waiting.id:
        sync_out.tell_now(step, DeclineItem(room, waiting.id))
    if waiting is not None and waiting.contested:
        arrivals.disbelieve(step, room, open_certificate(waiting.certificate).account_id)
    _forget(step, room)


def declined_elsewhere(step: Step, room: bytes, invitation: bytes) -> None:
    """The same was done on another device, perhaps before the invitation came here."""
    step.store.saw(_INVITATION, invitation, step.day)
    waiting = held_invitations.load(step, room)
    if waiting is not None and waiting.id == invitation:
        _forget(step, room)


def _forget(step: Step, room: bytes) -> None:
    held_invitations.drop(step, room)
    claims.drop_answer(step, claims.Enter(room))


def inviter_of(step: Step, room: bytes) -> DeviceCertificate:
    """Who invites us into a room. Raises `NoSuchRoom`."""
    waiting = held_invitations.load(step, room)
    if waiting is None:
        raise NoSuchRoom("nobody invited you into such a room")
    return open_certificate(waiting.certificate)


def enter(
    step: Step, opened: Opened, info: RoomInfo, sender: DeviceCertificate, order: bytes = b"", pack: bytes = b""
) -> None:
    """Become a member: replaces whatever we knew of that room but its messages. ``order``: see `relocating.arrive`;
    ``pack``: what the invitation led to.
    """
    old = step.find_room(opened.group_id)
    if old is not None:
        step.forget_room(opened.group_id)
        rooms.forget_leaving(step, opened.group_id)
    group = opened.accept()
    room = RoomState(opened.group_id, info, JOINED, [], history=branch_history.came_by(branch_history.history_of(pack)))
    room.let_in_by = sender.account_id
    if old is not None and old.phase == JOINED:
        arrivals.invited(step, old, room, sender.account_id)
        _take_along(room, old)
    step.add_room(room)
    moving.arrive(step, room, group.members(), order)
    intents.look_first(step, open_box(room, group))
    members.sync(step, room, step.me.device)
    room.update_at = step.now + step.rng.between(0, step.timing.update)
    room.tend_at = step.within(intents.TEND_MS) + 1
    if old is not None:
        drop_trims(step, {old.relay} - {room.relay})
        # A published key package gives the leaf key we had before: what names that key must not hold for long.
        intents.want(room, UpdateKeys())
        sending.resend_unacknowledged(step, room, sending.reached_nobody)
    room.receipt_at = step.within(receipts.delay(step, room))
    join_requests.fulfilled(step, room.id)
    if info.kind == DEVICES:
        own_devices.settle_room(step, room.id)
        return
    if info.kind == DIRECT_ROOM:
        _answered(step, room, sender.account_id)
    notices.entered(step, room, sender.account_id, NoticeKind.JOINED)
    profiles.tell_soon(step, room)
    step.event("joined", room.id, name=info.name, direct=info.kind == DIRECT_ROOM, handle=str(sender.handle))


def _take_along(room: RoomState, old: RoomState) -> None:
    """What we want of the room, and what we and ours had done on the branch that we leave, is to be done here, too."""
    if old.rejoin is not None:
        room.intents = redo.to_redo(old, old.rejoin)
        room.redo = [intent.account for intent in room.intents if isinstance(intent, RemoveAccount)]


def _answered(step: Step, room: RoomState, sender: bytes) -> None:
    """We are in a direct room: by the other's invitation, or by that of a device of ours, which has their answer."""
    contact = step.store.contact(sender)
    if contact is not None:
        requests.set_contact_state(step, contact, ContactState.ACCEPTED, room.id)
    requests.found_again(step, room)
