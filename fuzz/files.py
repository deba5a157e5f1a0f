"""Fuzz what people paste, name and show: links, file names, images, descriptions of files.

Any text is a link or a `LinkError`, any name becomes a safe one, any bytes an image made here or `BadImage`.
"""

from __future__ import annotations

import io
import random
from typing import Final

from PIL import Image

from fuzz._harness import fuzz, mutate
from nullabona.client.core.model.filenames import MAX_NAME, safe_name
from nullabona.client.core.model.invite_link import Link, LinkError, format_link, parse_link
from nullabona.client.core.model.safety_number import code_matches
from nullabona.client.core.model.sniff import sniff_audio, sniff_image
from nullabona.client.media import BadImage, safe_image
from nullabona.errors import Malformed
from nullabona.wire.blob import BlobRef, cut_blob, open_piece
from tests.api.pictures import moving_picture, photo

_LINK: Final = format_link(Link("room", "민아@relay.example:8443", bytes(10), bytes(16), bytes(32)))
_SIGNS: Final = "../\\:.\u202e\u200b\x00\n\t 가a%EB#-_[]@" + chr(0x1F600)


def _text(rng: random.Random, seed: str) -> str:
    signs = list(seed)
    for _ in range(rng.randrange(5)):
        at = rng.randrange(len(signs) + 1)
        signs[at : at + rng.randrange(3)] = rng.choice([*_SIGNS, chr(rng.randrange(0xD800)), ""])
    return "".join(signs)


def link(rng: random.Random) -> None:
    """What parses has one text, and parses to itself."""
    try:
        found = parse_link(_text(rng, _LINK))
    except LinkError:
        return
    assert parse_link(format_link(found)) == found


def name(rng: random.Random) -> None:
    """A safe name is one visible part, short enough, and stays as it is."""
    safe = safe_name(_text(rng, rng.choice(["../a.tar.gz", "CON.txt", "사진.jpeg", "." * 9, "x" * 400, "가" * 200])))
    assert safe
    assert safe == safe_name(safe)
    assert not set(safe) & set('/\\<>:"|?*\x00\n\u202e')
    assert len(safe.encode()) <= MAX_NAME
    assert not safe.startswith(".")
    code_matches(("12345",) * 12, safe)


class Images:
    """Every kind of image, changed."""

    def __init__(self) -> None:
        self.seeds = [photo(48, 32, kind=kind) for kind in ("JPEG", "PNG", "WEBP")] + [moving_picture()]

    def run(self, rng: random.Random) -> None:
        """One image."""
        data = mutate(rng, rng.choice(self.seeds))
        data = data[: rng.randrange(len(data) + 1)] if rng.randrange(4) == 0 else data
        sniff_audio(data)
        try:
            made = safe_image(data)
        except BadImage:
            return
        assert sniff_image(data) is not None
        assert Image.open(io.BytesIO(made.data)).size == (made.width, made.height)


def piece(rng: random.Random) -> None:
    """A chunk opens to exactly the bytes that were cut, or not at all."""
    content = rng.randbytes(rng.randrange(1, 9_000))
    ref, chunks = cut_blob(bytes(32), content)
    lie = BlobRef(max(0, ref.size + rng.randrange(-2, 3)), ref.key, ref.chunks * rng.choice((1, 1, 2)))
    try:
        got = open_piece(lie, rng.choice((0, 0, 1, -1)), mutate(rng, chunks[0][1]))
    except Malformed:
        return
    assert got == (content + bytes(2))[: lie.size]


if __name__ == "__main__":
    fuzz("files", __doc__, (link, name, Images().run, piece))
