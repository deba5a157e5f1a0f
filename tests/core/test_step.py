"""One step: rooms are loaded once and saved if they changed, what is told is kept, time and randomness are given."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nullabona.client.core.model.change_set import ChangeSet
from nullabona.client.core.model.errors import NoSuchRoom
from nullabona.client.core.model.facts.account import SignedOut
from nullabona.client.core.model.facts.messages import Typing
from nullabona.client.core.model.facts.rooms import EpochChanged
from nullabona.client.core.model.facts.signals import OwnMarkerMoved, ReplyBoxesChanged
from nullabona.client.core.model.facts.union import Fact, logged_fact
from nullabona.client.core.model.records import Device, DeviceView
from nullabona.client.core.model.requests import REPLIES
from nullabona.client.core.model.state import decode_state
from nullabona.client.core.step import Step, Timing, way_key
from tests.core.stage import START, Other, Randomness, Stage

JUN, BO = Other("jun"), Other("boo")
NOBODY = b"\x09" * 32


def stored(stage: Stage, room: bytes) -> int | None:
    """When the room is stored to have its next receipt sent; None: it is not stored, or no receipt is due."""
    with stage.store.transaction():
        data = stage.store.load_room(room)
    return None if data is None else decode_state(data).receipt_at


def test_a_room_that_is_not_there_is_not_found() -> None:
    """Asking for it is a fault; looking for it is none, and touches nothing."""
    stage = Stage()
    with stage.step() as step:
        assert step.find_room(NOBODY) is None
        with pytest.raises(NoSuchRoom):
            step.room(NOBODY)
        assert (None, frozenset()) == (step.loaded(NOBODY), step.touched)


def test_a_room_is_one_value_for_the_whole_step() -> None:
    """Loaded when it is first asked for, and the same whoever asks again."""
    stage = Stage()
    room, other = stage.room(), stage.room()
    with stage.step() as step:
        assert step.loaded(room) is None
        found = step.room(room)
        assert found is step.room(room) is step.find_room(room) is step.loaded(room)
        assert {room} == step.touched
        assert ChangeSet(frozenset({room})) == step.changes() == step.changes_in(room)
        step.tell(ReplyBoxesChanged())
        assert {room} == step.touched
        assert ChangeSet(frozenset({room, other, REPLIES})) == step.changes(other)
        assert ChangeSet(frozenset({other, REPLIES})) == step.changes_in(other)


def test_what_a_step_changed_of_a_room_is_saved_at_its_end() -> None:
    """Not before."""
    stage = Stage()
    room = stage.room()
    with stage.step() as step:
        step.room(room).receipt_at = 7
    assert 7 == stored(stage, room)


class Saves:
    """A store that notes what is saved, and saves it."""

    def __init__(self, stage: Stage, step: Step) -> None:
        self.saved: list[bytes] = []
        self._store = stage.store
        step.store = self  # type: ignore[assignment]

    def save_room(self, room: bytes, data: bytes) -> None:
        self.saved.append(room)
        self._store.save_room(room, data)

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)


def test_only_what_changed_is_written_and_once() -> None:
    """A room that was only looked at is left alone."""
    stage = Stage()
    room, other = stage.room(), stage.room()
    with stage.step() as step:
        store = Saves(stage, step)
        step.room(room).receipt_at = 7
        step.room(other)
        step.save()
        step.save()
        assert [room] == store.saved
        step.room(room).receipt_at = 8
        step.save()
        assert [room, room] == store.saved


def test_a_room_that_takes_anothers_place_is_written_whole() -> None:
    """Also if it is as the one before was: that may have been deleted since."""
    stage = Stage()
    room = stage.room(receipt_at=7)
    with stage.step() as step:
        found = step.room(room)
        step.store.delete_room(room)
        step.add_room(found)
        assert step.room(room) is found
    assert 7 == stored(stage, room)


def test_of_a_forgotten_room_nothing_is_left() -> None:
    """Neither its state, nor what lies for its boxes, nor what was kept to come in by; other rooms stay."""
    stage = Stage()
    room, other = stage.room(JUN), stage.room(JUN, receipt_at=7)
    with stage.step() as step:
        boxes = [step.room(each).current.keys.box.address for each in (room, other)]
        for box in boxes:
            step.store.put_view(DeviceView(box, JUN.device, b"i", 1, b"c", (), ()))
        for each in (room, other):
            step.store.set_value(way_key(each), b"way")
        step.roster(room)
        step.forget_room(room)
        assert step.find_room(room) is None
        assert [0, 1] == [len(step.store.views(box)) for box in boxes]
        assert [None, b"way"] == [step.store.get_value(way_key(each)) for each in (room, other)]
        assert {} == step.roster(room)
        step.forget_room(NOBODY)
    assert [None, 7] == [stored(stage, room), stored(stage, other)]


def test_nobody_comes_in_any_more_by_a_forgotten_way() -> None:
    """The room stays."""
    stage = Stage()
    room = stage.room()
    with stage.step() as step:
        step.store.set_value(way_key(room), b"way")
        step.forget_way(room)
        assert (None, True) == (step.store.get_value(way_key(room)), step.find_room(room) is not None)


def test_a_room_has_its_own_group() -> None:
    """What MLS has of it."""
    stage = Stage()
    rooms = [stage.room(), stage.room()]
    with stage.step() as step:
        for room in rooms:
            assert step.room(room).current.secret == step.group(step.room(room)).room_secret()


def test_a_roster_is_by_leaf_and_read_anew_only_when_it_changed() -> None:
    """Whoever changes the rows says so."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.step() as step:
        assert [(0, stage.me.device), (1, JUN.device)] == [(at, each.device) for at, each in step.roster(room).items()]
        step.store.put_devices([BO.row(room, 2)])
        assert [0, 1] == list(step.roster(room))
        step.roster_changed(room)
        assert [0, 1, 2] == list(step.roster(room))


