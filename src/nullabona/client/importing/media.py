"""Files that came with an export, into the store: cut and sealed as a message's own files are, but never sent."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from mimetypes import MimeTypes
from typing import Final

from nullabona.client.core.files import PIECES_PER_BLOB, blob_refs
from nullabona.client.core.model.content import MAX_FILE, Attachment
from nullabona.client.core.model.filenames import safe_name
from nullabona.client.core.model.imports import Import
from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.records import FileState, Piece, StoredFile
from nullabona.client.core.model.sniff import sniff_audio, sniff_image
from nullabona.client.importing.errors import ExportUnreadable, ExportUnsafe
from nullabona.client.importing.records import Line
from nullabona.client.importing.sources import BROKEN, Media
from nullabona.wire.blob import PIECE, seal_piece

_TYPES: Final = MimeTypes()


class Keeper:
    """Keeps the files of one chat's lines, in the transaction that stores the line."""

    def __init__(self, kept: Import, media: Media | None, random: Callable[[int], bytes], day: int = 0) -> None:
        self._room = kept.room
        self._media = media
        self._random = random
        self._day = day

    def keep(self, store: Store, id: bytes, line: Line) -> Attachment | None:
        """What is said of the line's file, which is then in the store; None if the export does not have it whole."""
        size = self._media.size(line.media) if self._media is not None else None
        if self._media is None or size is None or not 0 < size <= MAX_FILE:
            return None
        keys: list[bytes] = []
        digests: list[bytes] = []
        done, head = 0, b""
        try:
            with self._media.open(line.media) as stream:
                while piece := _exactly(stream.read, PIECE):
                    done += len(piece)
                    if done > size:
                        raise ExportUnsafe("a file of the export is longer than it says")
                    head = head or piece
                    if len(digests) % PIECES_PER_BLOB == 0:
                        keys.append(self._random(32))
                    digests.append(self._piece(store, id, len(digests), keys[-1], piece))
        except (ExportUnreadable, *BROKEN):
            store.drop_file(self._room, id)
            return None
        if not digests:
            return None
        store.put_file(StoredFile(self._room, id, mine=False, state=FileState.HERE))
        return _said(line.media, head, done, blob_refs(keys, digests, done))

    def _piece(self, store: Store, id: bytes, place: int, key: bytes, piece: bytes) -> bytes:
        chunk = seal_piece(key, place % PIECES_PER_BLOB, piece)
        digest = sha256(chunk).digest()
        store.put_chunk(digest, chunk, self._day)
        store.put_pieces(self._room, id, [Piece(place, digest, done=True)])
        return digest


def _exactly(read: Callable[[int], bytes], size: int) -> bytes:
    data = read(size)
    while data and len(data) < size and (more := read(size - len(data))):
        data += more
    return data


def _said(path: str, head: bytes, size: int, refs: tuple) -> Attachment:  # type: ignore[type-arg]
    name = safe_name(path)
    image = sniff_image(head)
    if image is not None and not image.too_large and max(image.width, image.height) <= 20_000:
        return Attachment("photo", name, image.mime, size, refs, image.width, image.height)
    guessed = (sniff_audio(head) or _TYPES.guess_type(name)[0] or "application/octet-stream")[:127]
    return Attachment("file", name, guessed, size, refs)
