"""What is signed is on two disks: a server that could forget is refused, and no failure of one makes a log fork."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import psycopg
import pytest

from nullabona.log.checkpoint import parse_checkpoint
from nullabona.log.note import parse_note
from nullabona.machine.database import StandbySilent, failure
from nullabona.machine.postgres.durability import MayForget, check_durable
from nullabona.machine.postgres.leader import LeaderElsewhere
from nullabona.machine.postgres.place import PostgresPlace
from nullabona.sequencer import Log, LogStoreFailed, open_log
from nullabona.sequencer.store.postgres import PostgresLogStore
from nullabona.words.errors import in_words
from tests.postgres.server import ADMIN, STANDBY, PostgresServer, programs
from tests.sequencer.logs import ORIGIN, SIGNERS, audit, publish, root_of

pytestmark = [
    pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed: tools/need_programs.sh"),
    pytest.mark.timeout(180),  # two servers start, on a machine that may be busy
]
_WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
ENTRIES = [b"%d" % number for number in range(300)]


class Pair:
    """A server and its synchronous standby, and a database on both."""

    def __init__(self) -> None:
        self.first = PostgresServer(durable=True).make()
        try:
            self.second = self.first.copy()
        except BaseException:
            self.first.remove()
            raise
        try:
            self.name = self.first.new_database()
            self.first.set("synchronous_standby_names", STANDBY)
        except BaseException:
            self.remove()
            raise

    def place(self, server: PostgresServer, *, confirm_s: float = 10.0) -> PostgresPlace:
        """The log's schema on one of them."""
        return PostgresPlace(server.url(self.name), "record", confirm_s=confirm_s)

    def remove(self) -> None:
        self.second.remove()
        self.first.remove()


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Durable, unlike the server that other tests share."""
    made = Pair()
    yield made
    made.remove()


def opened(folder: Path, place: PostgresPlace) -> Log:
    """A log whose rows are in PostgreSQL."""
    return open_log(folder, SIGNERS, ORIGIN, make_store=lambda origin: PostgresLogStore(place, origin))


def shown(log: Log) -> tuple[int, bytes]:
    """Size and root of what everybody can see."""
    note = log.checkpoint()
    assert note
    checkpoint = parse_checkpoint(parse_note(note).text)
    return checkpoint.size, checkpoint.root


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("synchronous_standby_names", " ", "synchronous_standby_names is empty"),
        ("synchronous_commit", "remote_write", "synchronous_commit is remote_write"),
        ("synchronous_commit", "local", "synchronous_commit is local"),
        ("synchronous_commit", "off", "synchronous_commit is off"),
        ("fsync", "off", "fsync is off"),
        ("full_page_writes", "off", "full_page_writes is off"),
        ("max_wal_senders", "0", "max_wal_senders is 0"),
    ],
)
def test_each_setting_that_could_forget_is_named(name: str, value: str, sentence: str) -> None:
    """One wrong setting among right ones is enough."""
    right = {"synchronous_standby_names": "a", "synchronous_commit": "on", "fsync": "on", "full_page_writes": "on"}
    right["max_wal_senders"] = "10"
    check_durable(right)
    check_durable(right | {"synchronous_commit": "remote_apply"})
    with pytest.raises(MayForget, match=sentence):
        check_durable(right | {name: value})


def test_nothing_is_made_on_a_server_that_could_forget(database: str, postgres: PostgresServer) -> None:
    """A start there is refused before there are tables."""
    with pytest.raises(MayForget):
        PostgresLogStore(PostgresPlace(database, "record"), ORIGIN)
    name = database.split("?", maxsplit=1)[0].rpartition("/")[2]
    assert [] == postgres.sql("SELECT 1 FROM pg_namespace WHERE nspname = 'record'", name)


def test_writing_stops_without_the_standby(pair: Pair, tmp_path: Path) -> None:
    """It says so; nothing more is signed; when the standby is there again, the log goes on from what was shown."""
    log = opened(tmp_path, pair.place(pair.first, confirm_s=0.3))
    log.stage(ENTRIES)
    before = publish(log)
    pair.second.pause()
    with pytest.raises(LogStoreFailed, match="the standby did not confirm a write in time"):
        log.stage([b"late"], key=b"late")
    for _ in range(2):
        with pytest.raises(LogStoreFailed):
            publish(log)
    assert before.note == log.checkpoint()
    pair.second.go_on()
    assert range(300, 301) == log.stage([b"late"], key=b"late")
    assert 301 == publish(log).size
    assert [*ENTRIES, b"late"] == audit(log.public)[1]
    log.release()


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("cancelled", "the wait for the standby was ended from outside"),
        pytest.param("terminated", "no connection", marks=pytest.mark.slow),
        pytest.param("settings", "taken out of its settings while a write waited", marks=pytest.mark.slow),
    ],
)
def test_a_wait_that_is_ended_from_outside_is_no_confirmation(
    pair: Pair, tmp_path: Path, how: str, sentence: str
) -> None:
    """PostgreSQL then says that it committed. Only its own disk has the entry, and no tree head over it is signed."""
    store = PostgresLogStore(pair.place(pair.first, confirm_s=30), ORIGIN)
    log = open_log(tmp_path, SIGNERS, ORIGIN, make_store=lambda _: store)
    log.stage(ENTRIES)
    before = publish(log)
    pair.second.pause()
    ended = threading.Thread(target=end_wait, args=(pair, how))
    ended.start()
    with pytest.raises(LogStoreFailed, match=sentence):
        log.stage([b"late"], key=b"late")
    ended.join()
    store._leader._place = pair.place(pair.first, confirm_s=0.3)
    with pytest.raises(LogStoreFailed):
        publish(log)
    assert before.note == log.checkpoint()
    log.release()


def end_wait(pair: Pair, how: str) -> None:
    """As soon as a commit waits for the standby, end its wait."""
    with psycopg.connect(pair.first.url(pair.name, ADMIN), autocommit=True) as connection:
        while not (found := connection.execute(_WAITING).fetchone()):
            pass
        if how == "settings":
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = ''")
            connection.execute("SELECT pg_reload_conf()")
        else:
            verb = "pg_cancel_backend" if how == "cancelled" else "pg_terminate_backend"
            connection.execute(f"SELECT {verb}({found[0]})".encode())


@pytest.mark.slow
def test_what_a_crash_made_visible_is_not_signed(pair: Pair, tmp_path: Path) -> None:
    """A commit that waited is there after the primary's restart, and the standby does not have it: nobody leads."""
    log = opened(tmp_path, pair.place(pair.first, confirm_s=0.3))
    log.stage(ENTRIES)
    before = publish(log)
    pair.second.pause()
    with pytest.raises(LogStoreFailed):
        log.stage([b"late"], key=b"late")
    pair.first.kill()
    pair.first.start()
    assert [(301,)] == pair.first.sql("SELECT 300 + count(*) FROM record.staged", pair.name)
    with pytest.raises(LogStoreFailed):
        publish(log)
    assert before.note == log.checkpoint()
    log.release()
    place = pair.place(pair.first, confirm_s=0.3)
    with pytest.raises(LeaderElsewhere):  # the log's own last write, which waits
        opened(tmp_path, replace(place, wait_s=0.001))
    with pytest.raises(StandbySilent):
        opened(tmp_path, replace(place, take_over=True))


