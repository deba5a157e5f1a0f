"""Invite links: their text, those that this account gave out, and what happens when somebody follows one of them.

Which tokens are good is known to this device alone: a link names the handle whose inbox takes it, a check of that
account's identity key, and a token (spec/room.md, "Links").
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar, Final, Literal

import msgspec

from nullabona.client.core import acquaintance, claims, committing, invites, people, whereabouts
from nullabona.client.core.errors import BadRequest, CardTooOld, NotAllowed
from nullabona.client.core.items import LinkRefusal, LinkUse, Reason
from nullabona.client.core.outgoing import queue_item
from nullabona.client.core.roominfo import GROUP
from nullabona.client.core.state import JOINED, AddAccount, RoomState
from nullabona.client.core.step import Step
from nullabona.errors import UserError
from nullabona.wire.card import Card, verify_card
from nullabona.wire.handle import HandleError, parse_handle

Kind = Literal["contact", "room"]
HOUR_MS: Final = 3_600_000
MAX_HOURS: Final = 24 * 30
MAX_USES: Final = 1_000
MAX_LINKS: Final = 256
ANSWER_MS: Final = 30 * 24 * HOUR_MS
"""How long after its end a link is remembered, so that whoever follows it is told why it leads nowhere."""
CHECK_SIZE: Final = 10
TOKEN_SIZE: Final = 16
_CHECK_DOMAIN: Final = b"nullabona link check v1"
_FORM: Final = re.compile(
    r"nullabona:(?P<kind>[a-z]{1,16})/(?P<handle>[^#/?\s]{1,512})#(?P<check>[a-z2-7]{16})"
    r"(?:\.(?P<token>[a-z2-7]{26}))?(?:\.(?P<room>[a-z2-7]{52}))?"
)
_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-._")
_ESCAPE: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_LINKS: Final = "links"
_REFUSED: Final = "link-refusal"


class LinkError(UserError):
    """A text is not an invite link."""

    code = "link-syntax"
    default_hint = "copy the whole link; it begins with nullabona:"


class LinkKindUnknown(LinkError):
    """A link of a kind that this version does not know."""

    code = "link-kind"
    default_hint = "a newer version may know it"


class LinkHandle(LinkError):
    """The handle in a link is not one."""

    code = "link-handle"
    default_hint = "ask whoever gave you the link for a new one"


class LinkMismatch(LinkError):
    """The handle now shows another account than the one the link was made for. Nothing was sent."""

    code = "link-mismatch"
    default_hint = "ask whoever gave you the link over another channel before you go on"
    retryable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says. ``token`` may be empty for a contact; ``room`` is empty for one."""

    kind: Kind
    handle: str
    check: bytes
    token: bytes = b""
    room: bytes = b""

    def fits(self, identity_key: bytes) -> bool:
        """Whether the link means the account with this identity key."""
        return self.check == key_check(identity_key)


class GivenLink(msgspec.Struct, array_like=True):
    """A link that this account gave out. ``uses_left`` -1: any number; ``expires_at`` 0: never."""

    id: bytes
    kind: Kind
    text: str
    token: bytes
    room: bytes
    expires_at: int
    uses_left: int
    revoked: bool = False

    def trouble(self, now: int) -> Reason | None:
        """Why nobody can use it any more; None while it is good."""
        if self.revoked:
            return "closed"
        if self.uses_left == 0:
            return "used"
        return "expired" if 0 < self.expires_at <= now else None

    def __repr__(self) -> str:
        return f"<GivenLink {self.kind}>"


_given = msgspec.msgpack.Decoder(list[GivenLink])


# -- text ---------------------------------------------------------------------------------------------------------


def key_check(identity_key: bytes) -> bytes:
    return sha256(_CHECK_DOMAIN + identity_key).digest()[:CHECK_SIZE]


def format_link(link: Link) -> str:
    """The one text of a link; `parse_link` gives it back."""
    name, _, authority = link.handle.partition("@")
    parts = [_text(link.check), *(_text(part) for part in (link.token, link.room) if part)]
    return f"nullabona:{link.kind}/{escaped(name)}@{authority}#{'.'.join(parts)}"


