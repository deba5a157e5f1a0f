"""Keeps our card in the directory: publishes it, renews it weekly, and checks that the directory shows ours."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from nullabona.client.account import (
    RENEW_DAYS,
    Account,
    load_account,
    need_account,
    note_lost,
    note_published,
    registration_token,
    renew_card,
    renewal_due,
    take_card,
)
from nullabona.client.core.account import own_devices
from nullabona.client.core.devices import inbox_state, membership, sync_out
from nullabona.client.core.directory.checking import Checked
from nullabona.client.core.directory.errors import PromiseInvalid
from nullabona.client.core.directory.keeping import (
    expect,
    load_expected,
    load_pinned,
    note_own_card,
    own_cards,
    own_entries,
)
from nullabona.client.core.directory.promises import Expected, check_promise, encode_expected
from nullabona.client.core.model.change_set import ChangeSet
from nullabona.client.core.model.facts.account import Published as CardPublished
from nullabona.client.core.model.sync_items import CardItem
from nullabona.client.core.step import DAY_MS
from nullabona.client.net import EndpointRefused, TimedOut, endpoint_of
from nullabona.client.next_card import card_at, rebased
from nullabona.client.runner.context import RunnerContext
from nullabona.client.runner.directories import GRAVE, Directories
from nullabona.client.runner.randomness import fraction
from nullabona.client.runner.requests import ask
from nullabona.errors import Bug, PeerError, Refused
from nullabona.wire.card import Card, card_hash, decode_card, sign_delete
from nullabona.wire.messages import CardTaken, DeleteCard, Done, PublishCard, Refusal

CHECK_S: Final = 6 * 3_600.0
RETRY_S: Final = 300.0
RENEW_S: Final = 3_600
"""A card whose renewal is due is renewed within this time, drawn at each start: not when the device comes on."""
LATE_S: Final = 600
"""The same of a renewal that was due a day ago: a device may never be on for an hour. One that was due a week ago is
made at once: a device may be on for seconds only, as commands are, and a card that is never renewed lapses.
"""
LAG_S: Final = 30.0
"""How often a restored device looks whether the record shows the lost device's last card by now."""
STALE: Final = frozenset({"card-stale", "card-forked"})
"""Refusals of a card that does not continue the one that the directory has."""
REGISTRATION: Final = frozenset({"registration-paused", "token-needed", "token-refused"})
"""Refusals of a new handle at a directory that does not let everybody register."""
FINAL: Final = REGISTRATION | {"handle-taken", "handle-refused", "card-invalid", "card-forked", "card-stale"}
"""Refusals that the same card will get again, until its operator or its owner changes something."""
DISTRUSTED: Final = GRAVE - {"log-stale"}
"""The client waits for a record that is only late; it gives no card to one that is wrong in another way."""


@dataclass(frozen=True, slots=True)
class Published:
    """How far the card has come: ``done``, refused with a wire code, not given to a directory that is not believed, or
    still on its way.
    """

    done: bool = False
    refusal: str = ""
    distrusted: PeerError | EndpointRefused | None = None


