"""Files of messages: cut, sent piece by piece, fetched, put back, forgotten (spec/room.md, "Files").

A file's bytes are the encrypted chunks of its blobs, stored in the form in which they are sent; nothing here has more
than one chunk in memory. The message of an own file is sent when the relay has accepted every chunk.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Final

from nullabona.client.core.delivery import blobs
from nullabona.client.core.model.content import MAX_FILE, Attachment, File, Imported, decode_body
from nullabona.client.core.model.errors import BadRequest
from nullabona.client.core.model.facts.messages import Transfer
from nullabona.client.core.model.outbox_targets import FilePiece
from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.records import FileState, Message, Piece, StoredFile
from nullabona.client.core.model.room_info import DEVICES
from nullabona.client.core.model.sniff import sniff_audio, sniff_image
from nullabona.client.core.model.state import RoomState
from nullabona.client.core.step import Step
from nullabona.errors import PeerError
from nullabona.wire.blob import PIECE, BlobRef, open_piece, piece_count, seal_piece

PIECES_PER_BLOB: Final = 64
"""Chunks in each blob of a file but the last."""
AUTO_PHOTO: Final = 5 * 1_048_576
"""Photos up to this size are fetched automatically."""
AUTO_VOICE: Final = 20 * 1_048_576
_AT_ONCE: Final = 2
"""How many chunks of a file wait in the outbox at once."""


# -- cutting and sending ------------------------------------------------------------------------------------------


def keep_piece(step: Step, room: bytes, message: bytes, place: int, key: bytes, piece: bytes) -> bytes:
    """Seal and keep the piece at ``place`` of an own file; its digest. Every piece but the last has `PIECE` bytes."""
    chunk = seal_piece(key, place % PIECES_PER_BLOB, piece)
    digest = sha256(chunk).digest()
    step.store.put_file(StoredFile(room, message, mine=True, state=FileState.MOVING))
    step.store.put_chunk(digest, chunk, step.day)
    step.store.put_pieces(room, message, [Piece(place, digest, done=False)])
    return digest


def blob_refs(keys: list[bytes], digests: list[bytes], size: int) -> tuple[BlobRef, ...]:
    """The references to a file whose pieces were kept; one key for every `PIECES_PER_BLOB` of them."""
    whole = PIECES_PER_BLOB * PIECE
    refs = []
    for number, key in enumerate(keys):
        names = tuple(digests[number * PIECES_PER_BLOB : (number + 1) * PIECES_PER_BLOB])
        refs.append(BlobRef(min(whole, size - number * whole), key, names))
    return tuple(refs)


def own(store: Store, room: bytes, message: bytes) -> StoredFile | None:
    """The file that this account sends with a message, if it does."""
    file = store.file(room, message)
    return file if file is not None and file.mine else None


def send_pieces(step: Step, room: RoomState, file: StoredFile) -> int:
    """Keep a few pieces of an own file in the outbox. Returns how many the relay still has to take."""
    pieces = step.store.pieces(file.room, file.message)
    open_pieces = [piece for piece in pieces if not piece.done]
    waiting = step.store.outbox_refs(file.message)
    for piece in open_pieces[:_AT_ONCE]:
        if piece.digest not in waiting:
            step.store.add_outbox(FilePiece(room.relay, room.id, file.message), ref=piece.digest)
    state = FileState.MOVING if open_pieces else FileState.HERE
    set_state(step, replace(file, state=state, reason=""), pieces)
    return len(open_pieces)


def unqueue(step: Step, message: bytes) -> None:
    """Upload no more pieces of a message's file."""
    step.store.drop_outbox_kind(FilePiece.kind, message)


def put_back(step: Step, room: RoomState, message: bytes) -> None:
    """The relay lost its data: upload every piece of an own file again."""
    file = own(step.store, room.id, message)
    if file is None or file.state is not FileState.HERE:
        return
    pieces = step.store.pieces(room.id, message)
    step.store.put_pieces(room.id, message, [replace(piece, done=False) for piece in pieces])
    send_pieces(step, room, file)


def begin_again(step: Step, room: RoomState) -> None:
    """Another relay keeps the room: restart the transfer of unsent own files, of which it has no piece."""
    for file in step.store.files(FileState.MOVING):
        if file.mine and file.room == room.id and step.store.message(room.id, file.message) is not None:
            pieces = step.store.pieces(room.id, file.message)
            step.store.put_pieces(room.id, file.message, [replace(piece, done=False) for piece in pieces])
            send_pieces(step, room, file)


def sweep(step: Step) -> None:
    """Delete pieces of messages that were never created."""
    for file in step.store.files(FileState.MOVING):
        if file.mine and step.store.message(file.room, file.message) is None:
            forget_file(step, file.room, file.message)


# -- receiving ----------------------------------------------------------------------------------------------------


def received(step: Step, room: RoomState, message: bytes, body: File) -> None:
    """Another account's file message was stored: fetch small photos and voice notes at once."""
    if step.store.file(room.id, message) is not None:
        return
    said = body.attachment
    file = StoredFile(room.id, message, mine=False, state=FileState.REMOTE)
    if not is_consistent(said):
        set_state(step, replace(file, state=FileState.FAILED, reason="size"))
        return
    set_state(step, file)
    most = {"photo": AUTO_PHOTO, "voice": AUTO_VOICE}.get(said.kind, 0)
    if said.size <= most:
        fetch(step, room, message)


