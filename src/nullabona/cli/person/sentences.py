"""How the command line words messages, warnings and what it knows of contacts."""

from __future__ import annotations

from collections.abc import Mapping

from nullabona.cli.log.work import utc
from nullabona.cli.output import note, say
from nullabona.cli.settings import Settings
from nullabona.client.api import Client, ContactInfo, MessageInfo, StandingWarning, Status
from nullabona.client.api.warned import IDENTITY_CHANGED
from nullabona.words.catalogue import Language
from nullabona.words.imported_lines import missing_words
from nullabona.words.room_notices import room_notice
from nullabona.words.warnings import as_met, level_of, warning_words


def message_line(message: MessageInfo, language: Language) -> str:
    """What a message says: its words, and what is with them."""
    if message.notice is not None:
        return room_notice(message.notice, language)
    if message.kind == "deleted":
        return say("deleted", language)
    missing = message.imported.missing if message.imported is not None else None
    text = missing_words(missing, language) if missing is not None else message.text
    parts = [text] if text else []
    if message.attachment is not None:
        parts.insert(0, f"[{message.attachment.name}, {message.attachment.size} B]")
    if message.poll is not None:
        chosen = [choice for choices in message.poll.votes.values() for choice in choices]
        parts += [f"({option}: {chosen.count(place)})" for place, option in enumerate(message.poll.options)]
    if message.forwarded:
        parts.insert(0, say("forwarded", language))
    parts += [f"{reaction.emoji}{len(reaction.accounts)}" for reaction in message.reactions]
    return " ".join(parts)


def warning_line(code: str, values: Mapping[str, object], language: Language, *, published: bool) -> str:
    """A warning in a sentence and what to do; marked if somebody lies."""
    code = as_met(code, published=published)
    sentence, hint = warning_words(code, language, values)
    return " ".join(filter(None, ("!" if level_of(code) == "grave" else "*", sentence, hint)))


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
    text = warning_line(warning.code, warning.detail, language, published=published)
    return f"{text} ({utc(warning.at_s)})" if warning.at_s else text
