"""What makes an intake doubtful: a demand that was taken in before, or one that is out of date (spec/docket.md §2).

A doubt forbids nothing. The officer confirms it on purpose, and the signature covers that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal

from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.records import Demand
from nullabona.errors import UserError

Doubt = Literal["same-reference", "same-document", "expired", "old"]
OLD_DAYS: Final = 365


class DemandDoubtful(UserError):
    """The demand may have been taken in before, or is out of date."""

    code = "docket-demand-doubtful"
    default_hint = "compare it with the cases that are named; if it is right to take it in, confirm with --despite"

    def __init__(self, doubts: Mapping[Doubt, tuple[str, ...]]) -> None:
        said = "; ".join(f"{doubt} {', '.join(numbers)}".strip() for doubt, numbers in doubts.items())
        super().__init__(f"this demand is doubtful: {said}")
        self.doubts = dict(doubts)
        """Each doubt, with the numbers of the cases that it comes from."""


def doubts_of(demand: Demand, others: Iterable[tuple[str, Demand]]) -> dict[Doubt, tuple[str, ...]]:
    """The doubts about ``demand``. ``others``: the demands at the desk that the officer can open, by case number."""
    found: dict[Doubt, tuple[str, ...]] = {}
    for number, other in others:
        for doubt in _like(demand, other):
            found[doubt] = (*found.get(doubt, ()), number)
    if isinstance(demand.respond_by_s, int) and demand.respond_by_s <= demand.received_s:
        found["expired"] = ()
    if demand.received_s // DAY - demand.issued_day > OLD_DAYS:
        found["old"] = ()
    return found


def check_confirmed(doubts: Mapping[Doubt, tuple[str, ...]], despite: Iterable[Doubt]) -> None:
    """Raises `DemandDoubtful` with the doubts that the officer did not confirm."""
    confirmed = set(despite)
    left: dict[Doubt, tuple[str, ...]] = {doubt: cases for doubt, cases in doubts.items() if doubt not in confirmed}
    if left:
        raise DemandDoubtful(left)


def _like(demand: Demand, other: Demand) -> Iterator[Doubt]:
    if (demand.authority, demand.authority_ref) == (other.authority, other.authority_ref):
        yield "same-reference"
    if demand.document.sha256 == other.document.sha256:
        yield "same-document"
