"""A store of 200 rooms and 100,000 messages, on disk and encrypted, stays quick. Prints what it measured."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from hashlib import sha256

import pytest

from nullabona.client.core.model.content import Text, encode_body
from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.records import Contact, ContactState, Device, Message, MessageState, Person
from nullabona.client.core.timeline import search
from nullabona.client.core.timeline.names import all_names
from nullabona.client.store import SqliteStore
from tests.store.samples import KEY, MINA

ROOMS = 200
MESSAGES = 100_000
PER_ROOM = MESSAGES // ROOMS
TERMS = (
    "주말 회의 점심 영화 내일 오늘 약속 사진 여행 시간 meeting lunch tomorrow photo 서울 부산 가족 친구 커피".split()
)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def room_id(number: int) -> bytes:
    return sha256(number.to_bytes(4, "big")).digest()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteStore]:
    """The newest tenth of each room is unread, some of it mentions."""
    store = SqliteStore.create(tmp_path_factory.mktemp("large") / "store.db", KEY)
    dice = random.Random(7)
    with store.transaction():
        for number in range(ROOMS):
            account = b"acc%029d" % number
            store.save_room(room_id(number), bytes(4_000))
            store.put_devices([Device(room_id(number), b"d", account, f"p{number}@x.example", 0, b"s", b"e", 0)])
            store.put_contact(
                Contact(account, f"p{number}@x.example", "", ContactState.ACCEPTED, room_id(number), "", bytes(3_000))
            )
            store.put_person(Person(account, f"p{number}@x.example", f"Person {number}", bytes(8_000), 1))
            store.put_marker(room_id(number), MINA, PER_ROOM * 9 // 10 * 16)
    with store.transaction():
        for count in range(MESSAGES):
            number, place = count // PER_ROOM, count % PER_ROOM
            body = Text(" ".join(dice.choices(TERMS, k=6)) + (" 희귀한말" if count % 5_000 == 0 else ""))
            row = Message(
                *(room_id(number), b"%016d" % count, b"acc%029d" % number, b"d", count, place * 16, 1),
                *(MessageState.RECEIVED, b"box", b"", 0, encode_body(body)),
                unread=2 if place % 10 == 0 else 1,
            )
            store.put_message(row)
            search.index(store, row, body)
    yield store
    store.close()


def best(what: Callable[[], object], times: int = 3) -> float:
    """Seconds of the quickest of a few runs."""
    took = []
    for _ in range(times):
        start = time.perf_counter()
        what()
        took.append(time.perf_counter() - start)
    return min(took)


def chat_list(store: Store) -> list[tuple[bytes, str, tuple[int, int], Message | None]]:
    """What the list of rooms needs of the store."""
    names = all_names(store)
    found = []
    for number, room in enumerate(store.rooms()):
        store.load_room(room)
        read = store.marker(room, MINA)
        unread = store.count_unread(room, -1 if read is None else read)
        name = names.name(b"acc%029d" % number)
        store.member_count(room)
        store.count_failed(room)
        found.append((room, name, unread, store.last_message(room)))
    return found


def test_the_list_of_rooms_is_quick(large: SqliteStore, capsys: pytest.CaptureFixture[str]) -> None:
    """200 rooms with title, last line, unread and mentions in under 100 ms."""
    with large.transaction():
        took = best(lambda: chat_list(large))
        listed = chat_list(large)
    with capsys.disabled():
        print(f"\nchat list of {ROOMS} rooms, {MESSAGES:,} messages: {took * 1_000:.1f} ms")  # noqa: T201
    assert {(49, 4)} == {unread for _, _, unread, _ in listed}
    assert took < 0.1


def test_searching_is_quick(large: SqliteStore, capsys: pytest.CaptureFixture[str]) -> None:
    """Frequent and rare words, everywhere and in one room, in under 50 ms; a single character too."""
    figures = {}
    with large.transaction():
        for name, text, room in [
            ("frequent", "주말", b""),
            ("rare", "희귀한말", b""),
            ("none", "없는말이다", b""),
            ("two words", "meeting 회의", b""),
            ("one room", "주말", room_id(3)),
            ("one character", "주", b""),
        ]:
            figures[name] = best(lambda text=text, room=room: search.find(large, text, search.Wanted(room), None, 30))  # type: ignore[misc]
        rare = search.find(large, "희귀한말", search.Wanted(), None, 30)
    with capsys.disabled():
        print("\n" + ", ".join(f"{name} {took * 1_000:.1f} ms" for name, took in figures.items()))  # noqa: T201
    assert MESSAGES // 5_000 == len(rare)
    assert "희귀한말" == rare[0].snippet[slice(*rare[0].matches[0])]
    assert max(figures.values()) < 0.05
