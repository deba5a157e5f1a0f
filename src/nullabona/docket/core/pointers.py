"""Pointers let only the auditor learn what a slot holds, from the log alone (spec/docket.md §7.4)."""

from __future__ import annotations

import hmac
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from nullabona.wire.slots import POINTER_SIZE, CommitmentWrong, EventRecord, NullRecord, Record, RenewalRecord

NONCE_SIZE: Final = 12
_TEXT: Final = POINTER_SIZE - NONCE_SIZE - 16
_RATCHET: Final = b"nullabona docket pointer v1\0"


def next_ratchet(key: bytes) -> bytes:
    """The pointer key of the next period. The desk forgets the previous key; the auditor can compute every key."""
    return hmac.digest(key, _RATCHET + b"next", "sha256")


def seal_pointer(key: bytes, nonce: bytes, blind: bytes, record: Record) -> bytes:
    """The encrypted pointer from which only the auditor learns what a slot holds (spec/docket.md §7.4)."""
    kind = {NullRecord: 0, EventRecord: 1, RenewalRecord: 2}[type(record)]
    case = bytes.fromhex(record.case) if isinstance(record, EventRecord) else bytes(16)
    body = (bytes([kind]) + blind + case).ljust(_TEXT, b"\0")
    return nonce + AESGCM(_pointer_key(key)).encrypt(nonce, body, None)


def open_pointer(key: bytes, pointer: bytes) -> tuple[int, bytes, bytes]:
    """(0 null, 1 event or 2 renewal; the blinding; the case's tag). Raises `CommitmentWrong` for another period's."""
    try:
        body = AESGCM(_pointer_key(key)).decrypt(pointer[:NONCE_SIZE], pointer[NONCE_SIZE:], None)
    except (InvalidTag, ValueError):
        raise CommitmentWrong("a pointer does not open with this period's key") from None
    return body[0], body[1:33], body[33:49]


def _pointer_key(key: bytes) -> bytes:
    return hmac.digest(key, _RATCHET + b"pointer", "sha256")
