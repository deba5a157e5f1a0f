"""Statements out of what was built: names, sizes and hashes of files (spec/release.md §2)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from nullabona.errors import UserError
from nullabona.log.keys import Kind, VerifierKey
from nullabona.releases.statement import KeyPair, ReleaseFile

_WHEEL: Final = re.compile(r"-(?P<platform>[^-]+)\.whl$")
_ANY: Final = "any"


class DraftInvalid(UserError):
    """A release statement cannot be made of this."""

    code = "release-draft-invalid"
    default_hint = "check the files and keys; keys are made with `nulla log keygen --witness`"


def describe(name: str, size: int, digest: str) -> ReleaseFile:
    """The file as a release lists it. A wheel's name says its platform."""
    wheel = _WHEEL.search(name)
    platform = wheel["platform"] if wheel else _ANY
    return ReleaseFile(name, digest, size, "" if platform == _ANY else platform)


def in_order(files: Iterable[ReleaseFile]) -> tuple[ReleaseFile, ...]:
    """Files of a release in the order that it lists them. Raises `DraftInvalid` for two of one name."""
    found: dict[str, ReleaseFile] = {}
    for file in files:
        if found.setdefault(file.name, file) != file:
            raise DraftInvalid(f"two different files are called {file.name}")
    if not found:
        raise DraftInvalid("there are no files to release")
    return tuple(found[name] for name in sorted(found))


def pair_of(keys: Iterable[VerifierKey]) -> KeyPair:
    """A release key out of its two public keys. Raises `DraftInvalid` unless they are one of each kind."""
    by_kind = {key.kind: key.encode() for key in keys}
    if set(by_kind) != {Kind.COSIGN_ED25519, Kind.COSIGN_MLDSA44}:
        raise DraftInvalid("a release key has an Ed25519 and an ML-DSA-44 part")
    return KeyPair(by_kind[Kind.COSIGN_ED25519], by_kind[Kind.COSIGN_MLDSA44])
