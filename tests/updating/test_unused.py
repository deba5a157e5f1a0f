"""What an installation leaves out is what nothing of ours needs."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Final

from nullabona.updating.unused import remove_unused

ROOT: Final = Path(__file__).parents[2]
WITHOUT: Final = """
import asyncio, shutil, sys
from pathlib import Path
from nullabona.updating.unused import remove_unused
site = Path(sys.argv[1])
assert remove_unused(site) > 8_000_000
sys.path[:] = [str(site), *(path for path in sys.path if not path.endswith("site-packages"))]
sys.path += [sys.argv[2]]
import PIL, apsw, picows
assert all(Path(each.__file__).is_relative_to(site) for each in (PIL, apsw, picows))
assert not (site / "picows/websockets/__init__.py").exists()
from nullabona.client.api.trial import open_trial, trial
from nullabona.client.media.worker import _warm
_warm()
import nullabona.app.run
async def main():
    async with trial() as words:
        await open_trial(Path(words[0][-1]))
asyncio.run(main())
"""
"""Photos of every format are read and written and a profile is opened, on libraries that lack what is left out."""


def test_only_what_is_unused_goes(tmp_path: Path) -> None:
    """Files that match go and their bytes are counted; the same names elsewhere stay."""
    for name, size in (("apsw/tests/a.py", 5), ("apsw/__init__.py", 7), ("ours/apsw/tests/a.py", 9), ("PIL/a.pyi", 2)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(bytes(size))
    assert 7 == remove_unused(tmp_path)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert {"apsw/__init__.py", "ours/apsw/tests/a.py"} == left
    assert 0 == remove_unused(tmp_path)


def test_profile_and_photos_need_none_of_it(tmp_path: Path) -> None:
    """On the libraries of this environment, without it, a profile opens, and all formats of photos can be used."""
    site = Path(sysconfig.get_path("purelib"))
    copied = tmp_path / "site"
    copied.mkdir()
    for pattern in ("PIL", "pillow*", "apsw*", "picows*", "aiofastnet*", "multidict*", "nacl", "cffi", "_cffi*"):
        for path in site.glob(pattern):
            subprocess.run(["cp", "-R", str(path), str(copied)], check=True)
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, str(copied), str(site)],
        cwd=ROOT, text=True, capture_output=True, check=False, timeout=50,
    )  # fmt: skip
    assert 0 == done.returncode, done.stderr
