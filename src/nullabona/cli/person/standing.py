"""What the command line says of how sure one can be of a contact, and of what is still wrong."""

from __future__ import annotations

from nullabona.cli.log.work import utc
from nullabona.cli.output import note, say
from nullabona.cli.person.telling import spoken
from nullabona.cli.settings import Settings
from nullabona.client.api import Client, ContactInfo, StandingWarning, Status
from nullabona.client.api.warned import IDENTITY_CHANGED
from nullabona.words.catalogue import Language


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
    for info in client.contacts.all():
        if info.changed and (room is None or info.room == room):
            note(settings, "number-changed", handle=info.handle, account=info.account.hex()[:12])


def still_wrong(status: Status, language: Language) -> list[str]:
    """Every warning that stands, as a sentence with what to do; of what was kept as evidence also when it was met."""
    return [_sentence(warning, language, published=status.published) for warning in status.warnings]


def _sentence(warning: StandingWarning, language: Language, *, published: bool) -> str:
    if warning.code == IDENTITY_CHANGED:
        account = warning.detail["account"].hex()[:12]
        return say("number-changed", language, handle=warning.detail["handle"], account=account)
    text = spoken(warning.code, warning.detail, language, published=published)
    return f"{text} ({utc(warning.at_s)})" if warning.at_s else text
