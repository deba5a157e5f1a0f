"""Backups by themselves, of running clients: to a folder and to a real relay, restored from each."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from nullabona.client.api import (
    AtRelay,
    Client,
    PlannedBackup,
    Unprotected,
    check_backup_place,
    has_backups,
    phrase_key,
    restore_from,
)
from nullabona.client.archive.errors import BackupNotPlanned, BackupPlaceGone, BackupTooManyPlans, BackupUnwritable
from nullabona.client.archive.repository.chunks import ChunkRef
from nullabona.client.archive.repository.folder import FolderPlace
from nullabona.client.core.model.errors import BadRequest
from tests.api.people import PATIENCE_S, QUICK, befriend, opened, people, play, until
from tests.api.service import Service


async def talked(a: Client, b: Client) -> bytes:
    """Two that have talked, with a file between them."""
    room = await befriend(a, b)
    await a.messages.send(room, "지난번에 말한 식당")
    await b.files.send(room, b"recipe" * 1_000, name="recipe.bin")
    await until(b, lambda: any(m.text == "지난번에 말한 식당" for m in b.messages.page(room)))
    await b.sync(timeout_s=PATIENCE_S)
    return room


async def planned(client: Client, place: Path | str, every_days: int = 1) -> PlannedBackup:
    """Backups to a place, the first of which was made by itself."""
    name, made = str(place), asyncio.Event()

    def look() -> None:
        if any(each.place == name and each.good_at for each in client.backups.status().places):
            made.set()

    end = client.backups.listen(look)
    client.backups.schedule(place, every_days=every_days)
    async with asyncio.timeout(PATIENCE_S):
        await made.wait()
    end()
    return next(each for each in client.backups.status().places if each.place == name)


def test_a_profile_comes_back_from_a_folder(swift: Service, tmp_path: Path) -> None:
    """Planned, made, verified, said to be good; restored with the words into a device that joins its rooms again."""

    async def story() -> None:
        async with people(swift, tmp_path, "a") as (a,):
            async with people(swift, tmp_path, "b") as (b,):
                words = b.account.phrase()
                room = await talked(a, b)
                (tmp_path / "drive").mkdir()
                assert "none" == b.backups.status().standing
                made = await planned(b, tmp_path / "drive", 7)
                assert ("good", made.good_at) == (b.backups.status().standing, b.backups.status().good_at)
                assert (1, "", "", 7) == (made.stored_files, made.error, made.doubt, made.every_days)
                again = await b.backups.now(str(tmp_path / "drive"))
                assert again.written < made.written
            found = await check_backup_place(tmp_path / "drive", phrase_key(words))
            assert (again.messages, again.size) == (found.messages, found.size)
            await restore_from(tmp_path / "new", Unprotected(), tmp_path / "drive", phrase_key(words), options=QUICK)
            async with opened(tmp_path / "new") as new:
                assert found.handle == new.me.handle
                (file,) = new.messages.media(room, "file")
                assert b"recipe" * 1_000 == new.files.open(room, file.id).read(0, 9_999)
                await until(new, lambda: {"joined"} == {each.phase for each in new.rooms.all()})

    play(story(), 150)


def test_a_profile_comes_back_from_its_relay(swift: Service, tmp_path: Path) -> None:
    """With the handle and the words, or the backup key, alone; without the files, which a relay does not get."""

    async def story() -> None:
        async with people(swift, tmp_path, "a") as (a,):
            async with people(swift, tmp_path, "b") as (b,):
                key, handle = b.archive.backup_key(), b.me.handle
                room = await talked(a, b)
                made = await planned(b, "server")
                again = await b.backups.now("server")
                assert (made.error, made.doubt, again.doubt) == ("", "", "")
                assert again.kept_until - again.good_at == 22 * 86_400_000
                later = await a.messages.send(room, "나중에")
                await until(b, lambda: any(m.id == later for m in b.messages.page(room)))
                await b.backups.now("server")
            shown = phrase_key(key.identity.lower())
            found = await check_backup_place(AtRelay(handle), shown, options=QUICK)
            assert handle == found.handle
            await restore_from(tmp_path / "new", Unprotected(), AtRelay(handle), shown, options=QUICK)
            async with opened(tmp_path / "new", replace(QUICK, online=False)) as new:
                texts = [m.text for m in new.messages.page(room) if m.kind == "text"]
                assert ["지난번에 말한 식당", "나중에"] == texts
                (file,) = new.messages.media(room, "file")
                assert "recipe.bin" in repr(file)

    play(story(), 150)


def test_a_drive_that_is_not_there_is_not_filled(service: Service, tmp_path: Path) -> None:
    """Its mount point stays empty; the failure is remembered with the last good backup, and mended when it is back."""

    async def story() -> None:
        async with people(service, tmp_path, "a") as (a,):
            drive = tmp_path / "drive"
            drive.mkdir()
            good = await planned(a, drive)
            drive.rename(tmp_path / "elsewhere")
            drive.mkdir()
            with pytest.raises(BackupPlaceGone):
                await a.backups.now(str(drive))
            a.backups.schedule(drive, every_days=2)
            with pytest.raises(BackupPlaceGone):
                await a.backups.now(str(drive))
            assert [] == list(drive.iterdir())
            (shown,) = a.backups.status().places
            assert (good.good_at, "backup-place-gone") == (shown.good_at, shown.error)
            drive.rmdir()
            (tmp_path / "elsewhere").rename(drive)
            assert "" == (await a.backups.now(str(drive))).error

    play(story(), 150)


def test_a_backup_that_is_given_up_ends_at_once(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is read back, too: the app must be able to lock. The earlier one stays, and nothing is said to run."""

    async def story() -> None:
        async with people(service, tmp_path, "a") as (a,):
            drive = tmp_path / "drive"
            drive.mkdir()
            good = await planned(a, drive)
            await a.messages.send((await a.rooms.create_group("혼자", [])).id, "new")
            reading, go_on = asyncio.Event(), threading.Event()
            loop, read = asyncio.get_running_loop(), FolderPlace.read

            def slow(place: FolderPlace, ref: ChunkRef) -> bytes | None:
                loop.call_soon_threadsafe(reading.set)
                go_on.wait(PATIENCE_S)
                return read(place, ref)

            monkeypatch.setattr(FolderPlace, "read", slow)
            making = asyncio.create_task(a.backups.now(str(drive)))
            await reading.wait()
            making.cancel()
            await asyncio.sleep(0)
            go_on.set()
            with pytest.raises(asyncio.CancelledError):
                await making
            (shown,) = a.backups.status().places
            assert (good.good_at, "", False) == (shown.good_at, shown.error, shown.running)
            monkeypatch.setattr(FolderPlace, "read", read)
            assert good.good_at < (await a.backups.now(str(drive))).good_at

    play(story(), 150)


