"""The drill looks below the files, and notices each way of erasing that is none."""

# ruff: noqa: E501 - what is replaced is quoted as it stands
from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nullabona.drills.seizure.erased import look_below
from nullabona.drills.stage.image import lacking
from tests.drills.mutants import MUTANTS, Edit, Mutant, mutant
from tools.drill_digest import SOURCE
from tools.drill_mutants import mutate

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(lacking()), reason=lacking() or "an image can be mounted")]
OURS = [each for each in MUTANTS if each.fails == {"S-29"}]
MORE = (
    mutant("the rewrite is SQLite's own, in place", "demo", "S-29",
        Edit("relay/store/sqlite.py", "        self._find_room()\n",
             '        self._write.execute("VACUUM")\n        self.scrub()\n        return\n')),
    mutant("a log that grew too large is cut as it is", "demo", "S-29",
        Edit("machine/erasing.py", "        overwrite(file, size, end)\n        sync_data(file)\n        os.truncate(file, size)",
             "        os.truncate(file, size)")),
    mutant("a log that is unlinked is not overwritten", "demo", "S-29",
        Edit("machine/wal.py", "                overwrite(self._file, 0, self.size())\n", "")),
    mutant("what is deleted stays in free pages", "demo", "S-29",
        Edit("machine/scrubbing.py", '"secure_delete = ON"', '"secure_delete = OFF"')),
)  # fmt: skip
"""Only the part of the drill that looks below the files plays these: the whole takes minutes for each."""
LOOK = "from nullabona.drills.seizure.erased import look_below; print(len(look_below().left))"


def test_nothing_is_left_below_the_files() -> None:
    """Of many marks on two disks none is found once it was erased."""
    found = look_below()
    assert found.planted > 100_000
    assert ((), "") == (found.left, found.lacking)


@pytest.mark.parametrize("taken", [*OURS, *MORE], ids=lambda taken: taken.name)
def test_what_is_not_overwritten_is_found(taken: Mutant, tmp_path: Path) -> None:
    """Each of the defences, taken out, leaves marks on an image."""
    shutil.copytree(SOURCE, tmp_path / "nullabona", ignore=shutil.ignore_patterns("page", "__pycache__"))
    mutate(taken, tmp_path / "nullabona")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, env=environment, check=True)
    assert int(done.stdout) > 0
