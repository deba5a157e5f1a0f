"""When a room is looked for at other relays, at which ones, and in which boxes (relocation.md §6)."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.client.core.delivery.inbox_sending import wanted_handles
from nullabona.client.core.delivery.outbox import queue_trim
from nullabona.client.core.group import branches
from nullabona.client.core.identity import inbox_addresses
from nullabona.client.core.model.branches import Rejoin
from nullabona.client.core.model.outbox_targets import InboxTrim, RoomTrim
from nullabona.client.core.model.proofs import MoveOrder, make_move
from nullabona.client.core.model.records import ContactState, DeviceView
from nullabona.client.core.model.requests import Scout
from nullabona.client.core.model.room_info import DEVICES, DIRECT
from nullabona.client.core.model.state import LEFT, REJOINING, BoxTrack, RoomState
from nullabona.client.core.relocation import schedule, search
from nullabona.client.core.relocation.search import FOLLOW_DAYS, SLOWEST_MS
from nullabona.client.core.step import Timing
from tests.core.stage import RELAY, START, Other, Randomness, Stage

JUN, SORA = Other("jun"), Other("sora")
THERE, THIRD, FOURTH = (f"wss://{name}.example:443/v1" for name in ("two", "three", "four"))
DAY_MS = 86_400_000
DOWN = frozenset({RELAY})
FAR = START - 3_600_000
LATE = START + 9_000


def order(stage: Stage, room: bytes, relay: str = THERE, number: int = 1) -> MoveOrder:
    """We order the room there."""
    return make_move(stage.mls, stage.me.signature_key, room, number, relay)


def look(stage: Stage, room: bytes, **about: object) -> tuple[list[tuple[str, bytes]], RoomState]:
    """Look after the search: which relay is looked at for which box; and the room then."""
    with stage.step(**about) as step:  # type: ignore[arg-type]
        state = step.room(room)
        search.look_after(step, state)
        assert all(scout.room == room and scout.after == scout.pages == 0 for scout in step.scouts)
        return [(scout.relay, bytes(scout.address)) for scout in step.scouts], state


def known_at(stage: Stage, **relays: str) -> None:
    """Where these people's inboxes are."""
    with stage.step() as step:
        for name, relay in relays.items():
            inbox_addresses.remember(step, Other(name).card(relay=relay))


def box(track: BoxTrack) -> bytes:
    """The address of a box."""
    return bytes(track.keys.box.address)


# -- when ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("soon", "expected"), [(True, START + 1), (False, START + 10_001)])
def test_a_search_begins_at_once_or_within_its_time(expected: int, *, soon: bool) -> None:
    """From its beginning; members are asked only after some hours, which differ from device to device."""
    for low in (False, True):
        stage = Stage(rng=Randomness(low=low))
        room = stage.room(JUN, scout_turn=5, scout_since=1)
        with stage.step() as step:
            state = step.room(room)
            schedule.begin(step, state, soon=soon)
            silence = stage.timing.silence
            assert (START + 1 if low else expected, START, 0, START + (1 if low else 2) * silence) == (
                *(state.scout_at, state.scout_since),
                *(state.scout_turn, state.unreachable_at),
            )


@pytest.mark.parametrize(
    ("phase", "before", "expected"),
    [
        ("joined", START + 9_000, START + 2_501),
        ("joined", START + 1, START + 1),
        ("joined", 0, 0),
        (REJOINING, START + 9_000, START + 9_000),
    ],
)
def test_a_search_that_is_on_goes_on_soon_where_somebody_is_now(phase: str, before: int, expected: int) -> None:
    """Never later than it would anyway; what is not looked for is not looked for because of that."""
    stage = Stage()
    room = stage.room(JUN, phase=phase, scout_at=before)
    with stage.step() as step:
        schedule.again(step, step.room(room))
        assert expected == step.room(room).scout_at


def test_a_room_whose_relay_is_out_of_reach_is_looked_for_and_no_other() -> None:
    """It begins by itself, once; before its time nothing is looked at."""
    stage = Stage()
    known_at(stage, jun=THERE)
    room = stage.room(JUN, info=msgspec.structs.replace(stage.info(), admins=(stage.me.account, JUN.account)))
    assert ([], None) == ((found := look(stage, room))[0], found[1].scout_at)
    assert ([], START + 10_001) == ((found := look(stage, room, down=DOWN))[0], found[1].scout_at)
    assert [] == look(stage, room, now=START + 10_000, down=DOWN)[0]
    scouts, state = look(stage, room, now=START + 10_001, down=DOWN)
    assert [(THERE, box(state.current))] == scouts
    assert START == state.scout_since


