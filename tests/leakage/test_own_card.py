"""When a played device asks about its own card: as the product does, at drawn times and when the card changed."""

from __future__ import annotations

import asyncio
import random

import pytest

from bench.leakage.own_card import PERIOD_S, OwnCard, filler
from nullabona.client.core.directory import own_answer
from nullabona.client.runner.own_lists import DAY_S, LATE_S, LOOK_S, SOON_S
from nullabona.wire.card import Card
from nullabona.wire.carried import encode_carried
from tests.rooms.devices import another_device
from tests.rooms.world import Person, World

HOUR = 3_600.0


class Asked:
    """One device with an account, and what it asked when: True where a card was published."""

    def __init__(self, seed: int = 3) -> None:
        self.world = World(seed)
        self.mina: Person = self.world.person("mina")
        self.times: list[tuple[float, bool]] = []
        self.now = 0.0
        self.own = OwnCard(self.mina.store, self.newest, self.ask, random.Random(seed).random, self.world.now // 1_000)

    def newest(self) -> Card:
        return self.world.cards[self.mina.me.handle]

    async def ask(self, *, publish: bool = False) -> None:
        self.times.append((self.now, publish))

    def until(self, t: float) -> None:
        """Let it run from now to ``t``."""
        while self.now < t:
            self.now += asyncio.run(self.own.once(self.now))

    def looks(self) -> list[float]:
        return [t for t, published in self.times if not published]


def test_a_new_card_is_published_between_two_looks() -> None:
    asked = Asked()
    asked.until(1.0)
    assert [published for _, published in asked.times] == [False, True, False]


def test_looks_are_half_a_day_apart_at_most() -> None:
    """And six hours at least; in a week the card is published once more."""
    asked = Asked()
    asked.until(6 * DAY_S)
    gaps = [after - before for before, after in zip(asked.looks()[1:], asked.looks()[2:], strict=False)]
    assert all(LOOK_S / 2 <= gap <= LOOK_S + 1 for gap in gaps)
    asked.until(8 * DAY_S)
    assert sum(published for _, published in asked.times) == 2


@pytest.mark.parametrize(("away", "most"), [(DAY_S / 2, SOON_S), (3 * DAY_S, LATE_S)])
def test_what_fell_due_while_it_was_off_is_drawn_again(away: float, most: float) -> None:
    """Not when the device comes, and within an hour, or ten minutes after long."""
    asked = Asked()
    asked.until(10 * HOUR)
    before = len(asked.looks())
    asked.now += LOOK_S + away
    back = asked.now
    asked.own.come(back)
    asked.until(back + most + PERIOD_S)
    assert back + 1 < asked.looks()[before] <= back + 1 + most + 1


def test_a_card_that_changed_is_looked_at_when_its_epoch_has_closed() -> None:
    """Then the new card's proof is brought, and until then none."""
    asked = Asked()
    asked.until(HOUR)
    before = len(asked.looks())
    another_device(asked.world, asked.mina, "mina again")
    card = asked.newest()
    with asked.mina.store.reading():
        assert not own_answer.to_carry(asked.mina.store, card.encoded, asked.world.now // 1_000 + 3_600)
    changed = asked.now
    asked.until(changed + PERIOD_S + 1)
    assert len(asked.looks()) == before + 1
    assert asked.looks()[-1] <= changed + PERIOD_S + 1
    with asked.mina.store.reading():
        assert own_answer.to_carry(asked.mina.store, card.encoded, asked.world.now // 1_000 + 7_200)


def test_a_filler_is_as_large_as_a_proof() -> None:
    """Decision 0063: 3.8 KiB without witnesses."""
    assert 3_700 < len(encode_carried(filler(b"", 1).proof)) < 4_000