def test_others_are_who_was_in_an_epoch_and_is_not_this_device() -> None:
    """Another device of our account is one, and so is who came with that very epoch; not who came later."""
    stage = Stage()
    room = stage.room(JUN)
    ours: Device = replace(BO.row(room, 2, since=4), account=stage.me.account)
    with stage.step() as step:
        step.store.put_devices([ours, Other("late").row(room, 3, since=5)])
        found = [[each.leaf for each in step.others(step.room(room), epoch)] for epoch in (0, 3, 4, 5)]
    assert [[1], [1], [1, 2], [1, 2, 3]] == found


def test_what_is_told_is_kept_for_listeners_and_for_this_step() -> None:
    """With the room that it is about, or none."""
    stage = Stage()
    with stage.step() as step:
        facts: list[Fact] = [
            EpochChanged(NOBODY, 2),
            OwnMarkerMoved(NOBODY),
            SignedOut(),
            Typing(NOBODY, JUN.account, 5),
        ]
        for fact in facts:
            step.tell(fact)
        assert facts == step.told
        logged = [logged_fact(row) for row in step.store.events(0, 10)]
        assert [EpochChanged(NOBODY, 2, id=1), SignedOut(id=2)] == logged


@pytest.mark.parametrize(("low", "most", "expected"), [(True, 5, 0), (False, 5, 5), (False, 0, 0), (False, -3, 0)])
def test_a_random_time_lies_between_now_and_the_latest(low: bool, most: int, expected: int) -> None:  # noqa: FBT001
    """Never in the past."""
    stage = Stage(rng=Randomness(low=low))
    with stage.step() as step:
        assert START + expected == step.within(most)


@pytest.mark.parametrize(("now", "day"), [(86_400_000, 1), (2 * 86_400_000 - 1, 1), (2 * 86_400_000, 2)])
def test_a_day_has_so_many_milliseconds(now: int, day: int) -> None:
    with Stage().step(now) as step:
        assert day == step.day


def test_a_step_is_the_persons_doing_unless_it_is_said_otherwise() -> None:
    """And nothing has happened in it yet."""
    with Stage().step() as step:
        assert (True, [], frozenset(), frozenset()) == (step.chosen, step.told, step.down, step.up)


def test_the_times_of_the_protocol() -> None:
    """As spec/room.md, "Times", has them: a device that waited otherwise would be told from the others by it."""
    found = Timing()
    seconds = {
        name: getattr(found, name) / 1_000
        for name in found.__slots__
        if name not in {"active", "commit_spread", "update"}
    }
    assert (0.15, 1.5, 7.0) == (found.active / 1_000, found.commit_spread / 1_000, found.update / 86_400_000)
    assert {
        "settle": 30,
        "reread": 60,
        "put_back_any": 60,
        "lighten": 86_400,
        "receipt": 2,
        "receipt_unread": 900,
        "overslept": 120,
        "reply": 25,
        "pause": 600,
        "blob": 60,
        "silence": 4 * 3_600,
        "announcement": 600,
        "retry": 2,
        "retry_most": 900,
        "invite": 3_600,
        "claim": 600,
        "card": 86_400,
        "link_answer": 600,
        "ticket": 20,
        "trim": 120,
        "scout": 10,
        "scout_cards": 10,
        "joining": 5,
        "apart": 60,
        "behind": 5,
        "unsure": 600,
        "calm": 1_800,
        "calm_old": 4 * 3_600,
    } == seconds
