"""Coming back into rooms of which only memory is left: whom we ask and when, and what is kept (devices.md §8)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nullabona.client.core.account import own_devices
from nullabona.client.core.delivery import box_log
from nullabona.client.core.delivery.inbox_sending import wanted_handles
from nullabona.client.core.group.evidence import LAST_RESORT
from nullabona.client.core.identity import inbox_addresses
from nullabona.client.core.model import branches
from nullabona.client.core.model.branches import RETURNING, Helper, Rejoin, helpers_of
from nullabona.client.core.model.facts.account import Warned
from nullabona.client.core.model.inbox_items import TicketRequest
from nullabona.client.core.model.outbox_targets import InboxFrame, RoomFrame
from nullabona.client.core.model.proofs import encode_ruling, make_ruling
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.room_info import DEVICES, DIRECT, GROUP, RoomInfo, encode_info
from nullabona.client.core.model.state import LEFT, REJOINING, RoomState, Winner
from nullabona.client.core.restore import returning
from nullabona.client.core.restore.returning import RESTORED, RESTORED_NOW, Expected
from nullabona.client.core.step import Timing
from nullabona.client.core.sync import former_rooms
from tests.core.stage import RELAY, START, Other, Randomness, Stage, box_of, rows, signals

JUN, SORA, YUNA = Other("jun"), Other("sora"), Other("yuna")
ROOM = b"r" * 32
DAY_MS = 86_400_000
INFO = RoomInfo(1, GROUP, "family", RELAY, (JUN.account,))


def helper(other: Other) -> Helper:
    """Somebody as a helper."""
    return Helper(other.account, other.handle)


def room_of(stage: Stage, room: bytes = ROOM) -> RoomState | None:
    """What is known of a room."""
    with stage.step() as step:
        return step.find_room(room)


# -- who is asked -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "asked"), [(GROUP, ["jun", "sora"]), (DEVICES, ["mina"])])
def test_the_members_of_a_room_are_asked_for_a_way_back_soon(kind: str, asked: list[str]) -> None:
    """Of a room others; of the devices' own room the account's own devices, and nobody else."""
    stage = Stage()
    mine = Helper(stage.me.account, stage.me.handle)
    info = INFO if kind == GROUP else RoomInfo(1, DEVICES, "", RELAY)
    with stage.step() as step:
        returning.begin(step, ROOM, info, [helper(JUN), mine, helper(SORA)])
    room = room_of(stage)
    assert room is not None
    assert (REJOINING, info, []) == (room.phase, room.info, room.boxes)
    assert room.rejoin is not None
    rejoin = room.rejoin
    assert (RETURNING, START + 20_000, 0, b"") == (rejoin.reason, rejoin.next_at, rejoin.epoch, rejoin.commit)
    assert asked == [each.handle.partition("@")[0] for each in room.rejoin.helpers]


def test_a_room_that_is_known_is_not_begun_again() -> None:
    """It stays as it is."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.step() as step:
        returning.begin(step, room, INFO, [helper(JUN)])
        returning.expect(step, room, INFO, [helper(JUN)])
        assert ([], None) == (returning.expected(step), step.room(room).rejoin)


def test_a_room_into_which_another_device_lets_us_is_waited_for_and_then_asked_for() -> None:
    """At a time at random; a newer word of the same room takes the place of the first."""
    stage = Stage()
    due = START + 2 * stage.timing.silence
    with stage.step() as step:
        assert None is returning.next_due(step)
        returning.expect(step, ROOM, INFO, [helper(SORA)])
        returning.expect(step, b"o" * 32, INFO, [])
    with stage.step(START + 1) as step:
        returning.expect(step, ROOM, INFO, [helper(JUN)])
        later = Expected(ROOM, encode_info(INFO), (helper(JUN),), due + 1)
        assert [Expected(b"o" * 32, encode_info(INFO), (), due), later] == returning.expected(step)
        assert due == returning.next_due(step)
    with stage.step(due) as step:
        returning.come_after_all(step)
        assert [later] == returning.expected(step)
        assert [True, False] == [step.find_room(each) is not None for each in (b"o" * 32, ROOM)]
    with stage.step(due + 1) as step:
        returning.come_after_all(step)
        assert ([], None) == (returning.expected(step), returning.next_due(step))
        state = step.room(ROOM)
        assert state.rejoin is not None
        assert ([helper(JUN)], INFO) == (state.rejoin.helpers, state.info)


