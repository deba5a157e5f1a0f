"""Telegram Desktop's ``result.json``: one chat, or everything. Only chats are taken; what else is in it is left out.

Sessions, addresses, contacts and the person's own data are passed over unread, and said to be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from nullabona.client.importing.clock import day_ms
from nullabona.client.importing.json_pieces import Pieces
from nullabona.client.importing.lines import Bytes
from nullabona.client.importing.records import (
    EARLIEST,
    LATEST,
    MAX_AUTHOR,
    MAX_MEDIA,
    MAX_TEXT,
    MAX_TITLE,
    Chat,
    Item,
    Layout,
    Line,
    LineKind,
    Odd,
)

LAYOUT: Final = Layout("telegram", "telegram json", "second", utc=True)
_LEFT_OUT: Final = {
    "sessions": "sessions-left-out",
    "web_sessions": "sessions-left-out",
    "contacts": "contacts-left-out",
    "frequent_contacts": "contacts-left-out",
    "personal_information": "personal-left-out",
    "profile_pictures": "personal-left-out",
    "stories": "personal-left-out",
    "other_data": "personal-left-out",
}
_KINDS: Final = {
    "voice_message": LineKind.VOICE,
    "video_message": LineKind.VIDEO,
    "video_file": LineKind.VIDEO,
    "animation": LineKind.VIDEO,
    "audio_file": LineKind.FILE,
    "sticker": LineKind.STICKER,
}
_PAIR: Final = rb"u[dD][89aAbB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}"
_HALF: Final = rb"u[dD][89a-fA-F][0-9A-Fa-f]{2}"
_ESCAPE: Final = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|(" + _PAIR + rb")|(" + _HALF + rb")|(.))", re.DOTALL)
_DATE: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)")


class _Record(msgspec.Struct, rename={"from_name": "from"}):
    """What is read of a message; everything else in it is passed over."""

    id: Any = None
    type: Any = ""
    date: Any = ""
    date_unixtime: Any = ""
    from_name: Any = None
    from_id: Any = None
    actor: Any = None
    actor_id: Any = None
    action: Any = None
    title: Any = None
    members: Any = None
    text: Any = ""
    photo: Any = None
    file: Any = None
    file_name: Any = None
    media_type: Any = None
    sticker_emoji: Any = None
    poll: Any = None
    location_information: Any = None
    contact_information: Any = None


_records = msgspec.json.Decoder(_Record)
_any = msgspec.json.Decoder()


def mended(raw: bytes) -> bytes:
    r"""``raw`` as JSON allows it: ``\xNN`` becomes ``\u00NN``, half a surrogate pair and broken UTF-8 U+FFFD."""

    def mend(found: re.Match[bytes]) -> bytes:
        if found.group(1):
            return b"\\u00" + found.group(1)
        return b"\\ufffd" if found.group(3) else found.group()

    return _ESCAPE.sub(mend, raw).decode("utf-8", "replace").encode()


def read(stream: Bytes) -> Iterator[Item]:
    """The chats and their lines. Raises `ExportUnreadable` where the document is damaged."""
    reader = _Reader(Pieces(stream))
    yield from reader.document()


class _Reader:
    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self._number = 0
        self._me = ""
        self._names: dict[str, str] = {}
        self._taken: dict[str, str] = {}

    def document(self) -> Iterator[Item]:
        known: dict[str, Any] = {}
        for key in self._pieces.members():
            if key in {"chats", "left_chats"}:
                yield from self._chats()
            elif key == "messages":
                yield from self._messages(known)
            elif key in {"name", "type", "id"}:
                known[key] = self._plain()
            elif key == "personal_information":
                yield Odd(0, _LEFT_OUT[key])
                self._own()
            else:
                if key in _LEFT_OUT:
                    yield Odd(0, _LEFT_OUT[key])
                self._pieces.skip()

    def _chats(self) -> Iterator[Item]:
        if self._pieces.peek() != ord("{"):
            self._pieces.skip()
            return
        for key in self._pieces.members():
            if key != "list" or self._pieces.peek() != ord("["):
                self._pieces.skip()
                continue
            for _ in self._pieces.elements():
                yield from self._chat()

    def _chat(self) -> Iterator[Item]:
        if self._pieces.peek() != ord("{"):
            self._pieces.skip()
            return
        known: dict[str, Any] = {}
        for key in self._pieces.members():
            if key == "messages":
                yield from self._messages(known)
            elif key in {"name", "type", "id"}:
                known[key] = self._plain()
            else:
                self._pieces.skip()

    def _messages(self, known: dict[str, Any]) -> Iterator[Item]:
        kind, id = _text(known.get("type")), known.get("id")
        title = _text(known.get("name")) or {"saved_messages": "Saved Messages"}.get(kind, "Telegram")
        yield Chat(title[:MAX_TITLE], f"{kind}:{id}"[:MAX_TITLE] if id is not None else "", self._me)
        if self._pieces.peek() != ord("["):
            self._pieces.skip()
            return
        for _ in self._pieces.elements():
            self._number += 1
            raw = self._pieces.take()
            if raw is None:
                yield Odd(self._number, "too-large")
                continue
            yield from self._message(raw)

    def _plain(self) -> Any:  # noqa: ANN401 - whatever is there
        raw = self._pieces.take()
        try:
            return _any.decode(mended(raw)) if raw is not None else None
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return None

    def _own(self) -> None:
        """Name and number are all that is wanted: they say which author is the person."""
        known = self._plain()
        if not isinstance(known, dict) or not isinstance(known.get("user_id"), int):
            return
        name = f"{_text(known.get('first_name'))} {_text(known.get('last_name'))}".strip()[:MAX_AUTHOR]
        id = f"user{known['user_id']}"
        self._me = self._names[id] = name or id
        self._taken[self._me] = id

    # -- messages -------------------------------------------------------------------------------------------------

    def _message(self, raw: bytes) -> Iterator[Item]:
        record = _decoded(raw)
        if record is None:
            yield Odd(self._number, "mended")
            record = _decoded(mended(raw))
        at = _when(record) if record is not None else None
        if record is None or at is None:
            yield Odd(self._number, "unreadable")
            return
        author = self._author(record)
        text, kind = _said(record)
        native = str(record.id)[:40] if isinstance(record.id, int) else ""
        media = next((path for path in (record.photo, record.file) if isinstance(path, str) and path), "")
        media = "" if media.startswith("(") or len(media) > MAX_MEDIA else media
        for start in range(0, max(len(text), 1), MAX_TEXT):
            number = native if not start else f"{native}+{start}" if native else ""
            yield Line(at, author, text[start : start + MAX_TEXT], kind, self._number, media, number)
            media = ""

    def _author(self, record: _Record) -> str:
        """The name; with the number behind it where two people have the same one, or somebody has none any more."""
        service = record.type == "service"
        name = _text(record.actor if service else record.from_name)[:MAX_AUTHOR]
        id = _text(record.actor_id if service else record.from_id)[:60]
        if not id:
            return name
        known = self._names.get(id)
        if known is None:
            shown = name or id
            if self._taken.setdefault(shown, id) != id:
                shown = f"{shown} ({id})"
            known = self._names[id] = shown
        return known


def _decoded(raw: bytes) -> _Record | None:
    try:
        return _records.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, ValueError):
        return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _when(record: _Record) -> int | None:
    """When it was sent; the local date only if the other one is lacking."""
    try:
        at = int(record.date_unixtime) * 1_000
    except (TypeError, ValueError, OverflowError):
        found = _DATE.fullmatch(_text(record.date))
        if found is None:
            return None
        year, month, day, hour, minute, second = (int(part) for part in found.groups())
        begun = day_ms(year, month, day)
        return None if begun is None else begun + ((hour * 60 + minute) * 60 + second) * 1_000
    return at if EARLIEST <= at < LATEST else None


def _said(record: _Record) -> tuple[str, str]:
    """The words of a record, and what kind of line it is."""
    text = _flat(record.text)
    if record.type == "service":
        return _action(record), LineKind.SYSTEM
    if record.type != "message":
        return text or _text(record.type), LineKind.UNPARSED
    if record.photo is not None:
        return text, LineKind.PHOTO
    if record.file is not None or record.media_type is not None:
        kind = _KINDS.get(_text(record.media_type), LineKind.FILE)
        return text or _text(record.sticker_emoji) or _text(record.file_name)[:255], kind
    more = [text, _poll(record.poll), _place(record.location_information), _person(record.contact_information)]
    return "\n".join(part for part in more if part), LineKind.TEXT


def _flat(text: object) -> str:
    """Plain words of a text with links and styles in it."""
    if isinstance(text, str):
        return text
    if not isinstance(text, list):
        return ""
    return "".join(
        part if isinstance(part, str) else _text(part.get("text")) for part in text if isinstance(part, str | dict)
    )


def _action(record: _Record) -> str:
    members = [name for name in record.members if isinstance(name, str)] if isinstance(record.members, list) else []
    words = [_text(record.actor), _text(record.action).replace("_", " "), _text(record.title), ", ".join(members[:100])]
    return " ".join(part for part in words if part)[:MAX_TEXT]


def _poll(poll: object) -> str:
    if not isinstance(poll, dict):
        return ""
    answers = poll.get("answers")
    options = [_flat(one.get("text")) for one in answers if isinstance(one, dict)] if isinstance(answers, list) else []
    return "\n".join([_flat(poll.get("question")), *(f"- {option}" for option in options[:32])])


def _place(place: object) -> str:
    return f"{place.get('latitude')}, {place.get('longitude')}" if isinstance(place, dict) else ""


def _person(person: object) -> str:
    if not isinstance(person, dict):
        return ""
    return " ".join(_text(person.get(key)) for key in ("first_name", "last_name", "phone_number")).strip()
