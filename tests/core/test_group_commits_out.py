"""Out of a room: what goes, what is still watched, and who carries out a wish to leave (room.md §3)."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from nullabona.client.core import rooms
from nullabona.client.core.delivery import box_log
from nullabona.client.core.delivery.outbox import queue_trim
from nullabona.client.core.group import commits
from nullabona.client.core.model.branches import Helper, Rejoin
from nullabona.client.core.model.content import Leave, Text, encode_body
from nullabona.client.core.model.facts.rooms import Left, Removed
from nullabona.client.core.model.facts.signals import MembershipEnded
from nullabona.client.core.model.intents import RemoveAccount, SetInfo, UpdateKeys
from nullabona.client.core.model.outbox_targets import InboxTrim, RoomFrame, RoomTrim, room_of
from nullabona.client.core.model.proofs import make_order
from nullabona.client.core.model.room_info import DIRECT
from nullabona.client.core.model.state import LEFT, REMOVED, RoomState
from nullabona.client.core.step import Step, way_key
from tests.core.listening import Listening
from tests.core.stage import START, Other, Stage, rows, signals
from tests.core.test_group_commits import merge, room_with

JUN, SORA = Other("jun"), Other("sora")
LATER = START + 300 * 86_400_000
KEYS, NAME = UpdateKeys(), SetInfo("friends")


# -- out ----------------------------------------------------------------------------------------------------------


def out(
    stage: Stage, room: bytes, *, watched: bool = False, by: bytes = b"", **about: object
) -> tuple[RoomState, Step]:
    """We are out of a room."""
    with stage.step(**about) as step:  # type: ignore[arg-type]
        state = step.room(room)
        commits.leave_room(step, state, watch=state.current if watched else None, by=by)
    return state, step


def test_who_was_put_out_keeps_no_keys_and_wants_nothing() -> None:
    """Boxes, MLS and the way in are gone, and what the room's relay was to erase if that is out of reach."""
    stage = Stage()
    busy = dict.fromkeys(("receipt_at", "update_at", "note_at", "scout_at"), LATER)
    room = stage.room(JUN, intents=[KEYS], rejoin=Rejoin("late", 0, b"", [], [], LATER), invites_at=LATER, **busy)  # type: ignore[arg-type]
    with stage.step() as step:
        state = step.room(room)
        commits.advance(step, state)
        state.current.relay = "wss://two.example:443/v1"
        step.store.set_value(box_log.winner_key(state.current), b"commit")
        step.store.set_value(way_key(room), b"way")
        queue_trim(step, state.relay, state.current.keys.box, 1)
        track = state.current
    state, step = out(stage, room, by=JUN.account, down=frozenset({"wss://two.example:443/v1"}))
    assert (REMOVED, [], [], None, None) == (state.phase, state.boxes, state.intents, state.pending, state.rejoin)
    assert [None] * 4 == [state.receipt_at, state.note_at, state.scout_at, state.invites_at]
    assert None is state.update_at
    assert [MembershipEnded(room, JUN.account, left=False, others=()), Removed(room)] == step.told
    assert [] == stage.outbox(RoomTrim, InboxTrim)
    with stage.step() as step:
        assert [None] * 3 == [
            step.store.get_value(box_log.winner_key(track)),
            step.store.get_value(way_key(room)),
            step.store.mls_generation(room),
        ]
        assert [] == step.store.outbox_of(room)


def test_the_box_whose_commit_put_us_out_is_watched() -> None:
    """And no other: our wish to leave and our invitations may still matter on another branch."""
    stage = Stage()
    room = stage.room(JUN, invites_at=LATER)
    with stage.step() as step:
        state = step.room(room)
        state.boxes = [msgspec.structs.replace(state.current, secret=b"o" * 32), state.current]
        rooms.note_leaving(step, make_order(stage.mls, stage.me.signature_key, room, stage.me.account, [b"k"]))
    state, step = out(stage, room, watched=True)
    assert (LEFT, 1, LATER) == (state.phase, len(state.boxes), state.invites_at)
    with stage.step() as again:
        assert rooms.leaving(again, room)
    assert [MembershipEnded(room, b"", left=True, others=()), Left(room)] == step.told


