"""The process that decodes images: one request after the other over its pipes, within limits it cannot lift.

It can open no file and no socket, write nothing but its answers, and have only so much memory and time. What an image
does to it is told as `refused`, or by its end; the caller goes on (docs/decisions/0009). Run by
`nullabona.client.media.apart` only: ``python -I -m nullabona.client.media.worker MEMORY CPU_S``.
"""

from __future__ import annotations

import io
import struct
import sys
from typing import BinaryIO, Final

import msgspec

from nullabona.client.media import images
from nullabona.client.media.images import BadImage, PreparedPhoto, SafeImage
from nullabona.system.limits import Confinement

LENGTH: Final = struct.Struct(">I")
READY: Final = b"+"
"""Said once, when the limits are set."""


class Asked(msgspec.Struct, array_like=True, frozen=True):
    """What to do with an image."""

    what: str
    data: bytes
    longest: int


class Said(msgspec.Struct, array_like=True, frozen=True):
    """What came of it: an answer, or the words of a `BadImage`."""

    pictures: tuple[SafeImage, ...] = ()
    small: bytes = b""
    moves: bool = False
    refused: tuple[str, str] | None = None


def main() -> None:
    """Answer until the pipe is closed."""
    memory, cpu_s = (int(word) for word in sys.argv[1:3])
    _warm()
    confinement = Confinement(memory)
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    sink.write(READY)
    sink.flush()
    while (asked := _read(source)) is not None:
        confinement.allow_cpu(cpu_s)
        answer = msgspec.msgpack.encode(_answer(asked))
        sink.write(LENGTH.pack(len(answer)) + answer)
        sink.flush()


def _warm() -> None:
    """Load every decoder and encoder while files can still be opened."""
    from PIL import Image, ImageCms

    Image.init()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for kind, mode in (("JPEG", "RGB"), ("PNG", "RGBA"), ("WEBP", "RGBA"), ("GIF", "P")):
        out = io.BytesIO()
        Image.new(mode, (8, 8)).save(out, kind, **({} if kind == "GIF" else {"icc_profile": profile}))
        images.prepare_photo(out.getvalue())
        images.profile_picture(out.getvalue())
        images.animated(out.getvalue())


def _read(source: BinaryIO) -> Asked | None:
    head = source.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    return msgspec.msgpack.decode(source.read(LENGTH.unpack(head)[0]), type=Asked)


def _answer(asked: Asked) -> Said:
    try:
        return _done(asked)
    except BadImage as refused:
        return Said(refused=(str(refused), refused.hint))
    except MemoryError:
        return Said(refused=("this image needs too much memory", "make it smaller, or send it as a file"))


def _done(asked: Asked) -> Said:
    if asked.what == "animated":
        return Said(moves=images.animated(asked.data))
    if asked.what == "picture":
        return Said(small=images.profile_picture(asked.data))
    if asked.what == "photo":
        made: PreparedPhoto = images.prepare_photo(asked.data)
        return Said((made.image,), made.thumb)
    return Said((images.safe_image(asked.data, asked.longest),))


if __name__ == "__main__":
    main()
