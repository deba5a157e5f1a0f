"""Fixtures of the witness's tests; the sequencer's use them too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.witness.growing import Growing
from tests.witness.running import RunningWitness, watched


@pytest.fixture
def grown() -> Growing:
    """A log to be witnessed."""
    return Growing()


@pytest.fixture
def run(tmp_path: Path, grown: Growing) -> Iterator[Callable[..., RunningWitness]]:
    """Starts witnesses that know the log; they stop when the test ends."""
    started: list[RunningWitness] = []

    def start(folder: str = "witness", **more: Any) -> RunningWitness:  # noqa: ANN401 - as RunningWitness takes them
        started.append(RunningWitness(tmp_path / folder, [watched(grown.signers)], **more))
        return started[-1]

    yield start
    for witness in started:
        witness.stop()


@pytest.fixture
def witness(run: Callable[..., RunningWitness]) -> RunningWitness:
    """A witness that knows the log."""
    return run()
