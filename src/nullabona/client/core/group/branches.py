"""Forks and lost threads: which branch wins, and how a device rejoins it (spec/room.md §§5, 7).

Every branch evaluates the same rule alone: the branch whose commit removed somebody wins over one that did not, then
the lower commit hash. The others ask a member of the winning branch for a ticket, rejoin by external commit, redo their
intents (a removal is not undone) and send again what that branch has not acknowledged.
"""

from __future__ import annotations

from collections.abc import Iterable

from nullabona.client.core.delivery import box_log, receipts, views
from nullabona.client.core.group import evidence, intents
from nullabona.client.core.model.branches import CompetingBranch, Helper, Rejoin, Tries
from nullabona.client.core.model.content import Moved
from nullabona.client.core.model.inbox_items import Ticket
from nullabona.client.core.model.proofs import Claim, decode_claim
from nullabona.client.core.model.records import Device, Message, MessageState
from nullabona.client.core.model.state import BoxTrack, RemoveAccount, RoomState
from nullabona.client.core.step import DAY_MS, Step
from nullabona.client.core.timeline import sending
from nullabona.errors import PeerError
from nullabona.wire.address import Address

FORK = "fork"
MOVED = "moved"
OUTSIDE = "fork-of-former-members"
LONELY = "nobody-follows"
LONELY_DAYS = 7
"""Who is alone does not ask more often than this: most who are alone have friends who are away."""
RELAY_UNREACHABLE = "relay-gone"
"""The room was found at no relay."""
UNPROVEN = "led-by-one"
"""A member who is no admin has led us here: somebody else is asked whether this is the room."""
BEHIND = "commit-not-followed"
"""Others may have gone through a commit that this device cannot follow."""
FAR = "far-behind"
WALK_MOST = 32
"""Who has gone through so many epochs without a pause asks for a ticket, and goes on meanwhile."""
WALK_MS = 60_000
TOO_LATE = "package-expired"
TOO_LATE_MS = 600_000
"""One question in so long, however many such commits lie in a box."""
OWED_MOST = 256
"""Most messages owed to one device that a fork left outside."""


def branch_key(removed: Iterable[bytes], commit: bytes) -> tuple[int, bytes]:
    """Branches of one epoch compare by this; the lowest wins."""
    return (0 if any(True for _ in removed) else 1, commit)


def own_key(track: BoxTrack) -> tuple[int, bytes]:
    return branch_key(track.winner_removed, track.winner)


# -- noticing -----------------------------------------------------------------------------------------------------


def note_competing(step: Step, room: RoomState, track: BoxTrack, claim: Claim) -> None:
    """Another member merged another commit out of this epoch: the room is forked. Find out who must move."""
    helper = signer_of(step, room, claim)
    if evidence.doubts(step, room, helper.account):
        box_log.announce_again(step, track)
        return
    if claim.key > own_key(track):
        if track.competing is None or claim.key < branch_key(track.competing.removed, track.competing.commit):
            track.competing = CompetingBranch(claim.commit, claim.removed, helper.account, helper.handle)
        if not track.settled_seen:
            box_log.announce(step, room, track)
        else:
            box_log.announce_again(step, track)
        return
    if room.rejoin is None or not room.rejoin.commit:
        step.event("warning", room.id, code="room-forked", epoch=track.epoch)
    orders = evidence.proven(step, room, claim)
    rejoin = Rejoin(FORK, track.epoch, claim.commit, list(claim.removed), [helper], step.now)
    rejoin.proven = [order.account for order in orders]
    rejoin.ordered = evidence.ordered(step, room, claim)
    begin(step, room, rejoin)
    for order in orders:  # whoever may not see it any more is not shown it on our branch either
        intents.want_out(room, order)
    if orders:
        room.commit_at = max(room.commit_at, step.within(receipts.delay(step, room)))


def outsider(step: Step, room: RoomState, track: BoxTrack, body: bytes) -> None:
    """A claim in a closed box by nobody who is in the room: perhaps of a branch that does not know who was removed.

    They are told which branch we are on. Only an admin who is alone since looks for theirs, as nobody else could tell:
    to remove them there again, who may only want to disturb, so not for long, and not twice a day.
    """
    box_log.answer(step, room, track)
    if step.others(room, room.epoch) or step.me.account not in room.info.admins:
        return
    try:
        claim = decode_claim(body)
        claim.verify(track.keys.box.address)
    except PeerError:
        return
    helper = room.former.get(claim.signer.hex())
    if helper is None or claim.key >= own_key(track) or step.now < track.asked_at + DAY_MS // 2:
        return
    track.asked_at = step.now
    step.event("warning", room.id, code="room-forked", epoch=track.epoch)
    begin(step, room, Rejoin(OUTSIDE, track.epoch, claim.commit, list(claim.removed), [helper], step.now))


