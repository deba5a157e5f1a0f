"""Backups in chunks: whole after every crash, small after every change, and never believed blindly."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import count

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.client.archive.errors import (
    ArchiveDamaged,
    ArchiveTooNew,
    BackupMissing,
    BackupTooLarge,
    BackupUnwritable,
)
from nullabona.client.archive.records import Record
from nullabona.client.archive.repository.chunks import (
    PAYLOAD,
    SIZES,
    ChunkRef,
    decode_refs,
    encode_refs,
    open_chunk,
    seal_chunk,
    split,
)
from nullabona.client.archive.repository.groups import SMALL, GroupReader, grouped, plains
from nullabona.client.archive.repository.keys import RepositoryKeys
from nullabona.client.archive.repository.reading import newest, open_heads, read_snapshot
from nullabona.client.archive.repository.snapshot import HEAD, SALT, Head, open_head, seal_head
from tests.archive.filled import TODAY
from tests.archive.making import file, piece, with_file
from tests.archive.repositories import (
    IDENTITY,
    KEYS,
    NOTHING,
    OTHER,
    WORDS,
    Cut,
    FullPlace,
    MemoryPlace,
    begin,
    lines,
    read,
    write,
)

MANY = 4_000


def test_what_was_written_is_read() -> None:
    """Every record, in its order."""
    place = MemoryPlace()
    records: list[Record] = [*lines(50), with_file(id=b"n" * 16), file(), piece()]
    written = write(place, records)
    assert records == read(place)
    assert (1, 51, 1, "") == (written.number, written.messages, written.files, written.doubt)


def test_an_unchanged_profile_costs_three_chunks() -> None:
    """A second backup writes the chunk with its date and its list; everything else is reused."""
    place = MemoryPlace()
    first = write(place, lines(MANY))
    second = write(place, lines(MANY), first.left, at=8)
    assert first.written > 4
    assert (2, first.chunks) == (second.written, second.chunks)


def test_a_few_new_lines_cost_a_few_chunks() -> None:
    """Old groups stay as they were when lines are added, changed or removed."""
    place, records = MemoryPlace(), lines(MANY)
    first = write(place, records)
    changed = [*records[:700], msgspec.structs.replace(records[700], unread=2), *records[701:1_500]]
    second = write(place, [*changed, *records[1_501:], *lines(5, MANY)], first.left, at=8)
    assert second.written <= 6
    assert 5 + MANY - 1 == len(read(place))


def test_older_chunks_go_only_after_two_more_backups() -> None:
    """The newest snapshot and the one before it stay whole; what only older ones had is gone."""
    place, left = MemoryPlace(), NOTHING
    for turn in range(4):
        left = write(place, lines(200, 1_000 * turn), left, at=turn).left
    assert lines(200, 3_000) == read(place)
    assert lines(200, 2_000) == read(place, earlier=True)
    assert 2 == len(place.kept_heads)
    sizes = sum(map(len, place.chunks.values()))
    assert 2 * 4 * SIZES[0] >= sizes


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_at_any_write_leaves_a_whole_backup(after: bool) -> None:  # noqa: FBT001
    """Each write fails and did not happen, then fails and did happen: the old or the new one can be read, and the next
    run succeeds and leaves nothing over.
    """
    whole = MemoryPlace()
    left = write(whole, lines(600), at=1).left
    left = write(whole, lines(600, 100), left, at=2).left
    for steps in count():
        place = MemoryPlace(dict(whole.chunks), list(whole.kept_heads), steps, after)
        try:
            write(place, lines(600, 300), left, at=3)
        except Cut:
            pass
        else:
            break
        assert read(place) in (lines(600, 100), lines(600, 300))
        place.steps = None
        again = write(place, lines(600, 300), left, at=4)
        assert lines(600, 300) == read(place)
        assert {ref.name for ref in _named(place)} == set(place.chunks)
        assert again.number > left.number
    assert steps >= 5


def _named(place: MemoryPlace) -> list[ChunkRef]:
    snapshots = [read_snapshot(place, KEYS, each.head) for each in open_heads(place, KEYS)]
    return [ref for snapshot in snapshots for ref in (*snapshot.parts, *snapshot.chunks)]


# -- places that lie ---------------------------------------------------------------------------------------------------


def _changed(place: MemoryPlace, rng: random.Random) -> None:
    name = rng.choice(sorted(place.chunks))
    data = bytearray(place.chunks[name])
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    place.chunks[name] = bytes(data)


def _removed(place: MemoryPlace, rng: random.Random) -> None:
    del place.chunks[rng.choice(sorted(place.chunks))]


def _cut_off(place: MemoryPlace, rng: random.Random) -> None:
    name = rng.choice(sorted(place.chunks))
    place.chunks[name] = place.chunks[name][: rng.randrange(SIZES[0])]


def _swapped(place: MemoryPlace, rng: random.Random) -> None:
    one, other = rng.sample(sorted(place.chunks), 2)
    place.chunks[one], place.chunks[other] = place.chunks[other], place.chunks[one]


@pytest.mark.parametrize("lie", [_changed, _removed, _cut_off, _swapped])
@pytest.mark.parametrize("seed", range(4))
def test_a_place_that_lies_is_refused_and_mended(lie: Callable[[MemoryPlace, random.Random], None], seed: int) -> None:
    """A reader refuses, and never gives other records; the next backup writes again what is not as it was."""
    place = MemoryPlace()
    left = write(place, lines(2_000)).left
    lie(place, random.Random(seed))
    with pytest.raises(ArchiveDamaged):
        read(place)
    write(place, lines(2_000), left, at=8)
    assert lines(2_000) == read(place)


def test_a_place_that_goes_back_is_noticed() -> None:
    """An older state that is whole is used, and said to be one; the numbers go on from the newest one."""
    place = MemoryPlace()
    left = write(place, lines(100)).left
    before = MemoryPlace(dict(place.chunks), list(place.kept_heads))
    left = write(place, lines(200), left, at=8).left
    written = write(before, lines(300), left, at=9)
    assert ("rolled-back", 3) == (written.doubt, written.number)
    assert "" == write(before, lines(300), written.left, at=10).doubt


def test_an_old_copy_of_a_profile_does_not_accuse_the_place() -> None:
    """What it finds there is newer than what it remembers; the numbers go on from there."""
    place = MemoryPlace()
    old = write(place, lines(100)).left
    left = old
    for turn in range(3):
        left = write(place, lines(100, turn), left, at=8 + turn).left
    written = write(place, lines(100, 50), old, at=20)
    assert ("", 5) == (written.doubt, written.number)
    assert lines(100, 50) == read(place)


def test_a_place_that_forgot_everything_is_noticed() -> None:
    """Everything is written again."""
    left = write(MemoryPlace(), lines(100)).left
    place = MemoryPlace()
    assert "emptied" == write(place, lines(100), left, at=8).doubt
    assert lines(100) == read(place)


def test_two_devices_share_a_place() -> None:
    """Neither takes the other's backups for its own, nor gives them up; the newest of both is restored."""
    place = MemoryPlace()
    mine, other = write(place, lines(100)).left, write(place, lines(100, 500), OTHER, at=8).left
    for turn in range(3):
        written = write(place, lines(200, turn), mine, at=10 + turn)
        mine = written.left
        assert ("", turn + 2) == (written.doubt, written.number)
    assert lines(200, 2) == read(place)
    assert "" == write(place, lines(100, 500), other, at=20).doubt
    assert lines(100, 500) == read(place)


