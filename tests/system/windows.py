# ruff: noqa: ANN401 - these stand in for functions that take anything
"""What Windows does in another way than Linux, for code that is imported after `install`."""

from __future__ import annotations

import asyncio
import builtins
import ctypes
import fcntl
import io
import os
import resource
import shutil
import signal
import socket
import stat
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NoReturn

O_BINARY = 0x8000
_RESERVED = {"con", "prn", "aux", "nul", *(f"{kind}{n}" for kind in ("com", "lpt") for n in "123456789")}
_FORBIDDEN = set('<>:"|?*')
_JOB_SIZE = 144
"""Of JOBOBJECT_EXTENDED_LIMIT_INFORMATION on 64 bits."""
_real = SimpleNamespace(**vars(os))
_open = builtins.open
_text: set[int] = set()
"""Descriptors whose line ends the C library changes."""


def install() -> None:
    """Make ``os``, ``socket``, ``signal``, ``asyncio`` and ``ctypes`` those of Windows."""
    _files()
    _signals_and_sockets()
    _kernel()
    sys.modules["msvcrt"] = _msvcrt()


# -- files -------------------------------------------------------------------------------------------------------------


def _files() -> None:
    made: dict[str, Callable[..., Any]] = {
        "open": _os_open, "close": _close, "read": _read, "write": _write, "stat": _stat, "lstat": _lstat,
        "fstat": _fstat, "unlink": _unlink, "remove": _unlink, "rmdir": _rmdir, "rename": _rename,
        "replace": _replace, "chmod": _chmod, "symlink": _symlink, "mkdir": _mkdir,
    }  # fmt: skip
    for name, function in made.items():
        setattr(os, name, function)
    setattr(os, "O_BINARY", O_BINARY)  # noqa: B010 - for mypy this is Linux
    builtins.open = io.open = _io_open
    shutil._use_fd_functions = False  # type: ignore[attr-defined]


def _check_name(path: Any) -> None:
    """Names that are devices, or that the system changes or refuses, open something else or nothing."""
    name = Path(os.fsdecode(path)).name
    stem = name.partition(".")[0].rstrip(" ").lower()
    if stem in _RESERVED or name != name.rstrip(". ") or _FORBIDDEN & set(name):
        raise OSError(22, "The filename, directory name, or volume label syntax is incorrect", path)


def _same_but_for_case(path: Any) -> bool:
    place = Path(os.fsdecode(path))
    try:
        return any(name.casefold() == place.name.casefold() for name in _real.listdir(place.parent))
    except FileNotFoundError:
        return False


