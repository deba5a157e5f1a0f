"""An officer's age identity, sealed so that only the officer's own authenticator or running session unseals it.

The key comes from the authenticator's PRF extension (WebAuthn Level 3 §10.1.4), or from a session's token. Neither is
ever stored.
"""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from nullabona.docket.console.passkeys.refusals import PasskeyUnsuitable

SECRET_SIZE: Final = 32
PRF_INPUT: Final = sha256(b"nullabona console identity v1").digest()
"""The PRF input, the same for every authenticator; the outputs differ by passkey."""
_NONCE_SIZE: Final = 12


def seal_identity(identity: str, secret: bytes, whose: bytes) -> bytes:
    """``identity``, sealed with ``secret`` and bound to the passkey or session ``whose``."""
    nonce = secrets.token_bytes(_NONCE_SIZE)
    return nonce + _cipher(secret).encrypt(nonce, identity.encode(), whose)


def unseal_identity(sealed: bytes, secret: bytes, whose: bytes) -> str:
    """Raises `PasskeyUnsuitable` if ``secret`` is not what it was sealed with."""
    try:
        return _cipher(secret).decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], whose).decode()
    except (InvalidTag, ValueError):
        raise PasskeyUnsuitable("this authenticator did not give the secret that opens cases") from None


def _cipher(secret: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), SECRET_SIZE, salt=None, info=b"nullabona console sealing v1").derive(secret))
