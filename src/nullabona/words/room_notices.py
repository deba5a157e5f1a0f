"""What happened in a room, as one of its lines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final, Protocol

from nullabona.words.catalogue import Language, Words
from nullabona.words.relays import relay_name

_WORDS: Final = Words("room_notices")
_LATEST_MS: Final = 253_402_214_400_000
"""The last day but one that a calendar can say, so that it can in any zone."""


class Notice(Protocol):
    """What `nullabona.client.api.NoticeInfo` says."""

    @property
    def what(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def me(self) -> bool: ...
    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def text(self) -> str: ...


def room_notice(notice: Notice, language: Language, zone: tzinfo | None = None) -> str:
    """The sentence; some have another where nobody else did it. Times are said in ``zone``, or in the local one."""
    if notice.what == "gap":
        said = _gap(notice.text, language, zone)
        others = ", ".join(notice.names)
        return _WORDS.say("gap-waiting", language, said=said, others=others) if others else said
    what = f"pinning-{notice.text}" if notice.what == "pinning-changed" else notice.what
    key = what if what in _WORDS else "other"
    if (notice.me or not notice.name) and f"{key}-nobody" in _WORDS:
        key = f"{key}-nobody"
    text = relay_name(notice.text) if key == "relay-changed" else notice.text
    return _WORDS.say(key, language, name=notice.name, others=", ".join(notice.names), text=text).strip()


def _gap(text: str, language: Language, zone: tzinfo | None) -> str:
    """``text`` is two times in ms with a dash between; 0 is none (spec/devices.md §9.1)."""
    since, until = (int(part) if part.isdecimal() else 0 for part in text.partition("-")[::2])
    key = {(True, True): "gap", (True, False): "gap-open", (False, True): "gap-before"}.get((since > 0, until > 0))
    return _WORDS.say(key or "gap-all", language, since=_minute(since, zone), until=_minute(until, zone))


def _minute(at: int, zone: tzinfo | None) -> str:
    """A time in ms, to the minute."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=min(at, _LATEST_MS))
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
