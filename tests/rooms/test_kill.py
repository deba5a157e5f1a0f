"""``kill -9`` of a real process with a real disk, at random moments: nothing lost or doubled, no key used twice."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import cast

import nullabona_mls as native
import pytest

from nullabona.client.core import commands
from nullabona.client.core.engine import Engine
from nullabona.client.profile import Unprotected, create_profile
from tests.rooms.faults import watched_ratchets
from tests.rooms.hostile import people
from tests.rooms.killable import Process, RemoteEngine, is_step
from tests.rooms.world import Person, World


class KillWorld(World):
    """A world that takes a killed process for a device that did not answer."""

    def turn(self, person: Person) -> bool:
        try:
            return super().turn(person)
        except EOFError:
            return True


def move_out(person: Person, path: Path, rng: random.Random) -> Process:
    """Put a new person's device into a profile on disk and a process of its own."""
    with person.store.transaction():
        rows = person.store.mls_rows([native.KEY_PACKAGE_SCOPE])
        values = {key: person.store.get_value(key) for key in ("inbox", "account-card")}
        contacts = person.store.contacts()
    with create_profile(path, Unprotected()) as profile, profile.store.transaction():
        profile.store.mls_write(rows, [])
        for key, value in values.items():
            profile.store.set_value(key, value or b"")
        for contact in contacts:
            profile.store.put_contact(contact)
    process = Process(path, person.seed, person.certificate, person.world.suite, person.me, rng)
    person.engine = cast("Engine", RemoteEngine(process))
    process.on_start = lambda: setattr(person, "reached", {})
    return process


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(3))
def test_a_killed_process_loses_and_doubles_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, seed: int) -> None:
    """A device is killed dozens of times while it joins, talks, hears and commits; then everybody has everything."""
    world = KillWorld(seed)
    a, b, c = people(world, 3)
    for other in (b, c):
        world.befriend(a, other)
    with move_out(b, tmp_path / "profile", random.Random(seed)) as process, watched_ratchets(monkeypatch) as reused:
        with a.engine.step(world.now) as step:
            room = commands.create_group(step, "family")
            for other in (b, c):
                commands.add_account(step, room, other.card)
        process.risk = 0.15
        world.settle(span=60_000)
        said = talk(world, process, room, [a, c])
        process.risk = 0.0
        world.settle(span=6 * 3_600_000, most=3_000)
        seen = [process.ask("texts", world.now, room), a.texts(room), c.texts(room)]
        here = process.ask("where", world.now, room)
    assert [Counter(said)] * 3 == [Counter(texts) for texts in seen]
    assert {here} == {a.where(room), c.where(room)}
    assert [] == reused
    assert len([name for name in process.kills if is_step(name)]) > 10


def talk(world: KillWorld, process: Process, room: bytes, others: list[Person]) -> list[str]:
    """Everybody says things and renews keys; what the killed device did not say for sure it says again."""
    said = []
    for number in range(24):
        text = f"killed {number}"
        while text not in ask(process, "texts", world.now, room):
            ask(process, "say", world.now, room, text, once=True)
        other = others[number % 2]
        said += [text, f"{other.name} {number}"]
        other.send(room, said[-1])
        if number % 5 == 2:
            ask(process, "renew", world.now, room, once=True)
        for person in world.people:
            world.turn(person)
        world.pass_time(1_500)
    return said


def ask(process: Process, name: str, *args: object, once: bool = False) -> list[str]:
    """Ask until there is an answer, or once."""
    while True:
        try:
            return cast("list[str]", process.ask(name, *args))
        except EOFError:
            if once:
                return []
