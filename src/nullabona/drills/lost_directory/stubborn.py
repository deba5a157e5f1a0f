"""A relay whose operator changed it so that it asks no witness what it holds.

The shipped program would end at once with an old copy of its record (`nullabona.sequencer.LogOlder`).
"""

from __future__ import annotations

from typing import Any

from nullabona.sequencer.witnesses import Circle


def ask_no_witness() -> None:
    """From now on this process hears nothing of what witnesses hold."""
    Circle._held = _hear_nothing  # type: ignore[method-assign,assignment] # noqa: SLF001 - an operator changes what they like


async def _hear_nothing(*_: Any) -> None:  # noqa: ANN401 - whatever it is asked with
    return None
