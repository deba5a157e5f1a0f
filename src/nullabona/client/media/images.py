"""Images are decoded and encoded again, both ways (docs/decisions/0009): nothing of their bytes is passed on.

Going out, that takes away place, device and time of a photo; coming in, it keeps a hostile file from the program that
shows it. Sizes are read from the header before Pillow sees the file, so that no small file can ask for much memory.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from nullabona.client.core.model.content import MAX_PICTURE, MAX_THUMB
from nullabona.client.core.model.sniff import Sniffed, sniff_image
from nullabona.errors import UserError

if TYPE_CHECKING:
    from PIL import Image

# Pillow is imported where it is used: it takes as long as everything else that a start imports.

FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")
MAX_BYTES: Final = 64 * 1_048_576
LONG_SIDE: Final = 2_560
THUMB_SIDE: Final = 320
PICTURE_SIDE: Final = 128
QUALITY: Final = 82


class NoPictures(UserError):
    """This installation has no decoder of pictures: it was made without the extra ``pictures``."""

    code = "no-pictures"
    default_hint = (
        "pip install 'nullabona[pictures]', or send it with --as-file: then it goes unchanged, with its place"
    )


class BadImage(UserError):
    """A file is not an image that can be shown: another type, too large, cut short or damaged."""

    code = "bad-image"
    default_hint = "send it as a file, or choose a JPEG, PNG, WebP or GIF"


@dataclass(frozen=True, slots=True)
class SafeImage:
    """An image that was encoded here: ``mime`` is ``image/jpeg`` or ``image/webp``."""

    data: bytes = field(repr=False)
    mime: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PreparedPhoto:
    """A photo as it is sent, and its thumbnail of at most 12 KiB."""

    image: SafeImage
    thumb: bytes = field(repr=False)


def animated(data: bytes) -> bool:
    """Whether the image moves; such a one is sent as a file. Raises `BadImage`."""
    with _opened(data) as image:
        # A phone's JPEG often holds a second picture, of depth or brightness. Pillow calls that MPO and takes the two
        # for frames; sent as a file, such a photo would keep the place where it was taken.
        return image.format != "MPO" and bool(getattr(image, "is_animated", False))


def prepare_photo(data: bytes) -> PreparedPhoto:
    """The photo upright, at most 2,560 pixels long, in sRGB, without any metadata. Raises `BadImage`."""
    from PIL import Image, ImageOps

    with _opened(data) as image:
        image.draft("RGB", (LONG_SIDE, LONG_SIDE))
        upright = ImageOps.exif_transpose(image)
        photo = _plain(_in_srgb(upright))
        photo.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
        return PreparedPhoto(_encoded(photo, QUALITY), _small(photo, THUMB_SIDE, MAX_THUMB))


def safe_image(data: bytes, longest: int = LONG_SIDE) -> SafeImage:
    """The first picture of any image, at most ``longest`` pixels long, for showing. Raises `BadImage`."""
    from PIL import Image, ImageOps

    with _opened(data) as image:
        image.draft("RGB", (longest, longest))
        shown = _plain(ImageOps.exif_transpose(image))
        shown.thumbnail((longest, longest), Image.Resampling.LANCZOS, reducing_gap=3.0)
        return _encoded(shown, QUALITY)


def profile_picture(data: bytes) -> bytes:
    """The middle of an image as a JPEG of 128 by 128 pixels and at most 24 KiB. Raises `BadImage`."""
    from PIL import ImageOps

    with _opened(data) as image:
        square = ImageOps.fit(_plain(_in_srgb(ImageOps.exif_transpose(image))), (PICTURE_SIDE, PICTURE_SIDE))
        return _small(square, PICTURE_SIDE, MAX_PICTURE)


@contextmanager
def _opened(data: bytes) -> Iterator[Image.Image]:
    """The image, not decoded yet. Whatever goes wrong with it inside the block becomes `BadImage`."""
    from PIL import Image

    found = sniff_image(data)
    if found is None:
        raise BadImage("this is not an image that can be shown")
    if found.too_large or len(data) > MAX_BYTES:
        raise BadImage("this image has too many pixels or bytes", hint="make it smaller, or send it as a file")
    try:
        # Our limit is lower and was checked; Pillow's own would warn, and only for some sizes.
        Image.MAX_IMAGE_PIXELS = None
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check_size(image, found)
            yield image
    except (BadImage, MemoryError):
        raise
    except Exception as error:
        # Decoders raise whatever they like at damaged files: OSError, ValueError, SyntaxError, struct.error, …
        raise BadImage("this image is damaged or cut short") from error


def _check_size(image: Image.Image, found: Sniffed) -> None:
    if image.size != (found.width, found.height):
        raise BadImage("this image contradicts itself")


def _in_srgb(image: Image.Image) -> Image.Image:
    """Colours of another profile are turned into what screens expect; a profile that makes no sense is dropped."""
    from PIL import ImageCms

    profile = image.info.get("icc_profile")
    if not profile or image.mode not in {"RGB", "RGBA"}:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        turned = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return turned if turned is not None else image


def _plain(image: Image.Image) -> Image.Image:
    """The pixels alone, in RGB or RGBA: a new image knows nothing of where they came from."""
    from PIL import Image

    see_through = "A" in image.getbands() or "transparency" in image.info
    mode = "RGBA" if see_through else "RGB"
    pixels = image.convert(mode)
    if see_through and pixels.getchannel("A").getextrema() == (255, 255):
        mode, pixels = "RGB", pixels.convert("RGB")
    fresh = Image.new(mode, pixels.size)
    fresh.paste(pixels)
    return fresh


def _encoded(image: Image.Image, quality: int) -> SafeImage:
    out = io.BytesIO()
    if image.mode == "RGBA":
        image.save(out, "WEBP", quality=quality, method=4)
        return SafeImage(out.getvalue(), "image/webp", *image.size)
    image.save(out, "JPEG", quality=quality, optimize=True)
    return SafeImage(out.getvalue(), "image/jpeg", *image.size)


def _small(image: Image.Image, side: int, most: int) -> bytes:
    """The image at ``side`` pixels or fewer, in at most ``most`` bytes."""
    from PIL import Image

    while True:
        tried = image.copy()
        tried.thumbnail((side, side), Image.Resampling.LANCZOS)
        for quality in (75, 55, 35):
            data = _encoded(tried, quality).data
            if len(data) <= most:
                return data
        side = side * 3 // 4
