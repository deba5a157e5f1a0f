"""One message or line about a room in words, for the command line."""

from __future__ import annotations

from collections.abc import Mapping

from nullabona.cli.output import say
from nullabona.client.api import MessageInfo
from nullabona.words import telling
from nullabona.words.catalogue import Language
from nullabona.words.room_notices import room_notice
from nullabona.words.telling import level_of, met


def told(message: MessageInfo, language: Language) -> str:
    """What a message says: its words, and what is with them."""
    if message.notice is not None:
        return room_notice(message.notice, language)
    if message.kind == "deleted":
        return say("deleted", language)
    parts = [message.text] if message.text else []
    if message.attachment is not None:
        parts.insert(0, f"[{message.attachment.name}, {message.attachment.size} B]")
    if message.poll is not None:
        chosen = [choice for choices in message.poll.votes.values() for choice in choices]
        parts += [f"({option}: {chosen.count(place)})" for place, option in enumerate(message.poll.options)]
    if message.forwarded:
        parts.insert(0, say("forwarded", language))
    parts += [f"{reaction.emoji}{len(reaction.accounts)}" for reaction in message.reactions]
    return " ".join(parts)


def spoken(code: str, values: Mapping[str, object], language: Language, *, published: bool) -> str:
    """A warning in a sentence and what to do; marked if somebody lies."""
    code = met(code, published=published)
    sentence, hint = telling.told(code, language, values)
    return " ".join(filter(None, ("!" if level_of(code) == "grave" else "*", sentence, hint)))
