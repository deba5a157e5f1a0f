"""Plays several drills at a time, each in a process that is ended after it.

Most of a drill is waiting: for periods, time limits, other processes. A drill that measures time (``Drill.alone``)
plays with nothing beside it, after the others.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from nullabona.cli.exits import show
from nullabona.cli.output import remark
from nullabona.drills.registry import DRILLS
from nullabona.drills.reporting.report import Played
from nullabona.drills.reporting.text import Text
from nullabona.errors import NullabonaError
from nullabona.words.catalogue import Language

_NEW_PROCESS: Final = multiprocessing.get_context("spawn")
"""A drill starts servers and threads: it begins in a process that has none yet."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One drill as it is to be played: the arguments of its ``run``, and how it speaks while it goes on."""

    name: str
    options: dict[str, Any]
    language: Language
    as_json: bool


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a turn. ``played``: None if it could not be played, which was said on stderr."""

    turn: Turn
    played: Played | None
    seconds: float


def play_all(turns: Sequence[Turn], jobs: int) -> Iterator[Came]:
    """Play them, at most ``jobs`` at a time, and those that play alone after the others. Yields what came of each."""
    for alone in (False, True):
        some = [turn for turn in turns if DRILLS[turn.name].alone is alone]
        with ProcessPoolExecutor(1 if alone else jobs, _NEW_PROCESS, max_tasks_per_child=1) as pool:
            yield from pool.map(_play, some)


def _play(turn: Turn) -> Came:
    def tell(text: Text) -> None:
        remark(f"▸ {turn.name}: {text.in_(turn.language)}")

    began = time.monotonic()
    played: Played | None = None
    try:
        played = DRILLS[turn.name].run(tell, **turn.options)
    except NullabonaError as error:
        show(error, as_json=turn.as_json, language=turn.language)
    return Came(turn, played, time.monotonic() - began)
