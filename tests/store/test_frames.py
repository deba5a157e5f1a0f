"""What every `Store` promises about frames, views and the outbox."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from nullabona.client.core.model.errors import StoreMisuse
from nullabona.client.core.model.outbox_targets import InboxFrame, InboxTrim, RoomTrim, Target, TargetKind, room_of
from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.records import OutboxItem
from nullabona.client.store import SqliteStore
from nullabona.client.store.statements import STATEMENTS
from nullabona.wire.address import Address
from tests.store.samples import BOX, OTHER_BOX, RELAY, ROOM, SECRET, TARGETS, frame, to_room, view


def add(store: Store, ref: bytes = b"ref", *, box: bytes = BOX, not_before: int = 0) -> int:
    return store.add_outbox(to_room(box), ref=ref, data=b"data", not_before=not_before)


def test_a_frame_is_found_by_hash_and_by_place(opened: Store) -> None:
    """Putting it again moves it."""
    opened.put_frame(frame(seq=1))
    opened.put_frame(frame(seq=2))
    found = (opened.frame(BOX, b"hash-1"), opened.frame_at(BOX, 1), opened.frame_at(BOX, 2))
    assert (frame(seq=2), None, frame(seq=2)) == found


def test_no_frame_is_at_place_zero(opened: Store) -> None:
    """Seq 0 says that the place is not known."""
    opened.put_frame(frame(seq=0))
    assert opened.frame_at(BOX, 0) is None


def test_frames_go_by_place_unplaced_first(opened: Store) -> None:
    """Unplaced ones in the order in which they were kept; other boxes do not show."""
    kept = [frame(b"c", seq=2), frame(b"b", seq=0), frame(b"a", seq=0), frame(b"d", seq=1)]
    for each in (*kept, frame(box=OTHER_BOX)):
        opened.put_frame(each)
    assert [kept[1], kept[2], kept[3], kept[0]] == opened.frames(BOX)


def test_own_frames_of_a_stretch(opened: Store) -> None:
    """Both ends of the stretch, own ones only, by place."""
    mine = [replace(frame(bytes((seq,)) * 4, seq=seq), mine=True) for seq in range(5)]
    for each in (*reversed(mine), replace(frame(b"not mine", seq=2), mine=False), replace(mine[2], box=OTHER_BOX)):
        opened.put_frame(each)
    assert [mine[2], mine[3]] == opened.own_frames(BOX, 1, 3)
    assert [] == opened.own_frames(BOX, 4, 9)


def test_a_lost_box_has_no_places(opened: Store) -> None:
    """Unplacing keeps the ciphertext; other boxes are not touched."""
    opened.put_frame(frame(seq=4))
    opened.put_frame(frame(box=OTHER_BOX, seq=4))
    opened.unplace_frames(BOX)
    assert [frame(seq=0, chain=b"")] == opened.frames(BOX)
    assert [frame(box=OTHER_BOX, seq=4)] == opened.frames(OTHER_BOX)


def test_erasing_keeps_the_chain(opened: Store) -> None:
    """Placed frames up to the place lose their ciphertext; unplaced and later ones keep it."""
    kept = [frame(b"0", seq=0), frame(b"1", seq=1), frame(b"2", seq=2), frame(b"3", seq=3)]
    for each in kept:
        opened.put_frame(each)
    opened.erase_frame_data(BOX, 2)
    opened.erase_frame_data(BOX, 2)
    assert [kept[0], replace(kept[1], data=b""), replace(kept[2], data=b""), kept[3]] == opened.frames(BOX)


def test_a_dropped_box_leaves_nothing(opened: Store) -> None:
    """Frames, views and outbox items go; those of other boxes stay."""
    for box in (BOX, OTHER_BOX):
        opened.put_frame(frame(box=box))
        opened.put_view(view(box=box))
        add(opened, box=box)
    opened.drop_box(BOX)
    assert ([], [], set()) == (opened.frames(BOX), opened.views(BOX), opened.outbox_refs(BOX))
    assert ([frame(box=OTHER_BOX)], [view(box=OTHER_BOX)]) == (opened.frames(OTHER_BOX), opened.views(OTHER_BOX))
    assert {b"ref"} == opened.outbox_refs(OTHER_BOX)


def test_a_view_is_the_last_one_said(opened: Store) -> None:
    """By box and device; the list goes by device."""
    opened.put_view(view(b"b", seq=1))
    opened.put_view(view(b"b", seq=2))
    opened.put_view(view(b"a", seq=3))
    assert [view(b"a", seq=3), view(b"b", seq=2)] == opened.views(BOX)
    assert (view(b"b", seq=2), None) == (opened.view(BOX, b"b"), opened.view(OTHER_BOX, b"b"))


def test_due_items_go_by_id(opened: Store) -> None:
    """Items not yet due wait; a page is cut at its limit."""
    later, first, second, third = (add(opened, box=bytes((at,)), not_before=at) for at in (11, 10, 0, 5))
    assert [first, second] == [item.id for item in opened.outbox(10, limit=2)]
    assert [later, first, second, third] == [item.id for item in opened.outbox(11)]


def test_an_item_comes_back_whole(opened: Store) -> None:
    """Every field, in its place."""
    id = add(opened, b"ref", not_before=3)
    expected = OutboxItem(id, to_room(), b"ref", b"data", 3, 0)
    assert ([expected], expected) == (opened.outbox(3), opened.outbox_item(id))


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.kind)
def test_every_target_comes_back_whole(opened: Store, target: Target) -> None:
    """Of its type, with every field; a page, one item, those of its room and the times agree."""
    id = opened.add_outbox(target, ref=b"ref", data=b"data")
    found = [opened.outbox_item(id), *opened.outbox(0), *opened.outbox_of(room_of(target))]
    assert [OutboxItem(id, target, b"ref", b"data", 0, 0)] * 3 == found
    assert [(0, target)] == opened.outbox_times()
    assert [] == opened.outbox_of(OTHER_BOX)


def test_the_targets_above_are_all_there_are() -> None:
    """One of each type, and each is named as the schema names it."""
    assert set(get_args(TargetKind)) == {target.kind for target in TARGETS}
    assert {type(target) for target in TARGETS} == set(get_args(Target))


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.kind)
def test_a_forgotten_box_takes_all_along_but_trims(opened: Store, target: Target) -> None:
    """A trim goes out even if the box is followed no more; it is dropped on its own."""
    opened.add_outbox(target, ref=BOX)
    opened.drop_box(BOX)
    assert isinstance(target, RoomTrim | InboxTrim) is bool(opened.outbox(0))
    opened.drop_outbox_kind(target.kind, OTHER_BOX)
    opened.drop_outbox_kind("room-frame", BOX)
    assert isinstance(target, RoomTrim | InboxTrim) is bool(opened.outbox(0))
    opened.drop_outbox_kind(target.kind, BOX)
    assert [] == opened.outbox(0)


def test_a_row_that_is_no_target_is_refused(store: SqliteStore) -> None:
    """The schema knows which columns each kind has, so that no value has to be guessed when it is read."""
    rows = [
        ("frame", ROOM, SECRET, 1, None),
        ("room-frame", None, SECRET, 1, None),
        ("room-frame", ROOM, None, 1, None),
        ("room-frame", ROOM, SECRET, None, None),
        ("reply-frame", ROOM, SECRET, None, None),
        ("inbox-blob", None, SECRET, None, None),
        ("inbox-trim", None, SECRET, None, None),
        ("room-trim", None, SECRET, 1, 1),
    ]
    for kind, room, secret, leaves, upto in rows:
        with pytest.raises(StoreMisuse), store.transaction():
            store._write(STATEMENTS["outbox_add"], (kind, room, BOX, RELAY, secret, leaves, upto, b"ref", 0, b"data"))
    with store.transaction():
        assert [] == store.outbox(1 << 60)


def test_a_delayed_item_counts_its_attempts(opened: Store) -> None:
    """It is due at its new time, and the time of the next due item follows."""
    id = add(opened)
    opened.delay_outbox(id, 50)
    opened.delay_outbox(id, 70)
    item = opened.outbox_item(id)
    assert item is not None
    assert (70, 2, [], 70) == (item.not_before, item.attempts, opened.outbox(69), opened.outbox_next())


def test_a_box_that_takes_nothing_is_asked_by_one_item(opened: Store) -> None:
    """What is of the same kind and for the same box waits with a delayed item, new or old, until it is released."""
    first, second, other = add(opened), add(opened), add(opened, box=OTHER_BOX)
    opened.delay_outbox(first, 50)
    third = add(opened)
    waiting = opened.outbox_item(second)
    assert waiting is not None
    assert [other] == [item.id for item in opened.outbox(49)]
    assert [(first, 1), (second, 0), (other, 0), (third, 0)] == [(i.id, i.attempts) for i in opened.outbox(50)]
    opened.release_outbox(waiting, 20)
    assert [first, second, other, third] == [item.id for item in opened.outbox(20)]


def test_an_empty_outbox_is_never_due(opened: Store) -> None:
    """Dropping the last item leaves no time to wake up at."""
    id = add(opened)
    opened.drop_outbox(id)
    opened.drop_outbox(id)
    assert (None, None) == (opened.outbox_next(), opened.outbox_item(id))


def test_an_id_is_never_used_twice(opened: Store) -> None:
    """A late answer for a dropped item cannot drop another."""
    first = add(opened)
    opened.drop_outbox(first)
    assert first < add(opened)


def test_refs_count_whether_due_or_not(opened: Store) -> None:
    """All refs of a box; dropping a ref drops each of its items, in that box only."""
    add(opened, b"a")
    add(opened, b"a", not_before=1 << 50)
    add(opened, b"b", not_before=1 << 50)
    other = add(opened, b"a", box=OTHER_BOX)
    opened.drop_outbox_ref(BOX, b"a")
    assert ({b"b"}, {b"a"}) == (opened.outbox_refs(BOX), opened.outbox_refs(OTHER_BOX))
    assert opened.outbox_item(other) is not None


def test_all_items_of_a_room_are_found_and_when_each_is_due(opened: Store) -> None:
    """Due or not, in the order they were added; those of no room are one room's worth of their own."""
    late, first = add(opened, b"a", not_before=1 << 50), add(opened, b"b", box=OTHER_BOX)
    to_inbox = InboxFrame(RELAY, Address(BOX), SECRET, SECRET)
    inbox = opened.add_outbox(to_inbox, ref=b"r", data=b"d", not_before=7)
    assert ([late, first], [inbox]) == ([i.id for i in opened.outbox_of(ROOM)], [i.id for i in opened.outbox_of(None)])
    times = [(0, to_room(OTHER_BOX)), (7, to_inbox), (1 << 50, to_room())]
    assert times == sorted(opened.outbox_times(), key=lambda each: each[0])
