"""Just enough TLS presentation syntax (RFC 9420 section 2) to take key packages apart and forge validly signed ones."""

from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

HEAD = bytes.fromhex("00010005")  # mls10, mls_key_package


def vector(data: bytes) -> bytes:
    """`data` with its variable-size length in front."""
    if len(data) < 1 << 6:
        return bytes([len(data)]) + data
    if len(data) < 1 << 14:
        return (len(data) | 1 << 14).to_bytes(2, "big") + data
    return (len(data) | 1 << 31).to_bytes(4, "big") + data


class Forger:
    """A signature key that signs anything: RFC 9420 SignWithLabel."""

    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.public_key = self.key.public_key().public_bytes_raw()

    def sign(self, label: str, data: bytes) -> bytes:
        return self.key.sign(vector(b"MLS 1.0 " + label.encode()) + vector(data))


class Reader:
    def __init__(self, data: bytes) -> None:
        self.rest = data

    def take(self, size: int) -> bytes:
        assert size <= len(self.rest)
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self) -> bytes:
        width = 1 << (self.rest[0] >> 6)
        return self.take(self.number(width) & ~(0b11 << (8 * width - 2)))


@dataclass(frozen=True, slots=True)
class KeyPackage:
    """A key package in parts; `lifetime` is (not_before, not_after)."""

    suite: int
    init_key: bytes
    encryption_key: bytes
    identity: bytes
    capabilities: tuple[bytes, ...]
    lifetime: tuple[int, int]
    extensions: bytes
    credential_type: int = 1

    def signed(self, signer: Forger) -> bytes:
        """The message, with both signatures right."""
        leaf = (
            vector(self.encryption_key)
            + vector(signer.public_key)
            + self.credential_type.to_bytes(2, "big")
            + vector(self.identity)
            + b"".join(vector(part) for part in self.capabilities)
            + b"\x01"
            + b"".join(when.to_bytes(8, "big") for when in self.lifetime)
            + vector(b"")
        )
        leaf += vector(signer.sign("LeafNodeTBS", leaf))
        body = b"\x00\x01" + self.suite.to_bytes(2, "big") + vector(self.init_key) + leaf + vector(self.extensions)
        return HEAD + body + vector(signer.sign("KeyPackageTBS", body))


def parse(message: bytes) -> KeyPackage:
    reader = Reader(message)
    assert reader.take(6) == HEAD + b"\x00\x01"
    suite, init_key, encryption_key, _signature_key = (
        reader.number(2),
        reader.vector(),
        reader.vector(),
        reader.vector(),
    )
    assert reader.number(2) == 1
    identity = reader.vector()
    capabilities = tuple(reader.vector() for _ in range(5))
    assert reader.number(1) == 1
    lifetime = (reader.number(8), reader.number(8))
    reader.vector()
    reader.vector()
    return KeyPackage(suite, init_key, encryption_key, identity, capabilities, lifetime, reader.vector())


__all__ = ["Forger", "KeyPackage", "Reader", "parse", "replace", "vector"]
