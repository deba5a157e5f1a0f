"""The table of doors: every method and path there is, and who may enter. What is not here does not exist.

A test goes through it for every role (tests/docket_console/test_routes.py).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from starlette.routing import compile_path

from nullabona.docket.console.pages import (
    acting,
    authorities,
    case,
    confirming,
    entering,
    intake,
    journal,
    officers,
    own,
    queue,
    record,
    recovering,
    static,
)
from nullabona.docket.console.pages.acting import WHO
from nullabona.docket.console.request.answers import Answer
from nullabona.docket.console.request.context import Visit
from nullabona.docket.console.rules.origin import SAFE_METHODS
from nullabona.docket.core.records import MAX_DOCUMENT
from nullabona.docket.core.roles import CONFIRMS, DESK, READERS, DeskAction, Role
from nullabona.docket.core.states import Action

NOBODY: Final[frozenset[Role]] = frozenset()
FORM_BYTES: Final = 256 << 10
STRANGER_BYTES: Final = 32 << 10
"""What somebody sends who is not signed in: an answer of an authenticator and little else."""


@dataclass(frozen=True, slots=True)
class Door:
    """One door. ``public``: for anybody; ``always``: for every officer, whatever their roles; else one of ``roles``."""

    method: str
    path: str
    answer: Callable[[Visit], Answer | Awaitable[Answer]] = field(repr=False)
    """An answer at once, or one that gives way to others while something is made aside."""
    roles: frozenset[Role] = NOBODY
    public: bool = False
    always: bool = False
    scripted: bool = False
    """A script asks, and is answered in JSON; else a page or a form."""
    limit: int = FORM_BYTES

    @property
    def changes(self) -> bool:
        return self.method not in SAFE_METHODS


def _case_doors() -> tuple[Door, ...]:
    return tuple(
        Door("POST", f"/case/{{case}}/{action}", acting.ACTIONS[action], roles)
        for action, roles in sorted(WHO.items())
        if action in acting.ACTIONS
    )


_ADMIN: Final = frozenset({Role.ADMIN})
_STAFF: Final = frozenset({Role.ADMIN, Role.COUNSEL})
_CONFIRMERS: Final = frozenset(role for roles in CONFIRMS.values() for role in roles)
_REGISTERS: Final = DESK[DeskAction.REGISTER_AUTHORITY]

DOORS: Final[tuple[Door, ...]] = (
    Door("GET", "/static/{name}", static.file, public=True),
    Door("GET", "/healthz", static.health, public=True),
    Door("GET", "/sign-in", entering.page, public=True),
    Door("POST", "/sign-in/options", entering.options, public=True, scripted=True, limit=STRANGER_BYTES),
    Door("POST", "/sign-in", entering.enter, public=True, scripted=True, limit=STRANGER_BYTES),
    Door("GET", "/enrol", entering.enrol_page, public=True),
    Door("POST", "/enrol/look", entering.enrol_look, public=True, scripted=True, limit=STRANGER_BYTES),
    Door("POST", "/enrol/options", entering.enrol_options, public=True, scripted=True, limit=STRANGER_BYTES),
    Door("POST", "/enrol/passkey", entering.enrol_passkey, public=True, scripted=True, limit=STRANGER_BYTES),
    Door("POST", "/enrol/finish", entering.enrol_finish, public=True, scripted=True, limit=STRANGER_BYTES),
    Door("POST", "/sign-out", entering.leave, always=True),
    Door("POST", "/taste", entering.taste, always=True),
    Door("POST", "/sign", acting.sign, always=True, scripted=True),
    Door("GET", "/", queue.home, always=True),
    Door("GET", "/queue/version", queue.version, READERS, scripted=True),
    Door("GET", "/cases", queue.everything, READERS),
    Door("GET", "/case/{case}", case.page, READERS),
    Door("GET", "/case/{case}/document", case.document, READERS),
    Door("GET", "/case/{case}/package/{number:int}", case.package_file, READERS),
    Door("GET", "/case/{case}/receipt", case.receipt, READERS),
    Door("GET", "/case/{case}/handed-over", case.handed_over, frozenset({Role.RELEASER})),
    Door("POST", "/case/{case}/share", case.share, READERS),
    Door("GET", "/intake", intake.choose, WHO[Action.INTAKE]),
    Door("GET", "/intake/{instrument}", intake.page, WHO[Action.INTAKE]),
    Door("POST", "/intake/document", intake.hand_in, WHO[Action.INTAKE] | WHO[Action.AMEND], scripted=True,
         limit=MAX_DOCUMENT),
    Door("POST", "/intake/{instrument}", intake.take_in, WHO[Action.INTAKE]),
    Door("GET", "/case/{case}/amend", intake.amend_page, WHO[Action.AMEND]),
    Door("POST", "/case/{case}/amend", intake.amend, WHO[Action.AMEND]),
    *_case_doors(),
    Door("GET", "/confirm", confirming.page, _CONFIRMERS),
    Door("POST", "/confirm/{challenge}", confirming.confirm, _CONFIRMERS),
    Door("POST", "/confirm/{challenge}/object", confirming.object_to, DESK[DeskAction.OBJECT]),
    Door("GET", "/authorities", authorities.page, READERS),
    Door("POST", "/authorities", authorities.register, _REGISTERS),
    Door("GET", "/record", record.page, frozenset(Role)),
    Door("POST", "/record/open", record.open_slots, DESK[DeskAction.OPEN]),
    Door("POST", "/record/report", record.report, DESK[DeskAction.REPORT]),
    Door("POST", "/record/deliver", record.deliver, frozenset({Role.NOTIFIER})),
    Door("POST", "/record/settle", record.settle, DESK[DeskAction.SETTLE]),
    Door("POST", "/record/outage", record.outage, DESK[DeskAction.OUTAGE]),
    Door("GET", "/journal", journal.page, DESK[DeskAction.READ_JOURNAL]),
    Door("GET", "/officers", officers.page, _STAFF),
    Door("POST", "/officers/{officer}/enrol", officers.admit, _ADMIN),
    Door("POST", "/officers/{officer}/turn-away", officers.turn_away, _ADMIN),
    Door("POST", "/officers/{officer}/grant-role", officers.grant, _ADMIN),
    Door("POST", "/officers/{officer}/take-role", officers.take, _ADMIN),
    Door("POST", "/officers/{officer}/revoke", officers.revoke, _ADMIN),
    Door("POST", "/officers/{officer}/keys/{key}", officers.admit_key, _ADMIN),
    Door("POST", "/officers/{officer}/recover", recovering.begin, recovering.VOUCHES),
    Door("POST", "/officers/{officer}/recover/second", recovering.second, recovering.VOUCHES),
    Door("POST", "/officers/{officer}/recover/object", recovering.object_to, recovering.OBJECTS),
    Door("GET", "/authenticators", own.page, always=True),
    Door("POST", "/authenticators/options", own.options, always=True, scripted=True),
    Door("POST", "/authenticators", own.add, always=True, scripted=True),
    Door("POST", "/authenticators/{key}/aside", own.set_aside, always=True),
)  # fmt: skip
_COMPILED: Final = tuple((compile_path(door.path), door) for door in DOORS)


def find_door(method: str, path: str) -> tuple[Door, dict[str, str]] | None:
    """The door for a request, and what its path names. The first that fits, in the order of the table."""
    wanted = "GET" if method == "HEAD" else method
    for (pattern, _, convertors), door in _COMPILED:
        found = pattern.match(path)
        if found and door.method == wanted:
            return door, {key: str(convertors[key].convert(value)) for key, value in found.groupdict().items()}
    return None
