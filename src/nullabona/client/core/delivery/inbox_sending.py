"""Items for other accounts' inboxes: sent now, or once the account's card has been looked up (spec/room.md §9)."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from nullabona.client.core import acquaintance
from nullabona.client.core.delivery.outbox import queue_item
from nullabona.client.core.identity import inbox_addresses
from nullabona.client.core.model.facts.account import Warned
from nullabona.client.core.model.inbox_items import ItemBody, RoomsAsked, TicketRequest
from nullabona.client.core.step import Step
from nullabona.wire.certificate import DeviceCertificate, open_certificate

_WAITING = "unsent-items"
_ASKED = "asked-back"
MAX_LOOKUPS = 16
"""How often we look up a card, over about three hours, before we drop the items that wait for it."""
MAX_CAUSED_LOOKUPS = 3
"""The same for an answer to another account's item: that account asks again."""
MOST_UNSENT = 256
"""Most items from us that wait for a card."""
MOST_CAUSED = 64
"""Most answers that wait for a card."""
MOST_CAUSED_BY_ONE = 4
MOST_ASKED_BACK = 16
"""Most requests of one device that wait for its account's card, and half as many as of the whole account: a device
that was revoked displaces none of another's. It asks again for the others.
"""
_bodies = msgspec.msgpack.Decoder(ItemBody)
Wanted: TypeAlias = TicketRequest | RoomsAsked
"""Requests that we answer only if the account's newest card names the device."""
_wanted = msgspec.msgpack.Decoder(Wanted)


class UnsentItem(msgspec.Struct, array_like=True):
    """An item for an account whose card we still have to look up. ``caused``: it answers another account's item."""

    account: bytes
    handle: str
    item: bytes
    next_at: int
    attempts: int = 0
    caused: bool = False


_unsent = msgspec.msgpack.Decoder(list[UnsentItem])


def post(step: Step, account: bytes, handle: str, body: ItemBody) -> None:
    """Send an item from this device to an account's inbox, now if we know the inbox, otherwise once its card has been
    looked up. ``handle`` is the one by which we know the account. We send nothing to a blocked account.
    """
    if not acquaintance.is_blocked(step.store, account):
        _post(step, account, handle, body, caused=False)


def answer(step: Step, account: bytes, body: ItemBody, *, known_as: str = "") -> None:
    """Answer another account's item, if we know the account by a handle (``known_as`` if given).

    We ignore the handle in the item itself: it would let the sender choose the host to which we connect.
    """
    handle = known_as or acquaintance.handle_of(step, account)
    if handle:
        _post(step, account, handle, body, caused=True)


def _post(step: Step, account: bytes, handle: str, body: ItemBody, *, caused: bool) -> None:
    known = inbox_addresses.inbox_of(step, account)
    if known is not None:
        queue_item(step, known, inbox_addresses.host_relay(handle), body)
        return
    if caused and not acquaintance.may_look_up(step, account):
        return
    item = UnsentItem(account, handle, msgspec.msgpack.encode(body), step.now, caused=caused)
    save(step, _with(unsent(step), item))


def _with(items: list[UnsentItem], item: UnsentItem) -> list[UnsentItem]:
    """Add an item to the queue. Answers have separate slots, few per account, and never displace an item from us."""
    own = [each for each in items if not each.caused]
    caused = [each for each in items if each.caused and (each.account, each.item) != (item.account, item.item)]
    if not item.caused:
        return [*caused, *[*own, item][-MOST_UNSENT:]]
    theirs = [each for each in caused if each.account == item.account]
    for oldest in theirs[: max(0, len(theirs) + 1 - MOST_CAUSED_BY_ONE)]:
        caused.remove(oldest)
    return [*[*caused, item][-MOST_CAUSED:], *own]


def unsent(step: Step) -> list[UnsentItem]:
    data = step.store.get_value(_WAITING)
    return _unsent.decode(data) if data else []


