"""The post-quantum wire is the draft's suite, judged by code that shares nothing with OpenMLS.

No vectors exist for MLKEM768X25519 / AES-256-GCM / SHA-384 / Ed25519. `cryptography` (OpenSSL) opens the HPKE of one of
our Welcomes with the joiner's private key, and the key schedule of RFC 9420 section 8 is walked by hand from there.
"""

import hashlib

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from nullabona_mls import KEY_PACKAGE_SCOPE, SUITE_PQ

from tests.mls.device import Device, config
from tests.mls.tls import Reader, vector

HASH_SIZE = 48


def expand_with_label(secret: bytes, label: str, context: bytes, size: int = HASH_SIZE) -> bytes:
    info = size.to_bytes(2, "big") + vector(b"MLS 1.0 " + label.encode()) + vector(context)
    return HKDFExpand(SHA384(), size, info).derive(secret)


def private_key(row: bytes) -> MLKEM768X25519PrivateKey:
    """The joiner's init key from its stored row, which ends with two X-Wing seeds: the init key's and the leaf's."""
    assert b"\x20" == row[-66:-65] == row[-33:-32]
    expanded = hashlib.shake_256(row[-65:-33]).digest(96)
    return MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(expanded[:64]), X25519PrivateKey.from_private_bytes(expanded[64:])
    )


def open_welcome(welcome: bytes, key: MLKEM768X25519PrivateKey) -> tuple[bytes, bytes]:
    """The joiner secret and the encrypted GroupInfo."""
    reader = Reader(welcome)
    assert bytes.fromhex("00010003") + SUITE_PQ.to_bytes(2, "big") == reader.take(6)
    secrets, encrypted_info = Reader(reader.vector()), reader.vector()
    secrets.vector()
    encapsulated, sealed = secrets.vector(), secrets.vector()
    assert (b"", b"", 1120) == (secrets.rest, reader.rest, len(encapsulated))
    suite = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA384, AEAD.AES_256_GCM)
    info = vector(b"MLS 1.0 Welcome") + vector(encrypted_info)
    group_secrets = Reader(suite.decrypt(encapsulated + sealed, key, info))
    return group_secrets.vector(), encrypted_info


def group_context(info: bytes) -> bytes:
    """The GroupContext that a GroupInfo begins with."""
    reader = Reader(info)
    reader.take(4)
    reader.vector()
    reader.take(8)
    for _ in range(3):
        reader.vector()
    return info[: len(info) - len(reader.rest)]


def extract(salt: bytes, key: bytes) -> bytes:
    return HKDF.extract(SHA384(), salt, key)


def test_an_independent_key_schedule_reaches_our_epoch() -> None:
    """Opening the Welcome, its GroupInfo and the epoch by hand gives our authenticator and exported secret."""
    alice, bob = Device(b"alice", config(SUITE_PQ)), Device(b"bob", config(SUITE_PQ))
    group, bundle = alice.add(alice.create(), [bob])
    assert bundle.welcome is not None
    [(_scope, _ref, row)] = bob.rows(KEY_PACKAGE_SCOPE)
    joiner_secret, encrypted_info = open_welcome(bundle.welcome, private_key(row))
    member_secret = extract(joiner_secret, bytes(HASH_SIZE))
    welcome_secret = expand_with_label(member_secret, "welcome", b"")
    key = expand_with_label(welcome_secret, "key", b"", 32)
    nonce = expand_with_label(welcome_secret, "nonce", b"", 12)
    context = group_context(AESGCM(key).decrypt(nonce, encrypted_info, b""))
    epoch_secret = expand_with_label(member_secret, "epoch", context)
    assert group.epoch_authenticator == expand_with_label(epoch_secret, "authentication", b"")
    labelled = expand_with_label(expand_with_label(epoch_secret, "exporter", b""), "nullabona room", b"")
    exported = expand_with_label(labelled, "exported", hashlib.sha384(b"context").digest(), 32)
    assert exported == group.export_secret("nullabona room", b"context", 32)
