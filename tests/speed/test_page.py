"""The page of speed says what the run says: every server that was measured, and why others were not."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.speed import page, plots, records
from bench.speed.records import Holding, Missing, Results, Server, Window
from bench.speed.workloads import WORKLOADS

NAMES = ("nullabona", "prototype", "ejabberd", "prototype + messagepack")


def run() -> Results:
    """A small one, with every workload."""
    windows = [
        Window(
            name,
            workload.name,
            turn,
            1_000.0 * (place + 1) + turn,
            1.0,
            0.5,
            0.95,
            0.0,
            {"connects_per_s": 9.0, "wait_us": 12.0},
        )
        for place, name in enumerate(NAMES)
        for workload in WORKLOADS
        for turn in range(2)
    ]
    servers = [Server(name, "1.2", "as it comes", "on disk", durable=True) for name in NAMES]
    gone = [Missing("synapse", "", "synapse is not installed")]
    held = [Holding("nullabona", 1_100.0, payload_found=True, who="the box's address", sender_found=False,
                    recipient_found=True, syncs_per_message=1.0)]  # fmt: skip
    return Results("a machine", 1.0, 2, [0.1, 0.2], [0.2, 0.3], servers, windows, gone, held)


def test_a_run_survives_being_kept(tmp_path: Path) -> None:
    """What was measured is read back whole."""
    records.write(run(), tmp_path / "results.json")
    assert run() == records.read(tmp_path / "results.json")


def test_who_was_not_measured_is_named_with_the_reason() -> None:
    """A reader must not take a short table for a whole one."""
    assert "- **synapse**: synapse is not installed" in page.write(run())


def test_a_loader_that_was_the_bottleneck_is_marked() -> None:
    """At 0.95 of its core, the figure is a lower bound."""
    assert "| nullabona | 1,000 (1,000 to 1,000) | 1 (1 to 1) | 500 | 0.50 | 0.95 (bound) | 0.00 |" in page.write(run())


def test_a_busy_machine_is_said_to_be_busy() -> None:
    """Above the tables; and a quiet one is not."""
    busy = run()
    busy.windows = [Window(w.peer, w.workload, w.turn, w.value, 1.0, 0.5, 0.5, 1.5) for w in busy.windows]
    word = "busy with other things"
    assert (False, True) == (word in page.write(run()), word in page.write(busy))


def test_turns_that_a_server_missed_are_said() -> None:
    """So that a ratio of one turn is not taken for one of many; and what else there is to know of a run."""
    short = run()
    short.windows = [window for window in short.windows if window.peer != "ejabberd" or window.turn == 0]
    short.note = "Broken off at noon."
    assert "**Not every server had every turn**: ejabberd 1 of 2. Broken off at noon." in page.write(short)
    assert "Not every server" not in page.write(run())


@pytest.mark.slow
def test_every_plot_has_words_for_those_who_do_not_see_it(tmp_path: Path) -> None:
    """In the page and in the file itself, and there is one for each workload."""
    drawn = plots.draw(run(), tmp_path)
    alts = [page.alt(run(), workload) for workload in WORKLOADS]
    assert [f"{workload.name}.svg" for workload in WORKLOADS] == drawn
    assert all(f"![{alt}](speed/{file})" in page.write(run()) for alt, file in zip(alts, drawn, strict=True))
    assert all(alt in (tmp_path / file).read_text("utf-8") for alt, file in zip(alts, drawn, strict=True))


@pytest.mark.slow
def test_the_same_run_gives_the_same_plots(tmp_path: Path) -> None:
    """Byte for byte, so that a difference in the repository is a difference in the data."""
    first, second = ([(tmp_path / n / file).read_bytes() for file in plots.draw(run(), tmp_path / n)] for n in "ab")
    assert first == second
