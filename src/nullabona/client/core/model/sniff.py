"""What a file's first bytes say it is, read without decoding it. Pure; a hostile file gets None, never an exception."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

MAX_PIXELS: Final = 64_000_000
"""Most pixels of an image that anything of ours decodes."""
SMALL_PIXELS: Final = 1_000_000
"""Most pixels of a thumbnail or a profile picture: few bytes can ask for much work."""
_NO_SIZE: Final = frozenset({0x01, *range(0xD0, 0xDA)})
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True, slots=True)
class Sniffed:
    """An image type and its stated size in pixels, at least 1 each."""

    mime: str
    width: int
    height: int

    @property
    def too_large(self) -> bool:
        return self.width * self.height > MAX_PIXELS

    @property
    def small(self) -> bool:
        """Whether it may be a thumbnail or a profile picture."""
        return self.width * self.height <= SMALL_PIXELS


def sniff_image(head: bytes) -> Sniffed | None:
    """The image that begins with ``head`` (64 KiB are enough for most): JPEG, PNG, WebP or GIF. None: not an image."""
    try:
        found = _png(head) or _gif(head) or _webp(head) or _jpeg(head)
    except (struct.error, IndexError):
        return None
    return found if found is not None and found.width > 0 and found.height > 0 else None


def is_small_image(data: bytes) -> bool:
    """Whether ``data`` begins as an image that may be a thumbnail or a profile picture."""
    found = sniff_image(data)
    return found is not None and found.small


def sniff_audio(head: bytes) -> str:
    """``audio/webm``, ``audio/ogg`` or empty."""
    if head.startswith(b"\x1aE\xdf\xa3") and b"webm" in head[:64]:
        return "audio/webm"
    return "audio/ogg" if head.startswith(b"OggS") and b"OpusHead" in head[:128] else ""


def _png(head: bytes) -> Sniffed | None:
    if not head.startswith(b"\x89PNG\r\n\x1a\n") or head[12:16] != b"IHDR":
        return None
    width, height = struct.unpack_from(">II", head, 16)
    return Sniffed("image/png", width, height)


def _gif(head: bytes) -> Sniffed | None:
    if head[:6] not in {b"GIF87a", b"GIF89a"}:
        return None
    width, height = struct.unpack_from("<HH", head, 6)
    return Sniffed("image/gif", width, height)


def _webp(head: bytes) -> Sniffed | None:
    if head[:4] != b"RIFF" or head[8:12] != b"WEBP":
        return None
    kind = head[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(side, "little") + 1 for side in struct.unpack_from("3s3s", head, 24))
    elif kind == b"VP8L":
        bits = struct.unpack_from("<I", head, 21)[0]
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", head, 26))
    else:
        return None
    return Sniffed("image/webp", width, height)


def _jpeg(head: bytes) -> Sniffed | None:
    if not head.startswith(b"\xff\xd8\xff"):
        return None
    at = 2
    while at < len(head):
        if head[at] != 0xFF:
            return None
        marker = head[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _FRAMES:
            height, width = struct.unpack_from(">HH", head, at + 5)
            return Sniffed("image/jpeg", width, height)
        elif marker in _NO_SIZE:
            at += 2
        else:
            at += 2 + max(2, struct.unpack_from(">H", head, at + 2)[0])
    return None
