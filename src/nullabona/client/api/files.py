"""Files: sending and fetching them piece by piece, showing pictures safely, saving."""

from __future__ import annotations

import asyncio
import io
import mimetypes
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, Literal, Protocol

from msgspec import structs

from nullabona.client.api.errors import (
    FileExists,
    FileFailed,
    FileNotHere,
    FileTooLarge,
    FileUnreadable,
    FileUnwritable,
)
from nullabona.client.api.finding import find_message, find_room
from nullabona.client.api.records import AttachmentInfo
from nullabona.client.api.session import Session
from nullabona.client.core import files
from nullabona.client.core.model.content import ALBUM, MAX_FILE, Attachment, File, Imported, decode_body
from nullabona.client.core.model.errors import BadRequest, NotInRoom
from nullabona.client.core.model.filenames import numbered_name, safe_name, saved_name
from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.records import FileState, Message
from nullabona.client.core.model.sniff import sniff_audio, sniff_image
from nullabona.client.core.model.state import JOINED
from nullabona.client.core.timeline import file_messages, sending
from nullabona.client.media import BadImage, SafeImage, animated, prepare_photo, safe_image
from nullabona.system.files import create_private
from nullabona.wire.blob import PIECE, BlobRef

AsKind = Literal["file", "photo", "voice"]
MAX_VOICE_MS: Final = 900_000
MAX_LEVELS: Final = 128
MAX_CAPTION: Final = 10_000
_MAX_PHOTO: Final = 64 * 1_048_576
_HEAD: Final = 1_048_576
_MOST_NAMES: Final = 1_000
_TYPES: Final = mimetypes.MimeTypes()
"""Python's own table: what a system adds to it would tell about the system."""


class FileReader:
    """A file that is here, in ranges. Each read looks into the store: once the message is gone it raises."""

    def __init__(self, session: Session, message: Message, said: Attachment) -> None:
        self._session = session
        self._message = message
        self._said = said
        self._last: tuple[int, bytes] = (-1, b"")
        self.name = saved_name(said.name)
        """Under which it is saved; what would run when it is opened gets another ending."""
        self.mime = said.mime
        self.size = said.size

    def read(self, start: int, length: int) -> bytes:
        """At most ``length`` bytes from ``start`` on; empty at the end. Raises `FileNotHere`."""
        end = min(self.size, start + length)
        parts = [
            self._piece(place)[max(0, start - begin) : end - begin]
            for place, begin, after in files.places(self._said)
            if begin < end and start < after
        ]
        return b"".join(parts)

    def pieces(self) -> Iterator[bytes]:
        """The whole file in parts of about a megabyte. Raises `FileNotHere`."""
        return (self.read(begin, after - begin) for _, begin, after in files.places(self._said))

    def _piece(self, place: int) -> bytes:
        if self._last[0] != place:
            with self._session.look() as store:
                data = files.read_piece(store, self._message.room, self._message.id, self._said, place)
            if data is None:
                raise FileNotHere("this file is not on this device any more")
            self._last = (place, data)
        return self._last[1]


