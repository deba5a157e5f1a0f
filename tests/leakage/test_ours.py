"""What is recorded of our design agrees with what the clients know and with what the relay keeps."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from bench.leakage import ours
from bench.leakage.defences import PRODUCT
from bench.leakage.simulation import START_MS, Simulation
from bench.leakage.society import Kind, Society
from bench.leakage.trace import NOBODY, Op, Recording
from nullabona.relay.store.sqlite import FILE_NAME
from nullabona.wire.padding import BUCKETS
from tests.leakage.conftest import GROUP, HOUR, JUN, MINA, PAIR, REMOVED, SORA

Lived = tuple[Simulation, Recording]
DAY_S = 86_400


@pytest.fixture(scope="module")
def lived(friends: Society) -> Iterator[Lived]:
    with ours.lived(friends) as found:
        yield found


def _of(recording: Recording, op: Op) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    found: np.ndarray[tuple[int], np.dtype[np.void]] = recording.live[recording.live["op"] == op]
    return found


def test_every_message_comes_to_everybody_who_is_in_the_room(lived: Lived, friends: Society) -> None:
    """Nothing is lost between the society and the stores of those who were in."""
    simulation, _ = lived
    assert [len(simulation.rooms.unsaid), len(simulation.waiting), simulation.happened.refused] == [0, 0, []]
    meant = [intent for intent in friends.intents if intent.kind in {Kind.SAY, Kind.FILE}]
    assert [intent for intent, _ in simulation.happened.said] == meant
    for intent, message in simulation.happened.said:
        members = [MINA, JUN] if intent.room == PAIR or intent.t > REMOVED else [MINA, JUN, SORA]
        assert [account for account in range(3) if _has(simulation, account, intent.room, message)] == members


def _has(simulation: Simulation, account: int, room: int, message: bytes) -> bool:
    store = simulation.devices[account, 0].store
    with store.transaction():
        return store.message(simulation.room_ids[room], message) is not None


def test_the_truth_is_what_the_clients_know(lived: Lived) -> None:
    simulation, recording = lived
    truth = recording.truth
    assert truth.talks == {(MINA, JUN)}
    assert truth.rooms == [frozenset({MINA, JUN}), frozenset({MINA, JUN, SORA})]
    assert set(truth.room_of.values()) == {PAIR, GROUP}
    for number, room_id in simulation.room_ids.items():
        address = simulation.devices[MINA, 0].person.where(room_id)
        assert truth.room_of[simulation.machine.tap.places[address]] == number
        assert simulation.devices[JUN, 0].person.where(room_id) == address


def test_the_boxes_of_a_room_are_chained_in_the_order_of_epochs(lived: Lived) -> None:
    """One step for each epoch, from the room's first box to the one in which its members are now."""
    simulation, recording = lived
    for number, room_id in simulation.room_ids.items():
        steps = [step for step in recording.truth.chain if recording.truth.room_of[step[0]] == number]
        assert [before for before, _ in steps[1:]] == [after for _, after in steps[:-1]]
        assert steps[-1][1] == simulation.machine.tap.places[simulation.devices[MINA, 0].person.where(room_id)]
        first = simulation.devices[MINA, 0].person.epoch(room_id) - len(steps)
        assert first in {0, 1}


def test_events_are_in_order_and_on_open_connections(lived: Lived) -> None:
    """Each connection opens once, before all it carries, and closes after; each event has its address."""
    _, recording = lived
    live = recording.live
    assert np.all(np.diff(live["t"]) >= 0)
    opened: dict[int, int] = {}
    closed: set[int] = set()
    for event in live:
        conn = int(event["conn"])
        if event["op"] == Op.OPEN:
            assert conn not in opened
            opened[conn] = int(event["addr"])
        elif event["op"] == Op.CLOSE:
            assert conn not in closed
            closed.add(conn)
        else:
            assert conn not in closed
        assert opened[conn] == event["addr"]
    assert set(opened) == set(recording.truth.account_of_conn)


