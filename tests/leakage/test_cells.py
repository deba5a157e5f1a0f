"""Requests alone: what people say, and what their clients ask because of it."""

from __future__ import annotations

import numpy as np
import pytest

from bench.leakage.cells import client
from bench.leakage.cells.client import ask
from bench.leakage.cells.fan import Acts, merged
from bench.leakage.cells.habits import BEFORE_0061, HANDED, HOURLY, LETTERS, LISTS, PROOFS, SLIM, WAKES
from bench.leakage.cells.naming import drawn_looks
from bench.leakage.cells.online import NEVER, live
from bench.leakage.cells.simulate import record, unseen
from bench.leakage.cells.talking import Crowd, Town, make
from bench.leakage.talk import FILES
from bench.leakage.trace import NOBODY, Op, Recording, Role
from nullabona.client.runner.own_lists import LOOK_S

CROWD = Crowd(30, 3, 20.0)


@pytest.fixture(scope="module")
def town() -> Town:
    return make(5, CROWD)


@pytest.fixture(scope="module")
def recording(town: Town) -> Recording:
    return record(town)


def test_the_same_seed_gives_the_same(town: Town, recording: Recording) -> None:
    assert np.array_equal(record(make(5, CROWD)).live, recording.live)
    assert not np.array_equal(make(6, CROWD).said.t, town.said.t)


@pytest.mark.parametrize("crowd", [Crowd(30, 3, 20.0), Crowd(60, 2, 40.0)])
def test_people_say_as_much_as_is_asked_for(crowd: Crowd) -> None:
    """On average, within a tenth."""
    said = make(1, crowd).said
    assert len(said.t) / crowd.accounts / crowd.days == pytest.approx(crowd.pace, rel=0.1)


def test_nobody_speaks_who_is_away_or_not_in_the_room(town: Town) -> None:
    said = town.said
    assert np.all(town.online.next(said.device, said.t) == said.t)
    assert np.all(town.online.account[said.device] == said.account)
    inside = [account in town.rooms.members[room] for account, room in zip(said.account, said.room, strict=True)]
    assert all(inside)
    assert np.all(said.t > town.rooms.open[said.room])


def test_next_is_now_or_when_the_device_comes() -> None:
    """Never, after its last hour, and for a device that nobody has."""
    online = live(1, [0, 0, 1], 2)
    first = int(np.flatnonzero(online.device == 0)[0])
    last = int(np.flatnonzero(online.device == 0)[-1])
    inside = (online.begin[first] + online.end[first]) / 2
    asked = np.array([0, 0, 0, -1])
    t = np.array([inside, online.begin[first] - 10.0, online.end[last] + 1.0, inside])
    found = online.next(asked, t)
    assert found.tolist() == [inside, online.begin[first] + 5.0, NEVER, NEVER]


def test_what_is_asked_for_while_one_is_due_is_not_asked_twice() -> None:
    """Of one device and one room; another room does not matter."""
    acts = Acts(np.array([5.0, 6.0, 9.0, 6.0]), np.array([0, 0, 0, 1]), np.zeros(4, np.int64))
    assert merged(acts, np.array([1.0, 2.0, 7.0, 2.0])).tolist() == [True, False, True, True]


