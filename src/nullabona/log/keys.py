"""Keys of logs and witnesses: three kinds, how they are written (vkeys), how they sign and verify.

``ED25519`` (0x01) signs a note's text as it is. ``COSIGN_ED25519`` (0x04) and ``COSIGN_MLDSA44`` (0x06) sign
checkpoints, with a time; the latter is also how a log signs its own. Other types of signed-note are refused. ML-DSA-44
signing takes chance inside the library (FIPS 204, hedged), so two signatures over one text differ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from nullabona.errors import Malformed
from nullabona.log.checkpoint import parse_checkpoint
from nullabona.log.cosignature import ed25519_message, join_time, mldsa_message, split_time
from nullabona.log.note import KEY_ID_SIZE, NoteInvalid, key_id
from nullabona.log.strict import decode_base64, encode_base64, is_key_name

MAX_VKEY: Final = 4096
SEED_SIZE: Final = 32
_P: Final = 2**255 - 19
_ORDER_8: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
"""y of a point of order 8; with p minus it, 0 (order 4), 1 and p-1 it makes every point that a small order has."""


class Kind(IntEnum):
    """Signature types of signed-note that are used here."""

    ED25519 = 0x01
    COSIGN_ED25519 = 0x04
    COSIGN_MLDSA44 = 0x06


_KEY_SIZE: Final = {Kind.ED25519: 32, Kind.COSIGN_ED25519: 32, Kind.COSIGN_MLDSA44: 1312}
_SIGNATURE_SIZE: Final = {Kind.COSIGN_ED25519: 64, Kind.COSIGN_MLDSA44: 2420}


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key of one kind and the name it signs under; a `nullabona.log.note.Verifier`."""

    name: str
    kind: Kind
    public_key: bytes

    def __post_init__(self) -> None:
        """Raises `Malformed` if the name cannot be a key's, or the key is none of its kind."""
        if not is_key_name(self.name) or len(self.name.encode()) > 255:
            raise Malformed("not a name that a key may have")
        if len(self.public_key) != _KEY_SIZE[self.kind]:
            raise Malformed("a public key has the wrong length")
        if self.kind is not Kind.COSIGN_MLDSA44:
            _refuse_small_order(self.public_key)

    @property
    def key_id(self) -> bytes:
        """The four bytes on its signature lines."""
        return key_id(self.name, self.kind, self.public_key)

    def verify(self, note_text: bytes, blob: bytes) -> int | None:
        """The time that the signature states, if any. Raises `NoteInvalid` unless it holds over the text."""
        try:
            return _VERIFY[self.kind](self, note_text, blob)
        except (InvalidSignature, ValueError, Malformed):
            raise NoteInvalid(f"a signature of {self.name} does not hold") from None

    def encode(self) -> str:
        """The vkey: name, key id and key, joined by plus signs."""
        return f"{self.name}+{self.key_id.hex()}+{encode_base64(bytes([self.kind]) + self.public_key)}"


def parse_vkey(text: str) -> VerifierKey:
    """The key that a vkey is; its encoding is ``text`` again. Raises `Malformed`, also for types not used here."""
    parts = text.split("+", 2)
    if len(text) > MAX_VKEY or len(parts) != 3:
        raise Malformed("not a vkey")
    name, identifier, encoded = parts
    data = decode_base64(encoded)
    if data[:1] not in {bytes([kind]) for kind in Kind}:
        raise Malformed("a vkey of a type that is not used here")
    key = VerifierKey(name, Kind(data[0]), data[1:])
    if key.key_id.hex() != identifier or len(identifier) != 2 * KEY_ID_SIZE:
        raise Malformed("a vkey's key id is not that of its key")
    return key


@dataclass(frozen=True, slots=True)
class SignerKey:
    """A private key of one kind and the name it signs under; a `nullabona.log.note.Signer`."""

    verifier: VerifierKey
    _sign: Callable[[bytes], bytes] = field(repr=False)

    @property
    def name(self) -> str:
        """The name on its signature lines."""
        return self.verifier.name

    @property
    def key_id(self) -> bytes:
        """The key id on its signature lines."""
        return self.verifier.key_id

    def under(self, name: str) -> SignerKey:
        """The same private key under another name, such as that of a log's key log (spec/log.md §9)."""
        return replace(self, verifier=replace(self.verifier, name=name))

    def sign(self, note_text: bytes, time_s: int) -> bytes:
        """The signature's bytes after the key id. Raises `Malformed` if a cosigner is given no checkpoint."""
        match self.verifier.kind:
            case Kind.ED25519:
                return self._sign(note_text)
            case Kind.COSIGN_ED25519:
                parse_checkpoint(note_text)
                return join_time(time_s, self._sign(ed25519_message(note_text, time_s)))
            case Kind.COSIGN_MLDSA44:
                message = mldsa_message(self.name, parse_checkpoint(note_text), time_s)
                return join_time(time_s, self._sign(message))


def new_signer(kind: Kind, name: str, seed: bytes) -> SignerKey:
    """The signer whose private key is ``seed`` (32 bytes of the caller's chance)."""
    if len(seed) != SEED_SIZE:
        raise Malformed("a signer's seed has 32 bytes")
    if kind is Kind.COSIGN_MLDSA44:
        mldsa = MLDSA44PrivateKey.from_seed_bytes(seed)
        return SignerKey(VerifierKey(name, kind, mldsa.public_key().public_bytes_raw()), mldsa.sign)
    private = Ed25519PrivateKey.from_private_bytes(seed)
    return SignerKey(VerifierKey(name, kind, private.public_key().public_bytes_raw()), private.sign)


def vkey(signer: SignerKey) -> str:
    """The vkey that verifies what ``signer`` signs."""
    return signer.verifier.encode()


def _verify_ed25519(key: VerifierKey, text: bytes, blob: bytes) -> None:
    Ed25519PublicKey.from_public_bytes(key.public_key).verify(blob, text)


def _verify_cosignature(key: VerifierKey, text: bytes, blob: bytes) -> int | None:
    checkpoint = parse_checkpoint(text)
    time_s, signature = split_time(blob, _SIGNATURE_SIZE[key.kind])
    if key.kind is Kind.COSIGN_ED25519:
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(signature, ed25519_message(text, time_s))
    else:
        public = MLDSA44PublicKey.from_public_bytes(key.public_key)
        public.verify(signature, mldsa_message(key.name, checkpoint, time_s))
    return time_s or None


_VERIFY: Final[dict[Kind, Callable[[VerifierKey, bytes, bytes], int | None]]] = {
    Kind.ED25519: _verify_ed25519,
    Kind.COSIGN_ED25519: _verify_cosignature,
    Kind.COSIGN_MLDSA44: _verify_cosignature,
}


def _refuse_small_order(public_key: bytes) -> None:
    """Raises `Malformed` for keys under which one signature holds over many texts, and for y of p or more.

    OpenSSL takes both; a log with such a key could disown what it signed.
    """
    y = int.from_bytes(public_key, "little") & (2**255 - 1)
    if y >= _P or y in {0, 1, _P - 1, _ORDER_8, _P - _ORDER_8}:
        raise Malformed("an Ed25519 key of small order or in a second spelling")
