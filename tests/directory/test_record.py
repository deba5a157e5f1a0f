"""The public record's epochs: what is interrupted goes on, the log never forks, lost cards are seen to be lost."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest

from nullabona.directory.keys import FILE
from nullabona.directory.opening import RecordOptions
from nullabona.directory.record import RecordBroken
from nullabona.directory.service import Clock, DirectoryService, Options, open_directory
from nullabona.directory.store.interface import StoreFailed
from nullabona.directory.store.sqlite import SqliteCardStore
from nullabona.log.checkpoint import parse_checkpoint
from nullabona.log.note import parse_note
from nullabona.log.prefix_pages import part_of
from nullabona.log.tiles import tiles_of
from nullabona.sequencer import restore_log
from nullabona.wire.epoch import decode_epoch, decode_genesis
from nullabona.wire.messages import Blob, CardFound, CardTaken, LogFile, LookupCard, PublishCard, Refusal
from tests.wire.cards import JUN, TODAY, card_bytes, first_card

HOST = "relay.example"
CARD = first_card()
P = ParamSpec("P")
T = TypeVar("T")
STEPS = 13
"""Writes of an epoch, and some more: faults beyond the last one do not happen."""


def opened(folder: Path, now: int = 1_000) -> DirectoryService:
    clock = Clock(today=lambda: TODAY, seconds=lambda: 0.0, now=lambda: now)
    return open_directory(folder / "data", HOST, Options(clock=clock, record=RecordOptions(folder=folder / "record")))


class Fault:
    """Fails the n-th write of an epoch, before or after it happened."""

    def __init__(self, service: DirectoryService, at: int, *, after: bool) -> None:
        self._left, self._after = at, after
        record = service._record
        for owner, name in ((record, "work_ahead"), (record, "keep_ahead"), (record, "close"),
                            (record._log, "stage"), (record._log, "integrate"),
                            (record._log._disk, "put"), (record._log._disk, "settle"), (record, "settle")):  # fmt: skip
            setattr(owner, name, self._wrap(getattr(owner, name)))

    def _wrap(self, work: Callable[P, T]) -> Callable[P, T]:
        def write(*args: P.args, **kwargs: P.kwargs) -> T:
            self._left -= 1
            if self._left == 0 and not self._after:
                raise StoreFailed("did not happen")
            done = work(*args, **kwargs)
            if self._left == 0:
                raise StoreFailed("did happen")
            return done

        return write


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(1, STEPS))
def test_a_crash_at_any_write_loses_and_doubles_nothing(tmp_path: Path, at: int, *, after: bool) -> None:
    """Another process goes on: each epoch stands once, at its number, and the promised card is in the record."""

    async def play() -> list[int]:
        first = opened(tmp_path)
        await first.advance()
        await first.publish(PublishCard(CARD.encoded))
        Fault(first, at, after=after)
        with suppress(StoreFailed):
            await first.advance(force=True)
        await first.close()
        second = opened(tmp_path, now=2_000)
        await second.advance()
        answer = await second.look_up(LookupCard("민아"))
        assert isinstance(answer, CardFound)
        assert (CARD.encoded, b"", True) == (answer.card, answer.promise, answer.proof.version > 0)
        log = second._record._log
        size = log.status().published
        assert HOST == decode_genesis(log.entry(0)).host
        numbers = [decode_epoch(log.entry(index)).number for index in range(1, size)]
        await second.close()
        return numbers

    numbers = asyncio.run(play())
    assert list(range(1, len(numbers) + 1)) == numbers


def test_lost_cards_leave_an_empty_map_and_the_log_goes_on(tmp_path: Path) -> None:
    """The cards are gone, the log is not: the next epoch shows that nobody is registered, and owners may come back."""

    async def play() -> list[bytes]:
        first = opened(tmp_path)
        await first.advance()
        await first.publish(PublishCard(CARD.encoded))
        await first.advance(force=True)
        await first.close()
        shutil.rmtree(tmp_path / "data")
        second = opened(tmp_path, now=2_000)
        shown = []
        for _ in range(2):
            await second.advance(force=True)
            answer = await second.look_up(LookupCard("민아"))
            assert isinstance(answer, CardFound)
            shown.append(answer.card)
            await second.publish(PublishCard(CARD.encoded))
        await second.close()
        return shown

    assert [b"", CARD.encoded] == asyncio.run(play())


def test_a_record_that_was_restored_from_a_copy_goes_on(tmp_path: Path) -> None:
    """Machine, cards and log are gone; the log is copied, and its keys: the next epoch is its next entry."""

    async def play() -> tuple[int, int, list[int]]:
        first = opened(tmp_path)
        await first.advance()
        await first.publish(PublishCard(CARD.encoded))
        await first.advance(force=True)
        size = first._record._log.status().published
        await first.close()
        (tmp_path / "record").rename(tmp_path / "copy")
        shutil.rmtree(tmp_path / "data")
        note = (tmp_path / "copy/public/checkpoint").read_bytes()
        tiles = [(tile, (tmp_path / "copy/public" / tile.path).read_bytes()) for tile in tiles_of(size)]
        restore_log(tmp_path / "record", parse_checkpoint(parse_note(note).text), note, tiles)
        shutil.copy(tmp_path / "copy" / FILE, tmp_path / "record")
        second = opened(tmp_path, now=2_000)
        await second.advance()
        log = second._record._log
        numbers = [decode_epoch(log.entry(index)).number for index in range(1, log.status().published)]
        await second.close()
        return size, len(numbers), numbers

    size, count, numbers = asyncio.run(play())
    assert (size, list(range(1, size + 1))) == (count, numbers)


def test_a_record_restored_with_more_than_was_published_goes_on(tmp_path: Path) -> None:
    """A mirror may have an epoch that witnesses signed and nobody saw published: the next one follows it."""

    async def play() -> list[int]:
        first = opened(tmp_path)
        await first.advance()
        old = (tmp_path / "record/public/checkpoint").read_bytes()
        await first.advance(force=True)
        size = first._record._log.status().published
        await first.close()
        (tmp_path / "record").rename(tmp_path / "copy")
        shutil.rmtree(tmp_path / "data")
        newest = parse_checkpoint(parse_note((tmp_path / "copy/public/checkpoint").read_bytes()).text)
        tiles = dict.fromkeys(tile for each in (size - 1, size) for tile in tiles_of(each))
        files = [(tile, (tmp_path / "copy/public" / tile.path).read_bytes()) for tile in tiles]
        restore_log(tmp_path / "record", newest, old, files)
        shutil.copy(tmp_path / "copy" / FILE, tmp_path / "record")
        second = opened(tmp_path, now=2_000)
        second.begin()
        while second._record.served is None:  # noqa: ASYNC110 - its keeper says nothing
            await asyncio.sleep(0.01)
        log = second._record._log
        numbers = [decode_epoch(log.entry(index)).number for index in range(1, log.status().published)]
        await second.close()
        return [size, *numbers]

    size, *numbers = asyncio.run(play())
    assert list(range(1, size + 1)) == numbers


def test_a_log_that_began_otherwise_is_refused(tmp_path: Path) -> None:
    """With another period nothing is appended to a log that promised its readers this one."""

    async def play() -> None:
        first = opened(tmp_path)
        await first.advance()
        await first.close()
        options = RecordOptions(folder=tmp_path / "record", period_s=7)
        with pytest.raises(RecordBroken, match="begins otherwise"):
            open_directory(tmp_path / "data", HOST, Options(record=options))

    asyncio.run(play())


def test_cards_that_are_older_than_the_log_are_refused(tmp_path: Path) -> None:
    """An old copy of the cards beside the newer log would tell epochs again, differently: it is not opened."""

    async def play() -> None:
        first = opened(tmp_path)
        await first.advance()
        await first.close()
        shutil.copytree(tmp_path / "data", tmp_path / "old")
        again = opened(tmp_path)
        await again.advance(force=True)
        await again.close()
        shutil.rmtree(tmp_path / "data")
        (tmp_path / "old").rename(tmp_path / "data")
        with pytest.raises(RecordBroken):
            opened(tmp_path)

    asyncio.run(play())


def test_only_public_files_are_served(tmp_path: Path) -> None:
    """The checkpoint and tiles, and nothing that lies beside them."""

    async def play() -> list[bool]:
        service = opened(tmp_path)
        await service.advance()
        paths = ("checkpoint", "tile/0/000.p/2", "tile/entries/000.p/2", "../record.key", "../log.db", "tile/0/000")
        answers = [await service.log_file(LogFile(path)) for path in paths]
        await service.close()
        assert all(isinstance(answer, Blob) or answer == Refusal("not-found") for answer in answers)
        return [isinstance(answer, Blob) for answer in answers]

    assert [True, True, True, False, False, False] == asyncio.run(play())


def test_the_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    """The file with the record's keys is private and stays the same."""

    async def play() -> bytes:
        service = opened(tmp_path)
        await service.close()
        return (tmp_path / "record" / "record.key").read_bytes()

    assert asyncio.run(play()) == asyncio.run(play())
    assert 0o600 == (tmp_path / "record" / "record.key").stat().st_mode & 0o777


