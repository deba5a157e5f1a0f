"""Cards to test with: real ones with fixed keys, and twins that can hold what the real structs refuse."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nullabona.wire.card import Card, CardDevice, issue_certificate, sign_card, verify_card
from nullabona.wire.handle import Handle, parse_handle
from nullabona.wire.messages import HandleProof
from nullabona.wire.seal import Inbox, inbox_keypair

TODAY = 20_000
MINA = parse_handle("민아@relay.example")
JUN = parse_handle("jun@relay.example")


def digest(text: str) -> bytes:
    """32 bytes that differ for every text."""
    return sha256(text.encode()).digest()


@cache
def identity(name: str) -> Ed25519PrivateKey:
    """The identity key called ``name``; always the same one."""
    return Ed25519PrivateKey.from_private_bytes(digest(f"identity {name}"))


def seed_of(name: str) -> bytes:
    """The inbox seed called ``name``."""
    return digest(f"inbox {name}")


@cache
def inbox_of(name: str) -> Inbox:
    """The inbox of the seed called ``name``."""
    key = inbox_keypair(seed_of(name)).public
    return Inbox(sha256(digest(f"read {name}")).digest(), digest(f"write {name}"), key)


def device(owner: str, handle: Handle, label: str = "phone", *, day: int = TODAY) -> CardDevice:
    """A device called ``label``, certified by the identity key called ``owner``."""
    certificate = issue_certificate(
        identity(owner),
        handle=handle,
        device_id=digest(f"id {label}")[:16],
        device_key=digest(f"device {label}"),
        issued_day=day,
    )
    return CardDevice(certificate, b"key package of " + label.encode())


def card_bytes(owner: str = "mina", handle: Handle = MINA, *labels: str, day: int = TODAY) -> bytes:
    """An encoded first card."""
    devices = tuple(device(owner, handle, label) for label in labels or ("phone",))
    return sign_card(identity(owner), handle=handle, issued_day=day, devices=devices, inbox=inbox_of(owner))


def first_card(owner: str = "mina", handle: Handle = MINA) -> Card:
    """A verified first card."""
    return verify_card(card_bytes(owner, handle), today=TODAY)


def next_bytes(previous: Card, owner: str = "mina", *, old_owner: str | None = None, day: int = TODAY) -> bytes:
    """The encoded card after ``previous``, signed by ``owner``, handed over by ``old_owner`` if the key changes."""
    return sign_card(
        identity(owner),
        handle=previous.handle,
        issued_day=day,
        devices=(device(owner, previous.handle, f"phone {previous.sequence + 1}"),),
        inbox=previous.inbox,
        previous=previous,
        previous_identity=identity(old_owner) if old_owner else None,
    )


@dataclass(frozen=True)
class TwinCard:
    """A card that may hold anything. `encode` signs it with whatever keys it is given."""

    rev: Any = 1
    handle: Any = str(MINA)
    sequence: Any = 0
    previous: Any = bytes(32)
    identity_key: Any = field(default_factory=lambda: identity("mina").public_key().public_bytes_raw())
    issued_day: Any = TODAY
    devices: Any = field(default_factory=lambda: [twin_device(device("mina", MINA))])
    inbox: Any = field(default_factory=lambda: msgspec.to_builtins(inbox_of("mina"), builtin_types=(bytes,)))
    extra: tuple[Any, ...] = ()

    def body(self) -> bytes:
        fields = [self.rev, self.handle, self.sequence, self.previous, self.identity_key, self.issued_day]
        return msgspec.msgpack.encode([*fields, self.devices, self.inbox, *self.extra])

    def encode(self, signer: str = "mina", *, handover: bytes = b"", domain: bytes = b"nullabona card v1") -> bytes:
        body = self.body()
        return msgspec.msgpack.encode([body, identity(signer).sign(domain + body), handover])


def twin_device(real: CardDevice) -> list[bytes]:
    """A device as the plain list it is on the wire."""
    return [real.certificate.encode(), real.key_package]


def twin_certificate(signer: str = "mina", *, domain: bytes = b"nullabona certificate v1", **changes: object) -> bytes:
    """A certificate with any fields, signed by the identity key called ``signer``."""
    fields: dict[str, Any] = {
        "rev": 1,
        "identity_key": identity(signer).public_key().public_bytes_raw(),
        "handle": str(MINA),
        "device_id": bytes(16),
        "device_key": digest("device phone"),
        "issued_day": TODAY,
    } | changes
    body = msgspec.msgpack.encode(list(fields.values()))
    return msgspec.msgpack.encode([body, identity(signer).sign(domain + body)])


NO_PROOF = HandleProof(bytes(80), b"", 0, (), (), 0, (), b"")
"""What stands in the place of a proof where none is looked at."""
