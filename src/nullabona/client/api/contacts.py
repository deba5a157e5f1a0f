"""Contacts: asking, answering, blocking."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace

from nullabona.client.api.errors import Offline, TimedOut, UnknownHandle
from nullabona.client.api.finding import find_contact
from nullabona.client.api.records import ContactInfo
from nullabona.client.api.session import Session
from nullabona.client.core import commands
from nullabona.client.core.contacts import requests
from nullabona.client.core.identity import claims
from nullabona.client.core.identity.contact_keys import is_verified
from nullabona.client.core.model.errors import NoSuchContact
from nullabona.client.core.model.records import Contact, ContactState
from nullabona.client.core.preferences import of_contact
from nullabona.client.core.step import DAY_MS, Step
from nullabona.client.core.timeline.names import Names, all_names
from nullabona.client.runner import now_ms
from nullabona.errors import PeerError
from nullabona.wire.card import Card, verify_card
from nullabona.wire.handle import parse_handle


class ContactCalls:
    """The part of `Client` about other accounts. ``who`` is an account, the beginning of its id in hex, or a handle."""

    _session: Session

    def contacts(self) -> list[ContactInfo]:
        """Everybody this profile knows, the longest known first."""
        with self._session.view() as step:
            names = all_names(step.store)
            return [named_info(step, contact, names) for contact in step.store.contacts()]

    async def request_contact(self, handle: str, greeting: str = "", *, timeout_s: float = 30.0) -> ContactInfo:
        """Ask somebody to talk; durable when this returns, and sent as soon as their relay is reached.

        Looks their card up. Asking again repeats the request; asking somebody who has asked us is saying yes.
        Raises `UnknownHandle`, `Refused`, `TimedOut`.
        """
        known, wanted = self._session.account(), str(parse_handle(handle))
        card = await self.look_up(wanted, timeout_s=timeout_s)
        with self._session.step() as step:
            contact = commands.request_contact(step, card, known.record.card, greeting)
            if contact.state is ContactState.ASKING:
                contact = commands.accept_contact(step, contact.account)
        return _info(contact)

    async def accept_contact(self, who: bytes | str, *, timeout_s: float = 10.0) -> ContactInfo:
        """Say yes to a request: opens the direct room and invites them, once the public record says who they are.

        It is asked now. If it cannot prove them yet, the answer is kept and goes out by itself when it does
        (``answered``). Raises `NoSuchContact`, or `CardRefuted` if the record says otherwise.
        """
        with self._session.view() as step:
            contact = find_contact(step.store, who, asking=True)
        await self._prove(contact.account, contact.handle, timeout_s)
        with self._session.step() as step:
            contact = commands.accept_contact(step, contact.account)
        return self._contact_now(contact.account)

    async def _prove(self, account: bytes, handle: str, timeout_s: float) -> None:
        """Ask the record who somebody is, unless it has said so; what it says is kept as their standing."""
        with self._session.view() as step:
            asked = claims.standing(step, account) in claims.GOOD
        if asked or not self._session.options.online:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._session.runner.prove(handle)

    def _contact_now(self, account: bytes) -> ContactInfo:
        with self._session.view() as step:
            contact = step.store.contact(account)
            if contact is None:
                raise NoSuchContact("this account is not among your contacts any more")
            return trusted_info(step, contact)

    async def decline_contact(self, who: bytes | str) -> None:
        """Forget a request; they are not told and may ask again."""
        with self._session.step() as step:
            commands.decline_contact(step, find_contact(step.store, who, asking=True).account)

    async def block_contact(self, who: bytes | str) -> None:
        """Hear no more requests and invitations from them; they are not told."""
        with self._session.step() as step:
            commands.block_contact(step, find_contact(step.store, who).account)

    async def look_up(self, handle: str, *, timeout_s: float = 30.0) -> Card:
        """The verified card of a handle, checked against the one we know of a contact.

        Raises `UnknownHandle`, `Refused`, `TimedOut`, or `PeerError` if the card does not continue the known one.
        """
        wanted = str(parse_handle(handle))
        if not self._session.options.online:
            return self._known_card(wanted)
        data = await self._looked_up(wanted, timeout_s)
        if data is None:
            raise UnknownHandle(f"nobody is registered as {wanted}")
        return self._learn(data, wanted)

    def _learn(self, data: bytes, handle: str) -> Card:
        """What is wrong with a card is told in the step's events, so the step must not be undone for it."""
        refused: PeerError | None = None
        with self._session.step() as step:
            try:
                return requests.learn_card(step, data, handle)
            except PeerError as error:
                refused = error
        raise refused

    async def _looked_up(self, handle: str, timeout_s: float) -> bytes | None:
        try:
            async with asyncio.timeout(timeout_s):
                return await self._session.runner.look_up(handle)
        except TimeoutError:
            raise TimedOut("the directory of that handle was not reached in time") from None

    def _known_card(self, handle: str) -> Card:
        with self._session.look() as store:
            contact = store.contact_by_handle(handle)
        if contact is None or not contact.card:
            raise Offline(f"the card of {handle} has to be looked up first")
        return verify_card(contact.card, today=now_ms() // DAY_MS)


def _info(contact: Contact) -> ContactInfo:
    return ContactInfo(contact.account, contact.handle, str(contact.state), contact.room, contact.greeting)


def trusted_info(step: Step, contact: Contact) -> ContactInfo:
    """As shown, with what the person knows of its identity key."""
    return named_info(step, contact, all_names(step.store))


def named_info(step: Step, contact: Contact, names: Names) -> ContactInfo:
    """As `trusted_info`, for many at once."""
    known = of_contact(step.store, contact.account)
    name = names.name(contact.account)
    return replace(
        _info(contact),
        name=name,
        nickname=contact.name,
        verified=is_verified(step, contact),
        changed=bool(known.changed),
        replaced=bool(known.replaced),
        record=claims.standing(step, contact.account),
        answered=contact.state is ContactState.ASKING and claims.answered(step, contact.account),
    )
