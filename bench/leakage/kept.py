"""A measure whose figures are kept in a file: they are measured or read, printed as tables, and drawn as a page."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from threadpoolctl import threadpool_limits

from bench.leakage.tables import Table, as_text

Outcome = TypeVar("Outcome", bound=Any)


def options_of(description: str | None, out: str) -> argparse.ArgumentParser:
    """What all such commands are asked; ``out``: where the figures are kept by default. Seeds are the caller's."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=60)
    parser.add_argument("--days", type=int, default=4)
    parser.add_argument("--pace", type=float, default=2.0, help="messages that an account writes a day, at least")
    parser.add_argument("--processes", type=int, default=1, help="societies that are measured at the same time")
    parser.add_argument("--out", default=out)
    parser.add_argument("--page", help="write the page there")
    parser.add_argument("--draw", action="store_true", help="from the figures in --out, without measuring")
    return parser


def measure_and_draw(
    options: argparse.Namespace,
    *,
    read: Callable[[Path], Outcome],
    measure: Callable[[argparse.Namespace], Outcome],
    tables: Callable[[Outcome], Sequence[Table]],
    page: Callable[[Outcome], str],
) -> None:
    """Measure and keep the figures, a dataclass, or ``read`` them; print the tables, and write the page if asked."""
    kept = Path(options.out)
    if options.draw:
        outcome = read(kept)
    else:
        with threadpool_limits(1):
            outcome = measure(options)
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(asdict(outcome), indent=1) + "\n", encoding="utf-8")
    for table in tables(outcome):
        print(as_text(table), end="\n\n")
    if options.page:
        Path(options.page).write_text(page(outcome), encoding="utf-8")
