"""Invite links: giving them out, reading and following those of others."""

from __future__ import annotations

from nullabona.client.api.contacts import ContactCalls
from nullabona.client.api.finding import find_room
from nullabona.client.api.records import LinkInfo, LinkOpened, LinkRead, WishInfo
from nullabona.client.core import commands
from nullabona.client.core.contacts import join_requests, links
from nullabona.client.core.contacts.join_requests import Wish
from nullabona.client.core.contacts.links import GivenLink
from nullabona.client.core.model import invite_link
from nullabona.client.core.model.invite_link import Link, LinkError
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.state import JOINED
from nullabona.client.core.timeline.names import Names, all_names


class LinkCalls(ContactCalls):
    """The part of `Client` about invite links."""

    async def make_link(self, room: bytes | str | None = None, *, hours: int = 0, uses: int = 0) -> LinkInfo:
        """A link to this account, or into a group that we are an admin of.

        A contact link without ``hours`` is for ever and only says who we are; with ``hours`` whoever follows it is
        accepted without being asked for, once or ``uses`` times. A group link needs ``hours`` and serves ``uses``
        people (0: any number), while this device is online. Raises `NotAllowed`, `BadRequest` or `NoSuchRoom`.
        """
        with self._session.step() as step:
            if room is None:
                return _info(links.make_contact_link(step, hours=hours, uses=uses))
            return _info(links.make_room_link(step, find_room(step.store, room), hours=hours, uses=uses))

    def links(self, room: bytes | str | None = None) -> list[LinkInfo]:
        """Those that are still good: into a room, or to this account."""
        with self._session.view() as step:
            wanted = b"" if room is None else find_room(step.store, room)
            return [_info(link) for link in links.given_links(step) if link.room == wanted]

    async def revoke_link(self, id: bytes) -> None:
        """Nobody can use it any more. Raises `BadRequest` if it is not among ours."""
        with self._session.step() as step:
            links.revoke(step, id)

    def read_link(self, text: str) -> LinkRead:
        """What a pasted or scanned link says; nothing is sent. Raises `LinkError`."""
        link = invite_link.parse_link(text)
        with self._session.view() as step:
            named = [contact for contact in step.store.contacts() if contact.handle == link.handle]
            contact = next((each for each in named if link.fits(each.account)), None)
            room = step.find_room(link.room) if link.room else None
            if link.fits(step.me.account):
                state = "own"
            elif named and contact is None:
                state = "other"
            elif room is not None:
                state = "known" if room.phase == JOINED else "new"
            else:
                accepted = contact is not None and contact.state is ContactState.ACCEPTED and not link.room
                state = "known" if accepted else "new"
        return LinkRead(link.kind, link.handle, link.room, state, contact.account if contact is not None else b"")

    async def open_link(self, text: str, greeting: str = "", *, timeout_s: float = 30.0) -> LinkOpened:
        """Follow a link: ask the account to talk, or the admin to be added. Durable when this returns.

        Into a group it is a wish (`wishes`) until the admin's client, which must run for it, has let us in or refused.

        The handle's card is looked up first and must be of the account that the link was made for. Raises
        `LinkError` (`LinkMismatch`: another account), `UnknownHandle`, `Refused`, `TimedOut` or `BadRequest`.
        """
        link = invite_link.parse_link(text)
        own = self._session.account().record
        if link.fits(self._session.account().me.account):
            raise LinkError("this is your own link", hint="give it to somebody else")
        card = await self.look_up(link.handle, timeout_s=timeout_s)
        invite_link.check_card(link, card)
        with self._session.step() as step:
            if link.room:
                join_requests.ask(step, link, card, own.card)
            else:
                contact = commands.request_contact(step, card, own.card, greeting, link.token)
                if contact.state is ContactState.ASKING:
                    commands.accept_contact(step, contact.account)
        return LinkOpened(link.kind, link.handle, card.account_id, link.room)

    def wishes(self) -> list[WishInfo]:
        """The groups that we asked to be let into by a link and are not in yet, the longest asked first."""
        with self._session.view() as step:
            names, patience = all_names(step.store), step.timing.link_answer
            return [_wish(wish, names, patience) for wish in join_requests.wishes(step) if wish.state != "withdrawn"]

    async def ask_again(self, room: bytes) -> None:
        """Put a wish that has no answer before its admin once more. Raises `BadRequest` if there is none."""
        own = self._session.account().record
        with self._session.step() as step:
            join_requests.ask_again(step, room, own.card)

    async def withdraw_wish(self, room: bytes) -> None:
        """Do not enter by itself any more: an invitation that still comes waits for the person.

        The admin is not told. A wish that was refused is forgotten. Raises `BadRequest` if there is none.
        """
        with self._session.step() as step:
            join_requests.withdraw(step, room)

    def own_link(self) -> str:
        """The lasting link to this account."""
        me = self._session.account().me
        return invite_link.format_link(Link("contact", me.handle, invite_link.key_check(me.account)))


def _info(link: GivenLink) -> LinkInfo:
    return LinkInfo(link.id, link.kind, link.text, link.room, link.expires_at, link.uses_left)


def _wish(wish: Wish, names: Names, patience: int) -> WishInfo:
    name = names.name(wish.account) if names.handles.get(wish.account) else ""
    return WishInfo(wish.room, wish.account, wish.handle, name, wish.state, wish.asked_at, patience)
