"""Cards that an operator makes up."""

from __future__ import annotations

import secrets

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nullabona.wire.card import Card, CardDevice, issue_certificate, sign_card


def forge_card(card: Card, identity: Ed25519PrivateKey, previous: Card | None) -> bytes:
    """A card for the same handle and inbox, signed by ``identity``, with a device that is not the owner's.

    With ``previous`` it has the owner's devices as well, as if it came next.
    """
    key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    certificate = issue_certificate(
        identity, handle=card.handle, device_id=secrets.token_bytes(16), device_key=key, issued_day=card.issued_day
    )
    ghost = CardDevice(certificate, b"a key package of nobody")
    devices = (*previous.devices, ghost) if previous is not None else (ghost,)
    return sign_card(
        identity,
        handle=card.handle,
        issued_day=card.issued_day,
        devices=devices,
        inbox=card.inbox,
        previous=previous,
    )
