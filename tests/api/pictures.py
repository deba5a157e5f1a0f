"""Images and sounds for tests, made when asked for."""

from __future__ import annotations

import io
import random

from PIL import Image

SECRET_PLACE = (37.0, 33.0, 58.87)
GPS = 0x8825
ORIENTATION = 0x0112


def photo(width: int = 640, height: int = 480, *, kind: str = "JPEG", seed: int = 1) -> bytes:
    """A noisy photo with place, device and comment in it, lying on its side."""
    noise = Image.frombytes("RGB", (width, height), random.Random(seed).randbytes(width * height * 3))
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[0x0110] = "Secret Phone 9"
    exif[GPS] = {1: "N", 2: SECRET_PLACE}
    out = io.BytesIO()
    noise.save(out, kind, exif=exif, **({"comment": b"taken at home", "quality": 80} if kind == "JPEG" else {}))
    return out.getvalue()


def photo_of_two() -> bytes:
    """A JPEG with place and device in it and a second picture behind the first, as phones take them."""
    first = Image.open(io.BytesIO(photo(64, 48)))
    out = io.BytesIO()
    first.save(out, "MPO", save_all=True, append_images=[Image.new("RGB", (32, 24))], exif=first.info["exif"])
    return out.getvalue()


def moving_picture() -> bytes:
    """A GIF of two frames."""
    out = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=100)
    return out.getvalue()


def voice_note() -> bytes:
    """What a browser's recorder begins with, and some sound."""
    return b"\x1aE\xdf\xa3" + b"\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm" + bytes(5_000)
