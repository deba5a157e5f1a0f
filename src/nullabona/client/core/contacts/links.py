"""Invite links that this account gave out, and what happens when somebody follows one.

Only this device knows which tokens are valid. A link names the handle whose inbox takes the request, a check value of
that account's identity key, and a token (spec/room.md, "Links").
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import msgspec
from msgspec import structs

from nullabona.client.core import acquaintance
from nullabona.client.core.delivery.outbox import queue_item
from nullabona.client.core.group import intents, welcomes
from nullabona.client.core.identity import cards, claims, inbox_addresses
from nullabona.client.core.model import invite_link
from nullabona.client.core.model.errors import BadRequest, CardTooOld, NotAllowed
from nullabona.client.core.model.facts.people import LinkUsed
from nullabona.client.core.model.inbox_items import LinkRefusal, LinkUse, Reason
from nullabona.client.core.model.intents import AddAccount
from nullabona.client.core.model.invite_link import Kind, Link
from nullabona.client.core.model.room_info import GROUP
from nullabona.client.core.model.state import JOINED, RoomState
from nullabona.client.core.step import Step
from nullabona.wire.card import Card, verify_card

HOUR_MS: Final = 3_600_000
MAX_HOURS: Final = 24 * 30
MAX_USES: Final = 1_000
MAX_LINKS: Final = 256
ANSWER_MS: Final = 30 * 24 * HOUR_MS
"""How long we remember a link after its end, so that we can tell a person who follows it why it is invalid."""
TOKEN_SIZE: Final = 16
_LINKS: Final = "links"
_REFUSED: Final = "link-refusal"


class GivenLink(msgspec.Struct, array_like=True):
    """A link that this account gave out. ``uses_left`` None: any number; ``expires_at`` None: never."""

    id: bytes
    kind: Kind
    text: str
    token: bytes
    room: bytes
    expires_at: int | None
    uses_left: int | None
    revoked: bool = False

    def trouble(self, now: int) -> Reason | None:
        """Why the link is no longer valid; None while it is."""
        if self.revoked:
            return "closed"
        if self.uses_left == 0:
            return "used"
        return "expired" if self.expires_at is not None and self.expires_at <= now else None

    def __repr__(self) -> str:
        return f"<GivenLink {self.kind}>"


_given = msgspec.msgpack.Decoder(list[GivenLink])


# -- links that we gave out ---------------------------------------------------------------------------------------


def make_contact_link(step: Step, *, hours: int, uses: int) -> GivenLink:
    """A link to this account; with ``hours`` we accept its followers automatically, ``uses`` times (0: once)."""
    if not hours:
        text = invite_link.format_link(Link("contact", step.local.handle, invite_link.key_check(step.local.account)))
        return GivenLink(b"", "contact", text, b"", b"", None, None)
    return _give(step, "contact", b"", hours, uses or 1)


def make_room_link(step: Step, room_id: bytes, *, hours: int, uses: int) -> GivenLink:
    """A link into a group, made by an admin. ``uses`` 0: any number. Raises `NotAllowed` or `BadRequest`."""
    if not _is_admin(step, step.room(room_id)):
        raise NotAllowed("only an admin of a group may give out links into it")
    return _give(step, "room", room_id, hours, uses or None)


def _is_admin(step: Step, room: RoomState) -> bool:
    return room.phase == JOINED and room.info.kind == GROUP and step.local.account in room.info.admins


def _give(step: Step, kind: Kind, room: bytes, hours: int, uses: int | None) -> GivenLink:
    if not 1 <= hours <= MAX_HOURS or (uses is not None and uses > MAX_USES):
        raise BadRequest("a link is good for 1 to 720 hours and at most 1,000 uses")
    link = Link(kind, step.local.handle, invite_link.key_check(step.local.account), step.rng.bytes(TOKEN_SIZE), room)
    expires = step.now + hours * HOUR_MS
    given = GivenLink(step.rng.bytes(8), kind, invite_link.format_link(link), link.token, room, expires, uses)
    _save(step, [*_all(step), given])
    return given


def given_links(step: Step) -> list[GivenLink]:
    """The links that are still valid."""
    return [link for link in _all(step) if link.trouble(step.now) is None]


def _all(step: Step) -> list[GivenLink]:
    data = step.store.get_value(_LINKS)
    return _given.decode(data) if data else []


def revoke(step: Step, id: bytes) -> None:
    """End a link, so that nobody can use it any more. Raises `BadRequest` if there is no such link."""
    links = _all(step)
    link = next((link for link in links if link.id == id and link.trouble(step.now) is None), None)
    if link is None:
        raise BadRequest("there is no such link; it may have expired")
    link.revoked = True
    _save(step, links)


def _save(step: Step, links: list[GivenLink]) -> None:
    """Keep the newest links of each kind, valid and ended. Of ended ones, keep only what an answer needs."""
    good = [link for link in links if link.trouble(step.now) is None]
    ended = [link for link in links if link not in good and not step.over(link.expires_at, ANSWER_MS)]
    for link in ended:
        link.text = ""
    step.store.set_value(_LINKS, msgspec.msgpack.encode([*ended[-MAX_LINKS:], *good[-MAX_LINKS:]]))


def _find(links: list[GivenLink], token: bytes, room: bytes) -> GivenLink | None:
    return next((link for link in links if token and link.token == token and link.room == room), None)


def _spend(step: Step, token: bytes, room: bytes) -> bool:
    """Count a use of a valid link; False if there is none."""
    links = _all(step)
    link = _find(links, token, room)
    if link is None or link.trouble(step.now) is not None:
        return False
    if link.uses_left is not None:
        link.uses_left -= 1
    _save(step, links)
    return True


def vouches(step: Step, token: bytes) -> bool:
    """Whether a contact request carries the token of a valid link; counts the use."""
    return _spend(step, token, b"")


def use_came(step: Step, account: bytes, use: LinkUse) -> None:
    """An account follows a link into a group: add it while the link is valid, once the record has proven its identity.

    Raises `PeerError`.

    We refuse an account that has an ended link of ours, at most once an hour, once the record has proven it, and only
    if we use its host anyway; other accounts get no answer, and their own device says so after ten minutes. We repeat
    the invitation of an account that we already added and that never came. A token that was never ours, or a blocked
    account, gets no answer.
    """
    card = verify_card(use.card, today=step.day)
    link, room = _find(_all(step), use.token, use.room), step.find_room(use.room)
    if card.account_id != account or acquaintance.is_blocked(step.store, account):
        return
    if room is not None and _is_in(step, room, account):
        welcomes.invite_again(step, room, account, b"")
        return
    if link is None:
        return
    reason = link.trouble(step.now) or ("closed" if room is None or not _is_admin(step, room) else None)
    # An earlier proof does not cover a newer card: ask the record about this one.
    if reason is None:
        claims.by_link(step, account, str(card.handle), use.card, claims.LetIn(use.room, use.token), use.proof)
    elif step.store.saw(_REFUSED, _hourly(step, account, use.token), step.day):
        answer = claims.Refuse(use.room, use.token, reason)
        claims.by_link(step, account, str(card.handle), use.card, answer, use.proof)


def _hourly(step: Step, account: bytes, token: bytes) -> bytes:
    return sha256(account + token + (step.now // HOUR_MS).to_bytes(8, "big")).digest()


def let_in(step: Step, card: Card, answer: claims.LetIn) -> None:
    """The record has proven the account that follows a link: add it if the link is still valid. Raises `PeerError`."""
    link, room = _find(_all(step), answer.token, answer.room), step.find_room(answer.room)
    if link is None or room is None or not _is_admin(step, room) or _is_in(step, room, card.account_id):
        return
    if acquaintance.is_blocked(step.store, card.account_id):
        return
    try:
        intent = structs.replace(cards.add_intent(step, card), by_link=True)
    except CardTooOld:
        return
    if _spend(step, answer.token, answer.room):
        intents.want(room, intent)
        step.tell(LinkUsed(room.id, card.account_id, str(card.handle)))


def refuse(step: Step, card: Card, answer: claims.Refuse) -> None:
    """The record has proven the account that follows an ended link: refuse it, if we use its inbox's relay anyway."""
    relay = card.inbox.relay or inbox_addresses.host_relay(str(card.handle))
    if not acquaintance.is_blocked(step.store, card.account_id) and acquaintance.uses_relay(step, relay):
        inbox_addresses.note_handle(step, card.inbox, str(card.handle))
        queue_item(step, card.inbox, relay, LinkRefusal(answer.room, answer.token, answer.reason))


def _is_in(step: Step, room: RoomState, account: bytes) -> bool:
    """Whether an account is in a room, or is being added."""
    wanted = {intent.account for intent in room.intents if isinstance(intent, AddAccount)}
    return account in wanted | {device.account for device in step.roster(room.id).values()}
