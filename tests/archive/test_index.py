"""What a backup already has: sets of short keys, told exactly, however their bytes lie beside one another."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.client.archive.index import SIZE, Earlier, KeyIndex, message_key, record_key
from nullabona.client.archive.records import Dropped, File, Marker, Message, Piece
from tests.archive.making import ID, ROOM, file, message, piece

X, Y = b"x" * 7, b"y" * 7
ONE, TWO, BETWEEN, OTHER = (b"hh" + rest for rest in (X + Y, Y + X, Y + Y, X + X))
"""The third lies across the first two where those stand side by side, the fourth across the second and the first."""


def index(*keys: bytes) -> KeyIndex:
    made = KeyIndex()
    for key in keys:
        made.add(key)
    return made


def test_a_key_is_there_once_it_was_added() -> None:
    """However often; others are not."""
    made = index(ONE, ONE, TWO)
    assert (2, [ONE, TWO]) == (len(made), list(made))
    assert [True, True, False, False] == [key in made for key in (ONE, TWO, b"gg" + X + Y, b"hh" + X + X)]


def test_bytes_across_two_keys_are_none() -> None:
    """Until they are added; taken out again, the two are still there."""
    made = index(ONE, TWO)
    assert BETWEEN not in made
    made.discard(BETWEEN)
    assert [ONE, TWO] == list(made)
    made.add(BETWEEN)
    assert (3, True) == (len(made), BETWEEN in made)
    made.discard(BETWEEN)
    assert (2, [ONE, TWO], False) == (len(made), list(made), BETWEEN in made)


def test_a_key_is_found_behind_bytes_that_look_like_it() -> None:
    """Several times over."""
    made = index(ONE, TWO, ONE[:2] + b"z" * 14, BETWEEN, OTHER)
    assert [True] * 4 == [key in made for key in (ONE, TWO, BETWEEN, OTHER)]
    made.discard(BETWEEN)
    assert [True, True, False, True] == [key in made for key in (ONE, TWO, BETWEEN, OTHER)]
    assert 4 == len(made)
    assert b"hh" + b"z" * 14 in index(b"hh" + b"a" * 13 + b"z", b"hh" + b"z" * 14)


def test_what_is_not_there_can_be_taken_out() -> None:
    """Harmlessly, from an empty set and from one with others."""
    made = index()
    made.discard(ONE)
    assert (0, []) == (len(made), list(made))
    made = index(TWO)
    made.discard(ONE)
    made.discard(TWO)
    made.discard(TWO)
    assert (0, [], False) == (len(made), list(made), TWO in made)


def test_keys_of_many_beginnings_come_back() -> None:
    """All of them, each once."""
    keys = {message_key(ROOM, b"%d" % number) for number in range(300)}
    made = index(*keys)
    assert (300, keys) == (len(made), set(made))
    assert {SIZE, 16} == {SIZE, *(len(key) for key in made)}


def test_a_message_is_named_by_its_room_and_id() -> None:
    """Whatever it says; by the same key for ever, for it stands in backups."""
    assert "040031fd7450a0ca70d0fb4be68ce622" == message_key(ROOM, ID).hex()
    assert message_key(ROOM, b"a") == message_key(ROOM, b"a")
    assert 3 == len({message_key(ROOM, b"a"), message_key(ROOM, b"b"), message_key(b"other", b"a")})


def test_a_record_is_named_by_all_that_it_says() -> None:
    """A piece by its place, for its bytes never change."""
    assert record_key(message()) == record_key(message())
    changes: list[Message | File | Piece] = [
        message(position=8),
        message(edited_at=1),
        file(),
        file(reason="x"),
        piece(),
        piece(place=1),
    ]
    changes += [piece(room=b"other"), piece(message=b"other")]
    assert 9 == len({record_key(message()), *(record_key(each) for each in changes)})
    assert record_key(piece()) == record_key(piece(b"others"))


def test_an_earlier_backup_has_exactly_what_it_had() -> None:
    """A message that says something else is not what it had, and is not gone either."""
    earlier = Earlier(b"id")
    for record in (message(), file(), piece(), message(id=b"gone"), Marker(ROOM, bytes(32), 1)):
        earlier.add(record)
    assert [True, True, True] == [earlier.has(each) for each in (message(), file(), piece())]
    assert [False, False, False] == [
        earlier.has(each) for each in (message(edited_at=9), file(reason="x"), piece(place=1))
    ]
    assert ([Dropped(message_key(ROOM, b"gone"))], b"id") == (list(earlier.dropped()), earlier.id)
    assert (b"", []) == (Earlier().id, list(Earlier().dropped()))


@pytest.mark.parametrize("record", [file(message=b"gone"), piece(message=b"gone")])
def test_only_messages_are_named_as_gone(record: msgspec.Struct) -> None:
    """A file goes with its message."""
    earlier = Earlier()
    earlier.add(record)  # type: ignore[arg-type]
    assert [] == list(earlier.dropped())
