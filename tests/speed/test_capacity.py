"""docs/capacity.md is arithmetic that can be followed, on figures that were measured, and says what it leaves out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench import appends
from bench.appends import Appends, Counted, Lived
from bench.speed import capacity, needs
from bench.speed.apart import APART
from bench.speed.needs import Assumed, Costs, Machine, Relay, TogetherCosts
from bench.speed.records import Holding, Results, Window
from bench.speed.workloads import WORKLOADS, Workload
from nullabona.relay.activity import DIGEST_S

DETAILS = {
    "connects_per_s": 900.0,
    "wait_us": 12.0,
    "connect_us": 150.0,
    "idle_us": 2.0,
    "down_bytes": 134.0,
    "marks": 50.0,
    "alone_us": 400.0,
}
COSTS = Costs(
    200.0,
    100.0,
    80.0,
    90.0,
    50.0,
    20.0,
    50.0,
    400.0,
    30.0,
    150.0,
    2.0,
    51_200.0,
    134.0,
    1_166.0,
    135.0,
    1_100.0,
    900.0,
    1_000.0,
)
APPENDS = Appends("count", [Counted(2, 3, 10, 25), Counted(2, 2, 10, 30)], Lived(60, 8, 0.35, 1_000, 3_800))
TOGETHER = TogetherCosts(20.0, 5.0, 40_960.0, 12.0, 1_100.0)


def run(workloads: tuple[Workload, ...]) -> Results:
    """A small one of our relay."""
    windows = [
        Window("nullabona", workload.name, turn, 1_000.0 + turn, 1.0, 0.5, 0.5, 0.0, DETAILS)
        for workload in workloads
        for turn in range(2)
    ]
    held = Holding("nullabona", 1_100.0, payload_found=True, who="the box's address", sender_found=False,
                   recipient_found=True, syncs_per_message=1.0)  # fmt: skip
    return Results("a machine", 1.0, 2, [0.1, 0.2], [0.2, 0.3], [], windows, [], [held])


def test_what_was_measured_of_both_runs_is_the_median() -> None:
    """Half a core at 1,000.5 a second is 500 microseconds for each; the rest is taken as it stands."""
    measured, together = needs.costs(run(WORKLOADS), run(APART)), needs.together_costs(run(WORKLOADS))
    assert measured is not None
    assert together is not None
    assert 500 == pytest.approx(measured.append_us, rel=1e-3)
    assert (1_000.5, 150.0, 134.0, 1_100.0) == (
        measured.answer_us, measured.connect_us, measured.read_bytes, measured.message_bytes
    )  # fmt: skip
    assert (12.0, 1_100.0) == (together.wait_us, together.message_bytes)


@pytest.mark.parametrize("gone", [workload.name for workload in APART] + ["register"])
def test_a_run_without_all_figures_makes_no_capacity(gone: str) -> None:
    """Nothing is computed from what was not measured."""
    beside, apart = run(WORKLOADS), run(APART)
    for poor in (beside, apart):
        poor.windows = [window for window in poor.windows if window.workload != gone]
    assert needs.costs(beside, apart) is None
    assert "have not all the figures" in capacity.write(beside, apart, APPENDS)


def test_a_run_without_the_disk_makes_no_capacity() -> None:
    """Likewise, with and without rooms that share a connection."""
    beside = run(WORKLOADS)
    beside.holdings = []
    assert (None, None) == (needs.costs(beside, run(APART)), needs.together_costs(beside))


def test_a_relay_of_many_is_arithmetic_that_can_be_followed() -> None:
    """30,000 accounts, 40 messages of 2 frames a day, three times as many in the busiest second: 83.3 appends.

    15,000 clients look into 20 boxes each within 1,800 seconds, and into 1.6 times as many within 14,400: 200 looks. A
    digest is 15,000 times 50 microseconds long, and the next one begins with the next append.
    """
    relay = Relay(30_000, Assumed(frames=2.0))
    assert [83.3, 416.7, 200.0] == [round(each, 1) for each in (relay.appends, relay.reads, relay.looks)]
    assert (0.75, 15_000) == (relay.digest_s, relay.pollers)
    assert 15_000 / (0.75 + 1 / 83.333) == pytest.approx(relay.answers, rel=1e-4)
    talk = 83.333 * 200 + 416.667 * 100 + 200 * 80
    lasting = 15_000 / 60 * 30 + 15_000 / 123 * 150 + 7_500 * 2
    assert (talk + lasting) / 1e6 + relay.answers * 20 / 1e6 == pytest.approx(relay.cores(COSTS), rel=1e-4)
    assert 7_500 * 51_200 == relay.memory_bytes(COSTS)
    assert 83.333 + 416.667 + 200 + 15_000 / 123 == pytest.approx(relay.connections, rel=1e-4)


def test_bytes_of_those_who_hear_are_marks_and_what_is_around_them() -> None:
    """300,000 accounts: 24 million tags of 4 bytes a day, in activity digests of 7.5 seconds."""
    relay = Relay(300_000, Assumed(frames=2.0))
    around = needs.DIGEST_DOWN_BYTES + needs.DIGEST_UP_BYTES
    assert 24e6 * 4 + 86_400 / 7.5 * around == pytest.approx(relay.heard_bytes(), rel=1e-3)
    marks = relay.pollers * relay.appends * 4 * 8
    assert marks < relay.out_bits(COSTS) < 1.2 * marks


@pytest.mark.parametrize(("accounts", "grows"), [(2_000, True), (100_000, False)])
def test_answers_stop_growing_once_digests_get_longer(accounts: int, *, grows: bool) -> None:
    """Twice the accounts are more than twice the answers in small relays, and no more of them in large ones."""
    one, two = (Relay(count * accounts, Assumed(frames=2.0)).answers for count in (1, 2))
    assert grows == (two > 2 * one)
    assert grows or two < 1.01 * one
    assert grows == (Relay(accounts, Assumed(frames=2.0)).digest_s == DIGEST_S)


def test_more_relays_that_are_heard_are_more_hearers_at_each() -> None:
    """Three times the polling clients, connections that last, and bytes a day; frames stay as many."""
    one, three = Relay(30_000, Assumed(frames=2.0)), Relay(30_000, Assumed(frames=2.0, heard=3))
    assert (3 * one.pollers, 3 * one.sockets, one.appends) == (three.pollers, three.sockets, three.appends)
    assert three.heard_bytes() > one.heard_bytes()


def test_what_is_full_first_comes_first() -> None:
    """A relay of as many accounts as are said uses one core; with half the memory, memory is full at half of them."""
    found = needs.fullest(COSTS, Assumed(frames=2.0), Machine())
    assert ["network", "the one core"] == list(found)[:2]
    assert 1 == pytest.approx(Relay(found["the one core"], Assumed(frames=2.0)).cores(COSTS), rel=1e-2)
    assert sorted(found.values()) == list(found.values())
    small = needs.fullest(COSTS, Assumed(frames=2.0), Machine(memory_bytes=32 * 2**30))
    assert 2 == pytest.approx(found["memory"] / small["memory"], rel=1e-2)


def test_capacity_follows_the_figures() -> None:
    """Twice the memory for a client is twice the memory for a million; the core is untouched."""
    twice = replace(COSTS, client_bytes=2 * COSTS.client_bytes)
    small, large = (needs.needs(10**6, costs, Assumed(frames=2.0), Machine()) for costs in (COSTS, twice))
    assert [1, 2, 1, 1] == [round(after.share / before.share, 9) for before, after in zip(small, large, strict=True)]


def test_what_people_need_is_what_their_relays_need() -> None:
    """A million are 33 relays of 30,000."""
    cores, memory, disk, _ = needs.needs(10**6, COSTS, Assumed(frames=2.0), Machine())
    relay = Relay(30_000, Assumed(frames=2.0))
    assert 10**6 / 30_000 * relay.cores(COSTS) == pytest.approx(cores.share)
    assert ["11.9 GiB", "2.64 TB"] == [memory.amount, disk.amount]


def test_rooms_together_are_arithmetic_that_can_be_followed() -> None:
    """40 messages of 2 frames a day, three times as many in the busiest second: 2,778 appends a second.

    Half a million devices at 21 boxes each, 180 seconds at a time: 58,333 waits a second.
    """
    found = needs.together_needs(10**6, TOGETHER, Assumed(frames=2.0), Machine())
    assert ["0.81", "19.1 GiB", "2.64 TB", "132 Mbit/s"] == [need.amount for need in found]


def test_the_page_says_on_what_it_was_measured_and_what_it_leaves_out() -> None:
    """The load of the run that it rests on, and how many handshakes of TLS are not counted."""
    written = capacity.write(run(WORKLOADS), run(APART), APPENDS)
    assert "`speed/apart.json`: a machine; load before the turns 0.1, 0.2" in written
    assert "A relay of 30,000 accounts has 772 new connections in the busiest second" in written
    assert "a million people have 25,732" in written


def test_frames_of_a_message_are_those_that_were_counted() -> None:
    """Of each size of room, with the number of messages that this rests on, and the command that says so."""
    written = " ".join(capacity.write(run(WORKLOADS), run(APART), APPENDS).split())
    assert "rooms of 2 took 2.75 (few: 20 messages; rooms of 100 from their requests alone)." in written
    assert "1.8 is the mean of all rooms of 60 people in 8 days" in written
    assert "3.8, where 35% is said in groups. `count` prints all of them." in written
    assert "While each receipt was prompt, these were 2.7 and 3.8" in written


def test_frames_that_are_assumed_are_those_of_the_recorded_societies() -> None:
    """What is assumed is rounded from what was counted."""
    assert appends.read().societies.each == pytest.approx(Assumed().frames, abs=0.05)


def test_a_busy_machine_is_said_to_be_busy() -> None:
    """Of the run of our relay, above the tables; and a quiet one is not."""
    busy = run(APART)
    busy.windows = [Window(w.peer, w.workload, w.turn, w.value, 1.0, 0.5, 0.5, 1.5, w.details) for w in busy.windows]
    word = "busy with other things"
    assert (False, True) == (
        word in capacity.write(run(WORKLOADS), run(APART), APPENDS),
        word in capacity.write(run(WORKLOADS), busy, APPENDS),
    )  # fmt: skip
