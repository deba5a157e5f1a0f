"""Images are encoded anew or refused, whatever bytes come."""

from __future__ import annotations

import io
import random
import struct
import zlib

import pytest
from PIL import Image

from nullabona.client.core.model.sniff import MAX_PIXELS, Sniffed, sniff_image
from nullabona.client.media import BadImage, animated, prepare_photo, profile_picture, safe_image
from tests.api.pictures import GPS, moving_picture, photo, photo_of_two

KINDS = ("JPEG", "PNG", "WEBP")


def see_through() -> bytes:
    """A PNG with half of it transparent."""
    image = Image.new("RGBA", (60, 40), (255, 0, 0, 255))
    image.paste((0, 0, 0, 0), (0, 0, 30, 40))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def png_of(width: int, height: int) -> bytes:
    """A small PNG that says it is as large as that."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1_000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_but_pixels_leaves(kind: str) -> None:
    """Place, device and comment are gone; the picture stands upright; what we made is an image of its stated size."""
    original = photo(320, 200, kind=kind)
    assert GPS in Image.open(io.BytesIO(original)).getexif()
    made = prepare_photo(original)
    image = Image.open(io.BytesIO(made.image.data))
    assert ({}, (200, 320)) == (dict(image.getexif()), image.size)
    assert not {"icc_profile", "exif", "comment", "xmp"} & set(image.info)
    assert b"Secret Phone" not in made.image.data + made.thumb
    assert sniff_image(made.image.data) == Sniffed(made.image.mime, 200, 320)


def test_sizes_are_bounded() -> None:
    """A photo has at most 2,560 pixels, its thumbnail 320 and 12 KiB, a profile picture 128 squared and 24 KiB."""
    original = photo(2_800, 300)
    made = prepare_photo(original)
    thumb, picture = Image.open(io.BytesIO(made.thumb)), profile_picture(original)
    assert (2_560, 320) == (max(made.image.width, made.image.height), max(thumb.size))
    assert (128, 128) == Image.open(io.BytesIO(picture)).size
    assert len(made.thumb) <= 12_288
    assert len(picture) <= 24_576


def test_transparency_stays() -> None:
    """What can be seen through becomes WebP, and still can be."""
    made = prepare_photo(see_through()).image
    assert ("image/webp", 0) == (made.mime, Image.open(io.BytesIO(made.data)).convert("RGBA").getpixel((2, 2))[3])  # type: ignore[index]


def test_a_moving_picture_is_known() -> None:
    """It goes as a file; shown as a picture it stands still."""
    assert (True, False) == (animated(moving_picture()), animated(photo(20, 20)))
    assert (8, 8) == (safe_image(moving_picture()).width, safe_image(moving_picture()).height)


def test_a_photo_with_a_second_picture_in_it_does_not_move() -> None:
    """It goes as a photo, so its place and device are gone, and so is the second picture."""
    original = photo_of_two()
    assert (True, True) == (GPS in Image.open(io.BytesIO(original)).getexif(), b"Secret Phone" in original)
    assert not animated(original)
    made = Image.open(io.BytesIO(prepare_photo(original).image.data))
    assert ("JPEG", {}) == (made.format, dict(made.getexif()))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>",
        b"<html>",
        b"%PDF-1.7",
        photo(64, 64)[:-400],
        photo(64, 64, kind="PNG")[:200],
        png_of(60_000, 60_000),
        png_of(MAX_PIXELS, 2),
        png_of(0, 5),
    ],
    ids=["empty", "svg", "html", "pdf", "cut-jpeg", "cut-png", "bomb", "wide", "flat"],
)
def test_what_is_no_image_is_refused(data: bytes) -> None:
    """SVG is never an image; what is cut short, damaged or too large has an error of its own."""
    for work in (prepare_photo, safe_image, profile_picture):
        with pytest.raises(BadImage):
            work(data)


@pytest.mark.parametrize("kind", KINDS)
def test_changed_bytes_give_an_image_or_a_refusal(kind: str) -> None:
    """Nothing else comes out of a decoder, however a file was changed or cut."""
    rng, seed = random.Random(kind), photo(40, 30, kind=kind)
    for _ in range(150):
        data = bytearray(seed[: rng.randrange(len(seed))] if rng.random() < 0.3 else seed)
        for _ in range(rng.randrange(6)):
            if data:
                data[rng.randrange(len(data))] = rng.randrange(256)
        try:
            made = safe_image(bytes(data))
        except BadImage:
            continue
        assert sniff_image(made.data) is not None
