"""Rejoining by external commit: from a ticket to a member of the winning branch (spec/room.md §7).

The new group stays in memory until our commit is the first in box order; after a crash before that we just ask again.
Ratchet state never comes from elsewhere: the device gets a new leaf and loses its old one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from nullabona.client.core import rooms
from nullabona.client.core.account import own_devices
from nullabona.client.core.contacts import requests
from nullabona.client.core.delivery import box_log, receipts
from nullabona.client.core.delivery.box_log import leaves_of, open_box, winner_key
from nullabona.client.core.delivery.outbox import queue_blob, queue_last
from nullabona.client.core.group import (
    branch_history,
    branches,
    evidence,
    leaving,
    members,
    owed,
    redo,
    rulings,
    ticket_branch,
    welcomes,
)
from nullabona.client.core.group.evidence import Judged
from nullabona.client.core.group.intents import TEND_MS
from nullabona.client.core.model import move_orders
from nullabona.client.core.model.branches import Rejoin
from nullabona.client.core.model.commit_policy import certificate_of
from nullabona.client.core.model.errors import MlsRefused
from nullabona.client.core.model.facts.account import Warned
from nullabona.client.core.model.facts.rooms import Rejoined, RoomChanged
from nullabona.client.core.model.inbox_items import History, Ticket
from nullabona.client.core.model.intents import RemoveAccount
from nullabona.client.core.model.mls_port import Candidate
from nullabona.client.core.model.outbox_targets import RoomBlob, RoomFrame
from nullabona.client.core.model.proofs import MoveOrder
from nullabona.client.core.model.room_info import DEVICES, DIRECT, RoomInfo, decode_info
from nullabona.client.core.model.state import JOINED, REJOINING, BoxTrack, Merged, RoomState, Winner
from nullabona.client.core.relocation import moving
from nullabona.client.core.step import Step
from nullabona.client.core.sync import arrivals
from nullabona.client.core.timeline import gaps, notices, sending
from nullabona.errors import PeerError
from nullabona.wire.address import EpochKeys, epoch_keys
from nullabona.wire.blob import encode_ref
from nullabona.wire.frame import NONCE_SIZE, Kind, body_fits, open_frame, seal_frame
from nullabona.wire.messages import Frames

WORDS = 2
"""So many members without authority are believed that we missed nothing."""
MOST_FORMER = 4
"""In the boxes of so many branches that we left we answer those who stayed there."""
_PATIENCE = 6
"""We wait this many times the ticket delay to read our commit back; an honest relay decides sooner."""


@dataclass(slots=True)
class Join:
    """An external commit of ours in flight. Exists only in memory."""

    room: bytes
    relay: str
    ticket: Ticket
    candidate: Candidate = field(repr=False)
    frame: bytes
    position: int
    deadline: int
    by: bytes
    """The account that sent the ticket."""
    judged: Judged
    way: Rejoin
    """Where the ticket leads. The room may come to look for another branch before our commit is decided."""
    order: MoveOrder | None
    """The ticket's move order, if we follow it."""

    @property
    def keys(self) -> EpochKeys:
        return epoch_keys(self.ticket.secret)


def start(step: Step, room: RoomState, ticket: Ticket, by: bytes) -> Join | None:
    """Make and queue the external commit that a ticket of account ``by`` allows; None if it leads elsewhere."""
    rejoin = room.rejoin
    if rejoin is None or not (room.boxes or room.phase == REJOINING) or evidence.misled_before(step, room, by):
        return None
    if room.boxes and ticket_branch.in_sync(room, ticket):
        _nowhere_to_go(step, room, rejoin, ticket, by)
        return None
    way = _way(step, room, rejoin, ticket, by)
    if way is None:
        return None
    if rejoin.reason == branches.UNPROVEN and arrivals.stays(room, rejoin, ticket, by):
        return None
    try:
        candidate = step.mls.join_external(ticket.group_info, ticket.tree)
        judged = _check(step, room, way, ticket, candidate, by)
    except PeerError as refused:
        if isinstance(refused, evidence.UnprovenRules):
            evidence.note_led(rejoin, way, ticket, by, refused)
        _refused(step, room, rejoin, by, refused)
        return None
    room.rejoin = rejoin = way
    deadline = step.now + step.timing.ticket * _PATIENCE
    info = decode_info(candidate.group.room_info())
    order = moving.given_back(step, room, info, candidate.group.members(), ticket.order)
    relay = order.relay if move_orders.applies(order, info.moves) else info.relay
    join = Join(room.id, relay, ticket, candidate, b"", ticket.seq, deadline, by, judged, way, order)
    join.frame = _queue(step, join)
    rejoin.next_at = deadline + step.rng.between(0, step.timing.ticket)
    return join


