"""What people are called and who is writing: what is believed, and when a room is told."""

from __future__ import annotations

import struct

import msgspec
import pytest

from nullabona.client.core import conversation
from nullabona.client.core.model import content
from nullabona.client.core.model.content import MAX_PICTURE, Profile
from nullabona.client.core.model.errors import BadRequest
from nullabona.client.core.model.facts.messages import Typing
from nullabona.client.core.model.outbox_targets import RoomFrame
from nullabona.client.core.model.records import Contact, ContactState, Person
from nullabona.client.core.model.state import LEFT, RoomState
from nullabona.client.core.preferences import PROFILE
from nullabona.client.core.timeline import profiles, sending, typing
from nullabona.errors import Malformed
from tests.core.stage import START, Other, rows, signals
from tests.core.talk import JUN, NARI, Talk

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", 8, 8)
LARGE = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", 8_000, 8_000)
MINA = Profile("Mina", PNG)


def frames(talk: Talk) -> int:
    """How much waits to go out."""
    return sum(isinstance(item.target, RoomFrame) for item in talk.step.store.outbox(1 << 61, 1_000))


def sent(talk: Talk, room: RoomState) -> list[Profile]:
    """The profiles that were said in a room."""
    rows = talk.step.store._all("SELECT body FROM message WHERE room = ? AND kind = 'profile'", (room.id,))  # type: ignore[attr-defined]
    return [msgspec.msgpack.decode(row[0], type=Profile) for row in rows]


def block(talk: Talk, other: Other) -> None:
    """The person wants nothing to do with somebody."""
    contact = Contact(other.account, other.handle, "", ContactState.BLOCKED, talk.direct.id, "", b"")
    talk.step.store.put_contact(contact)


def changed(talk: Talk) -> list[bytes]:
    """Whose profile is told to have changed."""
    return [data["account"] for kind, _, data in rows(talk.step) if kind == "profile"]


# -- what we say of ourselves -------------------------------------------------------------------------------------


def test_nobody_has_a_profile_unasked(talk: Talk) -> None:
    """No name, no picture, and nothing for other devices."""
    assert (Profile(""), b"") == (profiles.own(talk.step), profiles.own_encoded(talk.step.store))


def test_a_profile_is_kept_and_every_room_we_are_in_is_told_soon(talk: Talk) -> None:
    """Within two seconds; a room that was left is not told."""
    talk.direct.phase = LEFT
    profiles.set_own(talk.step, "  Mina ", PNG)
    assert MINA == profiles.own(talk.step)
    assert msgspec.msgpack.encode(MINA) == profiles.own_encoded(talk.step.store)
    assert Person(talk.me, talk.step.local.handle, "Mina", PNG, START) == talk.step.store.person(talk.me)
    assert (START + 2_001, None, [talk.me]) == (talk.group.profile_at, talk.direct.profile_at, changed(talk))


def test_what_is_said_already_is_not_said_again(talk: Talk) -> None:
    """The same name and picture, whether given or left as they are; another name keeps the picture."""
    profiles.set_own(talk.step, "Mina", PNG)
    talk.group.profile_at = None
    profiles.set_own(talk.step, "Mina", None)
    profiles.set_own(talk.step, "Mina", PNG)
    assert (None, [talk.me]) == (talk.group.profile_at, changed(talk))
    profiles.set_own(talk.step, "Minari", None)
    assert Profile("Minari", PNG) == profiles.own(talk.step)
    profiles.set_own(talk.step, "Minari", b"")
    assert (Profile("Minari"), [talk.me] * 3) == (profiles.own(talk.step), changed(talk))


@pytest.mark.parametrize(
    ("name", "picture"),
    [("x" * 61, b""), ("Mina", b"no picture"), ("Mina", LARGE), ("Mina", PNG.ljust(MAX_PICTURE + 1, b"."))],
)
def test_a_profile_that_nobody_would_take_is_refused(talk: Talk, name: str, picture: bytes) -> None:
    """A long name, something else than a picture, a large one. Nothing changes."""
    with pytest.raises(BadRequest):
        profiles.set_own(talk.step, name, picture)
    assert (Profile(""), None, []) == (profiles.own(talk.step), talk.group.profile_at, changed(talk))


def test_the_longest_name_and_the_largest_picture_are_taken(talk: Talk) -> None:
    """Sixty characters, and spaces around them that do not count; 24,576 bytes."""
    picture = PNG.ljust(MAX_PICTURE, b".")
    profiles.set_own(talk.step, " " + "x" * 60 + " ", picture)
    assert Profile("x" * 60, picture) == profiles.own(talk.step)


