"""People as a page shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from nullabona.app.presenting.text import COLOURS, clean_name, colour, initial
from nullabona.app.protocol.views import Person

Picture = Callable[[bytes], str]
"""The signed path of an account's picture, or an empty text."""


def to_person(account: bytes, handle: str, name: str, *, me: bool, picture: Picture, tint: int | None = None) -> Person:
    """A person. Without a name, the first part of the handle is shown. ``tint``: of somebody without account."""
    shown = clean_name(name) or clean_name(handle.partition("@")[0]) or account.hex()[:8]
    return Person(account.hex(), clean_name(handle), shown, initial(shown), _tint(account, tint), picture(account), me)


def _tint(account: bytes, tint: int | None) -> int:
    return colour(account) if account or tint is None else tint


def tints(people: Mapping[str, bytes], others: Iterable[bytes], seed: bytes) -> dict[str, int]:
    """A tint for each name without account: all different, and none that an account beside them has, while there are.

    ``people``: name → account, or empty; ``others``: more accounts; ``seed`` says where to begin.
    """
    taken = {colour(account) for account in [*people.values(), *others] if account}
    free = [tint for tint in range(COLOURS) if tint not in taken] or list(range(COLOURS))
    first = colour(seed)
    names = [name for name, account in people.items() if not account]
    return {name: free[(first + place) % len(free)] for place, name in enumerate(names)}
