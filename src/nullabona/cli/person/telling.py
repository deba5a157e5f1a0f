"""One message or line about a room in words, for the command line."""

from __future__ import annotations

from collections.abc import Mapping

from nullabona.cli.catalogue import SENTENCES, say
from nullabona.client.api import MessageInfo, NoticeInfo, NoticeKind
from nullabona.words import telling
from nullabona.words.errors import Language
from nullabona.words.relays import relay_name
from nullabona.words.telling import level_of, met


def told(message: MessageInfo, language: Language) -> str:
    """What a message says: its words, and what is with them."""
    if message.notice is not None:
        return _notice(message.notice, language)
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


def _notice(notice: NoticeInfo, language: Language) -> str:
    text = relay_name(notice.text) if notice.what == NoticeKind.RELAY_CHANGED else notice.text
    key = f"notice-{notice.what}"
    if (notice.me or not notice.name) and f"{key}-nobody" in SENTENCES:
        key = f"{key}-nobody"
    return say(key, language, name=notice.name, others=", ".join(notice.names), text=text).strip()
