"""When a run must have measured something: a little more than the limit it must, a little less it need not."""

from __future__ import annotations

import pytest

from bench.soak import enough
from bench.soak.__main__ import _parser
from bench.soak.figures import Span
from bench.soak.plan import DEEDS, RELAY_DEEDS, Shape

OFTEN = RELAY_DEEDS * 10
"""More deeds to the relay than any life of it survives for long."""


@pytest.mark.parametrize(("minutes", "must"), [(1.6, False), (1.7, True), (10.0, True), (600.0, True)])
def test_the_relay_that_is_left_alone_is_measured(minutes: float, *, must: bool) -> None:
    """Half of the run less a warm-up of a fifth: from 100 s on, whatever is done to it before and after."""
    assert must is enough.relay_memory(Shape(minutes=minutes), minutes * 60, OFTEN)


@pytest.mark.parametrize(("seconds", "must"), [(449.0, False), (450.0, True)])
def test_between_two_chosen_deeds_some_relay_lives_long(seconds: float, *, must: bool) -> None:
    """Three lives in 450 s: one is 150 s at least, 30 more than the warm-up. A second device ends none."""
    deeds = ("wipe-relay", "device", "kill-relay")
    assert must is enough.relay_memory(Shape(deeds=deeds), seconds, deeds)


@pytest.mark.parametrize(("minutes", "must"), [(0.6, False), (0.65, True), (10.0, True)])
def test_clients_that_nobody_kills_are_measured(minutes: float, *, must: bool) -> None:
    """The whole run less the warm-up: from 37.5 s on."""
    assert must is enough.client_memory(Shape(minutes=minutes), minutes * 60, DEEDS)


def test_clients_of_one_process_may_be_killed_too_often() -> None:
    """Then, and only then, it matters how often."""
    assert not enough.client_memory(Shape(crowds=1), 600.0, ["kill-clients"] * 4)
    assert enough.client_memory(Shape(crowds=1), 600.0, ["kill-clients"] * 3)
    assert enough.client_memory(Shape(crowds=2), 600.0, ["kill-clients"] * 4)


@pytest.mark.parametrize(("minutes", "must"), [(5.8, False), (5.9, True), (10.0, True), (600.0, True)])
def test_a_run_of_the_usual_length_sees_a_frame_expire(minutes: float, *, must: bool) -> None:
    """Two probes of two days of half a minute each fit into the half in which the relay is left alone."""
    assert must is enough.expiry(Shape(minutes=minutes), minutes * 60, OFTEN)


@pytest.mark.parametrize(("seconds", "must"), [(349.0, False), (350.0, True)])
def test_between_two_chosen_deeds_a_frame_expires(seconds: float, *, must: bool) -> None:
    """Two lives in 350 s: one is 175 s at least."""
    deeds = ("kill-relay",)
    assert must is enough.expiry(Shape(deeds=deeds), seconds, deeds)


@pytest.mark.parametrize(
    ("calm", "must"),
    [
        ([], False),
        ([(5.0, 5.0)], False),
        ([(0.0, 12.0)], True),
        ([(0.0, 11.0)], False),
        ([(0.0, 5.0), (90.0, 100.0)], True),
        ([(0.0, 5.0), (40.0, 60.0), (96.5, 100.0)], False),
    ],
)
def test_delays_are_measured_where_enough_was_said(calm: list[Span], *, must: bool) -> None:
    """Thirty at eight a second, in the calm times of the first third and in those of the last."""
    assert must is enough.latency(calm, 8.0)


def test_chosen_deeds_and_minutes_exclude_each_other() -> None:
    """Deeds last as long as they last: a length beside them would be ignored, so it is refused."""
    with pytest.raises(SystemExit):
        _parser().parse_args(["--minutes", "3", "--deeds", "kill-relay"])
    assert ["kill-relay"] == _parser().parse_args(["--deeds", "kill-relay"]).deeds
    assert 3.0 == _parser().parse_args(["--minutes", "3"]).minutes
