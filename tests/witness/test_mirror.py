"""A witness that mirrors a map: it follows every epoch, and cosigns none whose list leaves a change out."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from nullabona.directory import epoch_lists, record
from nullabona.errors import Malformed
from nullabona.log.checkpoint import Checkpoint, parse_checkpoint
from nullabona.log.note import MAX_NOTE, parse_note
from nullabona.log.policy import Policy
from nullabona.log.prefix import EMPTY
from nullabona.log.witnessing import add_checkpoint
from nullabona.machine.http_client import HttpClient, HttpMisbehaved, HttpUnreachable, parse_url
from nullabona.wire.changes import ChangeList
from nullabona.wire.map_messages import LEAF_BYTES, LeavesShown, ShowLeaves
from nullabona.wire.messages import Refusal
from nullabona.witness import mirroring
from nullabona.witness.core.judging import WatchedLog
from nullabona.witness.core.mirroring import read_leaves
from nullabona.witness.mirroring import BEHIND, WRONG, DirectoryAt, MapMirror, Mirrors
from nullabona.witness.store.map.rows import MapRows
from nullabona.witness.store.map.schema import COLUMNS, FILES
from tests.api.service import Service
from tests.directory.test_lists import enter, label, take_out
from tests.record.directories import Directory

T = TypeVar("T")
Lie = Callable[[ShowLeaves, LeavesShown], LeavesShown | None]


class Place:
    """A directory, and the mirror of its map in a folder. ``lie`` changes what the mirror is shown."""

    def __init__(self, folder: Path) -> None:
        self.directory = Directory()
        self.lie: Lie | None = None
        self.asked: list[ShowLeaves] = []
        self.held: asyncio.Event | None = None
        self.rows = MapRows(folder / "map.db")
        self.mirror = MapMirror(self, self.rows)

    async def ask(self, request: ShowLeaves) -> LeavesShown | None:
        """As `Shows`."""
        self.asked.append(request)
        if self.held is not None:
            await self.held.wait()
        answer = await self.directory.service.handlers()[ShowLeaves](request)
        if isinstance(answer, Refusal):
            assert "not-found" == answer.code
            return None
        assert isinstance(answer, LeavesShown)
        return answer if self.lie is None else self.lie(request, answer)

    async def close(self) -> None:
        """Nothing is open."""

    @property
    def note(self) -> bytes:
        served = self.directory.service._record.served
        assert served is not None
        return served.checkpoint

    @property
    def checkpoint(self) -> Checkpoint:
        return parse_checkpoint(parse_note(self.note).text)

    async def follow(self) -> None:
        await self.mirror.follow(self.checkpoint)

    def state(self) -> tuple[int, bytes]:
        mirrored = self.rows.mirrored()
        return (mirrored.frontier.size if mirrored else 0), self.rows.root


def play(folder: Path, story: Callable[[Place], Coroutine[Any, Any, T]]) -> T:
    async def whole() -> T:
        place = Place(folder)
        try:
            await place.directory.service.advance(force=True)
            return await story(place)
        finally:
            await place.mirror.close()
            await place.directory.service.close()

    return asyncio.run(whole())


def root(place: Place) -> bytes:
    epoch = place.directory.service._store.epoch(place.checkpoint.size - 1)
    assert epoch is not None
    return epoch.root


def test_every_epoch_is_followed_from_the_first(tmp_path: Path) -> None:
    """Labels that enter, change and are taken out; what was followed is not asked for again."""

    async def story(place: Place) -> None:
        await place.follow()
        assert (2, EMPTY) == place.state()
        await enter(place.directory, "a", "b", "c")
        await take_out(place.directory, "b")
        await place.follow()
        assert (5, root(place)) == place.state()
        place.asked.clear()
        await enter(place.directory, "d")
        await place.follow()
        await place.follow()
        assert [ShowLeaves(5, whole=False)] == place.asked
        assert {label(name) for name in "acd"} == {leaf.label for leaf in place.rows.leaves(bytes(32), b"\xff" * 32)}

    play(tmp_path, story)


def hiding(names: str, patch: pytest.MonkeyPatch) -> None:
    """From now on the directory leaves these labels out of its lists."""
    hidden = set(map(label, names))

    class Short(ChangeList):
        @classmethod
        def of(cls, labels: Iterable[bytes]) -> ChangeList:
            return ChangeList.of(each for each in labels if each not in hidden)

    for module in (record, epoch_lists):
        patch.setattr(module, "ChangeList", Short)


def without(name: str) -> Lie:
    """The leaves are shown without this label's, as the list has it."""

    def lie(request: ShowLeaves, shown: LeavesShown) -> LeavesShown:
        del request
        rows = [shown.leaves[at : at + LEAF_BYTES] for at in range(0, len(shown.leaves), LEAF_BYTES)]
        return replace(shown, leaves=b"".join(row for row in rows if row[:32] != label(name)))

    return lie


