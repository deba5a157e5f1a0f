"""What the law keeps an operator from saying, read off the rows by which the desk works."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Literal

from nullabona.docket.taxonomy import Catalogue
from nullabona.docket.taxonomy import Row as Law
from nullabona.wire.demands import Label

Kept = Literal["each", "number", "notice", "end"]


@dataclass(frozen=True, slots=True)
class Silence:
    """One kind of demand of which something may not be said. ``unsure``: counsel has not confirmed all of it."""

    id: str
    label: Label
    kept: tuple[Kept, ...]
    laws: tuple[str, ...]
    unsure: bool


def silences(catalogue: Catalogue, signed: Container[str] = ()) -> tuple[Silence, ...]:
    """Of the rows in force, those that keep something, in their order. ``signed``: rows that counsel signed off."""
    return tuple(made for row in catalogue.newest() if (made := _silence(row, signed)).kept)


def _silence(row: Law, signed: Container[str]) -> Silence:
    kept = tuple(_kept(row))
    said = (row.publication.law, row.gag.law, row.notice.law if "notice" in kept else "")
    laws = tuple(dict.fromkeys(law for law in said if law))
    doubts = () if row.sha256.hex() in signed else row.counsel
    unsure = not {"publication", "notice", "gag"}.isdisjoint(doubts)
    return Silence(row.id, row.label, kept, laws if kept else (), unsure)


def _kept(row: Law) -> Iterator[Kept]:
    if row.publication.item == "never":
        yield "each"
    if row.publication.count != "exact":
        yield "number"
    if row.notice.rule == "never":
        yield "notice"
    if row.gag.default == "statutory" and row.gag.expiry == "none":
        yield "end"
