"""An operator notice in words: what was demanded and by which law, what was handed over, how this was checked, and
what the person can do now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from nullabona.words.catalogue import Language, Words, pick
from nullabona.words.dates import date_words
from nullabona.words.demands import ANSWER, DATA_CLASS, FIELD, REASON
from nullabona.words.laws import law_words

DAY_S: Final = 86_400
_WORDS: Final = Words("operator_notice")


class Said(Protocol):
    """What a notice says, no matter who reads it: its person, or the officer who is about to sign it."""

    @property
    def handle(self) -> str: ...
    @property
    def origin(self) -> str: ...
    @property
    def authority(self) -> str: ...
    @property
    def label(self) -> Mapping[str, str]: ...
    @property
    def instrument(self) -> str: ...
    @property
    def basis(self) -> str: ...
    @property
    def reference(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def contact(self) -> str: ...
    @property
    def received_day(self) -> int: ...
    @property
    def told_day(self) -> int: ...
    @property
    def refused(self) -> bool: ...
    @property
    def reason(self) -> str: ...
    @property
    def asked(self) -> tuple[str, ...]: ...
    @property
    def answers(self) -> Mapping[str, str]: ...
    @property
    def given(self) -> tuple[str, ...]: ...
    @property
    def hand_over_day(self) -> int | None: ...


class Facts(Said, Protocol):
    """What `nullabona.client.api.OperatorNoticeInfo` says: the notice, and how it was checked."""

    @property
    def unknown(self) -> tuple[str, ...]: ...
    @property
    def size(self) -> int: ...
    @property
    def slot(self) -> tuple[int, int]: ...
    @property
    def witnesses(self) -> tuple[str, ...]: ...
    @property
    def witnessed_s(self) -> int | None: ...
    @property
    def by_hand(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class NoticeWords:
    """A notice as it is read. ``rows`` and ``answers`` are pairs; ``warning`` is empty unless something is off."""

    title: str
    outcome: str
    warning: str
    rows: tuple[tuple[str, str], ...]
    answers: tuple[tuple[str, str], ...]
    """Class of data that was asked for, and the answer."""
    given: tuple[str, ...]
    """What was handed over, or will be, by name."""
    checked: tuple[str, ...]
    advice: tuple[tuple[str, str], ...]
    """What may follow, how to object, and whom to ask, as pairs. The app's own words; no lawyer has reviewed them."""
    unreviewed: str
    """That nobody has."""


def notice_words(language: Language, facts: Facts) -> NoticeWords:
    """The notice in the person's language. Names and laws are the operator's own words."""
    return NoticeWords(
        title=_WORDS.say("title", language, authority=facts.authority),
        outcome=_outcome(language, facts),
        warning=_WORDS.say("unknown", language, fields=", ".join(facts.unknown)) if facts.unknown else "",
        rows=tuple(_rows(language, facts)),
        answers=_answers(language, facts),
        given=_given(language, facts),
        checked=tuple(checked_words(language, facts)),
        advice=tuple(_advice(language, facts)),
        unreviewed=_WORDS.say("unreviewed", language),
    )


def said_words(language: Language, said: Said) -> tuple[tuple[str, str], ...]:
    """Everything that the person will read, but for how it was checked, as pairs; a heading may be empty."""
    given = ", ".join(_given(language, said))
    handed = "handed-over" if said.hand_over_day is None else "to-hand-over"
    return (
        ("", _WORDS.say("title", language, authority=said.authority)),
        ("", _outcome(language, said)),
        *_rows(language, said),
        *_answers(language, said),
        *([(_WORDS.say(handed, language), given)] if given else []),
        *_advice(language, said),
        ("", _WORDS.say("unreviewed", language)),
    )


def checked_words(language: Language, facts: Facts) -> list[str]:
    """How a notice was checked, and what that does not show."""
    at_s = facts.witnessed_s
    time = "" if at_s is None else datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
    key = "checked" if facts.witnesses else "unwitnessed"
    first = _WORDS.say(key, language, origin=facts.origin, size=facts.size, names=", ".join(facts.witnesses), time=time)
    period, slot = facts.slot
    place = _WORDS.say("place", language, period=period, slot=slot)
    return [
        first,
        place,
        _WORDS.say("by-hand" if facts.by_hand else "first-sight", language),
        _WORDS.say("limits", language),
    ]


def summary_words(language: Language, *, notices: int, unchecked: int, refused: int, checkable: bool) -> list[str]:
    """What is to be said beside the list."""
    found = [] if notices else [_WORDS.say("none", language)]
    if not checkable:
        found.append(_WORDS.say("cannot", language))
    if unchecked:
        found.append(_WORDS.say("unchecked", language, count=unchecked))
    if refused:
        found.append(_WORDS.say("dropped", language, count=refused))
    return found


def day_words(language: Language, day: int) -> str:
    """A day, written out."""
    return date_words(datetime.fromtimestamp(day * DAY_S, UTC).date(), language)


def _outcome(language: Language, said: Said) -> str:
    if said.hand_over_day is not None:
        return _WORDS.say("planned", language, day=day_words(language, said.hand_over_day))
    return _WORDS.say("refused" if said.refused else "given" if said.given else "nothing", language)


def _answers(language: Language, said: Said) -> tuple[tuple[str, str], ...]:
    """Class of data that was asked for, and the answer."""
    return tuple((_label(DATA_CLASS, each, language), _answer(said, each, language)) for each in said.asked)


def _given(language: Language, said: Said) -> tuple[str, ...]:
    return tuple(_label(FIELD, each, language) for each in said.given)


def _rows(language: Language, facts: Said) -> list[tuple[str, str]]:
    rows = [
        ("authority", facts.authority),
        ("reference", facts.reference),
        ("kind", facts.label[language]),
        ("basis", law_words([facts.basis], language)),
        ("received", day_words(language, facts.received_day)),
        ("told", day_words(language, facts.told_day)),
        ("account", facts.handle),
        ("number", facts.number),
        ("reason", _label(REASON, facts.reason, language) if facts.reason else ""),
    ]
    return [(_WORDS.say(key, language), value) for key, value in rows if value]


def _advice(language: Language, facts: Said) -> Iterator[tuple[str, str]]:
    """By the kind of demand, else by its country, else for any."""
    kind, country = facts.instrument, facts.instrument.partition(".")[0]
    follows = (f"follows.{kind}", f"follows.{country}", "follows.other")
    objecting = (f"object.{kind}", f"object.{country}", "object.other")
    for heading, keys in (("follows", follows), ("object", objecting)):
        yield _WORDS.say(heading, language), _WORDS.say(next(key for key in keys if key in _WORDS), language)
    key = "ask-at" if facts.contact else "ask"
    values = {"number": facts.number} | ({"contact": facts.contact} if facts.contact else {})
    yield _WORDS.say("desk", language), _WORDS.say(key, language, **values)


def _answer(facts: Said, asked: str, language: Language) -> str:
    return _label(ANSWER, "refused" if facts.refused else facts.answers.get(asked, "not_in_scope"), language)


def _label(known: Words, key: str, language: Language) -> str:
    found = known.get(key)
    return key if found is None else pick(found, language)
