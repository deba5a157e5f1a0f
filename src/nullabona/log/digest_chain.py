"""The signed chain of a relay's activity digests (spec/relay.md §4.8). Pure.

Each digest is a link: its hash covers the hash before it. The relay signs the number and the hash of the last digest
that it sends, as a checkpoint (C2SP tlog-checkpoint) whose origin is the key itself. So a device that comes back over
another connection sees whether it was told the same there, and keeps two signed heads that contradict each other.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from nullabona.errors import Malformed, PeerError
from nullabona.log.checkpoint import Checkpoint
from nullabona.log.keys import Kind, VerifierKey, new_signer
from nullabona.log.note import Note, NoteInvalid, NoteSignature

FORM: Final = "nullabona digests evidence v1"
MOST_LINKS: Final = 4_096
"""Digests between the two heads of evidence, at most: as many as one answer has."""
_LEAF: Final = b"nullabona digest v1"
_LINK: Final = b"nullabona digest chain v1"
_FIRST: Final = b"nullabona digest stream v1"
_NOTHING: Final = b"\x02"
_TAG_SIZE: Final = 4
FEW_TAGS: Final = 8
"""So many tags of a digest that has more are kept in any case."""
_OMITTED: Final = bytes(_TAG_SIZE)
"""The first tag of a digest that does not list all activity (`nullabona.wire.wakes`)."""
ALL: Final = b"\x00"
"""Begins what goes with a digest that has all of more than a few tags: the few that are kept in any case follow."""
FEW: Final = b"\x01"
"""Begins what goes with a digest of which a few tags are left: the hash of all others follows."""

Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]
Signature = Annotated[bytes, Meta(min_length=64, max_length=64)]


class EvidenceOfDigestsInvalid(PeerError):
    """A file is no evidence of two streams of digests, or its heads do not contradict each other."""

    code = "digest-evidence-invalid"
    default_hint = "do not believe it"


def leaf_of(salt: bytes, tags: bytes, other: bytes = b"") -> bytes:
    """The hash of one digest. It is the same for all its tags and for the few that are kept of many.

    ``other``: empty, or `ALL` and the few, or `FEW` and the hash of the tags that are not here. Raises `Malformed` for
    what no relay tells: of one hash nobody can be shown anything but all tags, or the same few of them and that some
    are omitted.
    """
    if not other:
        return sha256(_LEAF + b"\x00" + salt + tags).digest()
    few, rest = other[1:], b""
    if other[:1] == ALL:
        rest = sha256(without(tags, few)).digest()
    elif other[:1] == FEW and tags.startswith(_OMITTED):
        few, rest = tags[_TAG_SIZE:], other[1:]
    if len(few) != FEW_TAGS * _TAG_SIZE or len(rest) != sha256().digest_size:
        raise Malformed("no digest of many activity tags")
    return sha256(_LEAF + b"\x02" + salt + sha256(few).digest() + rest).digest()


def without(tags: bytes, few: bytes) -> bytes:
    """The ``tags`` that are not ``few``. Raises `Malformed` unless both are sorted, and the few are among them."""
    left, gone = _values(tags), _values(few)
    for value in reversed(gone):
        at = bisect_left(left, value)
        if left[at : at + 1] != [value]:
            raise Malformed("activity tags that are not among the others")
        del left[at]
    return struct.pack(f">{len(left)}I", *left)


def _values(tags: bytes) -> list[int]:
    if len(tags) % _TAG_SIZE:
        raise Malformed("half an activity tag")
    values = list(struct.unpack(f">{len(tags) // _TAG_SIZE}I", tags))
    if values != sorted(values):  # else the same tags could be shown in another order, or with the mark elsewhere
        raise Malformed("activity tags that are not sorted")
    return values


def link(before: bytes, leaf: bytes) -> bytes:
    """The chain's hash at a digest, made of the hash before it."""
    return sha256(_LINK + before + leaf).digest()


def skip(before: bytes) -> bytes:
    """The same for a number under which nothing was told."""
    return sha256(_LINK + _NOTHING + before).digest()


def first_hash(key: bytes, number: int) -> bytes:
    """The hash with which a stream begins after this number."""
    return sha256(_FIRST + key + number.to_bytes(8, "big")).digest()


