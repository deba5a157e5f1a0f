"""Which release a file belongs to (spec/release.md §7)."""

from __future__ import annotations

from collections.abc import Iterable

from nullabona.releases.choice import NotLogged, ReleaseFileDiffers, ReleaseRevoked
from nullabona.releases.ledger import Ledger, Logged
from nullabona.releases.statement import ReleaseFile


def find_release(ledger: Ledger, files: Iterable[ReleaseFile]) -> Logged:
    """The newest release that has all of ``files``, by name and hash.

    Raises `ReleaseFileDiffers` if releases have a file of such a name with other bytes, `ReleaseRevoked` if every
    release with these files was taken back, `NotLogged` if no release has them.
    """
    wanted = {(file.name, file.sha256) for file in files}
    having = [
        each for each in ledger.releases.values() if wanted <= {(one.name, one.sha256) for one in each.release.files}
    ]
    valid = [each for each in having if each.release.version not in ledger.revoked]
    if valid:
        return valid[-1]
    if having:
        version = having[-1].release.version
        raise ReleaseRevoked(f"{version} was taken back: {ledger.revoked[version]}")
    names = {name for name, _ in wanted}
    known = {one.name for each in ledger.releases.values() for one in each.release.files}
    if names <= known:
        raise ReleaseFileDiffers("no release has these files together, although it has others of the same names")
    raise NotLogged(f"no release has {min(names - known)}")
