"""What happened in a room, as one of its lines."""

from __future__ import annotations

from typing import Final, Protocol

from nullabona.words.catalogue import Language, Words
from nullabona.words.relays import relay_name

_WORDS: Final = Words("room_notices")


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


def room_notice(notice: Notice, language: Language) -> str:
    """The sentence; some have another where nobody else did it."""
    key = notice.what if notice.what in _WORDS else "other"
    if (notice.me or not notice.name) and f"{key}-nobody" in _WORDS:
        key = f"{key}-nobody"
    text = relay_name(notice.text) if key == "relay-changed" else notice.text
    return _WORDS.say(key, language, name=notice.name, others=", ".join(notice.names), text=text).strip()
