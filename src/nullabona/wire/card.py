"""Cards: an account's signed public record, checked by everybody who reads it (spec/directory.md §3).

Bytes are canonical MessagePack: decoding and encoding again gives the same bytes, or they are refused. Signatures are
Ed25519 over a domain and the exact bytes. A `Card` exists only after `verify_card`; what merely decodes is an
`UnverifiedCard`. Key packages are opaque here: the caller must check them, by MLS, against the certificate beside them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Final, Literal

from msgspec import Meta

from nullabona.errors import PeerError
from nullabona.wire.certificate import (
    MAX_CERTIFICATE,
    DeviceCertificate,
    issue_certificate,
    open_certificate,
    verify_certificate,
)
from nullabona.wire.message import Digest
from nullabona.wire.messages import MAX_CARD
from nullabona.wire.seal import Inbox, check_public_key
from nullabona.wire.signed import (
    REV,
    CardInvalid,
    Day,
    HandleText,
    Key,
    Record,
    Signature,
    check_day,
    check_signature,
    decode_record,
    encode_record,
    signed_handle,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from nullabona.wire.handle import Handle

__all__ = [
    "Card",
    "CardDevice",
    "CardForked",
    "CardInvalid",
    "CardStale",
    "DeleteStatement",
    "DeviceCertificate",
    "Inbox",
    "UnverifiedCard",
    "UnverifiedDelete",
    "card_hash",
    "decode_card",
    "decode_delete",
    "issue_certificate",
    "sign_card",
    "sign_delete",
    "verify_card",
    "verify_certificate",
    "verify_delete",
    "verify_update",
]

MAX_DEVICES: Final = 16
MAX_KEY_PACKAGE: Final = 8_192
MAX_STATEMENT: Final = 4_096
NO_CARD: Final = bytes(32)
"""The previous card hash of an account's first card."""
_CARD_DOMAIN: Final = b"nullabona card v1"
_HANDOVER_DOMAIN: Final = b"nullabona handover v1"
_HASH_DOMAIN: Final = b"nullabona card hash v1"
_DELETE_DOMAIN: Final = b"nullabona delete v1"


class CardStale(PeerError):
    """A card is older than one that is already known."""

    code = "card-stale"
    default_hint = "fetch the current card first"


class CardForked(PeerError):
    """A card does not continue the one that is already known: its hash chain or its identity key breaks."""

    code = "card-forked"
    default_hint = "compare safety numbers with the account's owner before you continue"


class DeviceEntry(Record, frozen=True):
    """One device of a card, as on the wire."""

    certificate: Annotated[bytes, Meta(min_length=1, max_length=MAX_CERTIFICATE)]
    key_package: Annotated[bytes, Meta(min_length=1, max_length=MAX_KEY_PACKAGE)]


class CardBody(Record, frozen=True):
    """What is signed of a card."""

    rev: Literal[1]
    handle: HandleText
    sequence: Annotated[int, Meta(ge=0, le=2**32)]
    previous: Digest
    identity_key: Key
    issued_day: Day
    devices: Annotated[tuple[DeviceEntry, ...], Meta(min_length=1, max_length=MAX_DEVICES)]
    inbox: Inbox


class CardEnvelope(Record, frozen=True):
    """``signature`` by the card's own identity key; ``handover`` by the previous one if it is another, else empty."""

    body: Annotated[bytes, Meta(max_length=MAX_CARD)]
    signature: Signature
    handover: Annotated[bytes, Meta(max_length=64)]


class DeleteBody(Record, frozen=True):
    rev: Literal[1]
    handle: HandleText
    card_hash: Digest
    day: Day


class DeleteEnvelope(Record, frozen=True):
    body: Annotated[bytes, Meta(max_length=MAX_STATEMENT)]
    signature: Signature


@dataclass(frozen=True, slots=True)
class CardDevice:
    """One device of a verified card. The key package is not: MLS must check it against ``certificate.device_key``."""

    certificate: DeviceCertificate
    key_package: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Card:
    """A verified card. Made only by `verify_card` and `verify_update`."""

    handle: Handle
    sequence: int
    previous: bytes
    identity_key: bytes
    issued_day: int
    devices: tuple[CardDevice, ...]
    inbox: Inbox = field(repr=False)
    encoded: bytes = field(repr=False)
    """The exact bytes that were verified."""

    @property
    def account_id(self) -> bytes:
        return self.identity_key

    @property
    def hash(self) -> bytes:
        return card_hash(self.encoded)


