"""Forks and lost threads: which branch wins, and how a device rejoins it (spec/room.md §§5, 7).

Every branch evaluates the same rule alone: the branch whose commit removed somebody wins over one whose commit did not,
then the lower commit hash wins. The others ask a member of the winning branch for a ticket, rejoin by external commit,
redo their intents (a removal is not undone) and resend what that branch has not acknowledged.
"""

from __future__ import annotations

from collections.abc import Iterable

from nullabona.client.core import acquaintance
from nullabona.client.core.delivery import box_log, receipts
from nullabona.client.core.group import branch_history, evidence, intents
from nullabona.client.core.model.branches import CompetingBranch, Helper, Rejoin, Tries
from nullabona.client.core.model.content import Moved
from nullabona.client.core.model.facts.account import Warned
from nullabona.client.core.model.inbox_items import Ticket
from nullabona.client.core.model.proofs import Claim, decode_claim
from nullabona.client.core.model.records import Device
from nullabona.client.core.model.state import JOINED, BoxTrack, Merged, RoomState
from nullabona.client.core.step import DAY_MS, Step
from nullabona.client.core.timeline import sending
from nullabona.errors import Bug, PeerError

FORK = "fork"
MOVED = "moved"
OUTSIDE = "fork-of-former-members"
LONELY = "nobody-follows"
LONELY_DAYS = 7
"""A device that is alone asks once in so many days: in most cases the other members are just away."""
RELAY_UNREACHABLE = "relay-gone"
"""No relay had the room."""
UNPROVEN = "led-by-one"
"""A member without authority led us here: we ask another member whether this is the room."""
FRAMES_MISSING = "frames-missing"
"""The relay trimmed or hid frames of the current epoch: a commit may have been among them."""
SPENT = "claimed-in-vain"
"""Accounts whose word is spent claim a branch: we ask other members where they are."""
SPENT_MS = 3 * 3_600_000
"""Shortest time between two such searches, however many claims come."""
BEHIND = "commit-not-followed"
"""Others may have merged a commit that this device cannot follow."""
FAR = "far-behind"
WALK_MOST = 32
"""After so many epochs without a pause a device asks for a ticket, and continues meanwhile."""
WALK_MS = 60_000
TOO_LATE = "package-expired"
TOO_LATE_MS = 600_000
"""Shortest time between two requests, however many such commits a box contains."""


def branch_key(removed: Iterable[bytes], commit: bytes) -> tuple[int, bytes]:
    """Branches of one epoch compare by this; the lowest wins."""
    return (0 if any(True for _ in removed) else 1, commit)


def own_key(track: BoxTrack) -> tuple[int, bytes]:
    """The key of our branch in a closed box."""
    if track.winner is None:
        raise Bug("a current epoch has no winner to compare with")
    return branch_key(track.winner.removed, track.winner.commit)


# -- noticing -----------------------------------------------------------------------------------------------------


def note_competing(step: Step, room: RoomState, track: BoxTrack, claim: Claim) -> None:
    """Another member merged another commit of this epoch, so the room is forked. Find out who must move."""
    if acquaintance.is_shut(step.store, room.info):
        return  # a blocked contact is asked nothing, and answered nothing
    helper = signer_of(step, room, claim)
    if evidence.doubts(step, room, helper.account):
        box_log.announce_again(step, track)
        if claim.key < own_key(track) or _must_come(track, claim):
            ask_around(step, room, track.epoch, claim.commit, claim.removed)
        return
    if claim.key > own_key(track) and not _must_come(track, claim):
        if track.competing is None or claim.key < branch_key(track.competing.removed, track.competing.commit):
            track.competing = CompetingBranch(claim.commit, claim.removed, helper.account, helper.handle)
        if not track.settled_seen:
            box_log.announce(step, room, track)
        else:
            box_log.announce_again(step, track)
        return
    if claim.key > own_key(track):
        _unsay_removal(step, room, track, claim)
    _go_after(step, room, track, claim, helper)


def _go_after(step: Step, room: RoomState, track: BoxTrack, claim: Claim, helper: Helper) -> None:
    """Look for the branch that a member claims."""
    if room.rejoin is None or not room.rejoin.commit:
        step.tell(Warned(room=room.id, code="room-forked", detail={"epoch": track.epoch}))
    orders = evidence.proven(step, room, claim)
    rejoin = Rejoin(FORK, track.epoch, claim.commit, list(claim.removed), [helper], step.now)
    rejoin.proven = [order.account for order in orders]
    rejoin.ordered = evidence.ordered(step, room, claim)
    begin(step, room, rejoin)
    for order in orders:  # the other branch removed these accounts: remove them on ours too
        intents.want_out(room, order)
    if orders:
        room.commit_at = max(room.commit_at, step.within(receipts.delay(step, room)))


