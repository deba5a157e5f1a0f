"""Runs Python code as if on Windows or macOS: ``python tests/system/pretend.py win32 -m nullabona.cli --help``.

What the system lacks is taken away, and what it does in another way is done in that way, at the door: ``sys.platform``,
the modules ``os``, ``signal``, ``socket``, ``time`` and ``asyncio`` as our own code sees them, and a hook that refuses
modules. The standard library and the libraries keep what they need: they would run on their own branch there.
Of the interpreter's flags, ``-I``, ``-P``, ``-m`` and ``-c`` are understood. ``sys.executable`` starts this again.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import runpy
import shlex
import signal
import socket
import sys
import tempfile
import time
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import ModuleType

BEFORE = """
asyncio concurrent.futures.thread ctypes dataclasses email.message getpass http.client importlib.metadata inspect
ipaddress locale logging multiprocessing pathlib platform queue random secrets selectors shutil sqlite3 ssl subprocess
tempfile threading urllib.request uuid webbrowser zipfile zoneinfo apsw click click._termui_impl click.testing
cryptography.hazmat.primitives.ciphers.aead h11 idna keyring keyring.backends.fail mnemonic msgspec nacl.bindings picows
PIL.Image PIL.ImageCms pyrage python_socks.async_.asyncio segno encodings.idna
""".split()
"""Loaded before the system changes: they choose their branch when they are imported."""
OWN_OS = {"pathlib", "shutil"}
"""Of the standard library, those through which our code reaches files: they get the other system's functions."""
NO_MODULES: dict[str, set[str]] = {
    "win32": set("fcntl resource uvloop pwd grp termios tty pty posix readline syslog crypt spwd nis".split()),
    "darwin": set(),
}
NO_NAMES: dict[str, dict[ModuleType, str]] = {
    "win32": {
        os: """O_CLOEXEC O_DIRECTORY O_NOFOLLOW O_NONBLOCK O_NOCTTY O_SYNC O_DSYNC O_NOATIME O_PATH O_TMPFILE
            geteuid getuid getegid getgid getgroups getresuid setuid setgid fork forkpty killpg getpgid getpgrp setsid
            setpgid chown fchown lchown fchmod fchdir chroot pread pwrite preadv pwritev fdatasync sync sysconf statvfs
            fstatvfs posix_fallocate posix_fadvise sendfile mkfifo mknod nice getloadavg set_blocking get_blocking wait
            wait3 wait4 waitid WNOHANG WEXITED P_PID openpty ttyname uname memfd_create eventfd sched_setaffinity
            sched_getaffinity posix_spawn copy_file_range splice getrandom pidfd_open getxattr setxattr""",
        signal: """SIGHUP SIGKILL SIGUSR1 SIGUSR2 SIGALRM SIGPIPE SIGSTOP SIGCONT SIGCHLD SIGQUIT SIGTSTP sigwait
            pthread_sigmask pthread_kill sigpending alarm setitimer siginterrupt""",
        socket: "AF_UNIX socketpair_unix AF_NETLINK SO_REUSEPORT recv_fds send_fds SCM_RIGHTS",
        time: """clock_gettime clock_gettime_ns clock_settime clock_getres CLOCK_MONOTONIC CLOCK_BOOTTIME CLOCK_REALTIME
            CLOCK_PROCESS_CPUTIME_ID tzset pthread_getcpuclockid""",
        asyncio: "start_unix_server open_unix_connection",
    },
    "darwin": {
        os: """fdatasync posix_fallocate posix_fadvise memfd_create eventfd sched_setaffinity sched_getaffinity
            copy_file_range splice getrandom pidfd_open getxattr setxattr O_NOATIME O_PATH O_TMPFILE waitid""",
        signal: "sigwaitinfo sigtimedwait",
        socket: "AF_NETLINK SO_PEERCRED",
        time: "CLOCK_BOOTTIME",
    },
}


class _Absent(MetaPathFinder):
    """Refuses what the system has no module for."""

    def __init__(self, names: set[str]) -> None:
        self._names = names

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        if fullname.partition(".")[0] in self._names:
            raise ModuleNotFoundError(f"No module named {fullname!r} on {sys.platform}", name=fullname)


def pretend(system: str) -> None:
    """From here on this process is one of that system, to code that is imported afterwards."""
    for name in BEFORE:
        importlib.import_module(name)
    _pair_sockets()
    _keep_for_libraries()
    door = importlib.import_module(f"tests.system.{'windows' if system == 'win32' else 'macos'}")
    door.install()
    absent = NO_MODULES[system]
    for name in [name for name in sys.modules if name.partition(".")[0] in absent]:
        del sys.modules[name]
    sys.meta_path.insert(0, _Absent(absent))
    for module, names in NO_NAMES[system].items():
        for name in names.split():
            if hasattr(module, name):
                delattr(module, name)
    sys.platform = system


def _keep_for_libraries() -> None:
    """Copies of the modules that change, for everything that is loaded already."""
    changed = {module: _copy(module) for module in (os, signal, socket, time)}
    for name, module in list(sys.modules.items()):
        if name.startswith("tests.") or name in OWN_OS or name == "__main__" or not isinstance(module, ModuleType):
            continue
        for attribute, value in list(vars(module).items()):
            if isinstance(value, ModuleType) and value in changed:
                setattr(module, attribute, changed[value])


def _pair_sockets() -> None:
    """The standard library's own function finds its family in the module from which it is taken away."""
    real, family = socket.socketpair, socket.AF_UNIX
    socket.socketpair = lambda *arguments: real(*(arguments or (family,)))


def _copy(module: ModuleType) -> ModuleType:
    copy = ModuleType(module.__name__)
    vars(copy).update(vars(module))
    return copy


def interpreter(system: str) -> str:
    """A program that is to this process what ``sys.executable`` is, on that system."""
    known = os.environ.get("PRETEND_INTERPRETER", "")
    if known:
        return known
    folder = Path(tempfile.mkdtemp(prefix="pretend-"))
    made = folder / f"python-{system}"
    made.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(__file__)} {system} "$@"\n', "utf-8")
    made.chmod(0o755)
    return str(made)


def main() -> None:
    """What the interpreter does with its arguments."""
    system, *arguments = sys.argv[1:]
    sys.path.insert(0, str(Path(__file__).parents[2]))
    sys.path[:] = [entry for entry in sys.path if entry != str(Path(__file__).parent)]
    own = interpreter(system)
    if system == "win32" and "SYSTEMROOT" not in os.environ:
        sys.exit("Fatal Python error: failed to get random numbers to initialize Python")
    pretend(system)
    sys.executable, sys.orig_argv = own, [own, *arguments]
    while arguments[0].strip("-IP") == "":
        arguments.pop(0)
    flag, what, *rest = arguments
    flag = flag.replace("P", "")
    sys.argv = [what if flag == "-m" else flag, *rest]
    if flag == "-m":
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})


if __name__ == "__main__":
    main()
