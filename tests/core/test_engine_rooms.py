"""The engine looks after rooms: whatever is due in one is done by the next step, and where nothing is, nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nullabona.client.core.account import own_devices
from nullabona.client.core.contacts import requests
from nullabona.client.core.delivery import box_log
from nullabona.client.core.devices.inbox_state import load, save
from nullabona.client.core.directory.found import ProvenCard
from nullabona.client.core.engine import Engine
from nullabona.client.core.group import branches
from nullabona.client.core.model.branches import Helper, Rejoin
from nullabona.client.core.model.change_set import NOTHING, ChangeSet
from nullabona.client.core.model.content import Gone, Notice, NoticeKind, Sync, Text, decode_body, encode_body
from nullabona.client.core.model.facts.account import Warned
from nullabona.client.core.model.facts.rooms import EpochChanged
from nullabona.client.core.model.facts.signals import AccountDeleted, InboxReadElsewhere, MembershipEnded, ProfileCopied
from nullabona.client.core.model.intents import UpdateKeys
from nullabona.client.core.model.outbox_targets import InboxFrame, InboxTrim, RoomFrame
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.room_info import DEVICES, DIRECT
from nullabona.client.core.model.state import JOINED, LEFT, REJOINING, BoxTrack, RoomState, Winner
from nullabona.client.core.model.sync_items import ContactItem
from nullabona.errors import Bug
from tests.core.listening import Listening
from tests.core.stage import START, Other, Stage, set_time

JUN, SORA = Other("jun"), Other("sora")
DAY_MS = 86_400_000
LATER = START + 300 * DAY_MS
HELPS = Helper(JUN.account, JUN.handle)


def engine_of(stage: Stage) -> Engine:
    """The engine of the stage's device, begun anew."""
    return Engine(stage.store, stage.mls, stage.me, stage.rng, stage.timing)


def quiet(stage: Stage, *others: Other, **about: object) -> bytes:
    """A room in which nothing is due."""
    return stage.room(*others, **{"update_at": LATER, **about})  # type: ignore[arg-type]


def state_of(stage: Stage, room: bytes) -> RoomState:
    """The room as it is stored."""
    with stage.step() as step:
        return step.room(room)


def of_track(**about: object) -> Callable[[RoomState], None]:
    """Sets fields of the room's current box."""

    def set_them(room: RoomState) -> None:
        for name, value in about.items():
            setattr(room.current, name, value)

    return set_them


def of_room(**about: object) -> Callable[[RoomState], None]:
    """Sets fields of the room."""

    def set_them(room: RoomState) -> None:
        for name, value in about.items():
            setattr(room, name, value)

    return set_them


def with_old_box(room: RoomState) -> None:
    """The room has a closed box that is too old."""
    old = BoxTrack(0, b"o" * 32, winner=Winner(b"w" * 32), left_at=1)
    room.boxes = [old, *room.boxes]


FORK = Rejoin(branches.FORK, 0, b"c" * 32, [], [HELPS], START)
DUE: dict[str, tuple[Callable[[RoomState], None], Callable[[RoomState], object]]] = {
    "blobs that came": (of_track(deferred={1: b"x" * 32}), lambda room: not room.current.deferred),
    "own frames to put back": (of_track(put_back_own_at=START), lambda room: not room.current.put_back_own_at),
    "frames to confirm": (of_track(confirm_at=START), lambda room: not room.current.confirm_at),
    "silence": (of_track(silence_at=START), lambda room: room.rejoin and room.rejoin.reason == "silence"),
    "acknowledgements": (of_track(check_acks=True), lambda room: not room.current.check_acks),
    "old boxes": (with_old_box, lambda room: len(room.boxes) == 1),
    "invitations": (of_room(invites_at=START), lambda room: not room.invites_at),
    "who led us here": (
        of_room(led_at=START, led_by=JUN.account),
        lambda room: room.rejoin and room.rejoin.reason == branches.UNPROVEN,
    ),
    "questions": (of_room(rejoin=FORK), lambda room: room.rejoin and room.rejoin.attempts == 1),
    "new keys": (of_room(update_at=START), lambda room: set_time(room.update_at) > START),
    "devices": (of_room(tend_at=START), lambda room: not room.tend_at),
    "devices that were not heard": (of_room(unheard_at=START), lambda room: not room.unheard_at),
    "a move": (of_room(note_at=START), lambda room: not room.note_at),
    "a search": (of_room(scout_at=START), lambda room: set_time(room.scout_at) > START),
    "changes": (of_room(intents=[UpdateKeys()]), lambda room: room.pending is not None),
    "redone removals": (of_room(redo=[b"x" * 32]), lambda room: not room.redo),
    "the profile": (of_room(profile_at=START), lambda room: not room.profile_at),
    "a receipt": (of_room(receipt_at=START), lambda room: not room.receipt_at),
}


