"""What ``python -m bench.client`` keeps, and where."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from bench.client import __main__ as command
from bench.client import page, records, runs
from bench.client.plan import Step
from bench.client.records import Missing, Results, Run
from bench.client.reports import Rooms

Play = Callable[..., int]


def run(bench: str, suite: str) -> Run:
    return Run(bench, 0, [], "2026-11-29", "a machine", 0.1, 0.0, 1.0, Rooms(suite, []))


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    """The command with these words; benches are not run, each gives one run, and the exit code comes back."""
    for name, where in {"RESULTS": "docs/client/results.json", "PAGE": "client.md", "KEPT": "run/client.json"}.items():
        monkeypatch.setattr(command, name, tmp_path / where)

    def played(*words: str, fails: bool = False) -> int:
        def measure(
            steps: Iterable[Step],
            results: Results,
            tell: Callable[[str], None],
            keep: Callable[[Results], None],
        ) -> None:
            for bench in dict.fromkeys(step.bench for step in steps):
                tell(bench)
                results.runs.append(run(bench, "new"))
            if fails:
                results.missing.append(Missing("rooms", 0, [], "failed: full"))
            keep(results)

        monkeypatch.setattr(runs, "measure", measure)
        monkeypatch.setattr(sys, "argv", ["client", *words])
        try:
            command.main()
        except SystemExit as end:
            return 1 if isinstance(end.code, str) else int(end.code or 0)
        return 0

    return played


def test_the_page_is_printed_and_the_data_kept(play: Play, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Progress is on stderr, and docs/ is left alone."""
    assert play() == 0
    kept = records.read(tmp_path / "run/client.json")
    assert ["opening", "latency", "catchup", "rooms"] == [each.bench for each in kept.runs]
    told = capsys.readouterr()
    assert page.write(kept) + "\n" == told.out
    assert told.err.endswith("s  rooms\n")
    assert not (tmp_path / "client.md").exists()


def test_the_data_is_kept_where_it_is_wanted(play: Play, tmp_path: Path) -> None:
    """And there only."""
    assert play("--json", str(tmp_path / "here.json"), "--only", "rooms") == 0
    assert [run("rooms", "new")] == records.read(tmp_path / "here.json").runs
    assert not (tmp_path / "run").exists()


def test_recording_replaces_what_was_chosen(play: Play, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is there of the other benches stays, in data and page; nothing is printed but progress."""
    results = tmp_path / "docs/client/results.json"
    records.write(Results([run("rooms", "old"), run("catchup", "old")]), results)
    assert play("--record", "--only", "rooms") == 0
    assert Results([run("catchup", "old"), run("rooms", "new")]) == records.read(results)
    assert page.write(records.read(results)) == (tmp_path / "client.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out == ""


def test_the_page_is_drawn_without_measuring(play: Play, tmp_path: Path) -> None:
    """From what is there, also where that is nothing."""
    assert play("--draw") == 0
    assert page.write(Results()) == (tmp_path / "client.md").read_text(encoding="utf-8")
    assert not (tmp_path / "docs/client/results.json").exists()


def test_a_bench_that_failed_fails_the_command(play: Play, tmp_path: Path) -> None:
    """After everything was kept; a failure of before, of a bench that was left out, is no failure of now."""
    assert play("--record", fails=True) == 1
    assert "failed: full" in (tmp_path / "client.md").read_text(encoding="utf-8")
    assert play("--record", "--only", "opening") == 0


@pytest.mark.parametrize("words", [("--record", "--draw"), ("--record", "--json", "x"), ("--only", "else")])
def test_what_cannot_be_is_refused(play: Play, words: tuple[str, ...]) -> None:
    """A record lies in docs/ and nowhere else."""
    assert play(*words) == 2
