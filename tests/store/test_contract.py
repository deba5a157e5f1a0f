"""What every `Store` promises about values, MLS rows, rooms, devices, contacts, things seen, chunks and events."""

from __future__ import annotations

import pytest

from nullabona.client.core.model.errors import StaleState
from nullabona.client.core.model.outbox_targets import InboxTrim, OfRoom, RoomTrim, WelcomeBlob
from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.records import LoggedEvent
from nullabona.client.store import SqliteStore
from tests.store.samples import (
    BOX,
    JUN,
    MINA,
    OTHER_BOX,
    OTHER_ROOM,
    RELAY,
    ROOM,
    TARGETS,
    contact,
    device,
    frame,
    message,
    to_room,
    view,
)


def test_the_store_is_a_store() -> None:
    """The class has every method of the protocol, with its types (mypy) and its names (here)."""
    store: Store = SqliteStore.testing_in_memory()
    missing = [name for name in vars(Store) if not name.startswith("_") and not hasattr(store, name)]
    assert [] == missing


# -- single values -------------------------------------------------------------------------------------------------
def test_a_value_is_the_last_one_set(opened: Store) -> None:
    """Setting replaces; an empty value is a value."""
    opened.set_value("read-up-to", b"1")
    opened.set_value("read-up-to", b"")
    assert b"" == opened.get_value("read-up-to")


def test_a_deleted_value_is_gone(opened: Store) -> None:
    """Deleting forgets, and is harmless where there is nothing."""
    opened.set_value("a", b"1")
    opened.delete_value("a")
    opened.delete_value("a")
    assert opened.get_value("a") is None


# -- MLS rows ------------------------------------------------------------------------------------------------------
def test_mls_rows_come_by_scope(opened: Store) -> None:
    """Rows of the scopes asked for, and of no other; puts replace, dels delete."""
    opened.mls_write([(b"s", b"k1", b"old"), (b"s", b"k2", b"2"), (b"t", b"k1", b"3"), (b"u", b"k1", b"4")], [])
    opened.mls_write([(b"s", b"k1", b"1")], [(b"s", b"k2"), (b"s", b"never")])
    assert [(b"s", b"k1", b"1"), (b"t", b"k1", b"3")] == opened.mls_rows(iter([b"s", b"t", b"none"]))


def test_a_generation_moves_only_from_its_base(opened: Store) -> None:
    """A group begins from None and then advances from where it is."""
    assert opened.mls_generation(b"group") is None
    opened.mls_advance(b"group", None, 1)
    opened.mls_advance(b"group", 1, 2)
    assert opened.mls_generation(b"group") == 2


@pytest.mark.parametrize("base", [None, 0, 1, 3])
def test_another_base_is_stale(opened: Store, base: int | None) -> None:
    """A change made from another generation is refused and the stored one stays."""
    opened.mls_advance(b"group", None, 2)
    with pytest.raises(StaleState):
        opened.mls_advance(b"group", base, 4)
    assert opened.mls_generation(b"group") == 2


def test_a_group_that_is_not_there_is_stale(opened: Store) -> None:
    """Advancing a group that was dropped is refused."""
    with pytest.raises(StaleState):
        opened.mls_advance(b"group", 1, 2)


def test_a_dropped_group_leaves_nothing(opened: Store) -> None:
    """Its generation and the rows of its scopes go; other rows stay, and it may begin again."""
    opened.mls_advance(b"group", None, 5)
    opened.mls_write([(b"s", b"k", b"v"), (b"t", b"k", b"v")], [])
    opened.mls_drop(b"group", [b"s"])
    opened.mls_advance(b"group", None, 1)
    assert ([(b"t", b"k", b"v")], 1) == (opened.mls_rows([b"s", b"t"]), opened.mls_generation(b"group"))


# -- rooms ---------------------------------------------------------------------------------------------------------
def test_rooms_are_listed_as_they_came(opened: Store) -> None:
    """Saving again changes the state and not the place."""
    opened.save_room(ROOM, b"1")
    opened.save_room(OTHER_ROOM, b"2")
    opened.save_room(ROOM, b"3")
    assert ([ROOM, OTHER_ROOM], b"3") == (opened.rooms(), opened.load_room(ROOM))


def test_a_deleted_room_keeps_its_messages_only(opened: Store) -> None:
    """State, devices, frames, views and outbox go, of this room alone."""
    for room, box in ((ROOM, BOX), (OTHER_ROOM, OTHER_BOX)):
        opened.save_room(room, b"state")
        opened.put_devices([device(room=room)])
        opened.put_message(message(room=room, box=box))
        opened.put_frame(frame(box=box))
        opened.put_view(view(box=box))
        opened.add_outbox(to_room(box, room), ref=b"r", data=b"d")
    opened.delete_room(ROOM)
    assert [OTHER_ROOM] == opened.rooms()
    assert ([], [device(room=OTHER_ROOM)]) == (opened.devices(ROOM), opened.devices(OTHER_ROOM))
    assert ([], [frame(box=OTHER_BOX)]) == (opened.frames(BOX), opened.frames(OTHER_BOX))
    assert ([], [view(box=OTHER_BOX)]) == (opened.views(BOX), opened.views(OTHER_BOX))
    assert [to_room(OTHER_BOX, OTHER_ROOM)] == [item.target for item in opened.outbox(0)]
    assert [message()] == opened.messages(ROOM)


