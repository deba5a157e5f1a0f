"""Operator notices as the page shows them: in words, ready to be read."""

from __future__ import annotations

from nullabona.app.presenting.text import one_line
from nullabona.app.protocol.privacy_views import Fact, OperatorNotice, OperatorNotices
from nullabona.client.api import OperatorNoticeInfo
from nullabona.client.api import OperatorNotices as Found
from nullabona.words.catalogue import Language
from nullabona.words.operator_notice import day_words, notice_words, summary_words


def to_notices(found: Found, language: Language) -> OperatorNotices:
    """All of them, newest first. What the operator wrote is one clean line each."""
    said = summary_words(
        language,
        notices=len(found.notices),
        unchecked=found.unchecked,
        refused=found.refused,
        checkable=found.checkable,
    )
    return OperatorNotices([_notice(each, language) for each in reversed(found.notices)], said)


def _notice(info: OperatorNoticeInfo, language: Language) -> OperatorNotice:
    words = notice_words(language, info)
    return OperatorNotice(
        id=info.id.hex(),
        title=one_line(words.title),
        day=day_words(language, info.received_day),
        outcome=words.outcome,
        warning=one_line(words.warning),
        facts=[Fact(term, one_line(value)) for term, value in words.rows],
        answers=[Fact(term, value) for term, value in words.answers],
        given=list(words.given),
        planned=info.hand_over_day is not None,
        checked=[one_line(each) for each in words.checked],
        advice=[Fact(term, one_line(value)) for term, value in words.advice],
        unreviewed=words.unreviewed,
        put_away=info.put_away,
    )
