"""Answers about history from other messengers. One import runs at a time; closing a page does not end it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, cast

from nullabona.app.answers.asking import Asker, answers, read_id
from nullabona.app.presenting.imports import to_done, to_view
from nullabona.app.protocol import import_calls as c
from nullabona.app.protocol import pushes as p
from nullabona.app.protocol.call import Done
from nullabona.app.session.errors import BadCall
from nullabona.client.api import ChatAnswers, GivenFile, ImportAnswers, ImportProgress, errors
from nullabona.errors import NullabonaError

BATCH: Final = 4_000
"""Lines stored at a time; pages are answered in between."""
_MOST_FILES: Final = 2_000


@answers(c.PreviewImport)
async def _preview(ask: Asker, call: c.PreviewImport) -> c.ImportView:
    found = await ask.client.imports.preview(_files(ask, call.files), _answers(ask, call))
    return to_view(found)


@answers(c.StartImport)
async def _start(ask: Asker, call: c.StartImport) -> Done:
    if ask.session.work.importing is not None:
        raise BadCall("an import runs already")
    files, answers = _files(ask, call.files), _answers(ask, call)
    found = await ask.client.imports.preview(files, answers)
    if found.questions:
        raise errors.ImportUnanswered(found.questions)
    work = ask.session.work

    async def run() -> None:
        code, added = "", 0
        try:
            done = await work.client.imports.run(files, answers, tell=_teller(ask), batch=BATCH)
            added = sum(chat.added for chat in done)
        except asyncio.CancelledError:
            code = "cancelled"
        except NullabonaError as error:
            code = error.code
        finally:
            work.importing = None
        ask.session.pages.push(p.ImportMoved(0, 0, added, "done" if not code else "stopped", code))

    work.importing = asyncio.get_running_loop().create_task(run())
    return Done()


def _teller(ask: Asker) -> Callable[[ImportProgress], None]:
    def tell(now: ImportProgress) -> None:
        ask.session.pages.push(p.ImportMoved(now.done, now.total, now.added, "running"))
        ask.session.active()

    return tell


@answers(c.CancelImport)
async def _cancel(ask: Asker, _: c.CancelImport) -> Done:
    running = ask.session.work.importing
    if running is not None:
        running.cancel()
    return Done()


@answers(c.GetImports)
async def _list(ask: Asker, _: c.GetImports) -> c.ImportList:
    return c.ImportList([to_done(one) for one in ask.client.imports.all()], ask.session.work.importing is not None)


@answers(c.UndoImport)
async def _undo(ask: Asker, call: c.UndoImport) -> Done:
    if ask.session.work.importing is not None:
        raise BadCall("an import runs; stop it first")
    await ask.client.imports.undo(read_id(call.id))
    return Done()


def _files(ask: Asker, ids: list[str]) -> list[GivenFile]:
    if not 0 < len(ids) <= _MOST_FILES:
        raise BadCall("choose the exported files first")
    uploads = [ask.session.uploads.get(id) for id in ids]
    return [GivenFile(upload.name, data=upload.data) for upload in uploads]


def _answers(ask: Asker, call: c.PreviewImport | c.StartImport) -> ImportAnswers:
    known = {contact.account.hex(): contact.handle for contact in ask.client.contacts.all()}
    mine: dict[int, str] = dict.fromkeys(call.alone, "")
    people: dict[int, dict[str, str]] = {place: {} for place in call.alone}
    for each in call.names:
        chosen = people.setdefault(each.chat, {})
        if each.who == "me":
            mine[each.chat] = each.name
        else:
            chosen[each.name] = known.get(each.who, "")
    return ImportAnswers(
        order=cast("None", call.order or None),
        room=read_id(call.room) if call.room else None,
        zone=call.zone,
        chats={place: ChatAnswers(mine.get(place), chosen) for place, chosen in people.items()},
    )