def test_a_deleted_room_leaves_what_is_not_its_own(opened: Store) -> None:
    """Other rooms' items, what is for people, and trims, even of a box that the room had."""
    kept = [target for target in TARGETS if not isinstance(target, OfRoom)]
    for target in (*TARGETS, WelcomeBlob(RELAY, OTHER_ROOM)):
        opened.add_outbox(target, ref=b"r", data=b"d")
    opened.put_message(message(box=OTHER_BOX))
    opened.delete_room(ROOM)
    gone = {item.target for item in opened.outbox(0)} - {WelcomeBlob(RELAY, OTHER_ROOM)}
    assert {target for target in kept if isinstance(target, RoomTrim | InboxTrim)} <= gone <= set(kept)


def test_devices_are_kept_by_room_and_id(opened: Store) -> None:
    """Putting again replaces; the list goes by leaf."""
    opened.put_devices([device(b"b", leaf=0), device(b"a", leaf=1), device(b"a", room=OTHER_ROOM)])
    opened.put_devices(iter([device(b"b", leaf=2, handle="새이름@relay.example")]))
    expected = [device(b"a", leaf=1), device(b"b", leaf=2, handle="새이름@relay.example")]
    assert (expected, expected[0]) == (opened.devices(ROOM), opened.device(ROOM, b"a"))


def test_dropped_devices_are_gone(opened: Store) -> None:
    """Only those named, only in this room."""
    opened.put_devices([device(b"a"), device(b"b", leaf=1), device(b"a", room=OTHER_ROOM)])
    opened.drop_devices(ROOM, [b"a", b"never"])
    assert (None, [device(b"b", leaf=1)]) == (opened.device(ROOM, b"a"), opened.devices(ROOM))
    assert device(b"a", room=OTHER_ROOM) == opened.device(OTHER_ROOM, b"a")


# -- contacts ------------------------------------------------------------------------------------------------------
def test_a_contact_is_found_by_account_and_handle(opened: Store) -> None:
    """Every field comes back; putting again replaces."""
    opened.put_contact(contact(name="옛이름"))
    opened.put_contact(contact())
    found = (opened.contact(MINA), opened.contact_by_handle("mina@relay.example"), opened.contacts())
    assert (contact(), contact(), [contact()]) == found


def test_a_dropped_contact_is_unknown(opened: Store) -> None:
    """By account and by handle; the others stay."""
    opened.put_contact(contact())
    opened.put_contact(contact(JUN, handle="준@relay.example"))
    opened.drop_contact(MINA)
    assert (None, None) == (opened.contact(MINA), opened.contact_by_handle("mina@relay.example"))
    assert [contact(JUN, handle="준@relay.example")] == opened.contacts()


# -- things seen, chunks, events -----------------------------------------------------------------------------------
def test_a_thing_is_new_once_per_scope(opened: Store) -> None:
    """The second time, whatever the day, it was seen."""
    first = (opened.saw("inbox", b"h", 10), opened.saw("room", b"h", 10))
    assert (True, True, False) == (*first, opened.saw("inbox", b"h", 11))


def test_what_was_seen_again_is_kept_longer(opened: Store) -> None:
    """Forgetting goes by the last day on which it was seen."""
    opened.saw("inbox", b"again", 10)
    opened.saw("inbox", b"again", 12)
    opened.saw("inbox", b"again", 9)
    opened.saw("inbox", b"once", 10)
    opened.forget_seen(12)
    assert (False, True) == (opened.saw("inbox", b"again", 12), opened.saw("inbox", b"once", 12))


def test_chunks_last_until_their_day_is_past(opened: Store) -> None:
    """Of two days the later counts."""
    opened.put_chunk(b"d1", b"one", 10)
    opened.put_chunk(b"d1", b"one", 12)
    opened.put_chunk(b"d2", b"two", 11)
    opened.drop_chunks(12)
    assert (b"one", None, None) == (opened.chunk(b"d1"), opened.chunk(b"d2"), opened.chunk(b"d3"))


def test_events_go_on_after_the_last_one_handled(opened: Store) -> None:
    """Ids grow; a page is cut at its limit."""
    ids = [opened.log_event("message", ROOM, bytes([n])) for n in range(4)]
    assert ids == sorted(set(ids))
    expected = [LoggedEvent(ids[n], "message", ROOM, bytes([n])) for n in (1, 2)]
    assert expected == opened.events(ids[0], limit=2)
