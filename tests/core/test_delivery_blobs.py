"""Chunks of blobs: which are asked for, where and when, in which order, and when they are given up (frame.md §4)."""

from __future__ import annotations

import pytest

from nullabona.client.core.delivery import blobs
from nullabona.client.core.delivery.blobs import MAX_ATTEMPTS, MISSING, WantedChunk
from nullabona.client.core.step import Timing
from nullabona.wire.blob import BlobRef, cut_blob, encode_ref
from nullabona.wire.frame import Kind, OpenedFrame
from tests.core.stage import DAY, RELAY, START, Randomness, Stage

ROOM, OTHER_ROOM = b"r" * 32, b"o" * 32
FILE, OTHER_FILE = b"f" * 16, b"g" * 16
REJOINING = "wss://two.example:443/v1"


def cut(content: bytes) -> tuple[BlobRef, dict[bytes, bytes]]:
    """A blob's reference and its chunks by digest."""
    ref, pieces = cut_blob(bytes(32), content)
    return ref, dict(pieces)


def wanted(stage: Stage) -> list[WantedChunk]:
    """What is wanted now, in order."""
    with stage.step() as step:
        return blobs.wanted_chunks(step)


def want_file(stage: Stage, *digests: bytes, room: bytes = ROOM, message: bytes = FILE, relay: str = RELAY) -> None:
    """A file's chunks are wanted."""
    with stage.step() as step:
        blobs.want_pieces(step, list(digests), relay, room, message)


def content(stage: Stage, ref: BlobRef, relay: str = RELAY, room: bytes = ROOM) -> object:
    """What a room gets of a blob."""
    with stage.step() as step:
        return blobs.blob_content(step, ref, relay, room)


def test_a_blob_that_is_here_is_joined_and_asks_for_nothing() -> None:
    """All chunks are in the store: its content comes at once."""
    stage = Stage()
    ref, pieces = cut(b"hello")
    with stage.step() as step:
        for digest, data in pieces.items():
            step.store.put_chunk(digest, data, DAY)
    assert (b"hello", []) == (content(stage, ref), wanted(stage))


def test_what_is_lacking_is_asked_for_at_once_and_once() -> None:
    """Only the chunks that are not here, of the room's relay, and a second time changes nothing."""
    stage = Stage()
    ref, pieces = cut(bytes(3 * 1_048_576))
    here = ref.chunks[1]
    with stage.step() as step:
        step.store.put_chunk(here, pieces[here], DAY)
    assert (MISSING, MISSING) == (content(stage, ref), content(stage, ref))
    expected = [WantedChunk(digest, RELAY, ROOM, START) for digest in ref.chunks if digest != here]
    assert expected == wanted(stage)


def test_another_relay_is_asked_too() -> None:
    """The one that was named first may be gone; what came last stands first."""
    stage = Stage()
    ref, _ = cut(b"hello")
    content(stage, ref)
    content(stage, ref, REJOINING, OTHER_ROOM)
    digest = ref.chunks[0]
    expected = [WantedChunk(digest, REJOINING, OTHER_ROOM, START), WantedChunk(digest, RELAY, ROOM, START)]
    assert expected == wanted(stage)


def test_what_a_room_waits_for_comes_before_files_and_is_asked_for_beside_them() -> None:
    """A file asks for the same chunk: the room asks for it all the same, and first."""
    stage = Stage()
    ref, _ = cut(b"hello")
    digest = ref.chunks[0]
    want_file(stage, digest, b"x" * 32)
    content(stage, ref)
    expected = [
        WantedChunk(digest, RELAY, ROOM, START),
        WantedChunk(digest, RELAY, ROOM, START, message=FILE),
        WantedChunk(b"x" * 32, RELAY, ROOM, START, message=FILE),
    ]
    assert expected == wanted(stage)


def test_a_blob_whose_chunks_are_others_can_never_be_had() -> None:
    """They are here, but do not make up the blob."""
    stage = Stage()
    ref, _ = cut(b"hello")
    with stage.step() as step:
        step.store.put_chunk(ref.chunks[0], b"not it", DAY)
    assert content(stage, ref) is None
    assert [] == wanted(stage)


@pytest.mark.parametrize(
    ("body", "indirect", "expected"),
    [(b"plain", False, b"plain"), (b"\xc1", True, None), (encode_ref(cut(b"hello")[0]), True, MISSING)],
)
def test_the_body_of_a_frame(body: bytes, *, indirect: bool, expected: object) -> None:
    """It is the frame's own, or that of the blob it refers to, or none for what refers to nothing."""
    stage = Stage()
    room = stage.room()
    with stage.step() as step:
        state = step.room(room)
        found = blobs.body_of(step, state, state.current, OpenedFrame(Kind.MESSAGE, indirect, body))
        asked = [(each.relay, each.room) for each in blobs.wanted_chunks(step)]
    assert expected == found
    assert ([(RELAY, room)] if expected is MISSING else []) == asked


