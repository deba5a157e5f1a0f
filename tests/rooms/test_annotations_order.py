"""Annotations in any order of arrival come to the same: whether before or after their message, and among each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nullabona.client.core.delivery import box_log
from nullabona.client.core.model.content import (
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
from nullabona.client.core.model.records import Message, MessageState
from nullabona.client.core.model.state import RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import annotating, kinds, search
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
Arrival: TypeAlias = tuple[int, bytes, Shown | Annotation]
EVERYTHING = tuple[Stored, annotating.Sheet, int, int]


def lay(
    step: Step, room: RoomState, number: int, account: bytes, body: Shown | Annotation, place: int | None = None
) -> None:
    """Let what was said as the ``number``-th come in, however late, at its place or another one."""
    id = TARGET if isinstance(body, Shown) else bytes((number,)) * 16
    place = (number if place is None else place) * box_log.SLOTS
    row = Message(
        *(room.id, id, account, b"d" * 16, 1_000 + number, place, 1, MessageState.RECEIVED),
        *(b"", b"", 0, b""),
    )
    row = kinds.filled(step, row, body, entitled=account == ADMIN)
    step.store.put_message(row)
    if isinstance(body, Shown):
        search.index(step.store, row, body)
        annotating.settle(step, room, id)
    else:
        annotating.came(step, room, row)


def outcome(
    person: Person, room: bytes, arrivals: list[Arrival], places: Mapping[int, int] | None = None
) -> EVERYTHING:
    """What the message is in the end, if what was said as the n-th lies at ``places[n]``. All is undone afterwards."""
    with person.store.transaction():
        step = person_step(person)
        state = step.room(room)
        for number, account, body in arrivals:
            lay(step, state, number, account, body, (places or {}).get(number))
        row = step.store.message(room, TARGET)
        assert row is not None
        sheet = annotating.sheet_of(row, kinds.stored(row), step.store.annotations(room, TARGET), direct=False)
        found = len(step.store.find_words('"on"', before=1 << 62, limit=9))
        result = (kinds.stored(row), sheet, row.edited_at or 0, found)
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
    arrivals: list[Arrival] = [(1, AUTHOR, line)]
    arrivals += [(number, account, body) for number, (account, body) in enumerate([*said, *removed], start=2)]
    places = data.draw(st.permutations(range(2, len(arrivals) + 1)))
    arrivals = [arrivals[0], *((place, *rest[1:]) for place, rest in zip(places, arrivals[1:], strict=True))]
    other = data.draw(st.permutations(arrivals))
    assert outcome(_person, _room, arrivals) == outcome(_person, _room, other)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    line=lines,
    said=st.lists(st.tuples(accounts, notes.filter(lambda note: not isinstance(note, ClosePoll))), max_size=7),
    removed=st.lists(st.tuples(accounts, deletes), max_size=2),
    data=st.data(),
)
def test_members_who_saw_it_in_different_places_agree(
    line: Shown, said: list[tuple[bytes, Annotation]], removed: list[tuple[bytes, Annotation]], data: st.DataObject
) -> None:
    """After the relay lost the box: edits, reactions, votes, pins and who deleted are the same at any places.

    Whether a vote was in time for the end of its poll is not: spec/room.md §11.
    """
    arrivals: list[Arrival] = [(1, AUTHOR, line)]
    arrivals += [(number, account, body) for number, (account, body) in enumerate([*said, *removed], start=2)]
    numbers = [number for number, _, _ in arrivals]
    mine, theirs = (dict(zip(numbers, data.draw(st.permutations(numbers)), strict=True)) for _ in range(2))
    other = data.draw(st.permutations(arrivals))
    assert outcome(_person, _room, arrivals, mine) == outcome(_person, _room, other, theirs)


def test_the_last_word_is_the_one_that_was_sent_last() -> None:
    """Wherever it lies: an edit, a reaction and a vote before those that were sent earlier."""
    words, poll = Text("x"), Poll("question", ("x", "y"))
    edits: list[Arrival] = [(1, AUTHOR, words), (2, AUTHOR, Edit(TARGET, "one")), (3, AUTHOR, Edit(TARGET, "two"))]
    votes: list[Arrival] = [(1, AUTHOR, poll), (2, OTHER, Vote(TARGET, (0,))), (3, OTHER, Vote(TARGET, (1,)))]
    hearts: list[Arrival] = [(1, AUTHOR, words), (2, OTHER, React(TARGET, "❤️")), (3, OTHER, React(TARGET, "👍"))]
    turned = {2: 3, 3: 2}
    assert Text("two") == outcome(_person, _room, edits, turned)[0]
    assert {OTHER: (1,)} == outcome(_person, _room, votes, turned)[1].votes
    assert [("👍", OTHER)] == outcome(_person, _room, hearts, turned)[1].reactions


def test_a_vote_after_the_end_of_its_poll_does_not_count_whatever_time_it_gives() -> None:
    """The place decides: a time before the end can be made up afterwards."""
    poll = Poll("question", ("x", "y"))
    said: list[Arrival] = [(1, AUTHOR, poll), (2, OTHER, Vote(TARGET, (0,))), (3, AUTHOR, ClosePoll(TARGET))]
    assert {} == outcome(_person, _room, said, {2: 3, 3: 2})[1].votes
    assert {OTHER: (0,)} == outcome(_person, _room, said)[1].votes


def test_what_one_says_later_has_the_later_time_even_if_the_clock_went_back() -> None:
    """Own annotations of one line grow from one to the next; a pin goes beyond the pins of others who may pin, too."""
    with _person.store.transaction():
        step = person_step(_person)
        state = step.room(_room)
        lay(step, state, 1, AUTHOR, Text("x"))
        lay(step, state, 2, _person.account, React(TARGET, "❤️"))
        lay(step, state, 3, ADMIN, Pin(TARGET, on=True))
        step.now = 0
        times = [
            annotating.said_at(step, _room, body) for body in (React(TARGET, ""), Pin(TARGET, on=False), Text("y"))
        ]
        for id in (TARGET, bytes((2,)) * 16, bytes((3,)) * 16):
            step.store.put_words(_room, id, "")
            step.store.drop_message(_room, id)
    assert [1_003, 1_004, 0] == times
