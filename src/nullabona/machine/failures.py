"""Names a failure as the system does, without its text, which could hold a request's data."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Mapping
from typing import Final

_REASONS: Final = {
    errno.EACCES: "this user may not do that",
    errno.EADDRINUSE: "another program listens there",
    errno.EADDRNOTAVAIL: "this machine does not have that address",
    errno.ECONNREFUSED: "nothing listens there",
    errno.ECONNRESET: "the connection was cut",
    errno.EDQUOT: "this user's share of the disk is used up",
    errno.EEXIST: "there is something of that name already",
    errno.EHOSTUNREACH: "the network does not lead there",
    errno.EIO: "the disk fails",
    errno.EISDIR: "it is a folder, not a file",
    errno.ELOOP: "it is a symbolic link",
    errno.EMFILE: "this process has as many files open as it may",
    errno.ENAMETOOLONG: "the name is too long",
    errno.ENETUNREACH: "the network does not lead there",
    errno.ENFILE: "this machine has as many files open as it may",
    errno.ENOENT: "there is no such file or folder",
    errno.ENOSPC: "the disk is full",
    errno.ENOTDIR: "part of the path is a file, not a folder",
    errno.ENOTEMPTY: "the folder is not empty",
    errno.EPERM: "this user may not do that",
    errno.EPIPE: "the connection was cut",
    errno.EROFS: "the disk is mounted read-only",
    errno.ESRCH: "there is no such process",
    errno.ETIMEDOUT: "no answer came in time",
}
_TLS: Final = "what answers there does not speak TLS"
_NAME: Final = "this name has no address"
_OTHER: Final = "the system refuses"
REASONS: Final = frozenset({*_REASONS.values(), _TLS, _NAME, _OTHER})
"""All that `reason_of` says, but for the name of a rare error after it. In Korean: words/errors_reasons.toml."""
DAMAGED: Final = frozenset({"SQLITE_CORRUPT", "SQLITE_NOTADB"})
"""What SQLite calls a file whose content is damaged: it does not get better by itself."""


def name_of(error: BaseException) -> str:
    """What the system calls the error at the bottom of this one (``ENOSPC``, ``SQLITE_FULL``), or what kind it is."""
    while error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, OSError) and error.errno is not None:
        return errno.errorcode.get(error.errno, "OSError")
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorname", None) or type(error).__name__
    return type(error).__name__


def reason_of(error: OSError) -> str:
    """Why the system refused, as the end of a sentence of ours and not in the system's own words."""
    import socket  # not for commands that meet no failure
    import ssl

    if isinstance(error, ssl.SSLError):
        return _TLS
    if isinstance(error, socket.gaierror):
        return _NAME
    number = errno.ETIMEDOUT if isinstance(error, TimeoutError) else error.errno or 0
    return _REASONS.get(number) or f"{_OTHER} ({errno.errorcode.get(number, type(error).__name__)})"


def is_damage(name: str) -> bool:
    """Whether `name_of` told of a damaged file; SQLite adds details behind the name."""
    return any(name == each or name.startswith(f"{each}_") for each in DAMAGED)


def fault_of(context: Mapping[str, object]) -> tuple[str, str] | None:
    """What a loop tells its exception handler of a failure of our own code: the kind of error and the place, not its
    text, which could hold request data. None if it tells of none.
    """
    error = context.get("exception")
    if not isinstance(error, BaseException):
        return None
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_name}:{place.tb_lineno}" if place is not None else "unknown place"
    return type(error).__name__, where
