"""Content over HTTP: uploads of a page, and content that it shows or saves (spec/app.md §3).

Uploads are kept in memory until sent or forgotten; they never touch the disk in the clear. Content from others is shown
only as re-encoded pictures, played as one of two fixed kinds of sound, or saved as a file.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

import msgspec

from nullabona.app.protocol.pushes import Uploaded
from nullabona.app.server.headers import ANY, JSON, SAFE
from nullabona.app.server.request import Request
from nullabona.app.session.errors import NothingUploaded
from nullabona.app.session.work import Work
from nullabona.client.api import BadImage, FileReader, SafeImage, safe_name
from nullabona.errors import NullabonaError
from nullabona.machine.http_answer import HttpAnswer, HttpStream, refuse

MAX_UPLOAD: Final = 100 * 1_048_576
MOST_KEPT: Final = 256 * 1_048_576
"""Most bytes of all uploads that wait to be sent; the oldest are dropped first."""
KEPT_S: Final = 3_600.0
PREVIEW: Final = 640
_PART: Final = 256 * 1024
_SOUNDS: Final = frozenset({"audio/webm", "audio/ogg"})


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that waits to be sent."""

    name: str
    data: bytes = field(repr=False)
    preview: SafeImage | None = field(repr=False)


class Uploads:
    """Files that wait to be sent, in memory, from unlocking to the lock."""

    def __init__(self) -> None:
        self._kept: dict[str, Upload] = {}
        self._ends: dict[str, asyncio.TimerHandle] = {}
        self._over = False

    def keep(self, upload: Upload) -> str:
        """Keep an upload for at most `KEPT_S`; return its id. Raises `NothingUploaded` after `forget`."""
        if self._over:
            raise NothingUploaded("it came too late")
        while self._kept and sum(len(kept.data) for kept in self._kept.values()) + len(upload.data) > MOST_KEPT:
            self.drop(next(iter(self._kept)))
        id = secrets.token_hex(16)
        self._kept[id] = upload
        self._ends[id] = asyncio.get_running_loop().call_later(KEPT_S, self.drop, id)
        return id

    def get(self, id: str) -> Upload:
        """Raises `NothingUploaded`."""
        found = self._kept.get(id)
        if found is None:
            raise NothingUploaded("there is no such upload")
        return found

    def drop(self, id: str) -> None:
        """Forget one."""
        if id in self._kept:
            del self._kept[id]
            self._ends.pop(id).cancel()

    def forget(self) -> None:
        """Forget all of them, and keep no more."""
        self._over = True
        for id in list(self._kept):
            self.drop(id)


async def take_upload(work: Work, uploads: Uploads, request: Request) -> HttpAnswer:
    """Keep an uploaded file and describe it. Raises `NoPictures` for an image that nothing here makes safe."""
    name = safe_name(request.query.get("name", ""))
    try:
        image = await work.client.files.safe_image(request.body, PREVIEW)
    except BadImage:
        image = None
    id = uploads.keep(Upload(name, request.body, image))
    preview = work.media.sign("upload", bytes.fromhex(id)) if image is not None else ""
    width, height = (image.width, image.height) if image is not None else (0, 0)
    kind = "file" if image is None else "photo"
    said = Uploaded(id, kind, name, len(request.body), width, height, preview)
    return HttpAnswer(200, msgspec.json.encode(said), JSON)


async def show(work: Work, uploads: Uploads, request: Request) -> HttpAnswer:
    """Serve the content that a signed path names."""
    named = work.media.read(request.path)
    if named is None:
        return refuse(403, "this address is not good any more", close=False)
    what, ids = named
    try:
        return await _show(work, uploads, request, what, ids)
    except NullabonaError:
        return refuse(404, "this is not here any more", close=False)


async def _show(work: Work, uploads: Uploads, request: Request, what: str, ids: tuple[bytes, ...]) -> HttpAnswer:
    client = work.client
    if what == "upload":
        return _picture(uploads.get(ids[0].hex()).preview)
    if what == "thumb":
        return _picture(await client.files.thumbnail(ids[0], ids[1]))
    if what == "face":
        return _picture(await client.profiles.face(ids[0], client.profiles.get(ids[0]).picture))
    if what == "photo":
        return _picture(await client.files.picture(ids[0], ids[1]))
    reader = client.files.open(ids[0], ids[1])
    return _sound(reader, request.headers.get("range", "")) if what == "voice" else _file(reader)


def _picture(image: SafeImage | None) -> HttpAnswer:
    if image is None:
        return refuse(404, "this is not here any more", close=False)
    return HttpAnswer(200, image.data, image.mime)


def _file(reader: FileReader) -> HttpAnswer:
    """Always a download of a generic type, whatever name the sender gave it."""
    disposition = f"attachment; filename*=UTF-8''{quote(reader.name, safe='')}"
    headers = (*SAFE, ("Content-Disposition", disposition))
    return HttpStream(200, kind=ANY, headers=headers, parts=_stream(reader, 0, reader.size), length=reader.size)


def _sound(reader: FileReader, asked: str) -> HttpAnswer:
    kind = reader.mime.partition(";")[0].strip().lower()
    if kind not in _SOUNDS:
        return refuse(415, "this is no sound", close=False)
    start, end = read_range(asked, reader.size)
    if start >= end:
        headers = (*SAFE, ("Content-Range", f"bytes */{reader.size}"))
        return HttpAnswer(416, b"there is nothing there\n", headers=headers)
    headers = (*SAFE, ("Accept-Ranges", "bytes"))
    if asked:
        headers += (("Content-Range", f"bytes {start}-{end - 1}/{reader.size}"),)
    parts = _stream(reader, start, end)
    return HttpStream(206 if asked else 200, kind=kind, headers=headers, parts=parts, length=end - start)


def read_range(asked: str, size: int) -> tuple[int, int]:
    """The bytes [start, end) that a Range header asks for; an empty range if it cannot be given."""
    unit, _, ranges = asked.partition("=")
    first, dash, last = ranges.strip().partition("-")
    if not asked:
        return 0, size
    if unit.strip() != "bytes" or not dash or not (first or last) or not f"{first}{last}".isdecimal():
        return 0, 0
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(size, int(last) + 1 if last else size)


async def _stream(reader: FileReader, start: int, end: int) -> AsyncIterator[bytes]:
    for at in range(start, end, _PART):
        yield reader.read(at, min(_PART, end - at))
