"""Officers' signatures with a key file: Ed25519 over the same challenge that a passkey signs (spec/docket.md §4)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from nullabona.docket.core.acts import Act, Assertion, AssertionInvalid, Credential

_DOMAIN = b"nullabona docket act v1\0"

Sign = Callable[[Act], Assertion]
"""Signs an act as one officer."""


def key_id_of(public: bytes) -> str:
    """The id of a key: base64url of its SHA-256, without padding."""
    return base64.urlsafe_b64encode(sha256(public).digest()).decode("ascii").rstrip("=")


def credential_of(seed: bytes, label: str) -> Credential:
    """The public half of an officer's key."""
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return Credential(key_id=key_id_of(public), kind="ed25519", public=public, label=label)


def signer(seed: bytes) -> Sign:
    """Signs with an officer's 32-byte seed."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    key_id = key_id_of(key.public_key().public_bytes_raw())

    def sign(act: Act) -> Assertion:
        return Assertion(kind="ed25519", key_id=key_id, payload=key.sign(_DOMAIN + act.challenge))

    return sign


def verify_ed25519(credential: Credential, challenge: bytes, assertion: Assertion) -> int:
    """A `VerifyAssertion`."""
    try:
        Ed25519PublicKey.from_public_bytes(credential.public).verify(assertion.payload, _DOMAIN + challenge)
    except (InvalidSignature, ValueError):
        raise AssertionInvalid("the signature over the action does not hold") from None
    return 0
