"""Which test runs which line: a plugin of pytest that writes it down, and what it wrote read again.

Loaded as ``-p tools.mutants.reach`` with ``NULLABONA_REACH`` naming a folder; each worker writes a file of its own. A
line that runs when its module is imported counts for every test that runs any line of the module, and for those that
are marked as reading its package (``@pytest.mark.reads("nullabona.client.core")``).
"""

from __future__ import annotations

import json
import os
import warnings
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import coverage
import pytest

FOLDER: Final = "NULLABONA_REACH"
_IMPORTED: Final = ""


class Recorder:
    """Measures one worker's tests, each under its own name."""

    def __init__(self, folder: Path, packages: list[str]) -> None:
        self._worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        self._folder = folder
        self._seconds: dict[str, float] = {}
        self._read: dict[str, list[str]] = {}
        # Without the project's own settings: those measure branches and subprocesses, into many files.
        self._measure = coverage.Coverage(
            data_file=str(folder / f"{self._worker}.coverage"), source_pkgs=packages, config_file=False
        )
        self._measure.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Everything of one test, its fixtures included, is put down to it."""
        self._measure.switch_context(item.nodeid)
        if mark := item.get_closest_marker("reads"):
            self._read[item.nodeid] = list(mark.args)
        result = yield
        self._measure.switch_context(_IMPORTED)
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """How long it took tells which of several tests is asked first."""
        self._seconds[report.nodeid] = self._seconds.get(report.nodeid, 0.0) + report.duration

    def pytest_sessionfinish(self) -> None:
        """Write down what was seen."""
        with warnings.catch_warnings(action="ignore"):  # that it measured little is no error
            self._measure.stop()
            self._measure.save()
        (self._folder / f"{self._worker}.seconds.json").write_text(json.dumps(self._seconds))
        (self._folder / f"{self._worker}.read.json").write_text(json.dumps(self._read))


def pytest_configure(config: pytest.Config) -> None:
    """Begin, in a process that runs tests."""
    folder = os.environ.get(FOLDER)
    if folder and (hasattr(config, "workerinput") or not config.getoption("numprocesses", None)):
        config.pluginmanager.register(Recorder(Path(folder), os.environ["NULLABONA_REACH_PACKAGES"].split()))


@dataclass(slots=True)
class Reach:
    """Which tests run a line, quickest first."""

    lines: dict[str, dict[int, set[str]]]
    seconds: dict[str, float]
    by_module: dict[str, set[str]] = field(default_factory=dict)
    readers: dict[str, set[str]] = field(default_factory=dict)
    """Tests by the package that they read: whoever looks at what its modules have when they are imported."""

    def tests(self, file: str, line: int) -> list[str]:
        """The tests that run ``line`` of ``file`` (relative to src).

        If it runs on import alone, those that run anything of the module; if that has nothing else, of its package.
        """
        direct = self.lines.get(file, {}).get(line, set()) - {_IMPORTED}
        found = direct or self.by_module.get(file, set()) or self._of_package(file)
        if not direct:
            found = found.union(*(tests for package, tests in self.readers.items() if file.startswith(package)))
        return sorted(found, key=lambda test: (self.seconds.get(test, 0.0), test))

    def _of_package(self, file: str) -> set[str]:
        package = file.rpartition("/")[0]
        return set().union(*(found for name, found in self.by_module.items() if name.rpartition("/")[0] == package))


def load(folder: Path, source: Path) -> Reach:
    """Everything that the workers wrote. Empty if there is nothing."""
    lines: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    seconds: dict[str, float] = {}
    for path in sorted(folder.glob("*.seconds.json")):
        seconds |= json.loads(path.read_text())
    for path in sorted(folder.glob("*.coverage")):
        data = coverage.CoverageData(basename=str(path))
        data.read()
        for name in data.measured_files():
            file = str(Path(name).resolve().relative_to(source.resolve()))
            for line, contexts in data.contexts_by_lineno(name).items():
                lines[file][line] |= set(contexts)
    by_module = {file: set().union(*found.values()) - {_IMPORTED} for file, found in lines.items()}
    readers: dict[str, set[str]] = defaultdict(set)
    for path in sorted(folder.glob("*.read.json")):
        for test, packages in json.loads(path.read_text()).items():
            for package in packages:
                readers[package.replace(".", "/") + "/"].add(test)
    return Reach({file: dict(found) for file, found in lines.items()}, seconds, by_module, dict(readers))
