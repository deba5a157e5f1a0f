"""One profile and its phases: none yet, locked, without account, at work. Every call of a page ends here.

::

    empty ──CreateProfile──► no-account ──CreateAccount──► unconfirmed ──ConfirmPhrase──► ready
      │                                 └─RestoreAccount, JoinAccount───────────────────► ready
      └─RestoreBackup───────────────────────────────────────────────────────────────────► ready
    locked ──Unlock──► whatever it was before        any of them ──Lock, idle time──► locked
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec
from picows import WSCloseCode

from nullabona.app.desktop.alert import Desktop, NoDesktop
from nullabona.app.presenting.settings import to_settings
from nullabona.app.protocol import views as v
from nullabona.app.protocol.pushes import Locked
from nullabona.app.session.app_state import AppState, read_app_state, write_app_state
from nullabona.app.session.backup_upload import BackupUploads
from nullabona.app.session.content import Uploads
from nullabona.app.session.errors import AppLocked, TooSoon, WrongPhase
from nullabona.app.session.heard import LOCKED, Heard
from nullabona.app.session.joining import Joining
from nullabona.app.session.linking import Linking
from nullabona.app.session.local_relay import LocalRelay, token_keys
from nullabona.app.session.pages import OpenPages
from nullabona.app.session.place import Place
from nullabona.app.session.places import Places
from nullabona.app.session.updates import Updates
from nullabona.app.session.work import Work
from nullabona.client.api import (
    BackupKey,
    BackupPlace,
    Client,
    Keychain,
    Passphrase,
    Preferences,
    Progress,
    Unlock,
    Unprotected,
    WordsKey,
    errors,
    open_client,
    profile_protection,
    restore_backup,
    restore_from,
)
from nullabona.client.api.links import read_invite
from nullabona.extras import installed
from nullabona.system.support import servers_run

FREE_TRIES: Final = 3
"""Wrong passphrases before the next try has to wait: 1 s, 2 s, 4 s, … up to `LONGEST_WAIT_S`."""
LONGEST_WAIT_S: Final = 60.0
CLOSING_S: Final = 10.0
"""Seconds to wait for the profile to close; after that it is left as after a crash."""


class Session:
    """The state of one running app; used from one event loop."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.pages = OpenPages()
        self.desktop: Desktop = NoDesktop()
        self.heard = Heard(self)
        self.wanted_room = ""
        """The room whose notification was pressed, until a page was told."""
        self.app_state: AppState = read_app_state(place.folder)
        self.protected = True
        self._work: Work | None = None
        self._stack = AsyncExitStack()
        self._wrong = 0
        self._wait_until = 0.0
        self._opening = asyncio.Lock()
        self._trying = asyncio.Lock()
        self.asked_words: list[int] = []
        self.uploads = Uploads()
        self.backup_uploads = BackupUploads(place.folder)
        self.linking = Linking()
        self.joining = Joining()
        self.places = Places()
        self.updates = Updates(place.updates, place.options.net)
        self.local_relay = LocalRelay(place.folder, token_keys(place.home))
        self.invite: v.Invite | None = None
        """The link that was opened and that no page of an account has been given yet. Only in memory."""
        self._making = False
        self.begin_anew: Callable[[], None] | None = None
        """Replaces the process soon after the lock; None if the process runs something else too."""
        self.renewing = False
        self.new_launch: Callable[[], str] = lambda: ""
        """A launch token for one more page."""
        self.end_calls: Callable[[], None] = lambda: None
        """Ends the pending calls, except the one that requests it."""

    # -- phases -------------------------------------------------------------------------------------------------------

    @property
    def phase(self) -> v.Phase:
        """The phase of the app."""
        if self._work is None:
            return "locked" if self.place.profile.exists() else "empty"
        if not self._work.client.has_account or self.app_state.unregistered:
            return "no-account"
        return "unconfirmed" if self.app_state.unconfirmed else "ready"

    @property
    def work(self) -> Work:
        """The work of an open profile with an account. Raises `AppLocked` or `WrongPhase`."""
        work = self.open_work
        if not work.client.has_account:
            raise WrongPhase("there is no account yet")
        return work

    @property
    def open_work(self) -> Work:
        """The work of an open profile. Raises `AppLocked` or `WrongPhase`."""
        if self._work is None:
            raise AppLocked("the app is locked") if self.phase == "locked" else WrongPhase("there is no profile yet")
        return self._work

    @property
    def client(self) -> Client:
        """As `work`, the client."""
        return self.work.client

    # -- opening and locking ------------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """Open a profile that needs no passphrase; others wait for `unlock`. The relay for trying starts beside."""
        if self.app_state.local_relay:
            self._relay_starts = asyncio.create_task(self.local_relay.start(self.app_state.local_relay))
        if not self.place.profile.exists():
            return
        protection = profile_protection(self.place.profile)
        self.protected = protection == "passphrase"
        if not self.protected:
            await self._open(Unprotected() if protection == "unprotected" else Keychain(), create=False)

    async def create_profile(self, passphrase: str) -> None:
        """A new profile. Raises `WrongPhase`, `BadPassphrase`."""
        self._begin_making()
        try:
            await self._open(Passphrase(passphrase), create=True)
        finally:
            self._making = False
        self.backup_uploads.forget()
        self.protected = True

    async def restore(
        self, backups: list[Path], key: BackupKey, passphrase: str, watch: Callable[[Progress], None]
    ) -> None:
        """A new profile from backups, opened. Raises `WrongPhase`, and what `restore_backup` raises."""
        self._begin_making()
        try:
            unlock = Passphrase(passphrase)
            await restore_backup(self.place.profile, unlock, backups, key, options=self.place.options, watch=watch)
        finally:
            self._making = False
        self.backup_uploads.forget()
        await self._open(Passphrase(passphrase), create=False)
        self.protected = True

    async def restore_from(
        self, place: BackupPlace, key: WordsKey, passphrase: str, watch: Callable[[Progress], None], *, earlier: bool
    ) -> None:
        """A new profile from a backup in pieces, opened. Raises `WrongPhase`, and what `restore_from` raises."""
        self._begin_making()
        try:
            unlock, options = Passphrase(passphrase), self.place.options
            await restore_from(self.place.profile, unlock, place, key, options=options, earlier=earlier, watch=watch)
        finally:
            self._making = False
        await self._open(Passphrase(passphrase), create=False)
        self.protected = True

    def _begin_making(self) -> None:
        if self.phase != "empty" or self._making:
            raise WrongPhase("there is a profile already")
        self._making = True

    async def unlock(self, passphrase: str) -> None:
        """Open the profile. Raises `WrongPassphrase` or `TooSoon`; wrong tries in a row make the next one wait."""
        if self._work is not None:
            return
        if self.phase == "empty":
            raise WrongPhase("there is no profile yet")
        if self.renewing:
            raise AppLocked("the app is just being locked", hint="try again in a moment")
        await self.try_passphrase(lambda: self._open(Passphrase(passphrase), create=False))
        self._wrong = 0

    async def try_passphrase(self, check: Callable[[], Awaitable[None]]) -> None:
        """Have ``check`` try a passphrase. Tries run one at a time, so that concurrent ones are counted too.

        Raises `TooSoon` during the wait after wrong tries, and what ``check`` raises.
        """
        async with self._trying:
            left = self._wait_until - time.monotonic()
            if left > 0:
                raise TooSoon("too many wrong passphrases", hint=f"try again in {int(left) + 1} s")
            try:
                await check()
            except errors.WrongPassphrase:
                self._note_wrong()
                raise

    def _note_wrong(self) -> None:
        self._wrong += 1
        if self._wrong >= FREE_TRIES:
            wait = min(2.0 ** (self._wrong - FREE_TRIES), LONGEST_WAIT_S)
            self._wait_until = time.monotonic() + wait

    async def _open(self, unlock: Unlock, *, create: bool) -> None:
        async with self._opening:
            if self._work is not None:
                return
            opened = open_client(self.place.profile, unlock=unlock, create=create, options=self.place.options)
            client = await self._stack.enter_async_context(opened)
            self._work = Work(
                client, self.pages, self.app_state.language or self.place.language, self.lock_soon, self.desktop
            )
            self._work.begin()
            self.desktop.withdraw(LOCKED)
            if client.has_account:
                self.remember_alerts(client.preferences.get().notify)
                self._take_registered(client)
                self.forget_relay()

    def active(self) -> None:
        """Record activity: the idle time restarts."""
        if self._work is not None:
            self._work.active()

    def lock_soon(self) -> None:
        """Lock from a timer."""
        self._locking = asyncio.get_running_loop().create_task(self.lock())

    async def lock(self) -> None:
        """Close the profile, forget its keys and shown data, and tell every page. No effect without a passphrase."""
        if self._work is None or not self.protected:
            return
        self.renewing = self.begin_anew is not None
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING_S if self.renewing else None):
                await self._close()
        self.pages.push(Locked(self.state()))
        if self.begin_anew is not None:
            self.begin_anew()

    def carry(self) -> tuple[int, int, float]:
        """The state for the next process image: the last push, the wrong tries, and the wait after them."""
        return self.pages.seq, self._wrong, self._wait_until

    def take_over(self, seq: int, wrong: int, wait_until: float) -> None:
        """Continue with the previous image's state."""
        self.pages.seq, self._wrong, self._wait_until = seq, wrong, wait_until

    async def _close(self) -> None:
        async with self._opening:
            work, self._work = self._work, None
            self.end_calls()
            uploads, self.uploads = self.uploads, Uploads()
            uploads.forget()
            await self.linking.end()
            await self.joining.end()
            if work is not None:
                await work.end()
            self.pages.forget()
            self.places.forget()
            self.wanted_room = ""
            await self.desktop.clear()
            stack, self._stack = self._stack, AsyncExitStack()
            await stack.aclose()

    async def end(self) -> None:
        """End the app: disconnect the pages and close the profile."""
        await self._close()
        self.backup_uploads.forget()
        self.pages.close(WSCloseCode.GOING_AWAY)
        self.heard.end()
        await self.desktop.end()
        await self.local_relay.end()
        await self.updates.end()

    # -- the whole state ----------------------------------------------------------------------------------------------

    def remember(self, app_state: AppState) -> None:
        """Store ``app_state`` in place of the previous one."""
        self.app_state = app_state
        write_app_state(self.place.folder, app_state)

    def remember_alerts(self, level: v.NotifyLevel) -> None:
        """Whether the lock, too, is to notify of nothing."""
        if self.app_state.no_alerts != (level == "off"):
            self.remember(msgspec.structs.replace(self.app_state, no_alerts=level == "off"))

    # -- the way in ---------------------------------------------------------------------------------------------------

    @property
    def host(self) -> str:
        """The default host of a handle without a part after the @."""
        if self.place.host:
            return self.place.host
        if self._work is not None and self._work.client.has_account:
            return self._work.client.me.handle.partition("@")[2]
        return self.app_state.relay or (self.invite.handle.partition("@")[2] if self.invite is not None else "")

    def open_link(self, text: str) -> None:
        """Keep an invite link for a page. Raises `LinkError`."""
        read = read_invite(text)
        self.invite = v.Invite(text.strip(), read.kind, read.handle, read.at_once)

    async def try_here(self) -> None:
        """Run a relay on this machine and choose it. Raises `ExtraMissing` or `ProcessFailed`."""
        port = await self.local_relay.start(self.app_state.local_relay)
        host = f"127.0.0.1:{port}"
        self.remember(msgspec.structs.replace(self.app_state, relay=host, local_relay=port))

    def _take_registered(self, client: Client) -> None:
        """The process ended before it saw that the directory took the account."""
        if self.app_state.unregistered and client.me.published:
            self.remember(msgspec.structs.replace(self.app_state, unregistered=False, unconfirmed=True))

    def forget_relay(self) -> None:
        """There is an account, whose handle says it."""
        if self.app_state.relay:
            self.remember(msgspec.structs.replace(self.app_state, relay=""))

    def _invited(self) -> v.Invite | None:
        """What a state says: nothing while locked, and with an account each link once."""
        phase, invite = self.phase, self.invite
        if phase == "ready":
            self.invite = None
        return None if phase == "locked" else invite

    @property
    def _offers_at_login(self) -> bool:
        """Whether the person is still to be asked."""
        at_login = self.place.at_login
        return at_login is not None and not self.app_state.asked_at_login and not at_login.is_on()

    def _wanted(self) -> str:
        """The room that a page is to show; each is given once."""
        room = self.wanted_room if self.phase == "ready" else ""
        if room:
            self.wanted_room = ""
        return room

    def state(self) -> v.State:
        """The whole state, from which a page starts."""
        phase, work = self.phase, self._work
        state = v.State(
            phase=phase,
            settings=self.settings(),
            connection=v.Connection(online=False, since=0, waiting=0, trouble=""),
            seq=self.pages.seq,
            version=version("nullabona"),
            protected=self.protected,
            host=self.host,
            fixed_host=bool(self.place.host),
            local_relay="runs" if self.app_state.local_relay else "can" if servers_run() and installed("relay") else "",
            invite=self._invited(),
            room=self._wanted(),
            offer_at_login=phase == "ready" and self._offers_at_login,
            words_unchecked=phase == "ready" and self.app_state.put_off,
        )
        return work.fill(state) if work is not None and phase in {"unconfirmed", "ready"} else state

    def warm(self) -> None:
        """Preload the data that the first page will ask for, while the browser is starting."""
        if self._work is not None and self._work.client.has_account:
            self._work.views.chats()

    def settings(self) -> v.Settings:
        """The person's settings, or those that the lock screen needs."""
        language = self.app_state.language or self.place.language
        chosen = Preferences(language=language, theme=self.app_state.theme)
        if self._work is not None and self._work.client.has_account:
            chosen = self._work.client.preferences.get()
        return to_settings(chosen, language)
