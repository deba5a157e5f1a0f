"""Where a ticket leads: to the branch that we look for, to a third one, or nowhere (spec/room.md §7)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from nullabona.client.core.group import branch_history, branches, evidence
from nullabona.client.core.model.branches import Helper, Rejoin
from nullabona.client.core.model.content import Moved
from nullabona.client.core.model.inbox_items import Ticket
from nullabona.client.core.model.state import JOINED, RoomState, Winner
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import sending


def loses(room: RoomState, rejoin: Rejoin, ticket: Ticket) -> bool:
    """Whether a ticket leads from a branch that wins to one that loses, only because frames of our epoch are missing.

    The others come to us then. Who is alone, or was led here by a member without authority, goes all the same.
    """
    apart = branch_history.apart(room, ticket.history) if rejoin.reason == branches.FRAMES_MISSING else None
    if apart is None:
        return False
    ours, commit, removed = apart
    return branches.branch_key(ours.removed, ours.commit) < branches.branch_key(removed, commit)


def in_sync(room: RoomState, ticket: Ticket) -> bool:
    """Whether the helper is exactly where we are."""
    return ticket.epoch == room.epoch and ticket.secret == room.current.secret


def leads_there(room: RoomState, rejoin: Rejoin, ticket: Ticket) -> bool:
    """Whether a ticket belongs to the branch we want: it went through the winning commit, or simply is ahead.

    Through it in that epoch: a claim may name a commit of another one, which everybody went through.
    """
    if rejoin.commit:
        return named(ticket, rejoin) is not None or (ticket.epoch > room.epoch and _is_past(ticket, rejoin.epoch))
    return ticket.epoch > room.epoch or not in_sync(room, ticket)


def named(ticket: Ticket, rejoin: Rejoin) -> Winner | None:
    """The commit that began the branch we look for, if the ticket's history says that the helper is on it."""
    wanted = (rejoin.epoch, rejoin.commit)
    found = (Winner(commit, removed) for epoch, commit, removed in ticket.history if (epoch, commit) == wanted)
    return next(found, None)


def _is_past(ticket: Ticket, epoch: int) -> bool:
    """Whether a ticket's branch has gone so far that its history does not reach back to an epoch."""
    return bool(ticket.history) and ticket.history[0][0] > epoch


def as_told(room: RoomState, rejoin: Rejoin, ticket: Ticket) -> Rejoin | None:
    """The branch as the ticket's history has it: who claimed it may have lied about the accounts that it removed.

    None if it was said to have removed somebody, did not, and does not win over ours without that lie.
    """
    winner = named(ticket, rejoin)
    if winner is None or list(winner.removed) == rejoin.removed:
        return rejoin
    told = msgspec.structs.replace(rejoin, removed=list(winner.removed))
    if winner.removed:
        return told
    ours = next((merged for merged in room.history if merged.epoch == rejoin.epoch), None)
    if ours is not None and branches.branch_key(winner.removed, rejoin.commit) >= branches.branch_key(
        ours.removed, ours.commit
    ):
        return None
    return told


def farewell(step: Step, room: RoomState, rejoin: Rejoin) -> bytes:
    """What members on the losing branch are told, as an MLS message of it, once our join has won; empty: nothing."""
    if room.phase != JOINED or not rejoin.commit or not step.others(room, room.epoch):
        return b""
    return sending.last_note(step, room, Moved(rejoin.epoch, rejoin.commit, 0 if rejoin.removed else 1))


def parted(room: RoomState, rejoin: Rejoin, told: Iterable[tuple[int, bytes, tuple[bytes, ...]]]) -> Rejoin:
    """The rejoin, given the history ``told`` in the ticket. A device that lost the thread may also have forked.

    If it merged commits that nobody else merged, its own among them, that is a fork like any other.
    """
    apart = None if rejoin.commit else branch_history.apart(room, told)
    if apart is None:
        return rejoin
    ours, commit, removed = apart
    return Rejoin(rejoin.reason, ours.epoch, commit, removed, rejoin.helpers, rejoin.next_at)


def third_branch(step: Step, room: RoomState, rejoin: Rejoin, ticket: Ticket, by: bytes) -> Rejoin | None:
    """A member whom we asked for a claimed branch sent a ticket to another one: that, if it wins over ours.

    So nobody can keep us apart from the others by the claim of a branch that does not exist. A branch that we judged,
    or whose removal an admin ordered, is given up for another only after we asked for it long enough in vain.
    """
    helper = next(
        (Helper(each.account, each.handle) for each in step.others(room, room.epoch) if each.account == by), None
    )
    apart = None if in_sync(room, ticket) else branch_history.apart(room, ticket.history)
    firm = (rejoin.judged or rejoin.ordered) and rejoin.attempts < evidence.PATIENCE
    if helper is None or apart is None or not rejoin.commit or firm:
        return None
    ours, commit, removed = apart
    wins = branches.branch_key(removed, commit) < branches.branch_key(ours.removed, ours.commit)
    return Rejoin(branches.FORK, ours.epoch, commit, removed, [helper], step.now) if wins else None
