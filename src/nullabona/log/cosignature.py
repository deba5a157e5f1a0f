"""What a cosignature signs (C2SP tlog-cosignature v1.1), and how its time is carried.

A cosignature is a signature with a time over a checkpoint: "this is the largest tree that I have seen of this log, and
it begins with every smaller one that I have seen".
"""

from __future__ import annotations

from typing import Final

from nullabona.errors import Malformed
from nullabona.log.checkpoint import Checkpoint
from nullabona.log.strict import MAX_NUMBER

TIME_SIZE: Final = 8
_ED25519_HEADER: Final = b"cosignature/v1\n"
_SUBTREE_LABEL: Final = b"subtree/v1\n\x00"


def ed25519_message(text: bytes, time_s: int) -> bytes:
    """The message of a 0x04 cosignature: it covers the whole text of the checkpoint."""
    return b"%stime %d\n%s" % (_ED25519_HEADER, time_s, text)


def mldsa_message(cosigner: str, checkpoint: Checkpoint, time_s: int) -> bytes:
    """The message of a 0x06 cosignature: it covers the cosigner's name, and no extension line."""
    return b"".join([
        _SUBTREE_LABEL,
        _short(cosigner.encode()),
        time_s.to_bytes(8, "big"),
        _short(checkpoint.origin.encode()),
        bytes(8),
        checkpoint.size.to_bytes(8, "big"),
        checkpoint.root,
    ])  # fmt: skip


def join_time(time_s: int, signature: bytes) -> bytes:
    """The bytes of a cosignature after the key id."""
    return time_s.to_bytes(TIME_SIZE, "big") + signature


def split_time(blob: bytes, signature_size: int) -> tuple[int, bytes]:
    """Time and signature of a cosignature. Raises `Malformed`."""
    time_s = int.from_bytes(blob[:TIME_SIZE], "big")
    if len(blob) != TIME_SIZE + signature_size or time_s > MAX_NUMBER:
        raise Malformed("a cosignature has a wrong length or an impossible time")
    return time_s, blob[TIME_SIZE:]


def _short(data: bytes) -> bytes:
    """Bytes behind their number. Keys' names and origins have at most 255 (`VerifierKey`, `Checkpoint`)."""
    return bytes([len(data)]) + data
