"""Answers about backups by themselves, and about what is restored from them."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from nullabona.app.answers.asking import Asker, answers, full_handle
from nullabona.app.answers.moving import downloads, watch
from nullabona.app.presenting.backups import SERVER, place_id, shown
from nullabona.app.protocol import backup_calls as c
from nullabona.app.protocol import views as v
from nullabona.app.protocol.backup_views import BackupChoice, Backups
from nullabona.app.protocol.pushes import Reset
from nullabona.app.session.errors import BadCall
from nullabona.app.session.session import Session
from nullabona.client.api import AtRelay, BackupPlace, check_backup_place, has_backups, phrase_key

_DOCUMENTS: Final = re.compile(r'^XDG_DOCUMENTS_DIR="\$HOME/([^"\n]*)"', re.MULTILINE)
_EVERY: Final = range(1, 32)


def documents(home: Path) -> Path:
    """The person's folder for documents, or the home folder if there is none."""
    named = [home / "Documents"]
    with suppress(OSError, UnicodeError):
        said = _DOCUMENTS.search((home / ".config" / "user-dirs.dirs").read_text("utf-8"))
        if said is not None and said.group(1).strip("/"):
            named.insert(0, home / said.group(1).strip("/"))
    return next((folder for folder in named if folder.is_dir()), home)


def folders(session: Session) -> dict[str, tuple[BackupChoice, Path]]:
    """The folders that a page can name, by id: drives first, as a backup on the same disk is lost with it."""
    home = session.place.home
    found: dict[str, tuple[BackupChoice, Path]] = {}
    for kind, paths in (("drive", session.place.drives()), ("folder", [documents(home)])):
        for path in paths:
            id = place_id(str(path.resolve()))
            found.setdefault(id, (BackupChoice(id, "drive" if kind == "drive" else "folder", shown(str(path))), path))
    return found


@answers(c.FindBackupPlaces)
async def _places(ask: Asker, _: c.FindBackupPlaces) -> c.BackupChoices:
    planned = {place_id(place.place) for place in ask.client.backups.status().places}
    found = await asyncio.to_thread(folders, ask.session)
    choices = [choice for choice, _ in found.values()] + [BackupChoice(SERVER, "server", "")]
    return c.BackupChoices([choice for choice in choices if choice.id not in planned])


@answers(c.PlanBackup)
async def _plan(ask: Asker, call: c.PlanBackup) -> Backups:
    if call.every_days not in _EVERY:
        raise BadCall("a backup is made every 1 to 31 days")
    place = _planned(ask, call.place)
    if place is None:
        found = await asyncio.to_thread(folders, ask.session)
        if call.place != SERVER and call.place not in found:
            raise BadCall("there is no such place")
        place = SERVER if call.place == SERVER else str(found[call.place][1])
    ask.client.backups.schedule(place, every_days=call.every_days)
    return ask.session.work.backups()


@answers(c.StopBackups)
async def _stop(ask: Asker, call: c.StopBackups) -> Backups:
    ask.client.backups.unschedule(_must_be_planned(ask, call.place))
    return ask.session.work.backups()


@answers(c.BackUpNow)
async def _now(ask: Asker, call: c.BackUpNow) -> Backups:
    await ask.client.backups.now(_must_be_planned(ask, call.place), watch=watch(ask, "backup"))
    return ask.session.work.backups()


@answers(c.RemindOfBackupsLater)
async def _later(ask: Asker, _: c.RemindOfBackupsLater) -> Backups:
    ask.client.backups.remind_later()
    return ask.session.work.backups()


def _planned(ask: Asker, id: str) -> str | None:
    return next((each.place for each in ask.client.backups.status().places if place_id(each.place) == id), None)


def _must_be_planned(ask: Asker, id: str) -> str:
    place = _planned(ask, id)
    if place is None:
        raise BadCall("no backups go there")
    return place


# -- restoring ----------------------------------------------------------------------------------------------------


def _with_backups(session: Session) -> dict[str, tuple[BackupChoice, Path]]:
    """The folders that a page can name and that have backups in pieces."""
    known = folders(session)
    for path in (downloads(session.place.home), session.place.home):
        id = place_id(str(path.resolve()))
        known.setdefault(id, (BackupChoice(id, "folder", shown(str(path))), path))
    return {id: found for id, found in known.items() if has_backups(found[1])}


@answers(c.FindBackups)
async def _find(ask: Asker, _: c.FindBackups) -> c.BackupChoices:
    _must_be_empty(ask.session)
    found = await asyncio.to_thread(_with_backups, ask.session)
    return c.BackupChoices([*(choice for choice, _ in found.values()), BackupChoice(SERVER, "server", "")])


@answers(c.LookAtPlace)
async def _look(ask: Asker, call: c.LookAtPlace) -> c.BackupFound:
    _must_be_empty(ask.session)
    place, key = await _from(ask, call.place, call.handle), phrase_key(call.words)
    options = ask.session.place.options
    found = await check_backup_place(place, key, options=options, earlier=call.earlier, whole=False)
    return c.BackupFound(found.handle, found.made_at, found.messages, found.files)


@answers(c.RestoreFromPlace)
async def _restore(ask: Asker, call: c.RestoreFromPlace) -> v.State:
    session = ask.session
    place, key = await _from(ask, call.place, call.handle), phrase_key(call.words)
    await session.restore_from(place, key, call.passphrase, watch(ask, "restore"), earlier=call.earlier)
    session.remember(msgspec.structs.replace(session.app_state, unconfirmed=False, put_off=False))
    if session.pages.has_others:
        session.pages.push(Reset())
    return session.state()


async def _from(ask: Asker, id: str, handle: str) -> BackupPlace:
    """The place that a page means. Raises `BadCall` or `HandleLacksRelay`."""
    if id == SERVER:
        return AtRelay(full_handle(ask.session, handle))
    found = (await asyncio.to_thread(_with_backups, ask.session)).get(id)
    if found is None:
        raise BadCall("there is no such place")
    return found[1]


def _must_be_empty(session: Session) -> None:
    if session.phase != "empty":
        raise BadCall("there is a profile already")