def fold(before: bytes, leaves: Sequence[bytes]) -> Iterator[bytes]:
    """The hash before the first of these digests, and at each of them."""
    yield before
    for leaf in leaves:
        before = link(before, leaf)
        yield before


class StreamKey:
    """Signs one stream of digests. ``seed``: 32 random bytes, used for one stream only."""

    def __init__(self, seed: bytes) -> None:
        signer = new_signer(Kind.ED25519, "activity", seed)
        self.public = signer.verifier.public_key
        self._signer = signer.under(_origin(self.public))

    def sign(self, number: int, hashed: bytes) -> bytes:
        """64 bytes over the chain's hash at a number."""
        return self._signer.sign(_text(self.public, number, hashed), 0)


class DigestHead(msgspec.Struct, array_like=True, frozen=True):
    """The chain's hash at a number, as the holder of ``key`` signed it; nothing is checked."""

    key: Hash
    number: Annotated[int, Meta(ge=0, le=2**53)]
    hashed: Hash
    signature: Signature

    def check(self) -> None:
        """Raises `NoteInvalid` or `Malformed` unless the signature holds."""
        verifier = VerifierKey(_origin(self.key), Kind.ED25519, self.key)
        verifier.verify(_text(self.key, self.number, self.hashed), self.signature)

    def note(self) -> bytes:
        """The same as a signed note, which any tool for these can verify."""
        verifier = VerifierKey(_origin(self.key), Kind.ED25519, self.key)
        signed = NoteSignature(verifier.name, verifier.key_id, self.signature)
        return Note(_text(self.key, self.number, self.hashed), (signed,)).encode()


class _Evidence(msgspec.Struct, array_like=True, frozen=True):
    form: Literal["nullabona digests evidence v1"]
    known: DigestHead
    shown: DigestHead
    first: Annotated[int, Meta(ge=0, le=2**53)]
    before: Hash
    leaves: Annotated[tuple[Hash, ...], Meta(max_length=MOST_LINKS)]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two heads that one key signed and that cannot both be of one stream.

    ``shown`` was reached from ``before``, the hash at number ``first``, by digests with the hashes ``leaves``; the
    number of ``known`` is among these, and there the chain has another hash.
    """

    known: DigestHead
    shown: DigestHead
    first: int
    before: bytes
    leaves: tuple[bytes, ...]

    def encode(self) -> bytes:
        """A file that proves that one key signed both heads; not whose key: anybody can draw one and make it."""
        return msgspec.msgpack.encode(_Evidence(FORM, self.known, self.shown, self.first, self.before, self.leaves))

    @property
    def other(self) -> bytes:
        """The hash that the chain of ``shown`` has at the number of ``known``."""
        return list(fold(self.before, self.leaves))[self.known.number - self.first]


def is_contradiction(data: bytes) -> bool:
    """Whether bytes are such a file; nothing of it is checked."""
    try:
        msgspec.msgpack.decode(data, type=_Evidence)
    except msgspec.MsgspecError:
        return False
    return True


def verify_contradiction(data: bytes) -> Contradiction:
    """What a file shows, checked: one key signed both. Whose key that is nothing here says.

    Raises `EvidenceOfDigestsInvalid`.
    """
    try:
        read = msgspec.msgpack.decode(data, type=_Evidence)
        for head in (read.known, read.shown):
            head.check()
    except (msgspec.MsgspecError, NoteInvalid, Malformed) as error:
        raise EvidenceOfDigestsInvalid(f"this does not hold as evidence: {error}") from error
    hashes = list(fold(read.before, read.leaves))
    at = read.known.number - read.first
    if read.known.key != read.shown.key or (read.shown.number, read.shown.hashed) != (
        read.first + len(read.leaves),
        hashes[-1],
    ):
        raise EvidenceOfDigestsInvalid("the digests do not lead to what was signed")
    if not 0 <= at < len(hashes) or hashes[at] == read.known.hashed:
        raise EvidenceOfDigestsInvalid("the two heads agree")
    return Contradiction(read.known, read.shown, read.first, read.before, read.leaves)


def _origin(key: bytes) -> str:
    return f"activity/{key.hex()}"


def _text(key: bytes, number: int, hashed: bytes) -> bytes:
    return Checkpoint(_origin(key), number, hashed).encode()