def test_at_the_earliest_after_so_long_a_silence() -> None:
    """The rest is chance."""
    stage = Stage(rng=Randomness(low=True))
    with stage.step() as step:
        returning.expect(step, ROOM, INFO, [helper(JUN)])
        assert START + stage.timing.silence == returning.next_due(step)


def test_before_its_time_nothing_is_asked() -> None:
    """The other device may still come."""
    stage = Stage()
    with stage.step() as step:
        returning.expect(step, ROOM, INFO, [helper(JUN)])
    with stage.step(START + 2 * stage.timing.silence - 1) as step:
        returning.come_after_all(step)
        assert (1, None) == (len(returning.expected(step)), step.find_room(ROOM))


def test_one_helper_of_each_account() -> None:
    """In the order in which they stand."""
    rows = [JUN.row(ROOM, 1), SORA.row(ROOM, 2), Other("jun", 1).row(ROOM, 3)]
    assert [helper(JUN), helper(SORA)] == helpers_of(rows)


# -- asking -------------------------------------------------------------------------------------------------------


def away(*helpers: Other, low: bool = True, attempts: int = 0, ticket: int = 20_000) -> Stage:
    """A device that waits for a way back from these."""
    stage = Stage(rng=Randomness(low=low), timing=Timing(ticket=ticket))
    with stage.step() as step:
        room = RoomState(ROOM, INFO, REJOINING, [])
        room.rejoin = Rejoin(RETURNING, 0, b"", [], [helper(each) for each in helpers], START, attempts)
        step.add_room(room)
        for each in helpers:
            inbox_addresses.remember(step, each.card())
    return stage


def ask(stage: Stage, now: int) -> int:
    """Look after it; when it is to be looked after again."""
    with stage.step(now) as step:
        state = step.room(ROOM)
        returning.look_after(step, state)
        assert state.rejoin is not None
        return state.rejoin.next_at


def test_one_after_the_other_is_asked_and_after_all_of_them_there_is_a_pause() -> None:
    """It doubles with every round; a part of each wait is chance."""
    for low, rng in ((True, 0), (False, 20_000)):
        stage = away(JUN, SORA, low=low)
        now, pauses = START, []
        for _ in range(6):
            due = ask(stage, now)
            pauses.append(due - now - rng)
            now = due
        assert [20_000, 40_000, 20_000, 80_000, 20_000, 160_000] == pauses
        said = [(JUN, SORA)[n % 2].opened(item.data) for n, item in enumerate(stage.outbox(InboxFrame))]
        assert [TicketRequest(ROOM, 0, b"")] * 6 == said


@pytest.mark.parametrize(
    ("attempts", "ticket", "expected"),
    [(11, 1, 1 << 12), (12, 1, 1 << 12), (15, 20_000, 20_000 << 12), (11, 30_000, DAY_MS), (3, DAY_MS, DAY_MS)],
)
def test_the_longest_pause(attempts: int, ticket: int, expected: int) -> None:
    """So many times the wait for a ticket, and never more than a day."""
    stage = away(JUN, attempts=attempts, ticket=ticket)
    assert START + expected == ask(stage, START)


def test_nobody_is_asked_before_it_is_time_or_where_there_is_nobody() -> None:
    """Nothing changes then; nor where we look for nothing."""
    stage = away(JUN)
    assert START == ask(stage, START - 1)
    assert [] == stage.outbox()
    alone = away()
    assert START == ask(alone, START)
    with alone.step() as step:
        state = step.room(ROOM)
        state.rejoin = None
        returning.look_after(step, state)
        assert None is state.rejoin


