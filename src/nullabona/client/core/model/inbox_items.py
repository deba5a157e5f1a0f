"""What accounts put into one another's inboxes, signed by a device and sealed to the inbox (spec/room.md §7, §9)."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

from nullabona.client.core.model.mls_port import Mls
from nullabona.client.core.model.proofs import BadProof, RemovalOrder, Ruling
from nullabona.errors import Malformed
from nullabona.wire.address import Address
from nullabona.wire.blob import BlobRef
from nullabona.wire.carried import MAX_CARRIED
from nullabona.wire.certificate import DeviceCertificate, open_certificate
from nullabona.wire.messages import MAX_CARD
from nullabona.wire.seal import PUBLIC_KEY_SIZE
from nullabona.wire.signed import check_signature

Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]
Order = Annotated[bytes, Meta(max_length=1_024)]
"""An encoded `MoveOrder` that the room's info does not say yet, or empty."""
Proof = Annotated[bytes, Meta(max_length=MAX_CARRIED)]
"""That the sender's card is in the record (`nullabona.wire.carried`), or empty."""
ID_SIZE: Final = 8
"""Bytes of the id of a question in a room's box."""
_DOMAIN: Final = b"nullabona inbox item v1"
MAX_LARGE: Final = 16 * 1_048_576
MOST_TOLD: Final = 256
"""Rooms that are told at once, and members of each."""


class Item(msgspec.Struct, array_like=True, frozen=True):
    """A sealed item in an inbox. Never shown in an error or log: it has requests, ways into rooms and their secrets."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class ContactRequest(Item, array_like=True, frozen=True, tag=1):
    """ "May I talk to you?" ``card`` is the asker's card; ``greeting`` a line for the person."""

    card: Annotated[bytes, Meta(max_length=MAX_CARD)]
    greeting: Annotated[str, Meta(max_length=500)]
    token: Annotated[bytes, Meta(max_length=16)] = b""
    """Of the link that brought the asker here, or empty."""
    reply: Annotated[bytes, Meta(max_length=32)] = b""
    """The secret of the box in which the asker waits for the answer (`core.delivery.reply_boxes`), or empty."""
    proof: Proof = b""


class Invitation(Item, array_like=True, frozen=True, tag=2):
    """A Welcome into a room and the tree it needs, which all who are invited at once share as one blob.

    ``id`` is the sender's, so that a repeat is recognised. ``blob`` is the reference to an encoded `WelcomePack` on
    ``relay``, which is that of the inbox.
    """

    id: Annotated[bytes, Meta(min_length=16, max_length=16)]
    room: Hash
    relay: Annotated[str, Meta(max_length=255)]
    blob: BlobRef
    order: Order = b""
    card: Annotated[bytes, Meta(max_length=MAX_CARD)] = b""
    """The sender's card, with its ``proof``, for an account that may not know the sender; or both are empty."""
    proof: Proof = b""


History: TypeAlias = Annotated[
    tuple[tuple[Annotated[int, Meta(ge=0)], Hash, tuple[Hash, ...]], ...], Meta(max_length=256)
]
"""(epoch, commit hash, accounts removed) of a branch, newest last."""


class WelcomePack(Item, array_like=True, frozen=True):
    """What an invitation's blob holds."""

    welcome: Annotated[bytes, Meta(max_length=MAX_LARGE)]
    tree: Annotated[bytes, Meta(max_length=MAX_LARGE)]
    history: History = ()
    """As of a `Ticket`."""


class TicketRequest(Item, array_like=True, frozen=True, tag=3):
    """ "Help me back into the room." ``commit`` is the winning commit that ended ``epoch``, or empty.

    ``own``: the commit that ended ``epoch`` on the sender's branch; empty if none did. ``newest``: the commit that
    ended ``newest_epoch`` there, the last epoch before the sender's; empty if only the thread was lost. A member on a
    third branch answers with a ticket there.

    A request in a box of the room names that ``box``, the account that shall answer and the ``key`` to which the answer
    in that box is sealed (spec/room.md §7.1). ``id`` is random: the same question in two boxes is answered once. In a
    request that comes by an inbox these four are empty.
    """

    room: Hash
    epoch: Annotated[int, Meta(ge=0)]
    commit: Annotated[bytes, Meta(max_length=32)]
    own: Annotated[bytes, Meta(max_length=32)] = b""
    newest_epoch: Annotated[int, Meta(ge=0)] = 0
    newest: Annotated[bytes, Meta(max_length=32)] = b""
    box: Annotated[bytes, Meta(max_length=32)] = b""
    helper: Annotated[bytes, Meta(max_length=32)] = b""
    key: Annotated[bytes, Meta(max_length=PUBLIC_KEY_SIZE)] = b""
    id: Annotated[bytes, Meta(max_length=ID_SIZE)] = b""


