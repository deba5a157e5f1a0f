"""Cover that delays nothing: how often false texts come, to whom, and that all that is real stays where it was."""

from __future__ import annotations

import numpy as np
import pytest

from bench.leakage.activity import FEATURES, SECONDS, Activity, Moment, cut, moments, traffic_of
from bench.leakage.false_texts import A_TEXT_S, cut_with_false_texts, texts
from bench.leakage.imitation import FALSE_TEXTS, WHAT_IF, see, under_cover
from bench.leakage.rivals.groupids import GroupIds
from bench.leakage.society import Kind, Size, Society, make
from bench.leakage.trace import EVENT, Events, Op

UP = FEATURES.index("up count")
LARGEST = FEATURES.index("up largest")
FALSE_SIZE = 77


@pytest.fixture(scope="module")
def society() -> Society:
    return make(4, Size(20, 1, 4.0))


def false_text() -> Events:
    """One frame of a size that nobody else sends, .2 s after the text begins."""
    event = np.zeros(1, EVENT)
    event["t"], event["op"], event["size"] = 0.2, Op.APPEND, FALSE_SIZE
    return event


def online(society: Society) -> Moment:
    """Somebody is online, and stays for longer than a window."""
    for intent in society.intents:
        if intent.kind is Kind.ONLINE:
            later = [each.t for each in society.intents if each.account == intent.account and each.t > intent.t]
            if not later or min(later) > intent.t + 3 * SECONDS:
                return Moment(intent.t + SECONDS, intent.account, Activity.IDLE)
    raise AssertionError("nobody stays online")


def test_false_texts_come_as_often_as_asked(society: Society) -> None:
    """To somebody who is online: so many in a window as its length and their distance say, within chance."""
    begun = [online(society)] * 2_000
    found = cut_with_false_texts(society, {}, begun, [false_text()], every_s=2.0)
    mean = float(found.features[:, UP].mean())
    assert mean == pytest.approx((SECONDS + 0.05) / 2.0, abs=4 * (SECONDS / 2 / 2_000) ** 0.5)
    assert set(np.unique(found.features[:, LARGEST])) <= {0.0, FALSE_SIZE}


def test_nobody_sends_false_texts_while_offline(society: Society) -> None:
    """A window before anybody came online has none, however often they come."""
    came = min(intent.t for intent in society.intents if intent.kind is Kind.ONLINE)
    begun = [Moment(came - 2 * SECONDS, 0, Activity.JOIN)] * 50
    found = cut_with_false_texts(society, {}, begun, [false_text()], every_s=0.1)
    assert not found.features[:, UP].any()


def test_what_is_real_waits_for_nothing(society: Society) -> None:
    """With false texts that hardly ever come, every window is what it was without."""
    recording = GroupIds(society).recording()
    traffic = traffic_of(recording)
    begun = moments(recording, society, traffic)
    before = cut(traffic, begun)
    after = cut_with_false_texts(society, traffic, begun, [false_text()], every_s=1e12)
    assert np.array_equal(after.features, before.features)
    assert np.array_equal(after.labels, before.labels)
    assert np.array_equal(after.accounts, before.accounts)


def test_a_text_is_what_passed_within_a_second() -> None:
    """From its being written on; what passed later, and for anything else, is none."""
    events = np.zeros(4, EVENT)
    events["t"] = (9.9, 10.1, 10.0 + A_TEXT_S - 0.01, 10.0 + A_TEXT_S + 0.01)
    begun = [Moment(10.0, 1, Activity.TEXT), Moment(10.0, 2, Activity.FILE), Moment(10.0, 3, Activity.TEXT)]
    found = texts({1: events, 2: events}, begun)
    assert [each["t"].tolist() for each in found] == [[pytest.approx(0.1), pytest.approx(A_TEXT_S - 0.01)]]


def test_a_society_is_covered_by_texts_of_others(society: Society) -> None:
    """Its windows change, its people and moments do not; and no row of the page has two meanings."""
    other = make(5, Size(20, 1, 4.0))
    all_seen = {each.seed: see(each, GroupIds(each).recording()) for each in (society, other)}
    covered = under_cover(all_seen, 1.0)
    assert covered.keys() == all_seen.keys()
    for seed, seen in all_seen.items():
        assert covered[seed].begun == seen.begun
        assert np.array_equal(covered[seed].windows.labels, seen.windows.labels)
        assert covered[seed].windows.features[:, 0].sum() > seen.windows.features[:, 0].sum()
    assert not WHAT_IF.keys() & FALSE_TEXTS.keys()
