"""Orders to remove an account, and the keys that they name (spec/room.md §3).

An order names keys, so that an old one removes nobody who came back. But on a branch that parted earlier, the devices
of the account still have the keys that they had then. So an order names these too, as far back as we follow boxes:
members who move there from our branch can carry it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

from nullabona.client.core.model.proofs import FormerKey, RemovalOrder, make_order
from nullabona.client.core.model.records import Device
from nullabona.client.core.model.state import RoomState
from nullabona.client.core.step import Step

OWN_MOST: Final = 16
"""How many former keys we remember of our own account's devices."""
OTHERS_MOST: Final = 48
"""How many former keys we remember of all other members together."""


def make(step: Step, room: RoomState, targets: Sequence[Device]) -> RemovalOrder:
    """Our order to remove these devices, which are all of one account."""
    account = targets[0].account
    former = [key.hash for key in room.former_keys if key.account == account and _matters(room, key)]
    keys = [device.encryption_key for device in targets]
    return make_order(step.mls, step.local.signature_key, room.id, account, keys, room.epoch, former)


def note_former(step: Step, room: RoomState, epoch: int, keys: Iterable[tuple[bytes, bytes]]) -> None:
    """Remember leaf keys of accounts that our branch lacks from ``epoch`` on, and another branch may have."""
    found = [FormerKey(account, sha256(key).digest(), epoch) for account, key in keys]
    again = {key.hash for key in found}
    known = [key for key in room.former_keys if key.hash not in again and _matters(room, key)] + found
    own = [key for key in known if key.account == step.local.account]
    others = [key for key in known if key.account != step.local.account]
    room.former_keys = [*others[-OTHERS_MOST:], *own[-OWN_MOST:]]


def _matters(room: RoomState, key: FormerKey) -> bool:
    """Whether a branch that parted while the key was in may still be heard of: in a box that we follow."""
    return key.epoch > room.boxes[0].epoch
