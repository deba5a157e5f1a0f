"""People come back through nginx after a restart, and cost what docs/capacity.md says (`bench.proxied`)."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.slow
def test_people_come_back_within_half_a_minute_and_at_the_cost_that_is_said() -> None:
    """1,500 devices; more are a matter of the machine's limit of files."""
    run = subprocess.run(
        [sys.executable, "-m", "bench.proxied", "--devices", "1500"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (0, 2) == (run.returncode, run.stdout.count(": agrees")), run.stdout + run.stderr
    assert "1,500 connections of 1,500 devices" in run.stdout
