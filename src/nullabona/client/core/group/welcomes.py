"""Invitations: we send a Welcome after its commit has won, and again until its devices show up (spec/room.md §3)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from nullabona.client.core import acquaintance
from nullabona.client.core.account import own_devices
from nullabona.client.core.delivery import reply_boxes
from nullabona.client.core.delivery.outbox import queue_blob, queue_item
from nullabona.client.core.directory import newest, own_answer
from nullabona.client.core.group import branch_history
from nullabona.client.core.identity import inbox_addresses
from nullabona.client.core.model import move_orders
from nullabona.client.core.model.content import Handed
from nullabona.client.core.model.inbox_items import Invitation, decode_pack, encode_pack
from nullabona.client.core.model.intents import AddAccount, Intent
from nullabona.client.core.model.outbox_targets import RoomBlob, WelcomeBlob
from nullabona.client.core.model.records import Device
from nullabona.client.core.model.state import JOINED, Invite, RoomState
from nullabona.client.core.step import DAY_MS, Step
from nullabona.client.core.timeline import sending
from nullabona.wire.blob import BlobRef
from nullabona.wire.card import card_hash
from nullabona.wire.seal import Inbox

MAX_INVITES = 12
"""How often we send an invitation before we give up."""

PATIENCE = 4
"""How many attempts (about 15 hours) use only the reply box or a room. Within 8 more hours we use the inbox."""

LOST_KEPT = 4
"""How many Welcomes of losing commits we keep."""


class LostWelcome(msgspec.Struct, array_like=True, frozen=True):
    """The Welcome of an own commit that lost on this branch, and the accounts that the commit added."""

    commit: bytes
    added: tuple[AddAccount, ...]
    pack: bytes


_lost = msgspec.msgpack.Decoder(list[LostWelcome])
_inboxes = msgspec.msgpack.Decoder(Inbox)
_invitations = msgspec.msgpack.Decoder(Invitation)
_invites = msgspec.msgpack.Decoder(list[Invite])


def _welcome_key(room: bytes) -> str:
    return f"welcome:{room.hex()}"


def _invites_key(room: bytes) -> str:
    return f"invites:{room.hex()}"


def _lost_key(room: bytes) -> str:
    return f"lost-welcomes:{room.hex()}"


def hold_welcome(step: Step, room: RoomState, welcome: bytes, tree: bytes) -> None:
    """Keep the Welcome of a staged commit until we know whether it won."""
    step.store.set_value(_welcome_key(room.id), encode_pack(welcome, tree))


def invite_added(step: Step, room: RoomState, intents: list[Intent]) -> None:
    """Our commit won: send its Welcome to everybody it added."""
    pack = step.store.get_value(_welcome_key(room.id))
    if pack is None:
        return
    step.store.delete_value(_welcome_key(room.id))
    _invite_all(step, room, [intent for intent in intents if isinstance(intent, AddAccount)], pack)


def _invite_all(step: Step, room: RoomState, added: Sequence[AddAccount], pack: bytes) -> None:
    """Invite the added accounts, each with its devices that joined in the current epoch.

    We put the Welcome at the relay of each account's inbox: nobody has to contact another relay before they accept.
    """
    parts = decode_pack(pack)
    pack = encode_pack(parts.welcome, parts.tree, branch_history.told(room))
    ref = queue_blob(step, RoomBlob(room.relay, room.id, room.current.keys.box.address), pack)
    for relay in sorted({_relay_of(intent) for intent in added} - {room.relay}):
        _put_pack(step, room, ref, relay)
    roster = step.roster(room.id).values()
    invites = _load(step, room)
    for intent in added:
        devices = [d.device for d in roster if d.account == intent.account and d.since == room.epoch]
        invites.append(_invite(step, room, intent, devices, ref))
    _save(step, room, invites)


def _relay_of(intent: AddAccount) -> str:
    """The relay that keeps their inbox."""
    return _inboxes.decode(intent.inbox).relay or inbox_addresses.host_relay(intent.handle)


def keep_welcome(step: Step, room: RoomState) -> None:
    """Keep the Welcome of a pending commit that we give up: the commit may win elsewhere, and only we have it."""
    pack = step.store.get_value(_welcome_key(room.id))
    if room.pending is None or not room.pending.invites or pack is None:
        return
    added = tuple(intent for intent in room.pending.intents if isinstance(intent, AddAccount))
    kept = [*_load_lost(step, room), LostWelcome(room.pending.commit, added, pack)][-LOST_KEPT:]
    step.store.set_value(_lost_key(room.id), msgspec.msgpack.encode(kept))


def invite_after_all(step: Step, room: RoomState) -> None:
    """If the branch we came to includes a commit that we had given up, invite the accounts it added."""
    went_through = {merged.commit for merged in room.history}
    for lost in _load_lost(step, room):
        if lost.commit in went_through:
            _invite_all(step, room, lost.added, lost.pack)
    step.store.delete_value(_lost_key(room.id))


def _load_lost(step: Step, room: RoomState) -> list[LostWelcome]:
    data = step.store.get_value(_lost_key(room.id))
    return _lost.decode(data) if data else []


def _invite(step: Step, room: RoomState, intent: AddAccount, devices: list[bytes], ref: BlobRef) -> Invite:
    inbox_addresses.note_handle(step, _inboxes.decode(intent.inbox), intent.handle)
    item = Invitation(step.rng.bytes(16), room.id, _relay_of(intent), ref, move_orders.to_carry(room))
    invite = Invite(intent.account, devices, intent.inbox, msgspec.msgpack.encode(item), 0, reply=intent.reply)
    _send(step, invite, intent.handle)
    return invite


def _send(step: Step, invite: Invite, handle: str = "") -> None:
    """Send an invitation: to the reply box, if there is one; once through the direct room with a contact; to the inbox
    if there is neither, or if they had no effect for long enough.
    """
    item = _invitations.decode(invite.item)
    if invite.reply and invite.attempts < PATIENCE:
        _reply(step, invite, handle)
    elif not invite.handed and (direct := _room_with(step, invite, item.room)) is not None:
        sending.send_note(step, direct, Handed(item))
        invite.handed = True
    elif not _is_handed(invite):
        queue_item(step, _inboxes.decode(invite.inbox), item.relay, _with_proof(step, item))
    invite.next_at = step.now + _pause(step, invite)
    invite.attempts += 1


def _reply(step: Step, invite: Invite, handle: str) -> None:
    inbox, relay = _inboxes.decode(invite.inbox), inbox_addresses.host_relay(handle) if handle else ""
    reply_boxes.queue_reply(step, invite.reply, inbox, relay, _invitations.decode(invite.item))


def _is_handed(invite: Invite) -> bool:
    """Whether we still wait for what we sent through a room, even if that room is not open any more."""
    return invite.handed and invite.attempts < PATIENCE


def _pause(step: Step, invite: Invite) -> int:
    """How long we wait for an answer to this attempt.

    The card names the inbox, and the relay may have hidden what we sent elsewhere. So it must not know beforehand when
    something goes into the inbox: that time is drawn, and the letters to oneself come meanwhile (spec/room.md §9.2).
    """
    pause = step.timing.invite << min(invite.attempts, 8)
    elsewhere = (invite.reply or invite.handed) and invite.attempts + 1 < PATIENCE
    return pause + step.rng.between(0, 1_000 if elsewhere else pause)


def _with_proof(step: Step, item: Invitation) -> Invitation:
    """With our card and its proof: an account that gets it by the inbox may not know us."""
    own = own_devices.card(step.store)
    proof = own_answer.to_carry(step.store, own.encoded, step.now // 1_000) if own is not None else b""
    return msgspec.structs.replace(item, card=own.encoded, proof=proof) if own is not None and proof else item


def _is_known(step: Step, invite: Invite) -> bool:
    """Whether the lists that we have read say that the card by which we know the account is the newest (spec/map.md
    §9.2). Later ones may name it; then the next time finds that.
    """
    contact = step.store.contact(invite.account)
    return contact is not None and newest.is_noted(step.store, card_hash(contact.card))


def _room_with(step: Step, invite: Invite, into: bytes) -> RoomState | None:
    """Our direct room with the invited account, or the room that our own devices share, if all devices of the
    invitation are in it and none of them is yet to show up there.
    """
    if invite.account == step.local.account:
        room = own_devices.shared(step)
    else:
        contact = step.store.contact(invite.account)
        room = step.find_room(contact.room) if contact is not None and contact.room else None
    if room is None or room.id == into or room.phase != JOINED or sending.held(step, room):
        return None
    inside = {device.device for device in step.others(room, room.epoch) if not _is_yet_to_come(step, room, device)}
    return room if inside.issuperset(invite.devices) else None


def _is_yet_to_come(step: Step, room: RoomState, device: Device) -> bool:
    """Whether the device was added lately and has not shown up since. Of one that was added before our oldest box, such
    as a device that is off for weeks, nobody can tell: the boxes in which it showed up are forgotten.
    """
    added = any(track.epoch <= device.since for track in room.boxes)
    return added and not has_come(step, room, device.device, device.since)


def _load(step: Step, room: RoomState) -> list[Invite]:
    data = step.store.get_value(_invites_key(room.id))
    return _invites.decode(data) if data else []


def _save(step: Step, room: RoomState, invites: list[Invite]) -> None:
    """Save the invitations apart from the room's state: else a thousand of them would be written with every message."""
    room.invites_at = min((invite.next_at for invite in invites if invite.attempts <= MAX_INVITES), default=None)
    if invites:
        step.store.set_value(_invites_key(room.id), msgspec.msgpack.encode(invites))
    else:
        step.store.delete_value(_invites_key(room.id))


