"""A real relay with its directory as a process, at one address for as long as a test lasts, however often it dies."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Self

from nullabona.processes.ports import free_port
from nullabona.processes.servers import RelayProcess


class Service:
    """``nulla relay serve`` on loopback. Its public record lies apart from its data, as one that others mirror."""

    def __init__(self, data: Path, period_s: int = 600) -> None:
        self.data = data
        self.record = data.with_name(f"{data.name}-record")
        self.log = data.with_name(f"{data.name}.log")
        self.period_s = period_s
        self.port = free_port()
        self._process: RelayProcess | None = None
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
        options = ("--record", str(self.record), "--period", str(self.period_s), *self.more())
        self._process = RelayProcess(self.data, *options, listen=self.host, log=self.log)

    def kill(self) -> None:
        """As a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def seize(self) -> None:
        """The machine is carried away and replaced by an empty one."""
        self.kill()
        shutil.rmtree(self.data)
        self.start()
