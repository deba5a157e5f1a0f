"""The target of a link, and a display of its host that cannot be mistaken for another (spec/app.md §5).

A list of look-alikes is never complete. So only scripts that cannot pass for Latin are shown as written: ASCII, Latin
letters with a visible accent, Hangul, Han and kana. Every other alphabet is shown in punycode.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import urlsplit

import idna

_HIDDEN: Final = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
"""Invisible and direction-changing characters."""
_EASTERN: Final = re.compile(
    "[0-9\uac00-\ud7a3\u4e00-\u9fff\u3400-\u4dbf\u3041-\u3096\u30a1-\u30fa\u30fc\u3005-\u3007-]+"
)
_ACCENTS: Final = frozenset("\u0300\u0301\u0302\u0303\u0304\u0306\u0308\u030a\u030b\u030c\u0327")
_NARROW: Final = frozenset("ijl")
"""Letters on which an accent is hardly visible."""
_LETTERS: Final = frozenset("\u00e6\u00f8")
"""Letters of Latin alphabets that look like no other: æ ø."""


def show_link(raw: str) -> tuple[str, str] | None:
    """The display text of an address and its target; None: a link that nobody should follow.

    The target's host is in ASCII as browsers make it (UTS 46, not transitional). Where the host, read back from that,
    is not what was written, or could pass for another, the target itself is shown.
    """
    if _HIDDEN.search(raw):
        return None
    try:
        parts = urlsplit(raw)
        host, port = parts.hostname or "", parts.port
        ascii_host = host if host.isascii() else idna.encode(host, uts46=True, std3_rules=True).decode("ascii")
    except (ValueError, UnicodeError):
        return None
    if parts.scheme.lower() not in {"http", "https"} or not host or "@" in parts.netloc or ":" in host:
        return None
    place = ascii_host if port is None else f"{ascii_host}:{port}"
    target = parts._replace(scheme=parts.scheme.lower(), netloc=place).geturl()
    if not is_plain_host(host) or _read_back(ascii_host) != host:
        return target, target
    # A capital I passes for a small l: names are shown as they are looked up.
    return raw.replace(parts.netloc, parts.netloc.lower(), 1), target


def _read_back(ascii_host: str) -> str:
    try:
        return idna.decode(ascii_host) if "xn--" in ascii_host else ascii_host
    except UnicodeError:
        return ""


def is_plain_host(host: str) -> bool:
    """Whether a reader of Latin letters, Hangul, Han and kana recognises every label of a host unambiguously."""
    return all(_is_plain(label) for label in host.split("."))


def _is_plain(label: str) -> bool:
    if label.isascii():
        return not label.startswith("xn--")
    return bool(_EASTERN.fullmatch(label)) or all(map(_is_latin, label))


def _is_latin(char: str) -> bool:
    if char.isascii() or char in _LETTERS:
        return True
    parts = unicodedata.normalize("NFD", char)
    base, accents = parts[0], parts[1:]
    return base.isascii() and base.isalpha() and base not in _NARROW and bool(accents) and _ACCENTS.issuperset(accents)