def test_a_backup_that_is_larger_than_the_place_takes_is_refused() -> None:
    """One byte less than needed is too little; exactly enough is enough. The earlier backup stays."""
    place = MemoryPlace()
    size = sum(plain_size(MANY))
    place.most = size
    write(place, lines(MANY))
    place.most = size - 1
    with pytest.raises(BackupTooLarge):
        write(place, lines(MANY), at=8)
    place.most = size
    assert MANY == len(read(place))


def plain_size(count: int) -> list[int]:
    groups = grouped([begin(), IDENTITY, *lines(count)], KEYS)
    return [len(plain) + 16 for group in groups for plain in plains(group)]


def test_a_place_that_takes_nothing_keeps_the_earlier_backup() -> None:
    """A full drive."""
    place = FullPlace()
    whole = MemoryPlace()
    write(whole, lines(100))
    place.chunks, place.kept_heads = whole.chunks, whole.kept_heads
    with pytest.raises(BackupUnwritable):
        write(place, lines(300), at=8)
    assert lines(100) == read(place)


class _Forgetful(MemoryPlace):
    """Takes everything and keeps every third chunk."""

    def write(self, ref: ChunkRef, sealed: bytes) -> None:
        if len(self.chunks) % 3 != 2:
            super().write(ref, sealed)
        else:
            self.chunks[ref.name] = bytes(len(sealed))


def test_a_place_that_keeps_only_some_of_it_fails_the_check() -> None:
    """No head is written: the backup does not count."""
    place = _Forgetful()
    with pytest.raises(ArchiveDamaged):
        write(place, lines(MANY))
    assert [] == place.kept_heads


def test_other_words_open_nothing() -> None:
    """Nor do the words in another place: what was copied there says nothing."""
    place = MemoryPlace()
    write(place, lines(10))
    with pytest.raises(BackupMissing):
        newest(place, RepositoryKeys.of(WORDS, b"q" * 16))