def test_another_device_of_mine_says_what_we_are_called_as_long_as_it_is_newer(talk: Talk) -> None:
    """Rooms hear it from now on; an older word changes nothing, and what is no profile is refused."""
    data = msgspec.msgpack.encode(MINA)
    profiles.take_own(talk.step, data, START)
    for at in (START, START - 1):
        profiles.take_own(talk.step, msgspec.msgpack.encode(Profile("older")), at)
    with pytest.raises(Malformed):
        profiles.take_own(talk.step, b"\x93", START + 1)
    assert (data, Person(talk.me, talk.step.local.handle, "Mina", PNG, START)) == (
        profiles.own_encoded(talk.step.store),
        talk.step.store.person(talk.me),
    )


# -- telling it ---------------------------------------------------------------------------------------------------


def test_who_says_nothing_of_themselves_tells_nobody(talk: Talk) -> None:
    """Nor is a room told that is the one with somebody blocked."""
    profiles.tell_soon(talk.step, talk.group)
    profiles.set_own(talk.step, "Mina", None)
    talk.direct.profile_at = None
    block(talk, JUN)
    profiles.tell_soon(talk.step, talk.direct)
    assert None is talk.direct.profile_at
    profiles.tell_soon(talk.step, talk.group)
    assert START + 2_001 == talk.group.profile_at


@pytest.mark.parametrize(("guests", "soon"), [(13, True), (14, False)])
def test_newcomers_of_a_small_room_are_told_at_once(talk: Talk, guests: int, *, soon: bool) -> None:
    """Of up to sixteen; those of a larger one with the next message."""
    crowd = [Other(f"guest{number}").row(talk.group.id, 3 + number) for number in range(guests)]
    talk.step.store.put_devices(crowd)
    profiles.set_own(talk.step, "Mina", None)
    talk.group.profile_at = None
    profiles.newcomers(talk.step, talk.group)
    assert (True, soon) == (talk.group.profile_late, talk.group.profile_at is not None)


@pytest.mark.parametrize(("at", "says"), [(None, False), (1, True), (START, True), (START + 1, False)])
def test_a_profile_is_said_when_its_time_has_come(talk: Talk, at: int | None, *, says: bool) -> None:
    """Once; then nobody is late any more."""
    talk.step.store.set_value("own-profile", msgspec.msgpack.encode(MINA))
    talk.group.profile_at, talk.group.profile_late = at, True
    for _ in range(2):
        sending.send_profile(talk.step, talk.group)
    assert ([MINA] if says else [], 1 if says else 0) == (sent(talk, talk.group), frames(talk))
    assert (None if says else at, not says) == (talk.group.profile_at, talk.group.profile_late)


def test_a_profile_waits_while_nothing_is_said_in_a_room(talk: Talk) -> None:
    """As long as somebody is in who should not be. With nobody else in it there is nobody to tell."""
    talk.step.store.set_value("own-profile", msgspec.msgpack.encode(MINA))
    talk.group.profile_at, talk.group.redo = START, [JUN.account]
    sending.send_profile(talk.step, talk.group)
    assert (START, []) == (talk.group.profile_at, sent(talk, talk.group))
    talk.group.redo = []
    talk.step.store.drop_devices(talk.group.id, [JUN.device, NARI.device])
    talk.step.roster_changed(talk.group.id)
    sending.send_profile(talk.step, talk.group)
    assert (None, []) == (talk.group.profile_at, sent(talk, talk.group))  # type: ignore[comparison-overlap]


def test_somebody_blocked_is_not_told(talk: Talk) -> None:
    """What was to be said is forgotten."""
    talk.step.store.set_value("own-profile", msgspec.msgpack.encode(MINA))
    block(talk, JUN)
    talk.direct.profile_at = START
    sending.send_profile(talk.step, talk.direct)
    assert (None, []) == (talk.direct.profile_at, sent(talk, talk.direct))  # type: ignore[comparison-overlap]


def test_who_came_late_hears_the_name_before_the_next_message(talk: Talk) -> None:
    """If there is one, and somebody is late."""
    assert not profiles.due_before_speaking(talk.step, talk.group)
    talk.group.profile_late = True
    assert not profiles.due_before_speaking(talk.step, talk.group)
    assert (None, True, []) == (talk.group.profile_at, talk.group.profile_late, sent(talk, talk.group))
    talk.step.store.set_value("own-profile", msgspec.msgpack.encode(MINA))
    for due in (True, False):
        assert due is profiles.due_before_speaking(talk.step, talk.group)
        sending.send_profile(talk.step, talk.group)
    assert (None, False, [MINA]) == (talk.group.profile_at, talk.group.profile_late, sent(talk, talk.group))


# -- what others say ----------------------------------------------------------------------------------------------