def look_after_invites(step: Step, room: RoomState) -> None:
    """Repeat invitations that are due; forget those that were answered or no longer hold. We keep those that we gave
    up, because the invited account may ask for them (`invite_again`).
    """
    if not step.due(room.invites_at):
        return
    devices = {device.device: device for device in step.roster(room.id).values()}
    invites = _load(step, room)
    packs = _packs(invites)
    kept = [invite for invite in invites if _unanswered(step, room, invite, devices)]
    alive = []
    for invite in kept:
        if acquaintance.is_blocked(step.store, invite.account):
            invite.next_at = max(invite.next_at, step.now + DAY_MS)
        elif invite.attempts <= MAX_INVITES:
            alive.append(invite)
    lost = min((invite.next_at for invite in alive), default=0) > step.now
    for invite in alive:
        if invite.next_at <= step.now:
            _repeat(step, room, invite)
        elif lost:
            _put_back(step, room, invite)
    _save(step, room, kept)
    _drop_packs(step, room, packs - _packs(kept))


def repeat_soon(step: Step, room: RoomState) -> None:
    """Its contact is blocked no more: repeat at once what waited for that."""
    invites = _load(step, room)
    for invite in invites:
        invite.next_at = min(invite.next_at, step.now)
    _save(step, room, invites)


