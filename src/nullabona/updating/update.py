"""Installs a release over what runs here, if it may be (spec/release.md §5)."""

from __future__ import annotations

import asyncio
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass

from nullabona.releases.choice import ReleaseRevoked, Running, Wish, choose
from nullabona.releases.ledger import Logged
from nullabona.releases.statement import ReleaseFile
from nullabona.releases.wheels import fits
from nullabona.updating.files import FilesMissing, Place, fetch
from nullabona.updating.following import Followed
from nullabona.updating.versions import Versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """This machine now. ``version``: of the program that runs, if no update has installed it."""

    version: str
    python: tuple[int, int]
    profile: int | None
    now_s: int


def running(followed: Followed, versions: Versions, here: Here) -> Running:
    """What runs here, as far as the log knows it."""
    logged = followed.ledger.releases.get(versions.current or here.version)
    return Running(number=logged.release.number if logged else None, python=here.python, profile=here.profile)


def permitted(
    followed: Followed, version: str, versions: Versions, here: Here, wish: Wish, since_s: int | None = None
) -> Logged:
    """The release ``version``, if it may be installed. ``since_s``: when it was public, by an old proof.

    Raises as `choose`.
    """
    logged = followed.ledger.releases.get(version)
    public_s = 0
    if logged is not None:
        seen_s = followed.since_s(logged)
        public_s = max(0, here.now_s - (seen_s if since_s is None else min(seen_s, since_s)))
    return choose(followed.ledger, version, running(followed, versions, here), wish, public_s=public_s)


async def install(
    logged: Logged, place: Place, versions: Versions, trials: Sequence[Sequence[str]] = (), platform: str = ""
) -> None:
    """Fetch the files of a permitted release that fit this machine, install, try, switch.

    Raises `ReleaseFileDiffers`, `FilesMissing`, or as `Versions.install`; then nothing has changed.
    """
    wanted = [file for file in logged.release.files if fits(file, platform or sysconfig.get_platform())]
    found: dict[ReleaseFile, bytes] = {}
    for file in wanted:
        data = await fetch(place, file)
        if data is not None:
            found[file] = data
    # A wheel for another Python may be missing; pip says whether one that it needs is.
    if not found:
        raise FilesMissing(f"there is no file of {logged.release.version} for this machine")
    await asyncio.to_thread(versions.install, logged.release.version, found, trials)


def undo(followed: Followed, versions: Versions) -> str:
    """Go back to the version before the last update; its name. Raises `NothingToUndo` or `ReleaseRevoked`."""
    last = versions.last
    if last is not None and last in followed.ledger.revoked:
        raise ReleaseRevoked(f"{last} was taken back: {followed.ledger.revoked[last]}")
    return versions.undo()
