"""The desk of the drills: officers with keys of their own, a log that witnesses cosign, and its batches.

The desk is the real one, in this process, opened from a folder as ``nulla docket`` opens it; only its clock and its
seal are the drill's. Nobody here can do alone what needs two.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from nullabona.docket.administration import DeskDone
from nullabona.docket.cases.casework import Done
from nullabona.docket.core.acts import (
    AuthorityDetails,
    DeskDetails,
    OpenDetails,
    stated,
)
from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.receipt import Receipt
from nullabona.docket.core.records import Approval, Authority, CaseId, Event, Package
from nullabona.docket.core.roles import DeskAction, Role
from nullabona.docket.core.statements import Report
from nullabona.docket.core.states import Action
from nullabona.docket.core.terms import term_of
from nullabona.docket.desk import Proposal
from nullabona.docket.keeping.founding import First, found
from nullabona.docket.keeping.signing import signer
from nullabona.docket.keeping.vault import new_identity
from nullabona.docket.ports import Acting
from nullabona.docket.production.evidence import Evidence
from nullabona.docket.production.identity import Custodian, new_custodian
from nullabona.docket.production.seal import Seals, seal_package
from nullabona.docket.production.sealing import custody_of
from nullabona.docket.taxonomy import Catalogue, load
from nullabona.log.keys import SignerKey, VerifierKey
from nullabona.machine.keyfile import parse_private_key, write_key_file
from nullabona.machine.steady import Steady, steady_now
from nullabona.operating.desk import CONFIG, Parts, open_desk
from nullabona.operating.officer_file import generate_officer
from nullabona.sequencer import WitnessAddress

HOST: Final = "desk.example"
ORIGIN: Final = f"{HOST}/docket"
OPERATOR: Final = "눌라보나 시연 사업자"
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

    def steady(self) -> Steady:
        """How long the machine has run, by this clock."""
        ...


class WallClock:
    """The clock of this machine."""

    def __call__(self) -> int:
        return int(time.time())

    def wait_until(self, at_s: int) -> None:
        """As everybody waits."""
        while (left := at_s - time.time()) > 0:
            time.sleep(left)

    def steady(self) -> Steady:
        """The machine's own."""
        return steady_now()


@dataclass(frozen=True, slots=True)
class Grounds:
    """The surroundings of an office. ``directory``: the data of a relay, where handles are looked up."""

    folder: Path
    keys: tuple[str, ...] = field(repr=False)
    """The log's private keys, as lines of a key file."""
    witnesses: tuple[WitnessAddress, ...]
    policy: str
    directory: Path
    cadence: Cadence

    @property
    def signers(self) -> tuple[SignerKey, ...]:
        """The log's keys."""
        return tuple(parse_private_key(line) for line in self.keys)

    @property
    def origin(self) -> str:
        """The docket's name, as in its keys."""
        return self.signers[0].name

    @property
    def policy_file(self) -> Path:
        """The path of the policy."""
        return self.folder / "policy"

    def lay_out(self) -> None:
        """Write what ``nulla docket --data`` needs beside the desk: docket.toml, the log's keys, the policy."""
        self.policy_file.write_text(self.policy, "utf-8")
        write_key_file(self.folder / "log.keys", self.keys)
        directory = str(self.directory.resolve())  # the file's paths are relative to its own folder
        given = {"operator": OPERATOR, "origin": self.origin, "directory": directory, "log_keys": "log.keys",
                 "policy": "policy"}  # fmt: skip
        lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in given.items()]
        for witness in self.witnesses:
            vkeys = json.dumps([key.encode() for key in witness.verifiers if isinstance(key, VerifierKey)])
            lines += ["[[witness]]", f'url = "{witness.url}"', f"vkeys = {vkeys}"]
        (self.folder / CONFIG).write_text("\n".join([*lines, ""]), "utf-8")


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


class Office:
    """A founded desk with its log, and everything its officers do there. For one thread."""

    def __init__(self, grounds: Grounds, pace: Pace) -> None:
        self.grounds, self.pace = grounds, pace
        self.catalogue: Catalogue = load()
        self.custodian: Custodian = new_custodian(OPERATOR, pace())
        self._officers = {name: generate_officer(name) for name in OFFICERS}
        self._loop = asyncio.Runner()
        first = tuple(First(self._officers[name].enrolment(), roles) for name, roles in OFFICERS.items())
        _, outside = new_identity()
        self.pointer_key = found(
            grounds.folder / "desk", first, (outside,), grounds.cadence, pace, secrets.token_bytes
        )  # fmt: skip
        grounds.lay_out()
        opened = open_desk(grounds.folder, Parts(pace, pace.steady, HeldSeal(self.seals)))
        self.desk, self.log = opened.desk, opened.log
        for jurisdiction, name in AUTHORITIES.items():
            self._register(jurisdiction, name)

    def close(self) -> None:
        """Close desk and log."""
        self.desk.close()
        self._loop.run(self.log.close())
        self._loop.close()

    # -- officers

    def who(self, name: str) -> Acting:
        """An officer, with their identity unlocked."""
        return self._officers[name].acting

    def sign(self, name: str, proposal: Proposal, document: bytes | None = None) -> Done | DeskDone:
        """Carry out what was proposed, signed by an officer."""
        return self.desk.perform(self.who(name), proposal, signer(self._officers[name].seed)(proposal.act), document)

    def act(self, name: str, action: Action, case: CaseId, text: str = "") -> None:
        """One action on a case."""
        self.sign(name, self.desk.propose(self.who(name), action, case, stated(action, text)))

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

    def publish_due(self) -> int:
        """Publish what is due; how many events wait for a free slot of a later period."""
        return self._loop.run(self.desk.publish_due()).waiting

    def tick(self) -> None:
        """Wait until the period that is now has ended and is published: what happened so far is in the log."""
        cadence, waiting = self.grounds.cadence, 1
        while waiting:
            self.pace.wait_until(cadence.due_of(cadence.period_at(self.pace())))
            waiting = self.publish_due()

    def open_published(self) -> None:
        """Queue the openings of everything that may be shown."""
        cases = self.desk.openable(self.who("cora"))
        details = OpenDetails(tuple(case.hex() for case in cases))
        self.sign("cora", self.desk.propose(self.who("cora"), DeskAction.OPEN, None, details))

    def figures(self) -> Report:
        """The figures of this half-year so far. They enter the log when it has ended, which no drill waits for."""
        return self.desk.figures(self.who("rolf"), term_of(self.pace()))

    def _register(self, jurisdiction: str, name: str) -> None:
        """Call-back numbers are found out by the desk itself, by two."""
        authority = Authority(
            jurisdiction.lower(), name, jurisdiction, "+00 0000 0000", self.pace() // DAY, "ina", branch="police"  # type: ignore[arg-type]
        )  # fmt: skip
        self.both("ina", "cora", DeskAction.REGISTER_AUTHORITY, AuthorityDetails(authority))
