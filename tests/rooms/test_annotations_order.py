"""Annotations in any order of arrival come to the same: whether before or after their message, and among each other."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nullabona.client.core import boxes
from nullabona.client.core.chat import annotating, kinds, words
from nullabona.client.core.content import (
    Annotation,
    ClosePoll,
    Delete,
    Edit,
    Pin,
    Poll,
    React,
    Shown,
    Stored,
    Text,
    Vote,
)
from nullabona.client.core.records import Message, MessageState
from nullabona.client.core.state import RoomState
from nullabona.client.core.step import Step
from tests.rooms.world import Person, World

TARGET = b"t" * 16
ADMIN, AUTHOR, OTHER = (name * 32 for name in (b"a", b"b", b"c"))
accounts = st.sampled_from([ADMIN, AUTHOR, OTHER])
lines = st.sampled_from([Text("original"), Poll("question", ("x", "y"))])
notes = st.one_of(
    st.builds(Edit, st.just(TARGET), st.sampled_from(["one", "two", " "])),
    st.builds(React, st.just(TARGET), st.sampled_from(["👍", "❤️", "", "x"])),
    st.builds(Vote, st.just(TARGET), st.sampled_from([(), (0,), (1,), (0, 1), (9,)])),
    st.builds(ClosePoll, st.just(TARGET)),
    st.builds(Pin, st.just(TARGET), st.booleans()),
)
deletes = st.builds(Delete, st.just(TARGET))
EVERYTHING = tuple[Stored, annotating.Sheet, int, int]


def lay(step: Step, room: RoomState, number: int, account: bytes, body: Shown | Annotation) -> None:
    """Let a message come in at its own place, however late."""
    id = TARGET if isinstance(body, Shown) else bytes((number,)) * 16
    row = Message(
        *(room.id, id, account, b"d" * 16, 1_000 + number, number * boxes.SLOTS, 1, MessageState.RECEIVED),
        *(b"", b"", 0, b""),
    )
    row = kinds.filled(step, row, body, admin=account == ADMIN)
    step.store.put_message(row)
    if isinstance(body, Shown):
        words.index(step.store, row, body)
        annotating.settle(step, room, id)
    else:
        annotating.came(step, room, row)


def outcome(person: Person, room: bytes, arrivals: list[tuple[int, bytes, Shown | Annotation]]) -> EVERYTHING:
    """What the message is in the end. Everything is undone afterwards."""
    with person.store.transaction():
        step = person_step(person)
        state = step.room(room)
        for number, account, body in arrivals:
            lay(step, state, number, account, body)
        row = step.store.message(room, TARGET)
        assert row is not None
        sheet = annotating.sheet_of(row, kinds.stored(row), step.store.annotations(room, TARGET), direct=False)
        found = len(step.store.find_words('"on"', before=1 << 62, limit=9))
        result = (kinds.stored(row), sheet, row.edited_at, found)
        for number, _, body in arrivals:
            id = TARGET if isinstance(body, Shown) else bytes((number,)) * 16
            step.store.put_words(room, id, "")
            step.store.drop_message(room, id)
    return result


def person_step(person: Person) -> Step:
    return Step(person.store, person.mls, person.me, person.world.dice, person.world.timing, person.world.now)


_world = World(1)
_person = _world.person("person")
_room = _world.group(_person)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    line=lines,
    said=st.lists(st.tuples(accounts, notes), max_size=7),
    removed=st.lists(st.tuples(accounts, deletes), max_size=2),
    data=st.data(),
)
def test_any_order_of_arrival_comes_to_the_same(
    line: Shown, said: list[tuple[bytes, Annotation]], removed: list[tuple[bytes, Annotation]], data: st.DataObject
) -> None:
    """Edits, reactions, votes, closings, pins and deletions by anybody, allowed or not."""
    arrivals: list[tuple[int, bytes, Shown | Annotation]] = [(1, AUTHOR, line)]
    arrivals += [(number, account, body) for number, (account, body) in enumerate([*said, *removed], start=2)]
    places = data.draw(st.permutations(range(2, len(arrivals) + 1)))
    arrivals = [arrivals[0], *((place, *rest[1:]) for place, rest in zip(places, arrivals[1:], strict=True))]
    other = data.draw(st.permutations(arrivals))
    assert outcome(_person, _room, arrivals) == outcome(_person, _room, other)


def test_the_moved_annotation_counts_where_it_is() -> None:
    """A reaction whose first copy turns out to lie earlier gives way to the one behind it."""
    with _person.store.transaction():
        step = person_step(_person)
        state = step.room(_room)
        lay(step, state, 1, AUTHOR, Text("x"))
        lay(step, state, 5, OTHER, React(TARGET, "❤️"))
        lay(step, state, 9, OTHER, React(TARGET, "👍"))
        late = step.store.message(_room, bytes((9,)) * 16)
        row = step.store.message(_room, TARGET)
        assert late is not None
        assert row is not None
        step.store.put_message(replace(late, position=2 * boxes.SLOTS))
        sheet = annotating.sheet_of(row, kinds.stored(row), step.store.annotations(_room, TARGET), direct=False)
        for id in (TARGET, bytes((5,)) * 16, bytes((9,)) * 16):
            step.store.put_words(_room, id, "")
            step.store.drop_message(_room, id)
    assert [("❤️", OTHER)] == sheet.reactions