def _must_come(track: BoxTrack, claim: Claim) -> bool:
    """Whether a worse branch is to be looked for: its people could not be shown ours, and we could be shown theirs.

    Never one that lacks a removal that ours parted with.
    """
    rank, commit = own_key(track)
    return (claim.rank, claim.refused) == (rank, commit)


def _unsay_removal(step: Step, room: RoomState, track: BoxTrack, claim: Claim) -> None:
    """We may look for this branch already because somebody said that it removed an account: no ticket would do then."""
    rejoin = room.rejoin
    sought = rejoin is not None and (rejoin.epoch, rejoin.commit) == (track.epoch, claim.commit)
    if rejoin is not None and sought and rejoin.removed != list(claim.removed):
        rejoin.removed, rejoin.next_at = list(claim.removed), step.now


def stay(step: Step, room: RoomState, rejoin: Rejoin) -> None:
    """Nobody could prove to us what changed on the branch that we looked for: tell those who are there to come here.

    An admin whom our branch removed later than it parted may have changed roles there, and we do not follow such an
    admin. The others know no reason not to follow ours.
    """
    track = next((each for each in room.boxes if each.epoch == rejoin.epoch and each.winner is not None), None)
    if track is None or not rejoin.commit or not rejoin.led:  # any other refused ticket may be noise
        return
    if branch_key(rejoin.removed, rejoin.commit) < own_key(track):  # else they stay, and both would
        track.refused = rejoin.commit
        box_log.announce_again(step, track)


