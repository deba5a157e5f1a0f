"""Other accounts: contact requests, blocking, cards, safety numbers."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace

from nullabona.client.api.account import own_account
from nullabona.client.api.errors import Offline, TimedOut, UnknownHandle
from nullabona.client.api.finding import find_contact
from nullabona.client.api.profiles import profile_of
from nullabona.client.api.records import ContactInfo, FoundPeople, ProfileInfo, SafetyNumber
from nullabona.client.api.session import Session
from nullabona.client.api.showing import look_at, room_title
from nullabona.client.core import commands, preferences
from nullabona.client.core.contacts import requests, trust
from nullabona.client.core.contacts.requests import rename_contact
from nullabona.client.core.directory.found import BadCard, NoCard, ProvenCard
from nullabona.client.core.identity import claims, contact_keys
from nullabona.client.core.identity.contact_keys import is_verified
from nullabona.client.core.model import safety_number
from nullabona.client.core.model.errors import BadRequest, NoSuchContact
from nullabona.client.core.model.hangul import matches_name
from nullabona.client.core.model.records import Contact, ContactState
from nullabona.client.core.model.state import JOINED
from nullabona.client.core.preferences import of_contact
from nullabona.client.core.step import DAY_MS, Step
from nullabona.client.core.timeline.names import MAX_NAME, Names, all_names, clean_name
from nullabona.client.runner import now_ms
from nullabona.errors import PeerError
from nullabona.wire.card import Card, verify_card
from nullabona.wire.handle import parse_handle


class Contacts:
    """Other accounts. ``who`` is an account id, the start of it in hex, a handle, or a handle's part before the @."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def all(self) -> list[ContactInfo]:
        """All contacts and everybody who asked to be one, the longest known first."""
        with self._session.view() as step:
            names = all_names(step.store)
            return [named_info(step, contact, names) for contact in step.store.contacts()]

    async def request(self, handle: str, greeting: str = "", *, timeout_s: float = 30.0) -> ContactInfo:
        """Send a contact request. It is stored when this returns, and sent once their relay is reached.

        A handle without host is one of our own relay. Looks up their card first. Asking again repeats the request;
        asking somebody who has asked us accepts them.
        Raises `UnknownHandle`, `Refused`, `TimedOut`.
        """
        known = self._session.account()
        name, host = handle.strip().removeprefix("@"), own_account(self._session).handle.partition("@")[2]
        wanted = str(parse_handle(name if "@" in name else f"{name}@{host}"))
        card = await self.look_up(wanted, timeout_s=timeout_s)
        with self._session.step() as step:
            contact = commands.request_contact(step, card, known.record.card, greeting)
            if contact.state is ContactState.ASKING:
                contact = commands.accept_contact(step, contact.account)
        return _info(contact)

    async def accept(self, who: bytes | str, *, timeout_s: float = 10.0) -> ContactInfo:
        """Accept a contact request: open the direct room and invite them, once the public record confirms who they are.

        The record is asked now. If it cannot confirm them yet, the answer is stored and sent when it does
        (``answered``). Raises `NoSuchContact`, or `CardRefuted` if the record contradicts them.
        """
        with self._session.view() as step:
            contact = find_contact(step.store, who, asking=True)
        await prove(self._session, contact.account, contact.handle, timeout_s)
        with self._session.step() as step:
            contact = commands.accept_contact(step, contact.account)
        return self._contact_now(contact.account)

    async def decline(self, who: bytes | str) -> None:
        """Delete a request. They are not told, and may ask again. Raises `NoSuchContact` or `Ambiguous`."""
        with self._session.step() as step:
            commands.decline_contact(step, find_contact(step.store, who, asking=True).account)

    async def block(self, who: bytes | str) -> None:
        """Ignore their requests and invitations from now on. They are not told. Raises as `decline`."""
        with self._session.step() as step:
            commands.block_contact(step, find_contact(step.store, who).account)

    async def unblock(self, who: bytes | str) -> None:
        """End a block. What they sent meanwhile was not stored; somebody we never talked with is deleted."""
        with self._session.step() as step:
            trust.unblock(step, find_contact(step.store, who))

    async def delete(self, who: bytes | str) -> None:
        """Delete a contact and leave the direct room. Its messages stay on this device. They may ask again."""
        with self._session.step() as step:
            contact = find_contact(step.store, who)
            room = step.find_room(contact.room) if contact.room else None
            if room is not None and room.phase == JOINED:
                commands.leave(step, room.id)
            trust.forget(step, contact)

    async def set_nickname(self, account: bytes, nickname: str) -> None:
        """Set our own name for a contact, shown only here; empty removes it. Raises `BadRequest`, `NoSuchContact`."""
        cleaned = clean_name(nickname)
        if len(nickname.strip()) > MAX_NAME:
            raise BadRequest(f"a name has at most {MAX_NAME} characters")
        with self._session.step() as step:
            contact = step.store.contact(account)
            if contact is None:
                raise NoSuchContact("this account is not among your contacts")
            rename_contact(step, contact, cleaned)

    def find(self, text: str) -> FoundPeople:
        """Contacts, members of our rooms, and rooms whose name or handle matches: ㄱㅈㅇ and 김ㅈ find 김지우."""
        with self._session.view() as step:
            look = look_at(step)
            names = look.names

            def fits(account: bytes) -> bool:
                called = (names.name(account), names.profiles.get(account, ""), names.handle(account).partition("@")[0])
                return any(matches_name(text, name) for name in called)

            contacts = [contact for contact in step.store.contacts() if fits(contact.account)]
            known = {contact.account for contact in contacts} | {step.local.account}
            members: dict[bytes, ProfileInfo] = {}
            rooms = []
            for room_id in step.store.rooms():
                if matches_name(text, room_title(look, step.find_room(room_id))):
                    rooms.append(room_id)
                for device in step.store.devices(room_id):
                    if device.account not in known and device.account not in members and fits(device.account):
                        members[device.account] = profile_of(step, device.account)
            return FoundPeople(
                tuple(named_info(step, contact, names) for contact in contacts), tuple(members.values()), tuple(rooms)
            )

    # -- safety numbers ------------------------------------------------------------------------------------------------

    def safety_number(self, who: bytes | str) -> SafetyNumber:
        """The safety number with a contact: both see the same unless somebody intercepts. Raises `NoSuchContact`.

        It belongs to the account in the direct room, even while the directory shows another one (``changed``).
        """
        with self._session.view() as step:
            contact = find_contact(step.store, who)
            known = preferences.of_contact(step.store, contact.account)
            digits = contact_keys.digits_of(step, contact)
            verified = contact_keys.is_verified(step, contact)
        return SafetyNumber(
            contact.account,
            contact.handle,
            digits,
            safety_number.code_text(digits),
            verified,
            bool(known.changed),
            bool(known.replaced),
        )

    def matches_code(self, who: bytes | str, text: str) -> bool:
        """Whether a scanned code, or 60 typed digits, equals the safety number with a contact."""
        return safety_number.code_matches(self.safety_number(who).digits, text)

    async def verify(self, who: bytes | str, *, verified: bool = True) -> None:
        """Note that the person compared safety numbers with a contact, or withdraw that."""
        with self._session.step() as step:
            trust.verify(step, find_contact(step.store, who), verified=verified)

    async def confirm(self, who: bytes | str) -> None:
        """Note that the person has seen that a contact's handle now leads to another identity key.

        Waiting messages are sent to the account they were written to. The other account is a stranger, who can be
        asked with `request`. Raises `BadRequest` if there is no such change.
        """
        with self._session.step() as step:
            trust.confirm(step, find_contact(step.store, who))

    # -- cards ---------------------------------------------------------------------------------------------------------

    async def look_up(self, handle: str, *, timeout_s: float = 30.0) -> Card:
        """Look up the card of a handle, verify it, and check it against the one we know of a contact.

        Raises `UnknownHandle`, `Refused`, `TimedOut`, or `PeerError` if the card does not continue the known one.
        """
        wanted = str(parse_handle(handle))
        if not self._session.options.online:
            return self._known_card(wanted)
        match await self._looked_up(wanted, timeout_s):
            case ProvenCard() as found:
                return self._learn(found)
            case NoCard():
                raise UnknownHandle(f"nobody is registered as {wanted}")
            case BadCard() as bad:
                raise bad.error

    def _learn(self, found: ProvenCard) -> Card:
        """Note a card that was looked up. A refused one is reported in the step's events, so the step must be kept."""
        refused: PeerError | None = None
        with self._session.step() as step:
            try:
                return requests.learn_card(step, found)
            except PeerError as error:
                refused = error
        raise refused

    async def _looked_up(self, handle: str, timeout_s: float) -> ProvenCard | NoCard | BadCard:
        try:
            async with asyncio.timeout(timeout_s):
                return await self._session.runner.look_up(handle)
        except TimeoutError:
            raise TimedOut("the server of that handle could not be reached in time") from None

    def _known_card(self, handle: str) -> Card:
        with self._session.look() as store:
            contact = store.contact_by_handle(handle)
        if contact is None or not contact.card:
            raise Offline(f"the card of {handle} has to be looked up first")
        return verify_card(contact.card, today=now_ms() // DAY_MS)

    def _contact_now(self, account: bytes) -> ContactInfo:
        with self._session.view() as step:
            contact = step.store.contact(account)
            if contact is None:
                raise NoSuchContact("this account is not among your contacts any more")
            return trusted_info(step, contact)


async def prove(session: Session, account: bytes, handle: str, timeout_s: float) -> None:
    """Ask the public record who an account is, unless it has confirmed it already; stores what the record says."""
    with session.view() as step:
        asked = claims.standing(step, account) in claims.GOOD
    if asked or not session.options.online:
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await session.runner.prove(handle)


def _info(contact: Contact) -> ContactInfo:
    return ContactInfo(contact.account, contact.handle, str(contact.state), contact.room, contact.greeting)


def trusted_info(step: Step, contact: Contact) -> ContactInfo:
    """A contact as it is shown, with what the person knows of its identity key."""
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
        asks=contact.state is ContactState.ASKING and claims.asks(step, contact.account),
    )
