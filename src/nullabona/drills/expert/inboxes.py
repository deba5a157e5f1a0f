"""Whether what a relay keeps of inboxes was drawn, as it has to be in order not to tell how much came, and when.

One inbox tells nothing of how its numbers came about. Of several, those that were drawn lie far apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from nullabona.drills.expert.inventory import Box, Inventory

FEW: Final = 3
"""Inboxes of which fewer say nothing of how their numbers and days were drawn."""
_APART: Final = 1 << 15
"""Of the four million places at which numbers begin, three lie so near to one another once in 5,000 times."""
_MINUTES: Final = 256
"""Two inboxes that got something within some minutes, numbered in seconds; chance has it once in 2,700 times."""
_DAYS: Final = range(10_000, 100_000)
"""Days since 1970 from 1997 to 2243; more is a finer clock."""


def inboxes_of(inventory: Inventory) -> list[Box | None]:
    """The inbox of each card; None: there is none."""
    boxes = {box.address: box for box in inventory.boxes}
    return [boxes.get(card.card.body.inbox.address) for card in inventory.cards]


def undrawn(inventory: Inventory) -> Iterator[str]:
    """What tells how many items inboxes were given, whether any, or on which day the last one came (W-16)."""
    found = inboxes_of(inventory)
    there = [box for box in found if box is not None]
    if len(found) < FEW:
        return
    if len(there) < len(found):
        yield "an inbox without a row"
    if len(there) < FEW:
        return
    numbers = [box.number for box in there]
    if max(numbers) - min(numbers) < _APART:
        yield "boxes.db: where the numbers of inboxes begin"
    days, last = {box.expiry_day for box in there}, max((day for box in inventory.boxes for day in box.days), default=0)
    if days == {last}:
        yield "boxes.db: box.expiry_day of inboxes"


def clocked(inventory: Inventory) -> Iterator[str]:
    """What tells more exactly than by the day when something came to an inbox, or a handle was registered (W-13)."""
    there = [box for box in inboxes_of(inventory) if box is not None]
    if any(then != number + 1 for box in there for number, then in pairwise(box.numbers)):
        yield "boxes.db: numbers of items with gaps between them"
    numbers = sorted(box.number for box in there)
    if any(then - number < _MINUTES for number, then in pairwise(numbers)):
        yield "boxes.db: numbers of inboxes that lie side by side"
    if any(card.registered_day not in _DAYS for card in inventory.cards):
        yield "cards.db: card.registered_day"
