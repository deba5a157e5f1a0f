"""What the account's other devices say we are called: the newest word counts, whoever of them says it (room.md §6)."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.client.core.model.content import Profile
from nullabona.client.core.timeline import profiles
from nullabona.errors import Malformed
from tests.rooms.hostile import people
from tests.rooms.test_files import SMALL
from tests.rooms.world import Person, World


def take(person: Person, said: bytes, at: int) -> None:
    """Another device of the account hands over its word."""
    with person.engine.step(person.world.now) as step:
        profiles.take_own(step, said, at)


def known(person: Person) -> tuple[Profile, str, bytes, int | None]:
    """What would be said to rooms, and what is shown of the account itself."""
    with person.engine.step(person.world.now) as step:
        shown = step.store.person(person.account)
        own = profiles.own(step)
    assert shown is not None
    return own, shown.name, shown.picture, shown.told_at


def said_by(person: Person) -> list[bytes]:
    """Whose profile changed, in order."""
    return [data["account"] for kind, _, data in person.events() if kind == "profile"]  # type: ignore[misc]


def test_a_newer_word_of_another_device_is_taken_over_and_told() -> None:
    """Name and picture, for the rooms as for this device's own screen; and the screen is told."""
    mina = World(1).person("mina")
    profile = Profile("미나", SMALL)
    take(mina, msgspec.msgpack.encode(profile), 7)
    assert (profile, "미나", SMALL, 7) == known(mina)
    assert [mina.account] == said_by(mina)


@pytest.mark.parametrize("at", [6, 7])
def test_an_older_word_or_one_of_the_same_moment_changes_nothing(at: int) -> None:
    """Two devices that disagree come to the same: the later word, and of one moment the one that was there."""
    mina = World(2).person("mina")
    take(mina, msgspec.msgpack.encode(Profile("미나", SMALL)), 7)
    take(mina, msgspec.msgpack.encode(Profile("other", b"")), at)
    assert (Profile("미나", SMALL), "미나", SMALL, 7) == known(mina)
    assert [mina.account] == said_by(mina)


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x92\xa1a", msgspec.msgpack.encode(["name", 7])])
def test_what_is_no_profile_is_refused_and_nothing_is_kept(data: bytes) -> None:
    """A word that does not decode leaves what was known."""
    mina = World(3).person("mina")
    take(mina, msgspec.msgpack.encode(Profile("미나", SMALL)), 7)
    with pytest.raises(Malformed):
        take(mina, data, 8)
    assert (Profile("미나", SMALL), "미나", SMALL, 7) == known(mina)


def test_what_another_device_said_is_what_the_next_room_hears() -> None:
    """A room that is made afterwards is told the name that came from the other device."""
    world = World(4)
    a, b = people(world, 2)
    take(a, msgspec.msgpack.encode(Profile("미나", b"")), world.now)
    world.group(a, b)
    world.settle(span=3_600_000)
    with b.store.transaction():
        heard = b.store.person(a.account)
    assert heard is not None
    assert "미나" == heard.name