def _way(step: Step, room: RoomState, rejoin: Rejoin, ticket: Ticket, by: bytes) -> Rejoin | None:
    """The branch that a ticket leads to, as its history tells of it; None if we do not go there."""
    if not branch_history.in_order(ticket.history) or (room.boxes and ticket_branch.loses(room, rejoin, ticket)):
        return None
    if room.boxes and not ticket_branch.leads_there(room, rejoin, ticket):
        return ticket_branch.third_branch(step, room, rejoin, ticket, by)
    return ticket_branch.as_told(room, rejoin, ticket)


def _nowhere_to_go(step: Step, room: RoomState, rejoin: Rejoin, ticket: Ticket, by: bytes) -> None:
    """The helper is exactly where we are. So the branch that we look for is ours, or the helper is not on it.

    If its history names that branch although the epoch ended otherwise for us, one of us was told a lie: we, if we know
    that end from a ticket's history alone.
    """
    named = ticket_branch.named(ticket, rejoin)
    if rejoin.commit and named is None:
        return
    track = next((track for track in room.boxes if named is not None and track.epoch == rejoin.epoch), None)
    if named is not None and track is not None and track.winner is not None and track.winner.commit != named.commit:
        if not track.unproven_end:
            refused = MlsRefused("a ticket names another branch and leads to ours", "same-branch")
            _refused(step, room, rejoin, by, refused)
            return
        track.winner = named
        for merged in room.history:
            if merged.epoch == rejoin.epoch:
                merged.commit, merged.removed = named.commit, list(named.removed)
    _nothing_missed(step, room, rejoin, ticket, by)


def _nothing_missed(step: Step, room: RoomState, rejoin: Rejoin, ticket: Ticket, by: bytes) -> None:
    """The helper is exactly where we are, but its ticket may carry a newer move order.

    If the relay is still unreachable after that, the helper is looking for the room too, and we ask others.
    """
    order = moving.decoded(step, room, ticket.order)
    if order is not None and move_orders.better(room, order):
        moving.adopt(step, room, order)
    if rejoin.reason != branches.RELAY_UNREACHABLE or room.relay not in step.down:
        if _is_one_word(step, room, rejoin, by):
            return
        room.rejoin = None
        room.led_at = None if rejoin.reason == branches.UNPROVEN else room.led_at


def _is_one_word(step: Step, room: RoomState, rejoin: Rejoin, by: bytes) -> bool:
    """Whether one member without authority says that we missed nothing: we ask on, as the ticket may be an old one.

    The others may be in a later epoch and read our box no more. Then only a member who lies would answer us. Our
    commits wait no longer. Two members, or all others, are believed.
    """
    if rejoin.commit or rejoin.reason == branches.UNPROVEN or evidence.vouches(step, room.info, by):
        return False
    rejoin.nowhere = [*(each for each in rejoin.nowhere if each != by), by]
    others = {device.account for device in step.others(room, room.epoch)}
    return len(rejoin.nowhere) < WORDS and not others <= set(rejoin.nowhere)


def _refused(step: Step, room: RoomState, rejoin: Rejoin, by: bytes, refused: PeerError) -> None:
    """We refuse a ticket. Warn once per sender."""
    if by not in rejoin.refused:
        rejoin.refused.append(by)
        step.tell(
            Warned(room=room.id, code="ticket-refused", detail={"reason": getattr(refused, "reason", refused.code)})
        )


