"""The states of a case as a table; spec/docket.md's diagram is made from it (tools/docket_page.py)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from nullabona.errors import UserError


class State(StrEnum):
    """The state of a case."""

    RECEIVED = "received"
    MATCHED = "matched"
    REVIEWED = "reviewed"
    DECIDED = "decided"
    PRODUCED = "produced"
    REFUSED = "refused"
    RECEIPTED = "receipted"
    STAYED = "stayed"
    """A court has stayed the demand: nothing is decided, nothing leaves, and its deadlines stand."""
    NOTIFIED_FIRST = "notified-first"
    """The person was told before the answer, and has a time in which to go to court."""
    NOTIFIED = "notified"
    NOTICE_DEFERRED = "notice-deferred"
    NOTICE_BARRED = "notice-barred"
    NOBODY_TO_TELL = "nobody-to-tell"
    PUBLISHED = "published"
    SEALED = "sealed"
    CLOSED = "closed"


class Action(StrEnum):
    """An action on a case."""

    INTAKE = "intake"
    AMEND = "amend"
    MATCH = "match"
    REVIEW = "review"
    DECIDE = "decide"
    PRODUCE = "produce"
    REFUSE = "refuse"
    RECEIPT = "receipt"
    HAND_OVER = "hand-over"
    NOTIFY_FIRST = "notify-first"
    NOTIFY = "notify"
    DEFER_NOTICE = "defer-notice"
    BAR_NOTICE = "bar-notice"
    CONFIRM_BAR = "confirm-bar"
    NOBODY_TO_TELL = "nobody-to-tell"
    PUBLISH = "publish"
    SEAL = "seal"
    CLOSE = "close"
    RENEW_GAG = "renew-gag"
    LIFT_GAG = "lift-gag"
    CONFIRM_GAG = "confirm-gag"
    STAY = "stay"
    RESUME = "resume"
    RECUSE = "recuse"
    READ = "read"


class WrongState(UserError):
    """The case's state does not allow the action."""

    code = "docket-wrong-state"
    default_hint = "look where the case stands: nulla docket show CASE"


_S = State
_A = Action
_OPEN: Final = (_S.RECEIVED, _S.MATCHED, _S.REVIEWED, _S.DECIDED)
_ANSWERED: Final = (_S.PRODUCED, _S.REFUSED)
_SETTLED: Final = (_S.NOTIFIED, _S.NOTICE_BARRED, _S.NOBODY_TO_TELL)
_TOLD: Final = (_S.NOTICE_DEFERRED, *_SETTLED)
_UNTOLD: Final = (_S.RECEIPTED, _S.NOTICE_DEFERRED)
_STAYING: Final = (_A.RENEW_GAG, _A.LIFT_GAG, _A.CONFIRM_GAG, _A.RECUSE)
_STAYABLE: Final = (*_OPEN, _S.PRODUCED, _S.RECEIPTED, _S.NOTIFIED_FIRST)
_LIVE: Final = (_S.STAYED, *_OPEN, *_ANSWERED, _S.RECEIPTED, _S.NOTIFIED_FIRST, *_TOLD, _S.PUBLISHED, _S.SEALED)

STEPS: Final[dict[tuple[State | None, Action], State]] = {
    (None, _A.INTAKE): _S.RECEIVED,
    **{(state, _A.AMEND): _S.RECEIVED for state in (*_OPEN, _S.NOTIFIED_FIRST)},
    **{(state, _A.STAY): _S.STAYED for state in _STAYABLE},
    (_S.STAYED, _A.RESUME): _S.RECEIVED,
    (_S.RECEIVED, _A.MATCH): _S.MATCHED,
    (_S.MATCHED, _A.REVIEW): _S.REVIEWED,
    (_S.REVIEWED, _A.DECIDE): _S.DECIDED,
    (_S.DECIDED, _A.PRODUCE): _S.PRODUCED,
    (_S.DECIDED, _A.REFUSE): _S.REFUSED,
    **{(state, _A.RECEIPT): _S.RECEIPTED for state in _ANSWERED},
    (_S.RECEIPTED, _A.HAND_OVER): _S.RECEIPTED,
    **{(state, _A.NOTIFY_FIRST): _S.NOTIFIED_FIRST for state in (*_UNTOLD, _S.NOTICE_BARRED)},
    (_S.NOTIFIED_FIRST, _A.HAND_OVER): _S.NOTIFIED,
    **{(state, _A.NOTIFY): _S.NOTIFIED for state in (*_UNTOLD, _S.NOTICE_BARRED)},
    **{(state, _A.NOTIFY): state for state in (_S.PUBLISHED, _S.SEALED)},
    **{(state, _A.DEFER_NOTICE): _S.NOTICE_DEFERRED for state in (*_UNTOLD, _S.NOTICE_BARRED)},
    **{(state, _A.BAR_NOTICE): state for state in _UNTOLD},
    **{(state, _A.CONFIRM_BAR): _S.NOTICE_BARRED for state in _UNTOLD},
    (_S.RECEIPTED, _A.NOBODY_TO_TELL): _S.NOBODY_TO_TELL,
    **{(state, _A.HAND_OVER): state for state in (*_TOLD, _S.PUBLISHED, _S.SEALED)},
    **{(state, _A.PUBLISH): _S.PUBLISHED for state in (*_SETTLED, _S.SEALED)},
    **{(state, _A.SEAL): _S.SEALED for state in _SETTLED},
    (_S.PUBLISHED, _A.CLOSE): _S.CLOSED,
    (_S.SEALED, _A.CLOSE): _S.CLOSED,
    **{(state, action): state for state in _LIVE for action in _STAYING},
    **{(state, _A.READ): state for state in State},
}
"""(state, action) → next state. Every other combination is refused."""


def after(state: State | None, action: Action) -> State:
    """The state after ``action``. Raises `WrongState`."""
    found = STEPS.get((state, action))
    if found is None:
        raise WrongState(f"a case that is {state or 'not here'} allows no {action}")
    return found


def diagram() -> str:
    """The table as a Mermaid state diagram, without the actions that keep the state."""
    name = {state: state.value.replace("-", "_") for state in State}
    lines = [
        f"    {name[start] if start else '[*]'} --> {name[end]}: {action}"
        for (start, action), end in STEPS.items()
        if start != end
    ]
    return "\n".join(["stateDiagram-v2", *lines, "    closed --> [*]"])
