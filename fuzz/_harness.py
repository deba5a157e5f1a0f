"""What every fuzz target shares: how bytes are changed and split, and the loop that runs targets until time is over."""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeAlias

Target: TypeAlias = Callable[[random.Random], object]
MOST_GROWTH: Final = 400 << 20
"""Bytes of memory that all inputs together may cost."""


@dataclass(frozen=True, slots=True)
class Given:
    """How long, and from which seed on: an input is named by the seed and its number."""

    seconds: float
    seed: int


def given(doc: str | None) -> Given:
    """What the command line says of a module with this docstring."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    return Given(options.seconds, options.seed)


def tries(
    targets: Sequence[Target], given: Given, refused: tuple[type[Exception], ...] = (), most_growth: int | None = None
) -> Iterator[int]:
    """Run the targets in turn until time is over; after each input its number.

    A target may raise what is ``refused``. Whatever else it raises ends the run and names the input.
    """
    until, before, number = time.monotonic() + given.seconds, _memory(), 0
    while time.monotonic() < until:
        target = targets[number % len(targets)]
        try:
            target(random.Random(f"{given.seed}:{number}"))
        except refused:
            pass
        except BaseException:
            print(f"input {given.seed}:{number} of {target.__qualname__}", file=sys.stderr)
            raise
        yield number
        number += 1
    assert most_growth is None or _memory() - before < most_growth, "memory grew without a bound"


def fuzz(
    name: str,
    doc: str | None,
    targets: Sequence[Target],
    refused: tuple[type[Exception], ...] = (),
    most_growth: int | None = None,
) -> None:
    """A whole run, as the command line says."""
    report(name, sum(1 for _ in tries(targets, given(doc), refused, most_growth)))


def report(name: str, count: int) -> None:
    """Say that it went well."""
    print(f"{name}: {count:,} inputs, no surprise")


def mutate(rng: random.Random, seed: bytes) -> bytes:
    """The seed with a few bytes changed, cut out, repeated or added; sometimes not at all, sometimes something else."""
    if rng.randrange(20) == 0:
        return rng.randbytes(rng.randrange(300))
    data = bytearray(seed)
    for _ in range(rng.randrange(5)):
        at = rng.randrange(len(data) + 1)
        data[at : at + rng.randrange(rng.choice((3, 3, 20)))] = rng.choice(
            [b"", rng.randbytes(rng.randrange(9)), bytes(data[at : at + rng.randrange(40)])]
        )
    return bytes(data)


def pieces(rng: random.Random, data: bytes) -> list[bytes]:
    """The data, split anywhere."""
    cuts = sorted({0, len(data), *(rng.randrange(len(data) + 1) for _ in range(rng.randrange(5)))})
    return [data[a:b] for a, b in pairwise(cuts)] or [b""]


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
