"""Answers a request: finds the route, checks the officer, and calls the page (spec/console.md §3).

A request is denied unless the table of routes allows it. A forbidden page and a missing page get the same answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from nullabona.docket.console.passkeys.refusals import TooOften
from nullabona.docket.console.request.answers import Answer, Asked, as_json, see_other
from nullabona.docket.console.request.console import Console
from nullabona.docket.console.request.context import COOKIE, RequestContext
from nullabona.docket.console.routing.routes import Route, find_route, navigation
from nullabona.docket.console.rules.origin import SAFE_METHODS, TOKEN_FIELD, TOKEN_HEADER, csrf_matches
from nullabona.docket.console.store.records import DisplayPreferences
from nullabona.errors import Bug, NullabonaError, PeerError, UserError
from nullabona.words.errors import in_words

QUIET_HEADER: Final = "x-desk-quiet"
_STATUS: Final = ((TooOften, 429), (PeerError, 403), (UserError, 409))
"""The HTTP status of an error; errors that are nobody's fault are temporary."""


class ConsoleApp:
    """The console's application. One thread uses it; a request that waits lets others run."""

    def __init__(self, console: Console, clock: Callable[[], int]) -> None:
        self.console = console
        self._clock = clock

    # -- what is asked

    def admit(self, asked: Asked) -> Answer | int:
        """A refusal decided by the head alone, or the most bytes of the body."""
        found = self._enter(asked)
        if isinstance(found, Answer):
            return found
        route, context = found
        header = asked.headers.get(TOKEN_HEADER)
        if context.session and route.changes and route.scripted and not csrf_matches(context.token, header or ""):
            return _wrong(context, route, 403, context.say("wrong.token"), "", "csrf")
        return route.limit if route.changes else 0

    async def answer(self, asked: Asked) -> Answer:
        """The answer; refusals of the desk are shown in the officer's language."""
        found = self._enter(asked)
        if isinstance(found, Answer):
            return found
        route, context = found
        try:
            if _is_form(route, context) and not csrf_matches(context.token, asked.form().get(TOKEN_FIELD, "")):
                return _wrong(context, route, 403, context.say("wrong.token"), "", "csrf")
            if context.session and asked.headers.get(QUIET_HEADER) is None:
                self.console.sessions.see(context.session, context.now_s)
            given = route.answer(context)
            return given if isinstance(given, Answer) else await given
        except NullabonaError as error:
            return _refused(context, route, error)

    # -- what is done without being asked -----------------------------------------------------------------------------

    def sweep(self) -> None:
        """Forget and erase what has expired. Raises `ConsoleStoreFailed`, after memory was cleared."""
        self.console.sweep(self._clock())

    # -- inside -------------------------------------------------------------------------------------------------------

    def _enter(self, asked: Asked) -> tuple[Route, RequestContext] | Answer:
        found = find_route(asked.method, asked.path)
        context = self._context(asked, found[1] if found else {})
        if found is None:
            return _wrong(context, None, 404, context.say("wrong.missing"), "", "")
        route = found[0]
        if route.public:
            return route, context
        if context.officer is None:
            return self._to_sign_in(asked, route)
        if not self._may_enter(route, context):
            return _wrong(context, route, 404, context.say("wrong.missing"), "", "")
        return route, context

    def _may_enter(self, route: Route, context: RequestContext) -> bool:
        if self.console.has_too_few(context.me) and not route.always:
            return False
        return bool(route.roles & context.roles) or route.always

    @staticmethod
    def _to_sign_in(asked: Asked, route: Route) -> Answer:
        if route.scripted:
            return as_json({"code": "signed-out", "sentence": "sign in again", "hint": ""}, 401)
        go = asked.path if asked.method in SAFE_METHODS and asked.path != "/" else ""
        return see_other(f"/sign-in?go={quote(go)}" if go else "/sign-in")

    def _context(self, asked: Asked, params: dict[str, str]) -> RequestContext:
        now_s = self._clock()
        token = asked.cookies.get(COOKIE, "")
        session = self.console.sessions.find(token, now_s) if token else None
        officer = self.console.active(session.officer) if session is not None else None
        if session is not None and officer is None:  # the officer was revoked: end all their sessions at once
            self.console.sessions.end_all(session.officer)
            session = None
        display = (self.console.store.display(officer.id) if officer else None) or _display_of(asked)
        if session is None or officer is None:
            return RequestContext(self.console, asked, params, now_s, display)
        nav = navigation(officer.rights, few=self.console.has_too_few(officer.id))
        return RequestContext(self.console, asked, params, now_s, display, token, session, officer, nav)


def _is_form(route: Route, context: RequestContext) -> bool:
    """Whether the request must carry the session's token in its form."""
    return context.session is not None and route.changes and not route.scripted


def _refused(context: RequestContext, route: Route, error: NullabonaError) -> Answer:
    if isinstance(error, Bug):
        return _wrong(context, route, 500, context.say("wrong.bug"), "", error.code)
    sentence, hint = in_words(error, context.display.language)
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 503)
    return _wrong(context, route, status, sentence, hint, error.code)


def _wrong(context: RequestContext, route: Route | None, status: int, sentence: str, hint: str, code: str) -> Answer:
    if route is not None and route.scripted:
        return as_json({"code": code, "sentence": sentence, "hint": hint}, status)
    return context.page("wrong.html", status, sentence=sentence, hint=hint, code=code)


def _display_of(asked: Asked) -> DisplayPreferences:
    """The preferences of a stranger's browser; they are not stored."""
    chosen = asked.query.get("lang") or asked.headers.get("accept-language", "")
    return DisplayPreferences("ko" if chosen.lower().startswith("ko") else "en")
