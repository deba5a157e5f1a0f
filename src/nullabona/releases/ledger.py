"""What the entries of a release log come to: current keys, releases, revocations, rebuilds (spec/release.md §4).

An entry that does not hold changes nothing and is remembered: the log's operator can append anything, and must neither
release anything with it nor stop anybody from releasing.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Literal, TypeAlias

from nullabona.errors import Malformed, PeerError
from nullabona.releases.statement import (
    Entry,
    Keys,
    LogKeys,
    Rebuilt,
    Release,
    Revoke,
    SignedByTooFew,
    encode_statement,
    parse_entry,
)

MOST_IGNORED: Final = 256
"""So many entries that do not hold are remembered, the newest."""

Outcome: TypeAlias = Literal["same", "part", "different"]
"""Of a rebuild: every file of the release, only some of its files, or a file that is another one or none of it."""


class WrongReleaseKeys(PeerError):
    """The log does not begin with the release keys that this program knows."""

    code = "release-keys-unknown"
    default_hint = "nothing was installed. Compare the fingerprint of the release keys with one from another source"


class OutOfTurn(PeerError):
    """A statement that is signed well does not fit what the log said before."""

    code = "release-out-of-turn"
    default_hint = "compare number, version and log with what the log says; nothing was entered"


@dataclass(frozen=True, slots=True)
class Logged:
    """A release that holds: the number of its entry, and who signed it."""

    entry: int
    release: Release
    signers: frozenset[str]

    @property
    def digest(self) -> str:
        """SHA-256 of the statement in hexadecimal: another log's release of the same version has another one."""
        return sha256(encode_statement(self.release)).hexdigest()


@dataclass(frozen=True, slots=True)
class Ignored:
    """An entry that does not hold. ``version``: of the release that it wants to be about; empty: of none."""

    entry: int
    version: str
    why: str


@dataclass(slots=True)
class Ledger:
    """The release log ``log`` as far as it was read. ``pinned``: `fingerprint` of its first statement."""

    log: str
    pinned: str
    size: int = 0
    keys: Keys | None = None
    releases: dict[str, Logged] = field(default_factory=dict)
    """By version, in the order of their numbers."""
    revoked: dict[str, str] = field(default_factory=dict)
    """Version → reason."""
    rebuilt: dict[str, dict[str, Outcome]] = field(default_factory=dict)
    """Version → rebuilder → what they got."""
    log_keys: list[str] = field(default_factory=list)
    """Changes of the log's own keys that the release keys agreed to, by their hash."""
    ignored: list[Ignored] = field(default_factory=list)

    def take(self, data: bytes) -> None:
        """The next entry. Raises `WrongReleaseKeys` if the first one is not the pinned statement."""
        number, self.size = self.size, self.size + 1
        if self.keys is None:
            self.keys = _first(data, self.log, self.pinned)
            return
        version = ""
        try:
            entry = parse_entry(data)
            version = getattr(entry.statement, "version", "")
            self.apply(number, entry)
        except PeerError as error:
            self.ignored = [*self.ignored, Ignored(number, version, error.message)][-MOST_IGNORED:]

    def take_all(self, entries: Iterable[bytes]) -> None:
        """Each of them in turn."""
        for entry in entries:
            self.take(entry)

    def check(self, data: bytes) -> None:
        """Raises unless ``data`` would hold as the next entry: what its operator asks before it is in the log for good.

        Raises `Malformed`, `SignedByTooFew`, `OutOfTurn` or `WrongReleaseKeys`.
        """
        if self.keys is None:
            _first(data, self.log, self.pinned)
            return
        deepcopy(self).apply(self.size, parse_entry(data))

    @property
    def newest(self) -> Logged | None:
        """The release with the highest number that is not revoked."""
        standing = [each for version, each in self.releases.items() if version not in self.revoked]
        return standing[-1] if standing else None

    def apply(self, number: int, entry: Entry) -> None:
        """What an entry with this number changes, if it holds. Raises as `check`."""
        statement = entry.statement
        if statement.log != self.log:
            raise OutOfTurn("a release statement is for another log")
        match statement:
            case Keys():
                self._take_keys(statement, entry)
            case Release():
                self._take_release(number, statement, entry)
            case Revoke():
                if statement.version not in self.releases or statement.version in self.revoked:
                    raise OutOfTurn("a revocation is of no release, or of one that was revoked before")
                self._signed(entry, self._keys)
                self.revoked[statement.version] = statement.reason
            case Rebuilt():
                self._take_rebuilt(statement, entry)
            case LogKeys():
                if statement.change in self.log_keys:
                    raise OutOfTurn("a change of the log's keys was agreed to before")
                self._signed(entry, self._keys)
                self.log_keys.append(statement.change)

    def _take_keys(self, statement: Keys, entry: Entry) -> None:
        if statement.number != self._keys.number + 1:
            raise OutOfTurn("a statement of release keys does not have the next number")
        self._signed(entry, self._keys)
        self._signed(entry, statement)
        self.keys = statement

    def _take_release(self, number: int, statement: Release, entry: Entry) -> None:
        if statement.number != len(self.releases) or statement.version in self.releases:
            raise OutOfTurn("a release does not have the next number, or its version was released before")
        self.releases[statement.version] = Logged(number, statement, self._signed(entry, self._keys))

    def _take_rebuilt(self, statement: Rebuilt, entry: Entry) -> None:
        logged = self.releases.get(statement.version)
        pair = next((pair for pair in self._keys.rebuilders if pair.name == statement.by), None)
        if logged is None or pair is None:
            raise OutOfTurn("a rebuild is of no release, or by nobody whom the release keys name")
        told = self.rebuilt.get(statement.version, {})
        if statement.by in told:
            raise OutOfTurn("a rebuilder has said before what they got")
        if entry.signers([pair]) != {pair.name}:
            raise SignedByTooFew("a rebuild is not signed by the rebuilder's two keys")
        self.rebuilt[statement.version] = {**told, statement.by: _outcome(logged.release, statement)}

    @property
    def _keys(self) -> Keys:
        if self.keys is None:
            raise Malformed("a release log begins with its keys")
        return self.keys

    @staticmethod
    def _signed(entry: Entry, keys: Keys) -> frozenset[str]:
        """Who of ``keys`` signed. Raises `SignedByTooFew` if they are too few."""
        signers = entry.signers(keys.keys)
        if len(signers) < keys.threshold:
            raise SignedByTooFew(
                f"{len(signers)} of {len(keys.keys)} release keys signed, and {keys.threshold} have to"
            )
        return signers


def fingerprint(keys: Keys) -> str:
    """What people compare, and what a program that is installed has of its release log: SHA-256 in hexadecimal."""
    return sha256(encode_statement(keys)).hexdigest()


def _outcome(release: Release, rebuilt: Rebuilt) -> Outcome:
    hashes = {file.name: file.sha256 for file in release.files}
    if any(hashes.get(file.name) != file.sha256 for file in rebuilt.files):
        return "different"
    # A rebuilder of one harmless file must not vouch for the others.
    return "same" if len(rebuilt.files) == len(hashes) else "part"


def _first(data: bytes, log: str, pinned: str) -> Keys:
    try:
        entry = parse_entry(data)
    except Malformed as error:
        raise WrongReleaseKeys(f"a release log does not begin with its keys: {error.message}") from error
    statement = entry.statement
    if not isinstance(statement, Keys) or statement.log != log or fingerprint(statement) != pinned:
        raise WrongReleaseKeys("a release log begins with other keys than this program knows")
    return statement