def claim_in(step: Step, room: RoomState, track: BoxTrack, body: bytes) -> Claim | None:
    """A settled claim by somebody who is in the room as we know it."""
    try:
        claim = decode_claim(body)
        claim.verify(track.keys.box.address)
    except PeerError:
        return None
    known = {device.signature_key for device in step.roster(room.id).values()}
    return claim if claim.signer in known else None


def signer_of(step: Step, room: RoomState, claim: Claim) -> Helper:
    """The member who made a claim; the caller has checked that there is one (`claim_in`)."""
    device = next(d for d in step.roster(room.id).values() if d.signature_key == claim.signer)
    return Helper(device.account, device.handle)


def give_way(step: Step, room: RoomState, track: BoxTrack) -> None:
    """Nobody else has come to our branch for about a day: go where the others live, or ask where that is.

    We may have been removed on another branch without ever seeing the commit that it began with.
    """
    competing = track.competing
    if room.rejoin is not None:
        return
    if competing is None:
        if _shown_up(step, room) and step.now >= track.asked_at + LONELY_DAYS * DAY_MS:
            track.asked_at = step.now
            lost_thread(step, room, LONELY)
        return
    track.competing = None
    step.event("warning", room.id, code="alone-on-branch", epoch=track.epoch)
    helpers = [Helper(competing.account, competing.handle)]
    begin(step, room, Rejoin("alone", track.epoch, competing.commit, list(competing.removed), helpers, step.now))


def _shown_up(step: Step, room: RoomState) -> bool:
    """Whether anybody else was ever seen here; who was only invited knows of no other branch."""
    seen_in = [track.keys.box.address for track in room.boxes]
    others = step.others(room, room.epoch)
    return any(step.store.view(box, device.device) is not None for box in seen_in for device in others)


def without_witness(step: Step, room: RoomState) -> None:
    """Who came in or went changed. If nobody is left of those who said that another branch won, it is not waited for.

    Should others be there, they say so themselves.
    """
    rejoin = room.rejoin
    if rejoin is None or rejoin.reason != FORK:
        return
    present = {device.account for device in step.roster(room.id).values()}
    if not any(helper.account in present for helper in rejoin.helpers):
        room.rejoin = rejoin.later
        if room.rejoin is None:
            sending.release_held(step, room)


def follow(step: Step, room: RoomState, device: Device, moved: Moved) -> None:
    """A member moves to another branch. Who was in the forked epoch judges alone; who came later follows."""
    if not evidence.may_follow(step, room, moved.epoch) or evidence.doubts(step, room, device.account):
        return
    known = next((merged for merged in room.history if merged.epoch == moved.epoch), None)
    if known is not None:
        better = (moved.rank, moved.commit) < branch_key(known.removed, known.commit)
        if known.commit == moved.commit or not better:
            return
    begin(step, room, Rejoin(MOVED, moved.epoch, moved.commit, [], [Helper(device.account, device.handle)], step.now))


def lost_thread(step: Step, room: RoomState, reason: str) -> None:
    """Frames of the current epoch are gone: a commit may be among them, so ask somebody where the room is."""
    if room.rejoin is None and step.others(room, room.epoch):
        begin(step, room, Rejoin(reason, room.epoch, b"", [], [], step.within(step.timing.receipt)))


def walked(step: Step, room: RoomState) -> None:
    """Another epoch is over, and perhaps hundreds are to come: a ticket leads to the last one at once."""
    on = step.now - room.walked.since < WALK_MS
    room.walked = Tries(room.walked.count + 1 if on else 1, step.now)
    if room.walked.count % WALK_MOST == 0:
        lost_thread(step, room, FAR)


def came_too_late(step: Step, room: RoomState, track: BoxTrack) -> None:
    """A key package in a commit has expired, perhaps only since: whoever read it before has gone on without us."""
    if step.now >= track.asked_at + TOO_LATE_MS:
        track.asked_at = step.now
        lost_thread(step, room, TOO_LATE)


