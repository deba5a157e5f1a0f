"""Which devices of a world have nothing to do: they are passed over, as a turn would change nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from nullabona.client.core.model.requests import ReadFor, ReadRequest

if TYPE_CHECKING:
    from nullabona.client.core.engine import Engine
    from nullabona.wire.address import Address
    from nullabona.wire.messages import Frames
    from tests.rooms.world import Person, World

_LONGEST = 6 * 60 * 60_000
"""A device looks into its boxes now and then whatever it knows, and ends by that what has a last day."""


def count_steps(engine: Engine) -> None:
    """From now on ``engine.steps`` says how many steps it took: between two of them nothing in it changes."""
    real: Any = engine.step
    engine.steps = 0  # type: ignore[attr-defined]

    @contextmanager
    def step(*args: Any, **named: Any) -> Iterator[Any]:  # noqa: ANN401 - as `Engine.step`
        engine.steps += 1  # type: ignore[attr-defined]
        with real(*args, **named) as found:
            yield found

    engine.step = step  # type: ignore[method-assign]


@dataclass(frozen=True)
class Rest:
    """A device that had nothing to do: until when, if nothing comes to the boxes that it reads."""

    engine: Engine
    steps: int
    wake: int
    alarm: int | None
    """When it wants to be called, if it does."""
    boxes: tuple[tuple[str, Address, object], ...]
    reached: frozenset[str]


@dataclass(frozen=True)
class Wanted:
    """What a device reads, after so many steps."""

    engine: Engine
    steps: int
    reads: list[tuple[ReadFor, ReadRequest]]


Reads: TypeAlias = list[tuple[ReadFor, ReadRequest]]


def wanted_by(person: Person, find: Callable[[Person], Reads]) -> Reads:
    """What a device reads, which is looked for once between two of its steps."""
    known = person.wanted
    if known is None or known.engine is not person.engine or known.steps != _steps(person):
        known = person.wanted = Wanted(person.engine, _steps(person), find(person))
    return known.reads


def rest_of(world: World, person: Person) -> Rest:
    """How the device rests after a turn in which it did nothing."""
    wake, latest = person.engine.wake_at(), world.now + _LONGEST
    until = latest if wake is None else min(wake, latest)
    return Rest(person.engine, _steps(person), until, wake, _boxes(world, person, None), _reach(world))


def still_rests(world: World, person: Person, rest: Rest) -> bool:
    """Whether a turn would still do nothing."""
    return (
        rest.engine is person.engine
        and rest.steps == _steps(person)
        and world.now < rest.wake
        and rest.reached == _reach(world)
        and rest.boxes == _boxes(world, person, rest)
    )


def is_as_before(person: Person, want: ReadRequest, answer: Frames) -> bool:
    """Whether a read of the inbox brought nothing, as the one before: it would only write down what it knows."""
    if want.old:
        return False
    found: object = (answer.incarnation, answer.head, want.after)
    before, person.inbox_read[want.relay] = person.inbox_read.get(want.relay), found
    return not answer.frames and before == found


def wake_of(person: Person) -> int | None:
    """When the device next has something to do by itself, in ms."""
    rest = person.rest
    if rest is not None and rest.engine is person.engine and rest.steps == _steps(person):
        return rest.alarm
    return person.engine.wake_at()


def _steps(person: Person) -> int:
    return int(person.engine.steps)  # type: ignore[attr-defined]


def _reach(world: World) -> frozenset[str]:
    return frozenset({*world.relays, *(f"dead {url}" for url in world.dead)})


def _boxes(world: World, person: Person, known: Rest | None) -> tuple[tuple[str, Address, object], ...]:
    """What the device would find in the boxes that it reads, without the frames themselves."""
    wants = (
        [(want.relay, want.address) for _, want in world.reads(person)]
        if known is None
        else [(url, address) for url, address, _ in known.boxes]
    )
    found = []
    for url, address in wants:
        relay = world.relay_of(person, url)
        box = relay.boxes.get(address) if relay is not None else None
        state = (box.incarnation, box.head, len(box.frames)) if box is not None else None
        found.append((url, address, (id(relay), state)))
    return tuple(found)
