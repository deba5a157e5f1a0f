"""What the state of a room says of itself: where a box is read to, who keeps it, what it waits for (room.md §8)."""

from __future__ import annotations

import pytest

from nullabona.client.core.model.branches import Helper
from nullabona.client.core.model.intents import (
    AddAccount,
    Intent,
    NoteMove,
    RemoveAccount,
    RemoveDevice,
    SetInfo,
    UpdateKeys,
)
from nullabona.client.core.model.room_info import GROUP, RoomInfo
from nullabona.client.core.model.state import (
    JOINED,
    BoxTrack,
    CommitCandidate,
    Invite,
    RoomState,
    Winner,
    decode_state,
    encode_state,
)
from nullabona.errors import Bug
from nullabona.wire.address import epoch_keys
from nullabona.wire.wakes import wake_token

HERE, THERE = "wss://here.example:443/v1", "wss://there.example:443/v1"
INFO = RoomInfo(1, GROUP, "family", HERE, (bytes(32),))
SECRET = b"\x01" * 32


def track(**about: object) -> BoxTrack:
    found = BoxTrack(3, SECRET)
    for name, value in about.items():
        setattr(found, name, value)
    return found


# -- a box --------------------------------------------------------------------------------------------------------


def test_a_box_has_the_keys_of_its_epochs_secret() -> None:
    """All of them follow from it."""
    assert epoch_keys(SECRET) == track().keys


@pytest.mark.parametrize("leaf", [0, 1, 7])
def test_a_device_waits_for_the_wake_token_of_its_leaf(leaf: int) -> None:
    """The first leaf has one, too."""
    assert wake_token(epoch_keys(SECRET).wake_secret, leaf) == track(leaf=leaf).wake_token


def test_an_append_wakes_as_many_wake_tokens_as_there_are_leaves() -> None:
    """A group has at least one."""
    assert [1, 7] == [track().wake[1], track(leaves=7).wake[1]]
    assert epoch_keys(SECRET).wake_secret == track().wake[0]


def test_a_box_is_closed_once_a_commit_has_won() -> None:
    assert [False, True] == [track().closed, track(winner=Winner(b"commit")).closed]


CANDIDATE = CommitCandidate(1, b"frame", settled=False)


@pytest.mark.parametrize(
    ("about", "undecided"),
    [
        ({"position": 5, "head": 5}, False),
        ({"position": 5, "head": 4}, False),
        ({"position": 5, "head": 6}, True),
        ({"position": 5, "head": 5, "candidates": [CANDIDATE]}, True),
        ({"position": 5, "head": 6, "candidates": [CANDIDATE]}, True),
    ],
)
def test_undecided_is_a_box_with_more_to_read_or_to_choose(about: dict[str, object], undecided: bool) -> None:  # noqa: FBT001
    assert undecided is track(**about).undecided


@pytest.mark.parametrize(
    ("position", "decide_at", "head", "enough"),
    [
        (4, 5, 0, False),
        (5, 5, 0, True),
        (4, 5, 4, True),
        (3, 5, 4, False),
        (5, 5, 9, True),
        (4, 5, 9, False),
        (0, 0, 0, True),
    ],
)
def test_a_choice_waits_for_what_was_there_when_the_first_came(
    position: int,
    decide_at: int,
    head: int,
    enough: bool,  # noqa: FBT001
) -> None:
    """Or for the end of the box, if that is nearer."""
    assert enough is track(position=position, decide_at=decide_at, head=head).read_so_far


def test_nothing_is_acknowledged_from_the_first_deferred_message_on() -> None:
    """Else what was read is."""
    deferred = {7: b"a", 4: b"b"}
    assert [9, 3] == [track(position=9).acknowledged, track(position=9, deferred=deferred).acknowledged]


# -- a room -------------------------------------------------------------------------------------------------------


def room(*boxes: BoxTrack, **about: object) -> RoomState:
    found = RoomState(b"r" * 32, INFO, JOINED, list(boxes))
    for name, value in about.items():
        setattr(found, name, value)
    return found


def test_the_newest_box_is_the_rooms() -> None:
    """Its epoch and its relay count; without a box, as when a removal stands, the room info's relay."""
    newest = track(epoch=4, relay=THERE)
    found = room(track(), newest)
    assert (newest, 4, THERE) == (found.current, found.epoch, found.relay)
    assert HERE == room().relay


def test_a_box_is_found_by_its_address() -> None:
    """None at any other."""
    other = BoxTrack(4, b"\x02" * 32)
    found = room(track(), other)
    assert found.track_at(other.keys.box.address) is other
    assert found.track_at(epoch_keys(b"\x03" * 32).box.address) is None


ADD = AddAccount(b"a", "jun@relay.example", (b"package",), b"inbox")


@pytest.mark.parametrize(
    ("intents", "puts_out"),
    [
        ([], False),
        ([ADD, SetInfo("name"), UpdateKeys(), NoteMove()], False),
        ([ADD, RemoveAccount(b"a")], True),
        ([RemoveDevice(b"d"), UpdateKeys()], True),
    ],
)
def test_somebody_is_to_go_if_an_account_or_a_device_is(intents: list[Intent], puts_out: bool) -> None:  # noqa: FBT001
    assert puts_out is room(intents=intents).puts_out


def test_a_stored_room_is_read_back_as_it_was() -> None:
    """With all that it waits for."""
    found = room(
        track(candidates=[CANDIDATE], deferred={4: b"b"}, relay=THERE),
        intents=[ADD, RemoveAccount(b"a"), RemoveDevice(b"d"), SetInfo("n", (b"x",), (), 60), UpdateKeys(), NoteMove()],
        former={"00": Helper(b"a", "jun@relay.example")},
        read_upto=b"m" * 16,
    )
    again = decode_state(encode_state(found))
    assert (found, encode_state(found)) == (again, encode_state(again))


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x80", encode_state(room())[:-1]])
def test_a_stored_room_that_does_not_decode_is_our_own_fault(data: bytes) -> None:
    """Nobody else can write there."""
    with pytest.raises(Bug):
        decode_state(data)


def test_no_key_card_or_address_is_in_a_repr() -> None:
    """What a log could show says where things stand, and no more."""
    invite = Invite(b"a", [b"d"], b"inbox", b"item", 5, attempts=2)
    assert [
        "<BoxTrack epoch=3 position=5 closed=True>",
        "<RoomState joined epoch=3>",
        "<RoomState joined epoch=None>",
        "<AddAccount jun@relay.example>",
        "<Invite attempts=2>",
    ] == [repr(each) for each in (track(position=5, winner=Winner(b"w")), room(track()), room(), ADD, invite)]