def test_whatever_is_said_is_read_by_every_other_device(town: Town, recording: Recording) -> None:
    """Each append of a room for two is followed by reads of its box, by one of the members' devices each."""
    live_ = recording.live
    owner = recording.truth.account_of_conn.accounts
    rooms = recording.truth.rooms
    reads = live_[(live_["op"] == Op.READ) & (live_["place"] >= CROWD.accounts)]
    for read in reads[:: max(1, len(reads) // 200)]:
        assert int(owner[read["conn"]]) in rooms[recording.truth.room_of[int(read["place"])]]
    written = live_[(live_["op"] == Op.APPEND) & (live_["place"] >= CROWD.accounts)]
    assert len(written) > len(town.said.t)
    followed = [
        np.any((reads["place"] == each["place"]) & (reads["t"] > each["t"]) & (reads["t"] < each["t"] + 86_400.0))
        for each in written[: len(written) // 2 : max(1, len(written) // 100)]
    ]
    assert np.mean(followed) > 0.9


def test_who_asks_to_talk_looks_up_and_is_looked_up(town: Town) -> None:
    """A look-up of the other, a large frame in their inbox, and, before requests carried proofs, of who asked."""
    live_ = record(town, habits=LISTS).live
    room = int(np.flatnonzero(town.rooms.pair & (town.rooms.open < 2 * 86_400.0))[0])
    maker, other = town.rooms.members[room]
    asked = live_[(live_["op"] == Op.LOOKUP) & (live_["place"] == other)]["t"]
    came = live_[(live_["op"] == Op.APPEND) & (live_["place"] == other)]["t"]
    answered = live_[(live_["op"] == Op.LOOKUP) & (live_["place"] == maker)]["t"]
    made, opened = town.rooms.made[room], town.rooms.open[room]
    assert np.any(np.abs(asked - made) < 1.0)
    assert np.any(np.abs(came - made) < 2.0)
    assert np.any(np.abs(answered - opened) < 1.0)


def test_what_names_an_inbox_is_seldom_where_nothing_waits(town: Town) -> None:
    """Before 0061 a connection lasted for each span; then reads after letters, and every few hours."""
    before, after = record(town, habits=BEFORE_0061).live, record(town, habits=WAKES).live
    lasts = np.isin(before["op"], (Op.OPEN, Op.CLOSE))
    assert lasts.sum() >= len(town.online.begin)
    assert not np.isin(after["op"], (Op.OPEN, Op.CLOSE)).any()
    reads = after[(after["op"] == Op.READ) & (after["place"] < CROWD.accounts)]
    letters = after[(after["op"] == Op.APPEND) & (after["place"] < CROWD.accounts)]
    hours = float((town.online.end - town.online.begin).sum()) / 3_600.0
    devices = len(town.online.account)
    assert len(reads) < 2 * len(letters) + devices + hours / 4 * 1.5
    for letter in letters:  # each is read, unless no device of theirs comes again
        soon = reads[(reads["place"] == letter["place"]) & (reads["t"] > letter["t"])]
        assert len(soon) or letter["t"] > CROWD.days * 86_400.0 / 2


def test_each_step_takes_its_look_ups(town: Town) -> None:
    """Own ones become daily; who was asked asks nobody; then who makes a group asks nobody."""
    counts = [int((record(town, habits=each).live["op"] == Op.LOOKUP).sum()) for each in (WAKES, LISTS, PROOFS)]
    spans, days = len(town.online.begin), len(town.online.account) * CROWD.days
    pairs = int((town.rooms.pair & (town.rooms.made < CROWD.days * 86_400.0)).sum())
    assert days < counts[0] - counts[1] < spans
    assert 0.8 * pairs < counts[1] - counts[2] <= pairs
    others = [int((record(town, habits=each).live["op"] == Op.LOOKUP).sum()) for each in (SLIM, HANDED)]
    assert others[1] < others[0]


def test_looks_are_drawn_hours_apart_and_not_when_a_device_comes(town: Town) -> None:
    """Each device by itself, while it is there; what was due while it was away is spread over the hour after."""
    device, t = drawn_looks(np.random.default_rng(1), town.online, CROWD.days * 86_400.0)
    assert np.array_equal(town.online.next(device, t), t)
    for each in range(len(town.online.account)):
        assert np.all(np.diff(t[device == each]) > LOOK_S / 2 - 1)
    begins = town.online.begin[town.online.device == device[0]]
    assert not np.isin(np.round(t), np.round(begins)).any()
    assert len(t) > 0.8 * len(town.online.account) * CROWD.days


def test_late_receipts_are_fewer_and_unread_ones_none(town: Town) -> None:
    """What is appended beside messages becomes less; each message is still there."""
    prompt, late = (
        int(((asked := record(town, habits=each).live)["op"] == Op.APPEND)[asked["place"] >= CROWD.accounts].sum())
        for each in (LETTERS, SLIM)
    )
    assert len(town.said.t) * 0.9 < late < prompt


def test_own_letters_come_as_often_as_is_asked_for(town: Town) -> None:
    """Beside those of others, each into the inbox of who wrote it, and as large."""
    none, some = (
        (asked := record(town, habits=each).live)[(asked["op"] == Op.APPEND) & (asked["place"] < CROWD.accounts)]
        for each in (PROOFS, LETTERS)
    )
    wanted = 3.0 * len(town.online.account) * CROWD.days
    assert 0.8 * wanted < len(some) - len(none) < 1.2 * wanted
    assert none["size"].max() == some["size"].max()


def test_boxes_that_change_every_hour_are_used_in_one_hour_only(town: Town) -> None:
    """All that is asked of one box falls into one hour."""
    live_ = record(town, habits=HOURLY).live
    asked = live_[np.isin(live_["op"], (Op.APPEND, Op.READ)) & (live_["place"] >= CROWD.accounts)]
    hour = (asked["t"] // 3_600.0).astype(np.int64)
    order = np.argsort(asked["place"], kind="stable")
    first = np.unique(asked["place"][order], return_index=True)[1]
    assert np.array_equal(np.maximum.reduceat(hour[order], first), np.minimum.reduceat(hour[order], first))


def test_events_name_their_role_and_nobody(recording: Recording) -> None:
    """As a real recording does: who asks has to be guessed."""
    live_ = recording.live
    assert set(np.unique(live_["at"][live_["op"] == Op.LOOKUP]).tolist()) == {Role.DIRECTORY}
    assert set(np.unique(live_["at"][live_["op"] != Op.LOOKUP]).tolist()) == {Role.RELAY}
    assert set(np.unique(live_["who"]).tolist()) == {NOBODY}
    assert np.all(np.diff(live_["t"]) >= 0)


def test_rooms_are_worked_on_in_parts_alike(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large town's rooms are not all worked on at once: nothing is lost or doubled, the laws are the same."""
    whole = ask(town, habits=SLIM).requests
    monkeypatch.setattr(client, "MOST_HEARD", len(town.said.t) // 2)
    parts = ask(town, habits=SLIM).requests
    for op in (Op.APPEND, Op.READ, Op.DELIVER):
        many, few = int((whole.op == op).sum()), int((parts.op == op).sum())
        assert few == pytest.approx(many, rel=0.05)
    inside = [int((each.op == Op.PUT_BLOB).sum()) / len(town.said.t) for each in (whole, parts)]
    assert inside == pytest.approx([FILES, FILES], rel=0.5)
    assert np.all(np.diff(parts.t) >= 0)


def test_what_rooms_answer_can_be_left_out(town: Town) -> None:
    """And files; all else is the same, to the moment."""
    whole, half = (ask(town, habits=SLIM, all_of_it=each).requests for each in (True, False))
    left = np.isin(whole.op, (Op.PUT_BLOB, Op.GET_BLOB)) | ((whole.op == Op.DELIVER) & (whole.place >= CROWD.accounts))
    assert left.sum() > len(half.t) / 6
    for name in ("t", "op", "place", "device", "size"):
        assert np.array_equal(getattr(whole, name)[~left], getattr(half, name))


def test_what_is_unseen_is_still_true(town: Town, recording: Recording) -> None:
    """Who talked is known without any event."""
    nothing = unseen(town)
    assert not len(nothing.live)
    assert nothing.truth.talks == recording.truth.talks
    assert len(nothing.truth.rooms) == len(town.rooms.members)


def test_a_delay_moves_what_is_written(town: Town) -> None:
    """An ingress that holds everything for an hour: all that is said is written an hour later."""
    usual, held = ask(town).requests, ask(town, lambda _account, t: t + 3_600.0).requests
    t, late = (np.round(each.t[each.op == Op.APPEND], 4) for each in (usual, held))
    moved = np.isin(np.round(t + 3_600.0, 4), late)
    assert moved.sum() > 0.95 * len(town.said.t)
    assert np.isin(t, late).sum() < len(t) - 0.95 * len(town.said.t)
