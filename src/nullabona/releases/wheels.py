"""Which wheels of a release fit a machine, and what an installer is told to accept (spec/release.md §5)."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterable
from typing import Final

from nullabona.errors import Malformed
from nullabona.releases.statement import ReleaseFile

_SUFFIX: Final = ".whl"
_PARTS: Final = {5, 6}
_PYTHON: Final = re.compile(r"(py|cp)(\d)(\d*)")
_METADATA: Final = re.compile(r"[^/]+\.dist-info/METADATA")
_NEEDS: Final = re.compile(r"^Requires-Dist: *([A-Za-z0-9._-]+)(.*)$", re.MULTILINE)
_EXTRA: Final = re.compile(r"""\bextra *== *["']?([A-Za-z0-9._-]*)""")
_MOST_METADATA: Final = 1 << 20
_SYSTEMS: Final = {"linux": ("manylinux", "linux"), "win": ("win",), "macosx": ("macosx",)}


def fits(file: ReleaseFile, platform: str, python: tuple[int, int]) -> bool:
    """Whether ``file`` is a wheel for this Python that may run on ``platform``, as `sysconfig.get_platform` names it.

    It says yes too often rather than too seldom: an installer compares versions of systems.
    """
    parts = file.name.removesuffix(_SUFFIX).split("-")
    if not file.name.endswith(_SUFFIX) or len(parts) not in _PARTS or not _runs(parts[-3], parts[-2], python):
        return False
    if not file.platform:
        return True
    here = platform.replace("-", "_").replace(".", "_")
    begins = next((known for system, known in _SYSTEMS.items() if here.startswith(system)), (here,))
    machine = here.partition("_")[2] if here.startswith(("linux", "win_")) else here.rsplit("_", 1)[-1]
    tags = file.platform.split(".")
    return any(tag.startswith(begins) and tag.endswith((machine, "universal2")) for tag in tags)


def _runs(pythons: str, abi: str, python: tuple[int, int]) -> bool:
    """Whether a wheel with these tags (PEP 425) is for this Python. A stable ABI serves later ones, too."""
    major, minor = python
    for tag in pythons.split("."):
        found = _PYTHON.fullmatch(tag)
        if found is None or int(found[2]) != major:
            continue
        at = int(found[3]) if found[3] else 0
        if found[1] == "py" or "abi3" in abi.split("."):
            if at <= minor:
                return True
        elif at == minor and abi in {f"cp{major}{minor}", "none"}:
            return True
    return False


def package_of(file: ReleaseFile) -> str:
    """The canonical name of the package that a wheel is of (PEP 503)."""
    return _canonical(file.name.partition("-")[0])


def needs(data: bytes, extra: str = "") -> frozenset[str]:
    """The canonical names of what a wheel needs, with ``extra`` or without any, by its own METADATA; not every system
    may need all of it.

    Nothing for bytes that are no wheel: an installer refuses them.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as files:
            name = next(one for one in files.namelist() if _METADATA.fullmatch(one))
            if files.getinfo(name).file_size > _MOST_METADATA:
                return frozenset()
            head = files.read(name).decode("utf-8", "replace")
    except (zipfile.BadZipFile, zlib.error, StopIteration, ValueError, RuntimeError, EOFError, OSError):
        return frozenset()
    lines = ((found[1], _EXTRA.search(found[2])) for found in _NEEDS.finditer(head))
    return frozenset(_canonical(name) for name, of in lines if of is None or of[1] == extra)


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements(files: Iterable[ReleaseFile]) -> str:
    """What pip installs and nothing else: each package at its version, with the hashes of its wheels.

    Raises `Malformed` for a name that is no wheel's.
    """
    found: dict[str, list[str]] = {}
    for file in files:
        parts = file.name.removesuffix(_SUFFIX).split("-")
        if not file.name.endswith(_SUFFIX) or len(parts) not in _PARTS:
            raise Malformed(f"{file.name} is not the name of a wheel")
        found.setdefault(f"{parts[0]}=={parts[1]}", []).append(file.sha256)
    lines = (f"{package} {' '.join(f'--hash=sha256:{one}' for one in hashes)}\n" for package, hashes in found.items())
    return "".join(sorted(lines))
