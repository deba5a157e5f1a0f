"""`open_client` and `Client`: a profile, open and running, as bots and faces see it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from nullabona.client import account as accounts
from nullabona.client.api.archiving import ArchiveCalls
from nullabona.client.api.chat import ChatCalls
from nullabona.client.api.converting import to_event
from nullabona.client.api.devices import DeviceCalls
from nullabona.client.api.ending import EndingCalls
from nullabona.client.api.errors import BadRequest, PendingStill, Refused, TimedOut, UnknownHandle, Unreachable
from nullabona.client.api.events import ConnectionChanged, Event, EventsForgotten, Typing
from nullabona.client.api.history import History
from nullabona.client.api.imports import ImportCalls
from nullabona.client.api.links import LinkCalls
from nullabona.client.api.moves import Moves
from nullabona.client.api.operator import OperatorCalls
from nullabona.client.api.privacy import PrivacyCalls
from nullabona.client.api.records import OwnAccount, RelayStatus, Status
from nullabona.client.api.relocation import RelocationCalls
from nullabona.client.api.session import Options, Session
from nullabona.client.api.standing import RecordCalls
from nullabona.client.api.trust import TrustCalls
from nullabona.client.api.warned import standing_warnings
from nullabona.client.core.account import own_devices
from nullabona.client.core.model.records import Writing
from nullabona.client.core.step import DAY_MS
from nullabona.client.keys import AccountRoot, Language
from nullabona.client.net import endpoint_of, parse_endpoint
from nullabona.client.profile import Profile, Unlock, create_profile, open_profile
from nullabona.client.runner import (
    LISTENER,
    ConnectionState,
    Published,
    find_card,
    forgotten_upto,
    handled_upto,
    heal,
    now_ms,
)
from nullabona.wire.handle import check_new_name, parse_handle

_PAGE: Final = 256
_ALL: Final = 1 << 62


@asynccontextmanager
async def open_client(
    path: Path, *, unlock: Unlock, create: bool = False, options: Options | None = None
) -> AsyncIterator[Client]:
    """The client of the profile at ``path``, running until the block ends.

    With ``create`` a profile is made if there is none. One that was copied back is healed: it comes back into its rooms
    with new keys (`Warned` ``copied-back``). Raises what `open_profile` and `create_profile` raise, but `StaleProfile`.
    """
    options = options or Options()
    profile = _open(path, unlock, create=create)
    session = Session(profile, options)
    session.attendants.append(lambda: History(session).run())
    try:
        if profile.stale:
            heal(profile, options.suite)
        session.begin()
        yield Client(session)
    finally:
        try:
            await session.end()
        finally:
            profile.close()


def _open(path: Path, unlock: Unlock, *, create: bool) -> Profile:
    if create and not path.exists():
        return create_profile(path, unlock)
    return open_profile(path, unlock, allow_stale=True)


class Client(
    ChatCalls,
    DeviceCalls,
    EndingCalls,
    ImportCalls,
    LinkCalls,
    TrustCalls,
    PrivacyCalls,
    RecordCalls,
    OperatorCalls,
    ArchiveCalls,
    RelocationCalls,
):
    """One account on this device. Made by `open_client`; used from one event loop.

    What changes something is durable when the call returns, and goes out by itself, now or when the relay is reached.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    # -- the account ----------------------------------------------------------------------------------------------

    @property
    def has_account(self) -> bool:
        """Whether the profile has an account yet."""
        return self._session.has_account

    @property
    def me(self) -> OwnAccount:
        """Raises `NoAccount`."""
        found = self._session.account()
        me = found.me
        return OwnAccount(me.account, me.handle, me.device, me.relay, found.published)

    def phrase(self, language: Language = "english") -> str:
        """The account's 24 words. Whoever reads them is the account."""
        return self._session.account().root.phrase(language)

    async def create_account(self, handle: str, *, relay: str | None = None) -> OwnAccount:
        """A new account, stored; it is published in the background (`wait_published`).

        ``relay`` keeps its inbox and rooms; by default the one of the handle's host. Raises `HandleError`,
        `EndpointRefused`, or `AccountExists` unless the profile's account was never published.
        """
        wanted = parse_handle(handle)
        check_new_name(wanted.name)
        url = str(parse_endpoint(relay) if relay is not None else endpoint_of(wanted.authority))
        suite = self._session.options.suite
        await self._session.end()
        try:
            accounts.create_account(
                self._session.profile.store, handle=wanted, relay=url, today=now_ms() // DAY_MS, suite=suite
            )
        finally:
            self._session.begin()
        return self.me

    async def restore_account(self, phrase: str, handle: str, *, timeout_s: float = 30.0) -> OwnAccount:
        """The account of the 24 words on this new device, which replaces every older one on the card.

        Identity, handle and inbox come back; messages, the profile and what was chosen do not. Rooms come back by old
        contacts: `request_contact` asks them, and their devices take this one into what both are in, by themselves and
        without asking their persons (`nullabona.client.core.restore.seeking`). Everybody else is told nothing.
        Raises `BadPhrase`, `UnknownHandle`, `CardForked`, `TimedOut` or `AccountExists`.
        """
        root = AccountRoot.from_phrase(phrase)
        wanted = str(parse_handle(handle))
        try:
            async with asyncio.timeout(timeout_s):
                card = await find_card(wanted, self._session.options.net, now_ms() // 1_000)
        except TimeoutError:
            raise TimedOut("the directory of that handle was not reached in time") from None
        if card is None:
            raise UnknownHandle(f"nobody is registered as {wanted}")
        accounts.restore_account(
            self._session.profile.store,
            root=root,
            card=card,
            today=now_ms() // DAY_MS,
            suite=self._session.options.suite,
        )
        self._session.begin()
        return self.me

    async def wait_published(self, *, anew: bool = False, timeout_s: float | None = 30.0) -> None:
        """Until the directory has taken our card; with ``anew`` until it was seen to have it now.

        Raises `Refused` if it will not or has another, why it is not believed if what it shows is wrong, `BadRequest`
        if this device was put out, or `PendingStill`.
        """
        publishing = self._session.runner.publishing
        self._check_in()
        if anew:
            publishing.look_anew()

        def ended() -> Published | None:
            return None if publishing.outcome == Published() else publishing.outcome

        outcome = await self._session.until(ended, timeout_s, "the card was not published")
        self._check_in()
        if outcome.distrusted is not None:
            raise outcome.distrusted
        if outcome.refusal:
            raise Refused(outcome.refusal)

    def _check_in(self) -> None:
        with self._session.look() as store:
            if own_devices.is_signed_out(store):
                raise BadRequest("this device was put out of the account")

    # -- what happens ---------------------------------------------------------------------------------------------

    async def events(self, *, after: int | None = None) -> AsyncIterator[Event]:
        """Everything that happens, in order, without end.

        With ``after``: from the event after that id on (0: from the beginning). Without: from where the last listener
        without ``after`` stopped; an event counts as handled when the next one is asked for, so after a crash the one
        being handled comes again.

        Events that the listener without ``after`` has handled are forgotten once 10,000 newer ones have come; where
        there never was such a listener, all that lie so far back. Whoever asks for forgotten ones is first shown
        `EventsForgotten`, which stands in their place: nothing is left out without a word.
        """
        last = self._cursor() if after is None else after
        news = asyncio.Event()
        states: deque[ConnectionState] = deque(maxlen=_PAGE)
        runner = self._session.runner
        moved = Moves()
        writing: deque[Writing] = deque(maxlen=_PAGE)
        ends = (
            runner.listen(news.set),
            runner.listen_states(states.append),
            runner.listen_progress(moved.note),
            runner.listen_writing(writing.append),
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
                while writing:
                    yield _typing(last, writing.popleft())
                for transfer in moved.due(last):
                    yield transfer
                runner.check()
                if not page:
                    await news.wait()
        finally:
            for end in ends:
                end()

    def last_event(self) -> int:
        """The id of the newest event; listening after it shows only what is still to come."""
        with self._session.look() as store:
            return store.last_event()

    def _page(self, after: int) -> list[Event]:
        with self._session.look() as store:
            forgotten = forgotten_upto(store)
            if after < forgotten:
                return [EventsForgotten(forgotten)]
            return [to_event(store, row) for row in store.events(after, _PAGE)]

    def _cursor(self) -> int:
        with self._session.look() as store:
            return handled_upto(store) or 0

    def _handled(self, last: int) -> None:
        with self._session.change() as store:
            store.set_value(LISTENER, str(last).encode())

    # -- how it is doing ------------------------------------------------------------------------------------------

    async def wait_connected(self, *, timeout_s: float | None = 5.0) -> None:
        """Until a relay is reached. Raises `Unreachable` if none was: what is stored goes out later."""
        connections = self._session.runner.connections

        def reached() -> bool | None:
            return any(one.connected for one in connections.states()) or None

        try:
            await self._session.until(reached, timeout_s, "no relay was reached")
        except PendingStill:
            raise Unreachable("no relay can be reached; what is stored goes out later") from None

    async def sync(self, *, timeout_s: float | None = 30.0, receipts: bool = True, arrivals: bool = True) -> None:
        """Until everything pending has gone out and everything waiting has come in. Raises `PendingStill`.

        With ``receipts`` it also waits the moment until others are told what has arrived here. Without ``arrivals``
        only until everything that could go out now has.
        """
        if not arrivals:
            runner = self._session.runner
            await self._session.until(lambda: runner.all_out or None, timeout_s, "not everything went out")
            return
        await self._session.until(
            lambda: self._session.settled(receipts=receipts) or None, timeout_s, "not everything went out and came in"
        )

    def status(self) -> Status:
        """Connections, what still has to go out, and what is still wrong."""
        found = self._session.account()
        with self._session.view() as step:
            outbox, rooms = len(step.store.outbox(_ALL, _ALL)), len(step.store.rooms())
            warnings = standing_warnings(step)
        connections = self._session.runner.connections.states()
        return Status(
            found.record.handle,
            found.published,
            tuple(RelayStatus(w.relay, w.lane, w.connected, w.error.code if w.error else "") for w in connections),
            outbox,
            rooms,
            self._session.runner.at_rest,
            warnings,
        )


def _typing(last: int, writing: Writing) -> Typing:
    return Typing(last, writing.room, writing.account, writing.until)


def _connection(last: int, state: ConnectionState) -> ConnectionChanged:
    return ConnectionChanged(last, state.relay, state.lane, state.connected, state.error.code if state.error else "")
