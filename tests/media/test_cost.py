"""What pictures of others may cost: small ones are small, and nobody's wait for all of somebody else's."""

from __future__ import annotations

import asyncio
import io
import struct
import threading
import zlib

import pytest
from PIL import Image

from nullabona.client.api import pictures as kept
from nullabona.client.api.pictures import Pictures
from nullabona.client.core.model.content import MAX_THUMB
from nullabona.client.core.model.sniff import SMALL_PIXELS, is_small_image
from nullabona.client.media import BadImage, SafeImage, safe_small
from tests.api.pictures import photo


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *more: bytes) -> bytes:
    """One bit for each pixel, all the same."""
    rows = zlib.compress(bytes((width + 7) // 8 + 1) * height, 9)
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join([chunk(b"IHDR", head), *more, chunk(b"IDAT", rows), chunk(b"IEND", b"")])


def made(kind: str, width: int, height: int, **more: object) -> bytes:
    out = io.BytesIO()
    Image.new("P" if kind == "GIF" else "RGB", (width, height)).save(out, kind, **more)
    return out.getvalue()


def moving(kind: str, width: int, height: int) -> bytes:
    """Three frames."""
    out = io.BytesIO()
    frames = [Image.new("RGB", (width, height), (shade, 0, 0)) for shade in (0, 100, 200)]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    return out.getvalue()


HUGE = {
    "png": png(4_000, 4_000),
    "webp": made("WEBP", 2_000, 2_000, lossless=True),
    "gif": made("GIF", 2_000, 2_000),
    "moving webp": moving("WEBP", 1_100, 1_000),
    "moving gif": moving("GIF", 1_100, 1_000),
    "jpeg": made("JPEG", 1_001, 1_000, progressive=True),
    "long": png(1, 1_000_001),
}


@pytest.mark.parametrize("kind", HUGE)
def test_a_thumbnail_of_many_pixels_is_none(kind: str) -> None:
    """However few bytes it has; it is refused by its head, before anything is decoded."""
    data = HUGE[kind]
    assert not is_small_image(data)
    with pytest.raises(BadImage, match="too many pixels"):
        safe_small(data)


@pytest.mark.slow
def test_a_million_pixels_are_small_enough() -> None:
    """The limit itself; a picture that moves is shown by its first frame."""
    data = png(1_000, 1_000)
    assert (True, True) == (len(data) < MAX_THUMB, 1_000 * 1_000 == SMALL_PIXELS)
    assert 320 == safe_small(data).width
    assert (300, 200) == ((small := safe_small(moving("GIF", 300, 200))).width, small.height)
    assert 48 == safe_small(photo(64, 48)).width


def test_no_picture_waits_for_more_than_one_of_another_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """A room asks for five that take long, then another for one: it is the second to be decoded. Thumbnails do not
    wait at all; the same picture is decoded once.
    """
    order: list[bytes] = []
    gate = threading.Event()

    def decode(data: bytes, _longest: int = 0) -> SafeImage:
        if data != b"small":
            assert gate.wait(20)
        order.append(data)
        return SafeImage(data, "image/jpeg", 1, 1)

    monkeypatch.setattr(kept, "safe_image", decode)
    monkeypatch.setattr(kept, "safe_small", decode)

    async def story() -> None:
        pictures = Pictures()
        loud = [pictures.of((b"loud", bytes([at]), ""), lambda: b"slow", 1) for at in range(5)]
        waiting = [asyncio.ensure_future(one) for one in loud]
        await asyncio.sleep(0)
        other = asyncio.ensure_future(pictures.of((b"other", b"", ""), lambda: b"honest", 1))
        again = asyncio.ensure_future(pictures.of((b"other", b"", ""), lambda: b"honest", 1))
        small = await pictures.small((b"third", b"", "thumb"), b"small")
        assert b"small" == small.data
        gate.set()
        await asyncio.gather(*waiting, other, again)

    asyncio.run(story())
    assert [b"small", b"slow", b"honest", *[b"slow"] * 4] == order
