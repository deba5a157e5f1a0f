"""What a device wants of the network, and when it has to wake by itself: all of it follows from what is stored."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nullabona.client.core import read_requests
from nullabona.client.core.delivery import reply_boxes
from nullabona.client.core.model import requests
from nullabona.client.core.model.branches import Helper, Rejoin, Tries
from nullabona.client.core.model.intents import UpdateKeys
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.room_info import GROUP, RoomInfo
from nullabona.client.core.model.state import (
    JOINED,
    LEFT,
    REJOINING,
    REMOVED,
    BoxTrack,
    CommitCandidate,
    PendingCommit,
    RoomState,
)
from nullabona.client.core.step import DAY_MS
from nullabona.wire.wakes import wake_token
from tests.core.stage import RELAY, Other, Stage

JUN = Other("jun")
INFO = RoomInfo(1, GROUP, "family", RELAY, (bytes(32),))
HELPER = Helper(JUN.account, JUN.handle)


def room(phase: str = JOINED, *tracks: BoxTrack, **about: object) -> RoomState:
    made = RoomState(bytes(32), INFO, phase, list(tracks or (BoxTrack(0, b"0" * 32),)))
    for name, value in about.items():
        setattr(made, name, value)
    return made


def rejoin(at: int, *helpers: Helper, commit: bytes = b"") -> Rejoin:
    return Rejoin("fork", 0, commit, [], list(helpers), at)


# -- reads ----------------------------------------------------------------------------------------------------------


def test_each_box_of_a_room_is_read_on_from_where_we_are() -> None:
    """Closed ones less eagerly; each by the wake token of our leaf there."""
    old = BoxTrack(0, b"0" * 32, incarnation=b"old", position=5, relay="wss://old/v1", leaf=1)
    new = BoxTrack(1, b"1" * 32, position=7, leaf=2, relay=RELAY)
    first, second = read_requests.room_reads(room(JOINED, old, new))
    assert ("wss://old/v1", old.keys.box, 5, True, b"old") == (
        *(first.relay, first.box, first.after, first.old),
        first.incarnation,
    )
    assert (wake_token(old.keys.wake_secret, 1), old.keys.wake_secret) == (first.wake_token, first.wake_secret)
    assert (RELAY, new.keys.box.address, 7, False) == (second.relay, second.address, second.after, second.old)
    assert (wake_token(new.keys.wake_secret, 2), new.keys.wake_secret) == (second.wake_token, second.wake_secret)


def test_a_box_that_is_watched_only_is_read_less_eagerly() -> None:
    """We are not in the room any more."""
    assert [True] == [want.old for want in read_requests.room_reads(room(REMOVED))]


def test_the_boxes_for_answers_are_read_by_the_first_wake_token() -> None:
    """As long as they are waited for."""
    stage = Stage()
    stage.contact(JUN, ContactState.REQUESTED)
    with stage.step() as step:
        assert () == read_requests.reply_reads(step)
        reply_boxes.expect(step, JUN.account)
        [box] = reply_boxes.followed(step)
        [want] = read_requests.reply_reads(step)
        assert (box.relay, box.keys.box, 0, False, b"") == (
            *(want.relay, want.box, want.after),
            *(want.old, want.incarnation),
        )
        assert (wake_token(box.keys.wake_secret, 0), box.keys.wake_secret) == (want.wake_token, want.wake_secret)


@dataclass
class Keys:
    box: object


@dataclass
class Join:
    relay: str
    keys: Keys
    position: int


def test_a_box_that_we_want_to_join_is_read_from_where_its_ticket_says() -> None:
    """There is no wake token for us yet."""
    keys = Keys(BoxTrack(0, b"0" * 32).keys.box)
    found = read_requests.join_read(Join(RELAY, keys, 9))  # type: ignore[arg-type]
    assert requests.ReadRequest(RELAY, BoxTrack(0, b"0" * 32).keys.box, 9) == found


# -- waking ---------------------------------------------------------------------------------------------------------


def test_a_room_in_which_nothing_is_due_wakes_nobody() -> None:
    """Neither one that we are in nor one that is over."""
    assert [None, None, None] == [
        read_requests.room_wake(room()),
        read_requests.room_wake(room(REJOINING)),
        read_requests.room_wake(RoomState(bytes(32), INFO, LEFT, [])),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "receipt_at",
        "update_at",
        "invites_at",
        "profile_at",
        "sync_at",
        "tend_at",
        "unheard_at",
        "note_at",
        "scout_at",
        "led_at",
    ],
)
def test_each_time_of_a_room_wakes(name: str) -> None:
    """The first of them; 0 is none."""
    assert 7 == read_requests.room_wake(room(JOINED, **{name: 7}))
    later = {"receipt_at": 9, "update_at": 9, "led_at": None} | {name: 7}
    assert 7 == read_requests.room_wake(room(JOINED, **later))


@pytest.mark.parametrize(
    "name",
    ["put_back_own_at", "put_back_any_at", "announce_at", "trim_at", "answer_at", "confirm_at", "silence_at"],
)
def test_each_time_of_a_box_wakes(name: str) -> None:
    """Of closed ones as well."""
    old, new = BoxTrack(0, b"0" * 32), BoxTrack(1, b"1" * 32)
    setattr(old, name, 7)
    assert 7 == read_requests.room_wake(room(JOINED, old, new))


def test_while_we_look_for_another_branch_the_next_question_wakes() -> None:
    """And not the doubt about who led us here."""
    assert 9 == read_requests.room_wake(room(rejoin=rejoin(9), led_at=3))


@pytest.mark.parametrize(
    ("about", "track", "wake"),
    [
        ({}, {}, 1),
        ({"commit_at": 5}, {}, 5),
        ({"commit_at": 5}, {"settle_until": 6}, 6),
        ({"commit_at": 5}, {"look_until": 8, "settle_until": 6}, 8),
        ({"pending": PendingCommit(b"", b"", [], [], [], invites=False)}, {}, None),
        ({}, {"head": 1}, None),
        ({"rejoin": rejoin(9)}, {}, 9),
        ({"rejoin": rejoin(9, commit=b"c"), "vain": Tries(8, 0)}, {}, 1),
        ({"intents": []}, {}, None),
    ],
)
def test_what_is_wanted_wakes_when_it_may_be_committed(
    about: dict[str, object], track: dict[str, int], wake: int | None
) -> None:
    """At once unless a time is set; not while a commit is on its way, frames are unread, or we wait for others."""
    box = BoxTrack(0, b"0" * 32)
    for name, value in track.items():
        setattr(box, name, value)
    assert wake == read_requests.room_wake(room(JOINED, box, **({"intents": [UpdateKeys()]} | about)))


@pytest.mark.parametrize(
    ("about", "give_up", "wake"),
    [
        ({}, (0, 0), None),
        ({"settle_until": 5}, (0, 0), 5),
        ({"settle_until": 5, "insist_until": 6}, (0, 0), 6),
        ({"settle_until": 5}, (7, 3), 7),
        ({"settle_until": 5, "decide_at": 9, "position": 8, "head": 9}, (7, 3), None),
        ({"settle_until": 5, "decide_at": 9, "position": 9, "head": 9}, (7, 3), 7),
    ],
)
def test_commits_wake_when_they_may_be_decided(
    about: dict[str, int], give_up: tuple[int, int], wake: int | None
) -> None:
    """Once they were read as far as must be; before, no hour helps."""
    box = BoxTrack(0, b"0" * 32, candidates=[CommitCandidate(1, b"c", False, at) for at in give_up])  # noqa: FBT003
    for name, value in about.items():
        setattr(box, name, value)
    assert wake == read_requests.room_wake(room(JOINED, box))


def test_a_room_that_we_remember_wakes_when_the_next_is_asked() -> None:
    """If there is anybody to ask; nothing else of it matters."""
    assert (9, None) == (
        read_requests.room_wake(room(REJOINING, rejoin=rejoin(9, HELPER), receipt_at=3)),
        read_requests.room_wake(room(REJOINING, rejoin=rejoin(9), receipt_at=3)),
    )


def test_a_box_that_is_watched_wakes_at_its_end_or_for_who_was_invited() -> None:
    """Or when somebody is asked whether we are still in."""
    box = BoxTrack(0, b"0" * 32, left_at=100)
    end = 100 + 3 * DAY_MS + 1
    assert [end, 9, 9, end] == [
        read_requests.room_wake(room(REMOVED, box)),
        read_requests.room_wake(room(REMOVED, box, rejoin=rejoin(9), invites_at=10)),
        read_requests.room_wake(room(LEFT, box, invites_at=9)),
        read_requests.room_wake(room(REMOVED, box, invites_at=end + 5)),
    ]
