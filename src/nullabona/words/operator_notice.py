"""An operator notice in words: what was demanded, by which law, what was handed over, and how this was checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from nullabona.wire.demands import Label
from nullabona.words.demands import ANSWER, DATA_CLASS, FIELD, REASON
from nullabona.words.errors import Language
from nullabona.words.laws import law_words

DAY_S: Final = 86_400
_SAID: Final[Mapping[str, tuple[str, str]]] = {
    "title": (
        "{authority} demanded data about your account",
        "{authority}에서 내 계정에 관한 자료를 요청했어요",
    ),
    "refused": (
        "The operator says it refused, and handed over nothing.",
        "운영자는 거절했고 아무것도 넘기지 않았다고 해요.",
    ),
    "nothing": (
        "The operator says it handed over nothing: it had nothing of what was asked for.",
        "운영자는 아무것도 넘기지 않았다고 해요. 요청받은 자료가 없기 때문이에요.",
    ),
    "given": (
        (
            "The operator says it handed over the record of your handle, and nothing else. It has no "
            "messages, contacts or rooms."
        ),
        "운영자는 아이디 기록만 넘겼고 다른 것은 넘기지 않았다고 해요. 대화, 연락처, 방은 운영자에게 없어요.",
    ),
    "unknown": (
        ("It also says it handed over what this app does not know that it could hold: {fields}. Ask the operator."),
        "이 앱이 알기로는 운영자가 가질 수 없는 것도 넘겼다고 해요: {fields}. 운영자에게 물어보세요.",
    ),
    "kind": ("Kind of demand", "요청의 종류"),
    "law": ("Law", "법률"),
    "authority": ("Authority", "요청 기관"),
    "received": ("Received", "받은 날"),
    "told": ("You are told since", "알린 날"),
    "account": ("Account", "계정"),
    "reason": ("Why refused", "거절한 이유"),
    "checked": (
        "Checked against the log {origin} at size {size}, witnessed by {names} ({time}).",
        "{origin} 기록부의 크기 {size}에서 확인했어요. 증인: {names} ({time}).",
    ),
    "unwitnessed": (
        (
            "Checked against the log {origin} at size {size}. Witnessed by nobody: the operator could "
            "show others another log, and this device would not notice."
        ),
        (
            "{origin} 기록부의 크기 {size}에서 확인했어요. 증인이 없어요. "
            "운영자가 다른 사람에게 다른 기록부를 보여 줘도 이 기기는 알아채지 못해요."
        ),
    ),
    "place": ("It is entry {slot} of period {period} there.", "그 기록부의 {period}번째 주기 {slot}번 칸이에요."),
    "first-sight": (
        "Who must sign and witness was taken from your directory itself.",
        "누가 서명하고 증인이 되는지는 디렉터리가 알려 준 대로예요.",
    ),
    "by-hand": (
        "Who must sign and witness was set on this device.",
        "누가 서명하고 증인인지는 이 기기에서 정했어요.",
    ),
    "limits": (
        "This proves that the operator said it and cannot take it back. It does not prove that it was all.",
        "운영자가 이렇게 말했고 되돌릴 수 없다는 증명이에요. 이것이 전부라는 증명은 아니에요.",
    ),
    "unchecked": (
        ("{count} waiting to be checked: this device does not know the operator's docket log, or its clock is behind."),
        "확인을 기다리는 통지 {count}건: 이 기기가 운영자의 기록부를 모르거나 시계가 늦어요.",
    ),
    "dropped": (
        "{count} claimed to come from the operator and did not hold. They were not believed.",
        "운영자가 보냈다고 했지만 맞지 않아 믿지 않은 것 {count}건.",
    ),
    "cannot": (
        "This device knows no docket log of your operator, so it cannot check notices. Ask whether it has one.",
        "이 기기가 운영자의 기록부를 몰라서 통지를 확인할 수 없어요. 운영자에게 기록부가 있는지 물어보세요.",
    ),
    "none": (
        "The operator has told of no demand about this account.",
        "운영자가 이 계정에 관한 요청을 알린 적이 없어요.",
    ),
}


class Facts(Protocol):
    """What `nullabona.client.api.OperatorNoticeInfo` says."""

    @property
    def handle(self) -> str: ...
    @property
    def origin(self) -> str: ...
    @property
    def authority(self) -> str: ...
    @property
    def label(self) -> Mapping[str, str]: ...
    @property
    def law(self) -> tuple[str, ...]: ...
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
    def unknown(self) -> tuple[str, ...]: ...
    @property
    def size(self) -> int: ...
    @property
    def slot(self) -> tuple[int, int]: ...
    @property
    def witnesses(self) -> tuple[str, ...]: ...
    @property
    def witnessed_s(self) -> int: ...
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
    """What was handed over, by name."""
    checked: tuple[str, ...]


def notice_words(language: Language, facts: Facts) -> NoticeWords:
    """The notice in the person's language. Names and laws are the operator's own words."""
    return NoticeWords(
        title=_say("title", language, authority=facts.authority),
        outcome=_say("refused" if facts.refused else "given" if facts.given else "nothing", language),
        warning=_say("unknown", language, fields=", ".join(facts.unknown)) if facts.unknown else "",
        rows=tuple(_rows(language, facts)),
        answers=tuple((_label(DATA_CLASS, each, language), _answer(facts, each, language)) for each in facts.asked),
        given=tuple(_label(FIELD, each, language) for each in facts.given),
        checked=tuple(checked_words(language, facts)),
    )


def checked_words(language: Language, facts: Facts) -> list[str]:
    """How a notice was checked, and what that does not show."""
    time = datetime.fromtimestamp(facts.witnessed_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
    key = "checked" if facts.witnesses else "unwitnessed"
    first = _say(key, language, origin=facts.origin, size=facts.size, names=", ".join(facts.witnesses), time=time)
    period, slot = facts.slot
    place = _say("place", language, period=period, slot=slot)
    return [first, place, _say("by-hand" if facts.by_hand else "first-sight", language), _say("limits", language)]


def summary_words(language: Language, *, notices: int, unchecked: int, refused: int, checkable: bool) -> list[str]:
    """What is to be said beside the list."""
    found = [] if notices else [_say("none", language)]
    if not checkable:
        found.append(_say("cannot", language))
    if unchecked:
        found.append(_say("unchecked", language, count=unchecked))
    if refused:
        found.append(_say("dropped", language, count=refused))
    return found


def day_words(language: Language, day: int) -> str:
    """A day, written out."""
    date = datetime.fromtimestamp(day * DAY_S, UTC)
    return f"{date.year}년 {date.month}월 {date.day}일" if language == "ko" else f"{date.day} {date:%B %Y}"


def _rows(language: Language, facts: Facts) -> list[tuple[str, str]]:
    rows = [
        ("authority", facts.authority),
        ("kind", facts.label[language]),
        ("law", law_words(facts.law, language)),
        ("received", day_words(language, facts.received_day)),
        ("told", day_words(language, facts.told_day)),
        ("account", facts.handle),
        ("reason", _label(REASON, facts.reason, language) if facts.reason else ""),
    ]
    return [(_say(key, language), value) for key, value in rows if value]


def _answer(facts: Facts, asked: str, language: Language) -> str:
    return _label(ANSWER, "refused" if facts.refused else facts.answers.get(asked, "not_in_scope"), language)


def _label(known: Mapping[Any, Label], key: str, language: Language) -> str:
    found = known.get(key)
    return key if found is None else found.ko if language == "ko" else found.en


def _say(key: str, language: Language, **values: object) -> str:
    return _SAID[key][language == "ko"].format(**values)