def begin(step: Step, room: RoomState, rejoin: Rejoin) -> None:
    """Start to rejoin, unless we are already on the way to a branch at least as good."""
    old = room.rejoin
    if old is not None and old.commit:
        if old.commit == rejoin.commit:
            old.helpers = [*rejoin.helpers, *(h for h in old.helpers if h not in rejoin.helpers)]
            return
        rejoin = evidence.first_of(step, room, old, rejoin, _place)
    if rejoin is old:
        return
    room.rejoin = rejoin
    room.commit_at = max(room.commit_at, step.now)


def _place(rejoin: Rejoin) -> tuple[int, tuple[int, bytes]]:
    """Of branches that are worth the same the one with the lowest place is looked for."""
    return rejoin.epoch, branch_key(rejoin.removed, rejoin.commit)


# -- what is answered ---------------------------------------------------------------------------------------------


def welcome_back(step: Step, room: RoomState, device: bytes) -> None:
    """A device rejoined: it may lack what was said on this branch, so send it ours again (others drop the copies)."""
    tracks = {track.keys.box.address: track for track in room.boxes}

    def has_it(message: Message) -> bool:
        if not message.box:
            return True
        if message.epoch >= room.epoch:
            return True
        track = tracks.get(Address(message.box))
        return track is not None and views.has_acked(step, track, device, message.frame)

    sending.resend_unacknowledged(step, room, has_it)


def note_owed(step: Step, room: RoomState, before: Iterable[Device]) -> None:
    """Members of the branch we left who are not on this one: remember which of our messages they still lack."""
    present = {device.device for device in step.roster(room.id).values()}
    undelivered = step.store.own_messages(room.id, (MessageState.WAITING, MessageState.SENT))
    for device in before:
        owed = [message.id for message in undelivered if device.since <= message.epoch]
        if device.device not in present and owed:
            room.owed[device.device.hex()] = owed[-OWED_MOST:]


def send_owed(step: Step, room: RoomState) -> None:
    """Somebody whom a fork left outside is in again: send them what we owe."""
    present = {device.device.hex() for device in step.roster(room.id).values()}
    for device in [device for device in room.owed if device in present]:
        for message_id in room.owed.pop(device):
            message = step.store.message(room.id, message_id)
            if message is not None and message.epoch < room.epoch:
                sending.resend(step, room, message)


def redone(step: Step, room: RoomState) -> None:
    """What waited for removals to be redone goes out once they are, or cannot be."""
    if not room.redo:
        return
    intents = [*room.intents, *(room.pending.intents if room.pending is not None else [])]
    wanted = {intent.account for intent in intents if isinstance(intent, RemoveAccount)}
    wanted &= {device.account for device in step.roster(room.id).values()}
    room.redo = [account for account in room.redo if account in wanted]
    if not room.redo:
        sending.release_held(step, room)


# -- arriving -----------------------------------------------------------------------------------------------------


def in_sync(room: RoomState, ticket: Ticket) -> bool:
    """The helper is exactly where we are: there was nothing to rejoin."""
    return ticket.epoch == room.epoch and ticket.secret == room.current.secret


def leads_there(room: RoomState, rejoin: Rejoin, ticket: Ticket) -> bool:
    """Whether a ticket belongs to the branch we want: it went through the winning commit, or simply is ahead."""
    if rejoin.commit:
        return any(commit == rejoin.commit for _, commit, _ in ticket.history)
    return ticket.epoch > room.epoch or not in_sync(room, ticket)


def say_moved(step: Step, room: RoomState, rejoin: Rejoin) -> None:
    """Tell those on the losing branch who cannot see the fork themselves."""
    if rejoin.commit and step.others(room, room.epoch):
        sending.send_note(step, room, Moved(rejoin.epoch, rejoin.commit, 0 if rejoin.removed else 1))


def parted(room: RoomState, rejoin: Rejoin, told: Iterable[tuple[int, bytes, tuple[bytes, ...]]]) -> Rejoin:
    """What to heal, once the branch that a ticket led to is ``told``: who only lost the thread may have left it, too.

    They went on by commits that nobody else took, their own among them: then that is a fork like any other.
    """
    if rejoin.commit:
        return rejoin
    theirs = {epoch: (commit, list(removed)) for epoch, commit, removed in told}
    ours = [merged for merged in room.history if merged.epoch in theirs and merged.commit != theirs[merged.epoch][0]]
    if not ours:
        return rejoin
    fork = min(merged.epoch for merged in ours)
    commit, removed = theirs[fork]
    return Rejoin(rejoin.reason, fork, commit, removed, rejoin.helpers, rejoin.next_at)
