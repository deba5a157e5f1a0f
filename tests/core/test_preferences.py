"""What the person chose, on this device: each choice within its limits, told once, and read back (spec/app.md)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

import msgspec
import pytest

from nullabona.client.core.model.errors import BadRequest
from nullabona.client.core.preferences import (
    PROFILE,
    Preferences,
    RoomPreferences,
    Trust,
    change,
    contact_scope,
    is_fit,
    load,
    of_contact,
    of_room,
    profile,
    room_scope,
)
from tests.core.stage import Stage, rows

ROOM = b"\x0a" * 32
ACCOUNT = b"\x0b" * 32


def test_nothing_is_chosen_at_first() -> None:
    """A new profile says little of itself, keeps messages, and pins, mutes and trusts nothing."""
    stage = Stage()
    with stage.step() as step:
        found = [
            asdict(kind) for kind in (profile(step.store), of_room(step.store, ROOM), of_contact(step.store, ACCOUNT))
        ]
    assert found == [
        {
            "language": "",
            "theme": "system",
            "receipts": True,
            "typing": False,
            "notify": "nothing",
            "quiet_hours": "",
            "default_timer_s": None,
            "lock_minutes": 60,
            "enter_sends": True,
        },
        {
            "pinned": 0,
            "muted_until": None,
            "archived": False,
            "draft": "",
            "draft_reply": b"",
            "marked_unread": False,
            "deleted": 0,
        },
        {"verified": b"", "changed": b"", "was_verified": False, "replaced": b""},
    ]


def test_a_choice_is_of_its_room_or_contact_alone() -> None:
    """What is chosen for one is not chosen for another, nor for the profile."""
    stage = Stage()
    with stage.step() as step:
        change(step, room_scope(ROOM), RoomPreferences, {"pinned": 3, "draft": "hm"})
        change(step, contact_scope(ACCOUNT), Trust, {"verified": ACCOUNT})
        change(step, PROFILE, Preferences, {"theme": "dark"})
        assert RoomPreferences(pinned=3, draft="hm") == of_room(step.store, ROOM)
        assert Trust(verified=ACCOUNT) == of_contact(step.store, ACCOUNT)
        assert Preferences(theme="dark") == profile(step.store)
        assert (RoomPreferences(), Trust()) == (of_room(step.store, ACCOUNT), of_contact(step.store, ROOM))
    assert ["room:" + "0a" * 32, "contact:" + "0b" * 32] == [room_scope(ROOM), contact_scope(ACCOUNT)]


def test_a_choice_is_told_and_returned_whole_and_what_was_chosen_before_stays() -> None:
    """The answer has every preference of the scope, not the changed ones alone."""
    stage = Stage()
    with stage.step() as step:
        change(step, PROFILE, Preferences, {"typing": True})
        assert Preferences(typing=True, lock_minutes=5) == change(step, PROFILE, Preferences, {"lock_minutes": 5})
        assert [("preferences", b"", {"scope": "profile"})] * 2 == rows(step)


def test_what_changes_nothing_is_neither_written_nor_told() -> None:
    """Choosing again what is chosen already leaves the store as it was."""
    stage = Stage()
    with stage.step() as step:
        assert Preferences() == change(step, PROFILE, Preferences, {"theme": "system", "receipts": True})
        assert Preferences() == change(step, PROFILE, Preferences, {})
        assert ({}, []) == (dict(step.store.preferences(PROFILE)), rows(step))


def test_of_several_choices_only_the_new_ones_are_written() -> None:
    """The others stay at what a later version may make of them."""
    stage = Stage()
    with stage.step() as step:
        change(step, PROFILE, Preferences, {"theme": "system", "receipts": False})
        assert {"receipts": b"\xc2"} == dict(step.store.preferences(PROFILE))


@pytest.mark.parametrize(
    ("kind", "name", "least", "most"),
    [
        (Preferences, "default_timer_s", 1, 31_536_000),
        (Preferences, "lock_minutes", 1, 1_440),
        (RoomPreferences, "pinned", 0, 9_007_199_254_740_992),
        (RoomPreferences, "muted_until", 1, 9_007_199_254_740_992),
    ],
)
def test_a_number_stays_within_its_limits(kind: type[Any], name: str, least: int, most: int) -> None:
    """Both ends are taken, one past each is refused and changes nothing."""
    stage = Stage()
    with stage.step() as step:
        for value in (least, most):
            assert value == getattr(change(step, "scope", kind, {name: value}), name)
        for value in (least - 1, most + 1):
            with pytest.raises(BadRequest):
                change(step, "scope", kind, {name: value})
        assert kind(**{name: most}) == load(step.store, "scope", kind)


@pytest.mark.parametrize(
    ("kind", "name", "value", "stored"),
    [
        (Preferences, "default_timer_s", 60, b"\x3c"),
        (Preferences, "lock_minutes", None, b"\x00"),
        (RoomPreferences, "muted_until", "always", b"\xff"),
        (RoomPreferences, "muted_until", 60, b"\x3c"),
    ],
)
def test_never_and_always_are_numbers_only_where_they_are_stored(
    kind: type[Any], name: str, value: object, stored: bytes
) -> None:
    """The account's other devices and archives hold the same bytes for every version."""
    stage = Stage()
    with stage.step() as step:
        chosen = change(step, "scope", kind, {name: value})
        assert ({name: stored}, value) == (dict(step.store.preferences("scope")), getattr(chosen, name))
        assert chosen == load(step.store, "scope", kind)


