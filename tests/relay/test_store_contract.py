"""The contract of every box store (store/interface.py); of blob stores: test_blob_contract.py."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nullabona.relay.core.boxes import SEQ_BITS, Batch, NewBox, StoredBox
from nullabona.relay.store.interface import BoxStore
from nullabona.relay.store.memory import MemoryBoxStore
from nullabona.relay.store.sqlite import SqliteBoxStore
from nullabona.relay.store.statements import TOGETHER

DAY = 50
ADDRESS = bytes(range(32))
MARK = b"incarnat"
MANY, SOME = TOGETHER


def frames(num: int, *bodies: bytes, first: int = 1, day: int = DAY) -> list[tuple[int, int, bytes]]:
    """Rows for consecutive frames of one box."""
    return [(num << SEQ_BITS | seq, day, body) for seq, body in enumerate(bodies, first)]


def with_box(num: int = 7, *bodies: bytes, address: bytes = ADDRESS) -> Batch:
    """A batch that makes a box and puts frames into it."""
    return Batch(boxes=[NewBox(num, address, MARK, DAY)], frames=frames(num, *bodies))


def run_expiry(store: BoxStore, day: int) -> None:
    """Erase what is past ``day``, to the end."""
    for _ in store.expire(day):
        pass


def test_an_empty_store_has_nothing(store: BoxStore) -> None:
    """No box is found, no number taken, and no frame read."""
    assert (None, False, ()) == (store.find(ADDRESS, DAY), store.is_taken(7), store.read(7, 0, 10, 100))


def test_what_was_committed_is_found(store: BoxStore) -> None:
    """A committed batch is found whole: the box, its count, today's use, and its frames in order."""
    store.commit(with_box(7, b"one", b"two"))
    assert StoredBox(7, MARK, 3, DAY, 2, 6) == store.find(ADDRESS, DAY)
    assert ((1, b"one"), (2, b"two")) == store.read(7, 0, 10, 100)
    assert store.is_taken(7)


@pytest.mark.parametrize(
    "many", [1, SOME - 1, SOME, MANY - 1, MANY, MANY + 1, 2 * MANY + SOME, 3 * MANY + 2 * SOME + 2]
)
def test_every_frame_of_a_batch_is_kept(store: BoxStore, many: int) -> None:
    """However many come together, and of two boxes in turns: each is kept once, in its place, with its day."""
    here, there = [f"here {seq}".encode() for seq in range(many)], [f"there {seq}".encode() for seq in range(many)]
    mixed = [row for pair in zip(frames(7, *here), frames(9, *there), strict=True) for row in pair]
    boxes = [NewBox(7, ADDRESS, MARK, DAY), NewBox(9, bytes(32), MARK, DAY)]
    store.commit(Batch(boxes=boxes, frames=mixed))
    assert tuple(enumerate(here, 1)) == store.read(7, 0, 1_000, 10**6)
    assert tuple(enumerate(there, 1)) == store.read(9, 0, 1_000, 10**6)
    found = store.find(ADDRESS, DAY)
    assert found is not None
    assert (many + 1, many) == (found.next_seq, found.today_frames)


def test_reads_obey_position_limit_and_size(store: BoxStore) -> None:
    """A read starts after its position and stops at its limit or size, but gives at least one frame."""
    store.commit(with_box(7, b"one", b"two", b"six"))
    assert ((2, b"two"), (3, b"six")) == store.read(7, 1, 10, 100)
    assert ((1, b"one"),) == store.read(7, 0, 1, 100)
    assert ((1, b"one"), (2, b"two")) == store.read(7, 0, 10, 6)
    assert ((1, b"one"),) == store.read(7, 0, 10, 1)
    assert () == store.read(7, 3, 10, 100)


def test_boxes_do_not_mix(store: BoxStore) -> None:
    """Neighbouring numbers, the lowest and the highest, are different boxes."""
    nums = (0, 1, 2**40 - 1)
    for num in nums:
        store.commit(with_box(num, str(num).encode(), address=bytes([num % 251]) * 32))
    assert [((1, str(num).encode()),) for num in nums] == [store.read(num, 0, 10, 100) for num in nums]


def test_trim_erases_and_the_count_goes_on(store: BoxStore) -> None:
    """After a trim the erased frames are gone and the box's next number is what it was."""
    store.commit(with_box(7, b"one", b"two"))
    store.commit(Batch(trims=[(7, 1, 3)]))
    assert ((2, b"two"),) == store.read(7, 0, 10, 100)
    store.commit(Batch(trims=[(7, 2, 3)]))
    assert StoredBox(7, MARK, 3, DAY, 0, 0) == store.find(ADDRESS, DAY)


def test_today_counts_only_today(store: BoxStore) -> None:
    """Use is counted by expiry day: yesterday's frames do not count against today."""
    store.commit(with_box(7, b"one"))
    store.commit(Batch(renewed=[(DAY + 1, 7)], frames=frames(7, b"three", first=2, day=DAY + 1)))
    assert StoredBox(7, MARK, 3, DAY + 1, 1, 5) == store.find(ADDRESS, DAY + 1)
    assert StoredBox(7, MARK, 3, DAY + 1, 0, 0) == store.find(ADDRESS, DAY + 2)


