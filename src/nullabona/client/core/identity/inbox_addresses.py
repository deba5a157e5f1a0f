"""Where accounts have their inboxes, by their newest known cards, and when to look again (spec/relocation.md §7).

An inbox keeps its secrets and its key when it moves, so items that are already sealed only need another relay.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import msgspec

from nullabona.client.core.model.outbox_targets import InboxBlob, InboxFrame
from nullabona.client.core.model.records import OutboxItem
from nullabona.client.core.step import Step
from nullabona.wire.card import Card
from nullabona.wire.endpoint import endpoint_of
from nullabona.wire.handle import parse_handle
from nullabona.wire.seal import Inbox

MOST_AGAIN: Final = 64
_AGAIN: Final = "cards-again"
_inboxes = msgspec.msgpack.Decoder(Inbox)
_handles = msgspec.msgpack.Decoder(list[str])


def inbox_of(step: Step, account: bytes) -> Inbox | None:
    """The inbox of an account; None if its card is not known."""
    data = step.store.get_value(_inbox_key(account))
    return _inboxes.decode(data) if data is not None else None


def relay_of(step: Step, account: bytes, handle: str) -> str:
    """The relay that keeps an account's inbox; empty if unknown."""
    inbox = inbox_of(step, account)
    return "" if inbox is None else inbox.relay or host_relay(handle)


def host_relay(handle: str) -> str:
    """The relay of a handle's host, used if a card names none."""
    return str(endpoint_of(parse_handle(handle).authority))


def remember(step: Step, card: Card) -> bool:
    """Remember the inbox of a verified card; an older card than the known one changes nothing.

    True if its relay has changed. Items that wait for the inbox then go there, and the caller searches there for rooms
    that the account may move (`relocation.schedule.card_changed`).
    """
    if newest_number(step, card.account_id) > card.sequence:
        return False
    before = inbox_of(step, card.account_id)
    step.store.set_value(_number_key(card.account_id), str(card.sequence).encode())
    step.store.set_value(_inbox_key(card.account_id), msgspec.msgpack.encode(card.inbox))
    note_handle(step, card.inbox, str(card.handle))
    relay = card.inbox.relay or host_relay(str(card.handle))
    _retarget(step, card.inbox.address, relay)
    return before is None or before.relay != card.inbox.relay


def newest_number(step: Step, account: bytes) -> int:
    """The number of the newest card that we know of an account; -1 if we know none."""
    number = step.store.get_value(_number_key(account))
    return -1 if number is None else int(number)


def note_handle(step: Step, inbox: Inbox, handle: str) -> None:
    """Remember whose inbox it is, so that we can look up the card when the inbox does not answer."""
    step.store.set_value(_handle_key(inbox.address), handle.encode())


def _retarget(step: Step, address: bytes, relay: str) -> None:
    waiting = [item for item in step.store.outbox_of(None) if item.target.relay != relay and _is_for(item, address)]
    for item in waiting:
        step.store.drop_outbox(item.id)
    for item in waiting:
        step.store.add_outbox(replace(item.target, relay=relay), ref=item.ref, data=item.data)


def _is_for(item: OutboxItem, address: bytes) -> bool:
    match item.target:
        case InboxFrame(box=box):
            return box == address
        case InboxBlob(about=about):
            return about == address
        case _:
            return False


def silent(step: Step, address: bytes) -> None:
    """Delivery to this inbox keeps failing: look up its owner's card in case the inbox has moved."""
    handle = step.store.get_value(_handle_key(address))
    if handle is not None:
        look_again(step, handle.decode())


def look_again(step: Step, handle: str) -> None:
    """Schedule one look-up of a card, even if we know one."""
    waiting = wanted(step)
    if handle not in waiting:
        step.store.set_value(_AGAIN, msgspec.msgpack.encode([*waiting, handle][-MOST_AGAIN:]))


def wanted(step: Step) -> list[str]:
    """The handles to look up."""
    data = step.store.get_value(_AGAIN)
    return _handles.decode(data) if data else []


def looked_up(step: Step, handle: str) -> None:
    """The handle was looked up, with whatever result."""
    waiting = wanted(step)
    if handle in waiting:
        step.store.set_value(_AGAIN, msgspec.msgpack.encode([each for each in waiting if each != handle]))


def _inbox_key(account: bytes) -> str:
    return f"inbox-of:{account.hex()}"


def _number_key(account: bytes) -> str:
    return f"card-number:{account.hex()}"


def _handle_key(address: bytes) -> str:
    return f"inbox-at:{address.hex()}"
