"""The desk of the drills: officers with keys of their own, a log that witnesses cosign, and its beat.

The desk is the real one, in this process; everything that leaves it leaves as it does for everybody: as public files,
and as folders for authorities. Nobody here can do alone what needs two.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from nullabona.directory.service import read_producible
from nullabona.docket.casework import Done
from nullabona.docket.core.acts import (
    AuthorityDetails,
    CaseDetails,
    DeskDetails,
    EnrolDetails,
    OpenDetails,
    PlainDetails,
)
from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.instrument import DAY, Taxonomy
from nullabona.docket.core.receipt import Receipt
from nullabona.docket.core.records import Approval, Authority, CaseId, Event, Package
from nullabona.docket.core.roles import DeskAction, Role
from nullabona.docket.core.statements import Report
from nullabona.docket.core.states import Action
from nullabona.docket.core.terms import term_of
from nullabona.docket.desk import Desk, Proposal
from nullabona.docket.deskwork import DeskDone
from nullabona.docket.founding import First, found
from nullabona.docket.ports import Acting, Outside, PackageOrder, Publication
from nullabona.docket.production.evidence import Evidence
from nullabona.docket.production.identity import Custodian, new_custodian
from nullabona.docket.production.manifest import Operator
from nullabona.docket.production.package import Packager
from nullabona.docket.production.seal import Seals, seal_package
from nullabona.docket.production.sealing import custody_of
from nullabona.docket.signing import credential_of, signer, verify_ed25519
from nullabona.docket.taxonomy import Catalogue, load
from nullabona.docket.vault import new_identity
from nullabona.log.keys import SignerKey
from nullabona.log.policy import Policy
from nullabona.sequencer import WitnessAddress, open_log

HOST: Final = "desk.example"
ORIGIN: Final = f"{HOST}/docket"
OPERATOR: Final = Operator("눌라보나 시연 사업자", HOST, "nullabona")
OFFICERS: Final[Mapping[str, tuple[Role, ...]]] = {
    "ada": (Role.ADMIN,),
    "ben": (Role.ADMIN,),
    "ina": (Role.INTAKE, Role.REVIEWER),
    "cora": (Role.REVIEWER, Role.COUNSEL),
    "rolf": (Role.RELEASER, Role.NOTIFIER, Role.PUBLISHER),
}
AUTHORITIES: Final = {"KR": "서울경찰청 사이버수사과", "US": "US Marshals Service", "EU": "Staatsanwaltschaft Berlin"}


class Pace(Protocol):
    """The desk's clock, and how one waits on it."""

    def __call__(self) -> int:
        """Seconds since 1970-01-01, UTC."""
        ...

    def wait_until(self, at_s: int) -> None:
        """Come back when it is that time."""
        ...


class WallClock:
    """The clock of this machine."""

    def __call__(self) -> int:
        return int(time.time())

    def wait_until(self, at_s: int) -> None:
        """As everybody waits."""
        while (left := at_s - time.time()) > 0:
            time.sleep(left)


@dataclass(frozen=True, slots=True)
class Grounds:
    """What an office stands on. ``directory``: the data of a relay, of which `read_producible` is asked."""

    folder: Path
    signers: tuple[SignerKey, ...] = field(repr=False)
    witnesses: tuple[WitnessAddress, ...]
    policy: str
    directory: Path
    cadence: Cadence


@dataclass(frozen=True, slots=True)
class HeldSeal:
    """Seals with keys that are in memory; a `nullabona.docket.ports.SealPackage`."""

    seals: Seals

    def custodian(self) -> str:
        """SHA-256 of the custodian's certificate."""
        return self.seals.custodian.fingerprint

    def __call__(
        self, package: Package, receipt: Receipt, history: Iterable[Event], approvals: Iterable[Approval], now_s: int
    ) -> dict[str, bytes]:
        """Every file of the sealed folder."""
        return seal_package(package, Evidence(receipt, custody_of(history, approvals)), self.seals, now_s)


@dataclass(frozen=True, slots=True)
class Officer:
    """Somebody with the two secrets that lie outside the server room."""

    name: str
    seed: bytes = field(repr=False)
    identity: str = field(repr=False)
    recipient: str

    def first(self, roles: tuple[Role, ...]) -> First:
        """The public half, for the founding."""
        return First(EnrolDetails(self.name, self.name, self.recipient, (credential_of(self.seed, "file"),)), roles)


def _officer(name: str) -> Officer:
    identity, recipient = new_identity()
    return Officer(name, secrets.token_bytes(32), identity, recipient)


