"""Benches of a client are run in processes of their own, in turns, and what they do not give is noted."""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys

import pytest

from bench.client import plan, runs
from bench.client.bars import CALM_S, LEAST_TALK
from bench.client.memory import most_mib
from bench.client.plan import Step
from bench.client.records import Missing, Results
from bench.client.reports import Catchup


def chosen(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    plan.add_options(parser)
    return parser.parse_args(words)


def test_turns_are_interleaved_and_opening_is_repeated_within_itself() -> None:
    """Its profile takes minutes to make; the others are processes of their own each time."""
    steps = list(plan.steps(chosen("--turns", "2", "--sizes", "2", "10")))
    assert "opening latency latency latency catchup catchup rooms rooms".split() == [s.bench for s in steps[:8]]
    assert steps[1:8] == [Step(s.bench, 0, s.arguments) for s in steps[8:]]
    assert {1} == {s.turn for s in steps[8:]}


def test_sizes_reach_the_benches() -> None:
    """Both ways of talking and of coming back, and a process for each size of room."""
    words = "--turns 1 --only latency catchup rooms --calm-talk 4 --pause 0.5 --waiting 9 --waiting-rooms 3 --sizes 7"
    assert list(plan.steps(chosen(*words.split()))) == [
        Step("latency", 0, ("--fast", "--messages", "300")),
        Step("latency", 0, ("--messages", "4", "--pause", "0.5")),
        Step("latency", 0, ("--messages", "60", "--pause", "0")),
        Step("catchup", 0, ("--messages", "9", "--rooms", "3")),
        Step("catchup", 0, ("--fast", "--messages", "9", "--rooms", "3")),
        Step("rooms", 0, ("--sizes", "7")),
    ]


def test_by_default_everything_is_as_large_as_the_bars_say() -> None:
    """A run without options can be recorded."""
    steps = list(plan.steps(chosen()))
    assert ("--messages", "1000000", "--rooms", "200", "--times", "5") == steps[0].arguments
    assert Step("latency", 2, ("--messages", str(LEAST_TALK), "--pause", str(CALM_S))) in steps
    assert Step("catchup", 2, ("--messages", "10000", "--rooms", "100")) in steps
    assert Step("rooms", 2, ("--sizes", "1000")) in steps


def test_a_report_is_read_as_it_was_printed() -> None:
    """Which bench it is of is in it."""
    report = Catchup(together=False, rooms=2, messages=10, seconds=1.0, cpu_seconds=0.5, open_seconds=0.1, memory_mib=9)
    assert report == runs.read_report(report.as_json())


@pytest.mark.parametrize("printed", ["", "no JSON", "{}", '{"bench": "catchup"}', '{"bench": "else"}'])
def test_what_is_no_report_is_none(printed: str) -> None:
    """A bench that died half-way printed something else."""
    assert runs.read_report(printed) is None


def test_the_last_line_is_the_reason() -> None:
    """Of a traceback the exception; nothing said is empty."""
    assert runs.last_line("Traceback\n  File x\nOSError: full\n\n") == "OSError: full"
    assert runs.last_line("\n") == ""


def test_a_bench_that_fails_is_noted_and_the_next_is_run() -> None:
    """What is kept after the first names the second as not run: a run that is broken off does not look whole."""
    kept: list[list[Missing]] = []
    told: list[str] = []
    steps = [Step("no-such-bench", 0, ()), Step("no-such-bench", 1, ("--x",))]
    results = Results()
    runs.measure(steps, results, told.append, lambda so_far: kept.append(list(so_far.missing)))
    assert [] == results.runs
    first, second = results.missing
    assert first.why.startswith("failed: ")
    assert first.why.endswith("No module named bench.no-such-bench")
    assert ("no-such-bench", 1, ["--x"], first.why) == (second.bench, second.turn, second.arguments, second.why)
    assert [[Missing("no-such-bench", 1, ["--x"], "it was not run"), first], [first, second]] == kept
    assert told[0] == "no-such-bench: turn 1"


def test_memory_is_the_processes_own() -> None:
    """A small process that a large one started is small; what ``getrusage`` says of it is the large one's."""
    code = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-S", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as small:
        assert small.stdout is not None
        inherited = int(small.stdout.readline())
        own = most_mib(small.pid)
        small.communicate("\n")
    assert own < inherited
    assert own < most_mib() <= resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024 + 1


def test_memory_of_a_process_that_is_over_is_not_known() -> None:
    """Neither of one that waits for its parent to notice, nor of one that is gone."""
    with subprocess.Popen([sys.executable, "-S", "-c", ""], stdout=subprocess.PIPE) as short:
        assert short.stdout is not None
        short.stdout.read()
        while True:
            try:
                most_mib(short.pid)
            except ValueError:
                break
    with pytest.raises(OSError, match=str(short.pid)):
        most_mib(short.pid)
