"""What the core decides: pure functions, no store, no clock (spec/relay.md §3, §4, §8)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.relay.core.answers import select
from nullabona.relay.core.boxes import LAST_SEQ, Batch, Head, NewBox, Plan, StoredBox, head_of
from nullabona.relay.core.budget import Budget
from nullabona.relay.core.heads import Heads
from nullabona.relay.core.limits import Limits, describe
from nullabona.relay.core.waiting import Waiter, Waiting
from nullabona.wire.messages import MAX_WAKE_TOKENS, Appended, Refusal

DAY = 100
ADDRESS = bytes(32)
NEXT_DAY = Refusal("day-quota", 3_600)


class FakeShelf:
    """Boxes by address."""

    def __init__(self, **boxes: Head) -> None:
        self.boxes = dict.fromkeys([ADDRESS], boxes["box"]) if boxes else {}
        self.taken = {head.num for head in boxes.values()}

    def find(self, address: bytes, day: int) -> Head | None:
        return self.boxes.get(address)

    def is_taken(self, num: int) -> bool:
        return num in self.taken


def counting() -> Callable[[int], int]:
    """Chance that counts: 1, 2, 3, ..."""
    numbers = count(1)
    return lambda bits: next(numbers)


def head(next_seq: int = 5, *, day: int = DAY, frames: int = 4, size: int = 40) -> Head:
    return Head(9, b"incarnat", next_seq, day + 30, day, frames, size)


def plan_for(box: Head | None = None, **limits: int) -> Plan:
    shelf = FakeShelf() if box is None else FakeShelf(box=box)
    return Plan(shelf, Limits(**limits), DAY, counting())


def test_the_first_append_makes_the_box() -> None:
    """A box begins with its first frame, with a random number and incarnation."""
    plan = plan_for()
    made = (2).to_bytes(8, "big")
    assert [Appended(1, made), Appended(2, made)] == [plan.append(ADDRESS, b"a"), plan.append(ADDRESS, b"b")]
    assert (
        Batch(
            boxes=[NewBox(1, ADDRESS, made, DAY + 30)],
            frames=[(1 << 23 | 1, DAY + 30, b"a"), (1 << 23 | 2, DAY + 30, b"b")],
        )
        == plan.batch
    )


def test_a_taken_number_is_not_given_again() -> None:
    """A new box never gets another box's number, in the store or in the same batch."""
    plan = plan_for()
    plan._stored = FakeShelf(box=Head(1, b"", 1, 0, 0, 0, 0))
    plan.append(bytes([1]) * 32, b"a")
    assert [2] == [box.num for box in plan.batch.boxes]


def test_nothing_shows_before_the_batch_is_kept() -> None:
    """The head readers see moves only when the plan is settled."""
    box = head()
    plan = plan_for(box)
    plan.append(ADDRESS, b"frame")
    assert head() == box
    plan.settle()
    assert Head(9, b"incarnat", 6, DAY + 30, DAY, 5, 45) == box


def test_the_boxs_day_moves_once_a_day() -> None:
    """The first append of a day moves the box's own expiry day, later ones write nothing about it."""
    box = head(day=DAY - 1)
    plan = plan_for(box)
    plan.append(ADDRESS, b"a")
    plan.append(ADDRESS, b"b")
    assert [(DAY + 30, 9)] == plan.batch.renewed
    plan.settle()
    assert (DAY, 2, 2, DAY + 30) == (box.day, box.day_frames, box.day_bytes, box.expiry_day)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"frame_bytes": 5}, Appended(5, b"incarnat")),
        ({"frame_bytes": 4}, Refusal("too-large")),
        ({"box_frames_per_day": 5}, Appended(5, b"incarnat")),
        ({"box_frames_per_day": 4}, NEXT_DAY),
        ({"box_bytes_per_day": 45}, Appended(5, b"incarnat")),
        ({"box_bytes_per_day": 44}, NEXT_DAY),
    ],
)
def test_limits_hold_on_both_sides(limits: dict[str, int], expected: object) -> None:
    """Exactly at a limit a frame is taken, one beyond it is refused and leaves no trace."""
    plan = plan_for(head(), **limits)
    answer = plan.append(ADDRESS, b"frame")
    assert expected == answer
    assert isinstance(answer, Appended) == bool(plan.batch.frames)


def test_a_used_up_day_ends() -> None:
    """On the next day the box takes frames again."""
    assert Appended(5, b"incarnat") == plan_for(head(day=DAY - 1), box_frames_per_day=4).append(ADDRESS, b"frame")


def test_a_full_box_is_full() -> None:
    """The last number can be given out; the one after it does not exist."""
    plan = plan_for(head(LAST_SEQ))
    assert [Appended(LAST_SEQ, b"incarnat"), Refusal("box-full")] == [
        plan.append(ADDRESS, b"a"), plan.append(ADDRESS, b"b"),
    ]  # fmt: skip


