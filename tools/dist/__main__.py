"""The commands of `make dist`: ``python -m tools.dist build``."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tools.dist import offline, record, source, sums, weigh, wheels
from tools.dist.debian import packages
from tools.dist.running import UMASK

ROOT: Final = Path(__file__).resolve().parents[2]


def build(out: Path, work: Path, commit: str, machines: Sequence[str]) -> None:
    """Everything of a release into ``out``, which is emptied first."""
    for machine in machines:
        wheels.need_target(machine)
    if changed := source.changed(ROOT):
        print(f"not in this build, as it is not committed: {', '.join(changed)}", file=sys.stderr)
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    made = source.export(ROOT, work / "source", commit)
    seams = [wheels.native(made, out, work, machine) for machine in machines]
    wheel, _ = wheels.pure(made, out)
    offline.make(made, (wheel, *seams), ROOT / ".uv/bin/uv", out / "offline", machines)
    for machine in machines:
        for package in packages.PACKAGES:
            packages.build(package, made, out / "offline", machine, out, work / "debian")
    record.write(made, out)
    sums.write(out)
    for name, path in sums.files(out).items():
        print(f"{path.stat().st_size:>12,}  {name}")


def main(arguments: list[str]) -> None:
    """Run one command."""
    parser = argparse.ArgumentParser(prog="python -m tools.dist", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("build", help="wheels, source archive and sums")
    one.add_argument("--out", type=Path, default=ROOT / "dist", help="where the release goes (default: dist)")
    one.add_argument("--work", type=Path, default=ROOT / ".cache/dist", help="where it is built (default: .cache/dist)")
    one.add_argument("--commit", default="HEAD", help="what is built (default: HEAD)")
    one.add_argument(
        "--machine", action="append", choices=wheels.MACHINES, help="for which kind of machine (default: each)"
    )
    other = commands.add_parser("weigh", help="what each package of a base installation weighs")
    other.add_argument("--offline", type=Path, default=ROOT / "dist/offline", help="what is installed")
    other.add_argument("--plain", action="store_true", help="as pip alone installs it, without install.sh")
    other.add_argument(
        "--list", choices=offline.LISTS, default="requirements.txt", help="what of it (default: %(default)s)"
    )
    chosen = parser.parse_args(arguments)
    os.umask(UMASK)
    if chosen.command == "weigh":
        print(weigh.report(chosen.offline.resolve(), chosen.list, plain=chosen.plain))
        return
    build(chosen.out.resolve(), chosen.work.resolve(), chosen.commit, chosen.machine or wheels.MACHINES)


main(sys.argv[1:])