class Publishing:
    """The card of one client's account."""

    def __init__(self, context: RunnerContext, directories: Directories) -> None:
        self._context = context
        self._directories = directories
        self._poke = asyncio.Event()
        self._looks = False
        self._lags = False
        self._renew_ms: int | None = None
        """When the card is renewed; None: that is not due."""
        self.outcome = Published(done=self._account().published)

    def poke(self) -> None:
        """Publish the card within moments, or look whether the directory shows it: there is a reason to."""
        self._looks = True
        self._poke.set()

    def reached(self) -> None:
        """A relay was reached: publish a card that is not published yet. Nobody is asked about one that is, nor is it
        renewed now.
        """
        if not self._account().published:
            self._poke.set()

    def look_anew(self) -> None:
        """Check that the directory shows the card, even if that is known; `outcome` tells when it was seen."""
        self.outcome = Published()
        self.poke()

    async def run(self) -> None:
        """For as long as the client runs."""
        while True:
            self._poke.clear()
            self._lags = False
            pause = CHECK_S if await self._once() else LAG_S if self._lags else RETRY_S
            if self._renew_ms is not None:
                pause = min(pause, max(0, self._renew_ms - self._context.now()) / 1_000)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._poke.wait()

    async def _once(self) -> bool:
        with self._context.store.reading():
            if own_devices.is_signed_out(self._context.store):
                return True
        try:
            self._choose()
            self._renew()
            if not self._account().published:
                self._looks = True
                if not await self._publish():
                    return False
            if not self._looks:
                return True
            self._looks = not await self._check()
        except (PeerError, EndpointRefused) as error:
            self._context.warn(error.code, relay=self._home())
            if error.code in DISTRUSTED and not self.outcome.done:
                self._say(Published(distrusted=error))
            return False
        else:
            return not self._looks

    def _choose(self) -> None:
        """A card that another device made may name the old relay: make a newer one with this device's choice."""
        with self._context.store.reading():
            relay = own_devices.chosen_relay(self._context.store)
        if relay and relay != self._account().relay:
            with self._context.engine.step(self._context.now()) as step:
                card = card_at(need_account(step.store), relay, step.day)
                take_card(step.store, card)
                sync_out.tell_now(step, CardItem(card.encoded))
            self._say(Published())

    def _renew(self) -> None:
        """Renew the card, some time after that is due: the directory is told whose card it is, and may see what else
        comes in that moment.
        """
        now = self._context.now()
        account, today = self._account(), now // DAY_MS
        if not renewal_due(account, today):
            self._renew_ms = None
            return
        if self._renew_ms is None:
            within_s = LATE_S if renewal_due(account, today - 1) else RENEW_S
            late = renewal_due(account, today - RENEW_DAYS)
            self._renew_ms = now if late else now + int(fraction() * within_s * 1_000)
        if now >= self._renew_ms:
            self._renew_ms = None
            with self._context.engine.step(now) as step:
                renewed = renew_card(step.store, step.mls, account, today)
                sync_out.tell_now(step, CardItem(renewed.record.card))
            self._say(Published())

    async def _publish(self) -> bool:
        """Publish the newest card. Look at the record first, so that its state can prove a broken promise."""
        account = self._account()
        card = account.card
        before = await self._directories.look_up(account.record.handle)
        with self._context.store.reading():
            token = registration_token(self._context.store)
        answer = await ask(self._context.connections.one_shot(self._home()), PublishCard(card.encoded, token))
        if isinstance(answer, CardTaken):
            promise = self._promised(card, answer.promise, before)
            with self._context.engine.step(self._context.now()) as step:
                note_published(step.store, card, step.day)
                if promise is not None:
                    expect(step.store, promise)
                    sync_out.tell_now(step, CardItem(card.encoded, encode_expected(promise)))
                step.tell(CardPublished(str(card.handle)))
            self._say(Published(done=True))
            return True
        if isinstance(answer, Refusal) and answer.code in STALE:
            # Restored from the card that the record showed, while a newer one was still between two epochs: the record
            # shows that one soon.
            self._lags = card.sequence > 0 and not account.ever_published
            if self._rebase(before.card) or self._lags:
                return False
        if isinstance(answer, Refusal) and answer.code in FINAL:
            self._context.warn("card-refused", reason=answer.code, handle=str(card.handle))
            self._say(Published(refusal=answer.code))
        return False

    def _rebase(self, shown: bytes) -> bool:
        """Another of our devices published in between: build on its card. Returns whether there is one.

        A device that was removed does not; one that was just restored names itself alone, also in place of that card.
        """
        account, today = self._account(), self._context.now() // DAY_MS
        with self._context.engine.step(self._context.now()) as step:
            theirs = own_devices.own_card_of(step, shown) if shown else None
            if theirs is None or theirs.sequence < account.card.sequence or theirs.hash == account.card.hash:
                return False
            own_devices.note_named(step.store, theirs)
            named = [each.certificate.device_id for each in theirs.devices]
            if account.record.device_id not in named:
                if account.ever_published:
                    return False
                note_own_card(step.store, theirs.hash)
                own_devices.note_gone(step.store, named)
            gone = own_devices.gone(step.store)
            relay = own_devices.chosen_relay(step.store)
            card = rebased(account, theirs, gone, relay, today)
            take_card(step.store, card)
            inbox_state.follow(step, card)
        self._poke.set()
        return True

    def _promised(self, card: Card, note: bytes, before: Checked) -> Expected | None:
        """What the directory promised; a card without a promise is in the record already, which `_check` verifies."""
        if not note:
            return None
        host, now_s = card.handle.authority, self._context.now() // 1_000
        with self._context.store.reading():
            pinned = load_pinned(self._context.store, host)
        try:
            if pinned is not None:
                return check_promise(pinned, str(card.handle), card.hash, note, before.frontier, now_s)
        except PromiseInvalid as error:
            self._context.warn(error.code, host=host)
        return None

    async def _check(self) -> bool:
        """Whether the directory shows our card, or has promised to; it is published again if the directory lost it."""
        account = self._account()
        card = account.card
        shown = (await self._directories.look_up(account.record.handle)).card
        with self._context.store.reading():
            waits = any(each.digest == card.hash for each in load_expected(self._context.store))
            own = own_cards(self._context.store)
        if shown == card.encoded:
            self._is_ours()
            self._seen()
            return True
        if waits and (not shown or card_hash(shown) in own):
            self._seen()
            return True
        if not shown:
            with self._context.engine.step(self._context.now()) as step:
                note_lost(step.store)
            return await self._publish()
        if self._moved_on(shown, card):
            self._seen()
            return True
        reason = _difference(shown, card)
        if reason == "older" and not self._was_entered(card):
            self._seen()  # a device that was just let in made the next card; the watch judges which ones are ours
            return True
        self._context.warn("card-not-ours", handle=account.record.handle, reason=reason)
        if reason != "older" and not self.outcome.done:  # an older one is replaced by ours, which is in no epoch yet
            self._say(Published(refusal="card-forked"))
        return True

    def _was_entered(self, card: Card) -> bool:
        """Whether the record has shown the card in an epoch that was watched here."""
        with self._context.store.reading():
            return any(entry.digest == card.hash for entry in own_entries(self._context.store))

    def _seen(self) -> None:
        if not self.outcome.done:
            self._say(Published(done=True))

    def _is_ours(self) -> None:
        """The directory shows our card, so a device in our rooms that is not on it was not let in a moment ago."""
        with self._context.engine.step(self._context.now()) as step:
            membership.shown(step)
            changes = step.changes()
        self._context.happened(changes)

    def _moved_on(self, shown: bytes, ours: Card) -> bool:
        """The account has a newer card. Does it name this device, that device follows it; if not, it was revoked.

        Whether one of our devices made the card is for the watch of the record to say (spec/map.md §6).
        """
        with self._context.engine.step(self._context.now()) as step:
            theirs = own_devices.own_card_of(step, shown)
            if theirs is None or theirs.sequence <= ours.sequence:
                return False
            membership.follow(step, theirs)
            changes = step.changes()
        self._context.happened(changes)
        return True

    async def delete(self) -> None:
        """Have the directory erase our card. Raises `Refused`, or `TimedOut` if it gives no answer."""
        account = self._account()
        today = self._context.now() // DAY_MS
        statement = sign_delete(account.root.identity_key(), account.card, day=today)
        answer = await ask(self._context.connections.one_shot(self._home()), DeleteCard(statement))
        if isinstance(answer, Refusal):
            raise Refused(answer.code, retry_after_s=answer.retry_after_s)
        if not isinstance(answer, Done):
            raise TimedOut("the server did not answer")

    def _say(self, outcome: Published) -> None:
        self.outcome = outcome
        self._context.happened(ChangeSet(frozenset()))

    def _account(self) -> Account:
        account = load_account(self._context.store)
        if account is None:
            raise Bug("a client runs without an account")
        return account

    def _home(self) -> str:
        return str(endpoint_of(self._account().handle.authority))


def _difference(shown: bytes, ours: Card) -> str:
    """Who may have made a card that is not the one we published."""
    body = decode_card(shown).body
    if body.identity_key != ours.identity_key:
        return "another-identity"
    return "newer" if body.sequence > ours.sequence else "older"
