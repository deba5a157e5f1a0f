"""What runs before a change is taken: the checks and the README's test command, nothing cleverer."""

from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_ci_script_runs_the_checks_and_the_tests() -> None:
    """.ci/run is make check and make test, in this order, and stops at the first failure."""
    lines = [line for line in (ROOT / ".ci/run").read_text().splitlines() if line and not line.startswith("#")]
    assert ["set -eu", 'cd "$(dirname "$0")/.."', "make check", "make test"] == lines
