"""Every benchmark in turn, each with a short default: ``python -m bench [name ...]``; names as of the files here."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

SHORT: dict[str, tuple[str, ...]] = {
    "held": ("--days", "2", "--messages", "8"),
    "rooms": ("--sizes", "2", "10", "100", "1000"),
}
"""Arguments other than a benchmark's own defaults."""

FOLDERS = ("speed",)
"""Benchmarks of several files."""

APART = frozenset({"app", "proxied", *FOLDERS})
"""Run only when named, or by `make bench-app` and `make bench-speed`; "proxied" needs nginx."""


def main() -> None:
    """Run what was named, or everything; fail if one failed."""
    folder = Path(__file__).parent
    known = sorted([*FOLDERS, *(page.stem for page in folder.glob("*.py") if not page.stem.startswith("_"))])
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *known], metavar="name", help=", ".join(known))
    names = parser.parse_args().names or [name for name in known if name not in APART]
    failed = []
    for name in names:
        print(f"== {name}", flush=True)
        command = [sys.executable, "-m", f"bench.{name}", *SHORT.get(name, ())]
        if subprocess.run(command, cwd=folder.parent, check=False).returncode:
            failed.append(name)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