def test_frames_expire_by_their_day(store: BoxStore) -> None:
    """A frame is kept through its expiry day and is gone after it; a younger one stays."""
    store.commit(with_box(7, b"old"))
    store.commit(Batch(renewed=[(DAY + 1, 7)], frames=frames(7, b"young", first=2, day=DAY + 1)))
    run_expiry(store, DAY)
    assert ((1, b"old"), (2, b"young")) == store.read(7, 0, 10, 100)
    run_expiry(store, DAY + 1)
    assert ((2, b"young"),) == store.read(7, 0, 10, 100)


def test_an_emptied_box_keeps_its_count_until_its_day(store: BoxStore) -> None:
    """A box whose frames are all erased keeps its row until its own day has passed, then nothing is left."""
    store.commit(with_box(7, b"one", b"two"))
    store.commit(Batch(renewed=[(DAY + 5, 7)]))
    run_expiry(store, DAY + 1)
    assert StoredBox(7, MARK, 3, DAY + 5, 0, 0) == store.find(ADDRESS, DAY)
    run_expiry(store, DAY + 6)
    assert (None, False) == (store.find(ADDRESS, DAY), store.is_taken(7))


def test_expiry_reaches_every_box(store: BoxStore) -> None:
    """More boxes than one step looks at are all expired."""
    count = 1_203
    boxes = [NewBox(num, num.to_bytes(32, "big"), MARK, DAY) for num in range(count)]
    store.commit(Batch(boxes=boxes, frames=[row for num in range(count) for row in frames(num, b"x")]))
    run_expiry(store, DAY + 1)
    assert not any(store.is_taken(num) for num in range(count))


def test_scrub_and_rewrite_lose_nothing(store: BoxStore) -> None:
    """Cleaning up changes nothing that anyone can read."""
    store.commit(with_box(7, b"one", b"two"))
    store.scrub()
    list(store.rewrite())
    store.check()
    assert ((1, b"one"), (2, b"two")) == store.read(7, 0, 10, 100)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(0, 3), st.integers(1, 3)),
        st.tuples(st.just("trim"), st.integers(0, 3), st.integers(0, 6)),
        st.tuples(st.just("day"), st.just(0), st.integers(1, 2)),
        st.tuples(st.just("scrub"), st.just(0), st.just(0)),
        st.tuples(st.just("rewrite"), st.just(0), st.just(0)),
    ),
    max_size=25,
)


class Model:
    """Boxes as a person would write them down."""

    def __init__(self) -> None:
        self.day = DAY
        self.boxes: dict[int, tuple[int, int, dict[int, tuple[int, bytes]]]] = {}

    def apply(self, store: BoxStore, step: tuple[str, int, int]) -> None:
        what, num, count = step
        if what == "append":
            store.commit(self.append(num, count))
        elif what == "trim" and num in self.boxes:
            day, next_seq, held = self.boxes[num]
            upto = min(count, next_seq - 1)
            store.commit(Batch(trims=[(num, upto, next_seq)]))
            self.boxes[num] = (day, next_seq, {seq: kept for seq, kept in held.items() if seq > upto})
        elif what == "day":
            self.day += count
            run_expiry(store, self.day)
            self.expire()
        elif what == "scrub":
            store.scrub()
        elif what == "rewrite":
            list(store.rewrite())

    def append(self, num: int, count: int) -> Batch:
        batch = Batch()
        if num not in self.boxes:
            batch.boxes.append(NewBox(num, bytes([num]) * 32, MARK, self.day + 2))
        day, next_seq, held = self.boxes.get(num, (self.day + 2, 1, {}))
        if day < self.day + 2:
            batch.renewed.append((self.day + 2, num))
        bodies = [os.urandom(count) for _ in range(count)]
        batch.frames += frames(num, *bodies, first=next_seq, day=self.day + 2)
        held |= {seq: (self.day + 2, body) for seq, body in enumerate(bodies, next_seq)}
        self.boxes[num] = (self.day + 2, next_seq + count, held)
        return batch

    def expire(self) -> None:
        for num, (day, next_seq, held) in list(self.boxes.items()):
            left = {seq: kept for seq, kept in held.items() if kept[0] >= self.day}
            self.boxes[num] = (day, next_seq, left)
            if day < self.day and not left:
                del self.boxes[num]

    def check(self, store: BoxStore) -> None:
        for num in range(4):
            found = store.find(bytes([num]) * 32, self.day + 2)
            expected = self.boxes.get(num)
            assert (found and (found.num, found.next_seq, found.expiry_day)) == (
                expected and (num, expected[1], expected[0])
            )
            held = {} if expected is None else expected[2]
            assert tuple((seq, body) for seq, (_, body) in held.items()) == store.read(num, 0, 1_000, 10**6)


@pytest.mark.slow
@given(steps)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_sqlite_agrees_with_a_model(tmp_path_factory: pytest.TempPathFactory, plan: list[tuple[str, int, int]]) -> None:
    """Any sequence of batches, trims, days and cleanings leaves what a simple model says; also after reopening."""
    directory = tmp_path_factory.mktemp("store")
    store = SqliteBoxStore(directory)
    model = Model()
    for step in plan:
        model.apply(store, step)
        model.check(store)
    store.close()
    again = SqliteBoxStore(directory)
    model.check(again)
    again.close()


@given(steps)
@settings(max_examples=60, deadline=None)
def test_memory_agrees_with_a_model(plan: list[tuple[str, int, int]]) -> None:
    """The same, in memory."""
    store, model = MemoryBoxStore(), Model()
    for step in plan:
        model.apply(store, step)
        model.check(store)
