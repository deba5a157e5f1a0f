"""Checkpoints (C2SP tlog-checkpoint): the text of a note that says how large a log is and what its root hash is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nullabona.errors import Malformed
from nullabona.log.strict import MAX_NUMBER, decimal, decode_base64, decode_text, encode_base64, has_control
from nullabona.log.tree import HASH_SIZE

MAX_ORIGIN: Final = 255
"""Bytes of an origin: an ML-DSA cosignature has one byte for its length."""
MAX_CHECKPOINT: Final = 16 * 1024
"""Bytes of a checkpoint's text."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's size and root hash under its origin. ``extensions`` are lines whose meaning is the log's own.

    Raises `Malformed` when it is made of what no checkpoint may hold.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """One set of rules for what is read and what is written."""
        if not 0 < len(self.origin.encode()) <= MAX_ORIGIN:
            raise Malformed("a checkpoint's origin is empty or too long")
        if not 0 <= self.size <= MAX_NUMBER or len(self.root) != HASH_SIZE:
            raise Malformed("a checkpoint's size or root hash is out of range")
        if any(not line or "\n" in line or has_control(line) for line in (self.origin, *self.extensions)):
            raise Malformed("a checkpoint has an empty line or a control character")

    def encode(self) -> bytes:
        """The text of the note."""
        lines = (self.origin, str(self.size), encode_base64(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines).encode()


def parse_checkpoint(text: bytes) -> Checkpoint:
    """The checkpoint that a note's text is; its encoding is ``text`` again. Raises `Malformed`."""
    lines = decode_text(text, MAX_CHECKPOINT, "checkpoint").split("\n")
    if len(lines) < 4 or lines.pop():
        raise Malformed("a checkpoint has at least three lines, each ended by a newline")
    origin, size, root, *extensions = lines
    return Checkpoint(origin, decimal(size), decode_base64(root, HASH_SIZE), tuple(extensions))
