"""Installs a release over what runs here, if it may be (spec/release.md §5)."""

from __future__ import annotations

import asyncio
import sys
import sysconfig
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nullabona.releases.choice import (
    ReleaseNotRebuilt,
    ReleaseOlder,
    ReleaseRevoked,
    ReleaseTooNew,
    ReleaseUnfit,
    Running,
    Wish,
    choose,
)
from nullabona.releases.ledger import Logged
from nullabona.releases.statement import ReleaseFile
from nullabona.releases.wheels import fits, needs, package_of
from nullabona.updating.files import FilesMissing, Place, fetch
from nullabona.updating.following import Followed
from nullabona.updating.versions import Versions

PROGRAM: Final = "nullabona"
"""The package of a release that is installed, with what it needs."""
EXTRA: Final = "pictures"
"""The one extra that is installed with it: who updates is a person who talks. What other extras bring is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """This machine now. ``version``: of the program that runs, if no update has installed it.

    ``prefix``: of its Python; ``profile``: the version of profiles that it writes.
    """

    version: str
    python: tuple[int, int]
    profile: int | None
    now_s: int
    prefix: Path = Path(sys.prefix)


def running(followed: Followed, versions: Versions, here: Here) -> Running:
    """What runs here, as far as the log knows it: a first program that was changed since an update runs itself."""
    version = versions.starts or here.version
    logged = followed.ledger.releases.get(version)
    return Running(
        version=version, number=logged.release.number if logged else None, python=here.python, profile=here.profile
    )


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


def newest_permitted(followed: Followed, versions: Versions, here: Here, wish: Wish) -> Logged | None:
    """The newest release that `permitted` does not refuse; None if it refuses each.

    Those who release often must not keep everybody who waits from every update.
    """
    for version in reversed(followed.ledger.releases):
        try:
            return permitted(followed, version, versions, here, wish)
        except ReleaseOlder:
            return None  # as are all before it
        except (ReleaseRevoked, ReleaseUnfit, ReleaseTooNew, ReleaseNotRebuilt):
            continue
    return None


async def install(
    logged: Logged, place: Place, versions: Versions, trials: Sequence[Sequence[str]] = (), platform: str = ""
) -> None:
    """Fetch the files of a permitted release that this machine needs, install, try, switch.

    Raises `ReleaseFileDiffers`, `FilesMissing`, or as `Versions.install`; then nothing has changed.
    """
    python = sys.version_info[:2]
    fitting: dict[str, list[ReleaseFile]] = {}
    for file in logged.release.files:
        if fits(file, platform or sysconfig.get_platform(), python):
            fitting.setdefault(package_of(file), []).append(file)
    found: dict[ReleaseFile, bytes] = {}
    wanted, met = [PROGRAM], {PROGRAM}
    while wanted:
        package = wanted.pop()
        for file in fitting.get(package, ()):
            data = await fetch(place, file)
            if data is not None:
                found[file] = data
                new = needs(data, EXTRA if package == PROGRAM else "") - met
                met |= new
                wanted += new
    # What is missing may be for another system only; pip says whether it is needed here.
    if not found:
        raise FilesMissing(f"there is no file of {logged.release.version} for this machine")
    await _in_thread(lambda: versions.install(logged.release.version, found, trials, logged.digest), versions.stop)


async def _in_thread(work: Callable[[], None], stop: Callable[[], None]) -> None:
    """``work`` in a thread. If this is cancelled, it ends only when the thread has: until then the folder is held, and
    no other installation can mix its files with these.
    """
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        stop()
        while not task.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # it is of no interest any more
        raise


def undo(followed: Followed | None, versions: Versions, here: Here) -> str:
    """Go back to the version before the last update, or to the program that was there before any; its version.

    ``followed`` is None if nothing is known of the log: that keeps nobody from going back.
    Raises `NothingToUndo` or `ReleaseRevoked`.
    """
    first = versions.first or here.version
    back = versions.last or first
    if followed is not None and back in followed.ledger.revoked:
        raise ReleaseRevoked(f"{back} was taken back: {followed.ledger.revoked[back]}")
    return versions.undo() or first
