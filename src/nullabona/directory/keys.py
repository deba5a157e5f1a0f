"""The secrets of a directory's public record: one file of three seeds, readable by its owner only (spec/map.md §8).

A holder of the file can sign checkpoints in the log's name and learn the handle of each label. The signing keys can be
changed (spec/log.md §9); the labelling key cannot, because the log's first entry names it.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from nullabona.errors import UserError
from nullabona.log.keys import Kind, SignerKey, new_signer
from nullabona.log.vrf import VrfKey
from nullabona.machine.erasing import sync_folder
from nullabona.machine.failures import reason_of
from nullabona.machine.keyfile import KeyFileUnusable, read_private

FILE: Final = "record.key"
NEXT: Final = "next.key"
"""The keys after a change that is not installed yet."""
_HEAD: Final = "nullabona record key v1"
_SEED_BYTES: Final = 32
_PRIVATE_HINT: Final = (
    "it must belong to the user that runs the relay and have the mode 0600; if others could read it, think of who did"
)


class RecordKeyUnreadable(UserError):
    """The file with the public record's keys cannot be read, or is no key file."""

    code = "record-key-unreadable"
    default_hint = (
        "put back the file from its backup; without it this directory cannot go on with its record, and with another "
        "key every client would say that the record was replaced"
    )


@dataclass(frozen=True, slots=True)
class RecordKeys:
    """The signing keys and the labelling key."""

    classical: SignerKey = field(repr=False)
    lattice: SignerKey = field(repr=False)
    labels: VrfKey = field(repr=False)

    @property
    def signers(self) -> tuple[SignerKey, SignerKey]:
        """The keys that sign checkpoints; the first also signs promises."""
        return self.classical, self.lattice

    @classmethod
    def of(cls, seeds: bytes, origin: str) -> RecordKeys:
        """The keys from 96 random bytes."""
        first, second, third = (seeds[at : at + _SEED_BYTES] for at in range(0, 3 * _SEED_BYTES, _SEED_BYTES))
        return cls(
            new_signer(Kind.ED25519, origin, first),
            new_signer(Kind.COSIGN_MLDSA44, origin, second),
            VrfKey.of(third),
        )


class RecordKeyReplaced(UserError):
    """The file with the public record's keys is older than the record's newest change of keys."""

    code = "record-key-replaced"
    default_hint = (
        "if `nulla relay install-keys` was interrupted, repeat it; otherwise put back the newest backup of record.key: "
        "with the old keys nothing that this record signs is believed"
    )


def draw_keys(origin: str) -> RecordKeys:
    """New keys, not stored anywhere."""
    return RecordKeys.of(secrets.token_bytes(3 * _SEED_BYTES), origin)


def open_keys(path: Path, origin: str, *, begun: bool = False) -> RecordKeys:
    """The keys in the file. A missing file is created unless a record has ``begun`` with it.

    Raises `RecordKeyUnreadable`, also if others than its owner may read the file.
    """
    try:
        if not path.exists():
            if begun:
                raise RecordKeyUnreadable(f"the public record has begun, and its key {path} is not there")
            _write(path, secrets.token_bytes(3 * _SEED_BYTES))
        return RecordKeys.of(_read(path), origin)
    except KeyFileUnusable as error:
        raise RecordKeyUnreadable(error.message, hint=_PRIVATE_HINT) from None
    except OSError as error:
        raise RecordKeyUnreadable(f"{path} cannot be read: {reason_of(error)}", hint=_PRIVATE_HINT) from error


def draw_next(path: Path, origin: str) -> RecordKeys:
    """The keys after the next change, drawn once and kept beside the file ``path``: they sign, labels stay as they are.

    Raises `RecordKeyUnreadable`.
    """
    following = path.with_name(NEXT)
    if not following.exists():
        open_keys(path, origin, begun=True)
        _write(following, secrets.token_bytes(2 * _SEED_BYTES) + _read(path)[2 * _SEED_BYTES :])
    return open_keys(following, origin, begun=True)


def _read(path: Path) -> bytes:
    try:
        head, *lines = read_private(path).decode("ascii").split("\n")
        seeds = b"".join(bytes.fromhex(line) for line in lines)
    except ValueError as error:
        raise RecordKeyUnreadable(f"{path} is no file with a record's keys") from error
    if head != _HEAD or len(seeds) != 3 * _SEED_BYTES:
        raise RecordKeyUnreadable(f"{path} is no file with a record's keys")
    return seeds


def _write(path: Path, seeds: bytes) -> None:
    """Write the file atomically; it is on the disk before a key in it signs anything."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lines = (_HEAD, *(seeds[at : at + _SEED_BYTES].hex() for at in range(0, len(seeds), _SEED_BYTES)), "")
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, "\n".join(lines).encode())
        os.fsync(fd)
    finally:
        os.close(fd)
    fresh.rename(path)
    sync_folder(path.parent)
