"""How a directory's public record stands, in plain sentences: who witnesses it, and what this device checked."""

from __future__ import annotations

from typing import Final

from nullabona.words.errors import Language

_SAID: Final[dict[str, tuple[str, str]]] = {
    "unknown": (
        "This device has not looked at the public record of {host} yet.",
        "이 기기는 아직 {host}의 공개 기록을 보지 않았어요.",
    ),
    "nobody": (
        "Witnessed by nobody: {host} could show others another record, and this device would not notice.",
        "증인이 없어요. {host}가 다른 사람에게 다른 기록을 보여 줘도 이 기기는 알아채지 못해요.",
    ),
    "witnessed": ("Witnessed by {names}.", "증인: {names}."),
    "first-sight": (
        "Who must witness it was taken from the directory itself when it was first seen.",
        "누가 증인인지는 디렉터리를 처음 봤을 때 디렉터리가 알려 준 대로예요.",
    ),
    "by-hand": ("Who must witness it was set on this device.", "누가 증인인지는 이 기기에서 정했어요."),
    "watched": (
        "This device looked through every epoch up to number {epoch} for entries it did not make.",
        "이 기기가 {epoch}회차까지 모든 회차에서 자기가 만들지 않은 항목이 없는지 살펴봤어요.",
    ),
}


def standing_words(
    language: Language, host: str, *, known: bool, witnesses: tuple[str, ...], by_hand: bool, watched_epoch: int
) -> list[str]:
    """The sentences. ``witnesses``: those that the policy demands and that cosigned; none: nobody witnesses it."""
    if not known:
        return [_say("unknown", language, host=host)]
    first = (
        _say("witnessed", language, names=", ".join(witnesses)) if witnesses else _say("nobody", language, host=host)
    )
    found = [first, _say("by-hand" if by_hand else "first-sight", language)]
    if watched_epoch:
        found.append(_say("watched", language, epoch=watched_epoch))
    return found


def _say(key: str, language: Language, **values: object) -> str:
    return _SAID[key][language == "ko"].format(**values)
