"""What a person does with notifications and the tray, while they look at no page (spec/app.md §8)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, Protocol

from nullabona.app.desktop.alert import Alert, Desktop, Labels
from nullabona.app.protocol import views as v
from nullabona.app.session.app_state import AppState
from nullabona.app.session.pages import OpenPages
from nullabona.app.session.work import Work
from nullabona.client.api import Client
from nullabona.errors import UserError
from nullabona.words.notifications import NOTIFICATIONS

LOCKED: Final = "locked"
"""The key of the notification that says that nothing is received."""
NOT_SENT: Final = "not-sent:"
"""The beginning of the keys of those that say that a reply was not sent."""
_PAGE_MAY_COME_S: Final = 5.0


class Opened(Protocol):
    """What is needed of a session."""

    pages: OpenPages
    desktop: Desktop
    app_state: AppState
    wanted_room: str

    @property
    def phase(self) -> v.Phase: ...
    @property
    def open_work(self) -> Work: ...
    def settings(self) -> v.Settings: ...


class Heard:
    """The desktop's way back to a session. It can do only what the page of an open profile can."""

    def __init__(self, session: Opened) -> None:
        self._session = session
        self._tasks: set[asyncio.Task[None]] = set()
        self.open_page: Callable[[], object] = lambda: None
        """Shows one more page in the person's browser."""
        self.end_process: Callable[[], object] = lambda: None

    def labels(self) -> Labels:
        """The words of buttons, in the person's language."""
        language = self._session.settings().language
        names = ("open", "read", "reply", "placeholder", "quit", "tooltip")
        return Labels(**{name: NOTIFICATIONS[f"act-{name}"].say(language, count="{count}") for name in names})

    # -- what the desktop calls ---------------------------------------------------------------------------------------

    def open(self, key: str) -> None:
        """Show a page, and there the room that the notification was about."""
        work = self._session.open_work if self._session.phase == "ready" else None
        room = key.removeprefix(NOT_SENT)
        if work is not None and any(chat.room == room for chat in work.views.chats()):
            self._session.wanted_room = room
        self.open_page()

    def read(self, alert: Alert) -> None:
        """The person has read what the notification shows."""
        self._do(lambda client: client.messages.mark_read(bytes.fromhex(alert.key), bytes.fromhex(alert.message)))

    def reply(self, alert: Alert, text: str) -> None:
        """Send an answer to the room, which counts as having read what it answers."""
        self._do(lambda client: self._reply(client, alert, text))

    def quit(self) -> None:
        """End the process."""
        self.end_process()

    # -- the lock -----------------------------------------------------------------------------------------------------

    def tell_locked(self) -> None:
        """Say once that nothing is received, if the profile waits for its passphrase and no page opens soon."""
        self._later(self._tell_locked())

    async def _tell_locked(self) -> None:
        await asyncio.sleep(_PAGE_MAY_COME_S)
        session = self._session
        if session.phase == "locked" and not session.pages.any and not session.app_state.no_alerts:
            words = NOTIFICATIONS.say("locked", session.settings().language)
            session.desktop.show(Alert(LOCKED, "nullabona", words, words), lambda: None)

    # -- inside -------------------------------------------------------------------------------------------------------

    async def _reply(self, client: Client, alert: Alert, text: str) -> None:
        room = bytes.fromhex(alert.key)
        try:
            await client.messages.send(room, text)
        except UserError:
            await client.preferences.set_room(room, draft=text)
            words = NOTIFICATIONS.say("not-sent", self._session.settings().language)
            self._session.desktop.show(Alert(NOT_SENT + alert.key, "nullabona", words, words), lambda: None)
            return
        await client.messages.mark_read(room, bytes.fromhex(alert.message))

    def _do(self, work: Callable[[Client], Coroutine[Any, Any, None]]) -> None:
        """Have the client of an open profile do something; what it refuses stays undone."""
        if self._session.phase in {"unconfirmed", "ready"}:
            self._later(_quietly(work(self._session.open_work.client)))

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def end(self) -> None:
        """Nothing that was begun goes on."""
        for task in self._tasks:
            task.cancel()


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    """Done, or refused: the message or its room has gone, or the profile was closed meanwhile."""
    try:
        await work
    except UserError:
        return
