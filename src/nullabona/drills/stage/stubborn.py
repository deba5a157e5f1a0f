"""A program whose operator changed it so that it asks no witness what it holds.

The shipped program would sign nothing with an old copy or a second history, and end (`nullabona.sequencer.LogOlder`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nullabona.sequencer.witnesses import Circle


def ask_no_witness() -> None:
    """From now on this process hears nothing of what witnesses hold."""
    Circle._held = _hear_nothing  # type: ignore[method-assign,assignment] # noqa: SLF001 - an operator changes what they like


@contextmanager
def asking_no_witness() -> Iterator[None]:
    """Until the block ends this process hears nothing of what witnesses hold."""
    shipped = Circle._held  # noqa: SLF001 - put back below
    ask_no_witness()
    try:
        yield
    finally:
        Circle._held = shipped  # type: ignore[method-assign] # noqa: SLF001 - as it was


async def _hear_nothing(*_: Any) -> None:  # noqa: ANN401 - whatever it is asked with
    return None