def test_a_search_ends_when_the_relay_is_there_again() -> None:
    """Whom we meant to ask where the room is, need not be asked; anything else that we look for goes on."""
    stage = Stage()
    unreachable = Rejoin(branches.RELAY_UNREACHABLE, 0, b"", [], [], START)
    other = Rejoin(branches.FORK, 0, b"c", [], [], START)
    for rejoin, left in ((unreachable, None), (other, other)):
        room = stage.room(JUN, scout_at=START, rejoin=rejoin)
        scouts, state = look(stage, room, up=DOWN)
        assert ([], None, left) == (scouts, state.scout_at, state.rejoin)


def test_of_a_relay_that_was_not_tried_yet_nothing_is_known() -> None:
    """The search goes on if it is not there."""
    stage = Stage()
    room = stage.room(JUN, scout_at=START)
    scouts, state = look(stage, room)
    assert ([], START + stage.timing.scout) == (scouts, state.scout_at)


def test_nothing_is_looked_for_with_a_blocked_contact() -> None:
    """Wherever that leads."""
    stage = Stage()
    stage.contact(JUN, ContactState.BLOCKED)
    room = stage.room(JUN, kind=DIRECT, scout_at=START)
    scouts, state = look(stage, room, down=DOWN)
    assert ([], None) == (scouts, state.scout_at)


@pytest.mark.parametrize(
    ("since", "seen", "moves", "looks"),
    [
        (START - FOLLOW_DAYS * DAY_MS + 1, False, 0, True),
        (START - FOLLOW_DAYS * DAY_MS, False, 0, False),
        (START, True, 0, False),
        (START, False, 1, False),
    ],
)
def test_after_a_move_whoever_has_not_come_along_is_looked_for(
    since: int, moves: int, *, seen: bool, looks: bool
) -> None:
    """For so many days, until everybody was seen where the room is now; and only if an order brought it there."""
    stage = Stage()
    room = stage.room(JUN, scout_at=START, scout_since=since)
    with stage.step() as step:
        state = step.room(room)
        state.order = order(stage, room)
        track = state.current
        track.relay, track.left, track.moves, track.incarnation = THERE, [RELAY], moves, b"i" * 8
        if seen:
            view = DeviceView(track.keys.box.address, JUN.device, b"i" * 8, 0, b"", (), ())
            step.store.put_view(view)
    scouts, state = look(stage, room, up=frozenset({THERE}))
    assert [(RELAY, box(state.current))] * looks == scouts
    assert looks is bool(state.scout_at)


# -- one round ----------------------------------------------------------------------------------------------------


def searching(stage: Stage, *others: Other, since: int = FAR, **about: object) -> bytes:
    """A room that is looked for since then, and due."""
    return stage.room(*others, scout_at=START, scout_since=since, unreachable_at=START + DAY_MS, **about)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("waited", "pause"),
    [
        (0, 10_000),
        (9_999, 1),
        (10_000, 10_000),
        (40_004, 10_001),
        (400_000, 100_000),
        (4 * SLOWEST_MS + 8, SLOWEST_MS),
    ],
)
def test_rounds_become_ever_rarer(waited: int, pause: int) -> None:
    """By how long the room is looked for already; a round comes when cards are to be looked up; a part is chance."""
    for low, rng in ((True, 0), (False, 10_000)):
        stage = Stage(rng=Randomness(low=low))
        room = searching(stage, JUN, since=START - waited, scout_turn=4)
        _, state = look(stage, room, down=DOWN)
        assert (START + pause + rng, 5) == (state.scout_at, state.scout_turn)


@pytest.mark.parametrize(("waited", "looks"), [(9_999, False), (10_000, True)])
def test_after_some_seconds_cards_are_looked_up_another_in_each_round(waited: int, *, looks: bool) -> None:
    """Of those who may move the room, and not our own or of somebody who is not in it."""
    stage = Stage()
    admins = (stage.me.account, JUN.account, b"x" * 32, SORA.account)
    info = msgspec.structs.replace(stage.info(), admins=admins)
    for turn, other in ((0, JUN), (1, SORA), (2, JUN)):
        room = searching(stage, JUN, SORA, info=info, since=START - waited, scout_turn=turn)
        look(stage, room, down=DOWN)
        with stage.step() as step:
            assert ({other.handle} if looks else set()) == wanted_handles(step)
            inbox_addresses.looked_up(step, other.handle)


