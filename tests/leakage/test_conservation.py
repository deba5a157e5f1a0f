"""A generated society is lived to its end: nobody is stuck, and nothing that was said is lost."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from bench.leakage import ours
from bench.leakage.cost import expected_deliveries, expected_events
from bench.leakage.simulation import Simulation
from bench.leakage.society import Kind, Size, Society, make
from bench.leakage.trace import Op, Recording

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
Lived = tuple[Simulation, Recording]
ANSWERED_S = 300.0
"""By then whoever is online has answered an invitation and read what there is."""


@pytest.fixture(scope="module")
def society() -> Society:
    return make(11, Size(16, 3, 4.0))


@pytest.fixture(scope="module")
def lived(society: Society) -> Iterator[Lived]:
    with ours.lived(society) as found:
        yield found


def test_everybody_could_do_what_they_meant_to(lived: Lived, society: Society) -> None:
    """Nothing is refused, and what waits at the end waits for somebody who is off."""
    simulation, _ = lived
    assert simulation.happened.refused == []
    assert simulation.rooms.unsaid == {}
    meant = {intent for intent in society.intents if intent.kind in {Kind.SAY, Kind.FILE} and intent.t < _end(society)}
    assert len(meant) > 100
    assert {intent for intent, _ in simulation.happened.said} == meant


def _end(society: Society) -> float:
    return society.end


def test_every_message_comes_to_every_member_who_was_there(lived: Lived, society: Society) -> None:
    """Who was in the room when it was said, still is, and has been online since, has it: on every device."""
    simulation, _ = lived
    online = _last_online(society)
    missing = []
    checked = 0
    for said, message in simulation.happened.said:
        for member in _there_throughout(society, said.room, said.t) - {said.account}:
            if member in simulation.happened.joined[said.room] and online[member] > said.t + ANSWERED_S:
                checked += 1
                if not _has(simulation, member, said.room, message):
                    missing.append((said, member))
    assert missing == []
    assert checked > 200


def _last_online(society: Society) -> dict[int, float]:
    """Until when each account's first device was online."""
    last: dict[int, float] = {}
    for intent in society.intents:
        if intent.kind is Kind.OFFLINE and intent.device == 0:
            last[intent.account] = min(intent.t, _end(society))
    return last


def _there_throughout(society: Society, number: int, t: float) -> set[int]:
    room = society.rooms[number]
    there = {room.creator, *room.founders}
    for intent in society.intents:
        if intent.room == number and intent.kind is Kind.ADD and intent.t + ANSWERED_S < t:
            there.add(intent.other)
        elif intent.room == number and intent.kind is Kind.REMOVE:
            there.discard(intent.other)
        elif intent.room == number and intent.kind is Kind.LEAVE:
            there.discard(intent.account)
    return there


def _has(simulation: Simulation, account: int, room: int, message: bytes) -> bool:
    store = simulation.devices[account, 0].store
    with store.transaction():
        return store.message(simulation.room_ids[room], message) is not None


def test_no_device_warned_of_anything(lived: Lived) -> None:
    """An honest relay and network give no cause: no box is lost, no history differs, nothing is undeliverable."""
    simulation, _ = lived
    told = {
        (kind, data.get("code", ""))
        for device in simulation.devices.values()
        for kind, _, data in device.person.events()
        if kind in {"warning", "refused", "relay-lost-box"}
    }
    assert told == set()
    assert [device.warnings for device in simulation.devices.values() if device.warnings] == []


def test_rooms_end_as_the_society_says(lived: Lived, society: Society) -> None:
    """Whoever came in and neither left nor was removed is in the roster that the creator's device has."""
    simulation, _ = lived
    for room in society.rooms:
        if room.number not in simulation.room_ids:
            continue
        known = {
            simulation.devices[member, 0].person.account: member
            for member in (room.creator, *simulation.happened.joined[room.number])
        }
        roster = simulation.devices[room.creator, 0].person.members(simulation.room_ids[room.number])
        expected = _there_throughout(society, room.number, _end(society)) & simulation.happened.joined[room.number]
        assert expected <= {known[account] for account in roster if account in known}


def test_what_a_recording_costs_is_known_in_advance(lived: Lived, society: Society) -> None:
    _, recording = lived
    delivered = int(np.sum(recording.live["op"] == Op.DELIVER))
    assert 0.6 < delivered / expected_deliveries(society) < 1.7
    assert 0.6 < len(recording.live) / expected_events(society) < 1.7


def test_memory_tells_the_order_in_which_boxes_were_touched_since_midnight(lived: Lived) -> None:
    """Of rooms' boxes that were written to today, each stands where its first touch of the day puts it: the append
    that makes it, or the first read of one that was there. (The day that an inbox shows is drawn.)
    """
    _, recording = lived
    heads = recording.memory[recording.memory["op"] == Op.APPEND]
    heads = heads[np.isin(heads["place"], list(recording.truth.room_of))]
    midnight = float(np.max(heads["t"]))
    written = heads["place"][heads["t"] == midnight].tolist()
    live = recording.live
    old = set(live["place"][(live["t"] < midnight) & (live["op"] == Op.APPEND)].tolist())
    today = live[(live["t"] > midnight) & np.isin(live["op"], [Op.READ, Op.APPEND]) & np.isin(live["place"], written)]
    touches = [int(event["place"]) for event in today if event["op"] == Op.APPEND or int(event["place"]) in old]
    touched = list(dict.fromkeys(touches))
    assert len(touched) > 3
    assert touched == [place for place in written if place in touched]
