"""Signed statements that members check without asking anybody: removal and move orders, settled claims, inbox items.

Each signature is Ed25519 by a device's key over a domain string and a canonical MessagePack array, so a statement of
one kind or room can never be taken for another (spec/room.md §§3, 5, 7).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from nullabona.client.core.model.mls_port import Mls
from nullabona.client.core.model.room_info import MAX_MOVES
from nullabona.errors import Malformed, PeerError
from nullabona.wire.certificate import DeviceCertificate, open_certificate
from nullabona.wire.signed import check_signature

Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]
Signature = Annotated[bytes, Meta(min_length=64, max_length=64)]
Key = Annotated[bytes, Meta(min_length=32, max_length=32)]

TAG_SIZE: Final = 8
MOST_LEAVES: Final = 64
"""Most keys that a removal order names."""
MOST_BY_LINK: Final = 256
"""Most accounts of which a commit says that they followed an invite link."""
_ORDER: Final = b"nullabona removal order v1"
_RULING: Final = b"nullabona ruling v1"
_CLAIM: Final = b"nullabona settled claim v1"
_MOVE: Final = b"nullabona move order v1"
_encode = msgspec.msgpack.encode


class BadProof(PeerError):
    """A signed statement is invalid."""

    code = "bad-proof"
    default_hint = "nothing was believed"


class RemovalOrder(msgspec.Struct, array_like=True, frozen=True):
    """ "Remove this account's devices", signed by a device of that account (leaving) or of an admin.

    ``leaves`` are SHA-256 hashes of the leaf encryption keys meant, so that an old order cannot remove a person who was
    added again: those in the signer's tree, and earlier ones that the account may still have on another branch.
    ``signer`` is the signing device's key; it must be in the room's tree when the order is used. ``epoch`` is that in
    which it was given: by it a member who was away since tells an old order from one of a leaf that it does not know
    yet.
    """

    room: Hash
    account: Key
    leaves: Annotated[tuple[Hash, ...], Meta(min_length=1, max_length=MOST_LEAVES)]
    signer: Key
    signature: Signature
    epoch: Annotated[int, Meta(ge=0)] = 0

    def payload(self) -> bytes:
        return _encode((self.room, self.account, self.leaves, self.signer, self.epoch))

    def verify(self) -> None:
        check_signature(self.signer, _ORDER, self.payload(), self.signature, BadProof)


class FormerKey(msgspec.Struct, array_like=True, frozen=True):
    """A leaf key that an account may still have on another branch of the room."""

    account: bytes
    hash: bytes
    """SHA-256 of the key, as in `RemovalOrder.leaves`."""
    epoch: int
    """The first epoch of our branch without it."""


def make_order(
    mls: Mls,
    signer: bytes,
    room: bytes,
    account: bytes,
    encryption_keys: Iterable[bytes],
    epoch: int = 0,
    former: Sequence[bytes] = (),
) -> RemovalOrder:
    """An order by this device for every device of ``account`` in the room, which is in ``epoch``.

    ``former``: hashes of keys that these devices may have on other branches, newest last.
    """
    now = {sha256(key).digest() for key in encryption_keys}
    before = [key for key in former if key not in now]
    leaves = tuple(sorted([*now, *before[max(0, len(now) + len(before) - MOST_LEAVES) :]]))
    payload = _encode((room, account, leaves, signer, epoch))
    return RemovalOrder(room, account, leaves, signer, mls.sign(_ORDER + payload), epoch)


class Ruling(msgspec.Struct, array_like=True, frozen=True):
    """ "By my commit that ended this epoch the room became this", signed by the device of an admin.

    It comes with a commit that changes roles, name, timer or members, and proves to a member who was away that an admin
    made that change. ``members``: see `members_hash`.
    """

    room: Hash
    epoch: Annotated[int, Meta(ge=0)]
    info: Annotated[bytes, Meta(max_length=4_096)]
    members: Hash
    certificate: Annotated[bytes, Meta(max_length=1_024)]
    signature: Signature

    def payload(self) -> bytes:
        return _encode((self.room, self.epoch, self.info, self.members, self.certificate))

    def verify(self) -> DeviceCertificate:
        """Who signed it. Raises `PeerError` unless it is signed by the device that its certificate names."""
        signer = open_certificate(self.certificate)
        check_signature(signer.device_key, _RULING, self.payload(), self.signature, BadProof)
        return signer


def members_hash(accounts: Iterable[bytes]) -> bytes:
    """SHA-256 of the sorted identity keys of everybody who is in."""
    return sha256(b"".join(sorted(set(accounts)))).digest()


def make_ruling(mls: Mls, room: bytes, epoch: int, info: bytes, accounts: Iterable[bytes]) -> Ruling:
    """A ruling by this device, which is an admin's."""
    unsigned = Ruling(room, epoch, info, members_hash(accounts), mls.identity, b"")
    return msgspec.structs.replace(unsigned, signature=mls.sign(_RULING + unsigned.payload()))


_rulings = msgspec.msgpack.Decoder(Ruling)


def encode_ruling(ruling: Ruling) -> bytes:
    return _encode(ruling)


def decode_ruling(data: bytes) -> Ruling:
    """Raises `Malformed` for anything but a ruling; the caller judges it."""
    try:
        return _rulings.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Malformed("a ruling does not decode") from None


