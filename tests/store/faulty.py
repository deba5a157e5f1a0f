"""A disk that fails on request: SQLite's files, under the cipher, with every write seen as the disk sees it."""

from __future__ import annotations

from functools import cache

import apsw

VFS = "multipleciphers-faulty"
"""The name to open a store with: the cipher over the failing disk. The cipher never lets go of it: one per process."""


class FaultyDisk(apsw.VFS):
    """``fail_after`` counts operations of ``kinds``, then each fails; ``written`` is all that was ever written.

    A write or sync that fails did not happen, unless ``fail_late``: then it did.
    """

    def __init__(self) -> None:
        super().__init__("faulty", "unix")
        self.kinds: frozenset[str] = frozenset()
        self.fail_after: int | None = None
        self.fail_late = False
        self.count = 0
        self.written: list[bytes] = []

    def break_at(self, *kinds: str, after: int = 0, late: bool = False) -> None:
        """From the ``after``-th operation of these kinds on, each fails."""
        self.kinds, self.fail_after, self.fail_late, self.count = frozenset(kinds), after, late, 0

    def repair(self) -> None:
        self.fail_after = None

    def fails(self, kind: str) -> bool:
        """Counts an operation and says whether it fails."""
        if kind not in self.kinds or self.fail_after is None:
            return False
        self.count += 1
        return self.count > self.fail_after

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> FaultyFile:  # noqa: N802 — SQLite's name
        return FaultyFile(self, name, flags)


class FaultyFile(apsw.VFSFile):
    """A file on a `FaultyDisk`."""

    def __init__(self, disk: FaultyDisk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self.disk = disk
        super().__init__("unix", name, flags)

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        if self.disk.fails("read"):
            raise apsw.IOError("the disk failed")
        return bytes(super().xRead(amount, offset))

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        failing = self.disk.fails("write")
        if not failing or self.disk.fail_late:
            self.disk.written.append(bytes(data))
            super().xWrite(data, offset)
        if failing:
            raise apsw.FullError("the disk is full")

    def xSync(self, flags: int) -> None:  # noqa: N802
        failing = self.disk.fails("sync")
        if not failing or self.disk.fail_late:
            super().xSync(flags)
        if failing:
            raise apsw.IOError("the disk failed")

    def xTruncate(self, size: int) -> None:  # noqa: N802
        if self.disk.fails("write"):
            raise apsw.IOError("the disk failed")
        super().xTruncate(size)


@cache
def faulty_disk() -> FaultyDisk:
    """The disk of this process."""
    return FaultyDisk()
