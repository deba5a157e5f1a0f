"""Texts and names by strangers, made safe to show and cut into pieces (spec/app.md §5).

Text from others may be long, unprintable or deceptive. The page handles text direction: it isolates every name and
text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from nullabona.app.presenting.links import show_link
from nullabona.app.protocol.views import Span

COLOURS: Final = 12
LONGEST_NAME: Final = 80
LONGEST_SHOWN: Final = 20_000
"""Most characters of a text that are shown before the rest is requested."""
LONGEST_LINE: Final = 160
"""Characters of a text in a chat row or a notification."""
MARKS_IN_NAME: Final = 4
MARKS_IN_TEXT: Final = 8
"""Combining marks that one character may carry: more than any script needs, too few to climb over other lines."""
MOST_BIG: Final = 5
_MARK_CLASSES: Final = frozenset({"Mn", "Me"})
_JOINERS: Final = frozenset("\u200c\u200d")
_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_KEPT: Final = frozenset("\n\t")
_ON_ONE_LINE: Final = str.maketrans(dict.fromkeys(_KEPT, " ") | dict.fromkeys(_BIDI))
_TRAILING: Final = ".,;:!?'\"、。，．！？…"
_PAIRS: Final = {")": "(", "]": "[", "}": "{", "」": "「", "』": "『", "》": "《", "〉": "〈"}
_UNSAFE: Final = re.compile(
    r"[^ -~\n\t\u00a1-\u00ac\u00ae-\u02ff\u1100-\u11ff\u2010-\u2027\u3000-\u3029\u3041-\u3096\u30a0-\u30ff"
    r"\u3131-\u318e\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff65]"
)
"""Any character other than the letters and signs of most texts, which need no check."""
_LINK: Final = re.compile(r"(?i)(?<![a-z0-9_@./-])https?://[^\s<>\"\x00-\x20`{}|\\^]{1,2000}")
_ADDRESS: Final = re.compile(r"(?i)(https?://)([^/?#]*)(.*)", re.DOTALL)
_HOST_END: Final = re.compile(r"(?i)(?:(?:^|\.)[a-z0-9-]*[a-z0-9](?=[\u3131-\u318e\uac00-\ud7a3][^.]*$)|:\d+(?!\d|$))")
"""No name ends in a label that begins in Latin and goes on in Hangul, and no port in anything but digits."""
_CLOSING: Final = re.compile(r"[)\]}」』》〉]")
_PARTICLE: Final = re.compile(
    r"(/|[\x21-\x7e]*[A-Za-z0-9)\]])(?:이?랑|[을를은는이가도만의와과요야]|으?로|에(?:서|게|는|도)?|에서[는도]|한테|부터|까지|보다|처럼|이?라(?:고|는)"
    r"|인데|입니다|이?에요|예요|이야|이요)"
)
"""The Latin rest of an address directly followed by a Korean particle or ending."""
_PIECE: Final = re.compile(
    r"(?:[\U0001F1E6-\U0001F1FF]{2}"
    r"|[0-9#*]\ufe0f?\u20e3"
    r"|[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u25aa-\u27bf\u2934\u2935\u2b05-\u2b55\u3030\u303d\u3297\u3299"
    r"\U0001F000-\U0001FAFF]\ufe0f?[\U0001F3FB-\U0001F3FF]?[\U000E0020-\U000E007F]*"
    r"(?:\u200d[\u2190-\u2bff\U0001F000-\U0001FAFF]\ufe0f?[\U0001F3FB-\U0001F3FF]?)*)"
)


def clean(text: str, marks: int = MARKS_IN_TEXT) -> str:
    """``text`` without control characters (line breaks and tabs stay) and with few combining marks at a place."""
    if not _UNSAFE.search(text):
        return text
    out: list[str] = []
    run = 0
    for char in text.replace("\r\n", "\n").replace("\r", "\n"):
        kind = unicodedata.category(char)
        run = run + 1 if kind in _MARK_CLASSES and char != "\ufe0f" else 0
        if run > marks or (kind in {"Cc", "Cs", "Co"} and char not in _KEPT):
            continue
        if kind == "Cf" and not _is_harmless(char):
            continue
        out.append(char)
    return "".join(out)


def _is_harmless(char: str) -> bool:
    """Format characters that texts need: joiners, direction marks (the page isolates), tags of flag emoji."""
    return char in _JOINERS or char in _BIDI or "\U000e0020" <= char <= "\U000e007f"


def clean_name(name: str) -> str:
    """A name on one line: no direction marks, no line breaks, no towers of marks, not long."""
    return " ".join(clean(name, MARKS_IN_NAME).translate(_ON_ONE_LINE).split())[:LONGEST_NAME].rstrip()


def one_line(text: str) -> str:
    """The beginning of a text on one line, for a chat row or a notification."""
    line = " ".join(clean(text[: 8 * LONGEST_LINE]).split())
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"


def notified(text: str) -> str:
    """As `one_line`, without direction marks: nothing isolates the parts of a notification."""
    return one_line(text).translate(_ON_ONE_LINE)


def short_handle(handle: str, own: str) -> str:
    """``handle`` without its host if that is the host of ``own``, as the page's lists have it."""
    name, _, host = handle.rpartition("@")
    return name if name and host == own.rpartition("@")[2] else handle


