"""Errors that the API adds, and those of the layers below that a caller may want to tell apart."""

from __future__ import annotations

from nullabona.client.account import AccountExists, NoAccount
from nullabona.client.core.errors import (
    KeychainFailed,
    ProfileExists,
    ProfileExposed,
    ProfileInUse,
    ProfileMissing,
    StaleProfile,
    StoreDamaged,
    StoreTooNew,
    WrongPassphrase,
    WrongUnlock,
)
from nullabona.client.net import TimedOut, Unreachable
from nullabona.errors import Bug, NullabonaError, PeerError, Refused, UserError

__all__ = [
    "AccountExists",
    "Ambiguous",
    "Bug",
    "KeychainFailed",
    "MessageFailed",
    "NoAccount",
    "NoSuchMessage",
    "NullabonaError",
    "Offline",
    "PeerError",
    "PendingStill",
    "ProfileExists",
    "ProfileExposed",
    "ProfileInUse",
    "ProfileMissing",
    "Refused",
    "StaleProfile",
    "StoreDamaged",
    "StoreTooNew",
    "TimedOut",
    "UnknownHandle",
    "Unreachable",
    "UserError",
    "WrongPassphrase",
    "WrongUnlock",
]


class Ambiguous(UserError):
    """A name fits several rooms or contacts; the hint lists them."""

    code = "ambiguous"


class UnknownHandle(UserError):
    """The directory has no card for a handle."""

    code = "unknown-handle"
    default_hint = "check the spelling and the relay's name after the @"


class NoSuchMessage(UserError):
    """The room has no such message."""

    code = "no-such-message"


class MessageFailed(PeerError):
    """The relay will never take the message."""

    code = "message-failed"
    default_hint = "see the warnings of `nulla follow`; shorter messages may pass"


class PendingStill(Unreachable):
    """What was asked for is stored and goes out later; it has not happened within the time given."""

    code = "pending-still"
    default_hint = "nothing is lost: it goes out with the next command that reaches the relay"


class Offline(UserError):
    """The client was opened without the network."""

    code = "offline"
    default_hint = "open it with the network"
