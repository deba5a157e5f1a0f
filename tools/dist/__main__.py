"""The commands of `make dist`: ``python -m tools.dist build``."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import Final

from tools.dist import offline, record, source, sums, weigh, wheels
from tools.dist.debian import packages
from tools.dist.running import UMASK

ROOT: Final = Path(__file__).resolve().parents[2]


def build(out: Path, work: Path, commit: str) -> None:
    """Everything of a release into ``out``, which is emptied first."""
    if changed := source.changed(ROOT):
        print(f"not in this build, as it is not committed: {', '.join(changed)}", file=sys.stderr)
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    made = source.export(ROOT, work / "source", commit)
    machine = wheels.NATIVE.partition("-")[0]
    seam = wheels.native(made, out, work)
    wheel, _ = wheels.pure(made, out)
    offline.make(made, (wheel, seam), ROOT / ".uv/bin/uv", out / "offline", [machine])
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
    other = commands.add_parser("weigh", help="what each package of a base installation weighs")
    other.add_argument("--offline", type=Path, default=ROOT / "dist/offline", help="what is installed")
    chosen = parser.parse_args(arguments)
    os.umask(UMASK)
    if chosen.command == "weigh":
        print(weigh.report(chosen.offline.resolve()))
        return
    build(chosen.out.resolve(), chosen.work.resolve(), chosen.commit)


main(sys.argv[1:])
