"""A case from one officer's view: the next step, who may do it, what prevents it, and the other options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from nullabona.docket.core.decide import gagged
from nullabona.docket.core.instrument import Instrument
from nullabona.docket.core.notice import impossible
from nullabona.docket.core.records import CaseView, Demand
from nullabona.docket.core.roles import APART, Role, permits
from nullabona.docket.core.states import Action, State

WHO: Final[Mapping[Action, frozenset[Role]]] = {
    action: frozenset(role for role, one, _ in permits() if one is action)
    for action in {one for _, one, _ in permits()}
}
"""The roles that may do an action, in any state."""
PATH: Final = (
    (State.RECEIVED, State.STAYED),
    (State.MATCHED,),
    (State.REVIEWED,),
    (State.DECIDED,),
    (State.PRODUCED, State.REFUSED),
    (State.RECEIPTED, State.NOTIFIED_FIRST),
    (State.NOTIFIED, State.NOTICE_DEFERRED, State.NOTICE_BARRED, State.NOBODY_TO_TELL),
    (State.PUBLISHED, State.SEALED),
    (State.CLOSED,),
)
"""The path of a case, for the line of steps on its page."""
RECEIPTED: Final = frozenset(state for step in PATH[5:] for state in step)
"""The states in which the authority has its receipt."""
_NO_NOTICE: Final = (Action.DEFER_NOTICE, Action.BAR_NOTICE, Action.CONFIRM_BAR)
_NEXT: Final[Mapping[State, tuple[Action, ...]]] = {
    State.RECEIVED: (Action.MATCH,),
    State.STAYED: (Action.RESUME,),
    State.MATCHED: (Action.REVIEW,),
    State.REVIEWED: (Action.DECIDE,),
    State.DECIDED: (Action.PRODUCE, Action.REFUSE),
    State.PRODUCED: (Action.RECEIPT,),
    State.REFUSED: (Action.RECEIPT,),
    State.RECEIPTED: (Action.NOTIFY_FIRST, Action.HAND_OVER, Action.NOTIFY, Action.NOBODY_TO_TELL, *_NO_NOTICE),
    State.NOTIFIED_FIRST: (Action.HAND_OVER,),
    State.NOTIFIED: (Action.PUBLISH, Action.SEAL),
    State.NOTICE_DEFERRED: (Action.NOTIFY_FIRST, Action.NOTIFY, *_NO_NOTICE),
    State.NOTICE_BARRED: (Action.PUBLISH, Action.SEAL),
    State.NOBODY_TO_TELL: (Action.PUBLISH, Action.SEAL),
    State.PUBLISHED: (Action.CLOSE,),
    State.SEALED: (Action.CLOSE,),
    State.CLOSED: (),
}


@dataclass(frozen=True, slots=True)
class Option:
    """An action that the state allows. ``why`` names what prevents this officer from doing it, if anything."""

    action: Action
    roles: tuple[Role, ...]
    why: str = ""

    @property
    def mine(self) -> bool:
        return not self.why


@dataclass(frozen=True, slots=True)
class Standing:
    """The next steps of a case, and the other options."""

    next: tuple[Option, ...]
    others: tuple[Option, ...]

    @property
    def first(self) -> Option | None:
        """The step that a list shows, preferably one this officer may do."""
        return next((option for option in self.next if option.mine), self.next[0] if self.next else None)


def unmet(demand: Demand) -> tuple[str, ...]:
    """What prevents a production: unmet gates, and a missing call-back."""
    return demand.gates_unmet if demand.called_back else (*demand.gates_unmet, "called-back")


def roles_for(action: Action, state: State) -> tuple[Role, ...]:
    """The roles that may do ``action`` to a case in ``state``, in a fixed order."""
    return tuple(sorted(role for role, one, at in permits() if one is action and at is state))


@dataclass(frozen=True, slots=True)
class Limits:
    """What law and orders bar now, no matter who asks."""

    notice: bool = False
    """The person must not be told: a gag is in force, or the law never allows it."""
    public: bool = False
    """The case must not be shown singly: its kind never is, or only at the horizon, or a gag is in force."""
    refused: frozenset[Action] = frozenset()
    """What the desk would refuse for another reason: such actions are not offered at all."""


def limits_of(view: CaseView, instrument: Instrument, now_s: int, *, handed_over: bool) -> Limits:
    """What is barred of a case now."""
    silent, receipted = gagged(view.content, now_s), view.state == State.RECEIPTED
    never = silent or instrument.notice == "never"
    refused = set(impossible(view.content, instrument, now_s, handed_over=handed_over, receipted=receipted))
    if never:
        refused.discard(Action.NOTIFY)  # shown, with the reason
    return Limits(never, silent or instrument.item in {"never", "at_horizon"}, frozenset(refused))


def standing(view: CaseView, officer: str, roles: frozenset[Role], limits: Limits, *, handed_over: bool) -> Standing:
    """The steps and options of ``view`` for an officer. What ``limits`` bars is never offered as the step to take."""
    state = State(view.state)
    wanted = [action for action in _steps(state, limits) if not _is_past(action, view, handed_over=handed_over)]
    made = {action: _option(action, view, officer, roles) for action in _allowed(state)}
    if limits.notice and Action.NOTIFY in made:
        made[Action.NOTIFY] = replace(made[Action.NOTIFY], why="gag")
    if view.content.proposed_gag is None:
        made.pop(Action.CONFIRM_GAG, None)
    made = {action: option for action, option in made.items() if action not in limits.refused}
    following = tuple(made[action] for action in wanted if action in made)
    hidden = {*wanted, *_NEXT[state]} - ({Action.SEAL} if not limits.public else set())
    others = tuple(option for action, option in made.items() if action not in hidden and option.mine)
    return Standing(following, others)


def _steps(state: State, limits: Limits) -> tuple[Action, ...]:
    steps = _NEXT[state]
    if limits.notice and Action.NOTIFY in steps:
        steps = (*(one for one in steps if one is not Action.NOTIFY), Action.NOTIFY)
    if Action.PUBLISH in steps and Action.SEAL in steps:
        steps = (Action.SEAL,) if limits.public else (Action.PUBLISH,)
    return steps


def kept_apart(view: CaseView, officer: str, action: Action) -> bool:
    """Whether an earlier step by ``officer`` excludes them from ``action``; the database enforces it."""
    signed = (one for one in view.approvals if officer in {one.officer, one.stands_for})
    return any((action, Action(one.action)) in APART for one in signed)


def _is_past(action: Action, view: CaseView, *, handed_over: bool) -> bool:
    if action is Action.HAND_OVER:
        return handed_over
    outcome = view.content.decision.outcome if view.content.decision else None
    return {Action.PRODUCE: outcome == "refuse", Action.REFUSE: outcome == "produce"}.get(action, False)


def _allowed(state: State) -> Iterable[Action]:
    return [one for one in Action if one is not Action.READ and roles_for(one, state)]


def _option(action: Action, view: CaseView, officer: str, roles: frozenset[Role]) -> Option:
    who = roles_for(action, State(view.state))
    if not roles & set(who):
        return Option(action, who, "role")
    return Option(action, who, "apart" if kept_apart(view, officer, action) else "")
