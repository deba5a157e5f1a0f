"""``python -m bench.guard``: count what hot paths cost; fail if one costs more than on record, or ``--record`` it."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Final

from bench.guard.clients import client_paths
from bench.guard.counting import Cost
from bench.guard.servers import server_paths
from bench.guard.verdict import excesses, read_record, versions, write_record

_SEED: Final = "PYTHONHASHSEED"


def main() -> None:
    """Count, and judge, record, or print."""
    if os.environ.get(_SEED) != "0":
        os.execve(sys.executable, [sys.executable, "-m", "bench.guard", *sys.argv[1:]], os.environ | {_SEED: "0"})
    parser = argparse.ArgumentParser(prog="python -m bench.guard", description=__doc__)
    parser.add_argument("--record", action="store_true", help="put what it costs now on record")
    parser.add_argument("--json", action="store_true", help="say only what it costs, as JSON")
    options = parser.parse_args()
    costs = measured()
    if options.json:
        print(json.dumps({name: asdict(cost) for name, cost in costs.items()}))
        return
    _show(costs)
    if options.record:
        write_record(costs)
        return
    recorded_with, recorded = read_record()
    if costs.keys() != recorded.keys():
        sys.exit("the paths are not those on record: make guard-record")
    found = excesses(costs, recorded, same=recorded_with == versions())
    if found:
        sys.exit("\n".join(["too much:", *map(str, found), "if it has to be so: make guard-record, and say why"]))


def measured() -> dict[str, Cost]:
    """What every path costs now."""
    with tempfile.TemporaryDirectory(prefix="guard-") as name, ExitStack() as stack:
        folder = Path(name)
        return {path.name: path.cost() for path in [*server_paths(folder, stack), *client_paths(folder, stack)]}


def _show(costs: dict[str, Cost]) -> None:
    print(f"{'path':<50}{'bytecodes':>11}{'natives':>9}{'SQL steps':>11}{'ratio':>8}")
    for name, cost in costs.items():
        ratio = f"{cost.ratio:8.2f}" if cost.ratio else f"{'':>8}"
        print(f"{name:<50}{cost.bytecodes:>11,}{cost.natives:>9,}{cost.sql:>11,}{ratio}")


if __name__ == "__main__":
    main()