def _check(step: Step, room: RoomState, rejoin: Rejoin, ticket: Ticket, candidate: Candidate, by: bytes) -> Judged:
    """Raises `PeerError` unless the branch is one of this room, ``by`` may lead there, and its winning commit removed
    the accounts that the claim names.

    We can check that only in the epoch right after that commit: later ones may have added an account again. We go to
    the branch of accounts that we removed only if we are an admin there and can remove them again.
    """
    info = decode_info(candidate.group.room_info())
    same = candidate.group_id == room.id and evidence.may_be(info, room.info)
    accounts = {certificate_of(leaf).account_id for leaf in candidate.group.members()}
    right_after = ticket.epoch == rejoin.epoch + 1
    if rejoin.reason == branches.OUTSIDE:
        same = same and step.local.account in info.admins
    if not same or (right_after and accounts & set(rejoin.removed)):
        candidate.discard()
        raise MlsRefused("a ticket leads to another room", "wrong-group")
    try:
        return evidence.check_branch(step, room, rejoin, by, info, candidate.group.members(), ticket)
    except MlsRefused:
        candidate.discard()
        raise


def _queue(step: Step, join: Join) -> bytes:
    keys = join.keys
    body = join.candidate.commit
    indirect = not body_fits(len(body))
    if indirect:
        body = encode_ref(queue_blob(step, RoomBlob(join.relay, join.room, keys.box.address), body))
    nonce = step.rng.bytes(NONCE_SIZE)
    frame = seal_frame(keys.frame_key, keys.box.address, nonce, Kind.COMMIT, body, indirect=indirect)
    digest = sha256(frame).digest()
    # The leaf count is that after our commit: it may include an unused token, or miss that of our own old leaf.
    leaves = leaves_of(join.candidate.group)
    target = RoomFrame(join.relay, join.room, keys.box.address, join.ticket.secret, leaves)
    step.store.add_outbox(target, ref=digest, data=frame)
    return digest


def take_frames(join: Join, after: int, answer: Frames) -> bool | None:
    """Read back the ticket's box: True if our commit came first, False if it cannot, None while unknown."""
    if join.ticket.incarnation and answer.incarnation != join.ticket.incarnation:
        return False
    if after != join.position:
        return None
    keys = join.keys
    for seq, data in answer.frames:
        if seq > join.position + 1:
            return False  # a missing frame may have been a commit
        join.position = seq
        if sha256(data).digest() == join.frame:
            return True
        try:
            kind = open_frame(keys.frame_key, keys.box.address, data).kind
        except PeerError:
            continue
        if kind not in {Kind.MESSAGE, Kind.ITEM}:
            return False
    return None


def drop(step: Step, join: Join) -> None:
    """Forget an external commit; if it was already sent, it has no effect for us."""
    join.candidate.discard()
    step.store.drop_outbox_ref(join.keys.box.address, join.frame)


def give_up(step: Step, room: RoomState, join: Join) -> None:
    """Our commit did not come first, or we cannot tell: ask for a newer ticket soon."""
    drop(step, join)
    if room.rejoin is not None:
        room.rejoin.next_at = step.within(step.timing.commit_spread)


