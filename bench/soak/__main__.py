"""``python -m bench.soak``: soak for some minutes, print a page, and fail if something does not hold."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Coroutine, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from bench.soak.plan import DEEDS, Shape
from bench.soak.report import claims, data, page
from bench.soak.scenario import Outcome, play
from nullabona.errors import NullabonaError


def main() -> None:
    """Soak, print, judge."""
    options = _parser().parse_args()
    chosen = {field.name: getattr(options, field.name) for field in fields(Shape)}
    shape = Shape(**chosen | {"deeds": tuple(options.deeds)})
    began = time.monotonic()

    def tell(text: str) -> None:
        print(f"{time.monotonic() - began:7.1f} s  {text}", file=sys.stderr, flush=True)

    folder = Path(tempfile.mkdtemp(prefix="soak-", dir=options.dir))
    try:
        made = asyncio.run(_until_terminated(play(folder, shape, tell)))
    except* NullabonaError as failed:
        sys.exit("\n".join(error.render() for error in _each(failed)))
    finally:
        if options.keep:
            tell(f"everything is left in {folder}")
        else:
            shutil.rmtree(folder)
    found = claims(made)
    print(json.dumps(data(made, found, machine())) if options.json else page(made, found, machine()))
    sys.exit(1 if any(claim.failed for claim in found) else 0)


async def _until_terminated(running: Coroutine[Any, Any, Outcome]) -> Outcome:
    """As `asyncio.run` does with SIGINT: anyone who ends this process ends those that it started."""
    task = asyncio.ensure_future(running)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


def _each(group: BaseExceptionGroup[NullabonaError]) -> Iterator[NullabonaError]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _each(error)
        else:
            yield error


def machine() -> str:
    """What the figures are of."""
    text = Path("/proc/cpuinfo").read_text()
    model = next((line.partition(": ")[2] for line in text.splitlines() if line.startswith("model name")), "")
    return (f"{model or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
            f"{platform.system()} {platform.release()}, Python {platform.python_version()}")  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__,
                                     formatter_class=argparse.ArgumentDefaultsHelpFormatter)  # fmt: skip
    default, length = Shape(), parser.add_mutually_exclusive_group()  # deeds last as long as they last
    for field in fields(Shape):
        flag, value = f"--{field.name.replace('_', '-')}", getattr(default, field.name)
        if field.name == "deeds":
            length.add_argument(flag, nargs="+", choices=DEEDS, default=(), help="exactly these, and no --minutes")
        else:
            group = length if field.name == "minutes" else parser
            group.add_argument(flag, type=type(value), default=value, help=" ")
    parser.add_argument("--dir", help="where everything is put (the system's temporary directory if not given)")
    parser.add_argument("--keep", action="store_true", help="leave profiles, data and logs there")
    parser.add_argument("--json", action="store_true", help="every figure as JSON in the place of the page")
    return parser


if __name__ == "__main__":
    main()
