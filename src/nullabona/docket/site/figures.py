"""Figures as the pages and tables show them: by half-year, newest first, in the order of the taxonomy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from nullabona.docket.site.publication import Counts, Figure, Publication
from nullabona.docket.taxonomy import Catalogue
from nullabona.docket.taxonomy.rows import PublicationRule
from nullabona.errors import PeerError

JURISDICTIONS = ("KR", "US", "EU")


class FigureWrong(PeerError):
    """A figure contradicts itself or says more than the law allows."""

    code = "docket-figure-wrong"
    default_hint = "correct the figures before they are published; nothing was written"


@dataclass(frozen=True, slots=True)
class Half:
    """One half-year of one jurisdiction, with the sum of what is exact."""

    half: str
    rows: tuple[Figure, ...]
    total: Counts


def by_half(figures: Sequence[Figure], jurisdiction: str, order: Sequence[str]) -> tuple[Half, ...]:
    """The half-years of a jurisdiction, newest first."""
    own = [figure for figure in figures if figure.instrument.partition(".")[0] == jurisdiction]
    place = {instrument: number for number, instrument in enumerate(order)}
    halves = sorted({figure.half for figure in own}, reverse=True)
    return tuple(_half(half, own, place) for half in halves)


def total_of(figures: Sequence[Figure]) -> Counts:
    """The sum of all exact figures; medians are not summed."""
    exact = [figure.counts for figure in figures if figure.counts is not None]
    names = [name for name in Counts.__struct_fields__ if name != "median_hours"]
    sums = {name: _sum([getattr(counts, name) for counts in exact]) for name in names if exact}
    return msgspec.convert(sums, Counts)


def _sum(values: Sequence[int | None]) -> int | None:
    """None if there is a row in which nobody counted it: the sum would be too small."""
    known = [value for value in values if value is not None]
    return sum(known) if known == list(values) and known else None


def check_figures(publication: Publication, catalogue: Catalogue) -> None:
    """Raises `FigureWrong` unless each figure is whole and of the form that the law allows for its kind."""
    rules = {row.id: row.publication for row in catalogue.newest()}
    keys = [(figure.half, figure.instrument) for figure in publication.figures]
    if len(keys) != len(set(keys)):
        raise FigureWrong("one kind of demand has two figures for one half-year")
    for figure in publication.figures:
        if figure.instrument not in rules:
            raise FigureWrong(f"there is no kind of demand called {figure.instrument}")
        for fault in _faults(figure, rules[figure.instrument]):
            raise FigureWrong(f"{figure.instrument} in {figure.half} {fault}")
    for item in publication.items:
        if item.instrument not in rules or rules[item.instrument].item == "never":
            raise FigureWrong(f"single demands of the kind {item.instrument} are never shown")


def _faults(figure: Figure, rule: PublicationRule) -> Iterator[str]:
    if rule.count in {"none", "counsel"}:
        yield "may not be counted in public"
    if (figure.counts is None) == (figure.demands is None):
        yield "needs either exact counts or a band"
    if (figure.counts is None) != (rule.count == "band"):
        yield "is not shown in the way that the law allows"
    if figure.counts is not None and not _adds_up(figure.counts):
        yield "does not add up"
    if figure.by and (rule.item == "never" or figure.counts is None):
        yield "is counted by authority although its law allows no such figure"
    if figure.by and figure.counts is not None and sum(figure.by.values()) != figure.counts.received:
        yield "does not add up by authority"
    for shown in (figure.demands, figure.accounts):
        if shown and rule.band and rule.band.around(shown.high) != (shown.low, shown.high):
            yield "is in a band that the law does not name"


def _adds_up(counts: Counts) -> bool:
    return (
        counts.pending >= 0
        and _rise(counts.accounts_produced, counts.accounts_matched, counts.identifiers_named)
        and _rise(counts.answered_in_time, counts.handled + counts.rejected)
    )


def _rise(*figures: int | None) -> bool:
    """Whether none of those that were counted is less than the one before."""
    known = [figure for figure in figures if figure is not None]
    return known == sorted(known)


def _half(half: str, figures: Sequence[Figure], place: dict[str, int]) -> Half:
    rows = sorted(
        (f for f in figures if f.half == half), key=lambda f: (place.get(f.instrument, len(place)), f.instrument)
    )
    return Half(half, tuple(rows), total_of(rows))