def adopt(step: Step, room: RoomState, join: Join) -> None:
    """Our external commit came first: switch to its group, and redo and resend what this branch lacks."""
    ours = sha256(join.candidate.commit).digest()
    told = (*join.ticket.history, (join.ticket.epoch, ours, ()))
    returning = room.phase == REJOINING
    rejoin = ticket_branch.parted(room, join.way, told)
    welcomes.keep_welcome(step, room)
    intents = redo.to_redo(step, room, rejoin)
    # Nobody hears us at a relay that is gone, and what waits for it would wait for ever.
    left = [track for track in room.boxes[-1:] if track.relay not in step.down]
    moved = ticket_branch.farewell(step, room, rejoin)
    _leave_branch(step, room, rejoin, told)
    for track in left if moved else []:
        queue_last(step, room, track, Kind.MESSAGE, moved)
    group = join.candidate.adopt()
    before_relay = room.relay
    info: RoomInfo = decode_info(group.room_info())
    room.history = [Merged(epoch, commit, list(removed), [], []) for epoch, commit, removed in told]
    known, room.info = room.info, info
    rulings.take_over(room, join.ticket, join.judged.rulings)
    room.as_of = join.judged.as_of
    room.rejoin, room.pending, room.intents = None, None, intents
    room.redo = [intent.account for intent in intents if isinstance(intent, RemoveAccount)]
    room.phase = JOINED
    step.forget_way(room.id)
    room.commit_at = step.within(step.timing.commit_spread)
    moving.arrive(step, room, group.members(), join.order)
    # Nobody else adds our account's devices that were linked while we were away, or added on the losing branch.
    room.tend_at = room.tend_at or step.within(TEND_MS) + 1
    track = open_box(room, group)
    # Members of this branch may not know the move order that we follow, and still use the relay of the ticket.
    track.left = [join.relay] if join.relay != track.relay else []
    before = list(step.roster(room.id).values())
    members.sync(step, room, step.local.device)
    notices.of_branch(step, room, ours, join.by, known)
    gaps.returned(step, room, room.gap if returning else None)
    if info != known:
        step.tell(RoomChanged(room.id, info.name, info.admins, info.timer_s))
    arrivals.arrived(step, room, rejoin, join.by, known)
    moving.tell(step, room, before_relay)
    welcomes.invite_after_all(step, room)
    owed.note_owed(step, room, before)
    sending.resend_unacknowledged(step, room, sending.reached_nobody)
    receipts.tell_soon(step, room)
    if rooms.leaving(step, room.id):
        leaving.say(step, room)
    if info.kind == DIRECT:
        requests.found_again(step, room)
    if info.kind == DEVICES:
        own_devices.settle_room(step, room.id)
    step.tell(Rejoined(room.id, rejoin.reason, room.epoch))


def _leave_branch(step: Step, room: RoomState, rejoin: Rejoin, told: History) -> None:
    """Drop the boxes after the fork, which belong to the losing branch. The winner now ends the forked epoch.

    The box in which we came to a stop is read on, as we hear there who is on another branch; ``told`` names its end.
    """
    ends = {epoch: Winner(commit, tuple(removed)) for epoch, commit, removed in told}
    last = room.boxes[-1:]
    for track in list(room.boxes):
        after = bool(rejoin.commit) and track.epoch > rejoin.epoch
        if after or (not track.closed and track.epoch not in ends):
            room.boxes.remove(track)
            step.store.drop_box(track.keys.box.address)
            step.store.delete_value(winner_key(track))
        elif not track.closed:
            _won_by(step, track, ends[track.epoch])
            track.unproven_end = True
        elif track.epoch == rejoin.epoch and rejoin.commit:
            _won_by(step, track, Winner(rejoin.commit, tuple(rejoin.removed)))
    room.former_boxes += [_listening(step, track) for track in last if track not in room.boxes]
    del room.former_boxes[:-MOST_FORMER]


def _listening(step: Step, track: BoxTrack) -> BoxTrack:
    """What is needed to hear and answer questions in a box."""
    return BoxTrack(
        track.epoch,
        track.secret,
        track.incarnation,
        position=track.position,
        left_at=step.now,
        relay=track.relay,
        leaf=track.leaf,
        leaves=track.leaves,
    )


def _won_by(step: Step, track: BoxTrack, winner: Winner) -> None:
    """Another branch's commit ended the epoch of ``track`` for us."""
    # Announced soon: perhaps nobody on this branch has its first commit, and somebody on the other one heard nothing.
    box_log.close(step, track, winner)
    track.settled_seen, track.announced, track.announcements = True, False, 0
    track.unproven_end, track.trim_at = False, None
    step.store.delete_value(winner_key(track))
