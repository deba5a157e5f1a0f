"""Compare every page that is made from code with what the code says now; ``--write`` rewrites the pages.

A generator is a module of ``tools/`` with ``PATH`` (the page, from the root) and ``page()`` (its whole text). Only this
module lists the generators.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import (  # noqa: E402 - run as a script, the root has to be put on the path first
    capacity_page,
    client_page,
    data_held_page,
    decisions_page,
    docket_page,
    drill_mutants_page,
    errors_page,
    export_schema,
    limits_page,
    postgres_rules,
    protocol_types,
    scale_page,
    speed_page,
    threat_model,
)


class Generator(Protocol):
    """What a generator module offers."""

    @property
    def PATH(self) -> str:  # noqa: N802 - modules have a constant of this name
        """The page, from the root."""

    def page(self) -> str:
        """The whole text of the page."""


GENERATORS: tuple[Generator, ...] = (
    capacity_page,
    client_page,
    data_held_page,
    decisions_page,
    docket_page,
    drill_mutants_page,
    errors_page,
    export_schema,
    limits_page,
    *postgres_rules.GENERATORS,
    protocol_types,
    scale_page,
    speed_page,
    threat_model,
)


def stale(root: Path = ROOT) -> list[str]:
    """The pages below ``root`` that are missing or differ from what their generator makes."""
    return [g.PATH for g in GENERATORS if _read(root / g.PATH) != g.page()]


def write(root: Path = ROOT) -> None:
    """Write every stale page below ``root``; pages that are up to date keep their modification times."""
    for generator in GENERATORS:
        path = root / generator.PATH
        if _read(path) != generator.page():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(generator.page(), encoding="utf-8")
            print(f"wrote {generator.PATH}")


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def main() -> int:
    """Exit 0 if every page is what its generator makes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="rewrite the pages instead of comparing them")
    if parser.parse_args().write:
        write()
        return 0
    pages = stale()
    for page in pages:
        print(f"stale: {page}\n hint: make generate", file=sys.stderr)
    return 1 if pages else 0


if __name__ == "__main__":
    sys.exit(main())
