"""Which benches are run with which arguments, in which order: all of them in every turn, and then all again."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

BENCHES: Final = ("opening", "latency", "catchup", "rooms")


@dataclass(frozen=True, slots=True)
class Step:
    """One process to run: ``python -m bench.<bench> <arguments> --json``."""

    bench: str
    turn: int
    arguments: tuple[str, ...]


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be chosen of a run."""
    parser.add_argument("--only", nargs="+", choices=BENCHES, default=list(BENCHES), help="these benches")
    parser.add_argument("--turns", type=int, default=3, help="how often all but opening are run")
    for flag, default, said in _NUMBERS:
        parser.add_argument(flag, type=type(default), default=default, help=f"{said} (default: {default:,})")
    parser.add_argument("--sizes", type=int, nargs="+", default=[2, 10, 100, 1_000], help="devices of rooms")


_NUMBERS: Final = (
    ("--messages", 1_000_000, "in the profile that is opened"),
    ("--rooms", 200, "in that profile"),
    ("--times", 5, "how often it is opened each way, warm and cold"),
    ("--fast-talk", 300, "messages one after another on a shared connection, a turn"),
    ("--calm-talk", 50, "messages now and then by default, a turn"),
    ("--brisk-talk", 60, "messages one after another by default, a turn"),
    ("--pause", 5.0, "seconds between messages that are said now and then"),
    ("--waiting", 10_000, "messages that wait for who comes back"),
    ("--waiting-rooms", 100, "rooms they wait in"),
)


def steps(chosen: argparse.Namespace) -> Iterator[Step]:
    """Everything that was chosen, in order."""
    for turn in range(chosen.turns):
        for bench, arguments in _turn(chosen):
            if bench in chosen.only and (turn == 0 or bench != "opening"):
                yield Step(bench, turn, tuple(str(argument) for argument in arguments))


def _turn(chosen: argparse.Namespace) -> Iterator[tuple[str, tuple[str | float, ...]]]:
    yield "opening", ("--messages", chosen.messages, "--rooms", chosen.rooms, "--times", chosen.times)
    yield "latency", ("--fast", "--messages", chosen.fast_talk)
    yield "latency", ("--messages", chosen.calm_talk, "--pause", chosen.pause)
    yield "latency", ("--messages", chosen.brisk_talk, "--pause", 0)
    waiting = ("--messages", chosen.waiting, "--rooms", chosen.waiting_rooms)
    yield "catchup", waiting
    yield "catchup", ("--fast", *waiting)
    for size in chosen.sizes:
        yield "rooms", ("--sizes", size)
