"""A disk and a database whose n-th operation fails: before it happened, after it happened, or half-way through a write.

`Faults` stands for ``os`` in nullabona.machine.disk, and `FaultyConnection` for SQLite's connection; both count on one
counter. `Faults` also knows what is not on the disk yet: files not synced, folders changed and not synced.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Final, Literal, TypeVar

T = TypeVar("T")
Mode = Literal["did-not-happen", "did-happen", "half"]
_SQL_WRITES: Final = ("BEGIN", "INSERT", "UPDATE", "DELETE", "COMMIT")


class Counter:
    """Counts operations of everything that writes; the n-th fails, and with ``for_good`` all after it."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.mode: Mode = "did-not-happen"
        self.for_good = False
        self._lock = threading.Lock()

    def failure(self) -> Mode | None:
        """Count one operation; how it fails, if it does. Of a process that has died nothing happens any more."""
        with self._lock:
            if self.left is None:
                return None
            self.left -= 1
            if self.left == 0:
                return self.mode
            return "did-not-happen" if self.for_good and self.left < 0 else None

    @property
    def reached(self) -> bool:
        """Whether the operation that fails came."""
        return self.left is not None and self.left <= 0


COUNTER: Final = Counter()


class Faults:
    """``os``, failing as `COUNTER` says, and with a memory of what a power cut could take away."""

    def __init__(self) -> None:
        self.dirty_files: set[str] = set()
        self.dirty_folders: set[str] = set()
        self.names: dict[int, str] = {}
        self.hooks: list[Callable[[str, str], None]] = []

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever os has
        return getattr(os, name)

    def open(self, path: Path, flags: int, mode: int = 0o777) -> int:
        file = self._act("open", lambda: os.open(path, flags, mode))
        self.names[file] = str(path)
        if flags & os.O_CREAT:
            self.dirty_files.add(str(path))
        return file

    def write(self, file: int, data: memoryview) -> int:
        failure = COUNTER.failure()
        if failure is None:
            return os.write(file, data)
        if failure != "did-not-happen":
            os.write(file, data[: len(data) // (2 if failure == "half" else 1)])
        raise OSError(28, "no space left on device")

    def fsync(self, file: int) -> None:
        self._act("fsync", lambda: None)  # what would be lost is known without waiting for the real disk
        self.dirty_files.discard(self.names[file])
        self.dirty_folders.discard(self.names[file])

    def replace(self, old: Path, new: Path) -> None:
        for hook in self.hooks:
            hook(str(old), str(new))
        self._act("replace", lambda: old.replace(new))
        assert str(old) not in self.dirty_files, "a file was renamed before it was synced"
        self.dirty_folders.add(str(new.parent))

    def mkdir(self, path: Path) -> None:
        self._act("mkdir", path.mkdir)
        self.dirty_folders |= {str(path), str(path.parent)}

    def unlink(self, path: Path) -> None:
        self._act("unlink", path.unlink)

    def rmdir(self, path: Path) -> None:
        self._act("rmdir", path.rmdir)

    def _act(self, what: str, act: Callable[[], T]) -> T:
        failure = COUNTER.failure()
        if failure is None:
            return act()
        if failure != "did-not-happen":
            act()
        raise OSError(5, f"{what}: input/output error")


class FaultyConnection(sqlite3.Connection):
    """A connection that fails as `COUNTER` says. ``hooks`` are called before each COMMIT."""

    hooks: ClassVar[list[Callable[[], None]]] = []

    def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:  # noqa: ANN401 - sqlite3's signature
        if sql == "PRAGMA synchronous = FULL":
            sql = "PRAGMA synchronous = OFF"  # what fails is decided here; the disk need not be waited for
        if sql == "COMMIT":
            for hook in self.hooks:
                hook()
        return self._guard(sql, lambda: sqlite3.Connection.execute(self, sql, *rest))

    def executemany(self, sql: str, *rest: Any) -> sqlite3.Cursor:  # noqa: ANN401 - sqlite3's signature
        return self._guard(sql, lambda: sqlite3.Connection.executemany(self, sql, *rest))

    def _guard(self, sql: str, act: Callable[[], sqlite3.Cursor]) -> sqlite3.Cursor:
        failure = COUNTER.failure() if sql.startswith(_SQL_WRITES) else None
        if failure is None:
            return act()
        if failure != "did-not-happen":
            act()
        raise sqlite3.OperationalError("disk I/O error")


@contextmanager
def failing(number: int, mode: Mode, *, for_good: bool) -> Iterator[Counter]:
    """Within, the ``number``-th write fails (with ``for_good`` all after it too); afterwards everything works again."""
    COUNTER.left, COUNTER.mode, COUNTER.for_good = number, mode, for_good
    try:
        yield COUNTER
    finally:
        COUNTER.left = None
