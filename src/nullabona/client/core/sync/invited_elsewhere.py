"""A member invites us into a room that we are in: they may be on another branch of it (spec/room.md §7).

A member on our branch knows that we are in. So the invitation reveals the other branch, even if nobody is left from the
epoch where the two forked. The branch keys of the commits that the invitation lists decide which branch wins.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from nullabona.client.core import acquaintance
from nullabona.client.core.account import own_devices
from nullabona.client.core.delivery import inbox_sending
from nullabona.client.core.delivery.outbox import queue_blob, queue_item
from nullabona.client.core.group import branch_history, branches, evidence
from nullabona.client.core.identity import inbox_addresses
from nullabona.client.core.model.branches import Helper, Rejoin
from nullabona.client.core.model.inbox_items import History, Invitation, encode_pack
from nullabona.client.core.model.outbox_targets import InboxBlob
from nullabona.client.core.model.state import RoomState
from nullabona.client.core.step import Step
from nullabona.wire.certificate import DeviceCertificate

_TOLD: Final = "told-of-branch"


def invited(step: Step, room: RoomState, sender: DeviceCertificate, history: History) -> None:
    """A member's device invites us. If our branches forked and theirs wins, ask for a ticket; else send ours."""
    apart = branch_history.apart(room, history)
    # The handle by which we know them: the handle in an item's certificate may name a host of their choice.
    handle = acquaintance.handle_of(step, sender.account_id)
    if apart is None or not handle:
        return
    ours, commit, removed = apart
    wins = branches.branch_key(removed, commit) < branches.branch_key(ours.removed, ours.commit)
    if evidence.doubts(step, room, sender.account_id):
        if wins:
            branches.ask_around(step, room, ours.epoch, commit)
    elif wins:
        helper = Helper(sender.account_id, handle)
        branches.begin(step, room, Rejoin(branches.FORK, ours.epoch, commit, removed, [helper], step.now))
    else:
        fork = sha256(sender.account_id + commit + ours.commit).digest()
        _tell(step, room, Helper(sender.account_id, handle), fork)


def _tell(step: Step, room: RoomState, them: Helper, fork: bytes) -> None:
    """Send them an invitation that nobody can enter by, with the history of our branch to compare. Each account once
    per fork, so that nobody can use up what another one needs to hear.
    """
    if not step.store.saw(_TOLD, fork[:16], step.day):
        return
    relay = inbox_addresses.relay_of(step, them.account, them.handle) or inbox_addresses.host_relay(them.handle)
    ref = queue_blob(step, InboxBlob(relay, fork), encode_pack(b"", b"", branch_history.told(room)))
    item = Invitation(fork[:16], room.id, relay, ref)
    card = own_devices.card(step.store)
    if them.account == step.local.account and card is not None:
        queue_item(step, card.inbox, relay, item)
    else:
        inbox_sending.answer(step, them.account, item)
