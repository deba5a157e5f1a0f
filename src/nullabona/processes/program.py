"""A program in a process of its own: it is started, says a line when it is ready, and is ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Thread, Timer
from types import TracebackType
from typing import Any, Final, Self

from nullabona.errors import UserError

NULLA: Final = ("-Pc", "from nullabona.cli import main; main()")
"""The command line, as arguments of Python. With -P no module is taken from the folder in which it is started."""
NULLA_TIED: Final = (
    "-Pc",
    "from nullabona.processes.program import end_with_input; end_with_input(); from nullabona.cli import main; main()",
)
"""The same for a process that ends with the one that started it."""
_START_S: Final = 60.0
_STOP_S: Final = 20.0


class ProcessFailed(UserError):
    """A process did not start, answer or end, or could not do its work."""

    code = "process-failed"
    default_hint = "its log is beside its data"


@dataclass(frozen=True, slots=True)
class Ended:
    """What a process left behind: its exit code, and the rest of what it said."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Its JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def row(self) -> dict[str, Any]:
        """Its only JSON line."""
        (row,) = self.rows
        return row


class Program:
    """A process. ``log`` gets its standard error, or a temporary file until it has ended.

    With ``session`` it is in one of its own, where Ctrl-C in ours does not end it: the process that started it has to.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path | None = None,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        session: bool = False,
    ) -> None:
        self._errors = tempfile.TemporaryFile() if log is None else log.open("ab+")  # noqa: SIM115 - closed in `wait`
        self._errors_from = self._errors.seek(0, os.SEEK_END)
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=cwd,
            env=env,
            encoding="utf-8",
            start_new_session=session,
        )
        self._ended: Ended | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self._process.pid

    @cached_property
    def first_line(self) -> str:
        """What it says first; waits for it. Empty if it ended without a word, or was killed for saying nothing."""
        watchdog = Timer(_START_S, self._process.kill)
        watchdog.start()
        try:
            return self.read_line()
        finally:
            watchdog.cancel()

    @property
    def ready(self) -> dict[str, Any]:
        """The first line, if it is a JSON object. Otherwise the process is killed and `ProcessFailed` raised."""
        try:
            found = json.loads(self.first_line)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise ProcessFailed(f"a process did not start: {self.kill().err[-2_000:]}")
        return found

    def read_line(self) -> str:
        """The next line that it says; empty if it has ended."""
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def tell(self, line: str) -> str:
        """Give it a line; the line that it answers, empty if it has ended."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self.read_line()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal. Harmless once it has ended."""
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    def wait(self, patience_s: float = _STOP_S) -> Ended:
        """Close its input and wait until it has ended. Raises `ProcessFailed` if it goes on; harmless when repeated."""
        if self._ended is None:
            try:
                out, _ = self._process.communicate(timeout=patience_s)
            except subprocess.TimeoutExpired as error:
                raise ProcessFailed("a process goes on although it should have ended") from error
            said = os.pread(self._errors.fileno(), sys.maxsize >> 32, self._errors_from)
            self._errors.close()
            self._ended = Ended(self._process.returncode, out, said.decode("utf-8", "replace"))
        return self._ended

    def stop(self, number: signal.Signals = signal.SIGTERM) -> Ended:
        """End it in good order, or by force if it takes too long. Harmless when repeated."""
        self.send(number)
        try:
            return self.wait()
        except ProcessFailed:
            return self.kill()

    def kill(self) -> Ended:
        """End it as a power cut does. Harmless when repeated."""
        self.send(signal.SIGKILL)
        return self.wait()


def end_with_input() -> None:
    """End this process in good order when its standard input ends: so it does not outlive the one that started it."""

    def watch() -> None:
        while os.read(0, 1_024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=watch, daemon=True).start()


def python(*arguments: str) -> tuple[str, ...]:
    """A command: this Python with these arguments."""
    return (sys.executable, *arguments)


def nulla(*arguments: str) -> tuple[str, ...]:
    """A command: ``nulla`` with these arguments, on this Python."""
    return python(*NULLA, *arguments)


def run(
    command: Sequence[str],
    *,
    stdin: str = "",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    patience_s: float | None = None,
) -> Ended:
    """Run a command to its end."""
    done = subprocess.run(  # noqa: S603 - our own program
        command, input=stdin, cwd=cwd, env=env, timeout=patience_s, capture_output=True, encoding="utf-8", check=False
    )
    return Ended(done.returncode, done.stdout, done.stderr)
