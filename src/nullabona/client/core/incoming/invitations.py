"""Invitations into rooms: accept them, hold them for the person, or ignore them (spec/room.md §9)."""

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
from nullabona.client.core.group import branch_history, evidence, intents, leaving, members, redo
from nullabona.client.core.identity import claims, device_certificates
from nullabona.client.core.model.branches import Helper, Rejoin
from nullabona.client.core.model.commit_policy import certificate_of
from nullabona.client.core.model.content import NoticeKind
from nullabona.client.core.model.errors import MlsRefused, NoSuchRoom, PolicyRefused
from nullabona.client.core.model.facts.account import Warned
from nullabona.client.core.model.facts.rooms import Joined
from nullabona.client.core.model.inbox_items import Invitation, decode_pack
from nullabona.client.core.model.intents import RemoveAccount, UpdateKeys
from nullabona.client.core.model.mls_port import Invitation as Opened
from nullabona.client.core.model.records import Contact, ContactState
from nullabona.client.core.model.room_info import DEVICES, RoomInfo, decode_info
from nullabona.client.core.model.room_info import DIRECT as DIRECT_ROOM
from nullabona.client.core.model.state import JOINED, REJOINING, RoomState
from nullabona.client.core.model.sync_items import DeclineItem
from nullabona.client.core.relocation import moving
from nullabona.client.core.restore import returning, seeking
from nullabona.client.core.step import Step
from nullabona.client.core.sync import arrivals, invited_elsewhere, tickets
from nullabona.client.core.timeline import carrying_over, gaps, notices, profiles, sending
from nullabona.errors import PeerError
from nullabona.wire.certificate import DeviceCertificate, open_certificate

NOT_FOR_US: Final = "no-key-package"
MOST_CHUNKS: Final = 8
"""We fetch no stranger's invitation with more chunks. 8 MiB are enough for a room of two thousand devices."""
_INVITATION: Final = "invitation"
_TOLD_BY: Final = "told-by-invitation"


def invited(
    step: Step, sender: DeviceCertificate, item: Invitation, since: int, *, at: frozenset[str]
) -> Missing | None:
    """Act on an invitation: join, hold it for the person, or ignore it. `MISSING` if something must be fetched first.

    It came at ``since``, in ms, to our inbox, which we read at the relays ``at``. We fetch its blob only from those
    relays, and only a small one for a stranger. An inviter that we know must still be a device of its account.
    """
    contact = step.store.contact(sender.account_id)
    old = step.find_room(item.room)
    if old is not None and old.phase == JOINED and not _may_replace(step, old, sender):
        waits = _from_elsewhere(step, old, sender, item, since, at)
        # The other person of a direct room adds us again only if we are out. Perhaps we have not read that yet.
        return MISSING if old.info.kind == DIRECT_ROOM and sender.account_id in old.info.pair else waits
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
    """An invitation never replaces a room that we are in, but an inviting member may be on another branch of it.

    If no contact but the account that let us in has shown up, there are now two versions of the room.
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
    """A second invitation into a room where we know only the account that let us in. Only one can be the real room.

    We believe an inviter that is an admin in our version too. Otherwise only the person can find out, and is warned.
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
    step.tell(Warned(room=room.id, code="two-versions", detail={"handle": str(sender.handle)}))
    held_invitations.hold(step, sender, item, pack, info, contested=True)


def _may_add(step: Step, info: RoomInfo, sender: DeviceCertificate) -> bool:
    """Whether the inviter could have added us, by the room info in the invitation."""
    return sender.account_id == step.local.account or sender.account_id in info.deciders


def _known_as(step: Step, sender: DeviceCertificate, room: bytes) -> str:
    """The handle for looking up the inviter; empty for a stranger, whatever its certificate says.

    It may be new in a room that we knew. So we use the handle in its certificate if we use that host anyway.
    """
    account, claimed = sender.account_id, sender.handle
    told = [member for each in returning.expected(step) if each.room == room for member in each.members]
    met = [*told, *(Helper(each.account, each.handle) for each in step.roster(room).values())]
    known = acquaintance.handle_of(step, account) or join_requests.handle_of(step, room, account)
    known = known or next((each.handle for each in met if each.account == account), "")
    return known or (str(claimed) if acquaintance.uses_host(step, claimed.authority) else "")