def test_where_nobody_but_us_may_move_the_room_no_card_is_looked_up() -> None:
    """Nor of our own devices' room."""
    stage = Stage()
    for room in (searching(stage, JUN), searching(stage, JUN, kind=DEVICES)):
        look(stage, room, down=DOWN)
    with stage.step() as step:
        assert set() == wanted_handles(step)


@pytest.mark.parametrize(("unreachable_at", "down", "asks"), [(START, DOWN, True), (START + 1, DOWN, False)])
def test_members_are_asked_where_the_room_is_if_it_is_found_nowhere(
    unreachable_at: int, down: frozenset[str], *, asks: bool
) -> None:
    """Once a day, and only while its relay is out of reach."""
    stage = Stage()
    room = searching(stage, JUN)
    with stage.step() as step:
        step.room(room).unreachable_at = unreachable_at
    _, state = look(stage, room, down=down)
    assert asks is (state.rejoin is not None and state.rejoin.reason == branches.RELAY_UNREACHABLE)
    assert (START + DAY_MS if asks else unreachable_at) == state.unreachable_at


def test_while_the_relay_is_there_nobody_is_asked_where_the_room_is() -> None:
    """Only those who have not come along are looked for."""
    stage = Stage()
    room = searching(stage, JUN)
    with stage.step() as step:
        state = step.room(room)
        state.order, state.unreachable_at = order(stage, room), START
    assert None is look(stage, room)[1].rejoin


# -- where --------------------------------------------------------------------------------------------------------


def test_a_room_is_looked_for_at_our_own_relay_at_those_who_may_move_it_and_where_it_was() -> None:
    """Each once, in that order, not where it is thought to be; nor where nobody may be led."""
    stage = Stage()
    nari = Other("nari")
    known_at(stage, jun=THERE, sora="ws://localhost:80/v1", nari=THIRD)
    admins = (stage.me.account, JUN.account, SORA.account, nari.account)
    room = searching(stage, JUN, SORA, nari, info=msgspec.structs.replace(stage.info(), admins=admins))
    with stage.step() as step:
        step.room(room).current.relay = FOURTH
        step.room(room).current.left = [THERE, FOURTH, "wss://five.example"]
    scouts, _ = look(stage, room, down=frozenset({FOURTH}))
    assert [RELAY, THERE, THIRD, "wss://five.example:443/v1"] == [relay for relay, _ in scouts]


def three(stage: Stage, **about: object) -> tuple[bytes, list[bytes]]:
    """A room with two closed boxes and a current one, which is looked for; and their addresses."""
    room = searching(stage, JUN, **about)  # type: ignore[arg-type]
    with stage.step() as step:
        state = step.room(room)
        old = [BoxTrack(n, b"%032d" % n, relay=RELAY, left=[THERE]) for n in (0, 1)]
        state.boxes = [*old, state.current]
        state.current.left = [THERE]
        return room, [box(track) for track in state.boxes]


@pytest.mark.parametrize(("turn", "older"), [(0, 1), (1, 0), (2, 1)])
def test_the_current_box_is_looked_for_and_by_turns_an_older_one(turn: int, older: int) -> None:
    """While its relay is out of reach."""
    stage = Stage()
    room, boxes = three(stage, scout_turn=turn)
    scouts, _ = look(stage, room, down=DOWN)
    assert [(THERE, boxes[2]), (THERE, boxes[older])] == scouts


def test_older_boxes_take_turns_from_the_newest_to_the_oldest() -> None:
    """One in each round, and then again."""
    stage = Stage()
    for turn, older in enumerate([2, 1, 0, 2]):
        room, _ = three(stage, scout_turn=turn)
        with stage.step() as step:
            state = step.room(room)
            state.boxes = [BoxTrack(9, b"o" * 32, relay=RELAY, left=[THERE]), *state.boxes]
            boxes = [box(track) for track in state.boxes]
        assert [(THERE, boxes[3]), (THERE, boxes[older])] == look(stage, room, down=DOWN)[0]