def test_files_wait_behind_what_is_wanted_and_ask_for_a_chunk_once() -> None:
    """In the order in which they were wanted; a chunk that another file wants already is not asked for again."""
    stage = Stage()
    want_file(stage, b"a" * 32)
    want_file(stage, b"a" * 32, b"b" * 32, message=OTHER_FILE)
    want_file(stage, b"b" * 32, message=OTHER_FILE)
    expected = [
        WantedChunk(b"a" * 32, RELAY, ROOM, START, message=FILE),
        WantedChunk(b"b" * 32, RELAY, ROOM, START, message=OTHER_FILE),
    ]
    assert expected == wanted(stage)


def test_a_room_that_moved_asks_at_its_new_relay_from_the_beginning() -> None:
    """What another room wants, and what is asked there already, stays as it is."""
    stage = Stage()
    want_file(stage, b"a" * 32)
    want_file(stage, b"b" * 32, room=OTHER_ROOM)
    want_file(stage, b"c" * 32, relay=REJOINING)
    for digest in (b"a" * 32, b"b" * 32, b"c" * 32):
        with stage.step() as step:
            blobs.chunk_missing(step, digest)
    later = START + 1
    with stage.step(later) as step:
        blobs.retarget(step, ROOM, REJOINING)
    found = [(each.digest[:1], each.relay, each.next_at, each.attempts) for each in wanted(stage)]
    assert [(b"a", REJOINING, later, 0), (b"b", RELAY, START + 4_000, 1), (b"c", REJOINING, START + 4_000, 1)] == found


def test_a_message_that_is_gone_wants_nothing_more() -> None:
    """The chunks of its file are not asked for; those of another are."""
    stage = Stage()
    want_file(stage, b"a" * 32, b"b" * 32)
    want_file(stage, b"c" * 32, message=OTHER_FILE)
    with stage.step() as step:
        blobs.unwant_pieces(step, FILE)
    assert [b"c" * 32] == [each.digest for each in wanted(stage)]
    with stage.step() as step:
        blobs.unwant_pieces(step, FILE)
    assert [b"c" * 32] == [each.digest for each in wanted(stage)]


def test_a_chunk_that_came_is_kept_and_wanted_by_nobody_any_more() -> None:
    """Whoever asked for it, wherever; the others are wanted on."""
    stage = Stage()
    want_file(stage, b"a" * 32, b"b" * 32)
    with stage.step() as step:
        blobs.chunk_came(step, b"a" * 32, b"data")
        assert b"data" == step.store.chunk(b"a" * 32)
    assert [b"b" * 32] == [each.digest for each in wanted(stage)]
    with stage.step() as step:
        step.store.drop_chunks(DAY)
        assert b"data" == step.store.chunk(b"a" * 32)
        step.store.drop_chunks(DAY + 1)
        assert step.store.chunk(b"a" * 32) is None


@pytest.mark.parametrize(
    ("times", "least", "most"), [(1, 2_000, 4_000), (2, 4_000, 8_000), (8, 256_000, 512_000), (9, 450_000, 900_000)]
)
def test_a_chunk_that_is_not_there_is_asked_for_ever_more_rarely(times: int, least: int, most: int) -> None:
    """The pause doubles up to a quarter of an hour, and half of it is chance."""
    for low, pause in ((True, least), (False, most)):
        stage = Stage(rng=Randomness(low=low))
        want_file(stage, b"a" * 32, b"b" * 32)
        for time in range(1, times + 1):
            with stage.step() as step:
                assert time == blobs.chunk_missing(step, b"a" * 32)
        found = [(each.digest[:1], each.next_at, each.attempts) for each in wanted(stage)]
        assert [(b"a", START + pause, times), (b"b", START, 0)] == found


def test_a_chunk_is_given_up_after_so_many_times() -> None:
    """The last time counts, too; after that nobody wants it, and one that nobody wants was asked for no times."""
    stage = Stage(timing=Timing(retry=1))
    want_file(stage, b"a" * 32)
    asked = []
    for _ in range(MAX_ATTEMPTS + 1):
        with stage.step() as step:
            asked.append(blobs.chunk_missing(step, b"a" * 32))
    assert [*range(1, MAX_ATTEMPTS + 1), 0] == asked
    assert [] == wanted(stage)


def test_of_several_who_want_a_chunk_the_one_that_asked_most_counts() -> None:
    """A room wants it later than a file: how often it was asked is what the file has asked."""
    stage = Stage()
    ref, _ = cut(b"hello")
    want_file(stage, ref.chunks[0])
    with stage.step() as step:
        blobs.chunk_missing(step, ref.chunks[0])
    content(stage, ref)
    with stage.step() as step:
        assert 2 == blobs.chunk_missing(step, ref.chunks[0])
        blobs.want_pieces(step, [b"z" * 32], RELAY, ROOM, OTHER_FILE)
        assert 1 == blobs.chunk_missing(step, b"z" * 32)
