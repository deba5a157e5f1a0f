"""A verifiable random function: ECVRF-EDWARDS25519-SHA512-TAI of RFC 9381, over libsodium's group through PyNaCl.

Anyone who has the secret key computes the one output that a public key gives to an input, and a proof of it; nobody
else can compute or guess it. Pure: the secret is 32 bytes given by the caller.

Stricter than the RFC in one point: a proof whose point lies outside the main subgroup is refused. An honest one never
does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha512
from typing import Final, Self

from nacl import bindings as sodium
from nacl import exceptions

from nullabona.errors import Bug, PeerError

PROOF_BYTES: Final = 80
KEY_BYTES: Final = 32

_SUITE: Final = b"\x03"
_ENCODE: Final = b"\x01"
_CHALLENGE: Final = b"\x02"
_OUTPUT: Final = b"\x03"
_END: Final = b"\x00"
_P: Final = 2**255 - 19
_Q: Final = 2**252 + 27742317777372353535851937790883648493
_SIGN: Final = 2**255
_IDENTITY: Final = b"\x01" + bytes(31)
_CHALLENGE_BYTES: Final = 16
_EIGHT: Final = b"\x08" + bytes(31)
"""The cofactor."""


class VrfInvalid(PeerError):
    """A public key or a proof of the random function does not hold."""

    code = "vrf-invalid"
    default_hint = "nothing was believed; the directory did not prove the handle's place in its record"


@dataclass(frozen=True, slots=True)
class VrfKey:
    """A secret key, from 32 bytes of chance."""

    public: bytes
    _scalar: bytes = field(repr=False)
    _prefix: bytes = field(repr=False)
    _eightfold: bytes = field(repr=False)
    """Eight times the scalar, in its group: with it a point of the main subgroup is multiplied by both at once."""

    @classmethod
    def of(cls, seed: bytes) -> Self:
        """The key of ``seed``; as an Ed25519 key is made of it (RFC 8032, 5.1.5)."""
        if len(seed) != KEY_BYTES:
            raise Bug("the seed of a random function has 32 bytes")
        digest = sha512(seed).digest()
        scalar = bytes([digest[0] & 248]) + digest[1:31] + bytes([digest[31] & 127 | 64])
        eightfold = sodium.crypto_core_ed25519_scalar_mul(_EIGHT, _reduced(scalar))
        return cls(sodium.crypto_scalarmult_ed25519_base_noclamp(scalar), scalar, digest[32:], eightfold)

    def output(self, alpha: bytes) -> bytes:
        """The 64 bytes for ``alpha``, as `output_of` its proof gives them, at two fifths of the work."""
        return _output(sodium.crypto_scalarmult_ed25519_noclamp(self._eightfold, _encode(self.public, alpha)))

    def prove(self, alpha: bytes) -> bytes:
        """The proof for ``alpha`` (RFC 9381, 5.1); `output_of` it is the output. Always the same one."""
        point = _encode(self.public, alpha)
        gamma = sodium.crypto_scalarmult_ed25519_noclamp(self._scalar, point)
        nonce = sodium.crypto_core_ed25519_scalar_reduce(sha512(self._prefix + point).digest())
        u = sodium.crypto_scalarmult_ed25519_base_noclamp(nonce)
        v = sodium.crypto_scalarmult_ed25519_noclamp(nonce, point)
        c = _challenge(self.public, point, gamma, u, v)
        product = sodium.crypto_core_ed25519_scalar_mul(_scalar(c), _reduced(self._scalar))
        return gamma + c + sodium.crypto_core_ed25519_scalar_add(nonce, product)


def check_public(public: bytes) -> None:
    """Raises `VrfInvalid` unless ``public`` is a key under which each input has one output (RFC 9381, 5.4.5)."""
    if len(public) != KEY_BYTES or not sodium.crypto_core_ed25519_is_valid_point(public):
        raise VrfInvalid("this is no public key of the random function")


def output_of(proof: bytes) -> bytes:
    """The 64 bytes that a proof is about (RFC 9381, 5.2). It proves nothing by itself. Raises `VrfInvalid`."""
    _check_form(proof)
    return _output(_times_cofactor(proof[:32]))


def verify(public: bytes, alpha: bytes, proof: bytes) -> bytes:
    """The one output for ``alpha`` under ``public`` (RFC 9381, 5.3). Raises `VrfInvalid`."""
    check_public(public)
    _check_form(proof)
    gamma, c, s = proof[:32], proof[32:48], proof[48:]
    point = _encode(public, alpha)
    try:
        u = sodium.crypto_core_ed25519_sub(
            sodium.crypto_scalarmult_ed25519_base_noclamp(s),
            sodium.crypto_scalarmult_ed25519_noclamp(_scalar(c), public),
        )
        v = sodium.crypto_core_ed25519_sub(
            sodium.crypto_scalarmult_ed25519_noclamp(s, point),
            sodium.crypto_scalarmult_ed25519_noclamp(_scalar(c), gamma),
        )
    except exceptions.CryptoError:
        raise VrfInvalid("a proof of the random function is out of the group") from None
    if _challenge(public, point, gamma, u, v) != c:
        raise VrfInvalid("a proof of the random function does not hold")
    return _output(_times_cofactor(gamma))


def _output(cleared: bytes) -> bytes:
    """Of eight times gamma."""
    return sha512(_SUITE + _OUTPUT + cleared + _END).digest()


def _check_form(proof: bytes) -> None:
    if len(proof) != PROOF_BYTES or int.from_bytes(proof[48:], "little") >= _Q:
        raise VrfInvalid("this is no proof of the random function")
    if not sodium.crypto_core_ed25519_is_valid_point(proof[:32]):
        raise VrfInvalid("a proof of the random function is out of the group")


def _encode(public: bytes, alpha: bytes) -> bytes:
    """The point of an input: try and increment (RFC 9381, 5.4.1.1)."""
    for count in range(256):
        text = sha512(_SUITE + _ENCODE + public + alpha + bytes([count]) + _END).digest()[:32]
        if int.from_bytes(text, "little") % _SIGN >= _P:
            continue
        try:
            point = _times_cofactor(text)
        except exceptions.CryptoError:
            continue
        if point != _IDENTITY:
            return point
    raise Bug("256 hashes in a row are no points")


def _times_cofactor(point: bytes) -> bytes:
    """Eight times a point, by additions: libsodium multiplies only points of the main subgroup."""
    for _ in range(3):
        point = sodium.crypto_core_ed25519_add(point, point)
    return point


def _challenge(*points: bytes) -> bytes:
    return sha512(_SUITE + _CHALLENGE + b"".join(points) + _END).digest()[:_CHALLENGE_BYTES]


def _reduced(scalar: bytes) -> bytes:
    return sodium.crypto_core_ed25519_scalar_reduce(scalar + bytes(32))


def _scalar(challenge: bytes) -> bytes:
    return challenge + bytes(32 - _CHALLENGE_BYTES)