def initial(name: str) -> str:
    """The placeholder for a picture: the first Hangul syllable, letter or digit."""
    for char in unicodedata.normalize("NFC", name):
        if char.isalnum():
            return char.upper()[:1]
    return "?"


def colour(id: bytes) -> int:
    """One of 12 tints; the same for an id everywhere and always."""
    return sha256(b"tint" + id).digest()[0] % COLOURS


def is_big(text: str) -> bool:
    """Whether a text is nothing but a few emoji."""
    rest, count = text.strip(), 0
    while rest and count <= MOST_BIG:
        found = _PIECE.match(rest)
        if found is None:
            return False
        rest, count = rest[found.end() :].lstrip(), count + 1
    return 0 < count <= MOST_BIG


def spans(text: str, mentions: Mapping[str, tuple[str, bool]]) -> list[Span]:
    """The pieces of a cleaned text. ``mentions``: the name after an @ → account in hex, and whether that is me."""
    found: list[tuple[int, int, Span]] = [_link_at(match) for match in _LINK.finditer(text)]
    if mentions:
        names = "|".join(re.escape(name) for name in sorted(mentions, key=len, reverse=True))
        for match in re.finditer(rf"(?<![\w@])@({names})", text):
            account, me = mentions[match[1]]
            found.append((match.start(), match.end(), Span("mention-me" if me else "mention", match[0], account)))
    return _fill(text, sorted(found, key=lambda piece: piece[:2]))


def _fill(text: str, pieces: list[tuple[int, int, Span]]) -> list[Span]:
    out: list[Span] = []
    at = 0
    for start, end, span in pieces:
        if start < at:
            continue
        if start > at:
            out.append(Span("text", text[at:start]))
        if span.kind != "text":
            out.append(span)
            at = end
        else:
            at = start
    if at < len(text):
        out.append(Span("text", text[at:]))
    return out


def _link_at(match: re.Match[str]) -> tuple[int, int, Span]:
    raw = _trim(_without_ending(_trim(match[0])))
    end = match.start() + len(raw)
    shown = show_link(raw)
    if shown is None:
        return (match.start(), end, Span("text", raw))
    return (match.start(), end, Span("link", shown[0], shown[1]))


def _without_ending(raw: str) -> str:
    """Without a Korean particle attached to the address: ``https://relay.example에서``."""
    address = _ADDRESS.fullmatch(raw)
    assert address is not None
    scheme, whole, rest = address.groups()
    host = _CLOSING.split(whole)[0] or whole
    if found := _HOST_END.search(host):
        host = host[: found.end()]
    if host != whole:
        return scheme + host
    particle = _PARTICLE.fullmatch(rest)
    return scheme + host + (particle[1] if particle else rest)


def _trim(raw: str) -> str:
    """Without trailing punctuation of the surrounding sentence."""
    while raw and (raw[-1] in _TRAILING or (raw[-1] in _PAIRS and raw.count(raw[-1]) > raw.count(_PAIRS[raw[-1]]))):
        raw = raw[:-1]
    return raw
