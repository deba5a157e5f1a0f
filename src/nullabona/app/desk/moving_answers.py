"""Answers about backups and exports, and how far they have come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from nullabona.app.desk.asking import Asker, Handlers
from nullabona.app.protocol import moving_calls as c
from nullabona.app.protocol.pushes import MovingChanged
from nullabona.client.api import BackupInfo, BackupKey, PassphraseKey, check_backup, safe_name


class _Far(Protocol):
    @property
    def done(self) -> int: ...
    @property
    def total(self) -> int: ...


def downloads(home: Path) -> Path:
    """Where backups and exports go: the folder for downloads, or the home folder if there is none."""
    folder = home / "Downloads"
    return folder if folder.is_dir() else home


def _place(ask: Asker, ending: str) -> Path:
    """Today's place on this machine."""
    name = ask.client.me.handle.partition("@")[0]
    day = f"{datetime.now().astimezone():%Y-%m-%d}"
    return downloads(ask.desk.place.home) / f"{safe_name(f'nullabona {name} {day}')}{ending}"


def _watch(ask: Asker, doing: c.Doing) -> Callable[[_Far], None]:
    """Tell every page, once for each percent."""
    last = [-1]

    def tell(far: _Far) -> None:
        percent = min(100, 100 * far.done // max(far.total, 1))
        if percent != last[0]:
            last[0] = percent
            ask.desk.hub.push(MovingChanged(doing, percent))

    return tell


def _key(ask: Asker, passphrase: str) -> BackupKey:
    return PassphraseKey(passphrase) if passphrase else ask.client.backup_key()


async def _make_backup(ask: Asker, call: c.MakeBackup) -> c.Moved:
    path = _place(ask, ".age")
    info = await ask.client.backup(path, key=_key(ask, call.passphrase), watch=_watch(ask, "backup"))
    assert info is not None
    return _moved(path, info)


async def _check_backup(ask: Asker, call: c.CheckBackup) -> c.Moved:
    path = _place(ask, ".age")
    return _moved(path, await check_backup(path, _key(ask, call.passphrase), watch=_watch(ask, "check")))


def _moved(path: Path, info: BackupInfo) -> c.Moved:
    return c.Moved(str(path), info.messages, info.files, info.size)


async def _export_all(ask: Asker, _: c.ExportAll) -> c.Moved:
    done = await ask.client.export(
        _place(ask, ""), forms=("html", "json"), language=ask.desk.settings().language, watch=_watch(ask, "export")
    )
    return c.Moved(str(done.folder), done.lines, done.files, 0)


ANSWERS: Final[Handlers] = {
    c.MakeBackup: _make_backup,
    c.CheckBackup: _check_backup,
    c.ExportAll: _export_all,
}
