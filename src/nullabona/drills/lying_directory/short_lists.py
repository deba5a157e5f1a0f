"""Lists of changes as a directory makes them that leaves some labels out, in what it signs and in what it tells."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from nullabona.directory import epoch_lists, record
from nullabona.wire.changes import ChangeList

HIDDEN: Final[set[bytes]] = set()
"""The labels that no list has from now on."""


class ShortList(ChangeList):
    """A list without the hidden labels."""

    @classmethod
    def of(cls, labels: Iterable[bytes]) -> ChangeList:
        """See `ChangeList`."""
        return ChangeList.of(each for each in labels if each not in HIDDEN)


def make_short_lists() -> None:
    """From now on this process leaves the hidden labels out."""
    for module in (record, epoch_lists):
        vars(module)["ChangeList"] = ShortList
