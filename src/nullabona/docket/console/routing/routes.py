"""The table of routes: every method and path, and who may use it. The console answers nothing else.

A test goes through it for every role (tests/docket_console/test_routes.py).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from nullabona.docket.cases.retention import KEEPERS
from nullabona.docket.console.pages import (
    acting,
    all_cases,
    authorities,
    case,
    confirming,
    entering,
    intake,
    journal,
    laws,
    officers,
    own,
    queue,
    record,
    recovering,
    static,
)
from nullabona.docket.console.pages.acting import WHO
from nullabona.docket.console.request.answers import Answer
from nullabona.docket.console.request.context import RequestContext
from nullabona.docket.console.rules.origin import METRICS, SAFE_METHODS
from nullabona.docket.core.records import MAX_DOCUMENT
from nullabona.docket.core.roles import CONFIRMS, DESK, READERS, DeskAction, Role
from nullabona.docket.core.states import Action

NOBODY: Final[frozenset[Role]] = frozenset()
FORM_BYTES: Final = 256 << 10
STRANGER_BYTES: Final = 32 << 10
"""Most bytes of a body without a session: an authenticator's answer and little else."""


@dataclass(frozen=True, slots=True)
class Route:
    """A route is open to anyone if ``public``, to every officer if ``always``, else to one of ``roles``."""

    method: str
    path: str
    answer: Callable[[RequestContext], Answer | Awaitable[Answer]] = field(repr=False)
    """Answers at once, or as a coroutine that waits for slow work."""
    roles: frozenset[Role] = NOBODY
    public: bool = False
    always: bool = False
    scripted: bool = False
    """True: a script sends the request and gets JSON. False: a page or a form."""
    limit: int = FORM_BYTES
    word: str = ""
    """Its label in the navigation; empty: it is not listed there."""
    key: str = ""
    """Its keyboard shortcut."""

    @property
    def changes(self) -> bool:
        return self.method not in SAFE_METHODS


def _case_routes() -> tuple[Route, ...]:
    return tuple(
        Route("POST", f"/case/{{case}}/{action}", acting.ACTIONS[action], roles)
        for action, roles in sorted(WHO.items())
        if action in acting.ACTIONS
    )


_ADMIN: Final = frozenset({Role.ADMIN})
_STAFF: Final = frozenset({Role.ADMIN, Role.COUNSEL})
_CONFIRMERS: Final = frozenset(role for roles in CONFIRMS.values() for role in roles)
_REGISTERS: Final = DESK[DeskAction.REGISTER_AUTHORITY]

