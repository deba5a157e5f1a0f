"""What a file's first bytes say it is: each form, its size, and what is not one (spec/room.md, "Files")."""

from __future__ import annotations

import struct

import pytest

from nullabona.client.core.model.sniff import Sniffed, is_small_image, sniff_audio, sniff_image


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR" + struct.pack(">II", width, height)


def gif(width: int, height: int, version: bytes = b"89a") -> bytes:
    return b"GIF" + version + struct.pack("<HH", width, height)


def webp(kind: bytes, rest: bytes) -> bytes:
    return b"RIFF\0\0\0\0WEBP" + kind + rest


def extended(width: int, height: int) -> bytes:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return webp(b"VP8X", b"\0" * 8 + sides)


def lossless(width: int, height: int, more: int = 0) -> bytes:
    return webp(b"VP8L", b"\0" * 5 + struct.pack("<I", (width - 1) | (height - 1) << 14 | more))


def lossy(width: int, height: int) -> bytes:
    return webp(b"VP8 ", b"\0" * 10 + struct.pack("<HH", width, height))


def segment(marker: int, size: int = 4) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", size) + bytes(max(0, size - 2))


def frame(width: int, height: int, marker: int = 0xC0) -> bytes:
    return bytes((0xFF, marker, 0, 17, 8)) + struct.pack(">HH", height, width)


SOI = b"\xff\xd8"


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (png(300, 200), "image/png"),
        (gif(300, 200), "image/gif"),
        (gif(300, 200, b"87a"), "image/gif"),
        (extended(300, 200), "image/webp"),
        (lossless(300, 200), "image/webp"),
        (lossless(300, 200, more=0b1111 << 28), "image/webp"),
        (lossy(300, 200), "image/webp"),
        (lossy(0x4000 + 300, 0x8000 + 200), "image/webp"),
        (SOI + frame(300, 200), "image/jpeg"),
    ],
)
def test_an_images_form_and_size_are_read(head: bytes, mime: str) -> None:
    """Whole, and refused when its last byte is not there."""
    assert Sniffed(mime, 300, 200) == sniff_image(head)
    assert sniff_image(head[:-1]) is None
    assert Sniffed(mime, 300, 200) == sniff_image(head + b"more")


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1 << 14, 1), (1, 1 << 14)])
def test_the_smallest_and_the_largest_side_are_read_exactly(width: int, height: int) -> None:
    """Sizes are kept less one in these."""
    assert Sniffed("image/webp", width, height) == sniff_image(lossless(width, height))
    assert Sniffed("image/webp", width, height) == sniff_image(extended(width, height))


def test_large_sides_of_an_extended_image_are_read_whole() -> None:
    """Three bytes each, the low one first."""
    assert Sniffed("image/webp", 0x030201, 0x060504) == sniff_image(extended(0x030201, 0x060504))


@pytest.mark.parametrize("head", [png(0, 5), png(5, 0), gif(0, 5), gif(5, 0), lossy(0, 5), SOI + frame(5, 0)])
def test_an_image_without_a_size_is_none(head: bytes) -> None:
    """Nothing could be shown of it."""
    assert sniff_image(head) is None


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"text",
        b"\x89PNG\r\n\x1a\n\0\0\0\x0dIDAT" + bytes(8),
        b"x" + png(5, 5)[1:],
        gif(5, 5, b"88a"),
        b"RIFX" + lossy(5, 5)[4:],
        b"RIFF\0\0\0\0WAVE" + lossy(5, 5)[12:],
        webp(b"VP9 ", bytes(20)),
        b"\xff\xd9\xff" + frame(5, 5)[1:],
        SOI + b"\0" + frame(5, 5),
        SOI + segment(0xE0) + b"\0" + frame(5, 5),
        SOI + segment(0xE0),
        SOI,
    ],
)
def test_what_only_begins_like_an_image_is_none(head: bytes) -> None:
    """Another mark, another part first, or nothing behind it."""
    assert sniff_image(head) is None


@pytest.mark.parametrize(
    "before",
    [
        b"",
        segment(0xE0, 16),
        segment(0xE0, 16) + segment(0xDB, 67),
        segment(0xC4, 31),
        segment(0xC8, 9),
        segment(0xCC, 9),
        b"\xff\xff",
        b"\xff\xff\xff",
        b"\xff\x01",
        b"\xff\xd0\xff\xd9",
        segment(0xE0, 1),
        b"\xff\xe0\0\0",
        segment(0xE0, 2),
    ],
)
def test_a_jpegs_size_is_found_behind_whatever_comes_first(before: bytes) -> None:
    """Parts with a length, marks without one, fill bytes; and a length that is too short leads on all the same."""
    assert Sniffed("image/jpeg", 7, 9) == sniff_image(SOI + before + frame(7, 9))


@pytest.mark.parametrize("marker", [0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC9, 0xCF])
def test_each_kind_of_jpeg_has_its_size(marker: int) -> None:
    """Baseline, progressive and the others."""
    assert Sniffed("image/jpeg", 7, 9) == sniff_image(SOI + frame(7, 9, marker))


@pytest.mark.parametrize(
    ("width", "height", "large", "small"),
    [
        (8_000, 8_000, False, False),
        (8_000, 8_001, True, False),
        (1_000, 1_000, False, True),
        (1_000, 1_001, False, False),
    ],
)
def test_how_large_an_image_may_be(width: int, height: int, *, large: bool, small: bool) -> None:
    """64 million pixels at all, a million for a thumbnail or a profile picture."""
    found = Sniffed("image/png", width, height)
    assert (large, small, small) == (found.too_large, found.small, is_small_image(png(width, height)))


def test_what_is_no_image_is_no_small_one() -> None:
    """Nor is one without a size."""
    assert [False, False] == [is_small_image(head) for head in (b"text", png(0, 0))]


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (b"\x1aE\xdf\xa3" + bytes(56) + b"webm", "audio/webm"),
        (b"\x1aE\xdf\xa3" + bytes(57) + b"webm", ""),
        (b"\x1aE\xdf\xa4" + b"webm", ""),
        (b"\x1aE\xdf\xa3" + b"matroska", ""),
        (b"OggS" + bytes(116) + b"OpusHead", "audio/ogg"),
        (b"OggS" + bytes(117) + b"OpusHead", ""),
        (b"OggX" + b"OpusHead", ""),
        (b"OggS" + b"vorbis", ""),
        (b"", ""),
    ],
)
def test_a_voice_message_is_webm_or_ogg(head: bytes, mime: str) -> None:
    """By its mark, and by what it says it holds soon after."""
    assert mime == sniff_audio(head)
