"""What an installation weighs: every distribution of an environment, by the files that it brought."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

from tools.dist.running import environment, run


@dataclass(frozen=True, slots=True, order=True)
class Weight:
    """Bytes of one distribution as its wheel brings them, and of the bytecode that was compiled from it."""

    files: int
    bytecode: int
    name: str


def _weight(one: Distribution) -> Weight:
    files = bytecode = 0
    # Bytecode that Python wrote by itself is in no list of the installer's.
    for place in {Path(str(one.locate_file(path))) for path in one.files or () if path.suffix != ".pyc"}:
        files += _size(place)
        if place.suffix == ".py":
            compiled = place.parent.glob(f"__pycache__/{place.stem}.*.pyc")
            bytecode += sum(_size(each) for each in compiled)
    return Weight(files, bytecode, f"{one.name} {one.version}")


def _size(place: Path) -> int:
    return place.stat().st_size if place.is_file() else 0


def weights(site_packages: Path) -> list[Weight]:
    """Every distribution below ``site_packages`` but pip, the heaviest first."""
    found = distributions(path=[str(site_packages)])
    return sorted((_weight(one) for one in found if one.name not in {"pip", "setuptools"}), reverse=True)


def table(found: Iterable[Weight]) -> str:
    """Megabytes (of 1,000,000 bytes) of each, and of all together."""
    every = list(found)
    every.append(Weight(sum(one.files for one in every), sum(one.bytecode for one in every), "together"))
    lines = [f"{one.files / 1e6:8.2f} {one.bytecode / 1e6:8.2f}  {one.name}" for one in every]
    return "\n".join(["   files bytecode  (MB)", *lines])


def install(offline: Path, into: Path, requirements: str = "requirements.txt") -> Path:
    """Install the offline folder into the new environment ``into`` and return its site-packages."""
    run(["sh", offline / "install.sh", into, requirements], offline, environment(0))
    return next((into / "lib").glob("python*/site-packages"))


def install_by_pip(offline: Path, into: Path, requirements: str = "requirements.txt") -> Path:
    """The same files as pip alone leaves them: nothing is removed, and every module is compiled."""
    run([sys.executable, "-m", "venv", into], offline, environment(0))
    pip: list[str | Path] = [into / "bin/python", "-I", "-m", "pip", "--isolated", "--disable-pip-version-check"]
    words = ["--quiet", "install", "--no-index", "--only-binary", ":all:", "--require-hashes"]
    run([*pip, *words, "--find-links", offline, "-r", offline / requirements], offline, environment(0))
    return next((into / "lib").glob("python*/site-packages"))


def report(offline: Path, requirements: str = "requirements.txt", *, plain: bool = False) -> str:
    """The table of a fresh installation of a list of ``offline``; ``plain``: as pip alone installs it."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "environment"
        return table(weights((install_by_pip if plain else install)(offline, place, requirements)))