@pytest.mark.parametrize("hides_the_leaf", ["", "hidden"])
@pytest.mark.parametrize("alone", ["", "alone"])
def test_a_list_that_leaves_a_change_out_is_wrong(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    hides_the_leaf: str,
    alone: str,
) -> None:
    """Whether its leaf is shown or not, beside others or alone: nothing of the epoch is kept."""

    async def story(place: Place) -> None:
        await enter(place.directory, "a", "b")
        await place.follow()
        before = place.state()
        hiding("b", monkeypatch)
        await enter(place.directory, *("b" if alone else "bc"))
        place.lie = without("b") if hides_the_leaf else None
        for _ in range(2):
            with pytest.raises(Malformed):
                await place.follow()
            assert before == place.state()

    play(tmp_path, story)


def test_what_is_not_in_the_signed_log_is_wrong(tmp_path: Path) -> None:
    """Another time of closing is another entry."""

    async def story(place: Place) -> None:
        await enter(place.directory, "a")
        place.lie = lambda _, shown: replace(shown, closed_s=shown.closed_s + 1)
        with pytest.raises(Malformed, match="not in the log"):
            await place.follow()
        assert (0, EMPTY) == place.state()

    play(tmp_path, story)


def test_an_epoch_without_a_list_is_wrong_after_one_with(tmp_path: Path) -> None:
    """A directory cannot go back to a time when there were none."""

    async def story(place: Place) -> None:
        await enter(place.directory, "a")
        await place.follow()
        await enter(place.directory, "b")
        place.lie = lambda _, shown: replace(shown, listed=b"")
        with pytest.raises(Malformed, match="no list"):
            await place.follow()

    play(tmp_path, story)


@pytest.mark.parametrize(("names", "good"), [("ab", True), ("abc", False)])
def test_leaves_are_read_so_far_and_no_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, names: str, good: bool
) -> None:
    """A directory that goes on without end fills no witness; here three answers of one leaf are the most."""
    for module in (epoch_lists, mirroring):
        monkeypatch.setattr(module, "MAX_LEAVES", 1)
    monkeypatch.setattr(mirroring, "MOST_CHANGES", 3)

    async def story(place: Place) -> None:
        await enter(place.directory, *names)
        if good:
            await place.follow()
            return
        with pytest.raises(HttpMisbehaved, match="without end"):
            await place.follow()
        assert (0, EMPTY) == place.state()

    play(tmp_path, story)


