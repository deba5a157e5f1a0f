"""What the command line says of how sure one can be of a contact."""

from __future__ import annotations

from nullabona.cli.catalogue import say
from nullabona.cli.output import note
from nullabona.cli.settings import Settings
from nullabona.client.api import Client, ContactInfo


def mark(settings: Settings, info: ContactInfo) -> str:
    """One or two words for a list; nothing for a contact whose number was not compared."""
    state = _state(info)
    return say(f"mark-{state}", settings.language) if state else ""


def _state(info: ContactInfo) -> str:
    if info.changed:
        return "changed"
    return "verified" if info.verified else "replaced" if info.replaced else ""


def warn_of_changes(settings: Settings, client: Client, room: bytes | None = None) -> None:
    """Say of every contact whose handle leads to other keys, or of the one whom a direct room is with, that it does."""
    for info in client.contacts():
        if info.changed and (room is None or info.room == room):
            note(settings, "number-changed", handle=info.handle, account=info.account.hex()[:12])