@pytest.mark.parametrize("what", DUE)
def test_what_is_due_in_a_room_is_done(what: str) -> None:
    """By any step that looks at the room, and by none that does not."""
    before, after = DUE[what]
    stage = Stage()
    room = quiet(stage, JUN, SORA)
    with stage.step() as step:
        before(step.room(room))
    engine = engine_of(stage)
    with engine.step(START):
        pass
    assert not after(state_of(stage, room))
    with engine.step(START, room):
        pass
    assert after(state_of(stage, room))


def test_a_receipt_goes_out_when_it_is_due_and_not_before() -> None:
    """A moment earlier nothing is done."""
    stage = Stage()
    room = quiet(stage, JUN, receipt_at=START)
    engine = engine_of(stage)
    assert NOTHING is engine.tick(START - 1)
    assert [] == stage.outbox(RoomFrame)
    assert ChangeSet(frozenset({room})) == engine.tick(START)
    assert 1 == len(stage.outbox(RoomFrame))
    assert NOTHING is engine.tick(START)


def test_the_room_that_the_devices_share_tells_what_is_due() -> None:
    """Another one of that kind tells nothing by itself."""
    stage = Stage()
    room = quiet(stage, JUN, kind=DEVICES, sync_at=START)
    engine_of(stage).tick(START)
    assert None is state_of(stage, room).sync_at


def test_who_is_away_asks_for_a_way_back() -> None:
    """When it is time; rooms of two with somebody who is blocked elsewhere are left alone."""
    stage = Stage()
    rejoin = Rejoin("returning", 0, b"", [], [HELPS], START)
    away = quiet(stage, JUN, phase=REJOINING, rejoin=rejoin)
    engine_of(stage).tick(START)
    found = state_of(stage, away).rejoin
    assert found is not None
    assert 1 == found.attempts
    stage.contact(JUN, ContactState.BLOCKED)
    shut = quiet(stage, JUN, kind=DIRECT, receipt_at=START)
    with stage.step() as step:
        step.room(shut).current.relay = "wss://two.example:443/v1"
    engine = engine_of(stage)
    with engine.step(START, shut):
        pass
    assert START == state_of(stage, shut).receipt_at


def test_a_device_that_nobody_lets_into_the_shared_room_makes_a_new_one() -> None:
    """Perhaps nobody else was ever in it."""
    stage = Stage()
    rejoin = Rejoin("returning", 0, b"", [], [], LATER, attempts=8)
    room = quiet(stage, kind=DEVICES, phase=REJOINING, rejoin=rejoin)
    with stage.step() as step:
        own_devices.note_card(step.store, stage.card_with(b"d" * 16, JUN).encoded)
        own_devices.set_room(step.store, room)
    engine = engine_of(stage)
    with engine.step(START, room):
        pass
    with stage.step() as step:
        made = own_devices.room_id(step.store)
        assert room != made
        wakes = [step.room(made).tend_at, step.room(made).update_at]
    assert min(wake for wake in wakes if wake) == engine.wake_at()


def test_a_room_that_put_us_out_is_watched_for_some_days() -> None:
    """Then its box is forgotten."""
    stage = Stage()
    room = quiet(stage, JUN, phase=LEFT)
    with stage.step() as step:
        step.room(room).current.left_at = 0
    ends = box_log.WATCH_DAYS * DAY_MS + 1
    engine = engine_of(stage)
    assert NOTHING is engine.tick(ends - 1)
    assert 1 == len(state_of(stage, room).boxes)
    engine.tick(ends)
    assert [] == state_of(stage, room).boxes


# -- what a step leaves behind ------------------------------------------------------------------------------------


def test_a_step_that_fails_has_done_nothing() -> None:
    """Neither in the store nor in MLS; the next one works."""
    stage = Stage()
    room = quiet(stage, JUN)
    engine = engine_of(stage)

    def fail() -> None:
        with engine.step(START, room) as step:
            step.room(room).receipt_at = 7
            step.tell(EpochChanged(room, 1))
            group = step.group(step.room(room))
            group.commit(update=True)
            group.merge_pending()
            raise Bug("in the middle")

    with pytest.raises(Bug):
        fail()
    with engine.step(START) as step:
        assert (None, 0, []) == (
            *(step.room(room).receipt_at, step.group(step.room(room)).epoch),
            step.store.events(0),
        )