def forget_invites(step: Step, room: RoomState) -> None:
    """We are out for good: drop all invitations."""
    room.invites_at = None
    step.store.delete_value(_invites_key(room.id))
    step.store.delete_value(_welcome_key(room.id))
    step.store.delete_value(_lost_key(room.id))


def _unanswered(step: Step, room: RoomState, invite: Invite, devices: dict[bytes, Device]) -> bool:
    present = [devices[device] for device in invite.devices if device in devices]
    waiting = [d for d in present if d.account == invite.account and not has_come(step, room, d.device, d.since)]
    return bool(waiting)


def invites(step: Step, room: RoomState, device: bytes) -> bool:
    """Whether we still repeat an invitation that is for this device."""
    return any(device in invite.devices and invite.attempts <= MAX_INVITES for invite in _load(step, room))


def invite_again(step: Step, room: RoomState, account: bytes, reply: bytes) -> None:
    """Repeat the invitation of an added account that never came and now sends a contact request.

    It may have declined the first one, or lost what marks it as expected. Goes to where it waits for answers now,
    unless we have just sent it.
    """
    invites = _load(step, room)
    for invite in invites:
        early = invite.attempts <= 1 and invite.next_at > step.now
        if invite.account != account or early or not step.over(invite.again_at, step.timing.invite):
            continue
        item = msgspec.structs.replace(_invitations.decode(invite.item), id=step.rng.bytes(16))
        invite.item, invite.again_at = msgspec.msgpack.encode(item), step.now
        if reply and reply == invite.reply and invite.attempts <= MAX_INVITES:
            _put_back(step, room, invite)  # the inbox comes when it would have: else who asks daily has it never
            continue
        invite.reply, invite.attempts, invite.handed = reply, 0, False
        _repeat(step, room, invite)
    _save(step, room, invites)