@pytest.mark.parametrize("stored", [b"\xc0", b"\xc2", b"\xa6always", b"\xfe", b"\xc1", b""])
def test_what_another_device_says_must_be_such_a_number(stored: bytes) -> None:
    """Nil, false and words are no stored form of never and always."""
    assert not is_fit(RoomPreferences, "muted_until", stored)
    assert [True] * 3 == [is_fit(RoomPreferences, "muted_until", fit) for fit in (b"\xff", b"\x00", b"\x3c")]


@pytest.mark.parametrize(
    ("now", "until", "muted"), [(9, 10, True), (10, 10, False), (10, None, False), (10, "always", True)]
)
def test_a_room_is_muted_until_its_time(now: int, until: int | Literal["always"] | None, *, muted: bool) -> None:
    """To the millisecond; without a time it is not, and `always` has no end."""
    assert muted == RoomPreferences(muted_until=until).is_muted(now)


@pytest.mark.parametrize(
    ("name", "longest", "longer"),
    [("draft", "한" * 100_000, "한" * 100_001), ("draft_reply", b"x" * 16, b"x" * 17)],
)
def test_a_draft_has_a_longest(name: str, longest: object, longer: object) -> None:
    """The longest is kept whole; a longer one is refused, and the one before stays."""
    stage = Stage()
    with stage.step() as step:
        change(step, room_scope(ROOM), RoomPreferences, {name: longest})
        with pytest.raises(BadRequest):
            change(step, room_scope(ROOM), RoomPreferences, {name: longer})
        assert longest == getattr(of_room(step.store, ROOM), name)


@pytest.mark.parametrize(
    "changes",
    [
        {"theme": "pink"},
        {"language": "de"},
        {"notify": "some"},
        {"quiet_hours": "22:00"},
        {"quiet_hours": "22:00-24:00"},
        {"quiet_hours": "7:00-9:60"},
        {"quiet_hours": "22:00-07:00\n"},
        {"receipts": 1},
        {"lock_minutes": "5"},
        {"typing": True, "colour": "red"},
        {"typing": True, "theme": None},
    ],
)
def test_what_is_no_choice_is_refused_whole(changes: dict[str, Any]) -> None:
    """An unknown key or a value that it does not take: nothing of the request is done."""
    stage = Stage()
    with stage.step() as step:
        with pytest.raises(BadRequest):
            change(step, PROFILE, Preferences, changes)
        assert ({}, []) == (dict(step.store.preferences(PROFILE)), rows(step))


def test_an_unknown_key_is_named_by_its_first() -> None:
    """The person reads which of them it was."""
    stage = Stage()
    with stage.step() as step, pytest.raises(BadRequest, match="no preference 'aloud'"):
        change(step, PROFILE, Preferences, {"tone": 1, "aloud": 2, "theme": "dark"})


def test_what_another_version_wrote_and_this_one_does_not_know_is_left_out() -> None:
    """The others are read; what is left out stays in the store."""
    stage = Stage()
    with stage.step() as step:
        step.store.put_preference(PROFILE, "colour", msgspec.msgpack.encode("red"))
        step.store.put_preference(PROFILE, "typing", msgspec.msgpack.encode(True))  # noqa: FBT003
        assert Preferences(typing=True) == profile(step.store)
        assert {"colour", "typing"} == set(step.store.preferences(PROFILE))
