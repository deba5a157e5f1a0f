"""Files as messages: send one, cancel it, and ask its sender again for pieces that the relay lost."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Final

from nullabona.client.core import acquaintance, files
from nullabona.client.core.delivery import blobs, room_items
from nullabona.client.core.identity import device_certificates
from nullabona.client.core.model.content import File
from nullabona.client.core.model.errors import BadRequest
from nullabona.client.core.model.facts.messages import MessageGone, Transfer
from nullabona.client.core.model.inbox_items import FileRequest
from nullabona.client.core.model.outbox_targets import FilePiece
from nullabona.client.core.model.records import FileState, Message, MessageState
from nullabona.client.core.model.state import JOINED
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import sending
from nullabona.wire.certificate import DeviceCertificate

_ASK_AFTER: Final = 2
"""After so many misses at the relay, we ask the sender to upload the file again."""
_ASKED: Final = "file-request"


def send_file(step: Step, room_id: bytes, message: bytes, body: File) -> bytes:
    """Send the message of a file whose pieces were kept under its id, made by `sending.draw_id`.

    It is sent when the relay has all of them.
    """
    return sending.send(step, step.room(room_id), body, message)


def piece_taken(step: Step, target: FilePiece, digest: bytes) -> None:
    """The relay has a piece: send the next one, and after the last one the message."""
    room, message = step.find_room(target.room), target.message
    file = step.store.file(target.room, message)
    if room is None or file is None:
        return
    mine = [piece for piece in step.store.pieces(room.id, message) if piece.digest == digest]
    step.store.put_pieces(room.id, message, [replace(piece, done=True) for piece in mine])
    if files.send_pieces(step, room, file):
        return
    row = step.store.message(room.id, message)
    if row is not None and row.state is MessageState.WAITING and not row.box:
        sending.resend(step, room, row)


def piece_refused(step: Step, target: FilePiece) -> None:
    """The relay refused a piece for good: the file and its message have failed."""
    room, message = target.room, target.message
    files.unqueue(step, message)
    file, row = step.store.file(room, message), step.store.message(room, message)
    if file is not None:
        files.set_state(step, replace(file, state=FileState.FAILED, reason="refused"))
    if row is not None and not row.box:
        sending.set_state(step, row, MessageState.FAILED)


def asked_back(step: Step, sender: DeviceCertificate, request: FileRequest) -> None:
    """A device did not find our file at the relay: upload it again for a device of the room, once a day per account."""
    room, account = step.find_room(request.room), sender.account_id
    if room is None or room.phase != JOINED or not device_certificates.in_room(step, sender, room.id):
        return
    if step.store.saw(_ASKED, sha256(account + request.message + step.day.to_bytes(4, "big")).digest(), step.day):
        files.put_back(step, room, request.message)


def piece_missing(step: Step, digest: bytes, attempts: int) -> None:
    """The relay does not have a chunk: ask its sender to upload it again, and give up if that did not help."""
    for room, message, _ in step.store.pieces_named(digest):
        file, row = step.store.file(room, message), step.store.message(room, message)
        if file is None or row is None or file.mine or file.state is not FileState.MOVING:
            continue
        if attempts >= blobs.MAX_ATTEMPTS:
            blobs.unwant_pieces(step, message)
            files.set_state(step, replace(file, state=FileState.FAILED, reason="gone"))
        elif attempts == _ASK_AFTER and step.store.saw(
            _ASKED, sha256(message + bytes((step.day % 256,))).digest(), step.day
        ):
            _ask(step, room, row)


def _ask(step: Step, room_id: bytes, row: Message) -> None:
    """Ask the sender in the room's box: a relay that denies a chunk would see in whose inbox we ask."""
    room = step.find_room(room_id)
    if room is None or room.phase != JOINED or acquaintance.is_blocked(step.store, row.account):
        return
    if any(device.account == row.account for device in step.roster(room_id).values()):
        room_items.ask(step, room, room.current, FileRequest(room_id, row.id))


def cancel(step: Step, room_id: bytes, message: bytes) -> None:
    """Stop a transfer. An unsent own file is discarded with its message; another's file may be fetched later.

    Raises `BadRequest` if nothing is being transferred, or the message was sent already.
    """
    file, row = step.store.file(room_id, message), step.store.message(room_id, message)
    if file is None or row is None or file.state is FileState.HERE:
        raise BadRequest("this message has no file under way")
    if not file.mine:
        blobs.unwant_pieces(step, message)
        files.set_state(step, replace(file, state=FileState.CANCELLED, reason=""))
        return
    if row.box:
        raise BadRequest("this file was sent already", hint="delete the message for all")
    total = files.total_of(row)
    files.forget_file(step, room_id, message)
    step.store.drop_message(room_id, message)
    step.tell(MessageGone(room_id, message))
    step.tell(Transfer(room_id, message, 0, total, FileState.CANCELLED))