def _repeat(step: Step, room: RoomState, invite: Invite) -> None:
    """Send an invitation again, with the chunks of its Welcome: the relay may have lost those too.

    If the inbox may be elsewhere by now, we look up the card. Not otherwise: the directory would learn of all whose
    devices are off for an hour that one device invited them.
    """
    handle = _handle(step, room, invite)
    found = inbox_addresses.inbox_of(step, invite.account)
    if found is not None:
        invite.inbox = msgspec.msgpack.encode(found)
    item = _invitations.decode(invite.item)
    if handle and not _is_known(step, invite):
        inbox_addresses.look_again(step, handle)
    relay = _inboxes.decode(invite.inbox).relay or (inbox_addresses.host_relay(handle) if handle else item.relay)
    now = msgspec.structs.replace(item, relay=relay, order=move_orders.to_carry(room))
    # What has changed is sent through the room again. If that is not open, a later attempt does it.
    if now != item and not (_is_handed(invite) and _room_with(step, invite, item.room) is None):
        item, invite.item, invite.handed = now, msgspec.msgpack.encode(now), False
    _put_pack(step, room, item.blob, item.relay)
    _send(step, invite, handle)


def _put_back(step: Step, room: RoomState, invite: Invite) -> None:
    """The relay lost a box: send again what it may have lost.

    Nothing goes into an inbox before its time that went elsewhere first: a relay chooses when it loses a box.
    """
    if not invite.reply and not invite.handed:
        _repeat(step, room, invite)
        return
    item = _invitations.decode(invite.item)
    _put_pack(step, room, item.blob, item.relay)
    if invite.reply:  # what was handed is put back as a message of that room
        _reply(step, invite, _handle(step, room, invite))


def _handle(step: Step, room: RoomState, invite: Invite) -> str:
    return next((device.handle for device in step.roster(room.id).values() if device.account == invite.account), "")


def _put_pack(step: Step, room: RoomState, ref: BlobRef, relay: str) -> None:
    """Queue the chunks that we still have for a relay, unless they are queued already.

    Chunks for another relay than the room's belong to none of its boxes, so they neither move nor wait with them.
    """
    box = room.current.keys.box.address
    target = RoomBlob(relay, room.id, box) if relay == room.relay else WelcomeBlob(relay, room.id)
    waiting = {
        (item.ref, item.target.relay)
        for item in step.store.outbox_of(room.id)
        if isinstance(item.target, RoomBlob | WelcomeBlob)
    }
    for digest in ref.chunks:
        chunk = step.store.chunk(digest)
        if chunk is not None and (digest, relay) not in waiting:
            step.store.add_outbox(target, ref=digest, data=chunk)


def _packs(invites: Sequence[Invite]) -> set[tuple[bytes, str]]:
    """The chunks that the invitations refer to, each with the relay that the invitation names."""
    items = [_invitations.decode(invite.item) for invite in invites]
    return {(digest, item.relay) for item in items for digest in item.blob.chunks}


def _drop_packs(step: Step, room: RoomState, packs: set[tuple[bytes, str]]) -> None:
    """Unqueue chunks that no invitation refers to any more, so that they do not wait for a relay that may be gone."""
    for item in step.store.outbox_of(room.id) if packs else []:
        if isinstance(item.target, RoomBlob | WelcomeBlob) and (item.ref, item.target.relay) in packs:
            step.store.drop_outbox(item.id)


def has_come(step: Step, room: RoomState, device: bytes, since: int) -> bool:
    """Whether the device has shown up in an epoch since it was added (it may have been a member earlier)."""
    tracks = [track for track in room.boxes if track.epoch >= since]
    return any(step.store.view(track.keys.box.address, device) is not None for track in tracks)
