"""Release keys, statements and entries of a release log, made in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha256

import msgspec

from nullabona.log.keys import Kind, SignerKey, new_signer, vkey
from nullabona.releases.ledger import Ledger, fingerprint
from nullabona.releases.statement import (
    Entry,
    KeyPair,
    Keys,
    Rebuilt,
    Release,
    ReleaseFile,
    Revoke,
    Statement,
    sign,
)

LOG = "nullabona.example/releases"
NOW = 1_800_000_000
PEOPLE = ("mina.example/release", "jun.example/release", "sora.example/release")
REBUILDER = "university.example/rebuild"
KINDS = (Kind.COSIGN_ED25519, Kind.COSIGN_MLDSA44)


@cache
def signers(name: str, age: int = 0) -> tuple[SignerKey, SignerKey]:
    """Both private keys of somebody; another ``age``: those that replace them."""
    first, second = (new_signer(kind, name, sha256(f"{name} {kind} {age}".encode()).digest()) for kind in KINDS)
    return first, second


def pair(name: str, age: int = 0) -> KeyPair:
    """Their public keys."""
    first, second = signers(name, age)
    return KeyPair(vkey(first), vkey(second))


def keys(number: int = 0, **changed: object) -> Keys:
    """Two of three people have to sign; one rebuilder."""
    usual = Keys(LOG, number, 2, tuple(pair(name, number) for name in PEOPLE), (pair(REBUILDER),))
    return msgspec.structs.replace(usual, **changed)


def file(name: str = "nullabona-1.whl", content: bytes = b"the program") -> ReleaseFile:
    """A file with this content."""
    return ReleaseFile(name, sha256(content).hexdigest(), len(content))


def release(number: int = 0, version: str = "", **changed: object) -> Release:
    """A release like any other."""
    usual = Release(
        LOG, number, version or f"1.{number}", 20_000 + number, "a" * 40, (file(),), "3.11", (1, 40), "b" * 64
    )
    return msgspec.structs.replace(usual, **changed)


def revoke(version: str = "1.0") -> Revoke:
    """The version is taken back."""
    return Revoke(LOG, version, "it showed previews on a locked screen")


def rebuilt(version: str = "1.0", content: bytes = b"the program") -> Rebuilt:
    """The rebuilder says what they got."""
    return Rebuilt(LOG, version, REBUILDER, (file(content=content),))


def entry(statement: Statement, names: Iterable[str] = PEOPLE[:2], *, ages: Sequence[int] = (0,)) -> bytes:
    """The entry with the signatures of these people's keys of these ages."""
    lines = [line for age in ages for name in names for line in sign(statement, signers(name, age), NOW)]
    return Entry(statement, tuple(lines)).encode()


def ledger(*entries: bytes) -> Ledger:
    """The log that begins with the usual keys, and goes on with these."""
    found = Ledger(LOG, fingerprint(keys()))
    found.take_all([entry(keys()), *entries])
    return found