class Files:
    """Files of messages. ``room`` and ``message`` are named as for `Messages`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def send(
        self,
        room: bytes | str,
        source: Path | BinaryIO | bytes,
        *,
        name: str = "",
        mime: str | None = None,
        caption: str = "",
        reply_to: bytes | str = b"",
        as_kind: AsKind | None = None,
        duration_ms: int = 0,
        levels: bytes = b"",
        album: bytes = b"",
    ) -> bytes:
        """Store and queue a file, and return its message's id. The message is sent once the relay has the whole file.

        ``album``: 16 random bytes that all photos have which are sent together, so that they are shown as one.
        A photo is re-encoded, without location, device or time; with ``as_kind`` ``file`` it is sent unchanged. An
        animated image is sent as a file. Raises `BadRequest`, `FileTooLarge`, `FileUnreadable`, `BadImage`,
        `NoPictures`, `NoSuchRoom` or `NotInRoom`; then nothing is kept.
        """
        target = self._ready(room, caption)
        answered = self._answered(target, reply_to)
        if len(album) not in {0, ALBUM}:
            raise BadRequest(f"an album is named by {ALBUM} bytes")
        shown = safe_name(name or (source.name if isinstance(source, Path) else ""))
        with _opened(source) as stream:
            said, rest = await _prepared(stream, shown, mime, as_kind, duration_ms, levels)
            return await self._cut(target, _cut_stream(rest), said, lambda a: File(a, caption, answered, album=album))

    async def forward(
        self, room: bytes | str, message: bytes | str, to: bytes | str, caption: str = "", album: bytes = b""
    ) -> bytes:
        """Send a file of this device to another room, under a new key, so that the relay cannot link the two."""
        reader = self.open(room, message)
        said = reader._said  # noqa: SLF001 - one module
        target = self._ready(to, caption)
        return await self._cut(target, _cut_kept(reader), said, lambda a: File(a, caption, forwarded=True, album=album))

    def info(self, room: bytes | str, message: bytes | str) -> AttachmentInfo:
        """Name, size, type and state of a message's file. Raises `BadRequest` if the message has none."""
        with self._session.look() as store:
            row = find_message(store, find_room(store, room), message)
            return attachment_info(store, row, _said(row))

    async def fetch(self, room: bytes | str, message: bytes | str) -> None:
        """Start to download a file, again if it failed or was cancelled. `wait` waits for it. Raises `BadRequest`."""
        with self._session.step() as step:
            target = find_room(step.store, room)
            files.fetch(step, step.room(target), find_message(step.store, target, message).id)

    async def wait(self, room: bytes | str, message: bytes | str, *, timeout_s: float | None = 30.0) -> None:
        """Wait until a file was downloaded, or our own was uploaded. Raises `FileFailed` or `PendingStill`."""

        def ended() -> AttachmentInfo | None:
            info = self.info(room, message)
            return info if info.state in {"here", "failed", "cancelled"} else None

        info = await self._session.until(ended, timeout_s, "the file has not moved")
        if info.state != "here":
            raise FileFailed(f"the file did not come: {info.reason or info.state}")

    async def cancel(self, room: bytes | str, message: bytes | str) -> None:
        """Stop a transfer. An upload that is not complete is deleted with its message. Raises `BadRequest`."""
        with self._session.step() as step:
            target = find_room(step.store, room)
            file_messages.cancel(step, target, find_message(step.store, target, message).id)

    def open(self, room: bytes | str, message: bytes | str) -> FileReader:
        """A reader for ranges of a file on this device. Raises `FileNotHere` or `BadRequest`."""
        with self._session.look() as store:
            row = find_message(store, find_room(store, room), message)
            said, file = _said(row), store.file(row.room, row.id)
            if file is None or not (file.mine or file.state is FileState.HERE):
                raise FileNotHere("this file is not on this device")
        return FileReader(self._session, row, said)

    async def save(self, room: bytes | str, message: bytes | str, path: Path) -> Path:
        """Save a file of this device as ``path``, or under its own name if that is a folder. Never overwrites.

        Only its owner may read it. Raises `FileExists`, `FileUnwritable`, `FileNotHere` or `BadRequest`.
        """
        reader = self.open(room, message)
        chosen, fd = _created(path, reader.name)
        try:
            with os.fdopen(fd, "wb") as out:
                for piece in reader.pieces():
                    await asyncio.to_thread(out.write, piece)
        except BaseException:
            chosen.unlink(missing_ok=True)
            raise
        return chosen

    async def picture(self, room: bytes | str, message: bytes | str, longest: int = 2_560) -> SafeImage:
        """A photo of this device, re-encoded for showing. Raises `NoPictures`, or `BadImage`: it has failed then."""
        reader = self.open(room, message)
        row = reader._message  # noqa: SLF001 - one module
        try:
            return await self._session.pictures.of(
                (row.room, row.id, f"photo {longest}"), lambda: reader.read(0, _MAX_PHOTO), longest
            )
        except BadImage:
            with self._session.step() as step:
                files.judged(step, row.room, row.id, "not-an-image")
            raise

    async def thumbnail(self, room: bytes | str, message: bytes | str) -> SafeImage:
        """The preview that was sent with a photo, re-encoded. Raises `BadImage`."""
        with self._session.look() as store:
            row = find_message(store, find_room(store, room), message)
            thumb = _said(row).thumb
        return await self._session.pictures.small((row.room, row.id, "thumb"), thumb)

    async def safe_image(self, data: bytes, longest: int = 2_560) -> SafeImage:
        """Any image re-encoded for showing (profile pictures of others, previews). Raises `BadImage`."""
        return await asyncio.to_thread(safe_image, data, longest)

    def _ready(self, room: bytes | str, caption: str) -> bytes:
        if len(caption) > MAX_CAPTION:
            raise BadRequest("a caption has at most 10,000 characters")
        with self._session.view() as step:
            target = find_room(step.store, room)
            if step.room(target).phase != JOINED:
                raise NotInRoom("you are not in this room any more")
        return target

    def _answered(self, room: bytes, reply_to: bytes | str) -> bytes:
        with self._session.look() as store:
            return find_message(store, room, reply_to).id if reply_to else b""

    async def _cut(
        self, room: bytes, pieces: AsyncIterator[bytes], said: Attachment, body: Callable[[Attachment], File]
    ) -> bytes:
        """Keep the pieces one by one, then the message; on failure nothing of them."""
        with self._session.view() as step:
            message = sending.draw_id(step)
        try:
            size, refs = await self._keep(room, message, pieces)
            with self._session.step() as step:
                return file_messages.send_file(step, room, message, body(structs.replace(said, size=size, blobs=refs)))
        except BaseException:
            with self._session.step() as step:
                files.forget_file(step, room, message)
            raise

    async def _keep(self, room: bytes, message: bytes, pieces: AsyncIterator[bytes]) -> tuple[int, tuple[BlobRef, ...]]:
        size = 0
        keys: list[bytes] = []
        digests: list[bytes] = []
        async for piece in pieces:
            size += len(piece)
            if size > MAX_FILE:
                raise _too_large()
            if len(digests) % files.PIECES_PER_BLOB == 0:
                keys.append(os.urandom(32))
            with self._session.step() as step:
                digests.append(files.keep_piece(step, room, message, len(digests), keys[-1], piece))
        if not digests:
            raise BadRequest("this file is empty")
        return size, files.blob_refs(keys, digests, size)


