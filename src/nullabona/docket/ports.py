"""The desk's outside dependencies: clock, randomness, cards, packages, the log, signatures, delivery."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from nullabona.docket.core.acts import Assertion, Credential, CredentialKind
from nullabona.docket.core.period import EpochDay
from nullabona.docket.core.receipt import Receipt
from nullabona.docket.core.records import Approval, CaseId, Decision, Demand, Event, Match, Package
from nullabona.machine.steady import Steady
from nullabona.wire.seal import Inbox

Clock = Callable[[], int]
"""Seconds since 1970-01-01, UTC."""
SteadyClock = Callable[[], Steady]
"""The machine's running time: `nullabona.machine.steady.steady_now`."""
RandomBytes = Callable[[int], bytes]
"""Returns that many random bytes."""
Producible = Callable[[str], Mapping[str, object]]
"""The data held about a handle: ``nullabona.directory.service.read_producible``, passed in by the command line."""
Deliver = Callable[[str, Inbox, bytes], None]
"""Append a frame to a handle's inbox through its relay. Raises a `NullabonaError` if that fails."""


@dataclass(frozen=True, slots=True)
class PackageOrder:
    """The complete input of a package. The same order gives the same package, byte for byte."""

    case: CaseId
    number: str
    demand: Demand
    matches: tuple[Match, ...]
    decision: Decision
    received_s: int
    decided_s: int
    decided_by: str
    taxonomy_sha256: bytes
    authority_name: str = ""
    """The authority's name in the registry; empty if it is not registered."""
    allowed: tuple[str, ...] | None = None
    """The fields that the law allows to be produced for this kind of demand; None: the law names no fields."""


@dataclass(frozen=True, slots=True)
class Made:
    """A package and the order it was made from; valid for that order only."""

    order: PackageOrder
    package: Package = field(repr=False)


class MakePackage(Protocol):
    """Makes a production, or the letter of a refusal. Pure: no clock, no randomness, only the order."""

    def __call__(self, order: PackageOrder) -> Package: ...


class SealPackage(Protocol):
    """Seals a package with the custodian's and the operator's keys at hand-over."""

    def custodian(self) -> str:
        """SHA-256 of the custodian's certificate, in hexadecimal. Raises a `NullabonaError` if the key is unusable."""
        ...

    def __call__(
        self, package: Package, receipt: Receipt, history: Iterable[Event], approvals: Iterable[Approval], now_s: int
    ) -> dict[str, bytes]:
        """Every file of the sealed folder."""
        ...


class VerifyAssertion(Protocol):
    """Checks one kind of signature over a challenge."""

    def __call__(self, credential: Credential, challenge: bytes, assertion: Assertion) -> int:
        """The authenticator's new signature counter (0 if it has none). Raises `AssertionInvalid`."""
        ...


class PublishedNote(Protocol):
    """A public checkpoint with its cosignatures."""

    @property
    def note(self) -> bytes: ...

    @property
    def size(self) -> int: ...


class LogStatus(Protocol):
    """The number of staged entries of a log, and of those in its files."""

    @property
    def staged(self) -> int: ...

    @property
    def integrated(self) -> int: ...


class DocketLog(Protocol):
    """The docket's log: `nullabona.sequencer.Log` is one."""

    @property
    def public(self) -> Path:
        """The folder that a web server may serve."""
        ...

    def status(self) -> LogStatus:
        """The length of the log."""
        ...

    def stage(self, entries: Sequence[bytes], *, key: bytes | None = None) -> range:
        """Stage ``entries`` permanently and return their indices. A repeat with the same ``key`` adds nothing."""
        ...

    async def publish(self, now_s: int) -> PublishedNote:
        """Integrate, sign, collect cosignatures, and publish. Raises without a quorum."""
        ...

    def keep(self, name: str, data: bytes) -> None:
        """Keep a public file beside the log's own, for good when this returns."""
        ...

    def inclusion(self, index: int) -> bytes:
        """The tlog-proof of an entry under the newest published checkpoint. Raises if that does not cover it."""
        ...


@dataclass(frozen=True, slots=True)
class Publication:
    """The log of the desk's public record. ``policy``: the one that receipts and notices are checked against."""

    log: DocketLog
    origin: str
    policy: str


def _nobody_knows(_: int) -> None:
    """A directory without a public record gives no row a day."""


@dataclass(frozen=True, slots=True)
class Outside:
    """The outside dependencies of a desk."""

    clock: Clock
    random_bytes: RandomBytes
    producible: Producible
    make_package: MakePackage
    verifiers: Mapping[CredentialKind, VerifyAssertion]
    seal: SealPackage | None = None
    """None without a custodian's key: packages are then unsealed, and only if a releaser chooses that."""
    epoch_day: EpochDay = field(default=_nobody_knows)
    """When the directory's epochs were closed. It limits the data for demands about a period."""
    contact: str = ""
    """How people and authorities reach the desk; notices name it."""
    steady: SteadyClock | None = None
    """The running time that the clock is checked against before a batch; None: the clock is believed."""


@dataclass(frozen=True, slots=True)
class Acting:
    """The acting officer, and the age identities they unlocked, which are never stored."""

    officer: str
    keys: tuple[str, ...] = field(default=(), repr=False)
