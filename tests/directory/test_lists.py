"""What a directory tells of its epochs to everybody: lists of changes, and the leaves of the map (spec/map.md §6)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from hashlib import sha256
from typing import Any, TypeVar

import pytest
from msgspec.structs import replace

from nullabona.directory import epoch_lists
from nullabona.directory.core.records import Keep, Place, StoredCard
from nullabona.log.prefix import EMPTY
from nullabona.log.tree import Frontier, leaf_hash
from nullabona.wire.changes import ChangeList
from nullabona.wire.epoch import decode_epoch, encode_epoch
from nullabona.wire.map_messages import LEAF_BYTES, LeavesShown, ShowLeaves
from nullabona.wire.messages import AnyResponse, Refusal
from tests.record.directories import Directory

T = TypeVar("T")


def play(story: Callable[[Directory], Coroutine[Any, Any, T]]) -> T:
    async def whole() -> T:
        directory = Directory()
        try:
            await directory.service.advance(force=True)
            return await story(directory)
        finally:
            await directory.service.close()

    return asyncio.run(whole())


def label(name: str) -> bytes:
    return sha256(name.encode()).digest()


async def enter(directory: Directory, *names: str) -> None:
    """Enter a card of each name, and close the epoch."""
    store = directory.service._store
    with store.transaction():
        for name in names:
            card = StoredCard(name, name, b"card", 0)
            store.apply(Keep(card, sha256(b"card" + name.encode()).digest()), Place(label(name), b"n" * 16))
    await directory.advance()


async def take_out(directory: Directory, name: str) -> None:
    """As the end of a hold does: a tombstone, then nothing."""
    store = directory.service._store
    with store.transaction():
        store._run("put_entry", label(name), 3, 2, b"n" * 16, EMPTY)  # type: ignore[attr-defined]
    await directory.advance()
    with store.transaction():
        store.take_out([label(name)])
    await directory.advance()


async def leaves(directory: Directory, epoch: int, *, whole: bool, after: bytes = b"") -> AnyResponse:
    return await directory.service.handlers()[ShowLeaves](ShowLeaves(epoch, whole, after))


def pairs(shown: AnyResponse) -> list[tuple[bytes, bytes]]:
    assert isinstance(shown, LeavesShown)
    data = shown.leaves
    return [(data[at : at + 32], data[at + 32 : at + LEAF_BYTES]) for at in range(0, len(data), LEAF_BYTES)]


def test_the_entry_commits_to_the_labels_that_changed() -> None:
    """Entered or taken out; an epoch without a change has an empty list, and a list all the same."""

    async def story(directory: Directory) -> None:
        await enter(directory, "a", "b")
        await take_out(directory, "a")
        told = await directory.list_epochs(0)
        expected = [set[str](), {"a", "b"}, {"a"}, {"a"}]
        lists = [ChangeList.of(map(label, names)) for names in expected]
        assert [(each.heads, each.hash) for each in lists] == [(step.changes, step.listed) for step in told.steps]
        log = directory.service._record._log
        for number, step in enumerate(told.steps, told.first):
            entry = log.entry(number)
            assert entry == encode_epoch(number, step.root, step.closed_s, step.listed)
            assert decode_epoch(entry).listed == step.listed

    play(story)


def test_as_many_epochs_as_fit_are_told_and_at_least_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lists of an answer are bounded in all; one that is too large by itself is left out, and its hash is not."""

    async def story(directory: Directory) -> None:
        for names in ("a", "bc", "def"):
            await enter(directory, *names)
        monkeypatch.setattr(epoch_lists, "MOST_BYTES", 24)
        assert [1, 3, 1, 0] == [len((await directory.list_epochs(after)).steps) for after in (3, 0, 2, 4)]
        assert 5 == (await directory.list_epochs(4)).first
        monkeypatch.setattr(epoch_lists, "MAX_LIST", 16)
        directory.service._record.lists._told.clear()
        (step,) = (await directory.list_epochs(3)).steps
        assert (None, ChangeList.of(map(label, "def")).hash) == (step.changes, step.listed)

    play(story)


def test_leaves_give_the_roots_of_an_epoch_to_a_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them after one epoch, with the changes of the next, are all of them after that; in pieces, in order."""

    async def story(directory: Directory) -> None:
        await enter(directory, "a", "b", "c")
        await take_out(directory, "b")
        before = dict(pairs(await leaves(directory, 2, whole=True)))
        assert {label(name) for name in "abc"} == before.keys()
        changed = pairs(await leaves(directory, 4, whole=False))
        assert [(label("b"), EMPTY)] == changed
        monkeypatch.setattr(epoch_lists, "MAX_LEAVES", 1)
        first, second = sorted((label("a"), label("c")))
        for after, there in ((b"", [first]), (first, [second]), (second, [])):
            assert there == [each for each, _ in pairs(await leaves(directory, 4, whole=True, after=after))]
        one = pairs(await leaves(directory, 2, whole=False))
        assert [] == pairs(await leaves(directory, 4, whole=False, after=label("b")))
        assert [min(map(label, "abc"))] == [each for each, _ in one]

    play(story)


def test_leaves_come_with_what_proves_their_epoch() -> None:
    """The edge of the log before it, and all of its entry; of an epoch that is not closed there is nothing."""

    async def story(directory: Directory) -> None:
        await enter(directory, "a")
        await enter(directory, "b")
        shown = await leaves(directory, 3, whole=True)
        assert isinstance(shown, LeavesShown)
        entry = leaf_hash(encode_epoch(3, shown.root, shown.closed_s, shown.listed))
        served = directory.service._record.served
        assert served is not None
        assert served.frontier == Frontier(3, shown.edge).extend(entry)
        for epoch in (0, 4):
            answer = await leaves(directory, epoch, whole=True)
            assert isinstance(answer, Refusal)
            assert "not-found" == answer.code

    play(story)


def test_the_oldest_epoch_that_is_kept_has_all_of_its_list() -> None:
    """Labels that were taken out in it, too, though their rows go before others."""

    async def story(directory: Directory) -> None:
        await enter(directory, "a", "b")
        await take_out(directory, "a")
        for _ in range(2):
            await directory.advance()
        store = directory.service._store
        with store.transaction():
            fourth = store.epoch(4, writing=True)
            assert fourth is not None
            store.forget(fourth.closed_s + 1)
        told = await directory.list_epochs(0)
        assert 4 == told.first
        oldest = replace(told.steps[0])
        assert (ChangeList.of([label("a")]).heads, oldest.listed) == (oldest.changes, ChangeList.of([label("a")]).hash)

    play(story)
