"""Invite links: make our own, read and open those of others."""

from __future__ import annotations

from dataclasses import dataclass

from nullabona.client.api.contacts import Contacts
from nullabona.client.api.finding import find_room
from nullabona.client.api.link_records import JoinRequestInfo, LinkInfo, LinkOpened, LinkRead
from nullabona.client.api.session import Session
from nullabona.client.core import commands
from nullabona.client.core.contacts import join_requests, links
from nullabona.client.core.contacts.join_requests import JoinRequest
from nullabona.client.core.contacts.links import GivenLink
from nullabona.client.core.model import invite_link
from nullabona.client.core.model.invite_link import Kind, LinkError
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.state import JOINED
from nullabona.client.core.timeline.names import Names, all_names


@dataclass(frozen=True, slots=True)
class Invite:
    """What a link says to somebody without an account."""

    kind: Kind
    handle: str
    at_once: bool
    """Its maker agreed to everybody who comes by it; otherwise they are asked."""


class Links:
    """Invite links, ours and those of others."""

    def __init__(self, session: Session, contacts: Contacts) -> None:
        self._session = session
        self._contacts = contacts

    async def make(self, room: bytes | str | None = None, *, hours: int = 0, uses: int = 0) -> LinkInfo:
        """Make a link to this account, or into a group that we are an admin of.

        A contact link without ``hours`` never expires and only says who we are. With ``hours`` it accepts everybody who
        opens it without asking, once or ``uses`` times. A group link needs ``hours``; it admits ``uses`` people (0: any
        number) while this device is online. Raises `NotAllowed`, `BadRequest` or `NoSuchRoom`.
        """
        with self._session.step() as step:
            if room is None:
                return _info(links.make_contact_link(step, hours=hours, uses=uses))
            return _info(links.make_room_link(step, find_room(step.store, room), hours=hours, uses=uses))

    def all(self, room: bytes | str | None = None) -> list[LinkInfo]:
        """Our links that are still valid: into a room, or to this account."""
        with self._session.view() as step:
            wanted = b"" if room is None else find_room(step.store, room)
            return [_info(link) for link in links.given_links(step) if link.room == wanted]

    async def revoke(self, id: bytes) -> None:
        """Make a link invalid. Raises `BadRequest` if it is not one of ours."""
        with self._session.step() as step:
            links.revoke(step, id)

    def read(self, text: str) -> LinkRead:
        """What a pasted or scanned link leads to. Nothing is sent. Raises `LinkError`."""
        link = invite_link.parse_link(text)
        with self._session.view() as step:
            named = [contact for contact in step.store.contacts() if contact.handle == link.handle]
            contact = next((each for each in named if link.fits(each.account)), None)
            room = step.find_room(link.room) if link.room else None
            if link.fits(step.local.account):
                state = "own"
            elif named and contact is None:
                state = "other"
            elif room is not None:
                state = "known" if room.phase == JOINED else "new"
            else:
                accepted = contact is not None and contact.state is ContactState.ACCEPTED and not link.room
                state = "known" if accepted else "new"
        return LinkRead(link.kind, link.handle, link.room, state, contact.account if contact is not None else b"")

    async def open(self, text: str, greeting: str = "", *, timeout_s: float = 30.0) -> LinkOpened:
        """Open a link: send its account a contact request, or ask the admin to be added. Stored when this returns.

        Into a group this is a join request (`join_requests`) until the admin's client, which must be running, has
        accepted or refused it.

        The handle's card is looked up first and must be of the account that the link was made for. Raises
        `LinkError` (`LinkMismatch`: another account), `UnknownHandle`, `Refused`, `TimedOut` or `BadRequest`.
        """
        link = invite_link.parse_link(text)
        own = self._session.account().record
        if link.fits(self._session.account().local.account):
            raise LinkError("this is your own link", hint="give it to somebody else")
        card = await self._contacts.look_up(link.handle, timeout_s=timeout_s)
        invite_link.check_card(link, card)
        with self._session.step() as step:
            if link.room:
                join_requests.ask(step, link, card, own.card)
            else:
                contact = commands.request_contact(step, card, own.card, greeting, link.token)
                if contact.state is ContactState.ASKING:
                    commands.accept_contact(step, contact.account)
        return LinkOpened(link.kind, link.handle, card.account_id, link.room)

    def join_requests(self) -> list[JoinRequestInfo]:
        """The groups that we asked to join by a link and are not in yet, the oldest request first."""
        with self._session.view() as step:
            names, patience = all_names(step.store), step.timing.link_answer
            return [
                _join_request(request, names, patience)
                for request in join_requests.kept(step)
                if request.state != "withdrawn"
            ]

    async def ask_again(self, room: bytes) -> None:
        """Send an unanswered join request to its admin again. Raises `BadRequest` if there is none."""
        own = self._session.account().record
        with self._session.step() as step:
            join_requests.ask_again(step, room, own.card)

    async def withdraw(self, room: bytes) -> None:
        """Withdraw a join request: an invitation that still arrives waits for the person to accept it.

        The admin is not told. A request that was refused is deleted. Raises `BadRequest` if there is none.
        """
        with self._session.step() as step:
            join_requests.withdraw(step, room)


def read_invite(text: str) -> Invite:
    """Who made a link, before there is an account to open it with. Raises `LinkError`."""
    link = invite_link.parse_link(text)
    return Invite(link.kind, link.handle, at_once=bool(link.token))


def _info(link: GivenLink) -> LinkInfo:
    return LinkInfo(
        link.id, link.kind, link.text, invite_link.web_link(link.text), link.room, link.expires_at, link.uses_left
    )


def _join_request(request: JoinRequest, names: Names, patience: int) -> JoinRequestInfo:
    name = names.name(request.account) if names.handles.get(request.account) else ""
    return JoinRequestInfo(
        request.room, request.account, request.handle, name, request.state, request.asked_at, patience
    )
