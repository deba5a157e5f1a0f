"""Message ids: each account has its own, and nobody makes anything disappear by using another's (spec/room.md §6)."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.client.core.model.content import Body, Delete, File, NoticeKind, React, Text
from nullabona.client.core.model.message_ids import RANDOM, is_made_by, message_id
from nullabona.client.core.model.records import MessageState
from nullabona.client.core.timeline import sending
from nullabona.errors import Bug
from tests.rooms.audit import audit_rest
from tests.rooms.hostile import add, envelope, people, say_anything, track_of
from tests.rooms.test_conversation import told
from tests.rooms.test_files import SMALL, said
from tests.rooms.world import Person, World

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
accounts = st.binary(min_size=32, max_size=32)


def trim(person: Person, room: bytes) -> None:
    """Erase all that lies in the room's box, as any member can."""
    person.world.relay.trim(bytes(track_of(person, room).keys.box.address), 1 << 40)


@pytest.mark.parametrize("kind", ["text", "file", "reaction", "deletion"])
def test_nobody_hides_a_message_by_saying_something_else_under_its_id(kind: str) -> None:
    """Who was away while a member trimmed the box, and said something under a message's id, has it from others.

    Its author is told "delivered" only then.
    """
    world = World(21)
    a, c, m = people(world, 3)
    room = world.group(a, c, m)
    target = a.send(room, "before")
    world.settle(span=MINUTE)
    c.online = False
    hunted = a.send(room, "what must not be seen")
    world.settle(span=10_000)
    trim(m, room)
    bodies: dict[str, Body] = {
        "text": Text("nothing to see"),
        "file": File(said(world, SMALL)),
        "reaction": React(target, "👍"),
        "deletion": Delete(target),
    }
    say_anything(m, room, envelope(m, bodies[kind], id=hunted))
    world.settle(span=MINUTE)
    assert MessageState.SENT is a.messages(room)[-1].state
    c.online = True
    world.settle(span=3 * DAY, most=4_000)
    assert [["before", "what must not be seen"]] * 3 == [person.texts(room) for person in (a, c, m)]
    assert [MessageState.DELIVERED] * 2 == [message.state for message in a.messages(room)]


def test_nobody_hides_what_a_commit_did_by_saying_something_under_the_ids_of_its_notices() -> None:
    """An admin knows the ids of their own commit's notices before anybody else does: the others are told anyway."""
    world = World(22)
    m, a = people(world, 2)
    newcomer = world.person("newcomer")
    room = world.group(m, a)
    world.befriend(m, newcomer)
    before = told(a, room)
    add(m, room, newcomer)
    with m.engine.step(world.now, room) as step:
        pending = step.room(room).pending
    assert pending is not None
    for count in range(4):
        id = sha256(b"nullabona notice v1" + room + pending.commit + bytes((count,))).digest()[:16]
        say_anything(m, room, envelope(m, Text("nothing to see"), id=id))
    world.settle()
    assert [*before, NoticeKind.MEMBER_ADDED] == told(a, room)
    assert [] == a.texts(room)


def test_what_is_said_under_anothers_id_is_acknowledged_and_nothing_else() -> None:
    """Nobody keeps asking for it, and its marker and words have no effect."""
    world = World(23)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    message = a.send(room, "hello")
    world.settle()
    with c.store.transaction():
        before = c.store.markers(room)
    say_anything(b, room, envelope(b, Text("hi"), id=message_id(a.account, bytes(RANDOM)), marker=message))
    world.settle()
    with c.store.transaction():
        assert before == c.store.markers(room)
    assert [["hello"]] * 3 == [person.texts(room) for person in (a, b, c)]
    audit_rest(world, room)


@given(accounts, accounts, st.binary(min_size=RANDOM, max_size=RANDOM), st.integers(0, 127))
def test_an_id_belongs_to_one_account(account: bytes, other: bytes, random: bytes, bit: int) -> None:
    """It is its account's, and neither anybody else's nor with any bit changed."""
    id = message_id(account, random)
    changed = (int.from_bytes(id, "big") ^ (1 << bit)).to_bytes(16, "big")
    assert (16, True) == (len(id), is_made_by(account, id))
    assert (account == other, False) == (is_made_by(other, id), is_made_by(account, changed))


def test_a_client_does_not_send_what_nobody_would_take() -> None:
    """An id that is not the account's own is refused where it is sent; nothing is stored."""
    world = World(24)
    a, b = people(world, 2)
    room = world.group(a, b)
    with pytest.raises(Bug), a.engine.step(world.now, room) as step:
        sending.send(step, step.room(room), Text("hello"), message_id(b.account, bytes(RANDOM)))
    assert [] == a.texts(room)
