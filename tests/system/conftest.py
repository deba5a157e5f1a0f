"""Programs as they run on another system, and a relay, which runs on this one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from nullabona.processes.program import NULLA, Ended, Program, run
from tests.api.service import Service
from tests.app.wire import Loop
from tests.cli.shell import environment

PRETEND = Path(__file__).with_name("pretend.py")
ROOT = Path(__file__).parents[2]
PATIENCE_S = 150


@dataclass(frozen=True, slots=True)
class System:
    """A system that programs of ours are made to believe in."""

    name: str

    @property
    def python(self) -> tuple[str, ...]:
        """The interpreter there."""
        return (sys.executable, str(PRETEND), self.name)

    @property
    def settings(self) -> dict[str, str]:
        """Of Windows in Korea: pipes are in the encoding of old programs, and there is no UTF-8 mode."""
        return {"SYSTEMROOT": "C:\\Windows", "PYTHONUTF8": "0", "PYTHONIOENCODING": "cp949"} if self.windows else {}

    @property
    def windows(self) -> bool:
        return self.name == "win32"

    def nulla(self, *arguments: str, profile: Path | None = None, stdin: str = "") -> Ended:
        """Run one command to its end."""
        where = [] if profile is None else ["--profile", str(profile)]
        command = (*self.python, *NULLA, *where, *arguments)
        return run(command, stdin=stdin, cwd=ROOT, env=environment(**self.settings), patience_s=PATIENCE_S)

    def started(self, *arguments: str, profile: Path) -> Program:
        """A command that goes on by itself."""
        command = (*self.python, *NULLA, "--profile", str(profile), *arguments)
        return Program(command, cwd=ROOT, env=environment(**self.settings))

    def run(self, code: str) -> Ended:
        """Run a piece of Python."""
        return run((*self.python, "-c", code), cwd=ROOT, env=environment(**self.settings), patience_s=PATIENCE_S)


@pytest.fixture(params=["win32", "darwin"])
def system(request: pytest.FixtureRequest) -> System:
    """Each of the systems that none of our tests runs on."""
    return System(request.param)


@pytest.fixture
def windows() -> System:
    """The system that lacks the most."""
    return System("win32")


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A relay that nobody kills."""
    with Service(tmp_path_factory.mktemp("relay") / "data") as running:
        yield running


@pytest.fixture(scope="session")
def loop() -> Iterator[Loop]:
    """The loop of all pages."""
    running = Loop()
    yield running
    running.close()