def test_a_promoted_standby_has_everything_that_was_signed(pair: Pair, tmp_path: Path) -> None:
    """The primary is killed under load: the next leader, on another machine, has every tree head that anybody saw.

    It signs nothing before it has a standby of its own; then it goes on with the same history.
    """
    log = opened(tmp_path / "first", pair.place(pair.first))
    heads: list[tuple[int, bytes]] = []
    entries: list[bytes] = []
    killer = threading.Thread(target=pair.first.kill)

    def publish_on() -> None:
        for number in count():
            if number == 12:
                killer.start()
            log.stage([b"%d" % number] * 40, key=b"%d" % number)
            entries.extend([b"%d" % number] * 40)
            publish(log)
            heads.append(shown(log))

    with pytest.raises(LogStoreFailed):
        publish_on()
    killer.join()
    log.release()
    pair.second.promote()
    with pytest.raises(MayForget):
        opened(tmp_path / "second", pair.place(pair.second))
    third = pair.second.copy()
    try:
        pair.second.set("synchronous_standby_names", STANDBY)
        after = opened(tmp_path / "second", pair.place(pair.second))
        assert shown(after) >= heads[-1]
        after.stage([b"after"])
        assert publish(after).size > heads[-1][0]
        kept = audit(after.public)[1]
        assert [(size, root_of(kept[:size])) for size, _ in heads] == heads
        assert entries[: heads[-1][0]] == kept[: heads[-1][0]]
        after.release()
    finally:
        third.remove()


def test_what_a_store_says_of_its_server_is_said_in_korean() -> None:
    """The hint is PostgreSQL's, and not to look at a disk."""
    said = failure(LogStoreFailed, StandbySilent("the standby did not confirm a write in time"), "the log failed")
    assert "the log failed: the standby did not confirm a write in time" == said.message
    assert in_words(said, "ko")[1].startswith("대기 서버를 켜세요")
    assert in_words(said, "en")[1].startswith("start the standby")
