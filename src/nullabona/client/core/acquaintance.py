"""Decides, as the only place, what an account is to this device and what its items may cause (spec/room.md §9).

An account can name any handle in its certificates and cards, and a handle names a host. So an item never decides whom
we ask or where we answer. We look up a handle for an account only if we already know the account by that handle, and
we ask a host about a stranger only if we use that host anyway. A blocked account causes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.records import Contact, ContactState
from nullabona.client.core.model.room_info import DIRECT, RoomInfo
from nullabona.client.core.model.state import JOINED, REJOINING, RoomState
from nullabona.client.core.step import Step
from nullabona.wire.handle import parse_handle

MOST_AN_HOUR: Final = 64
"""Most look-ups per hour that all other accounts together cause, whatever they send."""
LONGEST_MS: Final = 3_600_000
"""An account that keeps sending causes one look-up in this time."""
CALM_MS: Final = 86_400_000
"""After this time without a look-up that it caused, an account's count starts again."""
MOST_DEVICES: Final = 4
"""Most devices of one account whose look-ups are counted apart from those of its others, so that one that was revoked
does not use up what a new one needs.
"""
_KNOWN: Final = frozenset({ContactState.ACCEPTED, ContactState.REQUESTED})
_CAUSED: Final = "caused-look-ups"


class Caused(msgspec.Struct, array_like=True, frozen=True):
    """How many look-ups an account or a device caused in a row, when the last one was, and when the next may be."""

    times: int
    at: int
    next_at: int


class Ledger(msgspec.Struct, array_like=True, frozen=True):
    """Look-ups caused by others: by account, or account and device (hex); and how many since the hour ``since``."""

    since: int = 0
    times: int = 0
    accounts: dict[str, Caused] = msgspec.field(default_factory=dict)


_ledgers = msgspec.msgpack.Decoder(Ledger)


# -- who it is ----------------------------------------------------------------------------------------------------


def is_blocked(store: Store, account: bytes) -> bool:
    """Whether the person wants nothing to do with an account."""
    contact = store.contact(account)
    return contact is not None and contact.state is ContactState.BLOCKED


def is_contact(store: Store, account: bytes) -> bool:
    """Whether the person asked or accepted this account."""
    contact = store.contact(account)
    return contact is not None and contact.state in _KNOWN


def is_shut(store: Store, info: RoomInfo) -> bool:
    """Whether a room is the direct room with a blocked contact: this device sends nothing there by itself."""
    return info.kind == DIRECT and any(is_blocked(store, account) for account in info.pair)


def attended(step: Step, room: RoomState | None) -> RoomState | None:
    """The room, unless we neither read nor write it: the direct room with a blocked contact at another relay than ours.
    Its operator would see when and from where this device reads.
    """
    if room is None or (room.relay != step.local.relay and is_shut(step.store, room.info)):
        return None
    return room


def handle_of(step: Step, account: bytes) -> str:
    """The handle by which this device knows an account, whatever the account calls itself; empty if there is none.

    We know our own account, contacts that the person asked or accepted, members of our rooms, and accounts that we ask
    for a way into a room; never a blocked account.
    """
    if account == step.local.account:
        return step.local.handle
    contact = step.store.contact(account)
    if contact is not None and contact.state in _KNOWN:
        return contact.handle
    if contact is not None and contact.state is ContactState.BLOCKED:
        return ""
    return next((handle for each, handle in _met_in_rooms(step) if each == account), "")


def _met_in_rooms(step: Step) -> Iterator[tuple[bytes, str]]:
    for room in _rooms(step):
        yield from ((device.account, device.handle) for device in step.roster(room.id).values())
        if room.rejoin is not None:
            yield from ((helper.account, helper.handle) for helper in room.rejoin.helpers)


def _rooms(step: Step) -> Iterator[RoomState]:
    for id in step.store.rooms():
        room = step.find_room(id)
        if room is not None and (room.phase in {JOINED, REJOINING} or room.rejoin is not None):
            yield room


# -- which hosts --------------------------------------------------------------------------------------------------


def uses_host(step: Step, host: str) -> bool:
    """Whether this device uses a handle's host anyway: its own, a contact's, or a room member's."""
    if host == parse_handle(step.local.handle).authority:
        return True
    if any(parse_handle(each.handle).authority == host for each in _known_contacts(step)):
        return True
    met = {handle for account, handle in _met_in_rooms(step) if not is_blocked(step.store, account)}
    return any(parse_handle(handle).authority == host for handle in met)


def _known_contacts(step: Step) -> Iterator[Contact]:
    return (contact for contact in step.store.contacts() if contact.state in _KNOWN)


def uses_relay(step: Step, relay: str) -> bool:
    """Whether this device uses a relay anyway: the account's own one, or that of a room that it is in."""
    kept = (room.relay for room in _rooms(step) if room.phase == JOINED and not is_shut(step.store, room.info))
    return relay == step.local.relay or relay in kept


# -- how often ----------------------------------------------------------------------------------------------------


def may_look_up(step: Step, account: bytes, device: bytes = b"") -> bool:
    """Whether an item of ``account`` may cause a card look-up now; True counts as one. ``device``: its sender's key.

    Less and less often per device, finally once an hour, and at most `MOST_AN_HOUR` times for all accounts together.
    """
    ledger = _load(step)
    recent = {key: each for key, each in ledger.accounts.items() if step.now < each.at + CALM_MS}
    who = _counted_as(recent, account.hex(), device.hex())
    last = recent.get(who)
    since, times = (ledger.since, ledger.times) if step.now < ledger.since + LONGEST_MS else (step.now, 0)
    if times >= MOST_AN_HOUR or (last is not None and step.now < last.next_at):
        return False
    before = last.times if last is not None else 0
    pause = min(step.timing.ticket << min(before, 12), LONGEST_MS)
    recent[who] = Caused(before + 1, step.now, step.now + pause)
    _save(step, Ledger(since, times + 1, recent))
    return True


def _counted_as(recent: dict[str, Caused], account: str, device: str) -> str:
    own = f"{account}:{device}" if device else account
    apart = [key for key in recent if key.startswith(f"{account}:")]
    return own if own in recent or len(apart) < MOST_DEVICES else account


def _load(step: Step) -> Ledger:
    data = step.store.get_value(_CAUSED)
    return _ledgers.decode(data) if data else Ledger()


def _save(step: Step, ledger: Ledger) -> None:
    step.store.set_value(_CAUSED, msgspec.msgpack.encode(ledger))
