"""Deadlines: when each begins and ends, how loudly it calls, and what meets it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from nullabona.docket.core import timers
from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.instrument import DAY, HOUR, Timer
from nullabona.docket.core.records import Gag
from nullabona.docket.core.states import Action
from nullabona.docket.core.timers import GAG, LEVELS, NOTICE, RESPOND_BY, WAIT, Level, level_at, louder
from tests.docket.demands import NOW, content
from tests.docket.desks import row

EVERY = row(
    "KR.ALL",
    timers=(
        Timer("answer", 10 * DAY),
        Timer("urgent", 8 * HOUR, since="emergency"),
        Timer("issue", 5 * DAY, since="issued", until="closed"),
        Timer("permit", 36 * HOUR, until="permit"),
        Timer("review", DAY, until="reviewed"),
        Timer("decide", 2 * DAY, until="decided"),
        Timer("release", 3 * DAY, since="decided", until="released"),
        Timer("notice", 30 * DAY, since="handed_over", until="notified"),
        Timer("silence", DAY, since="gag", until="notified"),
    ),
)


@pytest.mark.parametrize(
    ("length", "left", "level"),
    [
        (100 * DAY, 100 * DAY, "none"),
        (100 * DAY, 50 * DAY + 1, "none"),
        (100 * DAY, 50 * DAY, "half"),
        (100 * DAY, DAY + 1, "half"),
        (100 * DAY, DAY, "soon"),
        (100 * DAY, 1, "soon"),
        (100 * DAY, 0, "due"),
        (100 * DAY, -DAY + 1, "due"),
        (100 * DAY, -DAY, "late"),
        (10 * HOUR, HOUR + 1, "half"),
        (10 * HOUR, HOUR, "soon"),
        (10 * HOUR, -10 * HOUR + 1, "due"),
        (10 * HOUR, -10 * HOUR, "late"),
        (60, 6, "soon"),
        (60, 7, "half"),
        (60, -HOUR + 1, "due"),
        (60, -HOUR, "late"),
        (5, 2, "half"),
        (5, 1, "soon"),
    ],
)
def test_a_deadline_calls_by_what_is_left(length: int, left: int, level: Level) -> None:
    """Half gone; a tenth left, a day at most; over; over for as long again, an hour at least and a day at most."""
    assert level == level_at(NOW - length, NOW, NOW - left)


@pytest.mark.parametrize("length", [0, -100])
def test_a_deadline_without_time_calls_in_its_last_second(length: int) -> None:
    """It is half gone from its beginning on."""
    assert ["soon", "due"] == [level_at(NOW - length, NOW, now) for now in (NOW - 1, NOW)]
    assert "late" == level_at(NOW - length, NOW, NOW + HOUR)


def test_the_louder_call_stands() -> None:
    """Whichever was first."""
    for quiet, loud in pairwise(LEVELS):
        assert [loud, loud, loud] == [louder(quiet, loud), louder(loud, quiet), louder(loud, loud)]


def test_what_runs_from_the_beginning() -> None:
    """From receipt, or from the day of issue; in an emergency its own; to the end of a gag."""
    case = content()
    issued = 20_799 * DAY
    plain = [
        ("answer", NOW, NOW + 10 * DAY),
        ("issue", issued, issued + 5 * DAY),
        ("permit", NOW, NOW + 36 * HOUR),
        ("review", NOW, NOW + DAY),
        ("decide", NOW, NOW + 2 * DAY),
    ]
    assert plain == list(timers.begun_by_receipt(case, EVERY))
    assert plain == list(timers.begun_by_receipt(content(emergency=False), EVERY))
    urgent = ("urgent", NOW, NOW + 8 * HOUR)
    assert [plain[0], urgent, *plain[1:]] == list(timers.begun_by_receipt(content(emergency=True), EVERY))
    gagged = type(case)(case.demand, gag=Gag("x", NOW + 9))
    assert [*plain, (GAG, NOW, NOW + 9)] == list(timers.begun_by_receipt(gagged, EVERY))


def test_what_runs_from_a_later_event() -> None:
    """From that moment."""
    assert [("release", 7, 7 + 3 * DAY)] == list(timers.begun_by("decided", EVERY, 7))
    assert [("notice", 7, 7 + 30 * DAY)] == list(timers.begun_by("handed_over", EVERY, 7))


@pytest.mark.parametrize(("gag", "found"), [(None, []), (Gag("x"), []), (Gag("x", 9), [(GAG, 5, 9)])])
def test_a_gag_calls_before_its_end(gag: Gag | None, found: list[tuple[str, int, int]]) -> None:
    """If it has one."""
    assert found == list(timers.gag_timer(gag, 5))


@pytest.mark.parametrize(
    ("action", "names"),
    [
        (Action.AMEND, ["permit", WAIT]),
        (Action.REVIEW, ["review"]),
        (Action.DECIDE, ["decide"]),
        (Action.PRODUCE, ["release"]),
        (Action.REFUSE, ["permit", "release"]),
        (Action.HAND_OVER, ["answer", "urgent", RESPOND_BY, WAIT]),
        (Action.NOTIFY, ["notice", "silence", NOTICE]),
        (Action.NOTIFY_FIRST, ["notice", "silence", NOTICE]),
        (Action.BAR_NOTICE, []),
        (Action.CONFIRM_BAR, ["notice", "silence", NOTICE]),
        (Action.NOBODY_TO_TELL, ["notice", "silence"]),
        (Action.CLOSE, [*(timer.name for timer in EVERY.timers), RESPOND_BY]),
        (Action.INTAKE, []),
        (Action.DEFER_NOTICE, []),
        (Action.READ, []),
    ],
)
def test_what_an_action_meets(action: Action, names: list[str]) -> None:
    """Every timer that runs until it; a close meets all that are left."""
    assert names == list(timers.met_by(action, EVERY))


def test_an_answer_is_in_time_by_what_leads_to_it() -> None:
    """Not by a permit, a notice or a close."""
    assert frozenset({"answer", "urgent", "review", "decide", "release", RESPOND_BY}) == timers.of_the_answer(EVERY)


@pytest.mark.parametrize(("within_s", "short"), [(2 * 70, False), (2 * 70 - 1, True)])
def test_a_receipt_may_take_half_of_an_answer_s_time(within_s: int, *, short: bool) -> None:
    """A timer that leaves less is named; one that does not wait for the hand-over is not."""
    cadence = Cadence(0, period_s=60, window_s=10)
    timer = Timer("answer", within_s)
    instrument = row("KR.HOUR", timers=(timer, Timer("review", 1, until="reviewed")))
    assert ([timer] if short else []) == list(timers.too_short_timers(instrument, cadence))
