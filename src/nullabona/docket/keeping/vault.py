"""Seals the desk's data (age, v1) to the officers of a case, and to people outside the server room.

The desk has no key that opens it. An officer's identity is in memory only during their action.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyrage

from nullabona.errors import UserError


class Locked(UserError):
    """None of the unlocked identities opens the data."""

    code = "docket-locked"
    default_hint = "unlock your own identity; if you joined later, ask an officer of the case to share it with you"


class BadIdentity(UserError):
    """A text is not an age identity or recipient."""

    code = "docket-bad-identity"
    default_hint = "an identity begins with AGE-SECRET-KEY-1, a recipient with age1"


def new_identity() -> tuple[str, str]:
    """A new identity and its recipient."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def recipient_of(identity: str) -> str:
    """The recipient of an identity. Raises `BadIdentity`."""
    return str(_identity(identity).to_public())


def check_recipient(recipient: str) -> None:
    """Raises `BadIdentity` unless it is a recipient."""
    _recipient(recipient)


def seal(data: bytes, recipients: Iterable[str]) -> bytes:
    """``data``, encrypted to ``recipients`` only."""
    return bytes(pyrage.encrypt(data, [_recipient(text) for text in sorted(set(recipients))]))


def unseal(sealed: bytes, identities: Sequence[str]) -> bytes:
    """The sealed data. Raises `Locked`."""
    if not identities:
        raise Locked("no identity is unlocked")
    try:
        return bytes(pyrage.decrypt(sealed, [_identity(text) for text in identities]))
    except pyrage.DecryptError:
        raise Locked("no unlocked identity opens this") from None


def _identity(text: str) -> pyrage.x25519.Identity:
    try:
        return pyrage.x25519.Identity.from_str(text.strip())
    except pyrage.IdentityError:
        raise BadIdentity("not an age identity") from None


def _recipient(text: str) -> pyrage.x25519.Recipient:
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        raise BadIdentity("not an age recipient") from None
