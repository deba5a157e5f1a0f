"""Files in a model world: what members may say about them, and what relays may lose (spec/room.md §12)."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import msgspec
import pytest

from nullabona.client.core.delivery.box_log import open_quietly
from nullabona.client.core.model.content import Attachment, File
from nullabona.client.core.model.message_ids import RANDOM, message_id
from nullabona.client.core.model.records import FileState
from nullabona.wire.blob import PIECE, BlobRef, cut_blob, seal_piece
from nullabona.wire.frame import Kind
from tests.rooms.hostile import envelope, frames_at, people, say_anything, track_of
from tests.rooms.test_handed import came
from tests.rooms.world import Person, World

HOUR = 3_600_000

KEY = b"k" * 32
JPEG = b"\xff\xd8\xff\xe0\x00\x04xx\xff\xc0\x00\x0b\x08"
BOMB = JPEG + (60_000).to_bytes(2, "big") * 2 + bytes(64)
SMALL = JPEG + (48).to_bytes(2, "big") * 2 + bytes(64)


def said(world: World, content: bytes, kind: str = "photo") -> Attachment:
    """An honest description of a file that lies at the relay."""
    ref, chunks = cut_blob(KEY, content)
    for _, chunk in chunks:
        world.relay.put_blob(chunk)
    return Attachment(kind, "x.jpg", "image/jpeg", len(content), (ref,))  # type: ignore[arg-type]


def file_of(person: Person, room: bytes, message: bytes) -> tuple[FileState, str] | None:
    """Where the file is, and why it failed."""
    with person.store.transaction():
        file = person.store.file(room, message)
    return (file.state, file.reason) if file is not None else None


def tell(sender: Person, room: bytes, attachment: Attachment) -> bytes:
    """Say it, whatever it is; the message's id."""
    id = message_id(sender.account, bytes(RANDOM))
    say_anything(sender, room, envelope(sender, File(attachment), id=id))
    return id


def lying_size(world: World) -> Attachment:
    honest = said(world, SMALL)
    return msgspec.structs.replace(honest, size=honest.size + 1)


def too_many_chunks(world: World) -> Attachment:
    honest = said(world, SMALL)
    ref = BlobRef(honest.size, KEY, honest.blobs[0].chunks * 60)
    return msgspec.structs.replace(honest, blobs=(ref,))


def larger_chunk(world: World) -> Attachment:
    """The relay's chunk holds a megabyte where a few bytes were stated."""
    chunk = seal_piece(KEY, 0, SMALL + bytes(PIECE - len(SMALL)))
    world.relay.put_blob(chunk)
    ref = BlobRef(len(SMALL), KEY, (sha256(chunk).digest(),))
    return Attachment("photo", "x.jpg", "image/jpeg", len(SMALL), (ref,))


def wrong_key(world: World) -> Attachment:
    honest = said(world, SMALL)
    return msgspec.structs.replace(honest, blobs=(BlobRef(honest.size, b"w" * 32, honest.blobs[0].chunks),))


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        (lying_size, "size"),
        (too_many_chunks, "size"),
        (larger_chunk, "damaged"),
        (wrong_key, "damaged"),
        (lambda world: said(world, b"<html>not a picture</html>"), "not-an-image"),
        (lambda world: said(world, BOMB), "too-many-pixels"),
        (lambda world: said(world, b"RIFFxxxxWAVE", "voice"), "not-audio"),
    ],
)
def test_a_file_that_is_not_what_it_says_fails_with_a_reason(lie: Callable[[World], Attachment], reason: str) -> None:
    """Nothing of it is kept, and the room goes on."""
    world = World(1)
    mina, jun = people(world, 2)
    room = world.group(mina, jun)
    id = tell(mina, room, lie(world))
    world.settle()
    assert (FileState.FAILED, reason) == file_of(jun, room, id)
    with jun.store.transaction():
        assert [] == jun.store.pieces(room, id)
    mina.send(room, "still here")
    world.settle()
    assert "still here" in jun.texts(room)


def test_a_file_that_nobody_has_is_given_up() -> None:
    """The relay never had it and the sender does not put it back: it fails after a bounded number of questions."""
    world = World(2)
    mina, jun = people(world, 2)
    room = world.group(mina, jun)
    ref, _ = cut_blob(KEY, SMALL)
    id = tell(mina, room, Attachment("photo", "x.jpg", "image/jpeg", len(SMALL), (ref,)))
    world.settle()
    assert (FileState.FAILED, "gone") == file_of(jun, room, id)


def test_a_photo_that_is_nowhere_has_nobody_put_anything_into_an_inbox() -> None:
    """Who lacks it asks in the room's box, once for each photo: a relay that denies it would see whose inbox it is."""
    world = World(4)
    mina, jun, sora = people(world, 3)
    room = world.group(mina, jun, sora)
    before = [came(world, person) for person in world.people]
    ref, _ = cut_blob(KEY, SMALL)
    tell(mina, room, Attachment("photo", "x.jpg", "image/jpeg", len(SMALL), (ref,)))
    world.settle(span=HOUR, most=2_000)
    assert [0, 0, 0] == [came(world, person) - count for person, count in zip(world.people, before, strict=True)]
    track = track_of(mina, room)
    opened = [open_quietly(track, frame) for frame in frames_at(world, track.keys.box.address)]
    assert 2 == sum(one is not None and one.kind is Kind.ITEM for one in opened)


def test_an_honest_photo_comes_and_goes_with_its_message() -> None:
    """Fetched by itself; forgetting it erases every chunk that no other file names."""
    from nullabona.client.core import files

    world = World(3)
    mina, jun = people(world, 2)
    room = world.group(mina, jun)
    attachment = said(world, SMALL)
    id = tell(mina, room, attachment)
    world.settle()
    assert (FileState.HERE, "") == file_of(jun, room, id)
    digest = attachment.blobs[0].chunks[0]
    with jun.engine.step(world.now) as step:
        assert SMALL == files.read_piece(step.store, room, id, attachment, 0)
        files.forget_file(step, room, id)
    with jun.store.transaction():
        assert (None, None) == (jun.store.file(room, id), jun.store.chunk(digest))
