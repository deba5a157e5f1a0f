"""The notice as its person will read it, for the officer who is about to sign it."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import UNSET

from nullabona.docket.console.request.context import RequestContext
from nullabona.wire.operator_notice import NoticeBody
from nullabona.words.operator_notice import said_words


class Drawn:
    """A body with the names by which notices are put in words."""

    def __init__(self, body: NoticeBody) -> None:
        self.handle, self.origin, self.authority = body.handle, body.origin, body.authority
        self.instrument, self.basis = body.instrument, body.basis
        self.reference, self.number, self.contact = body.reference, body.number, body.contact
        self.label: Mapping[str, str] = {"ko": body.label.ko, "en": body.label.en}
        self.received_day, self.told_day = body.received_day, body.told_day
        self.refused, self.reason = body.decided == "refuse", body.reason or ""
        self.asked: tuple[str, ...] = body.asked
        self.answers: Mapping[str, str] = {str(asked): str(answer) for asked, answer in body.answer.items()}
        self.given = body.given
        self.hand_over_day = None if body.hand_over_day is UNSET else body.hand_over_day


def notice_lines(context: RequestContext, case: bytes) -> tuple[tuple[str, str], ...]:
    """The texts of the notices, line by line; that nobody will be told, if there is nobody."""
    bodies = context.desk.notice_bodies(context.acting, case)
    if not bodies:
        return ((context.say("case.notice-text"), context.say("case.notice-nobody")),)
    plain = context.say("case.notice-text")
    said = (pair for body in bodies for pair in said_words(context.display.language, Drawn(body)))
    return tuple((name or plain, text) for name, text in said)