def test_cards_are_published_while_an_epoch_is_computed(tmp_path: Path) -> None:
    """What alters the map is computed beside the writer: a card is taken meanwhile, and stands in the same epoch."""

    async def play() -> tuple[bool, int, bytes]:
        service = opened(tmp_path)
        await service.advance()
        record, begun, go = service._record, threading.Event(), threading.Event()
        compute = record.work_ahead

        def slowly() -> None:
            begun.set()
            assert go.wait(20)
            compute()

        record.work_ahead = slowly  # type: ignore[method-assign]
        closing = asyncio.create_task(service.advance(force=True))
        await asyncio.to_thread(begun.wait, 20)
        answer = await service.publish(PublishCard(CARD.encoded))
        computing = not closing.done()
        go.set()
        await closing
        shown = await service.look_up(LookupCard("민아"))
        await service.close()
        assert isinstance(answer, CardTaken)
        assert isinstance(shown, CardFound)
        return computing, shown.proof.version, shown.promise

    assert (True, 1, b"") == asyncio.run(play())


def test_a_computation_that_was_overtaken_is_not_used(tmp_path: Path) -> None:
    """A card that comes, and one that changes, after the map was computed ahead are in the epoch all the same."""

    async def play() -> tuple[bytes, bytes]:
        service = opened(tmp_path)
        await service.advance()
        await service.publish(PublishCard(CARD.encoded))
        record = service._record
        record.work_ahead()
        while record.keep_ahead():
            pass
        await service.publish(PublishCard(card_bytes("jun", JUN)))
        record.work_ahead = lambda: None  # type: ignore[method-assign]
        await service.advance(force=True)
        shown = [await service.look_up(LookupCard(name)) for name in ("민아", JUN.name)]
        root = service._store.epoch(2)
        await service.close()
        assert root is not None
        assert all(isinstance(each, CardFound) and each.proof.version == 1 and not each.promise for each in shown)
        pinned_root = root.root
        return pinned_root, _root_of(tmp_path)

    found, stored = asyncio.run(play())
    assert found == stored


def _root_of(folder: Path) -> bytes:
    """The root of the newest epoch, computed from nothing but the entries."""
    store = SqliteCardStore(folder / "data")
    try:
        leaves = store.map_at(2, writing=True).leaves(bytes(32), b"\xff" * 32)
        return part_of(leaves, 0).root
    finally:
        store.close()