def outsider(step: Step, room: RoomState, track: BoxTrack, body: bytes) -> None:
    """A claim in a closed box by an account that is not in the room: it may be on a branch that missed its removal.

    We announce our branch. Only an admin who is the last member here follows the claim and repeats the removal there.
    The claim may be hostile, so we try briefly and at most twice a day.
    """
    box_log.answer(step, room, track)
    if step.others(room, room.epoch) or step.local.account not in room.info.admins:
        return
    try:
        claim = decode_claim(body)
        claim.verify(track.keys.box.address)
    except PeerError:
        return
    helper = room.former.get(claim.signer.hex())
    if helper is None or claim.key >= own_key(track) or not step.over(track.asked_at, DAY_MS // 2):
        return
    track.asked_at = step.now
    step.tell(Warned(room=room.id, code="room-forked", detail={"epoch": track.epoch}))
    begin(step, room, Rejoin(OUTSIDE, track.epoch, claim.commit, list(claim.removed), [helper], step.now))


def claim_in(step: Step, room: RoomState, track: BoxTrack, body: bytes) -> Claim | None:
    """The settled claim in ``body``, if a current member signed it."""
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
    """Nobody else has come to our branch for about a day: go to the competing branch, or ask where the others are.

    Another branch may have removed us by a commit that we never saw.
    """
    competing = track.competing
    if is_looking(room):
        return
    if competing is None:
        if _shown_up(step, room) and step.over(track.asked_at, LONELY_DAYS * DAY_MS):
            track.asked_at = step.now
            lost_thread(step, room, LONELY)
        return
    track.competing = None
    step.tell(Warned(room=room.id, code="alone-on-branch", detail={"epoch": track.epoch}))
    helpers = [Helper(competing.account, competing.handle)]
    begin(step, room, Rejoin("alone", track.epoch, competing.commit, list(competing.removed), helpers, step.now))


def _shown_up(step: Step, room: RoomState) -> bool:
    """Whether another member was ever seen here; a member who was only invited knows of no other branch."""
    seen_in = [track.keys.box.address for track in room.boxes]
    others = step.others(room, room.epoch)
    return any(step.store.view(box, device.device) is not None for box in seen_in for device in others)


def without_witness(step: Step, room: RoomState) -> None:
    """After a change of members: stop looking for a branch if all members who claimed it have left the room.

    If others are on that branch, they will claim it themselves.
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
    """A member has moved to another branch, which counts like a claim.

    Of an epoch that has not ended for us, we have the box and judge the claims in it. Of one that ended before we came
    in, we have none: then nobody but who moves can tell us that those of a worse branch stay where they are.
    """
    known = next((merged for merged in room.history if merged.epoch == moved.epoch), None)
    if known is None and not evidence.joined_after(step, room, moved.epoch):
        return
    if known is not None and not (_wins(known, moved) or _may_have_to_come(room, known, moved)):
        return
    if evidence.doubts(step, room, device.account):
        ask_around(step, room, moved.epoch, moved.commit)
        return
    begin(step, room, Rejoin(MOVED, moved.epoch, moved.commit, [], [Helper(device.account, device.handle)], step.now))


def _wins(known: Merged, moved: Moved) -> bool:
    return known.commit != moved.commit and (moved.rank, moved.commit) < branch_key(known.removed, known.commit)


def _may_have_to_come(room: RoomState, known: Merged, moved: Moved) -> bool:
    """Whether claims could lead us to a worse branch (`_must_come`), and we have no box in which to read them."""
    blind = all(track.epoch != moved.epoch for track in room.boxes)
    return blind and known.commit != moved.commit and moved.rank == branch_key(known.removed, known.commit)[0]


def shown(step: Step, room: RoomState, ticket: Ticket) -> None:
    """A member sends a ticket when we ask for none, perhaps late: if its branch wins over ours, ask who is there."""
    apart = branch_history.apart(room, ticket.history) if branch_history.in_order(ticket.history) else None
    if apart is not None and room.phase == JOINED:
        ours, commit, removed = apart
        if branch_key(removed, commit) < branch_key(ours.removed, ours.commit):
            ask_around(step, room, ours.epoch, commit, removed)


def ask_around(step: Step, room: RoomState, epoch: int, commit: bytes, removed: Iterable[bytes] = ()) -> None:
    """Ask members in turn where they are, a few times, because of a claim that we do not believe.

    An account that made false claims may be on a real branch now, and others may have followed there. The claim itself
    counts for nothing: it names nobody to be asked, and gives way to any that we believe.
    """
    if room.rejoin is None and step.over(room.looked_at, SPENT_MS) and step.others(room, room.epoch):
        room.looked_at = step.now
        begin(step, room, Rejoin(SPENT, epoch, commit, list(removed), [], step.within(step.timing.receipt)))


def is_looking(room: RoomState) -> bool:
    """Whether we look for another branch, or for where the room is, for a reason of our own or a claim that counts."""
    return room.rejoin is not None and room.rejoin.reason != SPENT


def lost_thread(step: Step, room: RoomState, reason: str) -> None:
    """Ask a member where the room is, because we may have missed a commit of the current epoch."""
    if not is_looking(room) and step.others(room, room.epoch):
        begin(step, room, Rejoin(reason, room.epoch, b"", [], [], step.within(step.timing.receipt)))


def walked(step: Step, room: RoomState) -> None:
    """Count an ended epoch. Hundreds may follow, so after `WALK_MOST` ask for a ticket to the last one."""
    on = step.now - room.walked.since < WALK_MS
    room.walked = Tries(room.walked.count + 1 if on else 1, step.now)
    if room.walked.count % WALK_MOST == 0:
        lost_thread(step, room, FAR)


def came_too_late(step: Step, room: RoomState, track: BoxTrack) -> None:
    """A key package in a commit has expired, perhaps recently: members who read it earlier may have merged it."""
    if step.over(track.asked_at, TOO_LATE_MS):
        track.asked_at = step.now
        lost_thread(step, room, TOO_LATE)


def begin(step: Step, room: RoomState, rejoin: Rejoin) -> None:
    """Start to rejoin, unless we are already on the way to a branch at least as good."""
    old = room.rejoin
    if old is not None and old.commit and is_looking(room):
        if (old.epoch, old.commit) == (rejoin.epoch, rejoin.commit):
            old.helpers = [*rejoin.helpers, *(h for h in old.helpers if h not in rejoin.helpers)]
            return
        rejoin = evidence.first_of(step, room, old, rejoin, _place)
    if rejoin is old:
        return
    room.rejoin = rejoin
    room.commit_at = max(room.commit_at, step.now)


def _place(rejoin: Rejoin) -> tuple[int, tuple[int, bytes]]:
    """Among equal branches we look for the one with the lowest place."""
    return rejoin.epoch, branch_key(rejoin.removed, rejoin.commit)