def test_leaves_that_come_again_are_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same answer once more, as if there were no end."""
    for module in (epoch_lists, mirroring):
        monkeypatch.setattr(module, "MAX_LEAVES", 1)
    first: list[LeavesShown] = []

    def again(request: ShowLeaves, shown: LeavesShown) -> LeavesShown:
        first.append(first[-1] if request.after else shown)
        return first[-1]

    async def story(place: Place) -> None:
        await enter(place.directory, "a", "b")
        place.lie = again
        with pytest.raises(Malformed, match="not in order"):
            await place.follow()
        assert len(first) < 6

    play(tmp_path, story)


def gone(request: ShowLeaves, shown: LeavesShown) -> LeavesShown | None:
    """The first epoch is older than the history."""
    return None if request.epoch == 1 else shown


@pytest.mark.parametrize("most", [1, 16_384])
def test_a_mirror_that_begins_late_reads_the_whole_map(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """In pieces, and only the log's checkpoint makes it believed; the newest epoch's list is checked."""
    for module in (epoch_lists, mirroring):
        monkeypatch.setattr(module, "MAX_LEAVES", most)

    async def story(place: Place) -> None:
        await enter(place.directory, "a", "b", "c")
        await enter(place.directory, "d", "a")
        place.lie = gone
        await place.follow()
        assert (4, root(place)) == place.state()
        assert ShowLeaves(2, whole=True) in place.asked
        await enter(place.directory, "e")
        await place.follow()
        assert (5, root(place)) == place.state()

    play(tmp_path, story)


def test_a_whole_map_that_is_not_that_of_the_log_is_wrong(tmp_path: Path) -> None:
    """A leaf that is missing, and one that is missing with a root that fits."""

    async def story(place: Place) -> None:
        await enter(place.directory, "a", "b", "c")
        await enter(place.directory, "d")

        def short(request: ShowLeaves, shown: LeavesShown) -> LeavesShown | None:
            return None if request.epoch == 1 else without("b")(request, shown)

        place.lie = short
        with pytest.raises(Malformed, match="do not give its root"):
            await place.follow()
        assert (0, EMPTY) == place.state()

    play(tmp_path, story)


@given(st.binary(max_size=200))
def test_any_bytes_are_leaves_in_order_or_malformed(data: bytes) -> None:
    """One form for one set of leaves."""
    try:
        found = read_leaves(data)
    except Malformed:
        return
    rows = [(name, EMPTY if leaf is None else leaf.commitment) for name, leaf in found.items()]
    assert data == b"".join(name + commitment for name, commitment in rows)
    assert sorted(found) == list(found)


def test_a_request_that_the_mirror_cannot_agree_to_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """403 for what is wrong, 503 for what cannot be said yet; nothing where there is nothing against it."""

    async def story(place: Place) -> None:
        described = await place.directory.describe()
        keys = Policy.parse(described.policy).keys_of(place.checkpoint.origin)
        counts: Counter[str] = Counter()
        mirrors = Mirrors({place.checkpoint.origin: place.mirror}, [WatchedLog(place.checkpoint.origin, keys)], counts)

        async def status() -> int | None:
            answer = await mirrors.refusal(add_checkpoint(0, (), parse_note(place.note)).encode())
            return None if answer is None else answer.status

        await enter(place.directory, "a")
        assert await status() is None

        def unreachable(request: ShowLeaves, shown: LeavesShown) -> LeavesShown:
            raise HttpUnreachable("nobody is there")

        await enter(place.directory, "b")
        place.lie = unreachable
        assert 503 == await status()
        place.lie = without("b")
        assert 403 == await status()
        place.lie = None
        assert await status() is None
        assert await mirrors.refusal(b"no request") is None
        assert {BEHIND: 1, WRONG: 1} == dict(counts)

    play(tmp_path, story)


def test_a_log_waits_no_longer_than_it_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A map that takes long is built in the background, and is there when the log asks again."""
    monkeypatch.setattr(mirroring, "PATIENCE_S", 0.0)

    async def story(place: Place) -> None:
        described = await place.directory.describe()
        origin = place.checkpoint.origin
        keys = Policy.parse(described.policy).keys_of(origin)
        mirrors = Mirrors({origin: place.mirror}, [WatchedLog(origin, keys)], Counter())
        await enter(place.directory, "a")
        place.held = asyncio.Event()
        body = add_checkpoint(0, (), parse_note(place.note)).encode()
        answer = await mirrors.refusal(body)
        assert answer is not None
        assert 503 == answer.status
        place.held.set()
        await mirrors._following[origin].task
        assert (3, root(place)) == place.state()

    play(tmp_path, story)


@pytest.mark.slow
def test_a_real_relay_shows_its_map_to_a_mirror(tmp_path: Path) -> None:
    """Over the same requests as its people's devices."""

    async def published(client: HttpClient) -> Checkpoint:
        async with asyncio.timeout(60):
            while (reply := await client.get("log/checkpoint", MAX_NOTE)).status != 200:  # noqa: ASYNC110 - a process
                await asyncio.sleep(0.1)  # the first epoch is on its way
        return parse_checkpoint(parse_note(reply.body).text)

    async def story(url: str) -> None:
        rows = MapRows(tmp_path / "map.db")
        directory = DirectoryAt(url)
        mirror = MapMirror(directory, rows)
        try:
            async with HttpClient(parse_url(url)) as client:
                checkpoint = await published(client)
            await mirror.follow(checkpoint)
            mirrored = rows.mirrored()
            assert mirrored is not None
            assert (checkpoint.size, checkpoint.root) == (mirrored.frontier.size, mirrored.frontier.root)
            assert await directory.ask(ShowLeaves(checkpoint.size + 9, whole=True)) is None
        finally:
            await mirror.close()

    with Service(tmp_path / "relay") as service:
        asyncio.run(story(f"http://{service.host}/"))


def test_what_a_mirror_keeps_is_what_is_declared(tmp_path: Path) -> None:
    """Every column and every file, with what it is for."""
    MapRows(tmp_path / "map.db").close()
    with closing(sqlite3.connect(tmp_path / "map.db")) as db:
        real = {
            (table, column)
            for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
            for _, column, *_ in db.execute(f"PRAGMA table_info({table})").fetchall()
        }
    assert {(column.table, column.name) for column in COLUMNS} == real
    assert {"map-"} == {file.pattern.partition("<")[0] for file in FILES}
