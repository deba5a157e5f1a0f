"""A member of a group who does everything by hand and forgets nothing (RFC 9420 sections 8, 9 and 12.4).

It shares no code with OpenMLS but what a device's rows say of its own private keys, and obeys no rule of the protocol:
it tries whatever it has on whatever comes. For the post-quantum suite.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, Suite

from tests.mls.test_pyca_oracle import HASH_SIZE, expand_with_label, extract
from tests.mls.tls import Reader, vector

SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA384, AEAD.AES_256_GCM)
APPLICATION, COMMIT = 1, 3


def derive(secret: bytes, label: str) -> bytes:
    """DeriveSecret."""
    return expand_with_label(secret, label, b"")


def private_key(seed: bytes) -> MLKEM768X25519PrivateKey:
    """The key of an X-Wing seed."""
    expanded = hashlib.shake_256(seed).digest(96)
    return MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(expanded[:64]), X25519PrivateKey.from_private_bytes(expanded[64:])
    )


def seeds(row: bytes) -> Iterator[bytes]:
    """The private keys of a row that holds key pairs of an epoch: in postcard, a list of pairs of byte strings."""
    reader = Reader(row)
    for _ in range(_number(reader)):
        reader.take(_number(reader))
        yield reader.take(_number(reader))


def _number(reader: Reader) -> int:
    digits = [reader.number(1)]
    while digits[-1] & 0x80:
        digits.append(reader.number(1))
    return sum((digit & 0x7F) << 7 * place for place, digit in enumerate(digits))


@dataclass(frozen=True, slots=True)
class Context:
    """A GroupContext in parts."""

    head: bytes
    """Version, suite and group id."""
    epoch: bytes
    tree_hash: bytes
    transcript: bytes
    extensions: bytes

    @classmethod
    def of(cls, data: bytes) -> Context:
        """The one that ``data``, a GroupInfo say, begins with."""
        reader = Reader(data)
        head = reader.take(4) + vector(reader.vector())
        return cls(head, reader.take(8), reader.vector(), reader.vector(), reader.vector())

    @property
    def encoded(self) -> bytes:
        hashes = vector(self.tree_hash) + vector(self.transcript)
        return self.head + self.epoch + hashes + vector(self.extensions)


@dataclass(frozen=True, slots=True)
class Epoch:
    """What the secret of an epoch yields, all of it kept."""

    context: Context
    secret: bytes

    @classmethod
    def begun(cls, context: Context, joiner_secret: bytes) -> Epoch:
        """Without pre-shared keys."""
        member_secret = extract(joiner_secret, bytes(HASH_SIZE))
        return cls(context, expand_with_label(member_secret, "epoch", context.encoded))

    @property
    def authenticator(self) -> bytes:
        return derive(self.secret, "authentication")

    def exported(self, label: str, size: int = 32) -> bytes:
        """What MLS-Exporter gives for an empty context."""
        labelled = derive(derive(self.secret, "exporter"), label)
        return expand_with_label(labelled, "exported", hashlib.sha384(b"").digest(), size)

    def next(self, context: Context, commit_secret: bytes) -> Epoch:
        """The epoch after this one."""
        salted = extract(derive(self.secret, "init"), commit_secret)
        return Epoch.begun(context, expand_with_label(salted, "joiner", context.encoded))

    def open(self, message: bytes, leaves: int) -> bytes:
        """The content of a PrivateMessage, whatever epoch it names. Raises `InvalidTag` if the keys are others."""
        reader = Reader(message)
        assert bytes.fromhex("00010002") == reader.take(4)
        group_id, epoch, kind = reader.vector(), reader.take(8), reader.number(1)
        aad, sealed_sender, ciphertext = reader.vector(), reader.vector(), reader.vector()
        about = vector(group_id) + epoch + bytes([kind])
        key, nonce = _key_and_nonce(derive(self.secret, "sender data"), ciphertext[:HASH_SIZE])
        sender = Reader(AESGCM(key).decrypt(nonce, sealed_sender, about))
        leaf, generation, guard = sender.number(4), sender.take(4), sender.take(4)
        ratchet = derive(self._leaf_secret(leaf, leaves), "application" if kind == APPLICATION else "handshake")
        for number in range(int.from_bytes(generation, "big")):
            ratchet = expand_with_label(ratchet, "secret", number.to_bytes(4, "big"))
        key, nonce = _key_and_nonce(ratchet, generation)
        nonce = bytes(left ^ right for left, right in zip(nonce, guard + bytes(8), strict=True))
        return AESGCM(key).decrypt(nonce, ciphertext, about + vector(aad))

    def _leaf_secret(self, leaf: int, leaves: int) -> bytes:
        secret = derive(self.secret, "encryption")
        while leaves > 1:
            leaves //= 2
            side, leaf = (b"left", leaf) if leaf < leaves else (b"right", leaf - leaves)
            secret = expand_with_label(secret, "tree", side)
        return secret


def _key_and_nonce(secret: bytes, context: bytes) -> tuple[bytes, bytes]:
    return expand_with_label(secret, "key", context, 32), expand_with_label(secret, "nonce", context, 12)


def open_welcome(welcome: bytes, seed: bytes) -> tuple[bytes, Context]:
    """The joiner secret that a Welcome has for the key of ``seed``, and the context of the epoch."""
    reader = Reader(welcome[6:])
    secrets, sealed_info = Reader(reader.vector()), reader.vector()
    while True:
        secrets.vector()
        ciphertext = secrets.vector() + secrets.vector()
        with suppress(InvalidTag):
            opened = SUITE.decrypt(ciphertext, private_key(seed), vector(b"MLS 1.0 Welcome") + vector(sealed_info))
            break
    joiner_secret = Reader(opened).vector()
    key, nonce = _key_and_nonce(derive(extract(joiner_secret, bytes(HASH_SIZE)), "welcome"), b"")
    return joiner_secret, Context.of(AESGCM(key).decrypt(nonce, sealed_info, b""))


def path_of(commit: bytes) -> list[list[bytes]]:
    """Of the content of a commit: for each node of its path, from below, the ciphertexts of the node's secret."""
    reader = Reader(commit)
    reader.vector()
    assert 1 == reader.number(1)
    _pass_leaf_node(reader)
    path, nodes = Reader(reader.vector()), []
    while path.rest:
        path.vector()
        sealed, found = Reader(path.vector()), []
        while sealed.rest:
            found.append(sealed.vector() + sealed.vector())
        nodes.append(found)
    return nodes


