"""Errors in the person's language. English is what the error itself says."""

from __future__ import annotations

import re
from typing import Final

from nullabona.errors import NullabonaError
from nullabona.words.catalogue import Language, Sentence, Words, pick

ERRORS: Final = Words("errors", "errors_client", "errors_desk", "errors_servers", "errors_releases", "errors_backup")
_LINES: Final = Words("error_lines")
_REASONS: Final = Words("errors_reasons")
_RARE: Final = re.compile(r" \(\w+\)$")
BAD_REQUESTS: Final = Words("errors_bad_request")
"""What is wrong with a `BadRequest`, whose code alone says nothing, by a pattern of its sentence."""
HINTS: Final = Words("errors_hints")
"""Hints that are given where an error is raised, by a pattern of the English one, with its values as groups."""


def in_words(error: NullabonaError, language: Language) -> tuple[str, str]:
    """The sentence and the hint for a person."""
    found = bad_request(error.message) if error.code == "bad-request" else None
    found = found or ERRORS.get(error.code)
    if found is None:
        return error.message, _raised_hint(error, language) or error.hint
    hint = _raised_hint(error, language) or pick(found.hint, language) or error.hint
    return pick(found, language) or error.message, hint


def _raised_hint(error: NullabonaError, language: Language) -> str:
    """The hint that an error was given where it was raised, in the person's language; empty if there is none."""
    if error.hint == type(error).default_hint:
        return ""
    for pattern, said in HINTS.items():
        if (match := re.fullmatch(pattern, error.hint)) and (text := pick(said, language)):
            return text.format_map(match.groupdict())
    return ""


def bad_request(sentence: str) -> Sentence | None:
    """The words of a `BadRequest`; None for one that no page can meet."""
    return next((said for pattern, said in BAD_REQUESTS.items() if re.fullmatch(pattern, sentence)), None)


def reason(text: str, language: Language) -> str:
    """The reason of the system that is, or ends, a text (`nullabona.machine.failures.reason_of`); else empty."""
    rare = _RARE.search(text)
    plain = text[: rare.start()] if rare else text
    found = next((said for known, said in _REASONS.items() if plain == known or plain.endswith(f": {known}")), None)
    own = "" if found is None else pick(found, language)
    return f"{own}{rare[0]}" if rare and own else own


def detailed(error: NullabonaError, language: Language) -> tuple[str, str]:
    """As `in_words`, and what the error itself says beside a sentence that is only of its kind."""
    sentence, hint = in_words(error, language)
    if sentence == error.message or not (detail := pick(_LINES["detail"], language)):
        return sentence, hint
    why = reason(error.message, language)
    said = {"sentence": sentence.removesuffix("."), "message": error.message, "reason": why}
    return (_LINES.say("detail-because", language, **said) if why else detail.format_map(said)), hint


def translated_error(error: NullabonaError, language: Language) -> str:
    """As ``error.render()``, in the person's language where there is a translation."""
    if error.code not in ERRORS or not pick(_LINES["error"], language):
        return error.render()
    said, hint = detailed(error, language)
    text = _LINES.say("error", language, said=said, code=error.code)
    return f"{text}\n\n{_LINES.say('hint', language, hint=hint)}" if hint else text
