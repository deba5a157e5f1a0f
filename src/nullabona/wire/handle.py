"""Handles (``mina@relay.example``): what may be one, and which two look too much alike (spec/directory.md §2).

Decides from the text alone; knows nothing of who holds a handle. Every rule rests on Unicode data that no longer
changes (ASCII, Hangul syllables, three old Latin blocks), so that a client and a directory on different Python
versions agree. Why these rules: docs/decisions/0005-handles.md.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from nullabona.errors import UserError
from nullabona.wire.lookalikes import SEPARATORS, TYPED, base, is_hangul, is_reserved, resembles_reserved

MIN_NAME: Final = 2
MAX_NAME: Final = 32
"""Length of a name in characters, after normalisation."""
MAX_HOST: Final = 253
MAX_INPUT: Final = 512
"""Longest text that `parse_handle` looks at; anything longer is no handle."""

_LATIN: Final = (range(0x00DF, 0x00F7), range(0x00F8, 0x0180), range(0x1E00, 0x1F00))
_LATIN_LOOKALIKES: Final = frozenset({"LATIN", "CYRILLIC", "GREEK", "COPTIC", "ARMENIAN", "CHEROKEE", "LISU"})
_ASCII_NAME: Final = re.compile(r"[a-z0-9]+(?:[_.-][a-z0-9]+)*")
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_PORT: Final = re.compile(r"[1-9][0-9]{0,4}")
_MAX_PORT: Final = 65_535


class HandleError(UserError):
    """A text is not a handle that the rules allow."""

    code = "handle-refused"
    default_hint = "a handle looks like name@relay.example"


class HandleSyntax(HandleError):
    """The text does not have the form ``name@host`` or ``name@host:port``."""

    code = "handle-syntax"


class HandleHost(HandleError):
    """The part after ``@`` is not a host name or address."""

    code = "handle-host"
    default_hint = (
        "the host is a DNS name in ASCII (xn-- form if need be), an IPv4 address or an IPv6 address in brackets"
    )


class HandleLength(HandleError):
    """The name is too short or too long."""

    code = "handle-length"
    default_hint = f"a name has {MIN_NAME} to {MAX_NAME} characters"


class HandleCharacter(HandleError):
    """The name contains a character that no name may contain."""

    code = "handle-character"
    default_hint = (
        "a name has Latin letters or Hangul syllables, digits, and single _ . - between them; "
        "no invisible characters, no separate jamo"
    )


class HandleMixedScript(HandleError):
    """The name mixes scripts."""

    code = "handle-mixed-script"
    default_hint = "write the name in one script: Korean, or Latin; digits go with both"


class HandleConfusable(HandleError):
    """The name has a letter that looks like another one."""

    code = "handle-confusable"
    default_hint = "use the plain Latin letter that it looks like"


class HandleReserved(HandleError):
    """The name would be taken for the operator or an authority."""

    code = "handle-reserved"
    default_hint = "choose another name"


@dataclass(frozen=True, slots=True)
class Handle:
    """``name@host[:port]`` in its one normal form. Raises `HandleError` if built from anything else."""

    name: str
    host: str
    port: int | None = None

    def __post_init__(self) -> None:
        if check_name(self.name) != self.name or _check_host(self.host) != self.host:
            raise HandleSyntax("a handle is not in its normal form")
        if self.port is not None and not 0 < self.port <= _MAX_PORT:
            raise HandleHost("a handle's port is out of range")

    def __str__(self) -> str:
        return format_handle(self)

    @property
    def authority(self) -> str:
        """``host[:port]``: where the handle's directory is."""
        return self.host if self.port is None else f"{self.host}:{self.port}"


def format_handle(handle: Handle) -> str:
    """The one text of ``handle``; `parse_handle` gives it back."""
    return f"{handle.name}@{handle.authority}"


def parse_handle(text: str) -> Handle:
    """The handle in ``text``, normalised (NFKC, casefolded). Raises `HandleError` naming the rule that it breaks."""
    if len(text) > MAX_INPUT:
        raise HandleSyntax("a handle is too long")
    name, at, authority = text.partition("@")
    if not at:
        raise HandleSyntax("a handle has an @ between name and host")
    host, port = _split_authority(authority)
    return Handle(check_name(name), _check_host(host), port)


def check_name(text: str) -> str:
    """The normal form of ``text`` as a name. Raises `HandleError` naming the rule that it breaks."""
    name = _normal_name(text)
    if is_reserved(name):
        raise HandleReserved("this name is reserved")
    return name


def check_new_name(name: str) -> None:
    """Raises `HandleReserved` for a normal name that nobody registers any more, though somebody may have it already."""
    if resembles_reserved(name):
        raise HandleReserved("this name would be taken for the operator's or an authority's")


def _normal_name(text: str) -> str:
    if len(text) > MAX_INPUT:
        raise HandleLength("this name is too long")
    name = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    if not MIN_NAME <= len(name) <= MAX_NAME:
        raise HandleLength("this name is too short" if len(name) < MIN_NAME else "this name is too long")
    if _ASCII_NAME.fullmatch(name):
        return name
    _check_characters(name)
    _check_separators(name)
    _check_script(name)
    return name


def _is_latin(char: str) -> bool:
    if "a" <= char <= "z" or char in TYPED:
        return True
    return any(ord(char) in block for block in _LATIN) and "a" <= base(char) <= "z"


def _is_digit(char: str) -> bool:
    return "0" <= char <= "9"


def _check_characters(name: str) -> None:
    for char in name:
        if not (char in SEPARATORS or _is_digit(char) or is_hangul(char) or _is_latin(char)):
            raise _refused_character(char)


def _refused_character(char: str) -> HandleError:
    what = unicodedata.name(char, "no name")
    shown = f"U+{ord(char):04X} ({what})"
    if what.split()[0] in _LATIN_LOOKALIKES:
        return HandleConfusable(f"{shown} looks like another letter and cannot be in a name")
    return HandleCharacter(f"{shown} cannot be in a name")


def _check_separators(name: str) -> None:
    edges = {name[0], name[-1]}
    if edges & SEPARATORS or any(a in SEPARATORS and b in SEPARATORS for a, b in pairwise(name)):
        raise HandleCharacter("a name cannot begin or end with _ . - or have two of them in a row")


def _check_script(name: str) -> None:
    if any(map(is_hangul, name)) and any(map(_is_latin, name)):
        raise HandleMixedScript("this name mixes Korean and Latin letters")


def _split_authority(authority: str) -> tuple[str, int | None]:
    host, colon, port = authority.rpartition(":")
    if not colon or authority.endswith("]"):
        return authority, None
    if not _PORT.fullmatch(port) or int(port) > _MAX_PORT:
        raise HandleHost("a handle's port is not a number from 1 to 65535")
    return host, int(port)


def _check_host(text: str) -> str:
    if text.startswith("[") and text.endswith("]"):
        return _check_ipv6(text[1:-1])
    host = text.lower()
    labels = host.split(".")
    if not host.isascii() or len(host) > MAX_HOST or not all(map(_LABEL.fullmatch, labels)):
        raise HandleHost("a handle's host is not a host name")
    if labels[-1].isdigit():
        _check_ipv4(host)
    return host


def _check_ipv4(host: str) -> None:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        raise HandleHost("a handle's host is neither a name nor an IPv4 address") from None


def _check_ipv6(text: str) -> str:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        raise HandleHost("a handle's host is not an IPv6 address") from None
    if address.scope_id is not None:
        raise HandleHost("a handle's host cannot name a network interface")
    return f"[{address.compressed}]"
