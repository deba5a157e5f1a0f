"""Files with the private keys of logs and witnesses: one key a line, as Go's note package writes them.

``PRIVATE+KEY+<name>+<key id>+<base64 of kind and seed>``. A file that others may read is refused, never repaired: they
may have read it already.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from nullabona.errors import Malformed, UserError
from nullabona.log.keys import SEED_SIZE, Kind, SignerKey, new_signer
from nullabona.log.strict import decode_base64, encode_base64
from nullabona.machine.failures import reason_of
from nullabona.system.files import create_private, open_untrusted
from nullabona.system.ownership import is_private

_PREFIX: Final = "PRIVATE+KEY+"
_MOST: Final = 16_384


class KeyFileUnusable(UserError):
    """A file with private keys is missing, malformed, or readable by others."""

    code = "key-file"
    default_hint = "make one with `nulla log keygen`; it must belong to you and have the mode 0600"


def encode_private_key(kind: Kind, name: str, seed: bytes) -> str:
    """The line of a private key. Raises `Malformed`."""
    signer = new_signer(kind, name, seed)
    return f"{_PREFIX}{name}+{signer.key_id.hex()}+{encode_base64(bytes([kind]) + seed)}"


def parse_private_key(line: str) -> SignerKey:
    """The signer whose private key is on this line. Raises `Malformed`, which says nothing of the key."""
    parts = line.removeprefix(_PREFIX).split("+", 2)
    if not line.startswith(_PREFIX) or len(parts) != 3:
        raise Malformed("not the line of a private key")
    name, identifier, encoded = parts
    data = decode_base64(encoded, 1 + SEED_SIZE)
    if data[:1] not in {bytes([kind]) for kind in Kind}:
        raise Malformed("a private key of a kind that is not used here")
    signer = new_signer(Kind(data[0]), name, data[1:])
    if signer.key_id.hex() != identifier:
        raise Malformed("a private key's id is not that of its key")
    return signer


def read_key_file(path: Path) -> tuple[SignerKey, ...]:
    """The signers in a file, at least one. Raises `KeyFileUnusable`."""
    try:
        text = read_private(path).decode("ascii")
    except OSError as error:
        raise KeyFileUnusable(f"the key file {path} cannot be read: {reason_of(error)}") from None
    except UnicodeDecodeError:
        raise KeyFileUnusable(f"the key file {path} is none") from None
    lines = [line for line in text.split("\n") if line and not line.startswith("#")]
    try:
        signers = tuple(parse_private_key(line) for line in lines)
    except Malformed as error:
        raise KeyFileUnusable(f"the key file {path} cannot be used: {error.message}") from None
    if not signers:
        raise KeyFileUnusable(f"the key file {path} holds no key")
    return signers


def write_key_file(path: Path, lines: Sequence[str]) -> None:
    """Make a new file that only its owner can read. Raises `KeyFileUnusable`; an existing file is never touched."""
    try:
        file = create_private(path)
        with open(file, "w", encoding="ascii") as writing:  # noqa: PTH123 - of an open descriptor
            writing.write("".join(f"{line}\n" for line in lines))
            writing.flush()
            os.fsync(file)
    except OSError as error:
        raise KeyFileUnusable(f"the key file {path} cannot be made: {reason_of(error)}") from None


def read_private(path: Path) -> bytes:
    """A small file that only its owner may read, which is this user or root. Raises `KeyFileUnusable` or `OSError`."""
    file = open_untrusted(path)
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST:
            raise KeyFileUnusable(f"the key file {path} is none")
        if not is_private(status, or_root=True):
            raise KeyFileUnusable(f"the key file {path} may be read by others")
        return os.read(file, _MOST + 1)
    finally:
        os.close(file)