class Office:
    """A founded desk with its log, and everything its officers do there. For one thread."""

    def __init__(self, grounds: Grounds, pace: Pace) -> None:
        self.grounds, self.pace = grounds, pace
        self.catalogue: Catalogue = load()
        self.custodian: Custodian = new_custodian(OPERATOR.name, pace())
        self._officers = {name: _officer(name) for name in OFFICERS}
        self._loop = asyncio.Runner()
        self._packager, self._made = Packager(OPERATOR, self.catalogue), list[tuple[PackageOrder, Package]]()
        self.log = open_log(
            grounds.folder / "log", grounds.signers, ORIGIN, witnesses=grounds.witnesses,
            policy=Policy.parse(grounds.policy),
        )  # fmt: skip
        first = tuple(self._officers[name].first(roles) for name, roles in OFFICERS.items())
        _, outside = new_identity()
        self.pointer_key = found(
            grounds.folder / "desk", first, (outside,), grounds.cadence, pace, secrets.token_bytes
        )  # fmt: skip
        publication = Publication(self.log, ORIGIN, grounds.policy)
        self.desk = Desk(grounds.folder / "desk", self._taxonomy(), self._outside(), publication)
        for jurisdiction, name in AUTHORITIES.items():
            self._register(jurisdiction, name)

    def close(self) -> None:
        """Let go of desk and log."""
        self.desk.close()
        self._loop.run(self.log.close())
        self._loop.close()

    # -- officers

    def who(self, name: str) -> Acting:
        """An officer, with their identity unlocked."""
        return Acting(name, (self._officers[name].identity,))

    def sign(self, name: str, proposal: Proposal, document: bytes | None = None) -> Done | DeskDone:
        """Carry out what was proposed, signed by an officer."""
        return self.desk.perform(self.who(name), proposal, signer(self._officers[name].seed)(proposal.act), document)

    def act(self, name: str, action: Action, case: CaseId, details: CaseDetails | None = None) -> None:
        """One action on a case."""
        self.sign(name, self.desk.propose(self.who(name), action, case, details or PlainDetails()))

    def both(self, first: str, second: str, action: DeskAction, details: DeskDetails) -> None:
        """An action on the desk, with its two signatures."""
        done = self.sign(first, self.desk.propose(self.who(first), action, None, details))
        self.sign(second, self.desk.propose_confirm(self.who(second), done.challenge))

    # -- the public record

    @property
    def public(self) -> Path:
        """The files that everybody may fetch."""
        return self.log.public

    @property
    def seals(self) -> Seals:
        """Who signs what is handed over."""
        return Seals(self.custodian, self.grounds.signers)

    def beat(self) -> int:
        """Publish what is due; how many events wait for a free slot of a later period."""
        return self._loop.run(self.desk.beat()).waiting

    def tick(self) -> None:
        """Wait until the period that is now has ended and is published: what happened so far is in the log."""
        cadence, waiting = self.grounds.cadence, 1
        while waiting:
            self.pace.wait_until(cadence.due_of(cadence.period_at(self.pace())))
            waiting = self.beat()

    def open_published(self) -> None:
        """Queue the openings of everything that may be shown."""
        cases = self.desk.openable(self.who("cora"))
        details = OpenDetails(tuple(case.hex() for case in cases))
        self.sign("cora", self.desk.propose(self.who("cora"), DeskAction.OPEN, None, details))

    def report(self) -> Report:
        """Queue the figures of this half-year, with both signatures."""
        figures, proposal = self.desk.propose_report(self.who("rolf"), term_of(self.pace()))
        first = self.sign("rolf", proposal)
        self.sign("cora", self.desk.propose_confirm(self.who("cora"), first.challenge))
        return figures

    # -- what the desk is handed

    def _taxonomy(self) -> Taxonomy:
        return Taxonomy(tuple(row.instrument() for row in self.catalogue.rows), self.catalogue.sha256)

    def _outside(self) -> Outside:
        directory = self.grounds.directory
        return Outside(
            clock=self.pace,
            chance=secrets.token_bytes,
            producible=lambda handle: read_producible(directory, handle),
            make_package=self._make_package,
            verifiers={"ed25519": verify_ed25519},
            seal=HeldSeal(self.seals),
        )

    def _make_package(self, order: PackageOrder) -> Package:
        """Typeset once for each order: the desk asks for the same package at every step, to compare it."""
        if not self._made or self._made[0][0] != order:
            self._made = [(order, self._packager(order))]
        return self._made[0][1]

    def _register(self, jurisdiction: str, name: str) -> None:
        """Call-back numbers are found out by the desk itself, by two."""
        authority = Authority(
            jurisdiction.lower(), name, jurisdiction, "+00 0000 0000", self.pace() // DAY, "ina"  # type: ignore[arg-type]
        )  # fmt: skip
        self.both("ina", "cora", DeskAction.REGISTER_AUTHORITY, AuthorityDetails(authority))