def test_whoever_reads_a_box_is_in_its_room(lived: Lived) -> None:
    _, recording = lived
    truth = recording.truth
    for event in recording.live[np.isin(recording.live["op"], [Op.READ, Op.APPEND, Op.DELIVER])]:
        room = truth.room_of.get(int(event["place"]))
        if room is not None:
            assert truth.account_of_conn[int(event["conn"])] in truth.rooms[room]


def test_what_is_appended_is_delivered_to_every_reader_who_waits(lived: Lived) -> None:
    """Of the pair's busiest box: each frame comes once to each of the two who read it, its sender included. (Which of
    its boxes that is depends on when keys were renewed, which is drawn.)

    The first may come twice: what is appended before a reader knows the box's incarnation is read once more.
    """
    simulation, recording = lived
    appended = _of(recording, Op.APPEND)
    delivered = _of(recording, Op.DELIVER)
    places = [simulation.machine.tap.places[box] for box in simulation.happened.boxes[simulation.room_ids[PAIR]]]
    count, place = max((int(np.sum(appended["place"] == place)), place) for place in places)
    mine = delivered[delivered["place"] == place]
    by_account = {
        account: sum(recording.truth.account_of_conn[int(conn)] == account for conn in mine["conn"])
        for account in (MINA, JUN)
    }
    assert count > 10
    assert {MINA, JUN} == {account for account, came in by_account.items() if came - count in {0, 1}}


def test_frames_have_the_sizes_of_the_padding(lived: Lived) -> None:
    _, recording = lived
    assert set(_of(recording, Op.APPEND)["size"].tolist()) <= set(BUCKETS)
    assert len(set(_of(recording, Op.APPEND)["size"].tolist())) > 2


def test_nobody_is_named_but_by_the_own_card(lived: Lived) -> None:
    """The machine knows who acts only where a card is published; whom it is for it never knows."""
    _, recording = lived
    assert np.all(recording.live["to"] == NOBODY)
    named = recording.live[recording.live["who"] != NOBODY]
    assert {(int(event["op"]), int(event["who"])) for event in named} == {(Op.LOOKUP, each) for each in range(3)}
    assert np.all(named["who"] == named["place"])


def test_nobody_looks_up_who_asked(lived: Lived) -> None:
    """A request brings the proof of its card, in a frame as large as before; nobody asks for Mina's because of it."""
    _, recording = lived
    inboxes = {account: place for place, account in recording.directory.items()}
    came = _of(recording, Op.APPEND)
    asked = came[came["place"] == inboxes[JUN]][0]
    looked = _of(recording, Op.LOOKUP)
    assert asked["size"] == 16_384
    assert PAIR in recording.truth.room_of.values()
    mina = looked[(looked["place"] == MINA) & (looked["t"] > asked["t"])]
    assert not len(mina[mina["t"] < asked["t"] + HOUR])


def test_letters_to_oneself_are_as_large_as_requests(lived: Lived) -> None:
    """They are all that comes into an inbox beside a request and an invitation."""
    _, recording = lived
    letters = _of(recording, Op.APPEND)
    letters = letters[np.isin(letters["place"], list(recording.directory))]
    assert len(letters) > 2 + 3
    assert set(letters["size"].tolist()) == {16_384}
    own = [recording.directory[int(each["place"])] == recording.truth.account_of_conn[each["conn"]] for each in letters]
    assert sum(own) == len(letters) - 2


def test_the_directory_ties_inboxes_and_nothing_else(lived: Lived) -> None:
    _, recording = lived
    assert sorted(recording.directory.values()) == [MINA, JUN, SORA]
    assert not set(recording.directory) & set(recording.truth.room_of)