def save(step: Step, items: list[UnsentItem]) -> None:
    step.store.set_value(_WAITING, msgspec.msgpack.encode(items))


def send_waiting(step: Step, account: bytes) -> None:
    items = unsent(step)
    due = [item for item in items if item.account == account]
    if due:
        save(step, [item for item in items if item.account != account])
    for item in due if not acquaintance.is_blocked(step.store, account) else []:
        _post(step, account, item.handle, _bodies.decode(item.item), caused=item.caused)


class AskedBack(msgspec.Struct, array_like=True, frozen=True):
    """A request of a device whose account's card, which must name it, we still have to look up."""

    certificate: bytes
    request: bytes
    at: int


_asked = msgspec.msgpack.Decoder(list[AskedBack])


def look_up_for(step: Step, sender: DeviceCertificate, request: Wanted, known_as: str) -> None:
    """Before we answer ``sender``, look up the card of its account, which we know as ``known_as``: it must name the
    device. We keep each request once and look a card up once for it.
    """
    if not known_as:
        return
    asked = AskedBack(sender.encode(), msgspec.msgpack.encode(request), step.now)
    kept = [each for each in asked_back(step) if (each.certificate, each.request) != (asked.certificate, asked.request)]
    for most, alike in ((MOST_ASKED_BACK, _by_device), (2 * MOST_ASKED_BACK, _by_account)):
        theirs = [each for each in kept if alike(open_certificate(each.certificate), sender)]
        for oldest in theirs[: max(0, len(theirs) + 1 - most)]:
            kept.remove(oldest)
    step.store.set_value(_ASKED, msgspec.msgpack.encode([*kept, asked][-4 * MOST_ASKED_BACK :]))
    if acquaintance.may_look_up(step, sender.account_id, sender.device_key):
        inbox_addresses.look_again(step, known_as)


def _by_device(one: DeviceCertificate, other: DeviceCertificate) -> bool:
    return one.device_key == other.device_key and _by_account(one, other)


def _by_account(one: DeviceCertificate, other: DeviceCertificate) -> bool:
    return one.account_id == other.account_id


def asked_back(step: Step) -> list[AskedBack]:
    """The requests that wait for a card, for a few minutes at most: the device asks again."""
    data = step.store.get_value(_ASKED)
    found = _asked.decode(data) if data else []
    return [each for each in found if step.now - each.at < step.timing.retry_most]


def take_asked_back(step: Step, account: bytes) -> list[tuple[DeviceCertificate, Wanted]]:
    """The requests of an account whose card was looked up; removes them from the store."""
    found = [(open_certificate(each.certificate), each) for each in asked_back(step)]
    rest = [each for certificate, each in found if certificate.account_id != account]
    if len(rest) < len(found):
        step.store.set_value(_ASKED, msgspec.msgpack.encode(rest))
    return [
        (certificate, _wanted.decode(each.request)) for certificate, each in found if certificate.account_id == account
    ]


def wanted_handles(step: Step) -> set[str]:
    """Handles to look up now."""
    handles = {item.handle for item in unsent(step) if item.next_at <= step.now}
    return handles | set(inbox_addresses.wanted(step))


def looked_up(step: Step, handle: str) -> None:
    """After a look-up of ``handle``: items that still wait did not get the card they need. Retry later, then give up.

    A missing card and another account's card look the same here. We warn only about items from us.
    """
    inbox_addresses.looked_up(step, handle)
    items = unsent(step)
    for item in items:
        if item.handle == handle:
            item.attempts += 1
            item.next_at = step.now + min(step.timing.retry << item.attempts, step.timing.retry_most)
    kept = [item for item in items if item.attempts < (MAX_CAUSED_LOOKUPS if item.caused else MAX_LOOKUPS)]
    if sum(not item.caused for item in kept) < sum(not item.caused for item in items):
        step.tell(Warned(code="undeliverable", detail={"handle": handle}))
    save(step, kept)
