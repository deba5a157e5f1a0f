"""Reads that bring nothing need no step: of which boxes that can be told from memory."""

from __future__ import annotations

import pytest

from nullabona.client.core.box_positions import BoxPosition, positions_of
from nullabona.client.core.model.room_info import GROUP, RoomInfo
from nullabona.client.core.model.state import JOINED, LEFT, BoxTrack, CommitCandidate, RoomState, Winner
from nullabona.wire.messages import Frames
from tests.core.stage import RELAY

INFO = RoomInfo(1, GROUP, "family", RELAY, (bytes(32),))
STAND = BoxPosition(b"inc", 5, RELAY, current=True)


@pytest.mark.parametrize(
    ("after", "answer", "relay", "nothing"),
    [
        (5, Frames(b"inc", 5, ()), RELAY, True),
        (5, Frames(b"inc", 5, ()), "", True),
        (5, Frames(b"inc", 5, ()), "wss://two/v1", False),
        (5, Frames(b"new", 5, ()), RELAY, False),
        (5, Frames(b"inc", 6, ()), RELAY, False),
        (5, Frames(b"inc", 4, ()), RELAY, False),
        (4, Frames(b"inc", 4, ()), RELAY, False),
        (6, Frames(b"inc", 6, ()), RELAY, False),
        (5, Frames(b"inc", 5, ((5, b"frame"),)), RELAY, False),
    ],
)
def test_an_answer_says_nothing_new_if_the_box_stands_where_it_stood(
    after: int, answer: Frames, relay: str, *, nothing: bool
) -> None:
    """At the relay that keeps it, in the same incarnation, asked and answered for the same place."""
    assert nothing is STAND.has(after, answer, relay)


def read(**about: object) -> BoxTrack:
    track = BoxTrack(0, b"0" * 32, incarnation=b"inc", position=5, head=5, relay=RELAY)
    for name, value in about.items():
        setattr(track, name, value)
    return track


@pytest.mark.parametrize(
    ("about", "stands"),
    [
        ({}, True),
        ({"head": 4}, True),
        ({"head": 6}, False),
        ({"incarnation": b""}, False),
        ({"deferred": {3: b"h"}}, False),
        ({"expected": {6: b"h"}}, False),
        ({"candidates": [CommitCandidate(4, b"c", settled=False)]}, False),
        ({"check_acks": True}, False),
        ({"look_until": 1}, False),
    ],
)
def test_a_box_stands_when_it_was_read_and_nothing_waits_in_it(about: dict[str, object], *, stands: bool) -> None:
    """Neither for a blob, a frame of ours, a decision, nor a look."""
    track = read(**about)
    found = positions_of(RoomState(bytes(32), INFO, JOINED, [track]))
    assert ({track.keys.box.address: STAND} if stands else {}) == found


def test_a_closed_box_stands_as_such_and_of_a_room_that_is_over_none_does() -> None:
    """Each box by its address."""
    closed, current = read(winner=Winner(b"w")), read(secret=b"1" * 32)
    found = positions_of(RoomState(bytes(32), INFO, JOINED, [closed, current]))
    assert [False, True] == [found[each.keys.box.address].current for each in (closed, current)]
    assert {} == positions_of(RoomState(bytes(32), INFO, LEFT, [current]))
