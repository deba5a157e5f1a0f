"""Permissions: role × action × state, and which two actions on one case need two people. All else is denied.

The store copies both tables into the database, whose triggers enforce them (store/rules.sql).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final

from nullabona.docket.core.states import STEPS, Action, State
from nullabona.errors import UserError


class Role(StrEnum):
    """A role of an officer."""

    INTAKE = "intake"
    REVIEWER = "reviewer"
    COUNSEL = "counsel"
    RELEASER = "releaser"
    NOTIFIER = "notifier"
    PUBLISHER = "publisher"
    AUDITOR = "auditor"
    KEY_CUSTODIAN = "key-custodian"
    ADMIN = "admin"


class DeskAction(StrEnum):
    """An action on the desk itself, not on a case."""

    ENROL = "enrol"
    REVOKE = "revoke"
    GRANT_ROLE = "grant-role"
    TAKE_ROLE = "take-role"
    ADD_KEY = "add-key"
    APPOINT_DEPUTY = "appoint-deputy"
    END_DEPUTY = "end-deputy"
    REGISTER_AUTHORITY = "register-authority"
    REPORT = "report"
    OPEN = "open"
    SETTLE = "settle"
    OUTAGE = "outage"
    SIGN_OFF = "sign-off"
    OBJECT = "object"
    READ_JOURNAL = "read-journal"


class NotAllowed(UserError):
    """None of the officer's roles allows the action."""

    code = "docket-not-allowed"
    default_hint = "ask an officer whose role it is; roles are shown by: nulla docket officer list"


class SamePerson(UserError):
    """Two different people must do these two actions."""

    code = "docket-same-person"
    default_hint = "another officer must do it"


_R = Role
_A = Action
READERS: Final = frozenset(Role) - {_R.ADMIN, _R.KEY_CUSTODIAN}
"""Roles that may read cases. An admin never may."""

_CASE: Final[dict[Action, frozenset[Role]]] = {
    _A.INTAKE: frozenset({_R.INTAKE}),
    _A.AMEND: frozenset({_R.INTAKE, _R.COUNSEL}),
    _A.MATCH: frozenset({_R.INTAKE, _R.REVIEWER}),
    _A.REVIEW: frozenset({_R.REVIEWER}),
    _A.DECIDE: frozenset({_R.COUNSEL}),
    _A.PRODUCE: frozenset({_R.RELEASER}),
    _A.REFUSE: frozenset({_R.RELEASER}),
    _A.RECEIPT: frozenset({_R.COUNSEL}),
    _A.HAND_OVER: frozenset({_R.RELEASER}),
    _A.NOTIFY_FIRST: frozenset({_R.NOTIFIER}),
    _A.NOTIFY: frozenset({_R.NOTIFIER}),
    _A.DEFER_NOTICE: frozenset({_R.NOTIFIER}),
    _A.BAR_NOTICE: frozenset({_R.COUNSEL}),
    _A.CONFIRM_BAR: frozenset({_R.COUNSEL, _R.REVIEWER}),
    _A.NOBODY_TO_TELL: frozenset({_R.COUNSEL, _R.NOTIFIER}),
    _A.PUBLISH: frozenset({_R.PUBLISHER}),
    _A.SEAL: frozenset({_R.COUNSEL}),
    _A.CLOSE: frozenset({_R.PUBLISHER, _R.COUNSEL}),
    _A.RENEW_GAG: frozenset({_R.COUNSEL}),
    _A.LIFT_GAG: frozenset({_R.COUNSEL}),
    _A.CONFIRM_GAG: frozenset({_R.COUNSEL, _R.REVIEWER}),
    _A.STAY: frozenset({_R.COUNSEL}),
    _A.RESUME: frozenset({_R.COUNSEL}),
    _A.RECUSE: READERS - {_R.AUDITOR},
    _A.READ: READERS,
}

DESK: Final[dict[DeskAction, frozenset[Role]]] = {
    DeskAction.ENROL: frozenset({_R.ADMIN}),
    DeskAction.REVOKE: frozenset({_R.ADMIN}),
    DeskAction.GRANT_ROLE: frozenset({_R.ADMIN}),
    DeskAction.TAKE_ROLE: frozenset({_R.ADMIN}),
    DeskAction.ADD_KEY: frozenset({_R.ADMIN}),
    DeskAction.APPOINT_DEPUTY: frozenset({_R.ADMIN}),
    DeskAction.END_DEPUTY: frozenset({_R.ADMIN, _R.COUNSEL}),
    DeskAction.REGISTER_AUTHORITY: frozenset({_R.INTAKE, _R.COUNSEL}),
    DeskAction.REPORT: frozenset({_R.PUBLISHER}),
    DeskAction.OPEN: frozenset({_R.COUNSEL}),
    DeskAction.SETTLE: frozenset({_R.KEY_CUSTODIAN}),
    DeskAction.OUTAGE: frozenset({_R.PUBLISHER}),
    DeskAction.SIGN_OFF: frozenset({_R.COUNSEL}),
    DeskAction.OBJECT: frozenset(Role) - {_R.AUDITOR},
    DeskAction.READ_JOURNAL: frozenset({_R.AUDITOR, _R.COUNSEL}),
}
"""The roles that may do an action, or propose it if it is in `CONFIRMS`."""

