"""What every `Store` promises about messages and read markers."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.records import UNPLACED, MessageState
from nullabona.client.store import SqliteStore
from tests.store.samples import JUN, KEY, MINA, OTHER_ROOM, ROOM, message


def ids(store: Store, *, after: int = -1, before: int | None = None, limit: int = 100) -> list[bytes]:
    return [each.id for each in store.messages(ROOM, after=after, before=before, limit=limit)]


def fill(store: Store, count: int) -> None:
    for n in range(count):
        store.put_message(message(b"%d" % n, position=n))
    store.put_message(message(b"elsewhere", room=OTHER_ROOM, position=3))


def test_a_message_comes_back_whole(opened: Store) -> None:
    """Every field, in every state."""
    kept = [message(b"%d" % n, state=state, position=n) for n, state in enumerate(MessageState)]
    for each in kept:
        opened.put_message(each)
    assert kept == [opened.message(ROOM, each.id) for each in kept]
    assert kept == opened.messages(ROOM)


def test_putting_again_moves_a_message(opened: Store) -> None:
    """It is at its new place only, with its new state and text."""
    fill(opened, 3)
    moved = message(b"0", position=9, state=MessageState.SENT, body=b"new")
    opened.put_message(moved)
    assert ([b"1", b"2", b"0"], moved) == (ids(opened), opened.message(ROOM, b"0"))


@pytest.mark.parametrize(
    ("after", "before", "limit", "expected"),
    [
        (-1, None, 3, [b"0", b"1", b"2"]),
        (2, None, 2, [b"3", b"4"]),
        (8, None, 5, [b"9"]),
        (9, None, 5, []),
        (-1, 5, 2, [b"3", b"4"]),
        (1, 4, 10, [b"2", b"3"]),
        (-1, 0, 10, []),
        (-1, UNPLACED * 2 - 1, 2, [b"8", b"9"]),
    ],
)
def test_pages(opened: Store, after: int, before: int | None, limit: int, expected: list[bytes]) -> None:
    """The first of what lies after, or the last of what lies before; lowest position first."""
    fill(opened, 10)
    assert expected == ids(opened, after=after, before=before, limit=limit)


def test_own_messages_are_found_by_state(opened: Store) -> None:
    """By position, in the states asked for; a received message is nobody's own."""
    fill(opened, 2)
    failed = message(b"f", position=5, state=MessageState.FAILED)
    sent = message(b"s", position=UNPLACED, state=MessageState.SENT)
    waiting = message(b"w", position=4, state=MessageState.WAITING)
    for each in (failed, sent, waiting):
        opened.put_message(each)
    states = [MessageState.WAITING, MessageState.SENT, MessageState.WAITING, MessageState.RECEIVED]
    assert [waiting, sent] == opened.own_messages(ROOM, states)


def test_the_last_message_is_the_highest(opened: Store) -> None:
    """Of this room; None where there is none."""
    assert opened.last_message(ROOM) is None
    fill(opened, 3)
    assert message(b"2", position=2) == opened.last_message(ROOM)


def test_the_next_unplaced_position_is_above_all(opened: Store) -> None:
    """It starts at UNPLACED and grows with own messages that the relay has not taken."""
    fill(opened, 3)
    first = opened.next_unplaced(ROOM)
    opened.put_message(message(b"mine", position=first, state=MessageState.WAITING))
    assert (UNPLACED, UNPLACED + 1, UNPLACED) == (first, opened.next_unplaced(ROOM), opened.next_unplaced(OTHER_ROOM))


def test_unread_messages_are_counted(opened: Store) -> None:
    """Above the position, those that count; and of them those that mention."""
    for n in range(6):
        opened.put_message(message(b"%d" % n, position=n, unread=n % 3))
    assert ((3, 2), (0, 0)) == (opened.count_unread(ROOM, 1), opened.count_unread(ROOM, 5))


def test_what_belongs_together_counts_as_one_unread(opened: Store) -> None:
    """Whatever of it is above the position; also where one of it does not count any more."""
    for n, together in enumerate((b"a", b"", b"a", b"b", b"a", b"")):
        opened.put_message(replace(message(b"%d" % n, position=n, unread=1), together=together))
    assert [4, 4, 3, 3, 2, 1, 0] == [opened.count_unread(ROOM, after)[0] for after in range(-1, 6)]
    opened.put_message(message(b"0", position=0))
    assert (4, 0) == opened.count_unread(ROOM, -1)


def test_what_belongs_together_mentions_once(opened: Store) -> None:
    """If any of it that is above the position mentions; what only counts as unread beside it adds no mention."""
    rows = ((b"a", 2), (b"", 2), (b"a", 2), (b"b", 1), (b"b", 2), (b"", 1), (b"c", 1))
    for n, (together, unread) in enumerate(rows):
        opened.put_message(replace(message(b"%d" % n, position=n, unread=unread), together=together))
    assert [3, 3, 2, 1, 1, 0, 0, 0] == [opened.count_unread(ROOM, after)[1] for after in range(-1, 7)]


def test_a_marker_never_moves_back(opened: Store) -> None:
    """The highest position put counts, per room and account."""
    for position in (5, 3, 7, 6):
        opened.put_marker(ROOM, MINA, position)
    opened.put_marker(ROOM, JUN, 1)
    opened.put_marker(OTHER_ROOM, JUN, 9)
    assert (7, None) == (opened.marker(ROOM, MINA), opened.marker(OTHER_ROOM, MINA))
    assert {MINA: 7, JUN: 1} == opened.markers(ROOM)


@pytest.mark.slow
def test_a_long_room_pages_quickly(tmp_path: Path) -> None:
    """In a room of 100,000 messages, on disk and encrypted, any page of 100 takes under 5 ms."""
    store = SqliteStore.create(tmp_path / "store.db", KEY)
    with store.transaction():
        for n in range(100_000):
            store.put_message(message(b"%d" % n, position=n, body=b"text" * 20))
    places = [0, 50_000, 99_000]
    pages = [(n, None) for n in places] + [(-1, n) for n in places[1:]]
    worst = max(min(_timed(store, after, before) for _ in range(3)) for after, before in pages)
    store.close()
    assert worst < 0.005


def _timed(store: SqliteStore, after: int, before: int | None) -> float:
    start = time.perf_counter()
    assert len(store.messages(ROOM, after=after, before=before)) == 100
    return time.perf_counter() - start
