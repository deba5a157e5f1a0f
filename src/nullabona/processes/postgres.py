"""PostgreSQL servers for drills and tests: each in a temporary folder, as an unprivileged user, on a unix socket only.

Only servers that were started here are ever ended.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Final, Self
from urllib.parse import quote

from nullabona.processes.program import ProcessFailed

ADMIN: Final = "admin"
ROLE: Final = "nulla"
"""Owns the databases, and has no other right: so has the program's role in docs/how-to/run-on-postgresql.md."""
STANDBY: Final = "second"
_READY: Final = ("ready to accept connections", "ready to accept read-only connections", "ready to accept read only")
_START_S: Final = 30
_USER: Final = "nobody"
_GROUP: Final = "nogroup"
_FAST: Final = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
_SETTINGS: Final = {
    "listen_addresses": "",
    "shared_buffers": "32MB",
    "max_connections": "40",
    "max_wal_senders": "4",
    "wal_level": "replica",
    "log_min_messages": "log",
    "autovacuum": "off",
    "wal_receiver_timeout": "5s",
    "wal_retrieve_retry_interval": "100ms",
}
_ROOM: Final = 2 * 2**30
_names = count()


def postgres_programs() -> Path | None:
    """The folder with PostgreSQL's newest server programs; None if there are none on this machine."""
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    every = [*reversed(folders), *([Path(found).resolve().parent] if found else [])]
    return next((folder for folder in every if (folder / "pg_basebackup").exists()), None)


def _roomy() -> str | None:
    """A folder in memory if there is enough of it: what is synced there does not wait for a busy disk."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder with a name of its own is made there
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > _ROOM else None


class PostgresServer:
    """One server. `make` or `copy` before use, `remove` at the end. Raises `ProcessFailed`.

    Unless it is ``durable``, it forgets what it was told last when it is killed.
    """

    def __init__(self, settings: dict[str, str] | None = None, *, durable: bool = False) -> None:
        folder = postgres_programs()
        if folder is None:
            raise ProcessFailed("PostgreSQL is not installed: run tools/need_programs.sh")
        self._programs = folder
        self._settings = _SETTINGS | ({} if durable else _FAST) | (settings or {})
        self.folder = Path(tempfile.mkdtemp(prefix="nullabona-pg-", dir=_roomy()))
        self._process: subprocess.Popen[str] | None = None
        self._said: list[str] = []
        if os.getuid() == 0:
            shutil.chown(self.folder, _USER, _GROUP)

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.folder / "data"

    @property
    def pids(self) -> list[int]:
        """Its own process and those of its sessions and chores."""
        assert self._process
        own = self._process.pid
        children = Path(f"/proc/{own}/task/{own}/children").read_text("ascii").split()
        return [own, *map(int, children)]

    def make(self) -> Self:
        """A new, empty server, whose own order of texts is not the order of their bytes."""
        self.run("initdb", "-D", str(self.data), "-U", ADMIN, "--auth=trust", "-E", "UTF8", "--no-sync", "-N",
                  "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US")  # fmt: skip
        self.start()
        self.tell(f"CREATE ROLE {ROLE} LOGIN")
        return self

    def copy(self, settings: dict[str, str] | None = None) -> Self:
        """A running standby of this server, which calls itself `STANDBY`."""
        other = type(self)(settings, durable=True)
        source = f"host={self.folder} user={ADMIN} application_name={STANDBY}"
        try:
            other.run("pg_basebackup", "-D", str(other.data), "-R", "-d", source, "--checkpoint=fast", "--no-sync")
            other.start()
        except BaseException:
            other.remove()
            raise
        return other

    def start(self) -> None:
        """Returns when the server accepts connections."""
        options = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        self._said.clear()
        self._process = subprocess.Popen(  # noqa: S603 - our own words
            self._command("postgres", "-D", str(self.data), "-k", str(self.folder), *options),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=self.folder,
        )  # fmt: skip
        ready = threading.Event()
        self._listener = threading.Thread(target=self._listen, args=(self._process, ready), daemon=True)
        self._listener.start()
        if not ready.wait(_START_S) or self._process.poll() is not None:
            raise ProcessFailed(f"PostgreSQL did not start: {''.join(self._said)[-2_000:]}")

    def kill(self) -> None:
        """As a power cut of the process: SIGKILL to it and, as they notice, to its children."""
        assert self._process
        self._process.kill()
        self._process.wait()
        self._listener.join()

    def pause(self) -> None:
        """Every process of the server stops where it is."""
        for each in self.pids:
            os.kill(each, signal.SIGSTOP)

    def go_on(self) -> None:
        """The opposite of `pause`."""
        for each in self.pids:
            os.kill(each, signal.SIGCONT)

    def promote(self) -> None:
        """This standby is a server of its own when this returns."""
        self.run("pg_ctl", "promote", "-D", str(self.data), "-w")

    def remove(self) -> None:
        """End the server and delete all of it. Harmless when repeated."""
        if self._process is not None and self._process.poll() is None:
            with suppress(ProcessLookupError):
                self.go_on()
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
            self._listener.join()
        shutil.rmtree(self.folder, ignore_errors=True)

    def tell(self, statement: str, database: str = "postgres") -> str:
        """Run a statement as the server's administrator; what it prints, without a heading."""
        return self.run("psql", "-XAtq", "-d", self.url(database, ADMIN), "-c", statement)

    def set(self, name: str, value: str) -> None:
        """Change a setting of the running server; it holds for every session when this returns."""
        self.tell(f"ALTER SYSTEM SET {name} = '{value}'")
        self.tell("SELECT pg_reload_conf()")

    def url(self, database: str, role: str = ROLE) -> str:
        """The URL of a database on this server."""
        return f"postgresql://{role}@/{database}?host={quote(str(self.folder), safe='')}"

    def new_database(self) -> str:
        """The name of a new, empty database of `ROLE`."""
        name = f"test_{next(_names)}"
        self.tell(f"CREATE DATABASE {name} OWNER {ROLE} TEMPLATE template0")
        return name

    def _listen(self, process: subprocess.Popen[str], ready: threading.Event) -> None:
        assert process.stderr
        with process.stderr:
            for line in process.stderr:
                self._said.append(line)
                if any(sentence in line for sentence in _READY):
                    ready.set()
        ready.set()

    def run(self, program: str, *words: str) -> str:
        """Run one of PostgreSQL's programs as the server's user; what it prints. Raises `ProcessFailed`."""
        done = subprocess.run(  # noqa: S603 - our own words
            self._command(program, *words), capture_output=True, text=True, check=False, timeout=60, cwd=self.folder
        )
        if done.returncode:
            raise ProcessFailed(f"{program} failed: {(done.stdout + done.stderr)[-2_000:]}")
        return done.stdout

    def _command(self, program: str, *words: str) -> list[str]:
        """PostgreSQL refuses to run as root; if this process ends, so does the server."""
        user = [f"--reuid={_USER}", f"--regid={_GROUP}", "--clear-groups"] if os.getuid() == 0 else []
        return ["setpriv", "--pdeathsig=QUIT", *user, str(self._programs / program), *words]
