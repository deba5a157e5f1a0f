"""Deadlines and their warning levels, under any clock (spec/docket.md §5).

A deadline is a fixed time in UTC seconds, so a clock jump moves none. A clock that is set back lowers no level.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.instrument import DAY, HOUR, Instrument, Timer
from nullabona.docket.core.records import CaseContent, CaseId, Gag
from nullabona.docket.core.states import Action

Level = Literal["none", "half", "soon", "due", "late"]
LEVELS: Final[tuple[Level, ...]] = ("none", "half", "soon", "due", "late")
GAG: Final = "gag-ends"
NOTICE: Final = "notice-deferred-until"
RESPOND_BY: Final = "respond-by"
"""The deadline that the document itself sets."""
WAIT: Final = "person-may-go-to-court"
"""Ends when an answer that the person was told of before may be handed over."""


class Due(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A timer of a case and its warning level."""

    case: CaseId
    number: str
    name: str
    due_s: int
    level: Level


def level_at(begun_s: int, due_s: int, now_s: int) -> Level:
    """The levels: half of the time passed; a tenth (at most a day) left; over; over by as long (at most a day)."""
    whole = max(1, due_s - begun_s)
    if now_s >= due_s + min(DAY, max(HOUR, whole)):
        return "late"
    if now_s >= due_s:
        return "due"
    if due_s - now_s <= min(DAY, max(whole // 10, 1)):
        return "soon"
    return "half" if now_s - begun_s >= whole // 2 else "none"


def louder(before: Level, now: Level) -> Level:
    """The higher level, so that a clock set back never lowers one."""
    return max(before, now, key=LEVELS.index)


def begun_by_receipt(content: CaseContent, instrument: Instrument) -> Iterator[tuple[str, int, int]]:
    """The timers (name, begun, due) that run from the day of issue or from receipt, later by any stay."""
    demand = content.demand
    starts = {"received": demand.received_s, "issued": demand.issued_day * DAY}
    if demand.emergency is True:
        starts["emergency"] = demand.received_s
    for timer in instrument.timers:
        if timer.since in starts:
            begun_s = starts[timer.since] + content.stayed_s
            yield timer.name, begun_s, begun_s + timer.within_s
    if isinstance(demand.respond_by_s, int):
        yield RESPOND_BY, demand.received_s + content.stayed_s, demand.respond_by_s + content.stayed_s
    yield from gag_timer(content.gag, content.demand.received_s)


def begun_by(
    event: Literal["decided", "handed_over"], instrument: Instrument, now_s: int
) -> Iterator[tuple[str, int, int]]:
    """The timers that ``event`` starts."""
    for timer in instrument.timers:
        if timer.since == event:
            yield timer.name, now_s, now_s + timer.within_s


def gag_timer(gag: Gag | None, begun_s: int) -> Iterator[tuple[str, int, int]]:
    """The timer to renew or lift a gag before its end."""
    if gag is not None and gag.until_s is not None:
        yield GAG, begun_s, gag.until_s


def stands(name: str) -> bool:
    """Whether a stay stops the timer; the end of a gag comes all the same."""
    return name != GAG


_MET_BY: Final[dict[Action, frozenset[str]]] = {
    Action.AMEND: frozenset({"permit"}),
    Action.REVIEW: frozenset({"reviewed"}),
    Action.DECIDE: frozenset({"decided"}),
    Action.PRODUCE: frozenset({"released"}),
    Action.REFUSE: frozenset({"released", "permit"}),
    Action.HAND_OVER: frozenset({"answered"}),
    Action.NOTIFY: frozenset({"notified"}),
    Action.NOTIFY_FIRST: frozenset({"notified"}),
    Action.CONFIRM_BAR: frozenset({"notified"}),
    Action.NOBODY_TO_TELL: frozenset({"notified"}),
    Action.CLOSE: frozenset({"closed", "permit", "answered", "released", "reviewed", "decided", "notified"}),
}


def of_the_answer(instrument: Instrument) -> frozenset[str]:
    """The timers that decide whether an answer is in time."""
    answering = {"reviewed", "decided", "released", "answered"}
    return frozenset(timer.name for timer in instrument.timers if timer.until in answering) | {RESPOND_BY}


def met_by(action: Action, instrument: Instrument) -> Iterator[str]:
    """The names of the timers that ``action`` meets. A refusal is answered by a hand-over too."""
    untils = _MET_BY.get(action, frozenset())
    yield from (timer.name for timer in instrument.timers if timer.until in untils)
    if action in {Action.NOTIFY, Action.NOTIFY_FIRST, Action.CONFIRM_BAR}:
        yield NOTICE
    if "answered" in untils:
        yield RESPOND_BY
    if action in {Action.HAND_OVER, Action.AMEND}:
        yield WAIT


def too_short_timers(instrument: Instrument, cadence: Cadence) -> Iterator[Timer]:
    """The answer timers shorter than twice the longest wait for a receipt, which comes first (docket.md §7.1)."""
    for timer in instrument.timers:
        if timer.until == "answered" and timer.within_s < 2 * cadence.longest_wait_s:
            yield timer
