"""The card that continues an account's: another device on it, one less, another relay (spec/directory.md §3).

Nothing here is stored: `nullabona.client.account.take_card` makes such a card the account's own.
"""

from __future__ import annotations

import msgspec

from nullabona.client.account import Account
from nullabona.wire.card import Card, CardDevice, issue_certificate, sign_card, verify_card
from nullabona.wire.seal import Inbox


def certify(account: Account, device: bytes, device_key: bytes, today: int) -> bytes:
    """The certificate by which another device becomes one of the account's."""
    identity = account.root.identity_key()
    return issue_certificate(
        identity, handle=account.handle, device_id=device, device_key=device_key, issued_day=today
    ).encode()


def card_with(account: Account, device: CardDevice, today: int) -> Card:
    """The account's next card, which names one more device. Raises `CardInvalid` if there are too many."""
    return _next_card(account, (*account.card.devices, device), today)


def card_without(account: Account, device: bytes, today: int) -> Card:
    """The account's next card, which does not name that device any more."""
    staying = tuple(each for each in account.card.devices if each.certificate.device_id != device)
    return _next_card(account, staying, today)


def card_at(account: Account, relay: str, today: int) -> Card:
    """The account's next card, which says that another relay keeps its inbox."""
    return _next_card(account, account.card.devices, today, msgspec.structs.replace(account.card.inbox, relay=relay))


def _next_card(account: Account, devices: tuple[CardDevice, ...], today: int, inbox: Inbox | None = None) -> Card:
    current = account.card
    encoded = sign_card(
        account.root.identity_key(),
        handle=account.handle,
        issued_day=max(today, current.issued_day),
        devices=devices,
        inbox=inbox or current.inbox,
        previous=current,
    )
    return verify_card(encoded, today=max(today, current.issued_day), previous=current)


def rebased(account: Account, shown: Card, gone: list[bytes], relay: str, today: int) -> Card:
    """The card that continues ``shown``, which another device made meanwhile, with what ours adds to it.

    ``relay``: the one that was chosen here and is not published yet, or empty.
    """
    known = {each.certificate.device_id for each in shown.devices}
    added = [each for each in account.card.devices if each.certificate.device_id not in known]
    devices = tuple(each for each in (*shown.devices, *added) if each.certificate.device_id not in gone)
    encoded = sign_card(
        account.root.identity_key(),
        handle=account.handle,
        issued_day=max(today, shown.issued_day),
        devices=devices,
        inbox=msgspec.structs.replace(shown.inbox, relay=relay or shown.inbox.relay),
        previous=shown,
    )
    return verify_card(encoded, today=max(today, shown.issued_day), previous=shown)
