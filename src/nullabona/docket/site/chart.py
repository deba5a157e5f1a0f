"""Bars without script or style attribute: inline SVG whose lengths are percentages, so that text keeps its size.

A chart is a value; the template draws it. Anyone who cannot see it has the sentence, and the table beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

ROW: Final = 58
_NARROW: Final = 9.0
"""Percent of the width below which a bar's number does not fit into it."""


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a bar, in percent of the widest."""

    kind: str
    count: int
    x: str
    width: str
    middle: str
    roomy: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: its name, its sum, its pieces from left to right."""

    label: str
    total: int
    y: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """All rows, longest scaled to the whole width."""

    title: str
    alt: str
    height: int
    bars: tuple[Bar, ...]
    kinds: tuple[tuple[str, str], ...]
    """Each kind of piece and what it is called."""


def make_chart(
    title: str, alt: str, rows: Sequence[tuple[str, Sequence[tuple[str, int]]]], kinds: Iterable[tuple[str, str]]
) -> Chart:
    """A chart of ``(label, ((kind, count), …))``; pieces of nothing are left out."""
    most = max((sum(count for _, count in parts) for _, parts in rows), default=0) or 1
    bars = tuple(_bar(label, parts, most, number) for number, (label, parts) in enumerate(rows))
    used = {part.kind for bar in bars for part in bar.parts}
    return Chart(title, alt, ROW * len(rows), bars, tuple((kind, name) for kind, name in kinds if kind in used))


def _bar(label: str, parts: Sequence[tuple[str, int]], most: int, number: int) -> Bar:
    made, at = [], 0.0
    for kind, count in parts:
        width = 100 * count / most
        if count:
            made.append(Part(kind, count, _percent(at), _percent(width), _percent(at + width / 2), width >= _NARROW))
        at += width
    return Bar(label, sum(count for _, count in parts), ROW * number, tuple(made))


def _percent(value: float) -> str:
    return f"{value:.3f}%"
