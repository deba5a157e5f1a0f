"""The work of an open profile: listens to the client, and locks the app after the idle time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import msgspec

from nullabona.app.desktop.alert import Desktop
from nullabona.app.presenting.backups import to_backups
from nullabona.app.presenting.notices import to_notices
from nullabona.app.presenting.settings import to_settings
from nullabona.app.protocol import views as v
from nullabona.app.protocol.backup_views import Backups
from nullabona.app.protocol.privacy_views import OperatorNotices
from nullabona.app.protocol.pushes import BackupsChanged
from nullabona.app.session.changes import Changes
from nullabona.app.session.media import MediaKey
from nullabona.app.session.notifications import Notifications
from nullabona.app.session.pages import OpenPages
from nullabona.app.session.views import Views
from nullabona.client.api import Client, PreferencesChanged
from nullabona.system.clock import awake_or_not

_MINUTE_S: Final = 60.0
_LONGEST_SLEEP_S: Final = 15.0
"""The loop's clock stands still while the machine is suspended, so the idle time is compared this often at least."""


class Work:
    """The work of an open profile."""

    def __init__(
        self, client: Client, pages: OpenPages, language: v.Language, lock: Callable[[], None], desktop: Desktop
    ) -> None:
        self.client = client
        self._pages = pages
        self._language: v.Language = language
        self.media = MediaKey()
        self.views = Views(client, self.media)
        self.changes = Changes(self.views, pages, self.settings, self.notices)
        self.notifications = Notifications(self.views, pages, language, desktop)
        self._lock = lock
        self.importing: asyncio.Task[None] | None = None
        """The running import."""
        self._unlisten: Callable[[], None] = lambda: None
        self._listening: asyncio.Task[None] | None = None
        self._idle: asyncio.TimerHandle | None = None

    def begin(self, after: int | None = None) -> None:
        """Listen to the client's events that follow the one numbered ``after`` (None: the newest), with an account."""
        if self._listening is None and self.client.has_account:
            after = self.client.last_event() if after is None else after
            self._listening = asyncio.get_running_loop().create_task(self._listen(after))
            self._unlisten = self.client.backups.listen(self._backups_changed)
            self.notifications.begin()
        self.active()

    async def pause(self) -> None:
        """Stop listening, because the client is about to restart."""
        self._unlisten()
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening

    async def end(self) -> None:
        """Stop pushes and timers."""
        if self._idle is not None:
            self._idle.cancel()
        self.changes.stop()
        self.notifications.stop()
        await self._end_import()
        await self.pause()

    async def _end_import(self) -> None:
        """Stop the import. Stored data stays; importing the same files continues from there."""
        running = self.importing
        if running is not None:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    def active(self) -> None:
        """Record activity: the idle time restarts."""
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        minutes = self.lock_minutes
        if minutes is not None:
            self._lock_at(awake_or_not() + minutes * _MINUTE_S)

    def _lock_at(self, moment: float) -> None:
        left = moment - awake_or_not()
        if left <= 0:
            self._idle = None
            self._lock()
            return
        sleep = min(left, _LONGEST_SLEEP_S)
        self._idle = asyncio.get_running_loop().call_later(sleep, self._lock_at, moment)

    @property
    def lock_minutes(self) -> int | None:
        """Idle minutes after which the app locks; None: never automatically."""
        return self.client.preferences.get().lock_minutes if self.client.has_account else None

    def settings(self) -> v.Settings:
        """The person's settings."""
        return to_settings(self.client.preferences.get(), self._language)

    def notices(self) -> OperatorNotices:
        """The operator's notices about demands."""
        return to_notices(self.client.operator_notices.all(), self.settings().language)

    def backups(self) -> Backups:
        """How backups by themselves stand."""
        return to_backups(self.client.backups.status(), self.settings().language)

    def _backups_changed(self) -> None:
        self._pages.push(BackupsChanged(self.backups()))

    def fill(self, state: v.State) -> v.State:
        """``state`` with everything an account has."""
        chats = self.views.chats()
        filled = msgspec.structs.replace(
            state,
            me=self.views.people.me(),
            chats=chats,
            requests=self.views.people.requests(),
            join_requests=self.views.people.join_requests(),
            notices=self.notices(),
            blocked=sum(1 for contact in self.client.contacts.all() if contact.state == "blocked"),
            backups=self.backups(),
            connection=self.views.connection(),
        )
        self.changes.told_state(filled)
        return filled

    async def _listen(self, after: int) -> None:
        async for event in self.client.events(after=after):
            self.changes.note(event)
            if isinstance(event, PreferencesChanged):
                self.active()
            else:
                self.notifications.note(event)
