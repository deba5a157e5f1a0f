"""The profile's account: create, restore, publish, move and delete it (spec/relocation.md, spec/devices.md §10)."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

from nullabona.client import account as accounts
from nullabona.client import next_card
from nullabona.client.account import registered_day
from nullabona.client.api.errors import (
    BadRequest,
    HandleTaken,
    Refused,
    RegistrationPaused,
    TimedOut,
    TokenNeeded,
    TokenRefused,
    UnknownHandle,
)
from nullabona.client.api.finding import room_states
from nullabona.client.api.records import OwnAccount, PrivacyReport
from nullabona.client.api.session import Session
from nullabona.client.api.standing import describe_standing
from nullabona.client.core import commands
from nullabona.client.core.account import own_devices
from nullabona.client.core.devices import inbox_state, membership, sync_out
from nullabona.client.core.directory.checking import Checked
from nullabona.client.core.directory.keeping import own_entries
from nullabona.client.core.model.errors import LastAdmin
from nullabona.client.core.model.state import JOINED, RoomState
from nullabona.client.core.model.sync_items import CardItem, EndItem
from nullabona.client.core.relocation import moving
from nullabona.client.core.step import DAY_MS, Step
from nullabona.client.keys import AccountRoot, Language
from nullabona.client.net import Endpoint, EndpointRefused, endpoint_of, parse_endpoint
from nullabona.client.runner import (
    Published,
    find_card,
    now_ms,
)
from nullabona.wire.card import card_hash
from nullabona.wire.data_held import DIRECTORY_COLUMNS, DIRECTORY_FILES, RELAY_COLUMNS, RELAY_FILES
from nullabona.wire.handle import check_new_name, parse_handle
from nullabona.wire.producible import StoredCard, produce
from nullabona.wire.registration import parse_token


@dataclass(frozen=True, slots=True)
class RelayMove:
    """Where the account's inbox is now, and which rooms went there from ``left``."""

    relay: str
    left: str
    rooms: tuple[bytes, ...]