@dataclass(frozen=True, slots=True)
class UnverifiedCard:
    """A card that decodes. Only its ``handle`` may be used, and only to find the card that it claims to follow."""

    handle: Handle
    body: CardBody = field(repr=False)
    envelope: CardEnvelope = field(repr=False)
    encoded: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class DeleteStatement:
    """The owner's will that a card be deleted. Verified."""

    handle: Handle
    card_hash: bytes
    day: int


@dataclass(frozen=True, slots=True)
class UnverifiedDelete:
    """A statement that decodes. Only its ``handle`` may be used, and only to find the card it is about."""

    handle: Handle
    body: DeleteBody = field(repr=False)
    envelope: DeleteEnvelope = field(repr=False)


def card_hash(encoded: bytes) -> bytes:
    """What the next card, a delete statement and the log call a card by."""
    return sha256(_HASH_DOMAIN + encoded).digest()


def sign_card(
    identity: Ed25519PrivateKey,
    *,
    handle: Handle,
    issued_day: int,
    devices: tuple[CardDevice, ...],
    inbox: Inbox,
    previous: Card | None = None,
    previous_identity: Ed25519PrivateKey | None = None,
) -> bytes:
    """The encoded card that follows ``previous`` (or is the first).

    ``previous_identity`` is the key that signed ``previous``, needed only when the identity key changes with this
    card.
    """
    entries = tuple(DeviceEntry(device.certificate.encode(), device.key_package) for device in devices)
    sequence, back = (0, NO_CARD) if previous is None else (previous.sequence + 1, previous.hash)
    public = identity.public_key().public_bytes_raw()
    body = encode_record(CardBody(REV, str(handle), sequence, back, public, issued_day, entries, inbox))
    handover = previous_identity.sign(_HANDOVER_DOMAIN + body) if previous_identity else b""
    return encode_record(CardEnvelope(body, identity.sign(_CARD_DOMAIN + body), handover))


def decode_card(data: bytes) -> UnverifiedCard:
    """The card in ``data``, nothing of it checked but its form. Raises `Malformed`."""
    envelope = decode_record(CardEnvelope, data, MAX_CARD)
    body = decode_record(CardBody, envelope.body, MAX_CARD)
    return UnverifiedCard(signed_handle(body.handle), body, envelope, bytes(data))


def verify_card(data: bytes | UnverifiedCard, *, today: int, previous: Card | None = None) -> Card:
    """The card in ``data``, checked by every rule; with ``previous``, also that it is the very next of its chain.

    Raises `Malformed`, `CardInvalid`, `CardStale` or `CardForked`. Without ``previous`` the caller does not know
    that an earlier identity key agreed; `verify_update` compares with an older card.
    """
    unverified = data if isinstance(data, UnverifiedCard) else decode_card(data)
    body, envelope = unverified.body, unverified.envelope
    check_signature(body.identity_key, _CARD_DOMAIN, envelope.body, envelope.signature)
    check_day(body.issued_day, today)
    _check_start(body, envelope)
    if previous is not None:
        _check_chain(unverified, previous)
    check_public_key(body.inbox.hpke_key)
    return _card(unverified, _check_devices(unverified, today))


def verify_update(data: bytes, *, today: int, known: Card) -> Card:
    """The card in ``data``, when ``known`` is an older or the same card of the account, perhaps several steps back.

    Where cards in between are missing, the identity key must be the known one. Raises like `verify_card`.
    """
    unverified = decode_card(data)
    if unverified.encoded == known.encoded:
        return known
    if unverified.body.sequence <= known.sequence + 1:
        return verify_card(unverified, today=today, previous=known)
    if unverified.body.identity_key != known.identity_key or unverified.handle != known.handle:
        raise CardForked("the account's identity key changed in a card that was not seen")
    return verify_card(unverified, today=today)


