"""A program below /usr/lib: the wheels of the offline folder, unpacked side by side for several versions of Python.

It is a virtual environment on Debian's Python, made without running anything. Native modules carry their Python's
version in their names, so the wheels of one package for several Pythons fit into one folder; what two of them both have
must be the same. No file of a wheel is changed, so each can be compared with the wheel that uv.lock names.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from nullabona.updating.unused import UNUSED

PYTHONS: Final = ("3.11", "3.12", "3.13")
"""Debian 12, Ubuntu 24.04, Debian 13."""
LEFT_OUT: Final = {
    **UNUSED,
    r".*\.pyi$": "stubs are for those who write code",
    r"[^/]+\.data/": "manual pages of libraries",
    r"[^/]+\.dist-info/(RECORD|INSTALLER|REQUESTED|direct_url\.json)$": "dpkg knows what is installed",
}
WITHOUT_CLIENT: Final = {
    r"nullabona/(client|app/page)/|nullabona_mls/|nullabona_mls-": "a relay's machine has no code that could decrypt",
}
_PYTHON: Final = re.compile(r"cp(3)(\d+)")


@dataclass(frozen=True, slots=True)
class Program:
    """Where a program is installed, and what its wheels bring that it does not have."""

    home: PurePosixPath
    left_out: dict[str, str]

    @property
    def python(self) -> PurePosixPath:
        """The interpreter that runs it."""
        return self.home / "bin/python"


def chosen(requirements: Path) -> list[Path]:
    """The wheels that a list of the offline folder names, for the Pythons of `PYTHONS` and every machine."""
    names = {
        str(canonicalize_name(Requirement(line.partition("\\")[0]).name))
        for line in requirements.read_text(encoding="utf-8").splitlines()
        if not line.startswith(" ")
    }
    wheels = sorted(requirements.parent.glob("*.whl"))
    return [wheel for wheel in wheels if str(parse_wheel_filename(wheel.name)[0]) in names and _for_ours(wheel)]


def _for_ours(wheel: Path) -> bool:
    """Whether one of `PYTHONS` can use it: any wheel but those for one other version."""
    found = [_PYTHON.fullmatch(tag.abi) for tag in parse_wheel_filename(wheel.name)[3]]
    versions = {f"{one[1]}.{one[2]}" for one in found if one}
    return not versions or bool(versions & set(PYTHONS))


def unpack(wheels: Iterable[Path], program: Program, root: Path) -> None:
    """The program below ``root``. Raises `SystemExit` if two wheels have different files of one name."""
    home = root / program.home.relative_to("/")
    site = home / "lib/python3/site-packages"
    skipped = re.compile("|".join(program.left_out))
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as files:
            for one in files.infolist():
                if not one.is_dir() and not skipped.match(one.filename):
                    _put(site / one.filename, files.read(one), wheel)
    for version in PYTHONS:
        (home / "lib" / f"python{version}").symlink_to("python3")
    (home / "pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\n", encoding="utf-8")
    (home / "bin").mkdir()
    up = "../" * (len(program.home.parts) - 1)
    (home / "bin/python").symlink_to(f"{up}bin/python3")
    script(home / "bin/nulla", program, ())


def _put(path: Path, data: bytes, wheel: Path) -> None:
    told_twice = ("WHEEL", "auditwheel.cdx.json")  # each wheel's own account of itself; the first one is kept
    if path.exists():
        if path.name not in told_twice and path.read_bytes() != data:
            raise SystemExit(f"{wheel.name}: another wheel has a different {path.name}")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def script(path: Path, program: Program, words: Iterable[str]) -> None:
    """A command that runs ``nulla`` with ``words`` before its own. Nobody's PYTHONPATH or home gets into it."""
    lines = [
        f"#!{program.python} -I",
        "import sys",
        "",
        "from nullabona.cli import main",
        "",
        f"sys.argv[:1] = {['nulla', *words]!r}",
        "sys.exit(main())",
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    path.chmod(0o755)
