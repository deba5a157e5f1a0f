"""What devices of one account tell one another in the room they share (spec/devices.md §3). Pure values.

Each item says what holds now, not what happened: of two that are about the same thing the later counts, so that they
may come twice and in any order.
"""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta

from nullabona.wire.messages import MAX_CARD

MOST_ITEMS: Final = 64
"""Most items of one message."""
MOST_ASKED: Final = 32
"""Most members of a remembered room that another device is told of."""
MOST_FRAMES: Final = 4
"""Most frames that are named of a contact who asked again and again."""
MOST_GONE: Final = 256
"""Most devices that were revoked and are remembered."""
Account = Annotated[bytes, Meta(min_length=32, max_length=32)]
At = Annotated[int, Meta(ge=0, le=2**53)]
"""When it was chosen, in ms."""


class ContactItem(msgspec.Struct, array_like=True, frozen=True, tag=1):
    """What is known of a contact; ``state`` empty: it was forgotten."""

    account: Account
    at: At
    handle: Annotated[str, Meta(max_length=255)]
    name: Annotated[str, Meta(max_length=64)]
    """What they are called here, for a device that did not know them. Else see `NicknameItem`."""
    state: Annotated[str, Meta(max_length=16)]
    room: Annotated[bytes, Meta(max_length=32)]
    greeting: Annotated[str, Meta(max_length=500)]
    card: Annotated[bytes, Meta(max_length=MAX_CARD)]
    reply: Annotated[bytes, Meta(max_length=32)] = b""
    """The secret of the box in which we wait for the answer of whom we asked, or in which who asked us waits."""
    frames: Annotated[tuple[Account, ...], Meta(max_length=MOST_FRAMES)] = ()
    """Of one who was forgotten: the hashes of the inbox frames in which they had asked."""

    def __repr__(self) -> str:
        return f"<ContactItem {self.state}>"


class NicknameItem(msgspec.Struct, array_like=True, frozen=True, tag=10):
    """What a contact is called here; empty: as they call themselves. A choice of its own, with a time of its own."""

    account: Account
    at: At
    name: Annotated[str, Meta(max_length=64)]

    def __repr__(self) -> str:
        return "<NicknameItem>"


class PreferenceItem(msgspec.Struct, array_like=True, frozen=True, tag=2):
    """Everything chosen in one scope (`core.preferences`), encoded values by name."""

    scope: Annotated[str, Meta(max_length=80)]
    at: At
    values: Annotated[dict[str, Annotated[bytes, Meta(max_length=450_000)]], Meta(max_length=32)]

    def __repr__(self) -> str:
        return "<PreferenceItem>"


class ReadItem(msgspec.Struct, array_like=True, frozen=True, tag=3):
    """The account has read a room up to a message. Never moves back."""

    room: Account
    message: Annotated[bytes, Meta(min_length=16, max_length=16)]


class CardItem(msgspec.Struct, array_like=True, frozen=True, tag=4):
    """A card that the account made; ``promise``: what the directory promised for it, encoded, or empty.

    ``gone``: devices that were revoked, told to one that was not there when they were.
    """

    card: Annotated[bytes, Meta(max_length=MAX_CARD)]
    promise: Annotated[bytes, Meta(max_length=8_192)] = b""
    gone: Annotated[tuple[Annotated[bytes, Meta(min_length=16, max_length=16)], ...], Meta(max_length=MOST_GONE)] = ()


class InboxItem(msgspec.Struct, array_like=True, frozen=True, tag=5):
    """Up to where the sending device has processed the account's inbox."""

    incarnation: Annotated[bytes, Meta(max_length=8)]
    position: Annotated[int, Meta(ge=0, le=2**53)]


class ProfileItem(msgspec.Struct, array_like=True, frozen=True, tag=6):
    """What the account says of itself: an encoded `core.model.content.Profile`."""

    at: At
    profile: Annotated[bytes, Meta(max_length=32_768)]

    def __repr__(self) -> str:
        return "<ProfileItem>"


class NameItem(msgspec.Struct, array_like=True, frozen=True, tag=7):
    """What a device is called."""

    device: Annotated[bytes, Meta(min_length=16, max_length=16)]
    at: At
    name: Annotated[str, Meta(max_length=40)]


class EndItem(msgspec.Struct, array_like=True, frozen=True, tag=8):
    """The person deletes the account: every device of it is out, and none publishes its card again."""


class RoomItem(msgspec.Struct, array_like=True, frozen=True, tag=9):
    """A room the account is in, and whom to ask for a way into it (§8).

    At once if the sending device only remembers it; else if nobody has let the other device in for some hours.
    """

    room: Account
    info: Annotated[bytes, Meta(max_length=65_536)]
    members: Annotated[
        tuple[tuple[Account, Annotated[str, Meta(max_length=255)]], ...], Meta(min_length=1, max_length=MOST_ASKED)
    ]
    joined: bool = False
    """The sending device is in it."""

    def __repr__(self) -> str:
        return "<RoomItem>"


class DeclineItem(msgspec.Struct, array_like=True, frozen=True, tag=11):
    """An invitation that the person does not want: it is not asked about on another device."""

    room: Account
    invitation: Annotated[bytes, Meta(min_length=16, max_length=16)]


SyncItem: TypeAlias = (
    ContactItem
    | PreferenceItem
    | ReadItem
    | CardItem
    | InboxItem
    | ProfileItem
    | NameItem
    | EndItem
    | RoomItem
    | NicknameItem
    | DeclineItem
)
