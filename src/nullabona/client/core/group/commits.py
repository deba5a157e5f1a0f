"""Commits: staging an intent, letting the first valid commit in box order win, the next epoch (spec/room.md §3).

A committer stages, stores, appends, reads its own box back, and merges only if its commit came first; otherwise it
applies the winner and redoes its intent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from nullabona.client.core import rooms
from nullabona.client.core.acquaintance import is_shut
from nullabona.client.core.delivery import box_log, receipts
from nullabona.client.core.delivery.outbox import drop_trims, queue_frame
from nullabona.client.core.group import (
    branches,
    evidence,
    intents,
    leaving,
    members,
    owed,
    plan,
    removal_orders,
    rulings,
    welcomes,
)
from nullabona.client.core.group.intents import TEND_MS
from nullabona.client.core.model.commit_policy import Verdict, certificate_of
from nullabona.client.core.model.errors import MlsRefused
from nullabona.client.core.model.facts.rooms import ChangeFailed, EpochChanged, Left, Removed, RoomChanged
from nullabona.client.core.model.facts.signals import MembershipEnded
from nullabona.client.core.model.intents import AddAccount, Intent, RemoveAccount, UpdateKeys
from nullabona.client.core.model.mls_port import Processed
from nullabona.client.core.model.proofs import MOST_BY_LINK, TAG_SIZE, CommitNote, RemovalOrder, Ruling, encode_note
from nullabona.client.core.model.records import Device
from nullabona.client.core.model.room_info import DIRECT, RoomInfo, decode_info, encode_info
from nullabona.client.core.model.state import JOINED, LEFT, REMOVED, BoxTrack, Merged, PendingCommit, RoomState, Winner
from nullabona.client.core.step import DAY_MS, Step
from nullabona.client.core.timeline import notices, profiles, sending
from nullabona.wire.frame import Kind

ASLEEP_MS = 600_000
"""A device that is so late was switched off: the room may be in another epoch by now."""
LONG_AWAY_MS = 21 * DAY_MS
"""A device that is so late was off for about a month: others may follow none of the boxes that it knows."""
KEPT_HISTORY = 128
"""How many commits of the branch we remember, to judge forks and to redo what a fork undid."""


# -- staging ------------------------------------------------------------------------------------------------------


def renew_keys(step: Step, room: RoomState) -> None:
    """Queue a renewal of this device's keys, if one is due."""
    if room.update_at is None or step.now < room.update_at:
        return
    if step.now - room.update_at > ASLEEP_MS:
        intents.look_first(step, room.current)
    if step.now - room.update_at > LONG_AWAY_MS:
        room.back_at = step.now
    room.update_at = step.now + step.timing.update + step.rng.between(0, step.timing.update // 4)
    if step.others(room, room.epoch) and not is_shut(step.store, room.info):
        intents.want(room, UpdateKeys())


def advance(step: Step, room: RoomState) -> None:
    """Stage the next commit, if there is something to change and nothing blocks it."""
    track = room.current
    ready = (
        room.phase == JOINED
        and room.intents
        and room.pending is None
        and not evidence.commits_wait(room)
        and not track.undecided
        and step.now >= max(room.commit_at, track.unsure_until)
    )
    if not ready:
        return
    change = plan.plan(step, room)
    if change.empty:
        room.intents = []
        return
    _stage(step, room, track, change)


def stage_removal(step: Step, room: RoomState, track: BoxTrack) -> bool:
    """Stage only the removals of accounts, whatever the box contains; False if this device may remove nobody."""
    later = [intent for intent in room.intents if not isinstance(intent, RemoveAccount)]
    room.intents = [intent for intent in room.intents if isinstance(intent, RemoveAccount)]
    change = plan.plan(step, room)
    if change.removed:
        _stage(step, room, track, change)
    room.intents = [*room.intents, *later]
    return room.pending is not None


def _stage(step: Step, room: RoomState, track: BoxTrack, change: plan.Change) -> None:
    group = step.group(room)
    ruling = rulings.make(step, room, change.info or room.info, change.remove, change.intents)
    tag = sha256(track.keys.box.address + step.now.to_bytes(8, "big")).digest()[:TAG_SIZE]
    try:
        staged = group.commit(
            add=change.add,
            remove=change.remove,
            update=change.update,
            info=encode_info(change.info) if change.info else None,
            aad=encode_note(CommitNote(change.orders, ruling, tag, _by_link(change.intents))),
        )
    except MlsRefused as refusal:
        step.tell(ChangeFailed(room.id, refusal.reason))
        # The key packages of added accounts come from outside; the other intents must not fail with them.
        kept: list[Intent] = [intent for intent in change.intents if not isinstance(intent, AddAccount)]
        room.intents = kept if len(kept) < len(change.intents) else []
        return
    track.tags.append(tag)
    # If the relay loses the order of frames, another branch may take this commit and ours another one.
    updates = group.process(staged.commit).updates
    keys = [(step.local.account, leaf.encryption_key) for leaf in updates]
    removal_orders.note_former(step, room, room.epoch + 1, keys)
    frame = queue_frame(step, room, track, Kind.COMMIT, staged.commit)
    commit = sha256(staged.commit).digest()
    room.pending = PendingCommit(
        *(commit, frame, list(change.intents), list(change.removed), list(change.orders), staged.welcome is not None),
        ruling=ruling,
    )
    room.intents = list(change.later)
    if staged.welcome is not None and staged.tree is not None:
        welcomes.hold_welcome(step, room, staged.welcome, staged.tree)


def _by_link(intents: Iterable[Intent]) -> tuple[bytes, ...]:
    """The accounts to add that followed an invite link."""
    found = [intent.account for intent in intents if isinstance(intent, AddAccount) and intent.by_link]
    return tuple(found[:MOST_BY_LINK])


# -- winning and losing -------------------------------------------------------------------------------------------


def merge_own(step: Step, room: RoomState, pending: PendingCommit, track: BoxTrack, seq: int, commit: bytes) -> None:
    """Our pending commit came first: merge it and enter the next epoch."""
    group = step.group(room)
    group.merge_pending()
    room.pending, room.beaten = None, 0
    removed, orders = tuple(pending.removed), pending.orders
    mine = pending.intents
    ending = _Ending(seq, commit, removed, orders, step.local.account, mine, pending.ruling, _by_link(mine))
    _enter(step, room, track, info_after(step, room), ending)
    if room.phase != JOINED:
        return
    receipts.tell_soon(step, room)
    if pending.invites:
        welcomes.invite_added(step, room, pending.intents)


def accept_other(
    step: Step, room: RoomState, track: BoxTrack, seq: int, commit: bytes, processed: Processed, verdict: Verdict
) -> None:
    """Another member's commit came first: apply it and redo our intents."""
    if room.pending is not None:
        welcomes.keep_welcome(step, room)
        room.intents = [*room.pending.intents, *(i for i in room.intents if i not in room.pending.intents)]
        step.store.drop_outbox_ref(track.keys.box.address, room.pending.frame)
        room.pending = None
        room.commit_at = step.within(step.timing.commit_spread)
    rejoined = certificate_of(processed.adds[0]).device_id if processed.external else b""
    unheard = bool(rejoined) and step.store.device(room.id, rejoined) is None
    if not verdict.removed:
        intents.lost(room)
    leaving.heed(step, room, verdict.orders)
    step.group(room).accept(processed)
    by, orders = verdict.sender.account_id, list(verdict.orders)
    ending = _Ending(seq, commit, tuple(verdict.removed), orders, by, [], verdict.ruling, verdict.by_link, rejoined)
    _enter(step, room, track, verdict.info or room.info, ending)
    if room.phase == JOINED:
        intents.look_first(step, room.current)
        receipts.tell_soon(step, room)
        branches.walked(step, room)
        if rejoined and not is_shut(step.store, room.info):
            owed.welcome_back(step, room, rejoined)
        if unheard:
            profiles.newcomers(step, room)


def info_after(step: Step, room: RoomState) -> RoomInfo:
    return decode_info(step.group(room).room_info())


@dataclass(frozen=True, slots=True)
class _Ending:
    """The commit that ends an epoch."""

    seq: int
    commit: bytes
    removed: tuple[bytes, ...]
    orders: list[RemovalOrder]
    by: bytes
    mine: list[Intent]
    ruling: Ruling | None
    by_link: tuple[bytes, ...]
    rejoined: bytes = b""


def _enter(step: Step, room: RoomState, track: BoxTrack, info: RoomInfo, ending: _Ending) -> None:
    """End the epoch of ``track`` and begin the next one."""
    group, by = step.group(room), ending.by
    winner = Winner(sha256(ending.commit).digest(), ending.removed)
    box_log.close(step, track, winner)
    step.store.set_value(box_log.winner_key(track), ending.commit)
    room.history.append(Merged(track.epoch, winner.commit, list(winner.removed), ending.orders, ending.mine))
    del room.history[:-KEPT_HISTORY]
    if not group.active:
        leave_room(step, room, watch=track, by=by)
        return
    changed = info != room.info
    before = room.info, step.roster(room.id)
    room.info = info
    box_log.open_box(room, group)
    members.sync(step, room, ending.rejoined)
    intents.carried_out(step, room)
    branches.without_witness(step, room)
    leaving.say_again(step, room)
    carry_out_leaving(step, room)
    room.tend_at = room.tend_at or step.within(TEND_MS) + 1
    room.history[-1].revoked = _revoked(before[1], step.roster(room.id))
    rulings.note(step, room, before, ending.orders, ending.ruling, by=by)
    notices.of_commit(step, room, winner.commit, by, ending.orders, before, by_link=ending.by_link)
    sending.leave_epoch(step, room, track, ending.seq)
    if _was_alone(step, before):
        sending.release_held(step, room)  # what was written since the other person left
    owed.send_owed(step, room)
    if changed:
        step.tell(RoomChanged(room.id, info.name, info.admins, info.timer_s))
    step.tell(EpochChanged(room.id, room.epoch))
    if leaving.is_last(step, room):
        leave_alone(step, room)


def _was_alone(step: Step, before: tuple[RoomInfo, Mapping[int, Device]]) -> bool:
    """Whether only our own devices were in a direct room."""
    info, roster = before
    return info.kind == DIRECT and all(device.account == step.local.account for device in roster.values())


def carry_out_leaving(step: Step, room: RoomState) -> None:
    """If we want to leave and only our own devices are in, this one removes the others and then leaves."""
    if order := leaving.carry_out(step, room):
        intents.want_out(room, order)


def leave_alone(step: Step, room: RoomState) -> None:
    """Leave a room in which there is nobody else, at once."""
    room.phase = LEFT
    leave_room(step, room)


def _revoked(before: Mapping[int, Device], after: Mapping[int, Device]) -> bool:
    staying = {device.device for device in after.values()}
    accounts = {device.account for device in after.values()}
    return any(device.device not in staying and device.account in accounts for device in before.values())


def leave_room(step: Step, room: RoomState, *, watch: BoxTrack | None = None, by: bytes = b"") -> None:
    """This device is out of the room: delete its keys and boxes, keep its messages. ``by``: who removed us, if known.

    ``watch`` is the box whose commit removed us. We watch it for a while: if the relay lost the order, the room may
    have merged another commit, after which we are still in (`core.sync.removal_watch`).
    """
    left, relay = room.phase == LEFT or rooms.leaving(step, room.id), room.relay
    room.phase = LEFT if left else REMOVED
    if watch is None:
        rooms.forget_leaving(step, room.id)
    for track in room.boxes:
        step.store.delete_value(box_log.winner_key(track))
        if track is not watch:
            step.store.drop_box(track.keys.box.address)
    room.boxes = [watch] if watch is not None else []
    room.intents, room.asked, room.former_boxes = [], [], []
    room.receipt_at = room.note_at = room.scout_at = room.update_at = None
    if watch is None:
        welcomes.forget_invites(step, room)
    room.pending = room.rejoin = None
    drop_trims(step, [relay])
    step.mls.forget(room.id)
    step.forget_way(room.id)
    step.tell(
        MembershipEnded(room.id, by, left=left, others=tuple(a for a in room.info.pair if a != step.local.account))
    )
    step.tell(Left(room.id) if left else Removed(room.id))
