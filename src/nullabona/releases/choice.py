"""Which release may be installed here, and why not (spec/release.md §5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from nullabona.errors import PeerError, UserError
from nullabona.releases.ledger import Ledger, Logged
from nullabona.releases.statement import ReleaseFile

_NUMBERS: Final = re.compile(r"[0-9]+(?:\.[0-9]+)*")
DAY_S: Final = 86_400
SILENCE_S: Final = 14 * DAY_S
"""After so long without a cosignature a reader is told that it may be kept from what is new."""


class NotLogged(PeerError):
    """A version is not in the release log, or its entry does not hold."""

    code = "release-not-logged"
    default_hint = "nothing was installed. Ask those who sent you this version why nobody can see it in the log"


class ReleaseRevoked(PeerError):
    """Those who released a version have taken it back."""

    code = "release-revoked"
    default_hint = "install the newest release instead"


class ReleaseOlder(UserError):
    """A version is not newer than the one that runs here."""

    code = "release-older"
    default_hint = "an older version may have holes that are closed now. `nulla update undo` goes back to the last one"


class ReleaseUnfit(UserError):
    """A version cannot run here, or cannot read this profile."""

    code = "release-unfit"
    default_hint = "choose another version, or install a newer Python first"


class ReleaseTooNew(UserError):
    """A version has not been public for as long as the person wants."""

    code = "release-too-new"
    default_hint = "it can be installed after that, or at once with --now"


class ReleaseNotRebuilt(UserError):
    """Fewer people have built a version themselves, with the same result, than the person wants."""

    code = "release-not-rebuilt"
    default_hint = "wait until others have built it, or ask for fewer"


class ReleaseFileDiffers(PeerError):
    """A file is not the one that the release log names."""

    code = "release-file-differs"
    default_hint = "nothing was installed. Get the file from another place: any place will do, as its hash decides"


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What is installed here. ``number``: of its release; None: it is in no log.

    ``profile``: the version of the profile; None: there is none yet. ``version``: what it calls itself.
    """

    version: str = ""
    number: int | None
    python: tuple[int, int]
    profile: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the person asks of a release beyond its signatures."""

    days_public: int = 0
    rebuilders: int = 0


def choose(ledger: Ledger, version: str, running: Running, wish: Wish, *, public_s: int) -> Logged:
    """The release ``version``, if it may be installed over what is running. ``public_s``: for how long witnesses have
    seen it in the log.

    Raises `NotLogged`, `ReleaseRevoked`, `ReleaseOlder`, `ReleaseUnfit`, `ReleaseTooNew` or `ReleaseNotRebuilt`.
    """
    logged = ledger.releases.get(version)
    if logged is None:
        raise NotLogged(_why_not(ledger, version))
    if version in ledger.revoked:
        raise ReleaseRevoked(f"{version} was taken back: {ledger.revoked[version]}")
    _check_newer(ledger, logged, running)
    _check_fit(logged, running)
    if public_s < wish.days_public * DAY_S:
        raise ReleaseTooNew(f"{version} has been public for {public_s // DAY_S} days, and you want {wish.days_public}")
    same = sum(outcome == "same" for outcome in ledger.rebuilt.get(version, {}).values())
    if same < wish.rebuilders:
        raise ReleaseNotRebuilt(
            f"{same} others have built {version} with the same result, and you want {wish.rebuilders}"
        )
    return logged


def check_file(file: ReleaseFile, data: bytes) -> None:
    """Raises `ReleaseFileDiffers` unless ``data`` is that file of a release."""
    if len(data) != file.size or sha256(data).hexdigest() != file.sha256:
        raise ReleaseFileDiffers(f"{file.name} is not the file that the release log names")


def is_silent(cosigned_s: int | None, now_s: int) -> bool:
    """Whether nobody has cosigned for so long that something newer may be kept from this reader."""
    return cosigned_s is None or now_s - cosigned_s > SILENCE_S


def _why_not(ledger: Ledger, version: str) -> str:
    about = next((each for each in reversed(ledger.ignored) if each.version == version), None)
    if about is None:
        return f"{version} is not in the release log"
    return f"{version} is in the release log, but entry {about.entry} does not hold: {about.why}"


def _check_newer(ledger: Ledger, logged: Logged, running: Running) -> None:
    version = logged.release.version
    if running.number is None:
        # Nothing says how old the running program is, so every release but the newest could be a way back.
        if logged != ledger.newest:
            raise ReleaseOlder(f"{version} is not the newest release, and what runs here is no release")
        # The log may be withheld since before that version, which came onto the machine in another way.
        if _numbers(running.version) > _numbers(version):
            raise ReleaseOlder(f"{version} has a lower number than what runs here, which is not in the log")
    elif logged.release.number <= running.number:
        raise ReleaseOlder(f"{version} is not newer than what is installed here")


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers that a version begins with."""
    found = _NUMBERS.match(version)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def _check_fit(logged: Logged, running: Running) -> None:
    release = logged.release
    major, minor = (int(part) for part in release.python.split("."))
    if running.python < (major, minor):
        raise ReleaseUnfit(f"{release.version} needs Python {release.python} or newer")
    oldest, newest = release.reads
    if running.profile is not None and not oldest <= running.profile <= newest:
        raise ReleaseUnfit(f"{release.version} cannot read this profile (version {running.profile})")
