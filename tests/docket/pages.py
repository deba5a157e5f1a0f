"""How-tos of the desk, played: one shell runs every command block of a page as it is written, one after the other."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import Final, Self

HOW_TO: Final = Path(__file__).parents[2] / "docs/how-to"
COMMANDS: Final = Path(sys.executable).parent
ENVIRONMENT: Final = os.environ | {"PATH": f"{COMMANDS}{os.pathsep}{os.environ['PATH']}", "LANG": "C.UTF-8"}
_DONE: Final = "::block done::"


def blocks(page: str) -> list[str]:
    """The command blocks of a page, in order."""
    text = (HOW_TO / page).read_text("utf-8")
    return re.findall(r"^```sh\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


class Shell:
    """A shell that stays open between blocks, as a reader's does, and ends with everything that it started.

    ``instead``: names of other machines, or ports that may be in use here, and what stands for them in this test.
    """

    def __init__(self, folder: Path, instead: Mapping[str, str] | None = None, **more: str) -> None:
        self.instead, self.out = instead or {}, ""
        self._errors = folder / "shell.err"
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                ["bash", "-euo", "pipefail"],
                cwd=folder, env=ENVIRONMENT | more, encoding="utf-8", start_new_session=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        self._process.communicate(timeout=30)

    @property
    def errors(self) -> str:
        """What was said on standard error so far."""
        return self._errors.read_text("utf-8", "replace")

    def run(self, block: str, patience_s: float = 400) -> str:
        """What a block said. The first command that fails ends the shell, and the test."""
        for written, meant in self.instead.items():
            block = block.replace(written, meant)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{block}\necho '{_DONE}'\n")
        self._process.stdin.flush()
        watchdog = Timer(patience_s, os.killpg, (self._process.pid, signal.SIGKILL))
        watchdog.start()
        try:
            said: list[str] = []
            for line in self._process.stdout:
                if line.strip() == _DONE:
                    self.out += "".join(said)
                    return "".join(said)
                said.append(line)
        finally:
            watchdog.cancel()
        raise AssertionError(f"a block failed:\n{block}\n{''.join(said)}\n{self.errors}")
