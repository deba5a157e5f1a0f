"""``STATEMENT.txt``: the answers in plain words, Korean and English; ``NO-DATA.txt`` if nothing is handed over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from nullabona.docket.core.records import ClassAnswer
from nullabona.docket.production.words import NO_DATA, NO_REMOVAL, SEALED_ITEMS, SYSTEM
from nullabona.words.catalogue import LANGUAGES, Sentence, pick
from nullabona.words.demands import ANSWER, DATA_CLASS, REASON

STATEMENT: Final = "data/STATEMENT.txt"
NO_DATA_STATEMENT: Final = "data/NO-DATA.txt"
KST: Final = timezone(timedelta(hours=9))
"""Korean time, which has no daylight saving."""


def statement_path(answers: tuple[ClassAnswer, ...]) -> str:
    """The statement's path, whose name says whether data was asked for and there is none."""
    if any(answer.answer == "produced" for answer in answers) or about_removal(answers):
        return STATEMENT
    return NO_DATA_STATEMENT


def about_removal(answers: tuple[ClassAnswer, ...]) -> bool:
    """Whether the demand wants something taken away, and no data."""
    return bool(answers) and all(answer.data_class in {"removal", "account_action"} for answer in answers)


def nothing_of(answers: tuple[ClassAnswer, ...]) -> Sentence | None:
    """That nothing of what was asked for is there; None: something is, or something was refused."""
    if any(answer.answer != "not_held" for answer in answers):
        return None
    return NO_REMOVAL if about_removal(answers) else NO_DATA


def make_statement(docket_no: str, operator: str, decided_s: int, answers: tuple[ClassAnswer, ...]) -> bytes:
    """The text; the same answers give the same bytes."""
    return ("\n".join(_lines(docket_no, operator, decided_s, answers)) + "\n").encode()


def reason_of(answer: ClassAnswer) -> Sentence:
    """The answer in words, with a refusal's reason, or with what *not held* means for sealed content."""
    word = ANSWER[answer.answer]
    if answer.reason is not None:
        reason = REASON[answer.reason]
    elif (answer.data_class, answer.answer) == ("content", "not_held"):
        reason = SEALED_ITEMS
    else:
        return word
    return Sentence(f"{word.ko}: {reason.ko}", f"{word.en}: {reason.en}")


def moment(at_s: int) -> str:
    """``2026-10-08 09:30 UTC (2026-10-08 18:30 KST)``."""
    times = (datetime.fromtimestamp(at_s, zone).strftime("%Y-%m-%d %H:%M") for zone in (UTC, KST))
    return "{} UTC ({} KST)".format(*times)


def day(number: int) -> str:
    """Days since 1970-01-01 as ``2026-10-08``. For a measured day, the caller must add that it is UTC."""
    return datetime.fromtimestamp(number * 86_400, UTC).strftime("%Y-%m-%d")


def _lines(docket_no: str, operator: str, decided_s: int, answers: tuple[ClassAnswer, ...]) -> Iterator[str]:
    nothing = nothing_of(answers)
    for language in LANGUAGES:
        yield f"{operator} · {docket_no} · {moment(decided_s)}"
        yield ""
        if nothing is not None:
            yield from (pick(nothing, language), "")
        for answer in answers:
            yield f"- {pick(DATA_CLASS[answer.data_class], language)}: {pick(reason_of(answer), language)}"
        yield from ("", pick(SYSTEM, language))
        if language != LANGUAGES[-1]:
            yield from ("", "-" * 72, "")
