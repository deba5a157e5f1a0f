"""The entry for pages' calls: reads calls, has them answered, words refusals. No error is shown raw."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Union

import msgspec

from nullabona.app.answers.asking import HANDLERS, Asker
from nullabona.app.presenting.refusals import said
from nullabona.app.protocol.call import ANSWERS, Call
from nullabona.app.protocol.pushes import Answered, Failed, GivenBackup
from nullabona.app.server.headers import JSON
from nullabona.app.server.request import Request
from nullabona.app.server.server import BACKUP
from nullabona.app.server.socket import PageSocket
from nullabona.app.session.backup_upload import PIECE
from nullabona.app.session.content import MAX_UPLOAD, show, take_upload
from nullabona.app.session.errors import AppLocked, BadCall
from nullabona.app.session.session import Session
from nullabona.client.api import NoPictures
from nullabona.errors import Bug, NullabonaError
from nullabona.machine.http_answer import HttpAnswer, refuse

MOST_UNANSWERED: Final = 64
"""Most pending calls of one page; more are refused."""

UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""The decoder's errors for garbage, bytes that are not text, and deep nesting."""

if TYPE_CHECKING:
    AnyCall = Call[Any]
else:
    AnyCall = Union[tuple(ANSWERS)]  # noqa: UP007 - made from the registry


class _Asked(msgspec.Struct, frozen=True):
    id: int
    ask: AnyCall


_asked = msgspec.json.Decoder(_Asked)
_encode = msgspec.json.Encoder().encode


class Rpc:
    """Answers all pages of one app."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._waiting: dict[PageSocket, set[asyncio.Task[None]]] = {}
        self._calls: set[asyncio.Task[None]] = set()
        session.end_calls = self._end_calls

    # -- pages --------------------------------------------------------------------------------------------------------

    def page_came(self, page: PageSocket) -> None:
        self._waiting[page] = set()
        self._session.pages.enter(page)

    def page_went(self, page: PageSocket) -> None:
        """Pending calls continue, even if nobody waits for the answer."""
        self._waiting.pop(page, None)
        self._session.pages.leave(page)

    def page_asked(self, page: PageSocket, data: bytes) -> None:
        waiting = self._waiting.get(page)
        if waiting is None:
            return
        try:
            asked = _asked.decode(data)
        except UNREADABLE:
            self._fail(page, _id_of(data), BadCall("the process does not know this call"))
            return
        if len(waiting) >= MOST_UNANSWERED:
            self._fail(page, asked.id, BadCall("too many calls at once"))
            return
        task = asyncio.get_running_loop().create_task(self._answer(page, asked.id, asked.ask))
        waiting.add(task)
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)
        task.add_done_callback(waiting.discard)

    def _end_calls(self) -> None:
        """End the pending calls when the profile closes: their network answers will not arrive."""
        current = asyncio.current_task()
        for task in self._calls:
            if task is not current:
                task.cancel()

    async def _answer(self, page: PageSocket, id: int, call: Call[Any]) -> None:
        self._session.active()
        try:
            page.send(_encode(Answered(id, await HANDLERS[type(call)](Asker(self._session, page), call))))
        except asyncio.CancelledError:
            self._fail(page, id, AppLocked("the app was locked"))
        except NullabonaError as error:
            self._fail(page, id, error)
        except Exception as error:  # noqa: BLE001 - the last door: what is not ours is a bug, told without its text
            self._fail(page, id, Bug(f"something went wrong inside ({type(error).__name__})"))

    def _fail(self, page: PageSocket, id: int, error: NullabonaError) -> None:
        message, hint = said(error, self._session.settings().language)
        page.send(_encode(Failed(id, error.code, message, hint)))

    # -- content ------------------------------------------------------------------------------------------------------

    def upload_limit(self, path: str) -> int:
        """Most bytes of an upload now: files to send once there is an account, backups before."""
        if path == BACKUP:
            return PIECE if self._session.phase == "empty" else 0
        return MAX_UPLOAD if self._session.phase in {"unconfirmed", "ready"} else 0

    async def upload(self, request: Request) -> HttpAnswer:
        if request.path == BACKUP:
            return self._take_backup(request)
        try:
            return await take_upload(self._session.work, self._session.uploads, request)
        except NoPictures as error:
            return self._refusal(error)
        except NullabonaError:  # locked while it came
            return refuse(403, "nothing can be uploaded now")

    def _take_backup(self, request: Request) -> HttpAnswer:
        query = request.query
        at = int(query["at"]) if query.get("at", "").isdecimal() else None
        try:
            if at is None:
                raise BadCall("the place of the piece is missing")
            id, size = self._session.backup_uploads.take(query.get("id", ""), at, request.body)
        except NullabonaError as error:
            return self._refusal(error)
        return HttpAnswer(200, msgspec.json.encode(GivenBackup(id, size)), JSON)

    def _refusal(self, error: NullabonaError) -> HttpAnswer:
        message, hint = said(error, self._session.settings().language)
        return HttpAnswer(400, msgspec.json.encode({"code": error.code, "message": message, "hint": hint}), JSON)

    async def media(self, request: Request) -> HttpAnswer:
        try:
            work = self._session.work
        except NullabonaError:
            return refuse(403, "this address is not good any more", close=False)
        return await show(work, self._session.uploads, request)


def _id_of(data: bytes) -> int:
    """The id of an unreadable call, so that the page gets an answer."""
    try:
        return msgspec.json.decode(data, type=_OnlyId).id
    except UNREADABLE:
        return -1


class _OnlyId(msgspec.Struct):
    id: int
