"""The offline folder: every wheel that an installation needs, and lists that pin each file by its hash.

What uv.lock names is fetched by pip, which refuses a file with another hash. The lists name only files that are in the
folder, so that `pip install --no-index --require-hashes` takes these and nothing else.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from tools.dist.running import environment, run
from tools.dist.source import Source
from tools.dist.sums import sha256

PYTHONS: Final = ("3.11", "3.12", "3.13", "3.14")
LISTS: Final = {
    "requirements.txt": "pictures",
    "requirements-base.txt": None,
    "requirements-relay.txt": "relay",
    "requirements-docket.txt": "docket",
}
"""Each list, and the extra it is for. The extra `window` is missing: it needs libraries of the desktop."""
_GLIBCS: Final = (
    "manylinux_2_28",
    "manylinux_2_27",
    "manylinux_2_26",
    "manylinux_2_24",
    "manylinux_2_17",
    "manylinux2014",
)
_OURS: Final = ("nullabona", "nullabona-mls")
_INSTALL: Final = """\
#!/bin/sh
# Installs nullabona from the files beside this one, without a network: install.sh [FOLDER [LIST]]
#
# FOLDER is nullabona in your home's .local/share unless you name another; LIST is requirements.txt unless you name
# requirements-base.txt (a messenger that opens no pictures), requirements-relay.txt or requirements-docket.txt.
# Each file is compared with its hash. PYTHON names another Python.
# Afterwards the messenger alone is made small: files that it does not use are removed, and only its modules compiled.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
to=${1:-$HOME/.local/share/nullabona/program}
list=${2:-requirements.txt}
compile=--compile
case $list in requirements.txt | requirements-base.txt) compile=--no-compile ;; esac
"${PYTHON:-python3}" -m venv "$to"
"$to/bin/python" -I -m pip --isolated --disable-pip-version-check --quiet install "$compile" \\
    --no-index --find-links "$here" --only-binary :all: --require-hashes -r "$here/$list"
if [ $compile = --no-compile ]; then "$to/bin/python" -I -m nullabona.cli.update.slim; fi
echo "installed: $to/bin/nulla"
"""


@dataclass(frozen=True, slots=True)
class Pinned:
    """One line of the lock as uv exports it: a version, when it is needed, and the hashes of its files."""

    requirement: Requirement
    hashes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The distribution's canonical name."""
        return str(canonicalize_name(self.requirement.name))

    def needed(self, python: str, machine: str) -> bool:
        """Whether a Linux of ``machine`` with ``python`` needs it."""
        return self.requirement.marker is None or self.requirement.marker.evaluate(
            {
                "implementation_name": "cpython",
                "platform_machine": machine,
                "platform_python_implementation": "CPython",
                "platform_system": "Linux",
                "python_full_version": f"{python}.0",
                "python_version": python,
                "sys_platform": "linux",
            }
        )


def parse(exported: str) -> Iterator[Pinned]:
    """The lines of ``uv export``."""
    for line in exported.replace("\\\n", " ").splitlines():
        if line and not line.startswith((" ", "#")):
            requirement, *hashes = line.split(" --hash=")
            yield Pinned(Requirement(requirement.strip()), tuple(one.strip() for one in hashes))


def exported(source: Source, uv: Path, extra: str | None) -> list[Pinned]:
    """What the lock of ``source`` has for the base and ``extra``, without the project's own packages."""
    wanted = [] if extra is None else ["--extra", extra]
    left_out = [word for name in _OURS for word in ("--no-emit-package", name)]
    command: list[str | Path] = [
        uv,
        "export",
        "--frozen",
        "--quiet",
        "--no-dev",
        "--no-header",
        "--no-annotate",
        *left_out,
        *wanted,
    ]
    return list(parse(run(command, source.tree, environment(source.epoch, {"UV_PYTHON": sys.executable}))))


def fetch(pinned: Iterable[Pinned], pip: Path, source: Source, folder: Path, machine: str) -> None:
    """The wheels of ``pinned`` for every Python of `PYTHONS` on a Linux of ``machine``."""
    wanted = folder / "wanted.txt"
    known = {one.name: one for one in pinned}
    for python in PYTHONS:
        needed = [one for one in known.values() if one.needed(python, machine)]
        lines = (" ".join((_pin(one), *(f"--hash={value}" for value in one.hashes))) for one in needed)
        wanted.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        digits = python.replace(".", "")
        abis = [word for abi in (f"cp{digits}", "abi3", "none") for word in ("--abi", abi)]
        platforms = [word for libc in _GLIBCS for word in ("--platform", f"{libc}_{machine}")]
        options = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--implementation", "cp"]
        options += ["--python-version", python, *abis, *platforms, "--dest", str(folder), "-r", str(wanted)]
        run([pip, "-I", "-m", "pip", "download", "--quiet", *options], source.tree, environment(source.epoch))
    wanted.unlink()


def _pin(one: Pinned) -> str:
    return f"{one.name}{one.requirement.specifier}"


def listed(pinned: Iterable[Pinned], folder: Path) -> str:
    """The list of ``pinned`` and the project's own packages, with the hashes of the files in ``folder``."""
    files: dict[str, list[Path]] = {}
    for wheel in sorted(folder.glob("*.whl")):
        files.setdefault(str(parse_wheel_filename(wheel.name)[0]), []).append(wheel)
    lines = []
    for name in _OURS:
        version = parse_wheel_filename(files[name][0].name)[1]
        lines.append((name, f"{name}=={version}"))
    for one in pinned:
        marker = f" ; {one.requirement.marker}" if one.requirement.marker else ""
        lines.append((one.name, f"{_pin(one)}{marker}"))
    # What no Linux needs has no file here, and its marker would never be true.
    return "".join(
        " \\\n    ".join((line, *(f"--hash=sha256:{sha256(wheel)}" for wheel in files[name]))) + "\n"
        for name, line in sorted(lines)
        if name in files
    )


def make(source: Source, own: Iterable[Path], uv: Path, folder: Path, machines: Iterable[str]) -> None:
    """The whole folder, from the wheels ``own`` and what the lock names."""
    folder.mkdir(parents=True)
    for wheel in own:
        shutil.copy2(wheel, folder)
    lists = {name: exported(source, uv, extra) for name, extra in LISTS.items()}
    every = [one for pinned in lists.values() for one in pinned]
    for machine in machines:
        fetch(every, uv.with_name("python"), source, folder, machine)
    for name, pinned in lists.items():
        (folder / name).write_text(listed(pinned, folder), encoding="utf-8")
    script = folder / "install.sh"
    script.write_text(_INSTALL, encoding="utf-8")
    script.chmod(0o755)
