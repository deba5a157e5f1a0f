"""How a directory's public record stands, in plain sentences: who witnesses it, and what this device checked."""

from __future__ import annotations

from typing import Final

from nullabona.words.catalogue import Language, Words

_WORDS: Final = Words("standing")


def standing_words(
    language: Language, host: str, *, known: bool, witnesses: tuple[str, ...], by_hand: bool, watched_epoch: int
) -> list[str]:
    """The sentences. ``witnesses``: those that the policy demands and that cosigned; none: nobody witnesses it."""
    if not known:
        return [_WORDS.say("unknown", language, host=host)]
    names = ", ".join(witnesses)
    first = _WORDS.say("witnessed", language, names=names) if names else _WORDS.say("nobody", language, host=host)
    found = [first, _WORDS.say("by-hand" if by_hand else "first-sight", language)]
    if watched_epoch:
        found.append(_WORDS.say("watched", language, epoch=watched_epoch))
    return found