@pytest.mark.parametrize(("attempts", "looks"), [(1, False), (2, True)])
def test_whoever_was_asked_in_vain_may_have_moved(attempts: int, *, looks: bool) -> None:
    """From the second round on their card is looked up; of somebody who is blocked neither."""
    stage = away(JUN, SORA, attempts=attempts)
    stage.contact(JUN)
    ask(stage, START)
    with stage.step() as step:
        assert ({(JUN, SORA)[attempts % 2].handle} if looks else set()) == wanted_handles(step)
    blocked = away(JUN, attempts=attempts)
    blocked.contact(JUN, ContactState.BLOCKED)
    ask(blocked, START)
    assert [] == blocked.outbox()
    with blocked.step() as step:
        assert set() == wanted_handles(step)


@pytest.mark.parametrize(("attempts", "asked"), [(2, False), (3, True)])
def test_everybody_was_asked_once_the_second_round_has_begun(attempts: int, *, asked: bool) -> None:
    """Until then the last may still answer."""
    assert asked is branches.asked_all(Rejoin(RETURNING, 0, b"", [], [helper(JUN), helper(SORA)], 0, attempts))


def said_gone(info: RoomInfo, *others: Other, attempts: int = 0) -> tuple[list[bool], list[bytes]]:
    """Whether we believe that we are out, as these say one after the other; we asked Sora and Yuna. Who was counted."""
    stage = Stage()
    room = RoomState(ROOM, info, REJOINING, [])
    with stage.step() as step:
        assert not returning.told_gone(step, room, JUN.account)
        room.rejoin = Rejoin(RETURNING, 0, b"", [], [helper(SORA), helper(YUNA)], 0, attempts)
        return [returning.told_gone(step, room, each.account) for each in others], room.rejoin.gone


def test_it_takes_an_admin_or_everybody_to_believe_that_we_are_out() -> None:
    """A member's word is counted once; who looks for no way back believes nobody."""
    assert ([False, False, True], [SORA.account, YUNA.account]) == said_gone(INFO, SORA, SORA, YUNA)
    assert ([True], [JUN.account]) == said_gone(INFO, JUN)


@pytest.mark.parametrize(("attempts", "out"), [(2 * LAST_RESORT - 1, False), (2 * LAST_RESORT, True)])
@pytest.mark.parametrize("kind", [GROUP, DIRECT])
def test_out_of_our_own_room_everybody_says_us_only_after_days(kind: str, attempts: int, *, out: bool) -> None:
    """Of a group whose only admin we are, and of a room of two, nobody else removes us; but memory may be old."""
    ours = Stage().me.account
    pair = tuple(sorted((ours, SORA.account)))
    info = RoomInfo(1, GROUP, "family", RELAY, (ours,)) if kind == GROUP else RoomInfo(1, DIRECT, "", RELAY, (), pair)
    assert [False, out] == said_gone(info, SORA, YUNA, attempts=attempts)[0]


def test_nobody_who_was_asked_says_nothing() -> None:
    """Of a room of which we remember nobody, no member's word ends it."""
    stage, room = Stage(), RoomState(ROOM, INFO, REJOINING, [])
    room.rejoin = Rejoin(RETURNING, 0, b"", [], [], 0, LAST_RESORT)
    with stage.step() as step:
        assert not returning.told_gone(step, room, SORA.account)


# -- giving up keys -----------------------------------------------------------------------------------------------


def test_a_room_whose_keys_are_given_up_keeps_what_may_be_read_and_the_way_in() -> None:
    """Its members but us are asked; MLS and boxes are forgotten, what admins ruled and what was read stays.

    What must still be announced of a commit goes out.
    """
    stage = Stage()
    ruling = encode_ruling(make_ruling(stage.mls, ROOM, 0, encode_info(INFO), []))
    room = stage.room(JUN, SORA, Other("sora", 1), read_upto=b"read", rulings=[ruling])
    with stage.step() as step:
        state = step.room(room)
        track = state.current
        track.announce_at, track.winner = 1, Winner(b"w" * 32)
        step.store.set_value(box_log.winner_key(track), b"commit")
        returning.forsake(step, state)
        assert None is step.store.get_value(box_log.winner_key(track))
    with stage.step() as step:
        left = step.room(room)
        assert (REJOINING, [], b"read", [ruling], stage.info()) == (
            *(left.phase, left.boxes, left.read_upto),
            *(left.rulings, left.info),
        )
        assert left.rejoin is not None
        assert ([helper(JUN), helper(SORA)], START + 20_000) == (left.rejoin.helpers, left.rejoin.next_at)
        assert None is step.store.mls_generation(room)
        assert former_rooms.ticket_for(step, room, JUN.account) is not None
        assert None is former_rooms.ticket_for(step, room, YUNA.account)
        assert [] == rows(step)
    assert [track.keys.box.address] == [box_of(item) for item in stage.outbox(RoomFrame)]


