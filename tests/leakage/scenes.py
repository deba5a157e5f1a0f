"""Events that tests write by hand, as an attacker sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bench.leakage.trace import EVENT, NOBODY, Op, role_of
from bench.leakage.views import Seen, View

Row = tuple[float, int, int, int, int, int, int, int, int]


def row(  # noqa: PLR0917 - the fields of an event, in order
    t: float, op: Op, place: int = NOBODY, conn: int = NOBODY, addr: int = NOBODY, who: int = NOBODY, to: int = NOBODY,
    size: int = 512,
) -> Row:  # fmt: skip
    return (t, int(op), place, conn, addr, who, to, size, role_of(op))


def seen(
    rows: Sequence[Row], view: View = View.TAP, cards: Mapping[int, int] | None = None, *, moves: bool = False
) -> Seen:
    """What was seen, in time order; ``cards``: whose inbox is where."""
    return Seen(view, np.array(sorted(rows), EVENT), cards or {}, moves)