# -- what is sent -------------------------------------------------------------------------------------------------


@contextmanager
def _opened(source: Path | BinaryIO | bytes) -> Iterator[BinaryIO]:
    if isinstance(source, bytes):
        yield io.BytesIO(source)
    elif isinstance(source, Path):
        try:
            with source.open("rb") as stream:
                if os.fstat(stream.fileno()).st_size > MAX_FILE:
                    raise _too_large()
                yield stream
        except OSError as error:
            raise FileUnreadable(f"{source.name} cannot be read") from error
    else:
        yield source


def _too_large() -> FileTooLarge:
    return FileTooLarge("a file has at most 100 MiB")


async def _prepared(
    stream: BinaryIO, name: str, mime: str | None, as_kind: AsKind | None, duration_ms: int, levels: bytes
) -> tuple[Attachment, Readable]:
    """What is said of the file, and the bytes that go."""
    head = await asyncio.to_thread(_read, stream, _HEAD)
    rest = _Joined(head, stream)
    image = sniff_image(head)
    if as_kind == "voice":
        return _voice(name, sniff_audio(head), duration_ms, levels), rest
    if as_kind == "photo" or (as_kind is None and image is not None):
        data = await asyncio.to_thread(_read, rest, _MAX_PHOTO + 1)
        if as_kind == "photo" or not await asyncio.to_thread(animated, data):
            return await _photo(name, data)
        rest = _Joined(data, rest)
    guessed = image.mime if image is not None else _TYPES.guess_type(name)[0]
    return Attachment("file", name, (mime or guessed or "application/octet-stream")[:127], 0, ()), rest


