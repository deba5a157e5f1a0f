"""What is under way when the app locks leaves nothing behind in memory; and what waits to be sent waits an hour."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from nullabona.app.answers.asking import HANDLERS, Asker
from nullabona.app.answers.rpc import Rpc
from nullabona.app.protocol.moving_calls import MakeBackup
from nullabona.app.protocol.pushes import ContactsChanged
from nullabona.app.protocol.views import Language
from nullabona.app.server.launch import private_folder
from nullabona.app.server.request import Request
from nullabona.app.server.socket import PageSocket
from nullabona.app.session import content, work
from nullabona.app.session.content import Upload, Uploads
from nullabona.app.session.errors import NothingUploaded
from nullabona.app.session.place import Place
from nullabona.app.session.session import Session
from nullabona.client.api import BackupInfo, BadImage, Progress, SafeImage, errors
from tests.api.people import QUICK
from tests.app.person import PASSPHRASE
from tests.app.test_pages import Seat, enter

IDLE_S = 0.3


@asynccontextmanager
async def at_work(home: Path, language: Language = "en") -> AsyncIterator[Session]:
    """An app with an account that no relay has heard of."""
    profile = home / "profile"
    session = Session(Place(profile, private_folder(profile), replace(QUICK, online=False), "", language, home, home))
    await session.create_profile(PASSPHRASE)
    await session.open_work.client.account.create("mina@relay.example")
    session.open_work.begin()
    try:
        yield session
    finally:
        await session.end()


@pytest.mark.slow
def test_an_upload_that_comes_too_late_for_the_lock_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The app locks while the picture is looked at: it is refused, and nothing of it is kept."""

    async def run() -> None:
        async with at_work(tmp_path) as session:

            async def look(_data: bytes, _longest: int) -> SafeImage:
                await session.lock()
                raise BadImage("no picture")

            monkeypatch.setattr(session.client.files, "safe_image", look)
            answer = await Rpc(session).upload(Request("POST", "/upload", {"name": "a.txt"}, {}, b"a secret"))
            assert (403, b"nothing can be uploaded now\n") == (answer.status, answer.body)

    asyncio.run(run())


@pytest.mark.slow
def test_what_is_pushed_while_the_app_locks_is_forgotten_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that comes back at the lock is told to start anew, and gets nothing of before."""

    async def run() -> None:
        async with at_work(tmp_path) as session:

            async def slow_end() -> None:
                session.pages.push(ContactsChanged())

            monkeypatch.setattr(session.linking, "end", slow_end)
            before = session.pages.seq
            await session.lock()
            page = enter(session.pages, Seat(after=before))
            session.pages.leave(cast(PageSocket, page))
            assert ["Reset"] == [told["push"]["push"] for told in page.heard]

    asyncio.run(run())


@pytest.mark.slow
def test_a_backup_under_way_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The idle time begins anew with each step of it; it was cancelled, and nobody told, if it took longer."""

    async def run() -> None:
        async with at_work(tmp_path) as session:

            async def slow(_path: Path, *, watch: Callable[[Progress], None], **_: object) -> BackupInfo:
                for done in range(8):
                    watch(Progress("writing", done, 8))
                    await asyncio.sleep(IDLE_S / 2)
                raise errors.FileUnwritable("the disk is full")

            await session.client.preferences.set(lock_minutes=1)
            monkeypatch.setattr(session.client.archive, "backup", slow)
            session.active()
            with pytest.raises(errors.FileUnwritable):
                await HANDLERS[MakeBackup](Asker(session, cast(PageSocket, Seat())), MakeBackup())
            assert "ready" == session.phase

    monkeypatch.setattr(work, "_MINUTE_S", IDLE_S)
    asyncio.run(run())


def is_there(uploads: Uploads, id: str) -> bool:
    """Whether an upload is still kept."""
    try:
        uploads.get(id)
    except NothingUploaded:
        return False
    return True


def test_an_upload_waits_an_hour_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes by itself, whether another one comes or not; and one that was sent is forgotten once."""

    async def run() -> None:
        uploads = Uploads()
        sent, kept = (uploads.keep(Upload(name, b"words", None)) for name in ("sent", "kept"))
        uploads.drop(sent)
        assert "kept" == uploads.get(kept).name
        async with asyncio.timeout(10):
            for id in (sent, kept):
                while is_there(uploads, id):  # noqa: ASYNC110 - nothing tells
                    await asyncio.sleep(0)

    monkeypatch.setattr(content, "KEPT_S", 0.01)
    asyncio.run(run())