ROUTES: Final[tuple[Route, ...]] = (
    Route("GET", "/static/{name}", static.file, public=True),
    Route("GET", "/healthz", static.health, public=True),
    Route("GET", METRICS, static.metrics, public=True),
    Route("GET", "/sign-in", entering.page, public=True),
    Route("POST", "/sign-in/options", entering.options, public=True, scripted=True, limit=STRANGER_BYTES),
    Route("POST", "/sign-in", entering.enter, public=True, scripted=True, limit=STRANGER_BYTES),
    Route("GET", "/enrol", entering.enrol_page, public=True),
    Route("POST", "/enrol/look", entering.enrol_look, public=True, scripted=True, limit=STRANGER_BYTES),
    Route("POST", "/enrol/options", entering.enrol_options, public=True, scripted=True, limit=STRANGER_BYTES),
    Route("POST", "/enrol/passkey", entering.enrol_passkey, public=True, scripted=True, limit=STRANGER_BYTES),
    Route("POST", "/enrol/finish", entering.enrol_finish, public=True, scripted=True, limit=STRANGER_BYTES),
    Route("POST", "/sign-out", entering.leave, always=True),
    Route("POST", "/display", entering.display, always=True),
    Route("POST", "/sign", acting.sign, always=True, scripted=True),
    Route("GET", "/", queue.home, READERS, always=True, word="nav.queue", key="d"),
    Route("GET", "/queue/version", queue.version, READERS, scripted=True),
    Route("GET", "/case/{case}", case.page, READERS),
    Route("GET", "/case/{case}/document", case.document, READERS),
    Route("GET", "/case/{case}/package/{number:int}", case.package_file, READERS),
    Route("GET", "/case/{case}/receipt", case.receipt, READERS),
    Route("GET", "/case/{case}/handed-over", case.handed_over, frozenset({Role.RELEASER})),
    Route("POST", "/case/{case}/share", case.share, READERS),
    Route("POST", "/case/{case}/keep", case.keep, KEEPERS),
    Route("GET", "/intake", intake.choose, WHO[Action.INTAKE], word="nav.intake", key="i"),
    Route("GET", "/cases", all_cases.page, READERS, word="nav.cases", key="c"),
    Route("POST", "/cases", all_cases.page, READERS),
    Route("GET", "/intake/{instrument}", intake.page, WHO[Action.INTAKE]),
    Route("POST", "/intake/document", intake.hand_in, WHO[Action.INTAKE] | WHO[Action.AMEND], scripted=True,
         limit=MAX_DOCUMENT),
    Route("POST", "/intake/{instrument}", intake.take_in, WHO[Action.INTAKE]),
    Route("GET", "/case/{case}/amend", intake.amend_page, WHO[Action.AMEND]),
    Route("POST", "/case/{case}/amend", intake.amend, WHO[Action.AMEND]),
    *_case_routes(),
    Route("GET", "/confirm", confirming.page, _CONFIRMERS, word="nav.confirm", key="w"),
    Route("POST", "/confirm/{challenge}", confirming.confirm, _CONFIRMERS),
    Route("POST", "/confirm/{challenge}/object", confirming.object_to, DESK[DeskAction.OBJECT]),
    Route("GET", "/authorities", authorities.page, READERS, word="nav.authorities", key="a"),
    Route("POST", "/authorities", authorities.register, _REGISTERS),
    Route("GET", "/record", record.page, frozenset(Role), word="nav.record", key="r"),
    Route("POST", "/record/open", record.open_slots, DESK[DeskAction.OPEN]),
    Route("POST", "/record/report", record.report, DESK[DeskAction.REPORT]),
    Route("POST", "/record/deliver", record.deliver, frozenset({Role.NOTIFIER})),
    Route("POST", "/record/settle", record.settle, DESK[DeskAction.SETTLE]),
    Route("POST", "/record/outage", record.outage, DESK[DeskAction.OUTAGE]),
    Route("GET", "/laws", laws.page, READERS, word="nav.laws", key="l"),
    Route("POST", "/laws/{instrument}/sign-off", laws.sign_off, DESK[DeskAction.SIGN_OFF]),
    Route("GET", "/journal", journal.page, DESK[DeskAction.READ_JOURNAL], word="nav.audit", key="j"),
    Route("GET", "/journal/export", journal.export, DESK[DeskAction.READ_JOURNAL]),
    Route("GET", "/officers", officers.page, _STAFF, word="nav.officers", key="o"),
    Route("POST", "/officers/{officer}/enrol", officers.admit, _ADMIN),
    Route("POST", "/officers/{officer}/turn-away", officers.turn_away, _ADMIN),
    Route("POST", "/officers/{officer}/grant-role", officers.grant, _ADMIN),
    Route("POST", "/officers/{officer}/take-role", officers.take, _ADMIN),
    Route("POST", "/officers/{officer}/appoint-deputy", officers.appoint, _ADMIN),
    Route("POST", "/officers/{officer}/end-deputy", officers.end, DESK[DeskAction.END_DEPUTY]),
    Route("POST", "/officers/{officer}/revoke", officers.revoke, _ADMIN),
    Route("POST", "/officers/{officer}/keys/{key}", officers.admit_key, _ADMIN),
    Route("POST", "/officers/{officer}/recover", recovering.begin, recovering.VOUCHES),
    Route("POST", "/officers/{officer}/recover/second", recovering.second, recovering.VOUCHES),
    Route("POST", "/officers/{officer}/recover/object", recovering.object_to, recovering.OBJECTS),
    Route("GET", "/authenticators", own.page, frozenset(Role), always=True, word="nav.own", key="k"),
    Route("POST", "/authenticators/options", own.options, always=True, scripted=True),
    Route("POST", "/authenticators", own.add, always=True, scripted=True),
    Route("POST", "/authenticators/{key}/aside", own.set_aside, always=True),
)  # fmt: skip
_PARAMETER: Final = re.compile(r"\{(\w+)(:int)?\}")


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(_PARAMETER.sub(lambda name: f"(?P<{name[1]}>{'[0-9]{1,9}' if name[2] else '[^/]+'})", path))


_COMPILED: Final = tuple((_pattern(route.path), route) for route in ROUTES)


def find_route(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The route for a request, and its path parameters. The first match in the table's order."""
    wanted = "GET" if method == "HEAD" else method
    for pattern, route in _COMPILED:
        found = pattern.fullmatch(path)
        if found and route.method == wanted:
            return route, found.groupdict()
    return None


def navigation(roles: frozenset[Role], *, few: bool) -> tuple[Route, ...]:
    """The pages open to an officer's roles; only their authenticators while they have too ``few``."""
    found = (route for route in ROUTES if route.word and route.roles & roles)
    return tuple(route for route in found if not few or route.path == "/authenticators")