@pytest.mark.parametrize(
    ("moves", "down", "expected"),
    [
        ((0, 0, 1), DOWN, [2, 1, 0]),
        ((0, 0, 1), frozenset[str](), [1, 0]),
        ((0, 0, 0), DOWN, [2, 1]),
        ((0, 0, 0), frozenset[str](), [2, 1]),
        ((0, 1, 1), frozenset[str](), [0]),
    ],
)
def test_of_moved_boxes_the_newest_is_looked_for(
    moves: tuple[int, ...], down: frozenset[str], expected: list[int]
) -> None:
    """There those who were away look; and the current one, too, if its relay is out of reach."""
    stage = Stage()
    room, boxes = three(stage)
    with stage.step() as step:
        state = step.room(room)
        state.order = order(stage, room, FOURTH)
        for track, number in zip(state.boxes, moves, strict=True):
            track.moves = number
    scouts, _ = look(stage, room, down=down)
    assert [(THERE, boxes[n]) for n in expected] == scouts


def test_a_moved_box_that_was_nowhere_else_is_looked_for_only_while_the_relay_is_away() -> None:
    """There is nobody to be found."""
    stage = Stage()
    room, boxes = three(stage)
    with stage.step() as step:
        state = step.room(room)
        state.order = order(stage, room, FOURTH)
        state.boxes[0].left = state.boxes[1].left = []
        inbox_addresses.remember(step, JUN.card(relay=THERE))
    assert [(THERE, boxes[2])] == look(stage, room)[0]


# -- what happens elsewhere ---------------------------------------------------------------------------------------


def scouted(stage: Stage, *rooms: bytes) -> list[int | None]:
    """When these rooms are looked for."""
    with stage.step() as step:
        return [step.room(room).scout_at for room in rooms]


def test_who_may_move_a_room_and_has_another_relay_is_looked_for_there_soon() -> None:
    """The rooms that they may move, that we are in, and that are looked for."""
    stage = Stage()
    info = msgspec.structs.replace(stage.info(), admins=(JUN.account,))
    rooms = [
        stage.room(JUN, info=info, scout_at=START + DAY_MS),
        stage.room(JUN, scout_at=START + DAY_MS),
        stage.room(JUN, info=info, phase=LEFT, scout_at=START + DAY_MS),
        stage.room(JUN, info=info),
    ]
    with stage.step() as step:
        schedule.card_changed(step, JUN.account)
    assert [START + 2_501, START + DAY_MS, START + DAY_MS, None] == scouted(stage, *rooms)


def test_rooms_that_are_at_a_relay_that_we_have_left_are_looked_for_at_once() -> None:
    """And those whose relay is out of reach; not others, nor where we are not in."""
    stage = Stage()
    rooms = [stage.room(JUN) for _ in range(3)] + [stage.room(JUN, phase=LEFT)]
    with stage.step(down=frozenset({THERE})) as step:
        step.room(rooms[1]).current.relay = THERE
        step.room(rooms[2]).current.relay = THIRD
        schedule.relay_changed(step, RELAY)
    assert [START + 1, START + 1, None, None] == scouted(stage, *rooms)


def test_a_relay_that_is_there_again_is_looked_at_first() -> None:
    """The search for the rooms that it keeps is due now, if it is on; out of reach changes nothing by itself."""
    stage = Stage()
    rooms = [
        stage.room(JUN, scout_at=START + 5),
        stage.room(JUN),
        stage.room(JUN, scout_at=START + 5, phase=LEFT),
        stage.room(JUN, scout_at=START + 5),
    ]
    with stage.step(down=DOWN) as step:
        step.room(rooms[3]).current.relay = THERE
        search.reached(step, RELAY)
    assert [START + 5, None, START + 5, START + 5] == scouted(stage, *rooms)
    with stage.step() as step:
        search.reached(step, RELAY)
    assert [START, None, START + 5, START + 5] == scouted(stage, *rooms)


@pytest.mark.parametrize(("relay", "left"), [(THERE, 0), (THIRD, 1)])
def test_a_relay_that_keeps_none_of_our_rooms_is_not_missed(relay: str, left: int) -> None:
    """What was to be erased there waits no longer."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.step() as step:
        step.room(room).current.relay = THIRD
        queue_trim(step, relay, step.room(room).current.keys.box, 3)
    with stage.step(down=frozenset({relay})) as step:
        search.reached(step, relay)
    assert left == len(stage.outbox(RoomTrim, InboxTrim))


def test_a_scout_is_for_one_box() -> None:
    """Its address is the box's; the secrets are not shown."""
    stage = Stage(timing=Timing())
    room = stage.room()
    with stage.step() as step:
        track = step.room(room).current
    scout = Scout(room, THERE, track.keys.box)
    assert track.keys.box.address == scout.address
    assert "box" not in repr(scout)
