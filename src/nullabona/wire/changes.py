"""The list of an epoch: which labels of the map changed in it, as heads of 8 bytes (spec/map.md §2.1).

An epoch's log entry commits to its list. Who has every list since a proof knows without asking that nothing changed at
a label. Two labels may have one head: a head in a list is a reason to look, and never a proof that something changed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from typing import Final

from nullabona.errors import Malformed

HEAD_BYTES: Final = 8
MAX_LIST: Final = 1_048_576
"""Largest list that is told, in bytes: 131,072 heads. Of an epoch with more changes only the hash is told."""
_DOMAIN: Final = b"nullabona map changes v1"


@dataclass(frozen=True, slots=True)
class ChangeList:
    """The heads of the labels that changed in one epoch, each once and in order, in a row.

    Raises `Malformed` for anything else.
    """

    heads: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        if len(self.heads) % HEAD_BYTES:
            raise Malformed("a list of changes ends within a head")
        rows = self._rows()
        if any(left >= right for left, right in pairwise(rows)):
            raise Malformed("a list of changes is not in order, or has a head twice")

    @classmethod
    def of(cls, labels: Iterable[bytes]) -> ChangeList:
        """The list of an epoch in which these labels changed."""
        return cls(b"".join(sorted({label[:HEAD_BYTES] for label in labels})))

    @property
    def hash(self) -> bytes:
        """What the epoch's log entry commits to."""
        return sha256(_DOMAIN + self.heads).digest()

    def __len__(self) -> int:
        return len(self.heads) // HEAD_BYTES

    def may_have(self, label: bytes) -> bool:
        """Whether the label's head is in the list. If not, nothing changed at the label."""
        rows, head = self._rows(), label[:HEAD_BYTES]
        at = bisect_left(rows, head)
        return at < len(rows) and rows[at] == head

    def _rows(self) -> list[bytes]:
        return [self.heads[at : at + HEAD_BYTES] for at in range(0, len(self.heads), HEAD_BYTES)]