def test_a_copy_of_a_profile_gives_up_its_keys() -> None:
    """Of each room in which it shows."""
    stage = Stage()
    rooms = [quiet(stage, JUN) for _ in range(3)]
    with engine_of(stage).step(START) as step:
        for room in rooms[:2]:
            step.tell(ProfileCopied(room))
    assert [REJOINING, REJOINING, JOINED] == [state_of(stage, room).phase for room in rooms]


def test_a_device_whose_account_is_deleted_is_out() -> None:
    """When the step is over; otherwise it is not."""
    stage = Stage()
    engine = engine_of(stage)
    for ended in (False, True):
        with engine.step(START) as step:
            if ended:
                step.tell(AccountDeleted())
        with stage.step() as step:
            assert ended is own_devices.is_signed_out(step.store)


def test_whom_we_asked_while_we_left_is_asked_again() -> None:
    """They do not answer who is in a room of two with them."""
    stage = Stage()
    stage.contact(JUN, ContactState.REQUESTED)
    with stage.step() as step:
        requests.learn_card(step, ProvenCard.testing(JUN.card()))
    with engine_of(stage).step(START) as step:
        step.tell(MembershipEnded(b"r" * 32, b"", left=True, others=(JUN.account,)))
    assert 1 == len(stage.outbox(InboxFrame))


def test_what_is_told_of_a_room_stands_in_its_history() -> None:
    """A warning is a line that this device writes."""
    stage = Stage()
    room = quiet(stage, JUN)
    with engine_of(stage).step(START) as step:
        step.tell(Warned(room=room, code="no-way-back"))
    with stage.step() as step:
        (line,) = step.store.messages(room)
    assert Notice(NoticeKind.WARNING, text="no-way-back") == decode_body(line.body)


def test_what_changes_here_is_told_to_the_accounts_other_devices() -> None:
    """In the room that they share, soon."""
    stage = Stage()
    contact = stage.contact(JUN)
    room = quiet(stage, SORA, kind=DEVICES)
    with stage.step() as step:
        own_devices.note_card(step.store, stage.card_with(b"d" * 16, SORA).encoded)
        own_devices.set_room(step.store, room)
    heard = Listening(stage)
    engine = engine_of(stage)
    with engine.step(START, room) as step:
        requests.set_contact_state(step, contact, ContactState.BLOCKED)
    for hours in (1, 2):
        engine.tick(START + hours * 3_600_000)
    told = [item for body in heard.bodies if isinstance(body, Sync) for item in body.items]
    assert [(JUN.account, "blocked")] == [(it.account, it.state) for it in told if isinstance(it, ContactItem)]


def inbox_at(stage: Stage, position: int, trim_at: int = 0) -> None:
    """How far the inbox was read, and when it is to be erased."""
    with stage.step() as step:
        state = load(step)
        assert state is not None
        state.position, state.trim_at = position, trim_at
        save(step, state)


def test_what_another_device_has_read_of_the_inbox_is_erased_in_its_time() -> None:
    """If it told of that; the engine wakes for it."""
    stage = Stage()
    inbox_at(stage, 5)
    engine = engine_of(stage)
    with engine.step(START) as step:
        step.tell(InboxReadElsewhere())
    due = START + stage.timing.trim + 1
    assert due == engine.wake_at()
    assert NOTHING is engine.tick(due - 1)
    engine.tick(due)
    assert 1 == len(stage.outbox(InboxTrim))
    assert NOTHING is engine.tick(due)


def test_an_inbox_that_is_to_be_erased_is_known_from_the_beginning() -> None:
    """As the store has it."""
    stage = Stage()
    inbox_at(stage, 5, START)
    engine = engine_of(stage)
    assert START == engine.wake_at()
    engine.tick(START)
    assert 1 == len(stage.outbox(InboxTrim))


def test_lines_whose_time_is_up_go_by_themselves() -> None:
    """Whatever room they are in; not a moment before."""
    stage = Stage()
    room = quiet(stage, JUN)
    stage.message(room, b"i" * 16, body=encode_body(Text("hello")), timer_s=1, expires_at=START)
    engine = engine_of(stage)
    assert START == engine.wake_at()
    assert NOTHING is engine.tick(START - 1)
    assert ChangeSet(frozenset()) == engine.tick(START)
    with stage.step() as step:
        line = step.store.message(room, b"i" * 16)
    assert line is not None
    assert Gone("expired") == decode_body(line.body)
