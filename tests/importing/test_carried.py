"""What was imported is known again in a restored profile and on another device: nothing twice, undone as a whole."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from nullabona.client.api import Client, ImportInfo, PassphraseKey, Unprotected, open_client, restore_backup
from nullabona.client.archive import begin_of, merge_records, read_records
from nullabona.client.archive.errors import ArchiveDamaged
from nullabona.client.archive.records import Import
from nullabona.client.store import SqliteStore
from tests.importing.profiles import OFFLINE, mover
from tests.importing.test_layouts import conversation
from tests.importing.test_moving_in import ME, SHORT, TELEGRAM, seen, written
from tests.importing.writing import Said

KEY = PassphraseKey("x", 4)


def everything(client: Client) -> dict[bytes, list[tuple[str, str, bool, str]]]:
    """Every line of every room."""
    return {room.id: seen(client, room.id) for room in client.rooms.all()}


def listed(client: Client) -> list[ImportInfo]:
    return client.imports.all()


async def restored(folder: Path, backups: Sequence[Path]) -> Path:
    """A profile made of these."""
    await restore_backup(folder / "restored", Unprotected(), backups, KEY, options=OFFLINE)
    return folder / "restored"


class Stopped(Exception):
    """The test stops an import."""


async def stop_after(client: Client, path: Path, lines: int) -> None:
    """Import a file and stop when so many lines are stored."""

    def heard(now: object) -> None:
        if getattr(now, "done", 0) >= lines:
            raise Stopped

    with pytest.raises(Stopped):
        await client.imports.run([path], ME, tell=heard, batch=10)


def test_a_restored_profile_that_imports_the_same_file_again_adds_nothing(tmp_path: Path) -> None:
    """It is known as imported before anything is stored; a later export of the chat adds what is new; all is undone."""

    async def story() -> None:
        path = written(tmp_path, SHORT)
        async with mover(tmp_path) as client:
            (first,) = await client.imports.run([path], ME)
            before = everything(client)
            await client.archive.backup(tmp_path / "backup.age", key=KEY)
        again = await restored(tmp_path, [tmp_path / "backup.age"])
        async with open_client(again, unlock=Unprotected(), options=OFFLINE) as client:
            assert [first] == client.imports.all()
            found = await client.imports.preview([path])
            assert ((), True, first.room) == (found.questions, found.chats[0].known, found.chats[0].room)
            assert [first] == await client.imports.run([path])
            assert before == everything(client)
            (later,) = await client.imports.run(
                [written(tmp_path, [*SHORT, Said(SHORT[-1].at + 60_000, "준호", "또")])]
            )
            assert (1, first.room) == (later.added, later.room)
            await client.imports.undo(later.id)
            assert before == everything(client)
            await client.imports.undo(first.id)
            assert ([], {}) == (client.imports.all(), everything(client))

    asyncio.run(story())


@pytest.mark.parametrize("seed", range(6))
def test_any_story_of_imports_is_the_same_after_a_restore(seed: int, tmp_path: Path) -> None:
    """Imports that are done, stopped or undone, lines deleted, before and between two backups: what was imported is as
    it was, the same files add only what had not been stored, and undoing takes every line.
    """
    rng = random.Random(seed)

    async def story() -> None:
        files = [
            written(tmp_path, conversation(rng, 120, 60_000)),
            written(tmp_path, conversation(rng, 90, 60_000), TELEGRAM),
        ]
        async with mover(tmp_path) as client:
            await some(client, rng, files)
            await client.archive.backup(tmp_path / "whole.age", key=KEY)
            await some(client, rng, files)
            await client.archive.backup(tmp_path / "later.age", key=KEY, after=tmp_path / "whole.age")
            before, known = everything(client), listed(client)
        pair = [tmp_path / "later.age", tmp_path / "whole.age"]
        again = await restored(tmp_path, pair)
        async with mover(tmp_path) as home, open_client(again, unlock=Unprotected(), options=OFFLINE) as client:
            assert (before, known) == (everything(client), listed(client))
            for one in (home, client):
                for path in files:
                    await one.imports.run([path], ME)
            assert sorted(everything(home).values()) == sorted(everything(client).values())
            whole = everything(client)
            for path in files:
                await client.imports.run([path], ME)
            assert whole == everything(client)
            for run in {kept.id for kept in client.imports.all()}:
                await client.imports.undo(run)
            assert ([], {}) == (client.imports.all(), everything(client))
            store = client._session.profile.store
            with store.transaction():
                assert [] == store.message_page(-(1 << 63), 10)

    asyncio.run(story())


async def some(client: Client, rng: random.Random, files: Sequence[Path]) -> None:
    """Two things that a person does with these files."""
    for _ in range(2):
        path = rng.choice(files)
        what = rng.choice(("import", "import", "stop", "undo", "delete"))
        done = {kept.id for kept in client.imports.all()}
        if what == "import":
            await client.imports.run([path], ME)
        elif what == "stop" and not done:
            await stop_after(client, path, rng.randint(10, 80))
        elif what == "undo" and done:
            await client.imports.undo(rng.choice(sorted(done)))
        elif what == "delete" and client.rooms.all():
            room = rng.choice(client.rooms.all()).id
            line = rng.choice(client.messages.page(room, limit=200))
            await client.messages.delete(room, [line.id], for_all=False)


def test_two_devices_of_an_account_name_a_line_alike(tmp_path: Path) -> None:
    """Each imported the same file before it heard of the other: merged, no line is there twice."""

    async def story() -> None:
        path = written(tmp_path, SHORT)
        (tmp_path / "other").mkdir()
        async with mover(tmp_path) as client:
            await client.archive.backup(tmp_path / "empty.age", key=KEY)
            await client.imports.run([path], ME)
            account, store = client._session.account(), client._session.profile.store
            records = list(read_records(store, begin_of(account, 0)))
        other = await restored(tmp_path, [tmp_path / "empty.age"])
        async with open_client(other, unlock=Unprotected(), options=OFFLINE) as client:
            (mine,) = await client.imports.run([path], ME)
            merge_records(client._session.profile.store, records, today=20_000)
            lines = [line for room in everything(client).values() for line in room]
            assert len(SHORT) == len(lines)
            assert mine in client.imports.all()

    asyncio.run(story())


def test_an_import_that_contradicts_itself_is_refused() -> None:
    """More lines than it has, or a state that there is not."""
    store = SqliteStore.testing_in_memory()
    good = (b"i" * 16, b"r" * 16, "kakaotalk", "산책", "key", b"m" * 32, bytes(32), 5, 5, 5, 0, "done", 0, True)
    assert 1 == merge_records(store, [Import(*good)], today=1).others
    assert 0 == merge_records(store, [Import(*good)], today=1).others
    for wrong in ((*good[:7], 4, *good[8:]), (*good[:11], "broken", *good[12:])):
        with pytest.raises(ArchiveDamaged):
            merge_records(store, [Import(*wrong)], today=1)
