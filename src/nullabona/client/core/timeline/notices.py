"""Lines that a device writes into a room's history itself, so that people see what happened and when.

A notice about a commit is placed at the start of the epoch that the commit began, at the same position on every device.
A notice that only this device has (a loss, a warning) comes after everything that it has read so far. Notices never
count as unread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final, assert_never

import msgspec

from nullabona.client.core import preferences, rooms
from nullabona.client.core.account import own_devices
from nullabona.client.core.delivery import box_log
from nullabona.client.core.model.admins import settled
from nullabona.client.core.model.content import Notice, NoticeKind
from nullabona.client.core.model.facts import account as of_account
from nullabona.client.core.model.facts import messages as of_messages
from nullabona.client.core.model.facts import people as of_people
from nullabona.client.core.model.facts import rooms as of_rooms
from nullabona.client.core.model.facts import signals as of_signals
from nullabona.client.core.model.facts.account import Warned
from nullabona.client.core.model.facts.messages import NoticeAdded
from nullabona.client.core.model.facts.people import ContactAccepted, IdentityChanged
from nullabona.client.core.model.facts.rooms import RelayLostBox
from nullabona.client.core.model.facts.signals import ContactLearned, MembershipEnded
from nullabona.client.core.model.facts.union import Fact
from nullabona.client.core.model.proofs import RemovalOrder
from nullabona.client.core.model.records import Contact, Device, Message, MessageState
from nullabona.client.core.model.room_info import DEVICES, RoomInfo
from nullabona.client.core.model.state import RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import kinds

QUIET: Final = frozenset(
    {
        NoticeKind.DEVICE_ADDED,
        NoticeKind.DEVICE_REMOVED,
        NoticeKind.DEVICE_RENEWED,
        NoticeKind.GAP,
        NoticeKind.RELAY_LOST_BOX,
    }
)
"""Nobody did this in the room: it neither moves the room in the list nor is it shown there."""
_MOST: Final = 60
"""Most notices of one commit with a position each; further ones share the last position."""


def add(
    step: Step, room: bytes, notice: Notice, *, position: int | None = None, id: bytes = b"", epoch: int = 0
) -> None:
    """Add a notice to a room's history, once for each ``id``. Without a position: at the end.

    The room that the account's devices share has no history: nobody reads it. A chat that was deleted gets no notice
    before somebody speaks again.
    """
    state = step.find_room(room)
    if (id and step.store.message(room, id) is not None) or (state is not None and state.info.kind == DEVICES):
        return
    if preferences.is_deleted(step.store, room):
        return
    if position is None:
        top = step.store.top_placed(room)
        # The next place may be the first of the next epoch: there a notice would come before that epoch's commit.
        position = 0 if top is None else top if (top + 1) % box_log.SLOTS == 0 else top + 1
    row = Message(
        *(room, id or step.rng.bytes(16), notice.account, b"", step.now, position, epoch, MessageState.RECEIVED),
        *(b"", b"", 0, b""),
    )
    row = kinds.filled(step, row, notice)
    step.store.put_message(row)
    step.tell(NoticeAdded(room, row.id))


# -- what a commit did --------------------------------------------------------------------------------------------


def of_commit(
    step: Step,
    room: RoomState,
    commit: bytes,
    by: bytes,
    orders: Sequence[RemovalOrder],
    before: tuple[RoomInfo, Mapping[int, Device]],
    *,
    by_link: Sequence[bytes] = (),
) -> None:
    """Add notices of what the commit before the current epoch changed. ``before``: the earlier room info and roster.

    ``by_link``: the accounts that followed an invite link of the committer.
    """
    _, roster = before
    found = [
        *_members(step, room, by, orders, roster, by_link),
        *_devices(step, room, roster),
        *_info(step, room, by, before),
    ]
    for count, notice in enumerate(found):
        id = sha256(b"nullabona notice v1" + room.id + commit + bytes((min(count, 255),))).digest()[:16]
        place = box_log.epoch_start(room.epoch, min(count, _MOST))
        add(step, room.id, notice, position=place, id=id, epoch=room.epoch)


def of_branch(step: Step, room: RoomState, commit: bytes, by: bytes, before: RoomInfo) -> None:
    """We came to another branch by ``commit``, by a ticket of ``by``: add notices of changed name, roles or timer."""
    roster = step.roster(room.id)
    for count, notice in enumerate(_info(step, room, by, (before, roster))):
        id = sha256(b"nullabona branch notice v1" + room.id + commit + bytes((count,))).digest()[:16]
        add(step, room.id, notice, position=box_log.epoch_start(room.epoch, count), id=id, epoch=room.epoch)


def _members(
    step: Step,
    room: RoomState,
    by: bytes,
    orders: Sequence[RemovalOrder],
    roster: Mapping[int, Device],
    by_link: Sequence[bytes],
) -> list[Notice]:
    before = {device.account for device in roster.values()}
    after = {device.account for device in step.roster(room.id).values()}
    signers = {device.signature_key: device.account for device in roster.values()}
    ordered = {order.account: signers.get(order.signer, by) for order in orders}
    found = []
    came = after - before
    if added := tuple(sorted(came - set(by_link))):
        found.append(Notice(NoticeKind.MEMBER_ADDED, by, added))
    if followed := tuple(sorted(came & set(by_link))):
        found.append(Notice(NoticeKind.MEMBER_CAME, by, followed))
    for account in sorted(before - after):
        who = ordered.get(account, by)
        if who == account:
            found.append(Notice(NoticeKind.LEFT, account))
        else:
            found.append(Notice(NoticeKind.MEMBER_REMOVED, who, (account,)))
    return found


def _devices(step: Step, room: RoomState, roster: Mapping[int, Device]) -> list[Notice]:
    """Devices of accounts that were and are in the room."""
    before = {device.device: device for device in roster.values()}
    after = {device.device: device for device in step.roster(room.id).values()}
    both = {d.account for d in before.values()} & {d.account for d in after.values()}
    found = [
        *((NoticeKind.DEVICE_ADDED, new.account) for id, new in sorted(after.items()) if id not in before),
        *((NoticeKind.DEVICE_REMOVED, old.account) for id, old in sorted(before.items()) if id not in after),
        *(
            (NoticeKind.DEVICE_RENEWED, new.account)
            for id, new in sorted(after.items())
            if id in before and before[id].signature_key != new.signature_key
        ),
    ]
    # one line for each account, however many of its devices came or went
    return [Notice(what, account) for what, account in dict.fromkeys(found) if account in both]


def _info(step: Step, room: RoomState, by: bytes, earlier: tuple[RoomInfo, Mapping[int, Device]]) -> list[Notice]:
    (before, roster), now = earlier, room.info
    found = []
    if now.name != before.name:
        found.append(Notice(NoticeKind.RENAMED, by, text=now.name))
    if now.admins != before.admins:
        found += _admins(before, now, by, roster, step.roster(room.id))
    if now.timer_s != before.timer_s:
        found.append(Notice(NoticeKind.TIMER_CHANGED, by, text=str(now.timer_s)))
    if now.members_pin != before.members_pin:
        found.append(Notice(NoticeKind.PINNING_CHANGED, by, text="members" if now.members_pin else "admins"))
    return found


def _admins(
    before: RoomInfo, now: RoomInfo, by: bytes, roster: Mapping[int, Device], after: Mapping[int, Device]
) -> list[Notice]:
    """Role changes of current members; a member that left has its own notice."""
    found = []
    staying = {leaf: one for leaf, one in roster.items() if leaf in after and after[leaf].device == one.device}
    appointed = tuple(account for account in now.admins if account not in before.admins)
    if appointed and now.admins == settled(before, staying).admins:
        found += [Notice(NoticeKind.ADMIN_FOLLOWED, account) for account in appointed]
    elif appointed:
        found.append(Notice(NoticeKind.ADMIN_ADDED, by, appointed))
    here = {device.account for device in after.values()}
    if dismissed := tuple(account for account in before.admins if account in here - set(now.admins)):
        found.append(Notice(NoticeKind.ADMIN_REMOVED, by, dismissed))
    return found


def entered(step: Step, room: RoomState, by: bytes, what: NoticeKind) -> None:
    """Add the notice that this account is in the room now: created by ``by``, or let in by it."""
    id = sha256(b"nullabona entered v1" + room.id + room.current.secret).digest()[:16]
    add(
        step,
        room.id,
        Notice(what, by),
        position=box_log.epoch_start(room.epoch, box_log.SLOTS - 1),
        id=id,
        epoch=room.epoch,
    )


# -- what only this device knows ----------------------------------------------------------------------------------


def of_facts(step: Step) -> None:
    """Add notices for this step's facts that belong into a room's history."""
    learned = {fact.account for fact in step.told if isinstance(fact, ContactLearned)}
    for fact in list(step.told):
        _of_fact(step, fact, learned)


def _of_fact(step: Step, fact: Fact, learned: set[bytes]) -> None:  # noqa: C901, PLR0912, PLR0915 - a case a fact
    match fact:
        case of_messages.MessageStored() | of_messages.MessageChanged() | of_messages.MessageGone():
            pass
        case of_messages.NoticeAdded() | of_messages.MessageStateChanged() | of_messages.ReadMarker():
            pass
        case of_messages.HistoryImported() | of_messages.Typing() | of_messages.Transfer():
            pass
        case IdentityChanged():
            _in_shared_rooms(step, step.store.contact(fact.account), NoticeKind.IDENTITY_CHANGED)
        case Warned(room=b"", code="card-changed"):
            contact = step.store.contact_by_handle(fact.detail["handle"])
            _in_shared_rooms(step, contact, NoticeKind.CARD_CHANGED)
        case ContactAccepted() if fact.account not in learned:
            _accepted(step, fact.account)
        case RelayLostBox():
            _of_room(step, fact.room, Notice(NoticeKind.RELAY_LOST_BOX))
        case Warned():
            _of_room(step, fact.room, Notice(NoticeKind.WARNING, text=fact.code))
        case MembershipEnded(left=True):
            _of_room(step, fact.room, Notice(NoticeKind.LEFT, step.local.account))
        # else our other device put this one out of the account, which is no matter of the room
        case MembershipEnded() if fact.by != step.local.account and not own_devices.is_signed_out(step.store):
            _of_room(step, fact.room, Notice(NoticeKind.REMOVED, fact.by))
        case of_account.RelayMoved() | of_account.Published() | of_account.PreferencesChanged():
            pass
        case of_account.DevicesChanged() | of_account.HistoryCame() | of_account.SignedOut():
            pass
        case of_account.OperatorNoticeChanged():
            pass
        case of_people.ContactRequested() | of_people.ContactAccepted() | of_people.ContactChanged():
            pass
        case of_people.CardChecked() | of_people.ProfileChanged() | of_people.RoomRequested():
            pass
        case of_people.RoomRequestGone() | of_people.LinkUsed() | of_people.JoinRequestChanged():
            pass
        case of_rooms.Joined() | of_rooms.MemberAdded() | of_rooms.MemberRemoved() | of_rooms.RoomChanged():
            pass
        case of_rooms.EpochChanged() | of_rooms.Removed() | of_rooms.Leaving() | of_rooms.Left():
            pass
        case of_rooms.Rejoined() | of_rooms.RequestRefused() | of_rooms.ChangeFailed() | of_rooms.RoomMoved():
            pass
        case of_signals.BothAsked() | of_signals.LinkPresented() | of_signals.AskedAgain():
            pass
        case of_signals.AccountTrusted() | of_signals.ContactLearned() | of_signals.JoinRequested():
            pass
        case of_signals.MembershipEnded() | of_signals.ProfileCopied() | of_signals.AccountDeleted():
            pass
        case of_signals.InboxReadElsewhere() | of_signals.ChoicesTakenOver() | of_signals.OwnMarkerMoved():
            pass
        case of_signals.ReplyBoxesChanged() | of_signals.ProofCarried():
            pass
        case _:
            assert_never(fact)


def _in_shared_rooms(step: Step, contact: Contact | None, what: NoticeKind) -> None:
    """The directory shows another card for a contact's handle: add a notice in every room shared with the contact."""
    if contact is None:
        return
    notice = Notice(what, contact.account)
    for room in rooms.shared_rooms(step, contact.account):
        if not _repeats(step, room, notice):
            add(step, room, notice)


def _accepted(step: Step, account: bytes) -> None:
    """Add the notice to the direct room once, however often the contact is accepted."""
    contact = step.store.contact(account)
    if (
        contact is not None
        and contact.room
        and not _repeats(step, contact.room, notice := Notice(NoticeKind.ACCEPTED, account))
    ):
        id = sha256(b"nullabona accepted v1" + contact.room + account).digest()[:16]
        add(step, contact.room, notice, id=id)


def _of_room(step: Step, room: bytes, notice: Notice) -> None:
    if room and step.find_room(room) is not None and not _repeats(step, room, notice):
        add(step, room, notice)


def is_quiet(line: Message) -> bool:
    """Whether a line is a notice of something that nobody did in the room."""
    if line.kind != kinds.NOTICE:
        return False
    body = kinds.stored(line)
    return isinstance(body, Notice) and body.what in QUIET


def _repeats(step: Step, room: bytes, notice: Notice) -> bool:
    """Whether the room's last line is the same notice: a loss affects several boxes and is shown once."""
    last = step.store.messages(room, before=1 << 62, limit=1)
    return bool(last) and last[0].body == msgspec.msgpack.encode(notice)
