"""The client as a library: open a profile, listen, talk. Everything a bot or a face needs, and nothing behind it."""

from nullabona.client.api import errors, events
from nullabona.client.api.client import Client, open_client
from nullabona.client.api.events import (
    ConnectionChanged,
    ContactAccepted,
    ContactChanged,
    ContactRequested,
    Event,
    EventsForgotten,
    Joined,
    MemberAdded,
    MemberRemoved,
    MessageReceived,
    MessageStateChanged,
    ReadMarker,
    Removed,
    RoomChanged,
    RoomRequested,
    Warned,
)
from nullabona.client.api.records import (
    ContactInfo,
    Member,
    MessageInfo,
    OwnAccount,
    RelayStatus,
    RoomDetails,
    RoomSummary,
    Status,
)
from nullabona.client.api.session import Options
from nullabona.client.keys import TESTING_COST
from nullabona.client.net import NetOptions, Policy
from nullabona.client.profile import (
    Keychain,
    Passphrase,
    Unlock,
    Unprotected,
    default_profile_path,
    profile_protection,
)

__all__ = [
    "TESTING_COST",
    "Client",
    "ConnectionChanged",
    "ContactAccepted",
    "ContactChanged",
    "ContactInfo",
    "ContactRequested",
    "Event",
    "EventsForgotten",
    "Joined",
    "Keychain",
    "Member",
    "MemberAdded",
    "MemberRemoved",
    "MessageInfo",
    "MessageReceived",
    "MessageStateChanged",
    "NetOptions",
    "Options",
    "OwnAccount",
    "Passphrase",
    "Policy",
    "ReadMarker",
    "RelayStatus",
    "Removed",
    "RoomChanged",
    "RoomDetails",
    "RoomRequested",
    "RoomSummary",
    "Status",
    "Unlock",
    "Unprotected",
    "Warned",
    "default_profile_path",
    "errors",
    "events",
    "open_client",
    "profile_protection",
]
