"""What a small world is, without the bytes that chance drew: two worlds with the same `fingerprint` go on alike.

Every value of bytes is replaced by a number in the order in which it is met, so that worlds that differ by their keys
alone are one. Which of several commits has the lower hash decides between branches, so that order is a part of it. A
time is counted from now. Of MLS nothing but the number of rows is looked at: what it holds follows from the epochs and
the messages that were read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

import msgspec

from nullabona.client.core.model.state import RoomState, decode_state
from tests.rooms.world import START, Person, World

_SKIPPED = ("word", "word_", "sqlite_", "mls_kv", "chunk", "event")
"""Tables that nothing is decided by: the index of words, MLS, chunks, what was told."""
_A_TIME = START - 40 * 86_400_000
_LEAST = 7
"""Shorter values of bytes were not drawn."""


class Names:
    """Numbers for values of bytes, in the order in which they are met."""

    def __init__(self, now: int) -> None:
        self._numbers: dict[bytes, int] = {}
        self._now = now

    def of(self, value: Any) -> Any:  # noqa: ANN401 - anything that a row or a message holds
        """The value without what chance drew."""
        if isinstance(value, bytes | bytearray | memoryview):
            return self._of_bytes(bytes(value))
        if isinstance(value, bool) or value is None or isinstance(value, str | float):
            return self._of_text(value) if isinstance(value, str) else value
        if isinstance(value, int):
            return ("t", value - self._now) if value > _A_TIME else value
        if isinstance(value, dict):
            return [(self.of(key), self.of(each)) for key, each in value.items()]
        if isinstance(value, list | tuple):
            return [self.of(each) for each in value]
        if isinstance(value, msgspec.Struct):
            return [self.of(getattr(value, name)) for name in value.__struct_fields__]
        return str(type(value))

    def _of_text(self, value: str) -> object:
        """Some keys are hexadecimal."""
        head, colon, tail = value.rpartition(":")
        if len(tail) >= 16:
            try:
                return (head + colon, self._of_bytes(bytes.fromhex(tail)))
            except ValueError:
                return value
        return value

    def _of_bytes(self, value: bytes) -> object:
        if len(value) < _LEAST:
            return value
        if value in self._numbers:
            return ("b", self._numbers[value])
        if 0x80 <= value[0] < 0xA0 or value[0] in {0xDC, 0xDE}:
            try:
                return self.of(msgspec.msgpack.decode(value))
            except (msgspec.MsgspecError, ValueError, RecursionError):
                pass  # it was drawn, and looks like a list by chance
        number = self._numbers[value] = len(self._numbers)
        return ("b", number, len(value))

    def known(self, row: Sequence[object]) -> str:
        """What a row is as far as its values were met: by this rows are put in order."""
        return repr([self._known(each) for each in row])

    def _known(self, value: object) -> object:
        if isinstance(value, bytes) and len(value) >= _LEAST:
            return self._numbers.get(value, -len(value))
        return value - self._now if isinstance(value, int) and value > _A_TIME else value

    def order(self, values: Sequence[bytes]) -> list[object]:
        """In which order of their bytes these values stand."""
        return [self._of_bytes(value) for value in sorted(set(values))]


def fingerprint(world: World, more: object = ()) -> bytes:
    """The same for worlds that go on alike. ``more``: what else may happen in it."""
    names = Names(world.now)
    parts: list[object] = [more]
    commits: list[bytes] = []
    for person in world.people:
        parts.append((person.name, person.online, names.of(sorted(person.engine._joins))))
        for state in _rooms(person):
            commits += [track.winner.commit for track in state.boxes if track.winner]
            commits += [merged.commit for merged in state.history] + ([state.rejoin.commit] if state.rejoin else [])
        parts += [(table, rows) for table, rows in _tables(person, names)]
    for relay in _relays(world):
        for address, box in relay.boxes.items():
            frames = [(seq, names.of(frame)) for seq, frame in box.frames.items()]
            parts.append((names.of(address), names.of(box.incarnation), box.head, frames))
    parts.append([_relay_number(world, person) for person in world.people])
    parts.append(names.order(commits))
    return sha256(repr(parts).encode()).digest()[:16]


def _relays(world: World) -> list[Any]:
    found = [world.relay]
    for person in world.people:
        if person.relay is not None and all(person.relay is not each for each in found):
            found.append(person.relay)
    return found


def _relay_number(world: World, person: Person) -> int:
    return next((n for n, relay in enumerate(_relays(world)) if relay is person.relay), 0)


def _rooms(person: Person) -> list[RoomState]:
    with person.store.reading():
        found = [person.store.load_room(room) for room in person.store.rooms()]
    return [decode_state(data) for data in found if data is not None]


def _tables(person: Person, names: Names) -> Iterator[tuple[str, object]]:
    """Every table that something is decided by; rows in an order that does not hang on what chance drew."""
    db = person.store._connection
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    for table in tables:
        if table.startswith(_SKIPPED):
            continue
        rows = sorted(db.execute(f"SELECT * FROM {table}"), key=names.known)
        yield table, [names.of(row) for row in rows]
