"""What the desk needs from outside: clock, randomness, cards, packages, the log, signatures, delivery."""

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
"""How long the machine has run: `nullabona.machine.steady.steady_now`."""
Chance = Callable[[int], bytes]
"""That many random bytes."""
Producible = Callable[[str], Mapping[str, object]]
"""What is held about a handle: ``nullabona.directory.service.read_producible``, wired by the command line."""
Deliver = Callable[[str, Inbox, bytes], None]
"""Put a frame into the inbox of a handle through its relay. Raises a `NullabonaError` if it could not be put."""


@dataclass(frozen=True, slots=True)
class PackageOrder:
    """Everything a package is made from. The same order gives the same package, byte for byte."""

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
    """The name under which the authority stands in the registry; empty if it does not."""
    allowed: tuple[str, ...] | None = None
    """The fields that the law lets be produced for this kind of demand; None: it names none."""


@dataclass(frozen=True, slots=True)
class Made:
    """A package beside the order that it was made from; it stands for that order only."""

    order: PackageOrder
    package: Package = field(repr=False)


class MakePackage(Protocol):
    """Makes a production, or the letter of a refusal. Pure: no clock, no chance, nothing but the order."""

    def __call__(self, order: PackageOrder) -> Package: ...


class SealPackage(Protocol):
    """Seals a package with the custodian's key and the operator's, when it is handed over."""

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
    """A checkpoint that everybody can see, with its cosignatures."""

    @property
    def note(self) -> bytes: ...

    @property
    def size(self) -> int: ...


class LogStatus(Protocol):
    """How many entries of a log wait, and how many are in its files."""

    @property
    def staged(self) -> int: ...

    @property
    def integrated(self) -> int: ...


class DocketLog(Protocol):
    """The docket's log: `nullabona.sequencer.Log` is one."""

    @property
    def public(self) -> Path:
        """The folder that any web server may serve."""
        ...

    def status(self) -> LogStatus:
        """How long the log is."""
        ...

    def stage(self, entries: Sequence[bytes], *, key: bytes | None = None) -> range:
        """Keep ``entries`` for good; their indices. Under one ``key`` it is done once."""
        ...

    async def publish(self, now_s: int) -> PublishedNote:
        """Integrate, sign, collect cosignatures, and publish. Raises if there is no quorum."""
        ...

    def inclusion(self, index: int) -> bytes:
        """The tlog-proof of an entry under the newest published checkpoint. Raises if it is not under it."""
        ...


@dataclass(frozen=True, slots=True)
class Publication:
    """Where the desk's public record goes. ``policy``: what receipts and notices are checked against."""

    log: DocketLog
    origin: str
    policy: str


def _nobody_knows(_: int) -> None:
    """Of a directory without a public record no row has a day."""


@dataclass(frozen=True, slots=True)
class Outside:
    """Everything a desk is handed."""

    clock: Clock
    chance: Chance
    producible: Producible
    make_package: MakePackage
    verifiers: Mapping[CredentialKind, VerifyAssertion]
    seal: SealPackage | None = None
    """None where there is no custodian's key: packages leave unsealed, and only if a releaser chooses that."""
    epoch_day: EpochDay = field(default=_nobody_knows)
    """When the directory's epochs were closed: what a demand with a period is about depends on it."""
    steady: SteadyClock | None = None
    """What the clock is compared with before a beat; None: it is believed."""


@dataclass(frozen=True, slots=True)
class Acting:
    """Who is at the desk now, and the age identities they have unlocked; the identities are never stored."""

    officer: str
    keys: tuple[str, ...] = field(default=(), repr=False)
