"""Who knows whom in a synthetic society, and which rooms they have.

Shapes and where they are from:

- *Households*: sizes as in the Korean census of 2023 (Statistics Korea: one person 35.5 %, two 28.8 %, three 18.8 %,
  four or more 16.8 %), rounded.
- *Contacts*: a power law with an exponent of 2.5, cut at 150. Heavy-tailed degrees are what every large study of
  calls and messengers found (Onnela et al., PNAS 104, 2007; Leskovec and Horvitz, WWW 2008); the cut is Dunbar's
  number (1992). That exponent is an assumption.
- *Clustering*: friends of friends. Contacts are drawn first from an account's circles (household, school, work), as
  tie strength and overlap go together (Onnela et al.). The share is an assumption.
- *Group rooms*: sizes from a power law with an exponent of 2.8 from 3 up to a twentieth of the society, at most 200,
  drawn from a circle and its neighbours, so that memberships overlap. Groups in messengers are mostly small with a long
  tail (Seufert et al., IFIP Networking 2016, on WhatsApp). Exponent, cut and 0.5 rooms for each account are
  assumptions, the first two on the side of small rooms: the real core has to live in them (see `cost`).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

HOUSEHOLDS: Final = ((1, 355), (2, 288), (3, 188), (4, 169))
CONTACT_EXPONENT: Final = 2.5
CONTACTS: Final = (2, 150)
GROUP_EXPONENT: Final = 2.8
GROUP: Final = (3, 200)
FEW: Final = 15
"""A group may always have so many."""
GROUPS_PER_ACCOUNT: Final = 0.5
CIRCLE_EXPONENT: Final = 1.8
CIRCLE: Final = (5, 120)
NEAR: Final = 0.8
"""Share of contacts who come from a circle one belongs to."""
STRANGERS: Final = 0.1
"""Share of a group's members who come from outside its circle."""


@dataclass(frozen=True, slots=True)
class Circles:
    """``household`` of each account, the pairs that know one another, and the members of each group."""

    household: Sequence[int]
    pairs: Sequence[tuple[int, int]]
    groups: Sequence[tuple[int, ...]]


def power_law(dice: random.Random, low: int, high: int, exponent: float) -> int:
    """A whole number in ``low..high``, P(n) ~ n**-exponent, by inversion of the continuous law."""
    a = 1.0 - exponent
    lowest, highest = low**a, (high + 1) ** a
    return min(high, int((lowest + dice.random() * (highest - lowest)) ** (1.0 / a)))


def draw(seed: int, accounts: int) -> Circles:
    """The same circles for the same arguments."""
    dice = random.Random(f"circles {seed} {accounts}")
    circles = _circles(dice, accounts)
    pairs = _pairs(dice, accounts, circles)
    groups = [_group(dice, accounts, circles) for _ in range(round(accounts * GROUPS_PER_ACCOUNT))]
    return Circles(_households(dice, accounts), sorted(pairs), groups)


def acquainted(drawn: Circles) -> Circles:
    """The same, but anyone who makes a group, its first member, knows everybody in it."""
    more = {(min(group[0], other), max(group[0], other)) for group in drawn.groups for other in group[1:]}
    return replace(drawn, pairs=sorted(more.union(drawn.pairs)))


def _households(dice: random.Random, accounts: int) -> list[int]:
    sizes, weights = zip(*HOUSEHOLDS, strict=True)
    household: list[int] = []
    number = 0
    while len(household) < accounts:
        household += [number] * dice.choices(sizes, weights)[0]
        number += 1
    return household[:accounts]


def _circles(dice: random.Random, accounts: int) -> list[tuple[int, ...]]:
    """Overlapping circles; every account is in two. The first layer keeps neighbours, so that households are within."""
    circles: list[tuple[int, ...]] = []
    for layer in range(2):
        order = list(range(accounts))
        if layer:
            dice.shuffle(order)
        at = 0
        while at < accounts:
            size = power_law(dice, CIRCLE[0], min(CIRCLE[1], max(CIRCLE[0], accounts // 3)), CIRCLE_EXPONENT)
            circles.append(tuple(order[at : at + size]))
            at += size
    return circles


def _pairs(dice: random.Random, accounts: int, circles: Sequence[tuple[int, ...]]) -> set[tuple[int, int]]:
    """Pairs by half-edges: anyone who has many is met often, inside a circle and outside."""
    highest = min(CONTACTS[1], max(CONTACTS[0], accounts // 4))
    wanted = [power_law(dice, CONTACTS[0], highest, CONTACT_EXPONENT) for _ in range(accounts)]
    mine: list[list[int]] = [[] for _ in range(accounts)]
    for circle in circles:
        for account in circle:
            mine[account] += circle
    everyone = dice.choices(range(accounts), wanted, k=sum(wanted))
    pairs: set[tuple[int, int]] = set()
    for account, count in enumerate(wanted):
        near = dice.choices(mine[account], [wanted[other] for other in mine[account]], k=(count + 1) // 2)
        for other in near:
            found = other if dice.random() < NEAR else dice.choice(everyone)
            if found == account:
                found = (account + 1) % accounts
            pairs.add((min(account, found), max(account, found)))
    return pairs


def _group(dice: random.Random, accounts: int, circles: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """Members in a random order; anyone who stands first makes the room."""
    largest = min(GROUP[1], max(FEW, accounts // 20), accounts)
    size = power_law(dice, GROUP[0], largest, GROUP_EXPONENT)
    pool = list(dice.choice(circles))
    while len(set(pool)) < size and len(set(pool)) < accounts:
        pool += dice.choice(circles)
    near = list(dict.fromkeys(pool))
    dice.shuffle(near)
    members = [dice.randrange(accounts) if dice.random() < STRANGERS else account for account in near[:size]]
    return tuple(dict.fromkeys(members))
