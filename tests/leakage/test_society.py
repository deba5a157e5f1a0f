"""The synthetic society: the same for the same seed, shaped as it says, and never asking for what makes no sense."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest

from bench.leakage import circles
from bench.leakage import society as societies
from bench.leakage.society import DAY, SEIZED_BEFORE_END_S, SMALL, Intent, Kind, Size, Society, make

TOWN = Size(400, 14, 1.0)
ACTS = {Kind.CREATE, Kind.ADD, Kind.REMOVE, Kind.LEAVE, Kind.SAY, Kind.FILE, Kind.READ}


@pytest.fixture(scope="module")
def large() -> Society:
    return make(3, TOWN)


@pytest.fixture(scope="module", params=["small", "large"])
def society(request: pytest.FixtureRequest, large: Society) -> Society:
    return large if request.param == "large" else make(5, SMALL)


def test_the_same_seed_gives_the_same_society() -> None:
    assert make(5, SMALL) == make(5, SMALL)
    assert make(6, SMALL) != make(5, SMALL)


def test_intents_come_in_order_and_within_the_days(society: Society) -> None:
    times = [intent.t for intent in society.intents]
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] <= society.size.days * DAY


def test_a_society_that_is_seized_earlier_is_the_same_until_then(large: Society) -> None:
    """What is done later is left out; people and rooms that are still to come keep their numbers."""
    cut = large.until(1)
    assert (1, DAY - SEIZED_BEFORE_END_S) == (cut.days, cut.end)
    assert [intent for intent in large.intents if intent.t < cut.end] == list(cut.intents)
    assert (large.rooms, large.accounts, large.size) == (cut.rooms, cut.accounts, cut.size)
    assert [large, large] == [large.until(0), large.until(large.size.days)]


def test_numbers_are_places(society: Society) -> None:
    assert [account.number for account in society.accounts] == list(range(society.size.accounts))
    assert [room.number for room in society.rooms] == list(range(len(society.rooms)))


def test_nobody_acts_before_they_arrive_or_while_their_device_is_off(society: Society) -> None:
    online: set[tuple[int, int]] = set()
    known: set[tuple[int, int]] = set()
    for intent in society.intents:
        device = (intent.account, intent.device)
        if intent.kind in {Kind.ARRIVE, Kind.LINK}:
            assert device not in known
            assert intent.kind is Kind.ARRIVE or (intent.account, 0) in online
            known.add(device)
        elif intent.kind is Kind.ONLINE:
            assert device in known
            assert device not in online
            online.add(device)
        elif intent.kind is Kind.OFFLINE:
            online.remove(device)
        else:
            assert device in online, intent


def test_nobody_acts_in_a_room_they_are_not_in(society: Society) -> None:
    inside: dict[int, set[int]] = {}
    for intent in society.intents:
        if intent.kind is Kind.CREATE:
            room = society.rooms[intent.room]
            assert intent.account == room.creator
            inside[intent.room] = {room.creator, *room.founders}
        elif intent.kind in ACTS:
            assert intent.account in inside[intent.room], intent
        if intent.kind is Kind.ADD:
            assert intent.other not in inside[intent.room]
            inside[intent.room].add(intent.other)
        elif intent.kind is Kind.REMOVE:
            inside[intent.room].remove(intent.other)
        elif intent.kind is Kind.LEAVE:
            inside[intent.room].remove(intent.account)


def test_everybody_has_arrived_who_is_taken_into_a_room(society: Society) -> None:
    arrived = {account.number: account.arrives for account in society.accounts}
    for room in society.rooms:
        assert all(arrived[member] <= room.created for member in (room.creator, *room.founders))
    for intent in society.intents:
        if intent.kind is Kind.ADD:
            assert arrived[intent.other] <= intent.t


def test_a_move_goes_to_another_address(society: Society) -> None:
    at: dict[tuple[int, int], int] = {}
    for intent in society.intents:
        if intent.kind is Kind.MOVE:
            assert at[intent.account, intent.device] != intent.address
        if intent.kind in {Kind.ONLINE, Kind.MOVE}:
            assert 0 <= intent.address < society.addresses
            at[intent.account, intent.device] = intent.address


def test_contacts_have_a_heavy_tail(large: Society) -> None:
    """The tail of a power law with the exponent that was drawn from, by maximum likelihood (Clauset et al., 2009)."""
    degree = Counter(account for pair in large.contacts for account in pair)
    tail = np.array([count for count in degree.values() if count >= 4], dtype=float)
    exponent = 1.0 + len(tail) / np.sum(np.log(tail / 3.5))
    assert 1.8 < exponent < 3.6
    assert max(degree.values()) > 5 * np.median(list(degree.values()))
    assert len(degree) == TOWN.accounts


def test_group_rooms_are_mostly_small_and_overlap(large: Society) -> None:
    groups = [(room.creator, *room.founders) for room in large.rooms if not room.pair]
    sizes = [len(members) for members in groups]
    assert 2 <= min(sizes) <= np.median(sizes) <= 8
    assert 12 <= max(sizes) <= TOWN.accounts // 20
    assert np.mean(list(Counter(member for members in groups for member in members).values())) > 2


def test_in_a_large_society_rooms_have_up_to_two_hundred() -> None:
    sizes = [len(members) for members in circles.draw(2, 10_000).groups]
    assert 100 < max(sizes) <= 200
    assert np.median(sizes) <= 8


def test_people_sleep_and_talk_in_the_evening(large: Society) -> None:
    """Korean time: next to nothing between three and five, most in the hours before midnight."""
    hours = Counter(int(intent.t % DAY // 3_600) for intent in _said(large))
    total = sum(hours.values())
    assert sum(hours[hour] for hour in (3, 4)) < 0.01 * total
    assert sum(hours[hour] for hour in (20, 21, 22)) > 0.18 * total
    night = Counter(int(intent.t % DAY // 3_600) for intent in large.intents if intent.kind is Kind.ONLINE)
    assert night[7] > 10 * max(1, night[3])


def test_talk_comes_in_bursts(large: Society) -> None:
    """Gaps within a room are far from Poisson: mostly under a minute or two, and some of days."""
    by_room: dict[int, list[float]] = defaultdict(list)
    for intent in _said(large):
        by_room[intent.room].append(intent.t)
    gaps = np.concatenate([np.diff(times) for times in by_room.values() if len(times) > 20])
    burstiness = (np.std(gaps) - np.mean(gaps)) / (np.std(gaps) + np.mean(gaps))
    assert np.median(gaps) < 120
    assert burstiness > 0.4, "0 would be Poisson (Goh and Barabasi, 2008)"


def test_messages_are_short_and_some_are_pictures(large: Society) -> None:
    said = _said(large)
    texts = [intent.size for intent in said if intent.kind is Kind.SAY]
    files = [intent.size for intent in said if intent.kind is Kind.FILE]
    assert 15 < np.median(texts) < 40
    assert max(texts) > 250
    assert 0.02 < len(files) / len(said) < 0.07
    assert 100_000 < np.median(files) < 300_000


def test_everybody_who_knows_one_another_talks(large: Society) -> None:
    """But for a few who have no time left: contacts are the graph that an attacker looks for."""
    pairs = {tuple(sorted((room.creator, *room.founders))) for room in large.rooms if room.pair}
    assert pairs <= set(large.contacts)
    assert len(pairs) > 0.9 * len(large.contacts)


def test_the_pace_is_what_was_asked_for() -> None:
    """Where it is more than what everybody says once anyway."""
    fast = make(4, Size(60, 6, 12.0))
    assert 0.5 < len(_said(fast)) / (60 * 6 * 12.0) < 1.3


def test_people_come_and_go(large: Society) -> None:
    kinds = Counter(intent.kind for intent in large.intents)
    assert all(kinds[kind] > 0 for kind in Kind)
    late = sum(account.arrives > DAY for account in large.accounts)
    assert 0 < late < 0.2 * TOWN.accounts
    assert 0.1 < sum(account.devices == 2 for account in large.accounts) / TOWN.accounts < 0.4


def test_large_and_small_come_from_the_same_code() -> None:
    assert societies.SMALL == Size(30, 3, 3.0)
    assert make(1, Size(5, 1, 1.0)).size.accounts == 5


def _said(society: Society) -> list[Intent]:
    return [intent for intent in society.intents if intent.kind in {Kind.SAY, Kind.FILE}]


def test_makers_of_groups_may_know_everybody_in_them() -> None:
    """They have talked in twos two hours before at least; else most have not. The usual society stays as it is."""
    size = Size(60, 4, 2.0)
    usual, acquainted = make(1, size), make(1, Size(60, 4, 2.0, acquainted=True))
    assert 0.0 < _met(usual) < 0.5
    assert _met(acquainted) == 1.0
    assert len([room for room in acquainted.rooms if not room.pair]) > 15


def _met(society: Society) -> float:
    """The share of those who are in a group from its beginning with whom its maker had a room of two for a while."""
    since = {frozenset((room.creator, *room.founders)): room.created for room in society.rooms if room.pair}
    groups = [room for room in society.rooms if not room.pair]
    met = [
        since.get(frozenset((room.creator, other)), DAY * 99) + societies.ACQUAINTED_S <= room.created
        for room in groups
        for other in room.founders
    ]
    return sum(met) / len(met)