class Ticket(Item, array_like=True, frozen=True, tag=4):
    """What a member's own device needs to rejoin at ``epoch`` by an external commit.

    ``secret`` is that epoch's room secret; up to ``seq`` of incarnation ``incarnation`` its box holds no valid commit.
    ``history`` are (epoch, commit hash, accounts removed) of the branch, newest last.
    """

    room: Hash
    epoch: Annotated[int, Meta(ge=0)]
    secret: Hash
    group_info: Annotated[bytes, Meta(max_length=MAX_LARGE)]
    tree: Annotated[bytes, Meta(max_length=MAX_LARGE)]
    incarnation: Annotated[bytes, Meta(max_length=8)]
    seq: Annotated[int, Meta(ge=0)]
    history: History
    order: Order = b""
    rulings: Annotated[tuple[Ruling, ...], Meta(max_length=32)] = ()
    """What admins have made of the room, newest last; ``went``: by which orders accounts went since then."""
    went: Annotated[tuple[RemovalOrder, ...], Meta(max_length=256)] = ()


class Gone(Item, array_like=True, frozen=True, tag=5):
    """The answer to a `TicketRequest` of an account that is not in the room any more (``device`` is empty), or of a
    ``device`` that its account has revoked.

    The devices of an account share one inbox, so each reads what was answered to another one. ``day``: when it was
    said, in days since 1970; an old answer may be from before the account came back.
    """

    room: Hash
    device: Annotated[bytes, Meta(max_length=16)] = b""
    day: Annotated[int, Meta(ge=0)] = 0


class LinkUse(Item, array_like=True, frozen=True, tag=6):
    """ "I was given a link into this group." ``card`` is the card of the account that wants to be added."""

    room: Hash
    token: Annotated[bytes, Meta(min_length=16, max_length=16)]
    card: Annotated[bytes, Meta(max_length=MAX_CARD)]
    proof: Proof = b""


class FileRequest(Item, array_like=True, frozen=True, tag=7):
    """ "The relay does not have your file any more: put it back." ``message`` is the message it belongs to."""

    room: Hash
    message: Annotated[bytes, Meta(min_length=16, max_length=16)]


Reason: TypeAlias = Literal["used", "expired", "closed"]
"""Why a link leads nowhere: used up, past its time, or taken back (or its giver cannot let anybody in any more)."""


class LinkRefusal(Item, array_like=True, frozen=True, tag=8):
    """The answer to a `LinkUse` whose link was good once."""

    room: Hash
    token: Annotated[bytes, Meta(min_length=16, max_length=16)]
    reason: Reason


class RoomsAsked(Item, array_like=True, frozen=True, tag=9):
    """ "Which rooms are we both in?" By a device that came back without them."""


class RoomTold(Item, array_like=True, frozen=True):
    """A room, what it agreed on, and accounts in it that may be asked for a way back."""

    room: Hash
    info: Annotated[bytes, Meta(max_length=65_536)]
    members: Annotated[
        tuple[tuple[Hash, Annotated[str, Meta(max_length=255)]], ...], Meta(min_length=1, max_length=MOST_TOLD)
    ]


class RoomsTold(Item, array_like=True, frozen=True, tag=10):
    """The answer to `RoomsAsked`: where the asker's account is and the asking device is not."""

    rooms: Annotated[tuple[RoomTold, ...], Meta(max_length=MOST_TOLD)]

    def __repr__(self) -> str:
        return f"<RoomsTold {len(self.rooms)}>"


class OwnLetter(Item, array_like=True, frozen=True, tag=11):
    """Nothing: a device wrote it to its own account (`core.devices.own_letters`). Nobody acts on it."""

    filler: Annotated[bytes, Meta(max_length=16_384)]


ItemBody: TypeAlias = (
    ContactRequest
    | Invitation
    | TicketRequest
    | Ticket
    | Gone
    | LinkUse
    | FileRequest
    | LinkRefusal
    | RoomsAsked
    | RoomsTold
    | OwnLetter
)


class SignedItem(Item, array_like=True, frozen=True):
    certificate: Annotated[bytes, Meta(max_length=1_024)]
    body: Annotated[bytes, Meta(max_length=2 * MAX_LARGE)]
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]


_items = msgspec.msgpack.Decoder(SignedItem)
_bodies = msgspec.msgpack.Decoder(ItemBody)
_packs = msgspec.msgpack.Decoder(WelcomePack)


def encode_pack(welcome: bytes, tree: bytes, history: History = ()) -> bytes:
    return msgspec.msgpack.encode(WelcomePack(welcome, tree, history))


def decode_pack(data: bytes) -> WelcomePack:
    """Raises `Malformed` for anything but a pack."""
    try:
        return _packs.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Malformed("an invitation's blob does not decode") from None


def sign_item(mls: Mls, inbox: Address, body: ItemBody) -> bytes:
    """The encoded item from this device for that inbox and no other."""
    data = msgspec.msgpack.encode(body)
    return msgspec.msgpack.encode(SignedItem(mls.identity, data, mls.sign(_DOMAIN + inbox + data)))


def open_item(inbox: Address, data: bytes) -> tuple[DeviceCertificate, ItemBody]:
    """The verified sender and what they say. Raises `PeerError` for anything else."""
    try:
        item = _items.decode(data)
        body = _bodies.decode(item.body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Malformed("an inbox item does not decode") from None
    sender = open_certificate(item.certificate)
    check_signature(sender.device_key, _DOMAIN, inbox + item.body, item.signature, BadProof)
    return sender, body