def test_a_new_network_is_a_new_connection_from_there(lived: Lived) -> None:
    """Jun's boxes are read from his new address from then on."""
    _, recording = lived
    reads = _of(recording, Op.READ)
    moved = reads[reads["addr"] == 3]
    assert {recording.truth.account_of_conn[int(conn)] for conn in moved["conn"]} == {JUN}
    assert float(moved["t"][0]) >= 3 * HOUR
    assert recording.truth.account_of_addr == {0: MINA, 1: JUN, 2: SORA, 3: JUN}


def test_the_disk_is_what_the_relay_keeps(lived: Lived) -> None:
    """Each row of the relay's store is an event, and no event is anything else; no time is finer than a day."""
    simulation, recording = lived
    places = simulation.machine.tap.places
    with closing(sqlite3.connect(simulation.machine.folder / FILE_NAME)) as db:
        rows = db.execute("SELECT address, length(body) FROM frame JOIN box ON frame.id >> 23 = box.num").fetchall()
    disk = {op: recording.disk[recording.disk["op"] == op] for op in (Op.APPEND, Op.ERASE, Op.PUT_BLOB)}
    kept = sorted(zip(disk[Op.APPEND]["place"].tolist(), disk[Op.APPEND]["size"].tolist(), strict=True))
    assert kept == sorted((places[address], size) for address, size in rows)
    inboxes = set(recording.directory)
    for op, also in ((Op.ERASE, inboxes), (Op.PUT_BLOB, set())):
        assert sorted(disk[op]["place"].tolist()) == sorted(also.union(_of(recording, op)["place"].tolist()))
    assert sum(len(rows) for rows in disk.values()) == len(recording.disk)
    assert np.all((recording.disk["t"] + START_MS // 1_000) % DAY_S == 0)
    assert all(np.all(recording.disk[name] == NOBODY) for name in ("conn", "addr", "who", "to"))


def test_nothing_waits(lived: Lived) -> None:
    """Of those who are on at the end memory holds no read of any box."""
    _, recording = lived
    assert not len(recording.memory[recording.memory["op"] == Op.READ])


def test_with_rooms_together_memory_holds_wake_tokens_too(friends: Society) -> None:
    """Tokens that are theirs alone."""
    recording = ours.record(friends, replace(PRODUCT, together=True))
    memory = recording.memory[recording.memory["op"] == Op.READ]
    assert {recording.truth.account_of_conn[int(conn)] for conn in memory["conn"]} == {MINA, JUN}
    end = friends.end
    assert np.all((memory["t"] >= end) & (memory["t"] % 1 == 0))
    tokens = memory["place"].tolist()
    assert len(tokens) == len(set(tokens)) > 2
    assert not set(tokens) & (set(recording.truth.room_of) | set(recording.live["place"].tolist()))


def test_without_wake_tokens_memory_holds_boxes(friends: Society) -> None:
    """The ablation: reads wait at the rooms' boxes, two of them at that of the pair."""
    recording = ours.record(friends, replace(PRODUCT, together=True, wakes=False))
    memory = recording.memory[recording.memory["op"] == Op.READ]
    rooms = [recording.truth.room_of.get(int(place)) for place in memory["place"]]
    assert rooms.count(PAIR) >= 2


def test_memory_holds_the_boxes_of_the_day_in_the_order_of_their_first_touch(lived: Lived) -> None:
    """That is what the heads of the relay tell beside its disk: no time, but an order since midnight (UTC)."""
    _, recording = lived
    heads = recording.memory[recording.memory["op"] == Op.APPEND]
    assert {int(op) for op in recording.memory["op"]} == {Op.APPEND}
    assert np.all((heads["t"] + START_MS // 1_000) % DAY_S == 0)
    assert np.all((heads["conn"] == NOBODY) & (heads["addr"] == NOBODY) & (heads["size"] == NOBODY))
    assert len(heads) > 0


def test_the_same_society_gives_the_same_recording(lived: Lived, friends: Society) -> None:
    _, before = lived
    again = ours.record(friends)
    assert np.array_equal(again.live, before.live)
    assert again.truth == before.truth