def test_a_folder_that_was_put_back_is_told_of(service: Service, tmp_path: Path) -> None:
    """The next good backup says since when the place is not to be trusted."""

    async def story() -> None:
        async with people(service, tmp_path, "a") as (a,):
            drive = tmp_path / "drive"
            drive.mkdir()
            await planned(a, drive)
            shutil.copytree(drive, tmp_path / "old")
            await a.backups.now(str(drive))
            shutil.rmtree(drive)
            (tmp_path / "old").rename(drive)
            made = await a.backups.now(str(drive))
            assert ("rolled-back", "") == (made.doubt, made.error)

    play(story(), 150)


def test_plans_have_bounds(service: Service, tmp_path: Path) -> None:
    """Four places, which exist and whose names are text; a refused one leaves nothing."""
    folders = [tmp_path / f"place {number}" for number in range(5)]
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    for folder in (*folders, odd):
        folder.mkdir()

    async def story() -> None:
        async with people(service, tmp_path, "a") as (a,):
            for folder, wrong in ((tmp_path / "nothing", BackupPlaceGone), (odd, BackupUnwritable)):
                with pytest.raises(wrong):
                    a.backups.schedule(folder)
            for folder in folders[:4]:
                a.backups.schedule(folder, every_days=31)
            with pytest.raises(BackupTooManyPlans):
                a.backups.schedule(folders[4])
            for days in (0, 32):
                with pytest.raises(BadRequest):
                    a.backups.schedule(folders[0], every_days=days)
            assert 4 == len(a.backups.status().places)
            with pytest.raises(BackupNotPlanned):
                a.backups.unschedule(str(folders[4]))

    play(story(), 150)
    assert [[], []] == [list(odd.iterdir()), list(folders[4].iterdir())]


def test_a_plan_that_is_given_up_is_not_followed(service: Service, tmp_path: Path) -> None:
    """What was made stays; the person is told of no plan again, unless they put that off."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            await befriend(a, b)
            (tmp_path / "drive").mkdir()
            await planned(a, tmp_path / "drive")
            assert "good" == a.backups.status().standing
            a.backups.unschedule(str(tmp_path / "drive"))
            found = a.backups.status()
            assert ("none", (), False) == (found.standing, found.places, found.remind)
            with a._session.change() as store:
                store.set_value("backup-remind", b"0")
            assert a.backups.status().remind
            a.backups.remind_later()
            assert not a.backups.status().remind
            assert has_backups(tmp_path / "drive")

    play(story(), 150)