class CommitNote(msgspec.Struct, array_like=True, frozen=True):
    """The authenticated data of a commit: the orders that justify its removals, and what an admin made of the room.

    ``tag``: by it a device knows its own commits. Anybody in the epoch can seal again what it signed.
    ``by_link``: the added accounts that followed an invite link, as the committer says.
    """

    orders: Annotated[tuple[RemovalOrder, ...], Meta(max_length=256)] = ()
    ruling: Ruling | None = None
    tag: Annotated[bytes, Meta(max_length=TAG_SIZE)] = b""
    by_link: Annotated[tuple[Key, ...], Meta(max_length=MOST_BY_LINK)] = ()


_notes = msgspec.msgpack.Decoder(CommitNote)


def encode_note(note: CommitNote) -> bytes:
    return _encode(note) if note != CommitNote() else b""


def decode_note(data: bytes) -> CommitNote:
    """Raises `Malformed` for anything but a note; nothing at all is an empty note."""
    if not data:
        return CommitNote()
    try:
        return _notes.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Malformed("a commit's note does not decode") from None


def tag_of(data: bytes) -> bytes:
    """The tag in a commit's authenticated data; empty if there is none."""
    try:
        return decode_note(data).tag
    except Malformed:
        return b""


class Claim(msgspec.Struct, array_like=True, frozen=True):
    """ "I have merged this commit": the settled mark of a commit that is put back (spec/room.md §5).

    ``removed`` names the accounts that the commit removed for good; a branch whose commit removed somebody wins over
    one that did not, so that a removal is never undone by losing a race.
    """

    box: Hash
    commit: Hash
    removed: Annotated[tuple[Key, ...], Meta(max_length=2_000)]
    signer: Key
    signature: Signature
    data: bytes = b""
    """The MLS commit itself (not signed: ``commit`` is its hash); empty if the signer came there by a ticket."""
    orders: Annotated[tuple[RemovalOrder, ...], Meta(max_length=256)] = ()
    """Why it removed them: what holds for the reader, too, proves it (not signed: each order is)."""
    refused: Annotated[bytes, Meta(max_length=32)] = b""
    """The commit of a branch to which nobody could lead the signer, as its tickets prove too little: its people have to
    come. Empty if there is none.
    """

    @property
    def rank(self) -> int:
        return 0 if self.removed else 1

    @property
    def key(self) -> tuple[int, bytes]:
        """Branches compare by this; the lowest wins."""
        return (self.rank, self.commit)

    def payload(self) -> bytes:
        return _claimed(self.box, self.commit, self.removed, self.signer, self.refused)

    def verify(self, box: bytes) -> None:
        """Raises `BadProof` unless the claim is about ``box``, holds no other commit than its own and is signed."""
        if self.box != box or (self.data and sha256(self.data).digest() != self.commit):
            raise BadProof("a settled claim is about another commit")
        check_signature(self.signer, _CLAIM, self.payload(), self.signature, BadProof)


_claims = msgspec.msgpack.Decoder(Claim)


def _claimed(box: bytes, commit: bytes, removed: tuple[bytes, ...], signer: bytes, refused: bytes) -> bytes:
    """What the signature of a claim covers."""
    return _encode((box, commit, removed, signer, *((refused,) if refused else ())))


def make_claim(
    mls: Mls,
    signer: bytes,
    box: bytes,
    commit: bytes,
    removed: tuple[bytes, ...],
    orders: tuple[RemovalOrder, ...] = (),
    refused: bytes = b"",
) -> bytes:
    """The encoded claim of this device for a commit (its MLS bytes)."""
    bare = decode_claim(make_bare_claim(mls, signer, box, sha256(commit).digest(), removed, orders, refused))
    return _encode(msgspec.structs.replace(bare, data=commit))


def make_bare_claim(
    mls: Mls,
    signer: bytes,
    box: bytes,
    digest: bytes,
    removed: tuple[bytes, ...],
    orders: tuple[RemovalOrder, ...] = (),
    refused: bytes = b"",
) -> bytes:
    """The encoded claim of this device for a commit of which it knows only the hash."""
    signature = mls.sign(_CLAIM + _claimed(box, digest, removed, signer, refused))
    return _encode(Claim(box, digest, removed, signer, signature, b"", orders, refused))


def decode_claim(data: bytes) -> Claim:
    """Raises `Malformed` for anything but a claim; the caller verifies it."""
    try:
        return _claims.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Malformed("a settled claim does not decode") from None


class MoveOrder(msgspec.Struct, array_like=True, frozen=True):
    """ "The room's boxes are kept by this relay from now on", signed by a device of somebody who may move the room.

    Of several orders, the one with the highest ``number`` is valid, and of those the one with the lowest hash: devices
    that know the same orders go to the same relay.
    """

    room: Hash
    number: Annotated[int, Meta(ge=1, le=MAX_MOVES)]
    relay: Annotated[str, Meta(min_length=1, max_length=255)]
    signer: Key
    signature: Signature

    @property
    def rank(self) -> tuple[int, bytes]:
        """Orders of a room compare by this; the lowest holds."""
        return (-self.number, sha256(self.payload()).digest())

    def payload(self) -> bytes:
        return _encode((self.room, self.number, self.relay, self.signer))

    def verify(self) -> None:
        check_signature(self.signer, _MOVE, self.payload(), self.signature, BadProof)


_moves = msgspec.msgpack.Decoder(MoveOrder)


def make_move(mls: Mls, signer: bytes, room: bytes, number: int, relay: str) -> MoveOrder:
    """A move order by this device."""
    payload = _encode((room, number, relay, signer))
    return MoveOrder(room, number, relay, signer, mls.sign(_MOVE + payload))


def encode_move(order: MoveOrder) -> bytes:
    return _encode(order)


def decode_move(data: bytes) -> MoveOrder:
    """Raises `Malformed` for anything but a move order; the caller judges it."""
    try:
        return _moves.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Malformed("a move order does not decode") from None