def test_trim_never_reaches_into_the_batch() -> None:
    """A trim erases what there was, not what arrives with it; without a box there is nothing to do."""
    plan = plan_for(head(5))
    plan.append(ADDRESS, b"new")
    plan.trim(ADDRESS, 2**53)
    plan.trim(ADDRESS, 2)
    plan.trim(ADDRESS, 0)
    plan.trim(bytes([1]) * 32, 5)
    assert [(9, 4, 5), (9, 2, 5)] == plan.batch.trims


def test_a_head_is_what_the_store_found() -> None:
    """Nothing is lost between store and memory."""
    assert Head(9, b"i", 5, 130, DAY, 4, 40) == head_of(StoredBox(9, b"i", 5, 130, 4, 40), DAY)


def test_heads_forget_the_least_used() -> None:
    """Memory is bounded; what is used stays."""
    heads = Heads(4)
    boxes = {bytes([n]): head(n) for n in range(10)}
    for address, box in boxes.items():
        heads.put(address, box)
        heads.get(bytes(1))
    assert boxes[bytes(1)] is heads.get(bytes(1))
    assert sum(heads.get(address) is not None for address in boxes) <= 4
    heads.forget()
    assert [None] * 10 == [heads.get(address) for address in boxes]


entries = st.lists(st.binary(min_size=1, max_size=9), max_size=9).map(lambda bodies: tuple(enumerate(bodies, 1)))


@given(entries, st.integers(0, 10), st.integers(1, 10), st.integers(1, 40))
def test_an_answer_is_the_longest_that_fits(
    found: tuple[tuple[int, bytes], ...], after: int, limit: int, size: int
) -> None:
    """An answer is a prefix of what is new, within limit and size, and not shorter than need be."""
    new = tuple(entry for entry in found if entry[0] > after)
    chosen = select(found, after, limit, size)
    assert new[: len(chosen)] == chosen
    assert len(chosen) <= limit
    assert len(chosen) <= 1 or sum(len(body) for _, body in chosen) <= size
    longer = new[: len(chosen) + 1]
    assert chosen == new or len(chosen) == limit or sum(len(body) for _, body in longer) > size


# -- budgets and waiting


def test_a_budget_is_per_minute() -> None:
    """Boxes that were begun are counted, and tokens that are woken; the next minute starts at nothing."""
    budget = Budget(Limits(boxes_per_minute=2, wakes_per_minute=MAX_WAKE_TOKENS))
    assert [None, None] == [budget.append(0, 100), budget.append(MAX_WAKE_TOKENS, 100)]
    assert [Refusal("slow-down", 40), None] == [budget.append(1, 120), budget.append(0, 120)]
    budget.made_box()
    assert budget.append(0, 130) is None
    budget.made_box()
    assert Refusal("slow-down", 30) == budget.append(0, 130)
    assert budget.append(MAX_WAKE_TOKENS, 160) is None


def test_blobs_have_a_budget() -> None:
    """Bytes of blobs are counted per minute, up to and including the limit."""
    budget = Budget(Limits(blob_bytes_per_connection=10))
    assert budget.check_blob(8, 60) is None
    budget.put_blob(8)
    assert [Refusal("slow-down", 60), None] == [budget.check_blob(size, 60) for size in (3, 2)]
    assert 8 == budget.blob_bytes
    assert budget.check_blob(10, 120) is None


def waiter(caller: str, address: bytes = ADDRESS, until: int = 10) -> Waiter[str]:
    return Waiter(caller, 1, address, 0, 1, until)


def test_each_waiter_is_returned_once() -> None:
    """Woken, due, or gone: whichever comes first, and then never again."""
    waiting: Waiting[str] = Waiting()
    woken, due, gone, left = waiter("a"), waiter("b", b"2", 5), waiter("c", b"3"), waiter("d", b"4")
    for one in (woken, due, gone, left):
        waiting.add(one)
    assert 4 == len(waiting)
    assert ([], [woken], []) == (waiting.wake(b"?"), waiting.wake(ADDRESS), waiting.wake(ADDRESS))
    assert ([], [due]) == (waiting.due(4), waiting.due(5))
    assert ([gone], []) == (waiting.leave("c"), waiting.leave("c"))
    assert ([left], []) == (waiting.everyone(), waiting.everyone())
    assert (0, {}, {}, {}) == (len(waiting), waiting._by_box, waiting._by_second, waiting._by_caller)


def test_every_limit_is_explained() -> None:
    """Each limit has a unit, a meaning, and a default within its own bounds."""
    for limit in describe():
        assert limit.unit
        assert limit.meaning
        assert limit.least <= limit.default <= limit.most
