"""What people are called: their nickname here, the name they give themselves, or the first part of their handle."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from nullabona.client.core.model.ports import Store

MAX_NAME: Final = 60
_JOINER: Final = "\u200d"
_MOST_MARKS: Final = 3
"""Most combining marks on one character; more are an attack on the reader."""


def clean_name(name: str) -> str:
    """``name`` as it may be shown: NFC, one line, no controls and nothing that turns the direction of text."""
    kept: list[str] = []
    marks = 0
    for char in unicodedata.normalize("NFC", name):
        category = unicodedata.category(char)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if category.startswith("Z") or char in "\t\n\r":
            kept.append(" ")
        elif (char == _JOINER and _joins(kept)) or (not category.startswith("C") and marks <= _MOST_MARKS):
            kept.append(char)
    return " ".join("".join(kept).split())[:MAX_NAME].strip()


def _joins(before: list[str]) -> bool:
    """Whether a joiner is allowed here: only inside an emoji."""
    return bool(before) and unicodedata.category(before[-1]) in {"So", "Sk", "Mn"}


@dataclass(frozen=True, slots=True)
class Names:
    """Everybody's names and handles, as they are at one moment."""

    nicknames: dict[bytes, str]
    profiles: dict[bytes, str]
    handles: dict[bytes, str]

    def handle(self, account: bytes) -> str:
        """The handle; the beginning of the account's id for somebody never met."""
        return self.handles.get(account, "") or account.hex()[:12]

    def name(self, account: bytes) -> str:
        """What to call them."""
        return self.nicknames.get(account) or self.profiles.get(account) or self.handle(account).partition("@")[0]


def all_names(store: Store, own: Mapping[bytes, str] | None = None) -> Names:
    """Of contacts, and of everybody met in a room, whether still there or not; ``own``: the own account's handle."""
    people = store.person_names()
    contacts = store.contacts()
    return Names(
        {contact.account: contact.name for contact in contacts if contact.name},
        {account: name for account, (_, name) in people.items() if name},
        dict(own or {})
        | {contact.account: contact.handle for contact in contacts}
        | {account: handle for account, (handle, _) in people.items() if handle},
    )
