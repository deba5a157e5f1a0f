"""Answers about backups and exports, and their progress."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

import msgspec

from nullabona.app.answers.asking import Asker, answers, read_id
from nullabona.app.protocol import moving_calls as c
from nullabona.app.protocol import views as v
from nullabona.app.protocol.pushes import MovingChanged, Reset
from nullabona.client.api import (
    BackupInfo,
    BackupKey,
    PassphraseKey,
    check_backup,
    needs_backup_passphrase,
    phrase_key,
    safe_name,
)

_DOWNLOADS: Final = re.compile(r'^XDG_DOWNLOAD_DIR="\$HOME/([^"\n]*)"', re.MULTILINE)


class _Far(Protocol):
    @property
    def done(self) -> int: ...
    @property
    def total(self) -> int: ...


def downloads(home: Path) -> Path:
    """The folder for backups and exports: that for downloads, or the home folder if there is none.

    A desktop says in ``user-dirs.dirs`` what the folder is called in the person's language.
    """
    named = [home / "Downloads"]
    with suppress(OSError, UnicodeError):
        said = _DOWNLOADS.search((home / ".config" / "user-dirs.dirs").read_text("utf-8"))
        if said is not None and said.group(1).strip("/"):
            named.insert(0, home / said.group(1).strip("/"))
    return next((folder for folder in named if folder.is_dir()), home)


def place(ask: Asker, ending: str, what: str = "") -> Path:
    """Today's path on this machine, for everything or for one item."""
    name = ask.client.me.handle.partition("@")[0]
    day = f"{datetime.now().astimezone():%Y-%m-%d}"
    return downloads(ask.session.place.home) / f"{safe_name(f'nullabona {name}{what} {day}')}{ending}"


def watch(ask: Asker, doing: c.Doing) -> Callable[[_Far], None]:
    """Tell every page once per percent. This counts as activity: the app does not lock itself meanwhile."""
    last = [-1]

    def tell(far: _Far) -> None:
        ask.session.active()
        percent = min(100, 100 * far.done // max(far.total, 1))
        if percent != last[0]:
            last[0] = percent
            ask.session.pages.push(MovingChanged(doing, percent))

    return tell


def _key(ask: Asker, passphrase: str) -> BackupKey:
    return PassphraseKey(passphrase) if passphrase else ask.client.archive.backup_key()


@answers(c.MakeBackup)
async def _make_backup(ask: Asker, call: c.MakeBackup) -> c.Moved:
    path = place(ask, ".age")
    info = await ask.client.archive.backup(path, key=_key(ask, call.passphrase), watch=watch(ask, "backup"))
    assert info is not None
    return _moved(path, info)


@answers(c.CheckBackup)
async def _check_backup(ask: Asker, call: c.CheckBackup) -> c.Moved:
    path = place(ask, ".age")
    return _moved(path, await check_backup(path, _key(ask, call.passphrase), watch=watch(ask, "check")))


def _moved(path: Path, info: BackupInfo) -> c.Moved:
    return c.Moved(str(path), info.messages, info.files, info.size)


@answers(c.WhereSaved)
async def _where(ask: Asker, _: c.WhereSaved) -> c.SavingPlace:
    return c.SavingPlace(str(downloads(ask.session.place.home)), place(ask, ".age").is_file())


@answers(c.ExportAll)
async def _export_all(ask: Asker, _: c.ExportAll) -> c.Moved:
    return await _export(ask, "", None)


@answers(c.ExportRoom)
async def _export_room(ask: Asker, call: c.ExportRoom) -> c.Moved:
    room = ask.client.rooms.get(read_id(call.room))
    return await _export(ask, f" {room.title}", [room.id])


async def _export(ask: Asker, what: str, rooms: list[bytes | str] | None) -> c.Moved:
    language = ask.session.settings().language
    done = await ask.client.archive.export(
        place(ask, "", what), rooms, forms=("html", "json"), language=language, watch=watch(ask, "export")
    )
    return c.Moved(str(done.folder), done.lines, done.files, 0)


@answers(c.LookAtBackup)
async def _look(ask: Asker, call: c.LookAtBackup) -> c.BackupLook:
    (path,) = ask.session.backup_uploads.paths([call.file])
    return c.BackupLook(needs_backup_passphrase(path))


@answers(c.RestoreBackup)
async def _restore(ask: Asker, call: c.RestoreBackup) -> v.State:
    session = ask.session
    key = PassphraseKey(call.backup_passphrase) if call.backup_passphrase else phrase_key(call.words)
    await session.restore(session.backup_uploads.paths(call.files), key, call.passphrase, watch(ask, "restore"))
    # A person who used a passphrase may not have the words at hand: the app asks for them later.
    put_off = bool(call.backup_passphrase)
    session.remember(msgspec.structs.replace(session.app_state, unconfirmed=False, put_off=put_off))
    if session.pages.has_others:
        session.pages.push(Reset())
    return session.state()
