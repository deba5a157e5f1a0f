"""When backups are due, and when the person is told that there is no good one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from nullabona.client.archive.plans import (
    DAY_MS,
    RETRY_MOST_MS,
    RETRY_MS,
    Plan,
    decode_plans,
    due_at,
    encode_plans,
    failed,
    is_late,
    standing,
    succeeded,
)
from nullabona.client.archive.repository.writing import Doubt, Left, Written

NOW = 20_000 * DAY_MS
NEW = Plan("/media/drive", 7, b"p" * 16, b"w" * 16, NOW)
GOOD = replace(NEW, good_at=NOW, tried_at=NOW)


def test_plans_are_read_as_they_were_written() -> None:
    assert () == decode_plans(None)
    assert (NEW, GOOD) == decode_plans(encode_plans((NEW, GOOD)))
    assert "media" not in repr(NEW)


@given(st.binary(max_size=80))
def test_any_value_is_plans_or_none(data: bytes) -> None:
    """A profile opens, whatever is there."""
    plans = decode_plans(data)
    assert plans == decode_plans(encode_plans(plans))


def test_a_backup_is_due_at_once_and_then_when_planned() -> None:
    """A clock that was set back does not put it off."""
    assert NOW == due_at(NEW, NOW)
    assert NOW + 7 * DAY_MS == due_at(GOOD, NOW)
    assert NOW + 7 * DAY_MS + 5 == due_at(replace(GOOD, jitter_ms=5), NOW)
    assert NOW - 1 == due_at(GOOD, NOW - 1)


def test_failures_wait_longer_up_to_a_bound() -> None:
    """Ten minutes, doubled each time, six hours at most; from now on at most, wherever the clock was."""
    plan, waits = GOOD, []
    for _ in range(30):
        plan = failed(plan, "backup-place-gone", NOW)
        waits.append(due_at(plan, NOW) - NOW)
    assert [RETRY_MS, 2 * RETRY_MS, 4 * RETRY_MS] == waits[:3]
    assert {RETRY_MOST_MS} == set(waits[6:])
    assert due_at(plan, NOW - DAY_MS) == NOW - DAY_MS + RETRY_MOST_MS
    assert (NOW, "backup-place-gone") == (plan.good_at, plan.error)


def made(number: int, doubt: Doubt = "") -> Written:
    return Written(number, NOW, 5, 1, 3, 100, 2, 50, 0, doubt, Left(NEW.writer, number, b"d" * 32))


def test_a_good_backup_ends_failures_and_is_remembered() -> None:
    """Number and digest are those of this place; at another relay nothing was left yet."""
    plan = succeeded(failed(NEW, "backup-unreachable", NOW), made(4), NOW, relay="https://one", jitter_ms=9)
    assert (0, "", 4, 9) == (plan.failures, plan.error, plan.number, plan.jitter_ms)
    assert Left(NEW.writer, 4, b"d" * 32) == plan.left("https://one")
    assert Left(NEW.writer) == plan.left("https://two")


def test_a_doubt_is_told_for_a_month() -> None:
    """From when it arose, while the place keeps what it gets."""
    plan = succeeded(NEW, made(4, "rolled-back"), NOW, relay="", jitter_ms=0)
    for later, told in ((30 * DAY_MS, "rolled-back"), (30 * DAY_MS + 1, "")):
        assert told == succeeded(plan, made(5), NOW + later, relay="", jitter_ms=0).doubt


def test_lateness_has_two_sides() -> None:
    """Half the time between two backups, and a day at least; a plan without any backup has a day."""
    for days, grace in ((1, DAY_MS), (7, 7 * DAY_MS // 2), (30, 15 * DAY_MS)):
        edge = NOW + days * DAY_MS + grace
        plan = replace(GOOD, every_days=days)
        assert (False, True) == (is_late(plan, edge), is_late(plan, edge + 1))
    assert (False, True) == (is_late(NEW, NOW + DAY_MS), is_late(NEW, NOW + DAY_MS + 1))


def test_the_best_place_counts() -> None:
    """One good backup is enough; without any plan, or when all are late, the person is told."""
    late = replace(GOOD, good_at=NOW - 30 * DAY_MS)
    old = replace(NEW, planned_at=NOW - 2 * DAY_MS)
    assert "none" == standing((), NOW)
    assert "new" == standing((NEW,), NOW)
    assert "good" == standing((late, GOOD), NOW)
    assert "late" == standing((late, old), NOW)
    assert "new" == standing((late, NEW), NOW)
