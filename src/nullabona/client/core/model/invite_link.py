"""Invite links: their text, what they carry, and whether a card is the one meant (spec/room.md, "Links")."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar, Final, Literal

from nullabona.errors import UserError
from nullabona.wire.card import Card
from nullabona.wire.handle import HandleError, parse_handle

Kind = Literal["contact", "room"]
CHECK_SIZE: Final = 10
_CHECK_DOMAIN: Final = b"nullabona link check v1"
_FORM: Final = re.compile(
    r"nullabona:(?P<kind>[a-z]{1,16})/(?P<handle>[^#/?\s]{1,512})#(?P<check>[a-z2-7]{16})"
    r"(?:\.(?P<token>[a-z2-7]{26}))?(?:\.(?P<room>[a-z2-7]{52}))?"
)
_WEB: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>[^/#?\s]{1,300})/i#(?P<path>[a-z]{1,16}/[^#/?\s]{1,512})/(?P<rest>[a-z2-7.]{1,200})"
)
_LOOPBACK: Final = re.compile(r"(?:127\.0\.0\.1|localhost)(?::[0-9]{1,5})?")
_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-._")
_ESCAPE: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_PARTS: Final = ("check", "token", "room")


class LinkError(UserError):
    """A text is not an invite link."""

    code = "link-syntax"
    default_hint = "copy the whole link; it begins with nullabona: or https:"


class LinkKindUnknown(LinkError):
    """This version does not know this kind of link."""

    code = "link-kind"
    default_hint = "try a newer version"


class LinkHandle(LinkError):
    """The handle in a link is invalid."""

    code = "link-handle"
    default_hint = "ask the person who gave you the link for a new one"


class LinkMismatch(LinkError):
    """The handle now shows another account than the one the link was made for. Nothing was sent."""

    code = "link-mismatch"
    default_hint = "ask the person who gave you the link over another channel before you continue"
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


def key_check(identity_key: bytes) -> bytes:
    return sha256(_CHECK_DOMAIN + identity_key).digest()[:CHECK_SIZE]


def format_link(link: Link) -> str:
    """The one text of a link; `parse_link` gives it back."""
    name, _, authority = link.handle.partition("@")
    parts = [_text(link.check), *(_text(part) for part in (link.token, link.room) if part)]
    return f"nullabona:{link.kind}/{escaped(name)}@{authority}#{'.'.join(parts)}"


def web_link(text: str) -> str:
    """The form of a link's text that a browser opens: the same, in the fragment of the page at the handle's relay.

    Browsers send no fragment, so the relay does not see whose link was opened. Only a relay on this machine, which has
    no certificate, is opened without TLS.
    """
    path, _, rest = text.removeprefix("nullabona:").partition("#")
    host = path.rpartition("@")[2]
    scheme = "http" if _LOOPBACK.fullmatch(host) else "https"
    return f"{scheme}://{host}/i#{path}/{rest}"


def _plain_form(text: str) -> str:
    """The text of a link in either form, as one that begins with ``nullabona:``."""
    found = _WEB.fullmatch(text)
    if found is None:
        return text
    plain = f"nullabona:{found['path']}#{found['rest']}"
    if web_link(plain) != text:
        raise LinkError("this web link leads to another server than its handle", hint=LinkHandle.default_hint)
    return plain


def parse_link(text: str) -> Link:
    """The link in ``text``, which may have spaces around it and its Korean unescaped, in either form.

    Raises `LinkError`.
    """
    found = _FORM.fullmatch(_plain_form(text.strip()))
    if found is None:
        raise LinkError("this is not an invite link")
    link = Link(_kind(found["kind"]), _handle(found["handle"]), *(_bytes(found[part]) for part in _PARTS))
    if (link.kind == "room") != bool(link.room) or (link.room and not link.token):
        raise LinkError("this invite link is incomplete")
    return link


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
    """A handle's name as in a link: percent-encoded UTF-8."""
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


def check_card(link: Link, card: Card) -> None:
    """Raises `LinkMismatch` unless the card is that of the account the link was made for."""
    if not link.fits(card.identity_key):
        raise LinkMismatch(f"{link.handle} is now another account than the one this link was made for")
