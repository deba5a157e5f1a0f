"""Notices when a directory that answers keeps from this device what its record had for a handle (spec/map.md §6).

A directory that refuses to be watched could hide a false entry. So the person is told that the watch fails.
"""

from __future__ import annotations

from typing import Final

from nullabona.client.core.directory.errors import RecordGap
from nullabona.client.core.directory.keeping import Evidence, keep_evidence, load_pinned
from nullabona.client.runner.context import RunnerContext
from nullabona.client.runner.directories import GRAVE, Directories
from nullabona.errors import Malformed, NullabonaError, Refused
from nullabona.wire.handle import parse_handle

CODE: Final = "record-withheld"


class Withheld:
    """Since when the epochs of each handle could not be looked through, in this run of the program."""

    def __init__(self, context: RunnerContext, directories: Directories) -> None:
        self._context = context
        self._directories = directories
        self._since: dict[str, int] = {}

    def told(self, handle: str) -> None:
        """The directory showed the handle's epochs."""
        self._since.pop(handle, None)

    async def note(self, handle: str, error: NullabonaError, promise: bytes = b"") -> None:
        """It did not, for this reason. The person is warned once that has lasted for two periods and 60 seconds.

        Not if the directory is out of reach, nor if what is wrong was told already. ``promise`` is kept as evidence.
        """
        if error.code in GRAVE:
            return
        host, now_s = parse_handle(handle).authority, self._context.now() // 1_000
        since_s = self._since.setdefault(handle, now_s)
        with self._context.store.reading():
            pinned = load_pinned(self._context.store, host)
        if pinned is None or now_s - since_s <= pinned.rules.fresh_s or not await self._answers(host, error):
            return
        with self._context.engine.step(self._context.now()) as step:
            keep_evidence(step.store, Evidence(CODE, host, now_s, pinned.checkpoint, promise), step.local.host)
        self._context.warn(CODE, handle=handle, host=host)

    async def _answers(self, host: str, error: NullabonaError) -> bool:
        """Whether the directory can be reached: by what it said, or by asking what log it keeps."""
        return isinstance(error, Refused | Malformed | RecordGap) or await self._directories.answers(host)