def test_two_places_have_no_chunk_in_common() -> None:
    """So nobody can tell by comparing them that a drive and a relay are of one person."""
    names = []
    for id in (b"p" * 16, b"q" * 16):
        keys = RepositoryKeys.of(WORDS, id)
        groups = list(grouped([begin(), IDENTITY, *lines(1_000)], keys))
        names.append({seal_chunk(keys, plain, 1)[0].name for group in groups for plain in plains(group)})
    assert not names[0] & names[1]


# -- formats -----------------------------------------------------------------------------------------------------------


@given(st.binary(max_size=300), st.sampled_from([0, 1]), st.integers(-2, 2), st.sampled_from([0, *SIZES]))
def test_chunks_open_to_what_was_sealed(end: bytes, flags: int, over: int, size: int) -> None:
    """Any content around any border, in chunks of the three sizes."""
    content = bytes(max(0, size - 21 + over)) + end
    found, kinds = b"", []
    for plain in split(content, flags):
        ref, sealed = seal_chunk(KEYS, plain, TODAY)
        assert ref.size == len(sealed) in SIZES
        assert (ref,) == decode_refs(encode_refs([ref]))
        kind, part = open_chunk(KEYS, ref, sealed)
        kinds.append(kind)
        found += part
    assert (content, [flags | 2] * (len(kinds) - 1) + [flags]) == (found, kinds)
    assert len(kinds) == max(1, -(-len(content) // PAYLOAD))


def test_no_two_borders_leave_a_gap() -> None:
    """The largest content of a chunk fits it, one byte more does not."""
    for place, size in enumerate(SIZES):
        assert [size - 16] == [len(plain) for plain in split(bytes(size - 21), 0)]
        more = [len(plain) for plain in split(bytes(size - 20), 0)]
        assert more == ([SIZES[place + 1] - 16] if place < 2 else [size - 16, SIZES[0] - 16])


@given(st.binary(max_size=3 * 67))
def test_any_bytes_are_references_or_refused(data: bytes) -> None:
    try:
        refs = decode_refs(data)
    except ArchiveDamaged:
        return
    assert data == encode_refs(refs)


@given(st.binary(max_size=200), st.integers(0, 7))
def test_any_content_is_records_or_refused(data: bytes, flags: int) -> None:
    """Nothing else is raised, whatever a holder of the keys wrote."""
    reader = GroupReader()
    try:
        reader.feed(flags, data)
        reader.close()
    except (ArchiveDamaged, ArchiveTooNew):
        return
    assert reader.counts.records


def test_groups_have_bounds() -> None:
    """Neither many small records nor a large one make a group that no reader takes; only the latter passes the most."""
    groups = list(grouped([begin(), *lines(20_000)], KEYS))
    sizes = [len(group.data) - 5 for group in groups[1:-1]]
    assert SMALL.least <= min(sizes) <= max(sizes) <= SMALL.most
    assert SMALL.most in range(max(sizes), max(sizes) + 400)  # some groups end there, not by their hash
    assert 20_001 == sum(group.counts.records for group in groups)
    alone = list(grouped([begin(), piece(data=bytes(1_048_576))], KEYS))
    assert 1_048_576 < len(alone[-1].data) < 1_048_576 + 200


def test_a_group_that_goes_on_for_ever_is_refused() -> None:
    """Chunks that always promise more do not fill the memory."""
    reader = GroupReader()
    for _ in range(8):
        assert [] == reader.feed(2, bytes(1_048_576))
    with pytest.raises(ArchiveDamaged):
        reader.feed(2, b"x")


def test_a_head_of_a_newer_version_is_refused() -> None:
    sealed = seal_head(KEYS, b"s" * SALT, Head(2, b"w" * 16, 1, 1, bytes(67)))
    with pytest.raises(ArchiveTooNew):
        open_head(KEYS, sealed)


@given(st.integers(0, HEAD - 1), st.integers(1, 255))
def test_a_changed_head_opens_nothing(place: int, change: int) -> None:
    """Whichever byte is another one."""
    sealed = bytearray(seal_head(KEYS, b"s" * SALT, Head(1, b"w" * 16, 1, 1, bytes(67))))
    assert open_head(KEYS, bytes(sealed)) is not None
    sealed[place] ^= change
    assert open_head(KEYS, bytes(sealed)) is None


def test_every_head_has_the_same_size() -> None:
    """From one part of a list to the most."""
    sizes = {len(seal_head(KEYS, b"s" * SALT, Head(1, b"w" * 16, n, n, bytes(67 * n)))) for n in (1, 2, 32)}
    assert {HEAD} == sizes


def test_keys_and_references_say_nothing_of_themselves() -> None:
    """Neither logs nor tracebacks show a key."""
    ref, _ = seal_chunk(KEYS, next(split(b"x", 0)), 1)
    assert "RepositoryKeys()" == repr(KEYS)
    assert f"<ChunkRef of {SIZES[0]} bytes>" == repr(ref)
