"""Mutants inside functions, tried in a fork of one process that has collected the tests: no start for each of them.

A plugin of pytest, loaded as ``-p tools.mutants.forked``; ``NULLABONA_MUTANTS`` names a file of jobs. For each it
forks.
The child exchanges the code of the functions that differ, in place, so that whoever holds one has the mutant; runs the
job's tests until one fails; and ends. What runs when a module is imported cannot be exchanged so: such jobs are
answered ``elsewhere``.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Final, NoReturn, TypedDict

import pytest

from tools.mutants.sites import Change

JOBS: Final = "NULLABONA_MUTANTS"
CAUGHT, SURVIVED, ELSEWHERE = 1, 0, 3


class Job(TypedDict):
    """One mutant: the file (relative to src), the change, and the ids of the tests that are asked, in order."""

    file: str
    change: list[int | str]
    tests: list[str]
    most_s: float


class Answer(TypedDict):
    """What came of one job, by its number."""

    job: int
    verdict: str
    by: str


def codes(code: CodeType) -> Iterator[CodeType]:
    """Every piece of code within one, itself first."""
    yield code
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from codes(const)


def exchange(module: str, path: str, before: bytes, after: bytes) -> bool:
    """Give each function of a module that differs its new code. False if one cannot be given it."""
    importlib.import_module(module)
    keyed = {(c.co_qualname, c.co_firstlineno): c for c in codes(compile(after, path, "exec", dont_inherit=True))}
    old = {(c.co_qualname, c.co_firstlineno): c for c in codes(compile(before, path, "exec", dont_inherit=True))}
    if keyed.keys() != old.keys():
        return False
    changed = {key for key in old if old[key] != keyed[key] and key[0] != "<module>"}
    done = False
    for found in gc.get_objects():
        if isinstance(found, FunctionType) and found.__module__ == module:
            key = (found.__code__.co_qualname, found.__code__.co_firstlineno)
            if key in changed:
                try:
                    found.__code__ = keyed[key]
                except ValueError:  # it closes over other names now
                    return False
                done = True
    return done


def padded(change: Change, source: bytes) -> bytes:
    """The changed file with as many lines as before, so that a function is known by its first line."""
    lost = source[change.start : change.end].count(b"\n") - change.new.count("\n")
    return source[: change.start] + change.new.encode() + b"\n" * lost + source[change.end :]


class Trials:
    """Takes the place of pytest's loop over its tests."""

    def __init__(self, jobs: list[Job], source: Path) -> None:
        self._jobs = jobs
        self._source = source

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Answer every job with a line on file descriptor 3."""
        items = {item.nodeid: item for item in session.items}
        with os.fdopen(3, "w") as out:
            for number, job in enumerate(self._jobs):
                verdict, by = self._fork(job, [items[test] for test in job["tests"] if test in items])
                answer: Answer = {"job": number, "verdict": verdict, "by": by}
                out.write(json.dumps(answer) + "\n")
                out.flush()
        return True

    def _fork(self, job: Job, items: list[pytest.Item]) -> tuple[str, str]:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.setsid()
            os.close(reading)
            self._child(job, items, writing)
        os.close(writing)
        ended = self._wait(child, job["most_s"])
        with os.fdopen(reading) as pipe:
            by = pipe.read() if ended is not None else "did not end"
        if ended is None:
            return "caught", by
        return {SURVIVED: "survived", ELSEWHERE: "elsewhere"}.get(ended, "caught"), by

    @staticmethod
    def _wait(child: int, most_s: float) -> int | None:
        """The child's exit code; None if it had to be ended."""
        deadline = time.monotonic() + most_s
        while time.monotonic() < deadline:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.01)
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return None

    def _child(self, job: Job, items: list[pytest.Item], writing: int) -> NoReturn:
        code = CAUGHT
        try:
            path = self._source / job["file"]
            before = path.read_bytes()
            line, start, end, new, kind = job["change"]
            change = Change(int(line), int(start), int(end), str(new), str(kind))
            module = job["file"].removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            if not exchange(module, str(path), before, padded(change, before)):
                code = ELSEWHERE
            else:
                failed = self._failed(items)
                os.write(writing, failed.encode())
                code = CAUGHT if failed else SURVIVED
        finally:
            sys.stdout.flush()
            os._exit(code)

    @staticmethod
    def _failed(items: list[pytest.Item]) -> str:
        from _pytest.runner import runtestprotocol

        for at, item in enumerate(items):
            following = items[at + 1] if at + 1 < len(items) else None
            if any(report.failed for report in runtestprotocol(item, log=False, nextitem=following)):
                return item.nodeid
        return ""


def pytest_configure(config: pytest.Config) -> None:
    """Take over where there are jobs."""
    if path := os.environ.get(JOBS):
        jobs: list[Job] = json.loads(Path(path).read_text())
        config.pluginmanager.register(Trials(jobs, Path(os.environ["NULLABONA_SOURCE"])))
