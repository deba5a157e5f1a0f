"""The lines of a text in any of the encodings that exports have, a bounded part of it in memory at a time."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Final, Protocol

_CHUNK: Final = 1 << 18
LONGEST: Final = 50_000
"""Characters of a line that are handed out at once; the rest of it follows in pieces."""
Page = list[tuple[str, bool]]
"""Lines, each with whether it only goes on with the one before."""
_HEAD: Final = 1 << 16
_BEYOND_ASCII: Final = re.compile(rb"[\x80-\xff]")
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class Bytes(Protocol):
    """An open file."""

    def read(self, size: int, /) -> bytes: ...


def encoding_of(head: bytes) -> str:
    """The encoding of a text by its beginning. What is neither UTF-8 nor UTF-16 is CP949 if it can be, else UTF-8."""
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name
    for name in ("utf-8", "cp949"):
        try:
            codecs.getincrementaldecoder(name)().decode(head[:_HEAD])
        except UnicodeDecodeError:
            continue
        return name
    return "utf-8"


def texts(stream: Bytes) -> Iterator[str]:
    """The text in parts. Bytes that mean nothing in its encoding become U+FFFD; no character is a surrogate."""
    chunk = stream.read(_HEAD)
    encoding = encoding_of(chunk)
    while encoding == "utf-8" and chunk and chunk.isascii():  # which says nothing of how what follows is written
        yield chunk.decode("ascii")
        chunk = stream.read(_CHUNK)
    if encoding == "utf-8" and (telling := _BEYOND_ASCII.search(chunk)):
        encoding = encoding_of(chunk[telling.start() :])
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    while chunk:
        yield decoder.decode(chunk)
        chunk = stream.read(_CHUNK)
    yield decoder.decode(b"", final=True)


def pages(stream: Bytes) -> Iterator[Page]:
    """The lines, many at a time: each with whether it only goes on with the one before, because that was too long.

    A line ends with LF, CR LF; nothing else ends one. NUL is left out: nothing downstream may take it for an end.
    """
    rest, joined = "", False
    for text in texts(stream):
        if "\0" in text:
            text = text.replace("\0", "")  # noqa: PLW2901
        parts = (rest + text).split("\n")
        rest = parts.pop()
        page = [(part.removesuffix("\r"), False) for part in parts]
        if page:
            page[0] = (page[0][0], joined)
            joined = False
        if len(rest) > LONGEST:
            cut = len(rest) - rest.endswith("\r")  # it may belong to the end of the line
            page.append((rest[:cut], joined))
            rest, joined = rest[cut:], True
        if page:
            yield _short(page)
    if rest or joined:
        yield _short([(rest.removesuffix("\r"), joined)])


def _short(page: Page) -> Page:
    """Cut what is too long into pieces."""
    if all(len(text) <= LONGEST for text, _ in page):
        return page
    return [
        (text[start : start + LONGEST], joined or start > 0)
        for text, joined in page
        for start in range(0, max(len(text), 1), LONGEST)
    ]