def _os_open(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
    assert dir_fd is None, "there is no openat on Windows"
    _check_name(path)
    if Path(os.fsdecode(path)).is_dir():
        raise PermissionError(13, "Permission denied", path)
    if flags & os.O_CREAT and flags & os.O_EXCL and _same_but_for_case(path):
        raise FileExistsError(17, "File exists", path)
    made: int = _real.open(path, flags & ~O_BINARY, 0o644)
    if not flags & O_BINARY:
        _text.add(made)
    return made


def _io_open(file: Any, mode: str = "r", *rest: Any, **more: Any) -> Any:
    if isinstance(file, int):
        _text.discard(file)  # FileIO makes a descriptor binary
    elif set(mode) & set("wxa"):
        _check_name(file)
        if "x" in mode and _same_but_for_case(file):
            raise FileExistsError(17, "File exists", file)
    return _open(file, mode, *rest, **more)


def _close(file: int) -> None:
    _text.discard(file)
    _real.close(file)


def _read(file: int, size: int) -> bytes:
    _check_lock(file)
    data: bytes = _real.read(file, size)
    if file in _text:
        data = data.replace(b"\r\n", b"\n").partition(b"\x1a")[0]
    return data


def _write(file: int, data: Any) -> int:
    _check_lock(file)
    if file in _text:
        _real.write(file, bytes(data).replace(b"\n", b"\r\n"))
        return len(data)
    return int(_real.write(file, data))


def _of_windows(status: os.stat_result) -> os.stat_result:
    """No owner and no modes but that of reading only."""
    values = list(status)[:10]
    values[0] = stat.S_IFMT(status.st_mode) | (0o777 if stat.S_ISDIR(status.st_mode) else 0o666)
    values[4] = values[5] = 0
    more = "st_atime st_mtime st_ctime st_atime_ns st_mtime_ns st_ctime_ns st_blksize st_blocks st_rdev".split()
    return os.stat_result(values, {name: getattr(status, name) for name in more})


def _stat(path: Any, **more: Any) -> os.stat_result:
    return _of_windows(_real.stat(path, **more))


def _lstat(path: Any, **more: Any) -> os.stat_result:
    return _of_windows(_real.lstat(path, **more))


def _fstat(file: int) -> os.stat_result:
    return _of_windows(_real.fstat(file))


def _must_be_closed(path: Any) -> None:
    """A file that is open, or is in a folder that moves, stays where it is (no FILE_SHARE_DELETE)."""
    place = _real.path.realpath(path)
    for entry in _real.listdir("/proc/self/fd"):
        try:
            target = _real.readlink(f"/proc/self/fd/{entry}")
        except OSError:
            continue
        if target == place or target.startswith(f"{place}/"):
            raise PermissionError(13, "The process cannot access the file: it is being used", os.fsdecode(path))


def _unlink(path: Any, **more: Any) -> None:
    if not _real.path.islink(path):
        _must_be_closed(path)
    _real.unlink(path, **more)


def _rmdir(path: Any, **more: Any) -> None:
    _must_be_closed(path)
    _real.rmdir(path, **more)


def _rename(old: Any, new: Any, **more: Any) -> None:
    _check_name(new)
    _must_be_closed(old)
    if _real.path.lexists(new):
        raise FileExistsError(17, "Cannot create a file when that file already exists", new)
    _real.rename(old, new, **more)


def _replace(old: Any, new: Any, **more: Any) -> None:
    _check_name(new)
    _must_be_closed(old)
    _must_be_closed(new)
    _real.replace(old, new, **more)


def _chmod(path: Any, mode: int, **more: Any) -> None:
    """Only whether a file may be written."""


def _mkdir(path: Any, mode: int = 0o777, **more: Any) -> None:
    _check_name(path)
    _real.mkdir(path, 0o755, **more)


def _symlink(*_arguments: Any, **_more: Any) -> NoReturn:
    raise OSError(22, "A required privilege is not held by the client")


# -- locks -------------------------------------------------------------------------------------------------------------


def _flock(kind: int, start: int, length: int) -> bytes:
    return struct.pack("hhqqi", kind, os.SEEK_SET, start, length, 0)


def _check_lock(file: int) -> None:
    """A lock of another handle keeps its bytes from everybody."""
    if not stat.S_ISREG(_real.fstat(file).st_mode):
        return
    here = _real.lseek(file, 0, os.SEEK_CUR)
    found = fcntl.fcntl(file, fcntl.F_OFD_GETLK, _flock(fcntl.F_RDLCK, here, 1))
    if struct.unpack("hhqqi", found)[0] != fcntl.F_UNLCK:
        raise PermissionError(13, "Permission denied")


def _msvcrt() -> Any:
    module: Any = ModuleType("msvcrt")
    module.LK_UNLCK, module.LK_NBLCK = 0, 2

    def locking(file: int, mode: int, size: int) -> None:
        start = _real.lseek(file, 0, os.SEEK_CUR)
        kind = fcntl.F_UNLCK if mode == module.LK_UNLCK else fcntl.F_WRLCK
        try:
            fcntl.fcntl(file, fcntl.F_OFD_SETLK, _flock(kind, start, size))
        except OSError as error:
            raise PermissionError(13, "Permission denied") from error

    module.locking = locking
    return module


# -- the rest ----------------------------------------------------------------------------------------------------------


def _signals_and_sockets() -> None:
    stand_in: Any = signal.SIGUSR2
    setattr(signal, "SIGBREAK", stand_in)  # noqa: B010 - for mypy this is Linux
    setattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)  # noqa: B010 - as above; Linux counts TIME_WAIT as in use

    def lacking(*_arguments: Any, **_more: Any) -> NoReturn:
        raise NotImplementedError

    loop: Any = asyncio.SelectorEventLoop
    names = "add_signal_handler remove_signal_handler add_reader add_writer create_unix_server create_unix_connection"
    for name in names.split():
        setattr(loop, name, lacking)


class _Function:
    """A function of a library of C, which may be told its types."""

    def __init__(self, function: Callable[..., int]) -> None:
        self._function = function

    def __call__(self, *arguments: Any) -> int:
        return self._function(*arguments)


def _kernel() -> None:
    """``kernel32`` as far as a job object goes; its limits are set as those of this process."""
    known: dict[str, Any] = {"entered": False, "limits": None}

    def set_information(_job: Any, kind: int, where: Any, size: int) -> int:
        if (kind, size) != (9, _JOB_SIZE):
            return 0
        known["limits"] = where._obj
        return apply()

    def apply() -> int:
        limits = known["limits"]
        if known["entered"] and limits is not None:
            if limits.flags & 0x100:
                resource.setrlimit(resource.RLIMIT_AS, (limits.process_memory, limits.process_memory))
            if limits.flags & 0x2:
                seconds = -(-limits.process_time // 10_000_000)
                resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))
        return 1

    def assign(_job: Any, _process: Any) -> int:
        known["entered"] = True
        return apply()

    kernel = SimpleNamespace(
        CreateJobObjectW=_Function(lambda _security, _name: 7),
        GetCurrentProcess=_Function(lambda: 2**64 - 1),
        SetInformationJobObject=_Function(set_information),
        AssignProcessToJobObject=_Function(assign),
    )
    windows: Any = ctypes
    windows.WinDLL = lambda name, use_last_error=False: {"kernel32": kernel}[name]
    windows.get_last_error = lambda: 5
    windows.WinError = lambda code: OSError(code, "Access is denied")
    real = ctypes.CDLL

    def library(name: Any, *rest: Any, **more: Any) -> Any:
        if name is None:
            raise TypeError("the library has no name: there is no RTLD_DEFAULT on Windows")
        return real(name, *rest, **more)

    windows.CDLL = library
