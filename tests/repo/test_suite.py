"""How `make test` runs pytest: what fails again alone fails the run, what passes alone is named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.suite import FEW

TOOL = Path(__file__).parents[2] / "tools/suite.py"
ALWAYS = "def test_always_{0}():\n    assert False\n"
ONCE = """
from pathlib import Path

def test_once_{0}():
    seen = Path(__file__).with_name("seen-{0}")
    known = seen.exists()
    seen.touch()
    assert known
"""


def run(folder: Path, *tests: str, workers: str = "0") -> tuple[int, str]:
    """Play the tests in an empty project; the exit code, and what was printed."""
    (folder / "pytest.ini").write_text("[pytest]\ncache_dir = .cache/pytest\n")
    for number, text in enumerate(tests):
        (folder / f"test_{number}.py").write_text(text.format(number))
    command = [sys.executable, str(TOOL), "-q", "-p", "no:hypothesispytest", "-n", workers]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=50, check=False)
    return done.returncode, done.stdout + done.stderr


def test_what_fails_only_beside_others_is_named(tmp_path: Path) -> None:
    """The run passes, and says at its end which test is to be mended."""
    code, said = run(tmp_path, ONCE, "def test_well():\n    pass\n")
    assert (0, ["  test_0.py::test_once_0"]) == (code, said.rstrip().splitlines()[-1:])
    assert "FAILED BESIDE OTHERS" in said


def test_what_fails_alone_too_fails_the_run(tmp_path: Path) -> None:
    """Whatever else passed at its second time."""
    code, said = run(tmp_path, ONCE, ALWAYS)
    assert 1 == code
    assert "FAILED BESIDE OTHERS" not in said


@pytest.mark.parametrize(("files", "exit_code"), [(FEW, 0), (FEW + 1, 1)])
def test_failures_in_many_files_are_not_looked_at_again(tmp_path: Path, files: int, exit_code: int) -> None:
    """Each would pass at its second time. Several failures of one file count as one."""
    code, said = run(tmp_path, *[ONCE + ONCE.replace("test_once_", "test_again_").replace("seen-", "again-")] * files)
    assert exit_code == code
    assert ("Once more" in said) == (not exit_code)
    assert said.count("  test_0.py::") == 2 * (not exit_code)


@pytest.mark.parametrize("code", [0, 3])
@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_process_that_ends_fails_the_run(tmp_path: Path, code: int, workers: str) -> None:
    """Also one of many, which xdist replaces, and one that says that all is well."""
    ends = ONCE.replace("assert known", f"import os; known or os._exit({code})")
    found, said = run(tmp_path, ends, ONCE, "def test_well():\n    pass\n", workers=workers)
    assert found
    assert "FAILED BESIDE OTHERS" not in said


def test_a_process_that_ends_in_the_second_look_fails_the_run(tmp_path: Path) -> None:
    """What came after it was not looked at."""
    ends = ONCE.replace("assert known", "import os; known and os._exit(0)\n    assert known")
    assert 1 == run(tmp_path, ends, ONCE)[0]


def test_what_is_skipped_in_the_second_look_fails_the_run(tmp_path: Path) -> None:
    """It did not pass."""
    skips = ONCE.replace("assert known", "import pytest; known and pytest.skip('no port')\n    assert known")
    assert 1 == run(tmp_path, skips)[0]


def test_a_file_that_cannot_be_read_fails_the_run(tmp_path: Path) -> None:
    """Whatever the others do."""
    assert run(tmp_path, "import nothing_of_this_name\n", ONCE)[0]


def test_failures_of_an_earlier_run_do_not_count(tmp_path: Path) -> None:
    """Only what failed in this run is looked at again."""
    assert 1 == run(tmp_path, ALWAYS)[0]
    code, said = run(tmp_path, "def test_well():\n    pass\n", ONCE)
    assert (0, ["  test_1.py::test_once_1"]) == (code, said.rstrip().splitlines()[-1:])
