"""A lock on an open file, which the system holds: it goes with the process, however that ends."""

from __future__ import annotations

import os
import sys

if sys.platform == "win32":
    import msvcrt

    def lock(file: int) -> None:
        """Lock an open file until it is closed. Raises `BlockingIOError` if it is locked, `OSError` if it cannot be.

        On Windows other processes can then read or write the first byte no longer: do not lock a file with content.
        """
        os.lseek(file, 0, os.SEEK_SET)  # the lock covers a byte from here on; it may be behind the end
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError(*error.args) from error

else:
    import fcntl

    def lock(file: int) -> None:
        """Lock an open file until it is closed. Raises `BlockingIOError` if it is locked, `OSError` if it cannot be.

        On Windows other processes can then read or write the first byte no longer: do not lock a file with content.
        """
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
