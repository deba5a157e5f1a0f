"""Relay processes that drills start, stop and look at."""

from __future__ import annotations

import ipaddress
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from errno import ENOTEMPTY
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from nullabona.errors import UserError

_START_S: Final = 20.0
_STOP_S: Final = 10.0
_ATTEMPTS: Final = 100
_ESTABLISHED: Final = "01"
_NULLA: Final = "from nullabona.cli import main; main()"


class RelayFailed(UserError):
    """The relay did not start or did not stop as it should."""

    code = "relay-failed"
    default_hint = "its own words are in the log beside its data"


class RelayProcess:
    """``nulla relay serve`` as a process of its own. ``log`` gets everything it says, ``temporary`` its other files:
    whatever it writes where it stands, in its home or among temporary files, so that a search of it sees that.

    ``program`` is what runs in the place of ``nulla``: an operator may have changed it. ``more`` are further options.
    """

    def __init__(
        self,
        data: Path,
        log: Path,
        listen: str = "127.0.0.1:0",
        *,
        temporary: Path,
        program: Sequence[str] = ("-c", _NULLA),
        more: Sequence[str] = (),
    ) -> None:
        self.data = data
        self.log = log
        serve = ("relay", "serve", "--data", str(data.resolve()), "--listen", listen, "--json", *more)
        command = [sys.executable, *program, *serve]
        with log.open("ab") as out:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=out,
                cwd=temporary,
                env=_environment(temporary.resolve()),
                start_new_session=True,
            )
        try:
            self.url = self._wait_ready()
        except BaseException:
            self.kill()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def authority(self) -> str:
        """``host:port``, as in handles."""
        return self.url.split("://", 1)[1].split("/", 1)[0]

    def wait_gone(self) -> int:
        """Until the process has ended by itself; its exit code. Raises `RelayFailed` if it does not."""
        try:
            return self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired as error:
            raise RelayFailed("the relay goes on although its data is gone") from error

    def stop(self) -> None:
        """Stop it in good order, or by force if it takes too long. Harmless when repeated."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self.kill()
        self._close()

    def kill(self) -> None:
        """End it without a word. Harmless when repeated."""
        with suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()
        self._close()

    def _wait_ready(self) -> str:
        watchdog = _Watchdog(self._process)
        with watchdog:
            line = self._out.readline()
        try:
            return str(json.loads(line)["ready"])
        except (ValueError, KeyError, TypeError) as error:
            raise RelayFailed("the relay did not start") from error

    @property
    def _out(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout

    def _close(self) -> None:
        self._out.close()


def _environment(home: Path) -> dict[str, str]:
    """Ours, but for where files go that have no other place; what is found from where we are is found from there."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    paths = [str(Path.cwd()), *filter(None, ours.get("PYTHONPATH", "").split(os.pathsep))]
    ours["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, paths))
    return ours | {"TMPDIR": str(home), "HOME": str(home)}


class _Watchdog:
    """Kills a process that says nothing in time, so that reading from it ends."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        import threading

        self._timer = threading.Timer(_START_S, process.kill)

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._timer.cancel()


def delete_data(data: Path) -> None:
    """Delete everything in a data directory, while its relay may be running and write into it once more.

    Raises `OSError` if something is still there after many attempts.
    """
    for _ in range(_ATTEMPTS):
        for path in data.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        if not any(data.iterdir()):
            return
    raise OSError(ENOTEMPTY, os.strerror(ENOTEMPTY), str(data))


def connected_addresses(pid: int) -> list[str]:
    """The IPv4 or IPv6 address at the other end of each TCP connection of a process; none if that may not be seen."""
    try:
        inodes = {_socket_inode(link) for link in Path(f"/proc/{pid}/fd").iterdir()}
        rows = [
            line.split()
            for name in ("tcp", "tcp6")
            for line in Path(f"/proc/{pid}/net/{name}").read_text("ascii").splitlines()[1:]
        ]
    except OSError:
        return []
    return [_address(row[2]) for row in rows if row[3] == _ESTABLISHED and row[9] in inodes]


def _address(field: str) -> str:
    """An address as the kernel prints it: words of 32 bits in the machine's order, in hexadecimal."""
    packed = bytes.fromhex(field.partition(":")[0])
    words = [packed[at : at + 4] for at in range(0, len(packed), 4)]
    address = ipaddress.ip_address(b"".join(word[::-1] if sys.byteorder == "little" else word for word in words))
    return str(getattr(address, "ipv4_mapped", None) or address)


def _socket_inode(link: Path) -> str:
    with suppress(OSError):
        return os.fspath(link.readlink()).removeprefix("socket:[").removesuffix("]")
    return ""