def _pass_leaf_node(reader: Reader) -> None:
    reader.vector()
    reader.vector()
    assert 1 == reader.number(2)
    for _ in range(6):
        reader.vector()
    assert 3 == reader.number(1)
    for _ in range(3):
        reader.vector()


@dataclass(slots=True)
class ByHand:
    """A member: every epoch, private key and path secret that they ever had."""

    epochs: list[Epoch]
    keys: list[bytes]
    secrets: list[bytes]

    def follow(self, commit: bytes, after: Context, leaves: int) -> bool:
        """Try to come into the epoch ``after`` which ``commit`` begins, with every key on every ciphertext."""
        now = self.epochs[-1]
        nodes = path_of(now.open(commit, leaves))
        provisional = Context(after.head, after.epoch, after.tree_hash, now.context.transcript, after.extensions)
        for place, sealed in enumerate(nodes):
            secret = self._opened(sealed, provisional)
            if secret is not None:
                self.secrets.append(secret)
                for _ in nodes[place:]:
                    self.secrets.append(secret := derive(secret, "path"))
                self.epochs.append(now.next(after, secret))
                return True
        return False

    def guesses(self, after: Context) -> Iterator[Epoch]:
        """The epoch after the last one, if no fresh secret went into it: nothing, or one that this member had."""
        for epoch in self.epochs:
            yield Epoch(after, epoch.secret)
            for secret in (bytes(HASH_SIZE), b"", *self.secrets, *(derive(each, "path") for each in self.secrets)):
                yield epoch.next(after, secret)

    def _opened(self, sealed: list[bytes], context: Context) -> bytes | None:
        info = vector(b"MLS 1.0 UpdatePathNode") + vector(context.encoded)
        for ciphertext in sealed:
            for seed in self.keys:
                try:
                    return SUITE.decrypt(ciphertext, private_key(seed), info)
                except InvalidTag:
                    continue
        return None