def test_who_left_by_its_own_wish_has_left() -> None:
    """The wish is carried out."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.step() as step:
        rooms.note_leaving(step, make_order(stage.mls, stage.me.signature_key, room, stage.me.account, [b"k"]))
    state, step = out(stage, room)
    assert (LEFT, "left") == (state.phase, rows(step)[0][0])
    with stage.step() as again:
        assert not rooms.leaving(again, room)
    alone = stage.room()
    with stage.step() as step:
        commits.leave_alone(step, step.room(alone))
        assert (LEFT, "left") == (step.room(alone).phase, rows(step)[0][0])


def test_with_whom_we_were_in_a_room_of_two_is_noted() -> None:
    """They may have been asked meanwhile."""
    stage = Stage()
    _, step = out(stage, stage.room(JUN, kind=DIRECT))
    assert [(JUN.account,)] == [fact.others for fact in signals(step, MembershipEnded)]


def test_whoever_wants_to_leave_and_is_alone_with_its_own_devices_puts_those_out() -> None:
    """Nobody else is there to do it; once they are gone it goes itself. With others in the room it waits for them."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.step() as step:
        state = step.room(room)
        commits.carry_out_leaving(step, state)
        rooms.note_leaving(step, make_order(stage.mls, stage.me.signature_key, room, stage.me.account, [b"k"]))
        commits.carry_out_leaving(step, state)
        assert [] == state.intents
        step.store.put_devices([replace(JUN.row(room, 1), account=stage.me.account)])
        step.roster_changed(room)
        commits.carry_out_leaving(step, state)
        (wanted,) = state.intents
        assert isinstance(wanted, RemoveAccount)
        assert stage.me.account == wanted.account
        assert wanted.order is not None


def test_the_last_one_who_wants_to_leave_is_out_with_the_epoch() -> None:
    """Nobody else is in the room any more."""
    stage = Stage()
    room = room_with(stage, JUN)
    with stage.step() as step:
        state = step.room(room)
        state.intents = [RemoveAccount(JUN.account)]
        rooms.note_leaving(step, make_order(stage.mls, stage.me.signature_key, room, stage.me.account, [b"k"]))
        merge(step, state)
        assert (LEFT, []) == (state.phase, state.boxes)
    assert [] == [item for item in stage.outbox(RoomFrame) if room_of(item.target) == room]


# -- what a new epoch brings with it ------------------------------------------------------------------------------


def test_who_said_that_another_branch_won_and_is_gone_is_waited_for_no_more() -> None:
    """If others are on that branch, they will claim it themselves."""
    stage = Stage()
    fork = Rejoin("fork", 0, b"c" * 32, [], [Helper(JUN.account, JUN.handle)], LATER)
    room = room_with(stage, JUN, rejoin=fork)
    with stage.step() as step:
        state = step.room(room)
        state.intents = [RemoveAccount(JUN.account)]
        merge(step, state)
        assert None is step.room(room).rejoin


def test_whoever_wants_to_leave_says_so_again_with_new_keys() -> None:
    """The old order names keys that nobody has any more."""
    stage = Stage()
    heard = Listening(stage)
    room = room_with(stage, JUN)
    with stage.step() as step:
        state = step.room(room)
        rooms.note_leaving(step, make_order(stage.mls, stage.me.signature_key, room, stage.me.account, [b"k"]))
        state.intents = [KEYS]
        merge(step, state)
    assert [Leave] == [type(body) for body in heard.bodies]


def test_what_was_not_read_back_in_time_and_what_is_owed_is_said_again() -> None:
    """To all in the new epoch; a device that a fork had left outside gets what it lacks."""
    stage = Stage()
    words = encode_body(Text("hello"))
    room = room_with(stage, JUN)
    with stage.step() as step:
        box = bytes(step.room(room).current.keys.box.address)
    stage.message(room, b"l" * 16, body=words, box=box, frame=b"f" * 32, epoch=1)
    stage.message(room, b"o" * 16, body=words, box=b"an older box", frame=b"g" * 32, epoch=1)
    with stage.step() as step:
        state = step.room(room)
        state.owed = {JUN.device.hex(): [b"o" * 16]}
        state.intents = [KEYS]
        merge(step, state)
        found = [step.store.message(room, id) for id in (b"l" * 16, b"o" * 16)]
        assert ([2, 2], {}) == ([each.epoch for each in found if each is not None], state.owed)
