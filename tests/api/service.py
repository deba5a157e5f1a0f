"""A real relay with its directory as a process, at one address for as long as a test lasts, however often it dies."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Self

_SERVE = "from nullabona.cli.operator.relay import relay; relay()"


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Service:
    """``nulla relay serve`` on loopback. Its public record lies apart from its data, as one that others mirror."""

    def __init__(self, data: Path, period_s: int = 600) -> None:
        self.data = data
        self.record = data.with_name(f"{data.name}-record")
        self.log = data.with_name(f"{data.name}.log")
        self.period_s = period_s
        self.port = free_port()
        self._process: subprocess.Popen[str] | None = None
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def host(self) -> str:
        """What stands after the @."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"ws://{self.host}"

    @property
    def pid(self) -> int:
        """Of the process that serves now."""
        assert self._process is not None
        return self._process.pid

    def handle(self, name: str) -> str:
        return f"{name}@{self.host}"

    def more(self) -> list[str]:
        """Further options of this relay."""
        return []

    def start(self) -> None:
        """Serve; returns when it is ready."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _SERVE, "serve", "--data", str(self.data), "--listen", self.host,
                 "--record", str(self.record), "--period", str(self.period_s), *self.more()],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )  # fmt: skip
        assert self._process.stdout is not None
        assert self._process.stdout.readline().startswith("ready ")

    def kill(self) -> None:
        """As a power cut does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.communicate()
            self._process = None

    def seize(self) -> None:
        """The machine is carried away and replaced by an empty one."""
        self.kill()
        shutil.rmtree(self.data)
        self.start()
