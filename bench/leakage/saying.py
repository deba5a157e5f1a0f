"""Words and pictures of a wanted size."""

from __future__ import annotations

import random
import struct
from typing import Final

from nullabona.client.core import files
from nullabona.client.core.model.content import Attachment, File
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import file_messages, sending
from nullabona.wire.blob import PIECE

THUMB_BYTES: Final = 6_000
"""The small picture that goes with a photo's message; an assumption, at most half of what is allowed."""


def words(size: int) -> str:
    """A text of so many bytes of UTF-8."""
    return "가" * (size // 3) + "." * (size % 3)


def photo(size: int, seed: int) -> bytes:
    """Bytes that begin like a picture."""
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 1_080, 1_440)
    return head + random.Random(seed * 1_000_003 + size).randbytes(max(0, size - len(head)))


def send_photo(step: Step, room: bytes, data: bytes) -> bytes:
    """As `Files.send` does; the message's id."""
    message = sending.draw_id(step)
    keys: list[bytes] = []
    digests: list[bytes] = []
    for place, begin in enumerate(range(0, len(data), PIECE)):
        if place % files.PIECES_PER_BLOB == 0:
            keys.append(step.rng.bytes(32))
        digests.append(files.keep_piece(step, room, message, place, keys[-1], data[begin : begin + PIECE]))
    blobs = files.blob_refs(keys, digests, len(data))
    thumb = step.rng.bytes(THUMB_BYTES)
    said = Attachment("photo", "p.png", "image/png", len(data), blobs, 1_080, 1_440, thumb=thumb)
    return file_messages.send_file(step, room, message, File(said))
