"""What tools that know nothing of us say of a package, and what ours says on top of it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nullabona.docket.production.bag import TAG_MANIFEST
from nullabona.docket.production.certificate import CERTIFICATE
from nullabona.docket.production.pdfcheck import check_certificate
from nullabona.docket.production.verify import Checked, read_folder, verify_package
from nullabona.errors import PeerError
from nullabona.log.policy import Policy

PAYLOAD: Final = "manifest-sha256.txt"
PYHANKO: Final = "pyHanko"


@dataclass(frozen=True, slots=True)
class Looked:
    """A package as it was checked. ``checked`` None: it does not hold, and ``problem`` says why."""

    folder: Path
    listed: tuple[str, ...]
    """``HASH  PATH``, as `sha256sum` wants it."""
    summed: bool
    signed: bool
    tools: tuple[str, ...]
    checked: Checked | None
    problem: str = ""

    @property
    def holds(self) -> bool:
        return self.summed and self.signed and self.checked is not None


def look_at(folder: Path, policy: Policy, custodian: str) -> Looked:
    """Check a package with `sha256sum`, with the available readers of PDF signatures, and with `nulla` itself."""
    verdicts = dict(_signatures(folder / CERTIFICATE))
    listed = tuple((folder / PAYLOAD).read_text("utf-8").splitlines())
    checked, problem = None, ""
    try:
        checked = verify_package(read_folder(folder), policy, custodian)
    except PeerError as error:
        problem = error.message
    return Looked(folder, listed, sums_hold(folder), all(verdicts.values()), tuple(verdicts), checked, problem)


def sums_hold(folder: Path) -> bool:
    """Whether ``sha256sum -c`` is content with every file."""
    command = ("sha256sum", "--check", "--strict", "--quiet", PAYLOAD, TAG_MANIFEST)
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0  # noqa: S603


def _signatures(pdf: Path) -> Iterator[tuple[str, bool]]:
    """Each tool that is here, and whether it finds one whole signature over the whole file."""
    try:
        check_certificate(pdf.read_bytes())
    except PeerError:
        yield PYHANKO, False
    else:
        yield PYHANKO, True
    if shutil.which("pdfsig"):
        command = ("pdfsig", "-nocert", str(pdf))
        said = subprocess.run(command, capture_output=True, check=False, text=True).stdout  # noqa: S603
        yield "pdfsig", "Signature is Valid." in said and "Total document signed" in said
