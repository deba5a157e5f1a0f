"""Line and branch coverage by package, from the report of `coverage json`; exit 1 if a package is below its least.

What is decided without a socket, a disk or a clock can be tested to the last line, so the wire, the log and the cores
have a least; the modules that hold sockets and processes have none.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

import msgspec

ROOT: Final = "src/nullabona"
LEAST: Final[Mapping[str, float]] = {"client/core": 95.0, "log": 95.0, "relay/core": 95.0, "wire": 95.0}
"""package → least share of its lines that the default suite must run, in percent."""


class Summary(msgspec.Struct):
    """How much of a file or package ran, by the names of the report."""

    num_statements: int = 0
    covered_lines: int = 0
    num_branches: int = 0
    covered_branches: int = 0

    @property
    def lines(self) -> float:
        """The share of lines, in percent."""
        return share(self.covered_lines, self.num_statements)

    @property
    def branches(self) -> float:
        """The share of branches, in percent."""
        return share(self.covered_branches, self.num_branches)

    def add(self, other: Summary) -> None:
        """Count another one too."""
        self.num_statements += other.num_statements
        self.covered_lines += other.covered_lines
        self.num_branches += other.num_branches
        self.covered_branches += other.covered_branches


class File(msgspec.Struct):
    """One file of the report."""

    summary: Summary


class Report(msgspec.Struct):
    """What of the report is read."""

    files: dict[str, File]


def share(part: int, whole: int) -> float:
    """In percent; nothing out of nothing is all of it."""
    return 100.0 * part / whole if whole else 100.0


def by_package(report: Report) -> dict[str, Summary]:
    """The sums per package, by its path below the root package."""
    found: dict[str, Summary] = defaultdict(Summary)
    for name, file in report.files.items():
        path = PurePosixPath(name)
        if path.is_relative_to(ROOT):
            found[str(path.parent.relative_to(ROOT))].add(file.summary)
    return dict(sorted(found.items()))


def table(packages: Mapping[str, Summary], least: Mapping[str, float] = LEAST) -> str:
    """One row per package."""
    rows = [f"{'package':<20}{'lines':>8}{'run':>10}{'branches':>10}{'run':>10}"]
    for name, found in packages.items():
        bound = f"   at least {least[name]:g} % of lines" if name in least else ""
        rows.append(
            f"{name:<20}{found.num_statements:>8}{found.lines:>8.1f} %"
            f"{found.num_branches:>10}{found.branches:>8.1f} %{bound}"
        )
    return "\n".join(rows)


def too_low(packages: Mapping[str, Summary], least: Mapping[str, float] = LEAST) -> list[str]:
    """The packages below their least, and those that have one and were not measured at all."""
    return [name for name, bound in least.items() if name not in packages or packages[name].lines < bound]


def main(path: str) -> int:
    """Print the table; say which packages are below their least."""
    packages = by_package(msgspec.json.decode(Path(path).read_bytes(), type=Report))
    print(table(packages))
    low = too_low(packages)
    if low:
        print(f"below the least: {', '.join(low)}", file=sys.stderr)
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