def _come(step: Step, sender: DeviceCertificate, item: Invitation, pack: bytes, *, trusted: bool, known: bool) -> None:
    """Open an invitation and enter the room, or hold it for the person."""
    old = step.find_room(item.room)
    try:
        opened = open_pack(step, pack, sender, item.room)
    except PeerError as refused:
        others = own_devices.others(step) or (old is not None and old.phase == REJOINING)
        if isinstance(refused, MlsRefused) and refused.reason == NOT_FOR_US and others:
            return  # for another device of our account, which reads the same inbox, or for this device's old keys
        if trusted or known:
            # The inviter believes that we are in: only if they remove and add us again can we enter. Ignore strangers.
            handle = str(sender.handle)
            step.tell(
                Warned(room=item.room, code="invitation-refused", detail={"handle": handle, "reason": refused.code})
            )
        return
    info = decode_info(opened.room_info)
    if old is not None and not _as_known(step, old, sender, opened, info):
        trusted = trusted and known and old.phase != REJOINING
    elif old is not None and (old.phase in {JOINED, REJOINING} or info.kind != DIRECT_ROOM):
        trusted = known
    if trusted and (old is not None or _may_add(step, info, sender)):
        enter(step, opened, info, sender, item.order, pack)
    else:
        held_invitations.hold(step, sender, item, pack, info)


def _as_known(step: Step, old: RoomState, sender: DeviceCertificate, opened: Opened, info: RoomInfo) -> bool:
    """Whether an invitation leads into the room as we know it, or its sender has authority over the room.

    For a room that we are out of, only the latter counts. A room info that no commit could produce is never accepted.
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
    """Whether to accept this account's invitation without asking; not if we asked another account to let us in."""
    judged = join_requests.judged(step, room, sender.account_id)
    if judged is not None:
        return judged
    if join_requests.awaits_another(step, room, sender.account_id):
        return False
    known = contact is not None and contact.state in {ContactState.ACCEPTED, ContactState.REQUESTED}
    return known or sender.account_id == step.local.account or _expected(step, sender, room)


def _expected(step: Step, sender: DeviceCertificate, room: bytes) -> bool:
    """Whether another device of ours reported that our account is in that room, and the sender has authority there."""
    told = [decode_info(each.info) for each in returning.expected(step) if each.room == room]
    return any(evidence.vouches(step, info, sender.account_id) for info in told)


def _may_replace(step: Step, room: RoomState, sender: DeviceCertificate) -> bool:
    """Whether an invitation may replace a room that we are in: only while we look for the winning branch, and only if
    the sender has authority over the room.
    """
    rejoin, account = room.rejoin, sender.account_id
    return rejoin is not None and evidence.vouches(step, room.info, account) and tickets.may_answer(step, room, account)


def open_pack(step: Step, pack: bytes, sender: DeviceCertificate, room: bytes) -> Opened:
    """The verified invitation in a pack. Raises `PeerError` if anything in it does not match its claims."""
    parts = decode_pack(pack)
    opened = step.mls.open_welcome(parts.welcome, parts.tree)
    if opened.group_id != room or opened.sender.signature_key != sender.device_key:
        raise MlsRefused("an invitation is not from whom it says", "wrong-group")
    accounts = {certificate_of(leaf).account_id for leaf in opened.members}
    info = decode_info(opened.room_info)
    if info.kind == DIRECT_ROOM and not {step.local.account, sender.account_id} | accounts <= set(info.pair):
        raise PolicyRefused("a direct room with somebody else in it")
    if info.kind == DEVICES and accounts != {step.local.account}:
        raise PolicyRefused("a room for the devices of one account with somebody else in it")
    return opened


def accept_request(step: Step, room: bytes) -> None:
    """The person accepts an invitation that was held for them.

    It waits until the record has proven the inviter. Raises `NoSuchRoom` if there is no invitation, `CardRefuted` if
    the record contradicts the inviter's identity, `PeerError` if the invitation is no longer valid.
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
    """We asked or accepted an account that had invited us into a direct room: enter it, if that is still valid."""
    room = step.store.get_value(requests.invited_by(account))
    if room is not None:
        step.store.delete_value(requests.invited_by(account))
        if _held_of(step, room) == account:
            enter_too(step, room)


def enter_requested(step: Step, room: bytes) -> None:
    """We asked to join a group by a link: if its admin's invitation is held already, accept it."""
    if join_requests.judged(step, room, _held_of(step, room)):
        enter_too(step, room)


def enter_told(step: Step, room: bytes, info: RoomInfo) -> None:
    """Another device of ours is in the room with this ``info``: accept a held invitation if its sender could have added
    us there. Otherwise drop it, because it leads elsewhere.
    """
    if evidence.vouches(step, info, _held_of(step, room)):
        enter_too(step, room)
    else:
        held_invitations.drop(step, room)


def _held_of(step: Step, room: bytes) -> bytes:
    """The sender of the held invitation into a room; empty if there is none."""
    waiting = held_invitations.load(step, room)
    return b"" if waiting is None else open_certificate(waiting.certificate).account_id