CONFIRMS: Final[dict[DeskAction, frozenset[Role]]] = {
    DeskAction.ENROL: frozenset({_R.ADMIN, _R.COUNSEL}),
    DeskAction.REVOKE: frozenset({_R.ADMIN, _R.COUNSEL}),
    DeskAction.GRANT_ROLE: frozenset({_R.ADMIN, _R.COUNSEL}),
    DeskAction.TAKE_ROLE: frozenset({_R.ADMIN, _R.COUNSEL}),
    DeskAction.ADD_KEY: frozenset({_R.ADMIN, _R.COUNSEL}),
    DeskAction.APPOINT_DEPUTY: frozenset({_R.ADMIN, _R.COUNSEL}),
    DeskAction.REGISTER_AUTHORITY: frozenset({_R.REVIEWER, _R.COUNSEL}),
    DeskAction.REPORT: frozenset({_R.COUNSEL}),
    DeskAction.SETTLE: frozenset({_R.COUNSEL}),
    DeskAction.OUTAGE: frozenset({_R.COUNSEL}),
    DeskAction.SIGN_OFF: frozenset({_R.COUNSEL, _R.REVIEWER}),
}
"""Actions that a second officer with one of these roles must confirm. Neither officer may be the subject."""

HELD_S: Final[dict[DeskAction, int]] = {DeskAction.ADD_KEY: 86_400}
"""Actions held for this many seconds between the two signatures; meanwhile officers may object, also the subject.

Nothing is held before the first demand is taken in: a new desk has nothing to protect yet.
"""

APART: Final[frozenset[tuple[Action, Action]]] = frozenset({
    (_A.REVIEW, _A.INTAKE), (_A.REVIEW, _A.AMEND),
    (_A.DECIDE, _A.INTAKE), (_A.DECIDE, _A.AMEND),
    (_A.PRODUCE, _A.INTAKE), (_A.PRODUCE, _A.AMEND), (_A.PRODUCE, _A.DECIDE),
    (_A.REFUSE, _A.INTAKE), (_A.REFUSE, _A.AMEND), (_A.REFUSE, _A.DECIDE),
    (_A.CONFIRM_GAG, _A.RENEW_GAG), (_A.CONFIRM_GAG, _A.LIFT_GAG), (_A.CONFIRM_BAR, _A.BAR_NOTICE),
})  # fmt: skip
"""(action, earlier action): never by the same officer on the same case, even after an amendment."""


STAFF: Final = frozenset({
    DeskAction.ENROL, DeskAction.REVOKE, DeskAction.GRANT_ROLE, DeskAction.TAKE_ROLE, DeskAction.ADD_KEY,
    DeskAction.APPOINT_DEPUTY, DeskAction.END_DEPUTY,
})  # fmt: skip
"""Actions that decide about the staff. No deputy does them for somebody else."""
ALONE: Final = frozenset({_R.ADMIN, _R.AUDITOR})
"""Roles that an officer has alone: who admits people reads no case, and who audits does nothing."""


def permits() -> Iterator[tuple[Role, Action, State | None]]:
    """Every allowed combination; the store's table ``permit`` holds exactly these."""
    for state, action in STEPS:
        yield from ((role, action, state) for role in sorted(_CASE[action]))


def allowed(roles: Iterable[Role], action: Action, state: State | None) -> bool:
    """Whether one of ``roles`` may do ``action`` to a case in ``state``."""
    return (state, action) in STEPS and not _CASE[action].isdisjoint(roles)


def who_may(action: Action) -> frozenset[Role]:
    """The roles that may ever do ``action`` to a case; `states.after` checks the state."""
    return _CASE[action]


def who_may_desk(action: DeskAction, *, confirming: bool = False) -> frozenset[Role]:
    """The roles that may do, or with ``confirming`` confirm, ``action``."""
    return CONFIRMS.get(action, frozenset()) if confirming else DESK[action]


def check_desk_allowed(roles: Iterable[Role], action: DeskAction, *, confirming: bool = False) -> None:
    """Raises `NotAllowed` unless one of ``roles`` may do, or with ``confirming`` confirm, ``action``."""
    if who_may_desk(action, confirming=confirming).isdisjoint(roles):
        raise NotAllowed(f"no role of yours allows {'confirming ' if confirming else ''}{action}")


def can_read(roles: Iterable[Role]) -> bool:
    """Whether one of ``roles`` may read cases."""
    return not READERS.isdisjoint(roles)


def desk_permits() -> Iterator[tuple[Role, DeskAction, int]]:
    """Every allowed action on the desk; 0: do or propose it, 1: confirm it."""
    for confirms, table in ((0, DESK), (1, CONFIRMS)):
        for action, who in table.items():
            yield from ((role, action, confirms) for role in sorted(who))
