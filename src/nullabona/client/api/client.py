"""`open_client` and `Client`: an open, running profile, as bots, the CLI and the app use it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from nullabona.client.api.account import ThisAccount, own_account
from nullabona.client.api.archiving import Archive
from nullabona.client.api.backups import Backups
from nullabona.client.api.contacts import Contacts
from nullabona.client.api.converting import to_event
from nullabona.client.api.devices import Devices
from nullabona.client.api.errors import PendingStill, Unreachable
from nullabona.client.api.events import ConnectionChanged, Event, EventsForgotten
from nullabona.client.api.files import Files
from nullabona.client.api.history import History
from nullabona.client.api.imports import Imports
from nullabona.client.api.links import Links
from nullabona.client.api.messages import Messages
from nullabona.client.api.operator import ReceivedNotices
from nullabona.client.api.passing import Passing
from nullabona.client.api.preferences import ChosenPreferences
from nullabona.client.api.profiles import Profiles
from nullabona.client.api.records import OwnAccount, RelayStatus, Status
from nullabona.client.api.reports import Reports
from nullabona.client.api.rooms import Rooms
from nullabona.client.api.session import Options, Session
from nullabona.client.api.standing import PublicRecords
from nullabona.client.api.warned import standing_warnings
from nullabona.client.profile import Profile, Unlock, create_profile, open_profile
from nullabona.client.runner import (
    LISTENER,
    ConnectionState,
    forgotten_upto,
    handled_upto,
    renew_copy,
)

_PAGE: Final = 256
_ALL: Final = 1 << 62


@asynccontextmanager
async def open_client(
    path: Path, *, unlock: Unlock, create: bool = False, options: Options | None = None
) -> AsyncIterator[Client]:
    """The client of the profile at ``path``, running until the block ends.

    With ``create`` a profile is made if there is none. A profile that was restored from a file copy gets new keys and
    rejoins its rooms (`Warned` ``copied-back``). Raises what `open_profile` and `create_profile` raise, except
    `StaleProfile`.
    """
    options = options or Options()
    profile = _open(path, unlock, create=create)
    session = Session(profile, options)
    client = Client(session)
    session.attendants.append(lambda: History(session).run())
    session.attendants.append(client.backups.run)
    try:
        if profile.stale:
            renew_copy(profile, options.suite)
        session.begin()
        yield client
    finally:
        try:
            await session.end()
        finally:
            profile.close()


def _open(path: Path, unlock: Unlock, *, create: bool) -> Profile:
    if create and not path.exists():
        return create_profile(path, unlock)
    return open_profile(path, unlock, allow_stale=True)


class Client:
    """One account on this device, in parts: `rooms`, `messages`, `files` and so on. Made by `open_client`.

    Used from one event loop. What changes something is stored durably when the call returns, and is sent in the
    background, now or once the relay is reached. Times are in ms since 1970, and ``timeout_s`` in seconds; None waits
    without end.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.account = ThisAccount(session)
        self.archive = Archive(session)
        self.backups = Backups(session)
        self.contacts = Contacts(session)
        self.devices = Devices(session)
        self.files = Files(session)
        self.imports = Imports(session)
        self.links = Links(session, self.contacts)
        self.messages = Messages(session, self.files)
        self.operator_notices = ReceivedNotices(session)
        self.preferences = ChosenPreferences(session)
        self.profiles = Profiles(session)
        self.record = PublicRecords(session)
        self.reports = Reports(session)
        self.rooms = Rooms(session, self.contacts)

    @property
    def has_account(self) -> bool:
        """Whether the profile has an account yet."""
        return self._session.has_account

    @property
    def me(self) -> OwnAccount:
        """The account of the profile. Raises `NoAccount`."""
        return own_account(self._session)

    # -- what happens ---------------------------------------------------------------------------------------------

    async def events(self, *, after: int | None = None) -> AsyncIterator[Event]:
        """Every event, in order; the iteration does not end by itself.

        With ``after`` it starts with the event that follows this id (0: with the oldest). Without, it continues where
        the last listener without ``after`` stopped. An event counts as handled when the next one is asked for, so
        after a crash the event being handled is delivered again.

        Handled events are deleted once 10,000 newer ones exist; where nobody ever listened without ``after``, all
        older ones are. A listener that asks for deleted events first gets one `EventsForgotten` in their place.
        """
        last = self._cursor() if after is None else after
        news = asyncio.Event()
        states: deque[ConnectionState] = deque(maxlen=_PAGE)
        runner = self._session.runner
        passing = Passing()
        ends = (
            runner.listen(news.set),
            runner.listen_states(states.append),
            runner.listen_passing(passing.note),
        )
        try:
            while True:
                news.clear()
                page = self._page(last)
                for event in page:
                    yield event
                    last = event.id
                    if after is None:
                        self._handled(last)
                while states:
                    yield _connection(last, states.popleft())
                for fact in passing.due(last):
                    yield fact
                runner.check()
                if not page:
                    await news.wait()
        finally:
            for end in ends:
                end()

    def last_event(self) -> int:
        """The id of the newest event. `events` with ``after`` set to it yields only later ones."""
        with self._session.look() as store:
            return store.last_event()

    def _page(self, after: int) -> list[Event]:
        with self._session.look() as store:
            forgotten = forgotten_upto(store)
            if after < forgotten:
                return [EventsForgotten(id=forgotten)]
            return [to_event(store, row) for row in store.events(after, _PAGE)]

    def _cursor(self) -> int:
        with self._session.look() as store:
            return handled_upto(store) or 0

    def _handled(self, last: int) -> None:
        with self._session.change() as store:
            store.set_value(LISTENER, str(last).encode())

    # -- how it is doing ------------------------------------------------------------------------------------------

    async def wait_connected(self, *, timeout_s: float | None = 5.0) -> None:
        """Wait until a relay is reached. Raises `Unreachable` after ``timeout_s``; what is stored is sent later."""
        connections = self._session.runner.connections

        def reached() -> bool | None:
            return any(one.connected for one in connections.states()) or None

        try:
            await self._session.until(reached, timeout_s, "no relay was reached")
        except PendingStill:
            raise Unreachable("no server can be reached; what is stored is sent later") from None

    async def sync(self, *, timeout_s: float | None = 30.0, receipts: bool = True, arrivals: bool = True) -> None:
        """Wait until everything pending was sent and everything waiting was read. Raises `PendingStill`.

        With ``receipts`` it also waits until the receipts for what was read are sent. Without ``arrivals`` it waits
        only until everything that can be sent now was sent.
        """
        if not arrivals:
            runner = self._session.runner
            await self._session.until(lambda: runner.all_out or None, timeout_s, "not everything went out")
            return
        await self._session.until(
            lambda: self._session.settled(receipts=receipts) or None, timeout_s, "not everything went out and came in"
        )

    def status(self) -> Status:
        """Connections, how much is still to be sent, and the warnings that still apply."""
        found = self._session.account()
        with self._session.view() as step:
            outbox, rooms = len(step.store.outbox(_ALL, _ALL)), len(step.store.rooms())
            warnings = standing_warnings(step)
        runner = self._session.runner
        connections, own = runner.connections.states(), runner.engine.local.relay
        return Status(
            found.record.handle,
            found.published,
            tuple(
                RelayStatus(w.relay, w.lane, w.connected, w.error.code if w.error else "", w.relay == own)
                for w in connections
            ),
            outbox,
            rooms,
            runner.at_rest,
            warnings,
        )


def _connection(last: int, state: ConnectionState) -> ConnectionChanged:
    return ConnectionChanged(
        state.relay, state.lane, connected=state.connected, error=state.error.code if state.error else "", id=last
    )