def enter_too(step: Step, room: bytes) -> None:
    """Our account is in the room, or trusts the inviter: accept the held invitation, if there is one.

    A device that is in the room, or was, drops it instead: it leads to an old state of the room.
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
    """Forget an invitation, on all devices, and cancel an acceptance that waits for the record."""
    waiting = held_invitations.load(step, room)
    if waiting is not None and waiting.id:
        sync_out.tell_now(step, DeclineItem(room, waiting.id))
    if waiting is not None and waiting.contested:
        arrivals.disbelieve(step, room, open_certificate(waiting.certificate).account_id)
    _forget(step, room)


def declined_elsewhere(step: Step, room: bytes, invitation: bytes) -> None:
    """Another device declined the invitation, perhaps before it came here."""
    step.store.saw(_INVITATION, invitation, step.day)
    waiting = held_invitations.load(step, room)
    if waiting is not None and waiting.id == invitation:
        _forget(step, room)


def _forget(step: Step, room: bytes) -> None:
    held_invitations.drop(step, room)
    claims.drop_answer(step, claims.Enter(room))


def inviter_of(step: Step, room: bytes) -> DeviceCertificate:
    """The sender of the held invitation into a room. Raises `NoSuchRoom`."""
    waiting = held_invitations.load(step, room)
    if waiting is None:
        raise NoSuchRoom("nobody invited you into such a room")
    return open_certificate(waiting.certificate)


def enter(
    step: Step, opened: Opened, info: RoomInfo, sender: DeviceCertificate, order: bytes = b"", pack: bytes = b""
) -> None:
    """Become a member. Replaces the state of that room, but not its messages. ``order``: see `moving.given`; ``pack``:
    the content of the invitation's blob. Of a branch that we leave for it, what we want and what was changed is redone.
    """
    old = step.find_room(opened.group_id)
    way = old.rejoin if old is not None and old.phase == JOINED else None
    redone = redo.to_redo(step, old, way) if old is not None and way is not None else []
    if old is not None:
        step.forget_room(opened.group_id)
        if way is None:  # who only comes to another branch still wants to leave
            rooms.forget_leaving(step, opened.group_id)
    group = opened.accept()
    history = branch_history.came_by(branch_history.history_of(pack), opened.epoch)
    room = RoomState(opened.group_id, info, JOINED, [], history=history)
    room.let_in_by = sender.account_id
    if old is not None and old.phase == JOINED:
        arrivals.invited(step, old, room, sender.account_id)
    room.intents = redone
    room.redo = [intent.account for intent in redone if isinstance(intent, RemoveAccount)]
    step.add_room(room)
    moving.arrive(step, room, group.members(), moving.given(room.id, info, group.members(), order))
    intents.look_first(step, open_box(room, group))
    members.sync(step, room, step.local.device)
    if rooms.leaving(step, room.id):
        leaving.say(step, room)
    room.update_at = step.now + step.rng.between(0, step.timing.update)
    room.tend_at = step.within(intents.TEND_MS) + 1
    if old is not None:
        drop_trims(step, {old.relay} - {room.relay})
        # The key package may give our leaf the same key as before: renew it, so that old orders for that key lapse.
        intents.want(room, UpdateKeys())
        sending.resend_unacknowledged(step, room, sending.reached_nobody)
    room.receipt_at = step.within(receipts.delay(step, room))
    by_link = join_requests.judged(step, room.id, sender.account_id) is True
    join_requests.fulfilled(step, room.id)
    if info.kind == DEVICES:
        own_devices.settle_room(step, room.id)
        return
    if info.kind == DIRECT_ROOM:
        _answered(step, room, sender.account_id)
    gaps.returned(step, room, old.gap if old is not None and old.phase == REJOINING else None)
    if (
        sender.account_id != step.local.account
    ):  # else this device follows the account's others, as nobody has to be told
        notices.entered(step, room, sender.account_id, NoticeKind.CAME if by_link else NoticeKind.JOINED)
    profiles.tell_soon(step, room)
    step.tell(Joined(room.id, info.name, direct=info.kind == DIRECT_ROOM, handle=str(sender.handle)))


def _answered(step: Step, room: RoomState, sender: bytes) -> None:
    """We are in a direct room, by the contact's invitation or one of our own devices': the contact has accepted."""
    contact = step.store.contact(rooms.other_of(step, room))
    if contact is not None and (sender == contact.account or _leads_nowhere(step, contact)):
        requests.set_contact_state(step, contact, ContactState.ACCEPTED, room.id)
    carrying_over.carry_over(step, room)
    requests.found_again(step, room)


def _leads_nowhere(step: Step, contact: Contact) -> bool:
    """Whether we are not in the room in which we knew a contact. What another device said of it may have come late."""
    known = step.find_room(contact.room) if contact.room else None
    return contact.state is not ContactState.BLOCKED and (known is None or known.phase not in {JOINED, REJOINING})
