"""Several pieces of one work at the same time, each in a process that inherits what the work needs."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Final, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_WORK: Final[list[Callable[[Any], Any]]] = []
"""In a process of a pool: what it does with each item. It was inherited, as a recording is too large to be sent."""


def in_parallel(work: Callable[[Item], Result], items: Sequence[Item], processes: int) -> list[Result]:
    """What ``work`` makes of each of ``items``, in their order; results are pickled. One process is this one."""
    if processes == 1:
        return [work(item) for item in items]
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(processes, mp_context=fork, initializer=_WORK.append, initargs=(work,)) as pool:
        return list(pool.map(_do, items))


def _do(item: Any) -> Any:  # noqa: ANN401 - of whatever type the caller's are
    return _WORK[-1](item)