def parse_link(text: str) -> Link:
    """The link in ``text``, which may have spaces around it and its Korean unescaped. Raises `LinkError`."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise LinkError("this is not an invite link")
    link = Link(_kind(found["kind"]), _handle(found["handle"]), *(_bytes(found[part]) for part in _PARTS))
    if (link.kind == "room") != bool(link.room) or (link.room and not link.token):
        raise LinkError("this invite link is incomplete")
    return link


_PARTS: Final = ("check", "token", "room")


def _kind(text: str) -> Kind:
    if text == "contact":
        return "contact"
    if text == "room":
        return "room"
    raise LinkKindUnknown("this link is of a kind that is not known here")


def _handle(text: str) -> str:
    try:
        plain = unescaped(text)
        handle = str(parse_handle(plain))
    except (UnicodeDecodeError, HandleError) as error:
        raise LinkHandle("the handle in this link is not one") from error
    if handle != plain:
        raise LinkHandle("the handle in this link is not in its normal form")
    return handle


def escaped(name: str) -> str:
    """A handle's name as it stands in a link: percent-encoded UTF-8."""
    return "".join(chr(byte) if chr(byte) in _PLAIN else f"%{byte:02X}" for byte in name.encode())


def unescaped(text: str) -> str:
    """A % that escapes nothing stays; no handle has one. Raises UnicodeDecodeError for escapes that are not UTF-8."""
    return _ESCAPE.sub(lambda found: bytes.fromhex(found[0].replace("%", "")).decode(), text)


