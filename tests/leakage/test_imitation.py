"""What a perfect imitation would do: windows are swapped as the page says, and nothing else changes."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from bench.leakage.activity import FEATURES, FOLDS, Activity, Windows, folds, tell_apart
from bench.leakage.imitation import (
    AS_FILE,
    CAME,
    WHAT_IF,
    Beside,
    Donor,
    Found,
    Outcome,
    Pool,
    Swap,
    beside,
    beside_table,
    empty,
    page,
    pool,
    see,
    swapped,
    what_if_table,
)
from bench.leakage.rivals.groupids import GroupIds
from bench.leakage.rivals.plaintext import Plaintext
from bench.leakage.society import Size, make

TREES = 10
PEOPLE = 30
LAST = list(WHAT_IF)[-1]
KINDS = (Activity.MAKE, Activity.FILE, Activity.JOIN, Activity.IDLE)
OWNER, FIRST = 1, 2
"""Columns of made-up windows in which a donor's society and account stand, and its number among its own."""


def made_up(seed: int, activities: tuple[Activity, ...] = KINDS) -> Windows:
    """Of each person one window of each activity, which is told by one feature; half of the people are away."""
    rows, labels, accounts = [], [], []
    for account in range(PEOPLE):
        for number, activity in enumerate(activities):
            row = np.zeros(len(FEATURES))
            row[0], row[OWNER], row[FIRST] = 10.0 * (1 + list(Activity).index(activity)), seed * 1000 + account, number
            row[CAME] = account % 2
            rows.append(row)
            labels.append(str(activity))
            accounts.append(account)
    return Windows(np.array(rows), np.array(labels), np.array(accounts, np.int64))


def pools(donor: Donor, activity: Activity) -> Mapping[Donor, Pool]:
    return {donor: pool((seed, made_up(seed, (activity,))) for seed in (2, 3))}


@pytest.fixture(scope="module")
def as_file() -> Windows:
    return swapped(made_up(1), AS_FILE, pools(Donor.FILE, Activity.FILE), 1)


def told(found: Windows) -> Windows:
    """By the kind of traffic alone, without whose it is."""
    return Windows(found.features[:, :1], found.labels, found.accounts)


def test_what_looks_the_same_is_not_told_apart(as_file: Windows) -> None:
    """Of two activities that look the same, one is taken for the other; all others are recognised as before."""
    before, after = tell_apart(told(made_up(1)), TREES), tell_apart(told(as_file), TREES)
    assert before.accuracy == 1.0
    assert after.recalls[Activity.MAKE] + after.recalls[Activity.FILE] == pytest.approx(1.0)
    assert (after.recalls[Activity.JOIN], after.recalls[Activity.IDLE]) == (1.0, 1.0)


def test_no_donor_serves_two_folds(as_file: Windows) -> None:
    """Or a window that was learned by heart would be recognised."""
    served = defaultdict(set)
    make_a_room = as_file.labels == str(Activity.MAKE)
    for owner, fold in zip(as_file.features[make_a_room, OWNER], folds(as_file)[make_a_room], strict=True):
        served[float(owner)].add(int(fold))
    assert {len(each) for each in served.values()} == {1}
    assert set.union(*served.values()) == set(range(FOLDS))
    assert min(served) >= 2000, "donors are of other societies"


def test_a_swap_changes_no_other_window(as_file: Windows) -> None:
    """As many windows as before, of the same people, with the same names; the original stays what it was."""
    before = made_up(1)
    others = before.labels != str(Activity.MAKE)
    assert np.array_equal(as_file.labels, before.labels)
    assert np.array_equal(as_file.accounts, before.accounts)
    assert np.array_equal(as_file.features[others], before.features[others])
    assert not np.any(np.all(as_file.features[~others] == before.features[~others], axis=1))


def test_a_picture_comes_only_to_who_is_there() -> None:
    """A window in which nothing came down stays as it is."""
    before = made_up(1)
    after = swapped(before, Swap((Activity.JOIN,), Donor.PICTURE), pools(Donor.PICTURE, Activity.READ), 1)
    changed = np.any(after.features != before.features, axis=1)
    assert np.array_equal(changed, (before.labels == str(Activity.JOIN)) & (before.accounts % 2 == 1))


def test_too_few_donors_are_refused() -> None:
    """Each fold needs some."""
    few = made_up(2, (Activity.FILE,))
    with pytest.raises(ValueError, match="too few windows"):
        pool([(2, Windows(few.features[:2], few.labels[:2], few.accounts[:2]))])


def test_empty_windows_are_counted_where_something_began() -> None:
    """Not of idle ones, in which nothing is what is to be seen."""
    found = made_up(1)
    found.features[(found.labels == str(Activity.JOIN)) & (found.accounts < PEOPLE // 3), 0] = 0
    assert empty(found) == {Activity.MAKE: 0.0, Activity.FILE: 0.0, Activity.JOIN: pytest.approx(1 / 3)}


def test_a_model_is_compared_at_its_own_moments() -> None:
    """Without what it does not show. Beside itself a model is as good as it is."""
    society = make(4, Size(20, 1, 4.0))
    recording = Plaintext(society).recording()
    its = beside(recording, see(society, recording), 2)
    assert its.empty[Activity.JOIN] == 1.0
    assert its.ours == its.theirs > its.accuracy
    assert beside(recording, see(society, GroupIds(society).recording()), 2).ours != its.theirs


def outcome() -> Outcome:
    def models(more: float) -> dict[str, Beside]:
        silent = Beside(0.7 + more, {Activity.JOIN: 0.9, Activity.TEXT: 0.0}, 0.9, 0.95)
        return {"silent": silent, "loud": Beside(0.95, {Activity.JOIN: 0.1}, 0.8, 0.8)}

    found = [
        Found(seed, 100, dict.fromkeys(WHAT_IF, 0.75 + seed / 1000) | {LAST: 0.65 + seed / 10}, models(seed / 100))
        for seed in range(3)
    ]
    return Outcome("python -m it", "a machine", Size(60, 4, 2.0), found)


def test_the_tables_say_what_is_won_and_what_a_model_does_not_show() -> None:
    """By the interval of the differences: what is better on average may be a tie."""
    what_if, models = what_if_table(outcome().found), beside_table(outcome().found)
    assert what_if[0][2:] == ["silent (0.710)", "loud (0.950)"]
    assert [row[2:] for row in what_if[1:-1]] == [["lose", "win"]] * (len(WHAT_IF) - 1)
    assert what_if[-1][1:] == ["0.750 (0.650–0.850)", "tie", "tie"]
    assert models[1:] == [
        ["silent", "0.710 (0.700–0.720)", "be taken into a room 90 %", "0.900", "0.950"],
        ["loud", "0.950", "none", "0.800", "0.800"],
    ]


def test_the_page_says_what_it_is(tmp_path: Path) -> None:
    """A what-if, with its command and machine, and what putting off does not do; from figures that were kept."""
    kept = tmp_path / "figures.json"
    kept.write_text(json.dumps(asdict(outcome())), "utf-8")
    assert Outcome.read(kept) == outcome()
    text = " ".join(page(Outcome.read(kept)).split())
    for said in ("This is a what-if. No design exists", "`python -m it`", "a machine", "It does not hide the act"):
        assert said in text