class ThisAccount:
    """The account that this profile belongs to."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def phrase(self, language: Language = "english") -> str:
        """The account's 24 words. Anybody who knows them controls the account."""
        return self._session.account().root.phrase(language)

    async def create(self, handle: str, *, relay: str | None = None, token: str = "") -> OwnAccount:
        """Create and store a new account. It is published in the background (`wait_published`).

        ``relay`` is the address of the relay for its inbox and rooms, by default that of the handle's host, which the
        handle may lack if ``relay`` is given and has no name in its path: only a host has a directory. ``token``: the
        registration token for a directory that asks for one.
        Raises `HandleError`, `EndpointRefused`, `BadRequest`, `TokenInvalid`, or `AccountExists` unless the profile's
        account was never published.
        """
        given = parse_endpoint(relay) if relay is not None else None
        if given is not None and given.name and "@" not in handle:
            raise BadRequest(
                "a server with a name in its address has no handles",
                hint="write the handle whole, with the server that has handles: NAME@SERVER",
            )
        wanted = parse_handle(handle if given is None or "@" in handle else f"{handle}@{given.authority}")
        check_new_name(wanted.name)
        url = str(given if given is not None else endpoint_of(wanted.authority))
        suite = self._session.options.suite
        paid = parse_token(token) if token else b""
        async with self._session.stopped():
            accounts.create_account(
                self._session.profile.store, handle=wanted, relay=url, today=now_ms() // DAY_MS, suite=suite, token=paid
            )
        return own_account(self._session)

    async def restore(self, phrase: str, handle: str, *, timeout_s: float = 30.0) -> OwnAccount:
        """Restore the account of the 24 words on this device, which replaces all older devices on the card.

        Identity, handle and inbox are restored; messages, profile and preferences are not. Rooms return through
        contacts: after `Contacts.request`, a contact's devices add this one to every room that both are in, without
        asking their person. Nobody else is told.
        Raises `BadPhrase`, `UnknownHandle`, `CardForked`, `TimedOut`, or `AccountExists` unless the profile's account
        was never published, which it then replaces.
        """
        root = AccountRoot.from_phrase(phrase)
        wanted = str(parse_handle(handle))
        try:
            async with asyncio.timeout(timeout_s):
                card = await find_card(wanted, self._session.options.net, now_ms() // 1_000)
        except TimeoutError:
            raise TimedOut("the server of that handle could not be reached in time") from None
        if card is None:
            raise UnknownHandle(f"nobody is registered as {wanted}")
        suite = self._session.options.suite
        async with self._session.stopped():
            accounts.restore_account(
                self._session.profile.store, root=root, card=card, today=now_ms() // DAY_MS, suite=suite
            )
        return own_account(self._session)

    async def wait_published(self, *, anew: bool = False, timeout_s: float | None = 30.0) -> None:
        """Wait until the directory has accepted our card; with ``anew``, until a fresh look-up shows it.

        Raises `NotRegistered`, `Refused` if the directory rejects the card or shows another one, the error of a failed
        check if what it
        shows is wrong, `BadRequest` if this device was removed from the account, or `PendingStill`.
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
        match outcome.refusal:
            case "":
                return
            case "handle-taken":
                raise HandleTaken(own_account(self._session).handle)
            case "registration-paused":
                raise RegistrationPaused
            case "token-needed":
                raise TokenNeeded
            case "token-refused":
                raise TokenRefused
            case other:
                raise Refused(other)

    def _check_in(self) -> None:
        with self._session.look() as store:
            if own_devices.is_signed_out(store):
                raise BadRequest("this device was revoked")

    # -- moving to another relay ---------------------------------------------------------------------------------------

    async def move_relay(self, relay: str, *, leaving: str | None = None, timeout_s: float = 20.0) -> RelayMove:
        """Move the account's inbox, and every room at ``leaving`` that this account may move, to ``relay``.

        ``relay`` is its address, or the host alone, as in handles.
        ``leaving`` is by default the account's relay; another address moves rooms that an earlier move left there. The
        old relay need not be reachable. Others learn of the move from the card, which is published in the background
        (`wait_published`), and from a message in each room. This device follows rooms that others have to move. To
        undo a move, move back.

        Raises `EndpointRefused` for a malformed address or one of this machine, `TimedOut` or what `connect` raises if
        the new relay does not answer, `BadRequest` if nothing would change. Nothing has changed then.
        """
        account = self._session.account()
        there = _other_place(relay, account.relay)
        left = account.relay if leaving is None else str(parse_endpoint(leaving))
        if str(there) == left:
            raise BadRequest("that is the server you would leave")
        await self._must_answer(there, timeout_s)
        with self._session.step() as step:
            if own_devices.is_signed_out(step.store):
                raise BadRequest("this device was revoked")
            self._go(step, str(there))
            taken = moving.take_along(step, left, str(there))
        return RelayMove(str(there), left, tuple(taken))

    async def _must_answer(self, there: Endpoint, timeout_s: float) -> None:
        """Connect to the new relay once, so that a mistyped address does not make the account unreachable."""
        options = self._session.options
        try:
            async with asyncio.timeout(timeout_s):
                connection = await options.dial(there, options.net)
        except TimeoutError:
            raise TimedOut("that server did not answer in time") from None
        await connection.close()

    def _go(self, step: Step, relay: str) -> None:
        account = self._session.account_in(step.store)
        if account.relay == relay:
            return
        own_devices.choose_relay(step.store, relay)
        card = next_card.card_at(account, relay, step.day)
        accounts.take_card(step.store, card)
        inbox_state.follow(step, card)
        sync_out.tell_now(step, CardItem(card.encoded))

    # -- deleting ------------------------------------------------------------------------------------------------------

    async def delete(self, handle: str, *, timeout_s: float | None = 60.0) -> None:
        """Delete the account for good. ``handle`` must be its own, as a safeguard against mistakes.

        In groups where this account is the only admin, another member becomes admin. Every room is left. The directory
        erases the card and reserves the handle for 90 days. Others keep what they have received, and this profile stays
        readable until its folder is erased. Raises `BadRequest`; `PendingStill` while others could not be told yet (it
        is safe to call again); `Refused` or `TimedOut` from the directory.
        """
        if handle != str(self._session.account().handle):
            raise BadRequest("that is not the handle of this account", hint="type it as it is shown")
        with self._session.step() as step:
            for room in room_states(step.store):
                _hand_over(step, room)
        await self._settled(timeout_s)
        with self._session.step() as step:
            sync_out.tell_now(step, EndItem())
            for room in room_states(step.store):
                _leave(step, room)
        await self._settled(timeout_s)
        # First out, then off the directory: whatever stops us between the two, no new card of ours follows.
        with self._session.step() as step:
            membership.sign_out(step, unasked=False)
        await self._session.runner.publishing.delete()

    async def _settled(self, timeout_s: float | None) -> None:
        await self._session.until(
            lambda: self._session.settled(receipts=False) or None, timeout_s, "not everybody could be told yet"
        )

    # -- what an operator holds ----------------------------------------------------------------------------------------

    async def privacy(self, *, timeout_s: float = 30.0) -> PrivacyReport:
        """What the operator could hand over about this account, made from our card as a stranger finds it.

        The day of registration is not public: this device's own note is used, or 0 on a restored device. An entry that
        waits for its epoch is known only to the directory until that epoch is published. Raises `UnknownHandle`,
        `Refused` or `TimedOut`.
        """
        handle = parse_handle(self._session.account().record.handle)
        shown = await self._shown(str(handle), timeout_s)
        with self._session.look() as store:
            day, entries = registered_day(store), own_entries(store)
            standing = describe_standing(store, handle.authority)
        digest = card_hash(shown.card)
        waiting = [shown.promise.by] if shown.promise is not None else []
        epoch = next(iter([each.epoch for each in entries if each.digest == digest] + waiting), 0)
        record = produce(handle, StoredCard.of(handle, shown.card, day, shown.label, epoch), entries=entries)
        return PrivacyReport(
            str(handle),
            self._session.account().relay,
            record,
            json.dumps(record, ensure_ascii=False, indent=2),
            RELAY_COLUMNS,
            DIRECTORY_COLUMNS,
            RELAY_FILES,
            DIRECTORY_FILES,
            standing,
        )

    async def _shown(self, handle: str, timeout_s: float) -> Checked:
        """Our card as a stranger finds it, once this device has looked through the record up to now."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._session.runner.own_key_monitor.watch_now()
                shown = await self._session.runner.directories.look_up(handle)
        except TimeoutError:
            raise TimedOut("the server of this account could not be reached in time") from None
        if not shown.card:
            raise UnknownHandle("the server does not show this account's card; nothing could be handed over")
        return shown


def own_account(session: Session) -> OwnAccount:
    """What is shown of the profile's account. Raises `NoAccount`."""
    found = session.account()
    me = found.local  # its card is verified each time that it is asked
    return OwnAccount(me.account, me.handle, me.device, me.relay, found.published)


def _other_place(relay: str, mine: str) -> Endpoint:
    """Raises `EndpointRefused`: others cannot reach a relay on this machine, unless all of it is on one machine."""
    there = parse_endpoint(relay) if "://" in relay else endpoint_of(relay)
    if there.may_be_local and not parse_endpoint(mine).is_local:
        raise EndpointRefused("that is this machine itself, which nobody else reaches")
    return there


def _hand_over(step: Step, room: RoomState) -> None:
    """Of a group whose only admin we are, somebody else has to be one first: the lowest account."""
    others = sorted({device.account for device in step.roster(room.id).values()} - {step.local.account})
    if room.phase == JOINED and others and set(room.info.admins) == {step.local.account}:
        commands.set_admin(step, room.id, others[0], admin=True)


def _leave(step: Step, room: RoomState) -> None:
    if room.phase != JOINED:
        return
    try:
        commands.leave(step, room.id)
    except LastAdmin:
        # The one who was appointed has gone meanwhile, or is us on another device: the room stays as it is.
        return