def _voice(name: str, mime: str, duration_ms: int, levels: bytes) -> Attachment:
    if not mime:
        raise BadRequest("a voice note is WebM or Ogg with Opus sound")
    if duration_ms > MAX_VOICE_MS:
        raise BadRequest("a voice note lasts at most 15 minutes")
    return Attachment("voice", name, mime, 0, (), duration_ms=max(0, duration_ms), levels=levels[:MAX_LEVELS])


async def _photo(name: str, data: bytes) -> tuple[Attachment, Readable]:
    photo = await asyncio.to_thread(prepare_photo, data)
    image = photo.image
    stem = name.rpartition(".")[0] or name
    shown = safe_name(f"{stem}.{'webp' if image.mime == 'image/webp' else 'jpg'}")
    said = Attachment("photo", shown, image.mime, 0, (), image.width, image.height, thumb=photo.thumb)
    return said, io.BytesIO(image.data)


class Readable(Protocol):
    """What pieces are read from."""

    def read(self, size: int, /) -> bytes: ...


class _Joined:
    """Bytes that were read already, then the rest of the stream."""

    def __init__(self, head: bytes, rest: Readable) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int, /) -> bytes:
        if not self._head:
            return self._rest.read(size)
        taken, self._head = self._head[:size], self._head[size:]
        return taken


async def _cut_stream(stream: Readable) -> AsyncIterator[bytes]:
    while piece := await asyncio.to_thread(_read, stream, PIECE):
        yield piece


async def _cut_kept(reader: FileReader) -> AsyncIterator[bytes]:
    """A file that is here in pieces of a blob's size; the store is read on the loop's own thread."""
    for start in range(0, reader.size, PIECE):
        yield reader.read(start, PIECE)


def _read(stream: Readable, size: int) -> bytes:
    """Exactly ``size`` bytes, fewer only at the end."""
    data = stream.read(size)
    while data and len(data) < size and (more := stream.read(size - len(data))):
        data += more
    return data


# -- what is shown and saved --------------------------------------------------------------------------------------


def attachment_info(store: Store, row: Message, said: Attachment) -> AttachmentInfo:
    """What is shown of a file, its name made safe. Runs in the caller's transaction."""
    file = store.file(row.room, row.id)
    state = file.state if file is not None else FileState.REMOTE
    pieces = store.pieces(row.room, row.id) if state in {FileState.MOVING, FileState.CANCELLED} else []
    return AttachmentInfo(
        kind=said.kind,
        name=safe_name(said.name),
        mime=said.mime,
        size=said.size,
        width=said.width,
        height=said.height,
        duration_ms=said.duration_ms,
        levels=said.levels,
        thumb=said.thumb,
        state=state.value,
        done=said.size if state is FileState.HERE else files.done_bytes(pieces, said.size),
        reason=file.reason if file is not None else "",
    )


def _said(row: Message) -> Attachment:
    body = decode_body(row.body)
    said = body.attachment if isinstance(body, File | Imported) else None
    if said is None:
        raise BadRequest("this message has no file")
    return said


def _created(path: Path, name: str) -> tuple[Path, int]:
    """A new file at ``path``, or in that directory under ``name`` or the next free name like it."""
    folder = path.is_dir()
    chosen, number = (path / name if folder else path), 1
    while True:
        try:
            return chosen, create_private(chosen)
        except FileExistsError:
            if not folder or number >= _MOST_NAMES:
                raise FileExists(f"there is a file {chosen.name} already") from None
            number += 1
            chosen = path / numbered_name(name, number)
        except OSError as error:
            raise FileUnwritable(f"{chosen.name} cannot be written there") from error
