"""A story in which one device dies once, at a write or a commit that is chosen, and how it is told again and again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import pytest

from nullabona.client.core import conversation
from nullabona.client.core.model.errors import BadRequest
from nullabona.client.core.step import Step
from tests.rooms.faults import FailingStore, MortalWorld, make_mortal, watched_ratchets
from tests.rooms.hostile import people
from tests.rooms.world import Person


class MortalStory(ABC):
    """Some people in a world, of whom one has a device that can die, from when on its ``store`` is made mortal."""

    store: FailingStore

    def __init__(self, world: MortalWorld, count: int) -> None:
        self.world = world
        self.people = people(world, count)
        self.room = b""
        self.said: list[str] = []

    def make_mortal(self, number: int) -> None:
        """From here on this one of the people can die."""
        self.store = make_mortal(self.people[number])

    @abstractmethod
    def tell(self) -> None:
        """From the beginning to the end."""

    @abstractmethod
    def check(self) -> None:
        """What has to hold at the end, whoever died."""

    def say(self, person: Person, text: str) -> None:
        """Until it is said; whoever died over it looks whether it happened."""

        def send(step: Step) -> None:
            conversation.send_text(step, self.room, text)

        while not self.world.do(person, self.room, command=send):
            if text in person.texts(self.room):
                break
        self.said.append(text)

    def until_done(self, person: Person, command: Callable[[Step], object]) -> None:
        """A person repeats what did not seem to work; what did happen after all may refuse to happen again."""
        try:
            while not self.world.do(person, *filter(None, [self.room]), command=command):
                pass
        except BadRequest:
            return


def survived(story: MortalStory) -> FailingStore:
    """The story without a death: how many writes and commits there are to die at."""
    story.tell()
    story.check()
    assert story.world.deaths == 0
    return story.store


def die(
    patch: pytest.MonkeyPatch,
    begin: Callable[[], MortalStory],
    *,
    write: int | None = None,
    commit: int | None = None,
    late: bool = False,
    restarts: bool = True,
) -> int:
    """The story with one death: everything holds at the end, no ratchet position was used twice. Deaths there were."""
    with watched_ratchets(patch) as reused:
        story = begin()
        story.world.restarts = restarts
        story.store.die_at_write, story.store.die_at_commit, story.store.late = write, commit, late
        story.tell()
        story.check()
    assert [] == reused
    return story.world.deaths


def places(total: int, chunk: int, chunks: int) -> range:
    """Every ``chunks``-th of so many, counted from 1, beginning at ``chunk``."""
    return range(1 + chunk, total + 1, chunks)
