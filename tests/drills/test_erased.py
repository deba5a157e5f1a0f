"""The drill looks below the files, and notices each way of erasing that is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nullabona.drills.erased import look_below
from nullabona.drills.image import lacking
from tests.drills.mutants import MUTANTS, Mutant
from tools.drill_mutants import SOURCE, mutate

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(lacking()), reason=lacking() or "an image can be mounted")]
OURS = [mutant for mutant in MUTANTS if mutant.fails == {"S-29"}]
LOOK = "from nullabona.drills.erased import look_below; print(len(look_below().left))"


def test_nothing_is_left_below_the_files() -> None:
    """Of many marks on two disks none is found once it was erased."""
    found = look_below()
    assert found.planted > 100_000
    assert ((), "") == (found.left, found.lacking)


@pytest.mark.parametrize("mutant", OURS, ids=lambda mutant: mutant.name)
def test_what_is_not_overwritten_is_found(mutant: Mutant, tmp_path: Path) -> None:
    """Each of the defences, taken out, leaves marks on an image."""
    shutil.copytree(SOURCE, tmp_path / "nullabona", ignore=shutil.ignore_patterns("page", "__pycache__"))
    mutate(mutant, tmp_path / "nullabona")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, env=environment, check=True)
    assert int(done.stdout) > 0
