"""A store of an older version: brought up to date with what it holds."""

from __future__ import annotations

from pathlib import Path

from nullabona.client.core.model.content import Text, encode_body
from nullabona.client.core.model.records import Message, MessageState
from nullabona.client.core.timeline import search
from nullabona.client.store import SqliteStore
from nullabona.client.store.statements import SCHEMA_VERSION
from tests.store.samples import KEY, MINA, ROOM

AT = 1_742_000_040_000


def test_messages_of_version_1_are_found_by_person_and_time(tmp_path: Path) -> None:
    """They were found by words alone; the step to version 2 adds the rest."""
    path = tmp_path / "store.db"
    store = SqliteStore.create(path, KEY)
    base = store._connection
    base.execute("DROP TABLE import")  # all that version 1 lacked
    with store.transaction():
        body = encode_body(Text("주말에 만나"))
        store.put_message(Message(ROOM, b"m" * 16, MINA, b"d", AT, 5, 1, MessageState.RECEIVED, b"", b"", 0, body))
        store.put_words(ROOM, b"m" * 16, f"room{ROOM[:12].hex()} {search.grams('주말에 만나')}")
    base.execute("PRAGMA user_version = 1")
    store.close()
    with_all = SqliteStore.open(path, KEY)
    assert SCHEMA_VERSION == with_all._connection.pragma("user_version")
    with with_all.transaction():
        wanted = search.Wanted(people=(MINA,), since=AT, until=AT + 1)
        assert 1 == len(search.find(with_all, "주말", wanted, None, 5))
        assert [] == search.find(with_all, "", search.Wanted(people=(b"x" * 32,)), None, 5)
    with_all.close()
