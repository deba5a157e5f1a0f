"""What lies behind the edge: finds the door, makes sure of who asks, and lets its page answer (spec/console.md §3).

Denied unless the table of doors says so. Who may not enter gets the same answer as who asks for what is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from nullabona.docket.console.passkeys.refusals import TooOften
from nullabona.docket.console.request.answers import Answer, Asked, as_json, see_other
from nullabona.docket.console.request.console import Premises
from nullabona.docket.console.request.context import COOKIE, Visit
from nullabona.docket.console.routing.routes import Door, find_door
from nullabona.docket.console.rules.origin import SAFE_METHODS, TOKEN_FIELD, TOKEN_HEADER, csrf_matches
from nullabona.docket.console.store.records import Taste
from nullabona.errors import Bug, NullabonaError, PeerError, UserError
from nullabona.words.errors import in_words

QUIET_HEADER: Final = "x-desk-quiet"
_STATUS: Final = ((TooOften, 429), (PeerError, 403), (UserError, 409))
"""What went wrong → the status of the answer; what is nobody's fault is for now only."""


class House:
    """The console behind its edge. One thread uses it; what waits there lets others in."""

    def __init__(self, premises: Premises, clock: Callable[[], int]) -> None:
        self.premises = premises
        self._clock = clock

    # -- what the edge asks -------------------------------------------------------------------------------------------

    def admit(self, asked: Asked) -> Answer | int:
        """A refusal judged by the head, or how many bytes the body may have."""
        found = self._enter(asked)
        if isinstance(found, Answer):
            return found
        door, visit = found
        header = asked.headers.get(TOKEN_HEADER)
        if visit.session and door.changes and door.scripted and not csrf_matches(visit.token, header or ""):
            return _wrong(visit, door, 403, visit.say("wrong.token"), "", "csrf")
        return door.limit if door.changes else 0

    async def answer(self, asked: Asked) -> Answer:
        """The answer; whatever the desk refuses is said in the officer's language."""
        found = self._enter(asked)
        if isinstance(found, Answer):
            return found
        door, visit = found
        try:
            if _is_form(door, visit) and not csrf_matches(visit.token, asked.form().get(TOKEN_FIELD, "")):
                return _wrong(visit, door, 403, visit.say("wrong.token"), "", "csrf")
            if visit.session and asked.headers.get(QUIET_HEADER) is None:
                self.premises.sessions.see(visit.session, visit.now_s)
            given = door.answer(visit)
            return given if isinstance(given, Answer) else await given
        except NullabonaError as error:
            return _refused(visit, door, error)

    # -- what is done without being asked -----------------------------------------------------------------------------

    def sweep(self) -> None:
        """Forget and erase what has run out. Raises `ConsoleStoreFailed`; what is in memory was forgotten by then."""
        self.premises.sweep(self._clock())

    # -- inside -------------------------------------------------------------------------------------------------------

    def _enter(self, asked: Asked) -> tuple[Door, Visit] | Answer:
        visit = self._visit(asked)
        found = find_door(asked.method, asked.path)
        if found is None:
            return _wrong(visit, None, 404, visit.say("wrong.missing"), "", "")
        door, params = found
        visit = self._visit(asked, params)
        if door.public:
            return door, visit
        if visit.officer is None:
            return self._to_the_door(asked, door)
        if not self._may_enter(door, visit):
            return _wrong(visit, door, 404, visit.say("wrong.missing"), "", "")
        return door, visit

    def _may_enter(self, door: Door, visit: Visit) -> bool:
        if self.premises.has_too_few(visit.me) and not door.always:
            return False
        return bool(door.roles & visit.roles) or door.always

    @staticmethod
    def _to_the_door(asked: Asked, door: Door) -> Answer:
        if door.scripted:
            return as_json({"code": "signed-out", "sentence": "sign in again", "hint": ""}, 401)
        go = asked.path if asked.method in SAFE_METHODS and asked.path != "/" else ""
        return see_other(f"/sign-in?go={quote(go)}" if go else "/sign-in")

    def _visit(self, asked: Asked, params: dict[str, str] | None = None) -> Visit:
        now_s = self._clock()
        token = asked.cookies.get(COOKIE, "")
        session = self.premises.sessions.find(token, now_s) if token else None
        officer = self.premises.active(session.officer) if session is not None else None
        if session is not None and officer is None:  # revoked: every session of theirs ends at once
            self.premises.sessions.end_all(session.officer)
            session = None
        taste = (self.premises.store.taste(officer.id) if officer else None) or _taste_of(asked)
        if session is None:
            return Visit(self.premises, asked, params or {}, now_s, taste)
        return Visit(self.premises, asked, params or {}, now_s, taste, token, session, officer)


def _is_form(door: Door, visit: Visit) -> bool:
    """Whether the request has to carry the session's token in its form."""
    return visit.session is not None and door.changes and not door.scripted


def _refused(visit: Visit, door: Door, error: NullabonaError) -> Answer:
    if isinstance(error, Bug):
        return _wrong(visit, door, 500, visit.say("wrong.bug"), "", error.code)
    sentence, hint = in_words(error, visit.taste.language)
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 503)
    return _wrong(visit, door, status, sentence, hint, error.code)


def _wrong(visit: Visit, door: Door | None, status: int, sentence: str, hint: str, code: str) -> Answer:
    if door is not None and door.scripted:
        return as_json({"code": code, "sentence": sentence, "hint": hint}, status)
    return visit.page("wrong.html", status, sentence=sentence, hint=hint, code=code)


def _taste_of(asked: Asked) -> Taste:
    """What a stranger's browser prefers; nothing of it is kept."""
    chosen = asked.query.get("lang") or asked.headers.get("accept-language", "")
    return Taste("ko" if chosen.lower().startswith("ko") else "en")
