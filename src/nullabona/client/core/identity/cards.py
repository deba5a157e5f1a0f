"""What an account's card gives: key packages, and the intent to add its devices."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from nullabona.client.core.model.errors import CardTooOld
from nullabona.client.core.model.intents import AddAccount
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.step import Step
from nullabona.wire.card import Card

MAX_CARD_DAYS = 30
"""We use no key packages of an older card: their private keys have existed for too long."""


def take_proven(step: Step, account: bytes, card: Card) -> None:
    """Use the card from the record for a requesting account, not the one in its request."""
    contact = step.store.contact(account)
    if contact is not None and contact.state in {ContactState.ASKING, ContactState.REQUESTED}:
        step.store.put_contact(replace(contact, card=card.encoded, key_packages=packages_of(card)))


def packages_of(card: Card) -> tuple[bytes, ...]:
    return tuple(device.key_package for device in card.devices)


def add_intent(step: Step, card: Card) -> AddAccount:
    """The intent to add every device of a card.

    Raises `CardTooOld` if its key packages were published too long ago, `MlsRefused` if one is not the device's own.
    """
    if step.day - card.issued_day > MAX_CARD_DAYS:
        raise CardTooOld(f"{card.handle} has not renewed their card for over {MAX_CARD_DAYS} days")
    for device in card.devices:
        certificate = device.certificate
        step.mls.check_key_package(device.key_package, certificate.encode(), certificate.device_key)
    return AddAccount(card.account_id, str(card.handle), packages_of(card), msgspec.msgpack.encode(card.inbox))
