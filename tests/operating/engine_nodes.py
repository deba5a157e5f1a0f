"""An engine as an operator makes one: the files of `nulla relay engine init`, and the commands that it prints."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import time
from pathlib import Path
from typing import Any

from nullabona.processes.engine import engine_programs, version_of
from nullabona.processes.program import Program, run
from tests.cli.shell import nulla


class InitialisedEngine:
    """So many nodes below ``folder``, started with what `init` wrote, and the cluster formed as it said."""

    def __init__(self, folder: Path, ports: list[int], *, replicas: int, host: str = "127.0.0.1") -> None:
        programs = engine_programs()
        assert programs is not None
        self._server = programs[0]
        version = "7.0" if version_of(self._server) < (7, 2) else "7.2"
        self.folder, self.ports, self.host = folder, ports, host
        nodes = [word for port in ports for word in ("--node", f"{host}:{port}")]
        place = folder / "machine"
        done = nulla(
            "relay", "engine", "init", str(folder / "made"), *nodes, "--replicas", str(replicas), "--server", version,
            "--memory", "64", "--place", str(place), "--state", str(folder / "state"), "--json",
        )  # fmt: skip
        assert 0 == done.code, done.err
        self.form, self.check_command = done.row["commands"]
        self.files = [Path(name) for name in done.row["files"]]
        self.processes: dict[int, Program] = {}
        place.mkdir()
        for port in ports:
            self._install(port)

    def _install(self, port: int) -> None:
        """What "copy the folder to its machine" comes to."""
        place = self.folder / "machine" / str(port)
        (self.folder / f"made/nodes/{self.host}-{port}").rename(place)
        (self.folder / f"state/{port}").mkdir(parents=True)
        with (place / "users.acl").open("a") as users:
            users.write("user admin on >admin ~* &* +@all\n")
        self.start(port)

    def add(self, port: int, *more: str) -> list[str]:
        """Start one more node with the files of `add`; the commands that it printed, but for the last look."""
        done = nulla("relay", "engine", "add", str(self.folder / "made"), f"{self.host}:{port}", *more, "--json")
        assert 0 == done.code, done.err
        self._install(port)
        self.ports.append(port)
        *commands, _ = done.row["commands"]
        return [str(command) for command in commands]

    def configuration(self, port: int) -> Path:
        """The configuration of a node, where it reads it."""
        return self.folder / f"machine/{port}/node.conf"

    def start(self, port: int) -> None:
        """Start a node and wait until it listens."""
        command = (self._server, str(self.configuration(port)))
        self.processes[port] = process = Program(command, log=self.folder / f"{port}.log")
        context = ssl.create_default_context(cafile=str(self.folder / "made/authority.pem"))
        context.check_hostname = False
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), 10) as plain, context.wrap_socket(plain):
                    return
            except OSError:
                os.kill(process.pid, 0)  # raises once it has ended

    def typed(self, command: str) -> str:
        """What an operator sees who types this."""
        done = run(("sh", "-c", command), env=dict(os.environ), patience_s=60)
        assert 0 == done.code, done.out + done.err
        return done.out

    def typed_until_accepted(self, command: str) -> None:
        """The same for a command that is refused until all nodes have heard of a new one."""
        end = time.monotonic() + 60
        while (done := run(("sh", "-c", command), env=dict(os.environ), patience_s=120)).code:
            assert time.monotonic() < end, done.out + done.err

    def stop(self, port: int, number: signal.Signals = signal.SIGTERM) -> None:
        """End a node."""
        self.processes[port].stop(number)

    def close(self) -> None:
        """End all nodes."""
        for process in self.processes.values():
            process.kill()

    def check(self, *more: str) -> tuple[int, list[dict[str, Any]]]:
        """Exit code and findings of `check`."""
        config = str(self.folder / "made/relay.toml")
        done = nulla("relay", "engine", "check", "--config", config, *more, "--json")
        return done.code, [json.loads(line) for line in done.out.splitlines()]

    def drain(self, port: int) -> tuple[int, list[dict[str, Any]]]:
        """Exit code and findings of `drain`."""
        done = nulla(
            "relay", "engine", "drain", f"{self.host}:{port}", "--config", str(self.folder / "made/relay.toml"),
            "--operator-password", str(self.folder / "made/passwords/operator"), "--json",
        )  # fmt: skip
        return done.code, [json.loads(line) for line in done.out.splitlines()]

    def ask(self, port: int, *words: str) -> str:
        """What a node answers to a user of this test's own, who may do everything."""
        programs = engine_programs()
        assert programs is not None
        env = {"REDISCLI_AUTH": "admin", "PATH": os.environ["PATH"]}
        tls = ("--tls", "--cacert", str(self.folder / "made/authority.pem"), "--user", "admin")
        done = run((programs[1], "-h", "127.0.0.1", "-p", str(port), *tls, *words), env=env, patience_s=60)
        assert 0 == done.code, done.err
        return done.out.strip()
