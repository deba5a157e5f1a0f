"""What happened with relays: what they lost, and where the account and its rooms are kept now."""

from __future__ import annotations

from dataclasses import dataclass

from nullabona.client.api.happening import Happened


@dataclass(frozen=True, slots=True)
class RelayLostBox(Happened):
    """The relay lost what it kept of a room; what somebody may still need is put back."""

    kind = "relay-lost-box"
    room: bytes
    epoch: int


@dataclass(frozen=True, slots=True)
class RelayMoved(Happened):
    """The account's inbox is at another relay from now on, by a choice here or on another of its devices."""

    kind = "relay-moved"
    relay: str
    left: str


@dataclass(frozen=True, slots=True)
class RoomMoved(Happened):
    """A room lives at another relay from now on; ``account``: who ordered it, empty if that is not known here."""

    kind = "room-moved"
    room: bytes
    relay: str
    account: bytes
