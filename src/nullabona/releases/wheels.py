"""Which wheels of a release fit a machine, and what an installer is told to accept (spec/release.md §5)."""

from __future__ import annotations

from collections.abc import Iterable

from nullabona.errors import Malformed
from nullabona.releases.statement import ReleaseFile

_SUFFIX = ".whl"
_SYSTEMS = {"linux": ("manylinux", "linux"), "win": ("win",), "macosx": ("macosx",)}


def fits(file: ReleaseFile, platform: str) -> bool:
    """Whether ``file`` is a wheel that may run on ``platform``, as `sysconfig.get_platform` names it.

    It says yes too often rather than too seldom: an installer compares versions of systems and of Python.
    """
    if not file.name.endswith(_SUFFIX):
        return False
    if not file.platform:
        return True
    here = platform.replace("-", "_").replace(".", "_")
    begins = next((known for system, known in _SYSTEMS.items() if here.startswith(system)), (here,))
    machine = here.partition("_")[2] if here.startswith(("linux", "win_")) else here.rsplit("_", 1)[-1]
    tags = file.platform.split(".")
    return any(tag.startswith(begins) and tag.endswith((machine, "universal2")) for tag in tags)


def requirements(files: Iterable[ReleaseFile]) -> str:
    """What pip installs and nothing else: each package at its version, with the hashes of its wheels.

    Raises `Malformed` for a name that is no wheel's.
    """
    found: dict[str, list[str]] = {}
    for file in files:
        parts = file.name.removesuffix(_SUFFIX).split("-")
        if not file.name.endswith(_SUFFIX) or len(parts) not in {5, 6}:
            raise Malformed(f"{file.name} is not the name of a wheel")
        found.setdefault(f"{parts[0]}=={parts[1]}", []).append(file.sha256)
    lines = (f"{package} {' '.join(f'--hash=sha256:{one}' for one in hashes)}\n" for package, hashes in found.items())
    return "".join(sorted(lines))
