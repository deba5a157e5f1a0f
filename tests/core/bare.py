"""Single steps of people in a small world: as the engine makes them, without what it looks after by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nullabona.client.core.step import Step
from tests.core.stage import Randomness
from tests.rooms.world import Person


@contextmanager
def bare(person: Person, *, low: bool = False, **about: object) -> Iterator[Step]:
    """One step of somebody, now. ``about``: fields of `Step`."""
    with person.store.transaction():
        rng = Randomness(low=low)
        step = Step(person.store, person.mls, person.me, rng, person.world.timing, person.world.now, **about)  # type: ignore[arg-type]
        yield step
        step.save()
        person.mls.flush()
    person.mls.committed()
