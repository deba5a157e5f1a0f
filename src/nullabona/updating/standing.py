"""What can be said of the version that runs here, and of what is newer (spec/release.md §5)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal, TypeAlias

from nullabona.releases.choice import DAY_S
from nullabona.releases.ledger import Logged
from nullabona.releases.statement import Version
from nullabona.updating.following import Followed
from nullabona.updating.update import Here
from nullabona.updating.versions import Versions

Origin: TypeAlias = Literal["checked", "named", "unlogged"]
"""``checked``: `nulla update` compared its files with the log when it installed it. ``named``: the log has a release
that this version says it is; nobody here compared its files. ``unlogged``: the log has none of this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newer:
    """A release that may be installed, or will be. ``seen_s``: when this machine saw it first."""

    logged: Logged
    seen_s: int
    days: int
    rebuilt: dict[str, int]
    """Of ``same``, ``part`` and ``different``, how many rebuilders say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The version that runs. ``last``: what `undo` goes back to. ``starts``: what the next start runs, if another.

    ``revoked``: why the version that starts was taken back.
    """

    running: Version
    origin: Origin
    revoked: str | None
    last: Version | None
    starts: Version | None
    newer: Newer | None
    silent: bool


def standing(followed: Followed, versions: Versions, here: Here) -> Standing:
    """Of the process that asks. Its version is what its environment's folder is called, or what it says itself."""
    ledger = followed.ledger
    installed = versions.running_in(here.prefix)
    running = installed or here.version
    logged = ledger.releases.get(running)
    starts = versions.starts
    # The digest: a release of this name in another log that was followed before says nothing of these files.
    compared = installed is not None and logged is not None and versions.statement_of(installed) == logged.digest
    newest = ledger.newest
    known = ledger.releases.get(starts or running)
    is_newer = newest is not None and (known is None or newest.release.number > known.release.number)
    return Standing(
        running=running,
        origin="unlogged" if logged is None else "checked" if compared else "named",
        revoked=ledger.revoked.get(starts or running),
        last=versions.last,
        starts=starts if starts not in {None, running} else None,
        newer=_newer(followed, newest, here.now_s) if newest is not None and is_newer else None,
        silent=followed.is_silent(here.now_s),
    )


def _newer(followed: Followed, newest: Logged, now_s: int) -> Newer:
    seen_s = followed.since_s(newest)
    said = followed.ledger.rebuilt.get(newest.release.version, {})
    return Newer(
        logged=newest, seen_s=seen_s, days=max(0, now_s - seen_s) // DAY_S, rebuilt=dict(Counter(said.values()))
    )