def _text(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()


def _bytes(text: str | None) -> bytes:
    if text is None:
        return b""
    data = base64.b32decode(text.upper() + "=" * (-len(text) % 8))
    if _text(data) != text:
        raise LinkError("this invite link was changed on the way")
    return data


# -- links that we gave out ---------------------------------------------------------------------------------------


def make_contact_link(step: Step, *, hours: int, uses: int) -> GivenLink:
    """A link to this account; with ``hours`` its followers are accepted without asking, ``uses`` times (0: once)."""
    if not hours:
        text = format_link(Link("contact", step.me.handle, key_check(step.me.account)))
        return GivenLink(b"", "contact", text, b"", b"", 0, -1)
    return _give(step, "contact", b"", hours, uses or 1)


def make_room_link(step: Step, room_id: bytes, *, hours: int, uses: int) -> GivenLink:
    """A link into a group, for its admins to give. ``uses`` 0: any number. Raises `NotAllowed` or `BadRequest`."""
    if not _is_admin(step, step.room(room_id)):
        raise NotAllowed("only an admin of a group may give out links into it")
    return _give(step, "room", room_id, hours, uses or -1)


def _is_admin(step: Step, room: RoomState) -> bool:
    return room.phase == JOINED and room.info.kind == GROUP and step.me.account in room.info.admins


def _give(step: Step, kind: Kind, room: bytes, hours: int, uses: int) -> GivenLink:
    if not 1 <= hours <= MAX_HOURS or uses > MAX_USES:
        raise BadRequest("a link is good for 1 to 720 hours and at most 1,000 uses")
    link = Link(kind, step.me.handle, key_check(step.me.account), step.chance.bytes(TOKEN_SIZE), room)
    expires = step.now + hours * HOUR_MS
    given = GivenLink(step.chance.bytes(8), kind, format_link(link), link.token, room, expires, uses)
    _save(step, [*_all(step), given])
    return given


def given_links(step: Step) -> list[GivenLink]:
    """Those that are still good."""
    return [link for link in _all(step) if link.trouble(step.now) is None]


def _all(step: Step) -> list[GivenLink]:
    data = step.store.get_value(_LINKS)
    return _given.decode(data) if data else []


def revoke(step: Step, id: bytes) -> None:
    """A link that nobody can use any more. Raises `BadRequest` if there is no such link."""
    links = _all(step)
    link = next((link for link in links if link.id == id and link.trouble(step.now) is None), None)
    if link is None:
        raise BadRequest("there is no such link; it may have expired")
    link.revoked = True
    _save(step, links)


def _save(step: Step, links: list[GivenLink]) -> None:
    """Keep the newest, the good ones before those that ended; of these nothing but what an answer needs."""
    good = [link for link in links if link.trouble(step.now) is None]
    ended = [link for link in links if link not in good and step.now < link.expires_at + ANSWER_MS]
    for link in ended:
        link.text = ""
    step.store.set_value(_LINKS, msgspec.msgpack.encode([*ended[-MAX_LINKS:], *good[-MAX_LINKS:]]))


def _find(links: list[GivenLink], token: bytes, room: bytes) -> GivenLink | None:
    return next((link for link in links if token and link.token == token and link.room == room), None)


def _spend(step: Step, token: bytes, room: bytes) -> bool:
    """Count a use of a good link; False if there is none."""
    links = _all(step)
    link = _find(links, token, room)
    if link is None or link.trouble(step.now) is not None:
        return False
    link.uses_left -= link.uses_left > 0
    _save(step, links)
    return True


def vouches(step: Step, token: bytes) -> bool:
    """Whether a contact request carries the token of a good link; that use is counted."""
    return _spend(step, token, b"")


def use_came(step: Step, account: bytes, use: LinkUse) -> None:
    """Somebody follows a link into a group: add them while it is good, once the record has proven who it is.

    Raises `PeerError`.

    Who has a link of ours that is good no more is told so, once an hour at most, when the record has proven them and
    only if their directory is one that we have to do with anyway: whoever else follows it hears of nothing in ten
    minutes. Whom we have let in, by whatever way, and who never came is invited again. All others hear nothing: a token
    that never was ours, and who is blocked.
    """
    card = verify_card(use.card, today=step.day)
    link, room = _find(_all(step), use.token, use.room), step.find_room(use.room)
    if card.account_id != account or acquaintance.is_blocked(step.store, account):
        return
    if room is not None and _is_in(step, room, account):
        invites.invite_again(step, room, account, b"")
        return
    if link is None:
        return
    reason = link.trouble(step.now) or ("closed" if room is None or not _is_admin(step, room) else None)
    # A claim that was good once says nothing of a card that came since: the record is asked about this one.
    if reason is None:
        claims.by_link(step, account, str(card.handle), use.card, claims.LetIn(use.room, use.token))
    elif step.store.saw(_REFUSED, _hourly(step, account, use.token), step.day):
        claims.by_link(step, account, str(card.handle), use.card, claims.Refuse(use.room, use.token, reason))


def _hourly(step: Step, account: bytes, token: bytes) -> bytes:
    return sha256(account + token + (step.now // HOUR_MS).to_bytes(8, "big")).digest()


def let_in(step: Step, card: Card, wish: claims.LetIn) -> None:
    """The record has proven whoever follows a link: add them, if it is good still. Raises `PeerError`."""
    link, room = _find(_all(step), wish.token, wish.room), step.find_room(wish.room)
    if link is None or room is None or not _is_admin(step, room) or _is_in(step, room, card.account_id):
        return
    if acquaintance.is_blocked(step.store, card.account_id):
        return
    try:
        intent = people.add_intent(step, card)
    except CardTooOld:
        return
    if _spend(step, wish.token, wish.room):
        committing.want(room, intent)
        step.event("link-used", room.id, account=card.account_id, handle=str(card.handle))


def refuse(step: Step, card: Card, wish: claims.Refuse) -> None:
    """The record has proven whoever follows a link that leads nowhere: tell them, if their inbox is where we put things
    anyway.
    """
    relay = card.inbox.relay or whereabouts.host_relay(str(card.handle))
    if not acquaintance.is_blocked(step.store, card.account_id) and acquaintance.uses_relay(step, relay):
        whereabouts.note_handle(step, card.inbox, str(card.handle))
        queue_item(step, card.inbox, relay, LinkRefusal(wish.room, wish.token, wish.reason))


def _is_in(step: Step, room: RoomState, account: bytes) -> bool:
    """Whether an account is in a room, or is being added."""
    wanted = {intent.account for intent in room.intents if isinstance(intent, AddAccount)}
    return account in wanted | {device.account for device in step.roster(room.id).values()}


# -- links that we follow: `nullabona.client.core.wishes` ----------------------------------------------------------


def check_card(link: Link, card: Card) -> None:
    """Raises `LinkMismatch` unless the card is that of the account the link was made for."""
    if not link.fits(card.identity_key):
        raise LinkMismatch(f"{link.handle} is now another account than the one this link was made for")
