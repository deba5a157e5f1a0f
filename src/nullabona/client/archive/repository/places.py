"""Where a repository is: what reading and writing one ask of a folder or a relay. A place is not trusted with anything.

A place may lose, change, mix up or bring back what it was given: readers check every byte, and writers read back.
"""

from __future__ import annotations

from typing import Final, Protocol

from nullabona.client.archive.repository.chunks import ChunkRef

MOST_HEADS: Final = 64
"""More heads than this are not looked at: the place is not as we left it."""
KEPT: Final = 2
"""Snapshots that stay: the newest, and the one before it."""


class Place(Protocol):
    """One repository. Methods may block; every one raises `BackupUnwritable` and its kin, or `BackupMissing`."""

    @property
    def id(self) -> bytes:
        """16 bytes that name the repository; its keys are derived from them."""
        ...

    @property
    def most_bytes(self) -> int:
        """The largest size of a snapshot that the place takes."""
        ...

    def heads(self) -> list[bytes]:
        """Sealed heads, in any order, at most `MOST_HEADS`."""
        ...

    def read(self, ref: ChunkRef) -> bytes | None:
        """What is there under the chunk's name, at most one byte more than its size; None: nothing."""
        ...

    def keeps(self, ref: ChunkRef, today: int) -> bool:
        """Whether a chunk of an earlier snapshot can be left as it is; if not, it is written again."""
        ...

    def write(self, ref: ChunkRef, sealed: bytes) -> None:
        """Keep a chunk."""
        ...

    def write_head(self, number: int, sealed: bytes) -> None:
        """Keep a head, after everything that was written before it is durable."""
        ...

    def prune(self, heads: frozenset[bytes], names: frozenset[bytes]) -> int:
        """Give up all heads but those with these digests, and all chunks but those with these names.

        Returns how many chunks that were.
        """
        ...