@pytest.mark.parametrize("phase", [REJOINING, LEFT])
def test_a_room_that_we_are_not_in_has_nothing_to_give_up(phase: str) -> None:
    """It stays as it is, and nobody is warned."""
    stage = Stage()
    room = stage.room(JUN, phase=phase)
    with stage.step() as step:
        state = step.room(room)
        returning.forsake(step, state)
        returning.copied_back(step, state)
        assert (1, None, []) == (len(state.boxes), state.rejoin, rows(step))


def test_a_copy_of_a_profile_gives_up_the_room_in_which_it_shows() -> None:
    """The person is told; contacts are not asked for other rooms."""
    stage = Stage()
    room, other = stage.room(JUN), stage.room(SORA)
    with stage.step() as step:
        returning.copied_back(step, step.room(room))
        assert Warned(room=room, code="copied-back") == step.told[-1]
        assert ["notice", "warning"] == [kind for kind, _, _ in rows(step)]
        assert [REJOINING, "joined"] == [step.room(each).phase for each in (room, other)]
        assert None is step.store.get_value(RESTORED)


def test_a_profile_whose_files_tell_that_it_is_a_copy_gives_up_all_rooms() -> None:
    """Newer rooms are asked for, and the person is told once."""
    stage = Stage()
    rooms = [stage.room(JUN), stage.room(SORA)]
    with stage.step() as step:
        returning.forsake_all(step)
        assert [REJOINING, REJOINING] == [step.room(each).phase for each in rooms]
        assert RESTORED_NOW == step.store.get_value(RESTORED)
        assert [Warned(code="copied-back")] == signals(step, Warned)


def test_the_room_of_our_devices_is_asked_for_of_those_that_the_card_names() -> None:
    """A device that is not on it any more leads nowhere; the room stays the one that the devices share."""
    stage = Stage()
    room, second = stage.room(JUN, SORA, kind=DEVICES), b"d" * 16
    with stage.step() as step:
        ours = {"account": stage.me.account, "handle": stage.me.handle}
        rows = [replace(JUN.row(room, 1), device=second, **ours), replace(SORA.row(room, 2), **ours)]  # type: ignore[arg-type]
        step.store.drop_devices(room, [JUN.device])
        step.store.put_devices(rows)
        own_devices.note_card(step.store, stage.card_with(second, JUN).encoded)
        own_devices.set_room(step.store, room)
        returning.forsake(step, step.room(room))
        rejoin = step.room(room).rejoin
        assert room == own_devices.room_id(step.store)
    assert rejoin is not None
    assert [Helper(stage.me.account, stage.me.handle)] == rejoin.helpers


def test_the_room_of_our_devices_is_given_up_without_a_trace_if_there_is_no_other_device() -> None:
    """Nobody is left to let this one in: a new one is made when it is needed."""
    stage = Stage()
    room = stage.room(kind=DEVICES)
    with stage.step() as step:
        own_devices.set_room(step.store, room)
        returning.forsake(step, step.room(room))
        assert (None, b"") == (step.find_room(room), own_devices.room_id(step.store))


def test_a_direct_room_is_asked_for_of_the_other_person() -> None:
    """They alone can lead there."""
    stage = Stage()
    room = stage.room(JUN, kind=DIRECT)
    with stage.step() as step:
        returning.forsake(step, step.room(room))
        rejoin = step.room(room).rejoin
    assert rejoin is not None
    assert [helper(JUN)] == rejoin.helpers
