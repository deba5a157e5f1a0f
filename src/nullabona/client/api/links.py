"""Invite links: giving them out, reading and following those of others."""

from __future__ import annotations

from nullabona.client.api.contacts import ContactCalls
from nullabona.client.api.finding import find_room
from nullabona.client.api.records import LinkInfo, LinkOpened, LinkRead
from nullabona.client.core import commands, links, trust
from nullabona.client.core.links import GivenLink, Link, LinkError
from nullabona.client.core.records import ContactState
from nullabona.client.core.state import JOINED


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
        link = links.parse_link(text)
        with self._session.view() as step:
            contact = step.store.contact_by_handle(link.handle)
            room = step.find_room(link.room) if link.room else None
            if link.fits(step.me.account):
                state = "own"
            elif contact is not None and not link.fits(trust.pinned_key(contact)):
                state = "other"
            elif room is not None:
                state = "known" if room.phase == JOINED else "new"
            else:
                accepted = contact is not None and contact.state is ContactState.ACCEPTED and not link.room
                state = "known" if accepted else "new"
        return LinkRead(link.kind, link.handle, link.room, state)

    async def open_link(self, text: str, greeting: str = "", *, timeout_s: float = 30.0) -> LinkOpened:
        """Follow a link: ask the account to talk, or the admin to be added. Durable when this returns.

        The handle's card is looked up first and must be of the account that the link was made for. Raises
        `LinkError` (`LinkMismatch`: another account), `UnknownHandle`, `Refused`, `TimedOut` or `BadRequest`.
        """
        link = links.parse_link(text)
        own = self._session.account().record
        if link.fits(self._session.account().me.account):
            raise LinkError("this is your own link", hint="give it to somebody else")
        card = await self.look_up(link.handle, timeout_s=timeout_s)
        links.check_card(link, card)
        with self._session.step() as step:
            if link.room:
                links.follow_room(step, link, card, own.card)
            else:
                contact = commands.request_contact(step, card, own.card, greeting, link.token)
                if contact.state is ContactState.ASKING:
                    commands.accept_contact(step, contact.handle)
        return LinkOpened(link.kind, link.handle, card.account_id, link.room)

    def own_link(self) -> str:
        """The lasting link to this account."""
        me = self._session.account().me
        return links.format_link(Link("contact", me.handle, links.key_check(me.account)))


def _info(link: GivenLink) -> LinkInfo:
    return LinkInfo(link.id, link.kind, link.text, link.room, link.expires_at, link.uses_left)