def is_consistent(said: Attachment) -> bool:
    """Whether the parts add up to the stated size, so that nobody can make us fetch more."""
    fitting = all(len(ref.chunks) == piece_count(ref.size) for ref in said.blobs)
    return fitting and 0 < said.size <= MAX_FILE and sum(ref.size for ref in said.blobs) == said.size


def fetch(step: Step, room: RoomState, message: bytes) -> None:
    """Ask for every piece of a file that is not here. Harmless for one that is here or on its way.

    Raises `BadRequest` if the message has no file that can be fetched.
    """
    file, said = step.store.file(room.id, message), attachment_of(step.store, room.id, message)
    if file is None or said is None or not (file.mine or is_consistent(said)):
        raise BadRequest("this message has no file that can be fetched")
    if file.mine or file.state is FileState.HERE:
        return
    digests = [digest for ref in said.blobs for digest in ref.chunks]
    had = {piece.digest for piece in step.store.pieces(room.id, message) if piece.done}
    pieces = [Piece(place, digest, digest in had) for place, digest in enumerate(digests)]
    step.store.put_pieces(room.id, message, pieces)
    set_state(step, replace(file, state=FileState.MOVING, reason=""), pieces)
    lacking = [piece.digest for piece in pieces if not piece.done]
    blobs.want_pieces(step, lacking, room.relay, room.id, message)
    if not lacking:
        _finish(step, file, said)


def piece_came(step: Step, digest: bytes, data: bytes) -> None:
    """A chunk is here and kept: check it against every file that names it."""
    for room, message, place in step.store.pieces_named(digest):
        file, said = step.store.file(room, message), attachment_of(step.store, room, message)
        if file is None or said is None or file.mine or file.state is not FileState.MOVING:
            continue
        ref, index = at(said, place)
        try:
            open_piece(ref, index, data)
        except PeerError:
            _fail(step, file, "damaged")
            continue
        step.store.put_pieces(room, message, [Piece(place, digest, done=True)])
        pieces = step.store.pieces(room, message)
        if all(piece.done for piece in pieces):
            _finish(step, file, said)
        else:
            set_state(step, file, pieces)


def _finish(step: Step, file: StoredFile, said: Attachment) -> None:
    """All pieces are here: reject a file that claims to be a photo or voice note and is not."""
    head = read_piece(step.store, file.room, file.message, said, 0) or b""
    reason = ""
    if said.kind == "photo":
        image = sniff_image(head)
        reason = "not-an-image" if image is None else "too-many-pixels" if image.too_large else ""
    elif said.kind == "voice" and not sniff_audio(head):
        reason = "not-audio"
    if reason:
        _fail(step, file, reason)
    else:
        set_state(step, replace(file, state=FileState.HERE, reason=""), step.store.pieces(file.room, file.message))


def _fail(step: Step, file: StoredFile, reason: str) -> None:
    """Delete the file's bytes and mark it as failed."""
    forget_file(step, file.room, file.message)
    set_state(step, replace(file, state=FileState.FAILED, reason=reason))


def judged(step: Step, room: bytes, message: bytes, reason: str) -> None:
    """The decoder of the whole file found that its content is not what it claims."""
    file = step.store.file(room, message)
    if file is not None and not file.mine and file.state is FileState.HERE:
        _fail(step, file, reason)


# -- both ways ----------------------------------------------------------------------------------------------------


def forget_file(step: Step, room: bytes, message: bytes) -> None:
    """Erase a message's file and stop its transfers. Harmless if there is none."""
    blobs.unwant_pieces(step, message)
    unqueue(step, message)
    step.store.drop_file(room, message)


def attachment_of(store: Store, room: bytes, message: bytes) -> Attachment | None:
    row = store.message(room, message)
    body = decode_body(row.body) if row is not None else None
    return body.attachment if isinstance(body, File | Imported) else None


def total_of(message: Message) -> int:
    body = decode_body(message.body)
    return body.attachment.size if isinstance(body, File) else 0


def read_piece(store: Store, room: bytes, message: bytes, said: Attachment, place: int) -> bytes | None:
    """The bytes at ``place`` (in pieces) of a file that is here; None if they are not."""
    piece = next((piece for piece in store.pieces(room, message) if piece.place == place), None)
    chunk = store.chunk(piece.digest) if piece is not None else None
    return open_piece(*at(said, place), chunk) if chunk is not None else None


def places(said: Attachment) -> Iterator[tuple[int, int, int]]:
    """For each piece of a file its place, its first byte and the byte after its last."""
    place = begin = 0
    for ref in said.blobs:
        for index in range(len(ref.chunks)):
            size = min(PIECE, ref.size - index * PIECE)
            yield place, begin, begin + size
            place, begin = place + 1, begin + size


def at(said: Attachment, place: int) -> tuple[BlobRef, int]:
    """The blob of a piece, and the piece's index in it."""
    for ref in said.blobs:
        if place < len(ref.chunks):
            return ref, place
        place -= len(ref.chunks)
    raise BadRequest("a file has no such piece")


def done_bytes(pieces: list[Piece], total: int) -> int:
    return min(total, sum(piece.done for piece in pieces) * PIECE)


def set_state(step: Step, file: StoredFile, pieces: list[Piece] | None = None) -> None:
    """Record a file's state and report it to listeners."""
    step.store.put_file(file)
    said = attachment_of(step.store, file.room, file.message)
    total = said.size if said is not None else 0
    done = total if file.state is FileState.HERE else done_bytes(pieces or [], total)
    room = step.find_room(file.room)
    if room is not None and room.info.kind == DEVICES:
        return
    step.tell(Transfer(file.room, file.message, done, total, file.state, file.reason))
