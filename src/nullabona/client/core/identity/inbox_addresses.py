"""Where accounts keep their inboxes, by their newest known cards, and when to look again (spec/relocation.md §7).

An inbox keeps its secrets and its key wherever it goes, so that what is sealed already only has to be taken elsewhere.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import msgspec

from nullabona.client.core.model.outbox_items import decode_target
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
    """Where to write to an account; None if its card is not known."""
    data = step.store.get_value(_inbox_key(account))
    return _inboxes.decode(data) if data is not None else None


def relay_of(step: Step, account: bytes, handle: str) -> str:
    """The relay that keeps an account's inbox, as far as is known; else empty."""
    inbox = inbox_of(step, account)
    return "" if inbox is None else inbox.relay or host_relay(handle)


def host_relay(handle: str) -> str:
    """The relay of a handle's host, which is meant where a card names none."""
    return str(endpoint_of(parse_handle(handle).authority))


def remember(step: Step, card: Card) -> bool:
    """Where to write to the account of a verified card; an older one than is known changes nothing.

    True if its relay is another one than before: what waits for the inbox goes there, and the caller has rooms that
    the account may move looked for there (`relocation.schedule.card_changed`).
    """
    number = step.store.get_value(_number_key(card.account_id))
    if number is not None and int(number) > card.sequence:
        return False
    before = inbox_of(step, card.account_id)
    step.store.set_value(_number_key(card.account_id), str(card.sequence).encode())
    step.store.set_value(_inbox_key(card.account_id), msgspec.msgpack.encode(card.inbox))
    note_handle(step, card.inbox, str(card.handle))
    relay = card.inbox.relay or host_relay(str(card.handle))
    _retarget(step, card.inbox.address, relay)
    return before is None or before.relay != card.inbox.relay


def note_handle(step: Step, inbox: Inbox, handle: str) -> None:
    """Whose inbox it is, so that its card can be looked up when the inbox does not answer."""
    step.store.set_value(_handle_key(inbox.address), handle.encode())


def _retarget(step: Step, address: bytes, relay: str) -> None:
    items = [item for item in step.store.outbox_of(b"") if item.box == address]
    waiting = [item for item in items if decode_target(item.target).relay != relay]
    for item in waiting:
        step.store.drop_outbox(item.id)
    for item in waiting:
        target = replace(decode_target(item.target), relay=relay).encode()
        step.store.add_outbox(item.kind, room=b"", box=item.box, ref=item.ref, target=target, data=item.data)


def silent(step: Step, address: bytes) -> None:
    """What is for an inbox does not get there: see whether it is elsewhere by now."""
    handle = step.store.get_value(_handle_key(address))
    if handle is not None:
        look_again(step, handle.decode())


def look_again(step: Step, handle: str) -> None:
    """Look a card up once, whatever is known of it."""
    waiting = wanted(step)
    if handle not in waiting:
        step.store.set_value(_AGAIN, msgspec.msgpack.encode([*waiting, handle][-MOST_AGAIN:]))


def wanted(step: Step) -> list[str]:
    """The handles to look up."""
    data = step.store.get_value(_AGAIN)
    return _handles.decode(data) if data else []


def looked_up(step: Step, handle: str) -> None:
    """It was, whatever came of it."""
    waiting = wanted(step)
    if handle in waiting:
        step.store.set_value(_AGAIN, msgspec.msgpack.encode([each for each in waiting if each != handle]))


def _inbox_key(account: bytes) -> str:
    return f"inbox-of:{account.hex()}"


def _number_key(account: bytes) -> str:
    return f"card-number:{account.hex()}"


def _handle_key(address: bytes) -> str:
    return f"inbox-at:{address.hex()}"
