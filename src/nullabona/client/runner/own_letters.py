"""When a device writes a letter to its own account's inbox: at random moments while it runs (spec/room.md §9.2)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from nullabona.client.core.devices import own_letters
from nullabona.client.core.model.change_set import ChangeSet
from nullabona.client.runner.context import RunnerContext
from nullabona.client.runner.randomness import fraction, moment_s

MEAN_S: Final = 5 * 3_600.0
"""Mean of the seconds between two letters while the device runs."""


async def write_own_letters(context: RunnerContext, rng: Callable[[], float] = fraction) -> None:
    """Write letters for ever. ``rng`` gives numbers in [0, 1).

    The times are exponential and drawn again at each start, as they have no memory: when the process began, or when the
    last letter was, does not show in when the next one is.
    """
    while True:
        await asyncio.sleep(moment_s(MEAN_S, rng()))
        with context.engine.step(context.now()) as step:
            written = own_letters.write(step)
        if written:
            context.happened(ChangeSet(frozenset()))