def check_update(card: Card, known: Card) -> None:
    """Raises as `verify_update` unless a card that is verified already may follow ``known``, or is the same."""
    if card.encoded == known.encoded:
        return
    if card.sequence <= known.sequence + 1:
        _check_chain(decode_card(card.encoded), known)
    elif card.identity_key != known.identity_key or card.handle != known.handle:
        raise CardForked("the account's identity key changed in a card that was not seen")


def sign_delete(identity: Ed25519PrivateKey, card: Card, *, day: int) -> bytes:
    """The statement that ``card`` is to be deleted; ``identity`` is the card's own identity key."""
    body = encode_record(DeleteBody(REV, str(card.handle), card.hash, day))
    return encode_record(DeleteEnvelope(body, identity.sign(_DELETE_DOMAIN + body)))


def decode_delete(data: bytes) -> UnverifiedDelete:
    """The statement in ``data``, nothing of it checked but its form. Raises `Malformed`."""
    envelope = decode_record(DeleteEnvelope, data, MAX_STATEMENT)
    body = decode_record(DeleteBody, envelope.body, MAX_STATEMENT)
    return UnverifiedDelete(signed_handle(body.handle), body, envelope)


def verify_delete(data: bytes | UnverifiedDelete, *, today: int, card: Card) -> DeleteStatement:
    """The statement in ``data``, about exactly ``card`` and signed by its identity key.

    Raises `Malformed`, `CardInvalid`, or `CardStale` if it is about an earlier card.
    """
    unverified = data if isinstance(data, UnverifiedDelete) else decode_delete(data)
    body = unverified.body
    check_signature(card.identity_key, _DELETE_DOMAIN, unverified.envelope.body, unverified.envelope.signature)
    check_day(body.day, today)
    if unverified.handle != card.handle:
        raise CardInvalid("a delete statement is for another handle")
    if body.card_hash != card.hash:
        raise CardStale("a delete statement is about another card of this account")
    return DeleteStatement(card.handle, body.card_hash, body.day)


def _check_start(body: CardBody, envelope: CardEnvelope) -> None:
    """The rules that tie sequence, previous hash and handover together, whatever came before."""
    if (body.sequence == 0) != (body.previous == NO_CARD):
        raise CardInvalid("only an account's first card has no previous one")
    if len(envelope.handover) not in {0, 64} or (body.sequence == 0 and envelope.handover):
        raise CardInvalid("a card's handover signature is out of place")


def _check_chain(unverified: UnverifiedCard, previous: Card) -> None:
    body, envelope = unverified.body, unverified.envelope
    if body.sequence <= previous.sequence:
        raise CardStale("this card is not newer than the known one")
    if body.sequence != previous.sequence + 1 or body.previous != previous.hash:
        raise CardForked("this card does not follow the known one")
    if unverified.handle != previous.handle:
        raise CardForked("this card is for another handle than the known one")
    if body.identity_key != previous.identity_key:
        check_signature(previous.identity_key, _HANDOVER_DOMAIN, envelope.body, envelope.handover)
    elif envelope.handover:
        raise CardInvalid("a card's handover signature is out of place")


def _check_devices(unverified: UnverifiedCard, today: int) -> tuple[CardDevice, ...]:
    devices = tuple(_check_device(entry, unverified, today) for entry in unverified.body.devices)
    for distinct in ({d.certificate.device_id for d in devices}, {d.certificate.device_key for d in devices}):
        if len(distinct) != len(devices):
            raise CardInvalid("two devices of a card share an id or a key")
    return devices


def _check_device(entry: DeviceEntry, unverified: UnverifiedCard, today: int) -> CardDevice:
    certificate = open_certificate(entry.certificate)
    if certificate.identity_key != unverified.body.identity_key or certificate.handle != unverified.handle:
        raise CardInvalid("a device certificate is of another account")
    check_day(certificate.issued_day, today)
    return CardDevice(certificate, entry.key_package)


def _card(unverified: UnverifiedCard, devices: tuple[CardDevice, ...]) -> Card:
    body = unverified.body
    return Card(
        handle=unverified.handle,
        sequence=body.sequence,
        previous=body.previous,
        identity_key=body.identity_key,
        issued_day=body.issued_day,
        devices=devices,
        inbox=body.inbox,
        encoded=unverified.encoded,
    )
