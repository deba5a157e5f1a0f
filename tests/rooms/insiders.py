"""What whoever was in an epoch can make of its secrets: frames that name any leaf as sender, at any generation."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass

import nullabona_mls as native
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from nullabona_mls import SUITE_CLASSIC, SUITE_PQ

from nullabona.client.core.model.state import BoxTrack
from nullabona.wire.frame import NONCE_SIZE, Kind, open_frame, seal_frame
from tests.mls.tls import Reader, vector
from tests.rooms.hostile import frames_at, mole, track_of
from tests.rooms.world import Person

SUITES = [SUITE_CLASSIC, SUITE_PQ]
SUITE_NAMES = ["classic", "pq"]
APPLICATION, COMMIT = 1, 3


@dataclass
class Insider:
    """What somebody keeps of one epoch of a room, whatever becomes of them."""

    person: Person
    track: BoxTrack
    hash: type[SHA256 | SHA384]
    group_id: bytes
    epoch: bytes
    sender_data: bytes
    leaves: dict[bytes, int]
    """device → leaf"""

    def claiming(self, leaf: int, generation: int, kind: int = APPLICATION) -> bytes:
        """A PrivateMessage that names ``leaf`` and ``generation``, with noise for content."""
        about = vector(self.group_id) + self.epoch + bytes([kind])
        content = os.urandom(200)
        said = struct.pack(">II", leaf, generation) + os.urandom(4)
        key, nonce = _key_and_nonce(self.hash, self.sender_data, content)
        sealed = AESGCM(key).encrypt(nonce, said, about)
        return bytes.fromhex("00010002") + about + vector(b"") + vector(sealed) + vector(content)

    def put(self, body: bytes, kind: Kind = Kind.MESSAGE) -> None:
        """Append it to the epoch's box, which takes from everybody who has its secrets."""
        keys = self.track.keys
        frame = seal_frame(keys.frame_key, keys.box.address, os.urandom(NONCE_SIZE), kind, body)
        self.person.world.relay.append(bytes(keys.box.address), frame)


def insider(person: Person, room: bytes) -> Insider:
    """Look into the person's own rows for the secret that hides who sends: it is in there somewhere."""
    group = mole(person, room)
    reader = Reader(group.encrypt(person.mls.signer, b"sample"))
    reader.take(4)
    group_id, epoch, kind = reader.vector(), reader.take(8), reader.number(1)
    reader.vector()
    sealed, content = reader.vector(), reader.vector()
    hash = SHA384 if person.world.suite == SUITE_PQ else SHA256
    with person.store.transaction():
        rows = person.store.mls_rows([native.group_scope(room)])
        devices = {device.device: device.leaf for device in person.store.devices(room)}
    about = vector(group_id) + epoch + bytes([kind])
    secret = next(
        each
        for _, key, row in rows
        if key.startswith(b"secrets")
        for each in (row[at : at + hash.digest_size] for at in range(len(row) - hash.digest_size + 1))
        if _opens(hash, each, sealed, content, about)
    )
    return Insider(person, track_of(person, room), hash, group_id, epoch, secret, devices)


def messages_in(person: Person, room: bytes) -> list[bytes]:
    """The MLS messages of the room's current box, as any member of the epoch can take them out of their frames."""
    keys = track_of(person, room).keys
    box = bytes(keys.box.address)
    opened = [open_frame(keys.frame_key, keys.box.address, frame) for frame in frames_at(person.world, box)]
    return [each.body for each in opened if each.kind is Kind.MESSAGE]


def aad_of(message: bytes) -> bytes:
    """The authenticated data of a PrivateMessage."""
    reader = Reader(message)
    reader.take(4)
    reader.vector()
    reader.take(9)
    return reader.vector()


def _opens(hash: type[SHA256 | SHA384], secret: bytes, sealed: bytes, content: bytes, about: bytes) -> bool:
    key, nonce = _key_and_nonce(hash, secret, content)
    try:
        AESGCM(key).decrypt(nonce, sealed, about)
    except InvalidTag:
        return False
    return True


def _key_and_nonce(hash: type[SHA256 | SHA384], secret: bytes, content: bytes) -> tuple[bytes, bytes]:
    sample = content[: hash.digest_size]
    size = 32 if hash is SHA384 else 16
    return _expand(hash, secret, "key", sample, size), _expand(hash, secret, "nonce", sample, 12)


def _expand(hash: type[SHA256 | SHA384], secret: bytes, label: str, context: bytes, size: int) -> bytes:
    info = size.to_bytes(2, "big") + vector(b"MLS 1.0 " + label.encode()) + vector(context)
    return HKDFExpand(hash(), size, info).derive(secret)