def test_the_newest_word_of_somebody_is_what_they_are_called(talk: Talk) -> None:
    """Cleaned; that it changed is told only if it did."""
    for at, said in (
        (5, Profile(" Jun\n", PNG)),
        (6, Profile("Jun", PNG)),
        (6, Profile("same time")),
        (4, Profile("old")),
    ):
        profiles.learn(talk.step, JUN.account, JUN.handle, at, said)
    assert Person(JUN.account, JUN.handle, "Jun", PNG, 6) == talk.step.store.person(JUN.account)
    profiles.learn(talk.step, JUN.account, JUN.handle, 7, Profile("Jun"))
    profiles.learn(talk.step, JUN.account, JUN.handle, 8, Profile("June"))
    assert [JUN.account] * 3 == changed(talk)


@pytest.mark.parametrize("picture", [b"no picture", LARGE])
def test_what_is_no_small_picture_is_not_kept(talk: Talk, picture: bytes) -> None:
    """The name is."""
    profiles.learn(talk.step, JUN.account, JUN.handle, 5, Profile("Jun", picture))
    assert Person(JUN.account, JUN.handle, "Jun", b"", 5) == talk.step.store.person(JUN.account)


# -- who is writing -----------------------------------------------------------------------------------------------


def typing_told(talk: Talk) -> None:
    """The person wants that others see it."""
    talk.step.store.put_preference(PROFILE, "typing", msgspec.msgpack.encode(True))  # noqa: FBT003


def say(talk: Talk, room: RoomState, last: int, *, on: bool = True) -> bool:
    """Whether the room is told, if it was last told at that time."""
    room.typing_at = last
    before = frames(talk)
    conversation.say_typing(talk.step, room, on=on)
    assert (START if frames(talk) > before else last) == room.typing_at
    return frames(talk) == before + 1


def test_that_i_write_is_told_only_if_i_want_that(talk: Talk) -> None:
    """By default it is not."""
    assert not say(talk, talk.group, 0)
    typing_told(talk)
    assert say(talk, talk.group, 0)


@pytest.mark.parametrize(
    ("ago", "on", "tells"),
    [
        (0, True, False),
        (4_999, True, False),
        (5_000, True, True),
        (-1, True, True),
        (4_999, False, False),
        (5_000, False, True),
        (7_999, False, True),
        (8_000, False, False),
        (8_000, True, True),
        (-1, False, True),
    ],
)
def test_it_is_told_every_five_seconds_at_most(talk: Talk, ago: int, *, on: bool, tells: bool) -> None:
    """And that it ended, unless it ends by itself. A clock that was put back stops nothing."""
    typing_told(talk)
    assert tells is say(talk, talk.group, START - ago, on=on)


def test_it_is_told_only_where_something_can_be_said(talk: Talk) -> None:
    """Not in a room that was left, nor to somebody blocked, nor while nothing is sent, nor to nobody."""
    typing_told(talk)
    talk.group.redo = [JUN.account]
    assert not say(talk, talk.group, 0)
    talk.group.redo, talk.group.phase = [], LEFT
    assert not say(talk, talk.group, 0)
    assert say(talk, talk.direct, 0)
    block(talk, JUN)
    assert not say(talk, talk.direct, 0)
    talk.step.store.drop_contact(JUN.account)
    talk.step.store.drop_devices(talk.direct.id, [JUN.device])
    talk.step.roster_changed(talk.direct.id)
    assert not say(talk, talk.direct, 0)


def test_that_others_write_is_shown_for_eight_seconds(talk: Talk) -> None:
    """Until they stop or have sent it; only to somebody who tells it as well, and never of oneself."""
    typing.heard(talk.step, talk.group, JUN.account, START, content.Typing(on=True))
    assert [] == signals(talk.step, Typing)
    typing_told(talk)
    for account, on in ((JUN.account, True), (talk.me, True), (NARI.account, False)):
        typing.heard(talk.step, talk.group, account, START, content.Typing(on))
    for account in (JUN.account, talk.me):
        typing.spoke(talk.step, talk.group, account)
    room = talk.group.id
    assert [
        Typing(room, JUN.account, START + 8_000),
        Typing(room, NARI.account, 0),
        Typing(room, JUN.account, 0),
    ] == signals(talk.step, Typing)


@pytest.mark.parametrize(("ago", "shown"), [(19_999, True), (20_000, False), (-19_999, True), (-20_000, False)])
def test_old_word_of_writing_is_not_shown(talk: Talk, ago: int, *, shown: bool) -> None:
    """A device was away, or its clock is wrong."""
    typing_told(talk)
    typing.heard(talk.step, talk.group, JUN.account, START - ago, content.Typing(on=True))
    assert shown is bool(signals(talk.step, Typing))
